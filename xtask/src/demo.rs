//! `cargo xtask demo`: the examples, each with its guests.

use crate::guests;
use crate::names::{DEMOS, Demo};
use crate::tool::{self, Error, Result};
use crate::workspace::Workspace;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;
use tinyjson::JsonValue;

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
    let host = build(workspace, demo.host)?;
    eprintln!("[3/3] running");
    let guests = demo.guests.iter().map(|guest| workspace.guest(guest));
    tool::run(Command::new(host).args(guests).args(arguments))
}

/// Builds the host of an example and says where it is. All of the workspace decides about features, so
/// that the examples share one build of wasmtime.
fn build(workspace: &Workspace, host: &str) -> Result<PathBuf> {
    let mut command = workspace.cargo();
    command.args(["build", "--workspace", "--profile", "demo", "--bin", host]);
    command.arg("--message-format=json-render-diagnostics");
    let messages = tool::output(&mut command)?;
    executable(&messages)
        .ok_or_else(|| Error::new(format!("building `{host}` left no program to run")))
}

/// The program in what cargo says it made.
fn executable(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| line.parse().ok());
    messages
        .filter_map(|message: JsonValue| {
            let path = tool::member(&message, "executable")?.get::<String>()?;
            Some(PathBuf::from(path))
        })
        .next_back()
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
    fn the_program_is_found_among_what_cargo_says() {
        let messages = r#"
            {"reason":"compiler-artifact","executable":null}
            {"reason":"compiler-artifact","executable":"/t/demo/game-host"}
            {"reason":"build-finished","success":true}
        "#;
        assert_eq!(executable(messages), Some("/t/demo/game-host".into()));
        assert_eq!(executable("nothing\n{}"), None);
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
