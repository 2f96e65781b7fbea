//! Keeps a checked-in `.km` true to the Rust source that it comes from.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use similar::TextDiff;

/// The environment variable that lets [`assert_km`] write files instead of comparing them.
pub const BLESS: &str = "KARMEM_BLESS";

/// Why a checked-in file is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoldenError {
    /// There is no file.
    #[error("{} does not exist: run the test with {BLESS}=1 to write it", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is not what the source gives.
    #[error("{} is not what the Rust source gives (-file +source): run the test with {BLESS}=1 to accept this\n{diff}", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
        /// The changed lines with some around them.
        diff: String,
    },
    /// The file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        error: io::Error,
    },
}

/// Checks that the file at `path` consists of `actual`; with `KARMEM_BLESS=1` in the environment it
/// is written instead.
///
/// Relative paths start at the directory of the tested package, where cargo runs tests.
///
/// # Panics
///
/// If they differ, with the changed lines, or if the file cannot be read or written.
#[track_caller]
pub fn assert_km(actual: &str, path: &Path) {
    let bless = env::var_os(BLESS).is_some_and(|value| !value.is_empty() && value != "0");
    let done = if bless {
        write(actual, path)
    } else {
        compare(actual, path)
    };
    if let Err(error) = done {
        panic!("{error}");
    }
}

/// Compares `actual` with the file at `path`. Line ends of Windows count as plain ones.
///
/// # Errors
///
/// If they differ or the file cannot be read.
pub fn compare(actual: &str, path: &Path) -> Result<(), GoldenError> {
    let file = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => GoldenError::Missing {
            path: path.to_owned(),
        },
        _ => GoldenError::Io {
            path: path.to_owned(),
            error,
        },
    })?;
    let file = file.replace("\r\n", "\n");
    if file == actual {
        return Ok(());
    }
    let diff = TextDiff::from_lines(file.as_str(), actual)
        .unified_diff()
        .to_string();
    Err(GoldenError::Differs {
        path: path.to_owned(),
        diff,
    })
}

/// Writes `actual` to the file at `path`, which is left alone if it holds that already.
///
/// # Errors
///
/// If the file or its directory cannot be written.
pub fn write(actual: &str, path: &Path) -> Result<(), GoldenError> {
    if compare(actual, path).is_ok() {
        return Ok(());
    }
    let written = match path.parent() {
        Some(parent) => fs::create_dir_all(parent),
        None => Ok(()),
    };
    written
        .and_then(|()| fs::write(path, actual))
        .map_err(|error| GoldenError::Io {
            path: path.to_owned(),
            error,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_then_compared() {
        let dir = env::temp_dir().join(format!("karmem-golden-{}", std::process::id()));
        let path = dir.join("game.km");
        let missing = compare("a\n", &path).expect_err("no file yet").to_string();
        assert!(
            missing.ends_with("does not exist: run the test with KARMEM_BLESS=1 to write it"),
            "{missing}"
        );
        write("a\nb\nc\n", &path).expect("can write");
        compare("a\nb\nc\n", &path).expect("equal");
        fs::write(&path, "a\r\nb\r\nc\r\n").expect("can write");
        compare("a\nb\nc\n", &path).expect("equal but for line ends");
        let differs = compare("a\nB\nc\n", &path)
            .expect_err("different")
            .to_string();
        assert!(differs.contains("KARMEM_BLESS=1"), "{differs}");
        assert!(differs.contains("\n a\n-b\n+B\n c\n"), "{differs}");
        fs::remove_dir_all(&dir).expect("can remove");
    }
}
