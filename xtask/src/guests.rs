//! `cargo xtask guests`: the wasm target and the modules that tests, demo and benches load.

use crate::names::{GUESTS, WASM_TARGET};
use crate::tool::{self, Error, Result};
use crate::workspace::Workspace;
use std::path::Path;
use std::process::Command;

/// Builds all guests and says where they are.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    ensure_target()?;
    build(workspace, GUESTS)?;
    for guest in GUESTS {
        println!("{}", workspace.shown(&workspace.guest(guest)));
    }
    Ok(())
}

/// Adds the wasm target to the toolchain in use where it is not there yet.
pub(crate) fn ensure_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = tool::output(Command::new(rustc).args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(WASM_TARGET)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    if tool::find("rustup", &[]).is_none() {
        return Err(Error::new(format!(
            "the target {WASM_TARGET} is missing and so is rustup, which would add it; install rustup from \
             https://rustup.rs, or add the target by the means by which rustc was installed"
        )));
    }
    tool::run(Command::new("rustup").args(["target", "add", WASM_TARGET]))
}

/// Builds these guests in release; the target must be there. One after another, because cargo would
/// give packages that it builds together the features that any of them asks for.
pub(crate) fn build(workspace: &Workspace, guests: &[&str]) -> Result<()> {
    if let Some(missing) = guests.iter().find(|guest| !workspace.has(guest)) {
        return Err(Error::new(format!(
            "the workspace has no package `{missing}`; add it, or take it out of xtask/src/names.rs"
        )));
    }
    for guest in guests {
        let mut command = workspace.cargo();
        command.args([
            "build",
            "--release",
            "--target",
            WASM_TARGET,
            "--package",
            guest,
        ]);
        tool::run(&mut command)?;
    }
    Ok(())
}
