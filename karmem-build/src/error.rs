//! What can go wrong, for the person at the terminal.

use std::fmt;
use std::path::PathBuf;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a guest could not be built.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A tool is not there.
    Missing {
        /// Which, and where it was looked for.
        tool: String,
        /// How to get it.
        get: String,
    },
    /// A command could not be started.
    Start {
        /// The program.
        program: String,
        /// Why.
        cause: std::io::Error,
    },
    /// A command failed; what it says about that is on standard error.
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
    },
    /// The command succeeded, but left no module.
    NoModule {
        /// The package or the source files.
        guest: String,
    },
    /// A file or directory could not be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// A place in memory that cannot be.
    Slot(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Missing { tool, get } => write!(f, "{tool}; to get it: {get}"),
            Error::Start { program, cause } => write!(
                f,
                "cannot start `{program}`: {cause}; install it or put it on the PATH"
            ),
            Error::Failed { command, status } => write!(f, "`{command}` failed ({status})"),
            Error::NoModule { guest } => write!(
                f,
                "building {guest} left no wasm module: a Rust guest needs `crate-type = [\"cdylib\"]` in its \
                 Cargo.toml"
            ),
            Error::File { path, cause } => write!(f, "cannot use {}: {cause}", path.display()),
            Error::Slot(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Start { cause, .. } | Error::File { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
