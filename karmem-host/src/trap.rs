//! How calls into guests end early, and where the guest was.

use std::fmt;
use std::time::Duration;

use crate::error::Error;
use crate::shown::{shown, shown_up_to};

/// Bytes of a function's name that are displayed.
const NAME: usize = 256;

/// How a call into a guest ended early.
///
/// Displayed, what the guest chose (names, the text of a panic) has its control characters escaped and its
/// length bounded; [`reason`](Trap::reason) and [`frames`](Trap::frames) have it as it is.
#[derive(Debug)]
pub struct Trap {
    pub(crate) function: Box<str>,
    pub(crate) reason: Reason,
    pub(crate) frames: Vec<Frame>,
}

/// Why a call ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// The guest did what wasm forbids: `unreachable` (which is also how a panic ends), a division by
    /// zero, an access outside its memory, a stack overflow, …
    Wasm(wasmtime::Trap),
    /// The guest ran longer than its deadline.
    Deadline(Duration),
    /// The guest was refused more memory in this call, and trapped after that.
    OutOfMemory {
        /// Bytes of memory that the instance would have had.
        wanted: usize,
        /// Bytes that it may have.
        limit: usize,
    },
    /// The guest panicked, with this message: at most 64 KiB of whatever the guest chose, control
    /// characters included.
    Panic(String),
    /// The guest used up the fuel of a call.
    Fuel(u64),
    /// A host function returned this error; `downcast_ref` finds what it was made from.
    Host(wasmtime::Error),
}

/// One line of a guest's backtrace.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Frame {
    /// The function's name, if the module has a name section.
    pub function: Option<String>,
    /// The function's number in the module.
    pub index: u32,
    /// The place in the module's bytes; a few bytes off in modules that are compiled with
    /// [more exports](crate::Module::wasmtime).
    pub offset: Option<usize>,
}

impl Trap {
    /// The exported function that was called; `(instantiation)` if the module's start
    /// function or its initial data failed.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Why it ended.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Where the guest was, innermost first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some(name) => write!(f, "{}", shown_up_to(name, NAME))?,
            None => write!(f, "function {}", self.index)?,
        }
        match self.offset {
            Some(offset) => write!(f, " (byte {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = shown_up_to(&self.function, NAME);
        match &self.reason {
            Reason::Wasm(trap) => write!(f, "the guest trapped in `{function}`: {trap}")?,
            Reason::Deadline(limit) => write!(
                f,
                "the guest's `{function}` ran past its deadline of {limit:?} (`Limits::deadline`)"
            )?,
            Reason::OutOfMemory { wanted, limit } => write!(
                f,
                "the guest ran out of memory in `{function}`: it wanted {wanted} bytes, \
                 and `Limits::memory` is {limit}"
            )?,
            Reason::Panic(message) => {
                write!(f, "the guest panicked in `{function}`: {}", shown(message))?;
            }
            Reason::Fuel(fuel) => write!(
                f,
                "the guest's `{function}` used up its fuel of {fuel} (`Limits::fuel`)"
            )?,
            Reason::Host(e) => {
                write!(f, "a host function failed under the guest's `{function}`")?;
                // wasmtime puts the backtrace outermost; it follows below.
                let skip = usize::from(e.is::<wasmtime::WasmBacktrace>());
                for cause in e.chain().skip(skip) {
                    // This crate's own errors escape what they contain, and keep their lines.
                    if cause.is::<Error>() || cause.is::<Trap>() {
                        write!(f, ": {cause}")?;
                    } else {
                        write!(f, ": {}", shown(cause))?;
                    }
                }
            }
        }
        // The innermost few say where; `frames` has the rest.
        for frame in self.frames.iter().take(8) {
            write!(f, "\n  at {frame}")?;
        }
        match self.frames.len().checked_sub(8) {
            Some(more @ 1..) => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Trap {}
