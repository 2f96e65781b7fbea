//! `cargo xtask demo`: the example that a newcomer sees first.

use crate::guests;
use crate::names::{DEMO, DEMO_GUESTS};
use crate::tool::{self, Error, Result};
use crate::workspace::Workspace;
use std::ffi::OsString;

/// Builds the guests, then builds and runs the host with their paths and `arguments`.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    if !workspace.has(DEMO) {
        return Err(Error::new(format!(
            "the workspace has no package `{DEMO}`; add it, or correct xtask/src/names.rs"
        )));
    }
    eprintln!("[1/3] the guests, for wasm");
    guests::ensure_target()?;
    guests::build(workspace, &DEMO_GUESTS)?;
    eprintln!("[2/3] the host, with wasmtime (minutes the first time, seconds after that)");
    tool::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", DEMO]),
    )?;
    eprintln!("[3/3] running");
    let guests = DEMO_GUESTS.map(|guest| workspace.guest(guest));
    tool::run(
        workspace
            .cargo()
            .args(["run", "--quiet", "--release", "--package", DEMO, "--"])
            .args(guests)
            .args(arguments),
    )
}
