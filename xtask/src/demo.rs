//! `cargo xtask demo`: the example that a newcomer sees first.

use crate::guests;
use crate::names::{DEMO, DEMO_GUEST};
use crate::tool::{self, Error, Result};
use crate::workspace::Workspace;
use std::ffi::OsString;

/// Builds the guest, then builds and runs the host with the guest's path and `arguments`.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    if !workspace.has(DEMO) {
        return Err(Error::new(format!(
            "the workspace has no package `{DEMO}`; add it, or correct xtask/src/names.rs"
        )));
    }
    eprintln!("[1/3] the guest, for wasm");
    guests::ensure_target()?;
    guests::build(workspace, &[DEMO_GUEST])?;
    eprintln!("[2/3] the host, with wasmtime (minutes the first time, seconds after that)");
    tool::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", DEMO]),
    )?;
    eprintln!("[3/3] running");
    let guest = workspace.guest(DEMO_GUEST);
    tool::run(
        workspace
            .cargo()
            .args(["run", "--quiet", "--release", "--package", DEMO, "--"])
            .arg(guest)
            .args(arguments),
    )
}
