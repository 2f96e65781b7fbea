//! `cargo xtask guests`: the wasm target and the modules that tests, demo and benches load.

use crate::names;
use crate::tool::{Error, Result};
use crate::workspace::Workspace;

/// Builds all guests and says where they are.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    ensure_target()?;
    let guests = names::guests();
    build(workspace, &guests)?;
    for guest in guests {
        println!("{}", workspace.shown(&workspace.guest(guest)));
    }
    Ok(())
}

/// Adds the wasm target to the toolchain in use where it is not there yet.
pub(crate) fn ensure_target() -> Result<()> {
    karmem_build::ensure_target().map_err(|error| Error::new(error.to_string()))
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
        workspace
            .build(guest)
            .build()
            .map_err(|error| Error::new(error.to_string()))?;
    }
    Ok(())
}
