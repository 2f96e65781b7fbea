//! Finding tools and running them. Every command is shown before it runs, unless it is to be quiet.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// A command line as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let mut words: Vec<String> = words
        .map(|word| match word.to_string_lossy() {
            word if word.is_empty() || word.contains(char::is_whitespace) => format!("'{word}'"),
            word => word.into_owned(),
        })
        .collect();
    // Cargo tells its children the full path of itself, which says nothing to the reader.
    if let Some(first) = words.first_mut()
        && let Some(name) = Path::new(&*first).file_stem()
    {
        *first = name.to_string_lossy().into_owned();
    }
    words.join(" ")
}

/// Runs a command and returns what it prints; its errors go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|cause| Error::Start {
            program: command.get_program().to_string_lossy().into_owned(),
            cause,
        })?;
    if !output.status.success() {
        return Err(Error::Failed {
            command: shown(command),
            status: output.status.to_string(),
        });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The program of this name on the PATH, or at this path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if Path::new(program).components().count() > 1 {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(&file))
        .find(|candidate| candidate.is_file())
}

/// An error about a file.
pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |cause| Error::File { path, cause }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_fails_is_named_with_its_arguments() {
        let error = output(Command::new("rustc").args(["--no-such-flag", "two words"]));
        let text = error.unwrap_err().to_string();
        assert!(
            text.starts_with("`rustc --no-such-flag 'two words'` failed"),
            "{text}"
        );
    }

    #[test]
    fn a_command_that_is_missing_is_named() {
        let error = output(&mut Command::new("karmem-no-such-tool")).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("cannot start `karmem-no-such-tool`"),
            "{text}"
        );
        assert_eq!(find("karmem-no-such-tool"), None);
        assert!(find("rustc").is_some());
    }
}
