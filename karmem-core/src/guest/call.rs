//! Calls of other modules, and calls of this one: how generated code moves arguments and results.
//!
//! The outbox is a stack. Its `top` moves up when a message is written and goes back when the call is
//! over, so that a call within a call writes above what its callers still need. A result is written at
//! the top that the call began with, and left there, above the top: its reader copies it at once.

use core::fmt;

use super::regions::REGIONS;
use super::{AccessError, Instance, join, open, open_mut};
use crate::error::{EncodeError, VerifyError};
use crate::interface::{Incoming, Outgoing, Output};
use crate::layout::{ALLOCATION, align_up};
use crate::message::Karmem;
use crate::writer::{FixedWriter, Sink};

/// Why a call between modules did not happen, or gave nothing that can be used.
///
/// What a method itself says went wrong is not here: that is the `Err` of its own `Result`.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum CallError {
    /// This is no wasm module, so nobody has linked it to another.
    NotWasm,
    /// There are messages to send, and the host has attached no region to write them to.
    NoOutbox,
    /// A region is open here that the call may change: a module writes it that can be reached by the call, or the host.
    Volatile(u32),
    /// A message cannot be written to the outbox.
    Encode(EncodeError),
    /// What a handle leads to cannot be used.
    Access(AccessError),
    /// A message is not valid.
    Verify(VerifyError),
    /// The instance that serves the method is serving another call, which this one came out of.
    Busy,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::NotWasm => {
                f.write_str("only wasm modules are linked to others, and this is none")
            }
            CallError::NoOutbox => {
                f.write_str("no region is attached for messages that this module sends")
            }
            CallError::Volatile(handle) => write!(
                f,
                "region {handle} is open, and the call may change it: drop its views before the call"
            ),
            CallError::Encode(error) => error.fmt(f),
            CallError::Access(error) => error.fmt(f),
            CallError::Verify(error) => error.fmt(f),
            CallError::Busy => f.write_str(
                "the module is called back while it serves a call of the same interface: return first",
            ),
        }
    }
}

impl core::error::Error for CallError {}

impl From<EncodeError> for CallError {
    fn from(error: EncodeError) -> Self {
        CallError::Encode(error)
    }
}

impl From<AccessError> for CallError {
    fn from(error: AccessError) -> Self {
        CallError::Access(error)
    }
}

impl From<VerifyError> for CallError {
    fn from(error: VerifyError) -> Self {
        CallError::Verify(error)
    }
}

/// Writes messages to the region that was attached for it.
#[derive(Debug)]
pub struct Outbox {
    /// Where the top was before the first message. Calls that send none never ask.
    mark: Option<u32>,
}

impl Outbox {
    fn new() -> Outbox {
        Outbox { mark: None }
    }

    /// Puts the top back to where it was.
    #[inline(always)]
    fn done(self) {
        if let Some(mark) = self.mark {
            // What a call that was cut off leaves locked begins anew once the host resets.
            let _ = REGIONS.set_top(mark);
        }
    }

    /// Lets `write` write at the top, which moves behind it, and gives handle and offset.
    fn write(
        &mut self,
        write: impl FnOnce(&mut FixedWriter<'_>) -> Result<u32, EncodeError>,
    ) -> Result<i64, CallError> {
        let (handle, top) = REGIONS.outbox()?.ok_or(CallError::NoOutbox)?;
        let mut region = open_mut(join(handle, 0))?;
        self.mark.get_or_insert(top);
        let mut writer = FixedWriter::starting_at(region.bytes_mut(), top);
        let at = write(&mut writer)?;
        let end = u32::try_from(writer.len()).ok();
        let top = end.and_then(|end| align_up(end, ALLOCATION));
        REGIONS.set_top(top.ok_or(EncodeError::TooLong)?)?;
        Ok(join(handle, at))
    }
}

impl Outgoing for Outbox {
    type Error = CallError;

    fn put<T: Karmem>(&mut self, value: &T) -> Result<i64, CallError> {
        self.write(|writer| value.encode_in(writer))
    }

    fn record(&mut self, record: [u8; 16]) -> Result<i64, CallError> {
        self.write(|writer| writer.append(&record))
    }
}

/// Reads messages in the regions that are attached.
#[derive(Debug)]
pub struct Inbox(());

impl Incoming for Inbox {
    type Error = CallError;

    fn read<R>(
        &self,
        message: i64,
        f: impl FnOnce(&[u8], u32) -> Result<R, VerifyError>,
    ) -> Result<R, CallError> {
        let region = open(message)?;
        Ok(f(&region, region.root())?)
    }
}

/// Calls an import: `lower` makes the arguments into numbers, `import` is called with them, and its
/// result is read at once. What generated clients do; there is no need to call it by hand.
///
/// # Errors
///
/// Those of [`CallError`]; `import` was not called, or its result is of no use.
#[inline]
pub fn call<A, R: Output>(
    lower: impl FnOnce(&mut Outbox) -> Result<A, CallError>,
    import: impl FnOnce(A) -> R::Abi,
) -> Result<R, CallError> {
    if let Some(handle) = REGIONS.volatile_in_use()? {
        return Err(CallError::Volatile(handle));
    }
    let mut outbox = Outbox::new();
    let done = lower(&mut outbox).and_then(|args| R::lift_output(import(args), &Inbox(())));
    outbox.done();
    done
}

/// Serves a call of an export: `f` reads the arguments and calls the implementation, whose result is
/// then made into a number. What generated exports do; there is no need to call it by hand.
///
/// # Panics
///
/// If an argument cannot be used, the instance is busy, or there is no place for the result: the
/// export has no other way to say so. The text begins with `method`.
#[inline(always)]
pub fn serve<T: Default, R: Output>(
    instance: &Instance<T>,
    method: &str,
    f: impl FnOnce(&mut T, &Inbox) -> Result<R, CallError>,
) -> R::Abi {
    let mut outbox = Outbox::new();
    let done = instance
        .with(|it| f(it, &Inbox(())))
        .unwrap_or(Err(CallError::Busy))
        .and_then(|result| result.lower_output(&mut outbox));
    outbox.done();
    match done {
        Ok(abi) => abi,
        Err(error) => refuse(method, &error),
    }
}

#[cold]
fn refuse(method: &str, error: &CallError) -> ! {
    panic!("{method}: {error}")
}
