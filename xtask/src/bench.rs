//! `cargo xtask bench`: karmem beside its peers, and the ratios.

use crate::names::{BENCH_GUEST, BENCH_GUEST_VARIABLE, BENCH_SYSTEM, BENCHES};
use crate::tool::{self, Result};
use crate::workspace::Workspace;
use crate::{guests, ratios};
use std::ffi::OsStr;

/// Builds the guest, measures what `filter` names (everything without one), and prints the ratios.
pub(crate) fn run(workspace: &Workspace, filter: Option<&OsStr>) -> Result<()> {
    guests::ensure_target()?;
    guests::build(workspace, &[BENCH_GUEST])?;
    guests::build(workspace, &BENCH_SYSTEM)?;
    let mut command = workspace.cargo();
    command
        .args(["bench", "--package", BENCHES, "--benches", "--"])
        .args(filter);
    command
        .env(BENCH_GUEST_VARIABLE, workspace.guest(BENCH_GUEST))
        .env("CRITERION_HOME", workspace.criterion());
    tool::run(&mut command)?;
    ratios::print(&workspace.criterion())
}
