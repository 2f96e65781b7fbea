//! `cargo xtask demo`: the examples, each with its guests.

use crate::guests;
use crate::names::{DEMOS, Demo};
use crate::tool::{self, Error, Result};
use crate::workspace::Workspace;
use std::ffi::OsString;

/// Builds an example's guests, then builds and runs its host with their paths and what else was given. The
/// first argument names the example; without any it is the first one.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<()> {
    let (demo, arguments) = choose(arguments)?;
    if !workspace.has(demo.host) {
        return Err(Error::new(format!(
            "the workspace has no package `{}`; add it, or correct xtask/src/names.rs",
            demo.host
        )));
    }
    eprintln!("[1/3] the guests, for wasm");
    guests::ensure_target()?;
    guests::build(workspace, demo.guests)?;
    eprintln!("[2/3] the host, with wasmtime (minutes the first time, seconds after that)");
    tool::run(
        workspace
            .cargo()
            .args(["build", "--release", "--package", demo.host]),
    )?;
    eprintln!("[3/3] running");
    let guests = demo.guests.iter().map(|guest| workspace.guest(guest));
    tool::run(
        workspace
            .cargo()
            .args(["run", "--quiet", "--release", "--package", demo.host, "--"])
            .args(guests)
            .args(arguments),
    )
}

fn choose(arguments: &[OsString]) -> Result<(&'static Demo, &[OsString])> {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok((&DEMOS[0], &[]));
    };
    match DEMOS.iter().find(|demo| name == demo.name) {
        Some(demo) => Ok((demo, rest)),
        None => {
            let names: Vec<_> = DEMOS.iter().map(|demo| demo.name).collect();
            Err(Error::new(format!(
                "there is no example {name:?}; there are {}",
                names.join(", ")
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn the_first_word_names_the_example_and_the_rest_goes_to_it() {
        let arguments = words("udf 1000 more");
        let (demo, rest) = choose(&arguments).expect("there is such an example");
        assert_eq!((demo.host, rest), ("udf-host", &words("1000 more")[..]));
    }

    #[test]
    fn without_a_name_it_is_the_game() {
        let (demo, rest) = choose(&[]).expect("there is a first example");
        assert_eq!((demo.name, rest.len()), ("game", 0));
    }

    #[test]
    fn an_unknown_example_is_answered_with_those_that_there_are() {
        let Err(error) = choose(&words("gmae")) else {
            panic!("there is no such example");
        };
        assert_eq!(
            error.to_string(),
            "there is no example \"gmae\"; there are game, audio, udf, monsters"
        );
    }
}
