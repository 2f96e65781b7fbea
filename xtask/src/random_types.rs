//! `cargo xtask random-types`: other types than those of an ordinary test run.

use crate::names::{RANDOM_TYPES, RANDOM_TYPES_COUNT, RANDOM_TYPES_SEED};
use crate::tool::{self, Result};
use crate::workspace::Workspace;
use std::time::{SystemTime, UNIX_EPOCH};

/// Compiles `count` types of a seed, which is taken from the clock if none is given, and tries them.
pub(crate) fn run(workspace: &Workspace, seed: Option<u64>, count: u64) -> Result<()> {
    let seed = seed.unwrap_or_else(seed_of_now);
    println!("the same types again: cargo xtask random-types {seed} {count}");
    let mut command = workspace.cargo();
    command
        .args(["test", "--package", RANDOM_TYPES, "--test", "random_types"])
        .env(RANDOM_TYPES_SEED, seed.to_string())
        .env(RANDOM_TYPES_COUNT, count.to_string());
    tool::run(&mut command)
}

/// A number that is short enough to be typed.
fn seed_of_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_millis() as u64 % 1_000_000_000)
}
