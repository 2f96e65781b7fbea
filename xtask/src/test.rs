//! `cargo xtask test`: everything that can be tested here, part by part.

use crate::names::{
    CORE, CORE_WASM_TEST, CORE_WASM_TEST_TARGET, GUESTS_VARIABLE, WASM_TARGET, WASM_TEST_RUNNER,
};
use crate::parts::{Outcome, Parts};
use crate::tool::{self, Result};
use crate::workspace::Workspace;
use crate::{guests, names, tools};

/// Runs all parts and prints the summary; `false` when one failed, or was skipped with `require_all`.
pub(crate) fn run(workspace: &Workspace, require_all: bool) -> Result<bool> {
    let mut parts = Parts::default();
    let cargo = |arguments: &[&str]| {
        let mut command = workspace.cargo();
        command
            .args(arguments)
            .env(GUESTS_VARIABLE, workspace.guests());
        tool::run(&mut command).map(|()| Outcome::Passed)
    };

    let wasm = parts.run("the wasm target", || {
        guests::ensure_target().map(|()| Outcome::Passed)
    });
    if wasm {
        parts.run("guests, for wasm", || {
            guests::build(workspace, &names::guests()).map(|()| Outcome::Passed)
        });
    } else {
        parts.cannot_run("guests, for wasm", NO_TARGET);
    }
    parts.run("tests of the workspace", || cargo(&["test", "--workspace"]));
    // The unit tests, because the others may ask for `alloc` or `std` as any user does.
    let bare = ["test", "--package", CORE, "--lib", "--no-default-features"];
    parts.run("tests of the core without std and alloc", || cargo(&bare));
    parts.run("tests of the core with alloc alone", || {
        cargo(&[bare.as_slice(), &["--features", "alloc"]].concat())
    });
    if wasm {
        parts.run("the core for wasm without std and alloc", || {
            cargo(&[
                "check",
                "--package",
                CORE,
                "--target",
                WASM_TARGET,
                "--no-default-features",
            ])
        });
    } else {
        parts.cannot_run("the core for wasm without std and alloc", NO_TARGET);
    }
    if workspace.file(CORE_WASM_TEST).is_file() {
        parts.run("tests of the core in wasm", || core_in_wasm(workspace));
    }

    parts.print();
    Ok(parts.good(require_all))
}

const NO_TARGET: &str = "needs the wasm target, see above";

/// The core's tests in wasm, in Node, through wasm-bindgen's runner.
fn core_in_wasm(workspace: &Workspace) -> Result<Outcome> {
    if tool::find("node", &[]).is_none() {
        return Ok(Outcome::Skipped {
            missing: "no `node` on the PATH".into(),
            get: "install Node.js 20 or later".into(),
        });
    }
    let Some(runner) = tools::wasm_test_runner(workspace)? else {
        return Ok(Outcome::Skipped {
            missing: format!("no {WASM_TEST_RUNNER} of the version in Cargo.lock"),
            get: "cargo xtask tools".into(),
        });
    };
    let mut command = workspace.cargo();
    command.args([
        "test",
        "--package",
        CORE,
        "--target",
        WASM_TARGET,
        "--test",
        CORE_WASM_TEST_TARGET,
    ]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    tool::run(&mut command).map(|()| Outcome::Passed)
}
