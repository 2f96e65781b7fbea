//! `cargo xtask test`: everything that can be tested here, part by part.

use crate::names::{
    CORE, CORE_WASM_TEST, CORE_WASM_TEST_TARGET, GUESTS_TEST_TARGET, GUESTS_VARIABLE, WASM_TARGET,
};
use crate::parts::{Outcome, Parts};
use crate::tool::{self, Result};
use crate::workspace::Workspace;
use crate::{guests, names, tools};
use karmem_build::Guest;
use std::process::Command;

/// Runs all parts and prints the summary; `false` when one failed, or was skipped with `require_all`.
pub(crate) fn run(workspace: &Workspace, require_all: bool) -> Result<bool> {
    let mut parts = Parts::default();
    let wasm = parts.run("the wasm target", || {
        guests::ensure_target().map(|()| Outcome::Passed)
    });
    const NO_TARGET: &str = "needs the wasm target, see above";
    if wasm {
        parts.run("guests, for wasm", || {
            guests::build(workspace, &names::guests()).map(|()| Outcome::Passed)
        });
    } else {
        parts.cannot_run("guests, for wasm", NO_TARGET);
    }

    parts.run("tests of the workspace", || {
        test(cargo(workspace, &["test", "--workspace"]))
    });
    // Tests that need a tool are ignored by default, and lie in modules that name it.
    parts.run("tests with guests in C", || {
        with_tool(workspace, &Guest::c(["guest.c"]), "with_clang::")
    });
    parts.run("tests with the standard library on threads", || {
        let guest = Guest::package("guest").nightly_std();
        with_tool(workspace, &guest, "with_nightly::")
    });

    // The unit tests, because the others may ask for `alloc` or `std` as any user does.
    let bare = ["test", "--package", CORE, "--lib", "--no-default-features"];
    parts.run("tests of the core without std and alloc", || {
        test(cargo(workspace, &bare))
    });
    parts.run("tests of the core with alloc alone", || {
        let alloc = [bare.as_slice(), &["--features", "alloc"]].concat();
        test(cargo(workspace, &alloc))
    });
    if wasm {
        parts.run("the core for wasm without std and alloc", || {
            let mut check = cargo(workspace, &["check", "--package", CORE]);
            check.args(["--target", WASM_TARGET, "--no-default-features"]);
            tool::run(&mut check).map(|()| Outcome::Passed)
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

fn cargo(workspace: &Workspace, arguments: &[&str]) -> Command {
    let mut command = workspace.cargo();
    command
        .args(arguments)
        .env(GUESTS_VARIABLE, workspace.guests());
    command
}

/// Runs `cargo test …` to its end, whatever fails before.
fn test(mut command: Command) -> Result<Outcome> {
    command.arg("--no-fail-fast");
    tool::test(&mut command).map(Outcome::Tested)
}

/// Runs the tests of a module, if there are the tools to build such a guest.
fn with_tool(workspace: &Workspace, guest: &Guest, module: &str) -> Result<Outcome> {
    if let Err(error) = guest.check() {
        return match error {
            karmem_build::Error::Missing { tool, get } => {
                Ok(Outcome::Skipped { missing: tool, get })
            }
            error => Err(tool::Error::new(error.to_string())),
        };
    }
    // The whole workspace decides about features, so that nothing is built a second time.
    let mut command = cargo(workspace, &["test", "--workspace"]);
    command.args(["--test", GUESTS_TEST_TARGET, "--", "--ignored", module]);
    tool::test(&mut command).map(Outcome::Tested)
}

/// The core's tests in wasm, in Node, through wasm-bindgen's runner.
fn core_in_wasm(workspace: &Workspace) -> Result<Outcome> {
    if tool::find("node", &[]).is_none() {
        return Ok(Outcome::Skipped {
            missing: "no `node` on the PATH".into(),
            get: "install Node.js 20 or later".into(),
        });
    }
    let runner = match tools::ensure_wasm_test_runner(workspace) {
        Ok(runner) => runner,
        Err(error) => {
            return Ok(Outcome::Skipped {
                missing: error.to_string(),
                get: "cargo xtask tools".into(),
            });
        }
    };
    let mut command = cargo(workspace, &["test", "--package", CORE]);
    command.args(["--target", WASM_TARGET, "--test", CORE_WASM_TEST_TARGET]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner);
    tool::run(&mut command).map(|()| Outcome::Passed)
}
