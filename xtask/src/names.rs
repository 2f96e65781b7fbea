//! The names that the commands know: packages, the wasm target, and variables that tests and benches read.

/// The target that guests are built for.
pub(crate) const WASM_TARGET: &str = karmem_build::TARGET;

/// The `no_std` runtime, which is tested in more ways than the rest.
pub(crate) const CORE: &str = "karmem-core";

/// An example of `cargo xtask demo`.
pub(crate) struct Demo {
    /// What it is called on the command line.
    pub(crate) name: &'static str,
    /// The package with its host.
    pub(crate) host: &'static str,
    /// The packages with its guests, in the order of the host's arguments.
    pub(crate) guests: &'static [&'static str],
}

/// The examples; the first is what a newcomer sees.
pub(crate) const DEMOS: [Demo; 4] = [
    Demo {
        name: "game",
        host: "game-host",
        guests: &[
            "game-physics",
            "game-terrain",
            "game-grazer",
            "game-hunter",
            "game-rogue",
        ],
    },
    Demo {
        name: "audio",
        host: "audio-host",
        guests: &["audio-filter", "audio-chorus", "audio-reverb"],
    },
    Demo {
        name: "udf",
        host: "udf-host",
        guests: &["udf-guest", "udf-guest-msgpack", "udf-guest-arrow"],
    },
    Demo {
        name: "monsters",
        host: "monsters-demo",
        guests: &["monsters-guest", "monsters-guest-msgpack"],
    },
];

/// The benches: their host and their guest.
pub(crate) const BENCHES: &str = "karmem-benches";
pub(crate) const BENCH_GUEST: &str = "karmem-benches-guest";
/// The guests of the benches of systems, which look for them beside the first one.
pub(crate) const BENCH_SYSTEM: [&str; 2] = ["karmem-benches-work", "karmem-benches-drive"];

/// Every package that is built for wasm before the tests run: those of the examples, and these. A new guest
/// gets its line here.
pub(crate) fn guests() -> Vec<&'static str> {
    let demos = DEMOS.iter().flat_map(|demo| demo.guests);
    demos.chain(OTHER_GUESTS).copied().collect()
}

const OTHER_GUESTS: &[&str] = &[
    BENCH_GUEST,
    BENCH_SYSTEM[0],
    BENCH_SYSTEM[1],
    "karmem-tests-guest",
    "karmem-tests-guest-bare",
    "karmem-tests-guest-ifaces",
    "karmem-tests-guest-peer",
    "karmem-tests-guest-peer-grown",
    "karmem-tests-guest-peer-changed",
    "karmem-tests-guest-referee",
];

/// The test target that runs guests, some of them built by tools that not everybody has.
pub(crate) const GUESTS_TEST_TARGET: &str = "guests";

/// Names the directory of the built guests (`<package with underscores>.wasm`) to the tests.
pub(crate) const GUESTS_VARIABLE: &str = "KARMEM_GUESTS";

/// The test of random types, and the variables that give its build script the seed and the number of types.
pub(crate) const RANDOM_TYPES: &str = "karmem-tests-random-types";
pub(crate) const RANDOM_TYPES_SEED: &str = "KARMEM_RANDOM_TYPES_SEED";
pub(crate) const RANDOM_TYPES_COUNT: &str = "KARMEM_RANDOM_TYPES_COUNT";

/// Names the guest's `.wasm` file to the benches.
pub(crate) const BENCH_GUEST_VARIABLE: &str = "KARMEM_BENCH_GUEST";

/// The core's tests in wasm, relative to the workspace, and the name of the test target.
pub(crate) const CORE_WASM_TEST: &str = "karmem-core/tests/wasm.rs";
pub(crate) const CORE_WASM_TEST_TARGET: &str = "wasm";

/// What runs them: a command of this package, in the version that `Cargo.lock` has for the library.
pub(crate) const WASM_TEST_RUNNER: &str = "wasm-bindgen-test-runner";
pub(crate) const WASM_TEST_RUNNER_PACKAGE: &str = "wasm-bindgen-cli";
pub(crate) const WASM_TEST_LIBRARY: &str = "wasm-bindgen";
