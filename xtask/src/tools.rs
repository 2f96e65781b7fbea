//! `cargo xtask tools`: tools that a full test run needs beside Rust itself, as far as cargo can get them.

use crate::guests;
use crate::names::{WASM_TEST_LIBRARY, WASM_TEST_RUNNER, WASM_TEST_RUNNER_PACKAGE};
use crate::tool::{self, Error, Result};
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::process::Command;

/// Adds the wasm target and installs the runner of wasm tests, each only where it is missing.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    guests::ensure_target()?;
    ensure_wasm_test_runner(workspace).map(drop)
}

/// The runner of wasm tests, which is installed below the target directory where it is missing.
pub(crate) fn ensure_wasm_test_runner(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(runner) = wasm_test_runner(workspace)? {
        return Ok(runner);
    }
    let version = locked_version(workspace)?;
    let install = |more: &[&str]| {
        let mut command = workspace.cargo();
        command
            .args(["install", WASM_TEST_RUNNER_PACKAGE, "--version", &version])
            // Built in half the time; it runs for a second.
            .arg("--debug")
            .args(more);
        tool::run(command.arg("--root").arg(workspace.tools()))
    };
    // The runner's own lock file may name a dependency that is newer than what a mirror of the
    // registry has; its version is what counts, and that stays.
    install(&["--locked"]).or_else(|error| {
        eprintln!("{error}; trying again with the dependencies that there are");
        install(&[])
    })?;
    wasm_test_runner(workspace)?
        .ok_or_else(|| Error::new(format!("cargo installed no {WASM_TEST_RUNNER}")))
}

/// The runner of wasm tests, of exactly the locked version: library and runner speak a protocol
/// that changes with each. `None` when there is no such runner.
fn wasm_test_runner(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let version = locked_version(workspace)?;
    let Some(runner) = tool::find(WASM_TEST_RUNNER, &[workspace.tools().join("bin")]) else {
        return Ok(None);
    };
    let output = tool::output(Command::new(&runner).arg("--version"))?;
    Ok((output.split_whitespace().nth(1) == Some(version.as_str())).then_some(runner))
}

fn locked_version(workspace: &Workspace) -> Result<String> {
    workspace.locked(WASM_TEST_LIBRARY)?.ok_or_else(|| {
        Error::new(format!("Cargo.lock has no {WASM_TEST_LIBRARY}; the package with the wasm tests has to depend on it"))
    })
}
