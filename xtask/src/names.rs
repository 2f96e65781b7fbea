//! The names that the commands know: packages, the wasm target, and variables that tests and benches read.

/// The target that guests are built for.
pub(crate) const WASM_TARGET: &str = karmem_build::TARGET;

/// The `no_std` runtime, which is tested in more ways than the rest.
pub(crate) const CORE: &str = "karmem-core";

/// The example of `cargo xtask demo`: its host, and its guests in the order of the host's arguments.
pub(crate) const DEMO: &str = "monsters-demo";
pub(crate) const DEMO_GUESTS: [&str; 2] = ["monsters-guest", "monsters-guest-msgpack"];

/// The benches: their host and their guest.
pub(crate) const BENCHES: &str = "karmem-benches";
pub(crate) const BENCH_GUEST: &str = "karmem-benches-guest";
/// The guests of the benches of systems, which look for them beside the first one.
pub(crate) const BENCH_SYSTEM: [&str; 2] = ["karmem-benches-work", "karmem-benches-drive"];

/// Every package that is built for wasm before the tests run. A new guest gets its line here.
pub(crate) const GUESTS: &[&str] = &[
    DEMO_GUESTS[0],
    DEMO_GUESTS[1],
    BENCH_GUEST,
    BENCH_SYSTEM[0],
    BENCH_SYSTEM[1],
    "karmem-tests-guest",
    "karmem-tests-guest-bare",
    "karmem-tests-guest-ifaces",
];

/// Names the directory of the built guests (`<package with underscores>.wasm`) to the tests.
pub(crate) const GUESTS_VARIABLE: &str = "KARMEM_GUESTS";

/// Names the guest's `.wasm` file to the benches.
pub(crate) const BENCH_GUEST_VARIABLE: &str = "KARMEM_BENCH_GUEST";

/// The core's tests in wasm, relative to the workspace, and the name of the test target.
pub(crate) const CORE_WASM_TEST: &str = "karmem-core/tests/wasm.rs";
pub(crate) const CORE_WASM_TEST_TARGET: &str = "wasm";

/// What runs them: a command of this package, in the version that `Cargo.lock` has for the library.
pub(crate) const WASM_TEST_RUNNER: &str = "wasm-bindgen-test-runner";
pub(crate) const WASM_TEST_RUNNER_PACKAGE: &str = "wasm-bindgen-cli";
pub(crate) const WASM_TEST_LIBRARY: &str = "wasm-bindgen";
