//! Finds the guests that tests load, or builds them.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use karmem_build::Guest;

/// Names the directory of guests that are built already (`cargo xtask test` sets it).
const DIRECTORY: &str = "KARMEM_GUESTS";

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The `.wasm` file of a guest, by the name of its package. It is taken from where `KARMEM_GUESTS`
/// points; without that variable, cargo builds it, into the target directory of this test.
///
/// # Panics
///
/// In a test, with what to do about it: if there is no such guest, or if it cannot be built.
#[must_use]
pub fn guest(package: &str) -> PathBuf {
    let path = match std::env::var_os(DIRECTORY) {
        Some(directory) => {
            PathBuf::from(directory).join(format!("{}.wasm", package.replace('-', "_")))
        }
        None => built(&rust(package)),
    };
    assert!(
        path.is_file(),
        "{} is missing; `cargo xtask guests` builds it",
        path.display()
    );
    path
}

/// A package of this workspace as a guest, to build for a memory of its own or for another.
pub fn rust(package: &str) -> Guest {
    Guest::package(package)
        .directory(ROOT)
        .target_directory(target_directory())
        .release()
        .quiet()
}

/// A file of C, relative to the workspace, as a guest.
pub fn c(file: &str) -> Guest {
    Guest::c([file])
        .directory(ROOT)
        .target_directory(target_directory())
        .release()
}

/// Builds a guest.
///
/// # Panics
///
/// In a test, with what is missing and how to get it.
#[must_use]
pub fn built(guest: &Guest) -> PathBuf {
    // One at a time: cargo would wait for its own lock anyway, and say so in between.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock();
    guest
        .build()
        .unwrap_or_else(|error| panic!("a guest of this test cannot be built: {error}"))
}

/// Where cargo put this test: it lies in `<target>/<profile>/deps`, below a directory for the target
/// where one was named.
fn target_directory() -> PathBuf {
    if let Some(target) = std::env::var_os("CARGO_TARGET_DIR") {
        return Path::new(ROOT).join(target);
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
