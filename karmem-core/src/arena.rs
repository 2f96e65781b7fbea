//! Messages for a while: of one frame, of one request.

use crate::error::EncodeError;
use crate::message::Karmem;
use crate::writer::{Depth, FixedWriter, Sink, counts_depth};

/// Writes messages one after another into a piece of memory, and forgets them all at once.
///
/// It is for what lives as long as a frame or a request: [`put`](Arena::put) costs what writing
/// costs, and [`clear`](Arena::clear) nothing. The memory may be a region that a host or a guest has
/// opened, or any other bytes; offsets are relative to its first byte.
///
/// ```
/// use karmem_core::{Arena, EncodeError, FixedWriter, Sink};
///
/// let mut memory = [0; 64];
/// let mut frame = Arena::new(&mut memory);
/// let kept = frame.append(b"for the whole frame")?;
/// let mark = frame.mark();
/// frame.append(b"for a moment")?;
/// frame.rewind(mark);
/// assert_eq!((kept, frame.used()), (0, 19));
/// frame.clear();
/// assert_eq!(frame.left(), 64);
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Debug)]
pub struct Arena<'b> {
    memory: &'b mut [u8],
    start: usize,
    used: usize,
    depth: Depth,
}

/// How much of an [`Arena`] was in use at some moment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mark(usize);

impl<'b> Arena<'b> {
    /// An empty arena over all of `memory`.
    #[must_use]
    pub fn new(memory: &'b mut [u8]) -> Self {
        Arena::starting_at(memory, 0)
    }

    /// An empty arena over `memory` from byte `start` on; what lies before that is never touched.
    #[must_use]
    pub fn starting_at(memory: &'b mut [u8], start: u32) -> Self {
        let start = (start as usize).min(memory.len());
        Arena {
            memory,
            start,
            used: start,
            depth: Depth::LIMIT,
        }
    }

    /// Writes a message and gives the offset of its root. If it does not fit, nothing is kept of it.
    ///
    /// # Errors
    ///
    /// As [`Karmem::encode_in`].
    pub fn put<T: Karmem>(&mut self, value: &T) -> Result<u32, EncodeError> {
        let mark = self.mark();
        let put = value.encode_in(self);
        if put.is_err() {
            self.rewind(mark);
        }
        put
    }

    /// How much is in use now, to come back to it with [`rewind`](Arena::rewind).
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.used)
    }

    /// Forgets everything that was written since `mark`. A mark of what was forgotten meanwhile, or
    /// of another arena, brings nothing back.
    pub fn rewind(&mut self, mark: Mark) {
        self.used = mark.0.clamp(self.start, self.used);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.used = self.start;
    }

    /// Bytes in use, with what lies before the arena's start.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used
    }

    /// Bytes that are free.
    #[must_use]
    pub fn left(&self) -> usize {
        self.memory.len() - self.used
    }

    /// The bytes in use: what offsets lead into.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.memory.get(..self.used).unwrap_or_default()
    }
}

impl Sink for Arena<'_> {
    counts_depth!();

    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError> {
        let end = u32::try_from(self.used).map_err(|_| EncodeError::TooLong)?;
        let mut writer = FixedWriter::starting_at(self.memory, end);
        let at = writer.alloc(len)?;
        self.used = writer.len();
        Ok(at)
    }

    fn bytes(&mut self) -> &mut [u8] {
        let used = self.used;
        self.memory.get_mut(..used).unwrap_or_default()
    }
}
