//! Finds the guests that tests load, or builds them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Names the directory of guests that are built already (`cargo xtask test` sets it).
const DIRECTORY: &str = "KARMEM_GUESTS";

const TARGET: &str = "wasm32-unknown-unknown";

/// The `.wasm` file of a guest, by the name of its package. It is taken from where `KARMEM_GUESTS`
/// points; without that variable, cargo builds it, into the target directory of this test.
///
/// # Panics
///
/// In a test, with what to do about it: if there is no such guest, or if it cannot be built.
#[must_use]
pub fn guest(package: &str) -> PathBuf {
    let file = format!("{}.wasm", package.replace('-', "_"));
    let path = match std::env::var_os(DIRECTORY) {
        Some(directory) => PathBuf::from(directory).join(file),
        None => build(package).join(TARGET).join("release").join(file),
    };
    assert!(
        path.is_file(),
        "{} is missing; `cargo xtask guests` builds it",
        path.display()
    );
    path
}

/// Builds a guest and says in which target directory.
fn build(package: &str) -> PathBuf {
    // One at a time: cargo would wait for its own lock anyway, and say so in between.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    let target = target_directory();
    let done = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--target", TARGET])
        .args(["--package", package])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .env("CARGO_TARGET_DIR", &target)
        // What is meant for the test is not meant for its guest.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status();
    assert!(
        done.as_ref().is_ok_and(|status| status.success()),
        "the guest `{package}` cannot be built ({done:?}): `cargo xtask guests` adds the target {TARGET} and says more"
    );
    target
}

/// Where cargo put this test: it lies in `<target>/<profile>/deps`, below a directory for the target
/// where one was named.
fn target_directory() -> PathBuf {
    if let Some(target) = std::env::var_os("CARGO_TARGET_DIR") {
        return Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(target);
    }
    let test = std::env::current_exe().unwrap_or_default();
    let tagged = test
        .ancestors()
        .filter(|directory| directory.join("CACHEDIR.TAG").is_file());
    tagged.last().map(Path::to_owned).unwrap_or_else(|| {
        panic!(
            "no target directory is above {}; set CARGO_TARGET_DIR",
            test.display()
        )
    })
}
