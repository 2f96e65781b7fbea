//! Finding tools, running them and reading what they print: every command is shown before it runs,
//! and an error says which command failed and how.

use crate::results::Results;
use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tinyjson::JsonValue;

/// What went wrong, for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Error(message.into())
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// A command line as a person would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| match word.to_string_lossy() {
        word if word.is_empty() || word.contains(char::is_whitespace) => format!("'{word}'"),
        word => word.into_owned(),
    });
    let mut words: Vec<String> = words.collect();
    // Cargo tells its children the full path of itself, which says nothing to the reader.
    if let Some(name) = Path::new(&words[0]).file_stem() {
        words[0] = name.to_string_lossy().into_owned();
    }
    words.join(" ")
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Error {
    let program = command.get_program().to_string_lossy();
    Error(format!(
        "cannot start `{program}`: {error}; install it or put it on the PATH"
    ))
}

/// Runs a command, whose output goes straight to the terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", shown(command));
    let status = command
        .status()
        .map_err(|error| cannot_start(command, &error))?;
    if status.success() {
        Ok(())
    } else {
        Err(failed(command, status))
    }
}

/// Runs a command, shows what it prints and reads the results of tests in it. An error is a failure
/// that no test accounts for.
pub(crate) fn test(command: &mut Command) -> Result<Results> {
    eprintln!("$ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| cannot_start(command, &error))?;
    let mut results = Results::default();
    if let Some(output) = child.stdout.take() {
        // Tests may print bytes that are not text.
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(|error| {
                Error(format!(
                    "cannot read what `{}` prints: {error}",
                    shown(command)
                ))
            })?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            results.read(&line);
        }
    }
    let status = child
        .wait()
        .map_err(|error| Error(format!("cannot wait for `{}`: {error}", shown(command))))?;
    if status.success() || !results.failed.is_empty() {
        Ok(results)
    } else {
        Err(failed(command, status))
    }
}

fn failed(command: &Command, status: std::process::ExitStatus) -> Error {
    Error(format!("`{}` failed ({status})", shown(command)))
}

/// Runs a command and returns what it prints; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(failed(command, output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| {
        Error(format!(
            "`{}` printed something that is not text",
            shown(command)
        ))
    })
}

/// The first of `directories` and then of the PATH that has the program.
pub(crate) fn find(program: &str, directories: &[PathBuf]) -> Option<PathBuf> {
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path: Vec<PathBuf> = std::env::split_paths(&path).collect();
    directories
        .iter()
        .chain(&path)
        .map(|directory| directory.join(&file))
        .find(|candidate| candidate.is_file())
}

/// A member of a JSON object, as tools print it and leave it in files.
pub(crate) fn member<'j>(json: &'j JsonValue, name: &str) -> Option<&'j JsonValue> {
    json.get::<HashMap<String, JsonValue>>()?.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_named_with_its_arguments() {
        let error = run(Command::new("rustc").args(["--no-such-flag", "two words"])).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("`rustc --no-such-flag 'two words'` failed"),
            "{error}"
        );
    }

    #[test]
    fn a_command_that_is_missing_is_named() {
        let error = output(&mut Command::new("karmem-no-such-tool")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot start `karmem-no-such-tool`"),
            "{error}"
        );
    }

    #[test]
    fn directories_come_before_the_path() {
        let on_path = find("rustc", &[]).expect("rustc is on the PATH");
        assert_eq!(
            find(
                "rustc",
                &[on_path.parent().expect("a file has a parent").into()]
            ),
            Some(on_path)
        );
        assert_eq!(find("karmem-no-such-tool", &[]), None);
    }
}
