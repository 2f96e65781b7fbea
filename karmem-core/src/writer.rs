//! Where messages are written: a growing `Vec`, a fixed slice, or nowhere (to learn the length).

use crate::error::{EncodeError, Limits};
use crate::layout::{ALLOCATION, align_up};
use crate::raw::{self, Raw};

/// Memory that a message is written to, from its base on.
///
/// Allocations start at multiples of 8; gaps between them are zero.
pub trait Sink {
    /// Reserves `len` bytes and gives their offset. Their content is unspecified: the caller stores
    /// all of them.
    ///
    /// # Errors
    ///
    /// If the memory is full, or the message would not fit into 32-bit offsets.
    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError>;

    /// The bytes from the base to the end of the last allocation.
    fn bytes(&mut self) -> &mut [u8];

    /// Appends `bytes` as an allocation of its own.
    ///
    /// # Errors
    ///
    /// As [`Self::alloc`].
    #[inline(always)]
    fn append(&mut self, bytes: &[u8]) -> Result<u32, EncodeError> {
        let len = length(bytes.len())?;
        let at = self.alloc(len)?;
        let at_byte = at as usize;
        if let Some(to) = self
            .bytes()
            .get_mut(at_byte..)
            .and_then(|b| b.get_mut(..bytes.len()))
        {
            to.copy_from_slice(bytes);
        }
        Ok(at)
    }

    /// Goes one level of references deeper, as [`Limits::depth`](crate::Limits::depth) counts them;
    /// [`Self::leave`] comes back. Sinks that do not count take any depth.
    ///
    /// # Errors
    ///
    /// Beyond [`Limits::DEPTH`](crate::Limits::DEPTH), which readers refuse.
    #[inline(always)]
    fn enter(&mut self) -> Result<(), EncodeError> {
        Ok(())
    }

    /// Comes back from where [`Self::enter`] went.
    #[inline(always)]
    fn leave(&mut self) {}

    /// Stores `raw` at `at`, which lies in an allocation.
    #[inline(always)]
    fn store<R: Raw>(&mut self, at: u32, raw: &R) {
        raw::put(self.bytes(), at, raw);
    }

    /// The allocation of `len` bytes at `at`, to be filled; `None` where nothing is stored.
    #[inline(always)]
    fn block(&mut self, at: u32, len: u32) -> Option<&mut [u8]> {
        self.bytes().get_mut(at as usize..)?.get_mut(..len as usize)
    }
}

/// A length in bytes as the format has it.
#[inline(always)]
pub(crate) fn length(len: usize) -> Result<u32, EncodeError> {
    match u32::try_from(len) {
        Ok(len) => Ok(len),
        Err(_) => Err(EncodeError::TooLong),
    }
}

/// Start and end of an allocation of `len` bytes after `end`.
#[inline(always)]
fn next(end: usize, len: u32) -> Result<(u32, u32), EncodeError> {
    let place = || {
        let start = align_up(u32::try_from(end).ok()?, ALLOCATION)?;
        Some((start, start.checked_add(len)?))
    };
    place().ok_or(EncodeError::TooLong)
}

/// Makes the bytes between two allocations zero: fewer than 8, of which the last one ends at a
/// multiple of 8, so that one word is loaded and stored instead of a loop.
#[inline(always)]
fn clear_gap(bytes: &mut [u8], end: usize, start: usize) {
    let gap = start - end;
    if gap == 0 {
        return;
    }
    let word = start
        .checked_sub(8)
        .and_then(|word| bytes.get_mut(word..)?.first_chunk_mut::<8>());
    match word {
        Some(word) if gap < 8 => {
            let kept = u64::from_le_bytes(*word) & (u64::MAX >> (8 * gap));
            *word = kept.to_le_bytes();
        }
        // A writer that starts in the middle of a word.
        _ => {
            core::hint::cold_path();
            if let Some(gap) = bytes.get_mut(end..start) {
                gap.fill(0);
            }
        }
    }
}

/// How many levels of references a writer may still go down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth(u32);

impl Depth {
    pub(crate) const LIMIT: Depth = Depth(Limits::DEPTH);

    #[inline(always)]
    pub(crate) fn enter(&mut self) -> Result<(), EncodeError> {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => {
                core::hint::cold_path();
                Err(EncodeError::Depth)
            }
        }
    }

    #[inline(always)]
    pub(crate) fn leave(&mut self) {
        self.0 += 1;
    }
}

/// In a [`Sink`] with a [`Depth`].
macro_rules! counts_depth {
    () => {
        #[inline(always)]
        fn enter(&mut self) -> Result<(), EncodeError> {
            self.depth.enter()
        }

        #[inline(always)]
        fn leave(&mut self) {
            self.depth.leave();
        }
    };
}

pub(crate) use counts_depth;

/// Writes to a fixed slice, such as a block in a guest's memory.
///
/// ```
/// use karmem_core::{Sink, FixedWriter};
/// let mut memory = [0xff; 16];
/// let mut writer = FixedWriter::new(&mut memory);
/// assert_eq!(writer.append(b"abc"), Ok(0));
/// assert_eq!(writer.append(b"def"), Ok(8));
/// assert!(writer.append(b"no room").is_err());
/// assert_eq!(writer.len(), 11);
/// ```
#[derive(Debug)]
pub struct FixedWriter<'b> {
    buffer: &'b mut [u8],
    end: usize,
    depth: Depth,
}

impl<'b> FixedWriter<'b> {
    /// A writer over `buffer`, whose first byte is the base.
    #[must_use]
    pub fn new(buffer: &'b mut [u8]) -> Self {
        FixedWriter::starting_at(buffer, 0)
    }

    /// A writer over `buffer`, whose first byte is the base, that allocates from byte `start` on.
    #[must_use]
    pub fn starting_at(buffer: &'b mut [u8], start: u32) -> Self {
        FixedWriter {
            buffer,
            end: start as usize,
            depth: Depth::LIMIT,
        }
    }

    /// Bytes from the base to the end of the last allocation.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.end == 0
    }
}

impl Sink for FixedWriter<'_> {
    counts_depth!();

    #[inline(always)]
    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError> {
        let (start, end) = next(self.end, len)?;
        match self.buffer.get_mut(..end as usize) {
            Some(used) => {
                clear_gap(used, self.end, start as usize);
                self.end = end as usize;
                Ok(start)
            }
            None => {
                core::hint::cold_path();
                Err(EncodeError::Full {
                    needed: u64::from(end),
                })
            }
        }
    }

    #[inline(always)]
    fn append(&mut self, bytes: &[u8]) -> Result<u32, EncodeError> {
        let at = self.alloc(length(bytes.len())?)?;
        if let Some(to) = self.buffer.get_mut(at as usize..self.end)
            && to.len() == bytes.len()
        {
            to.copy_from_slice(bytes);
        }
        Ok(at)
    }

    #[inline(always)]
    fn bytes(&mut self) -> &mut [u8] {
        let end = self.end;
        self.buffer.get_mut(..end).unwrap_or_default()
    }
}

#[cfg(feature = "alloc")]
impl Sink for alloc::vec::Vec<u8> {
    #[inline(always)]
    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError> {
        let (start, end) = next(self.len(), len)?;
        self.resize(end as usize, 0);
        Ok(start)
    }

    #[inline(always)]
    fn append(&mut self, bytes: &[u8]) -> Result<u32, EncodeError> {
        let (start, _) = next(self.len(), length(bytes.len())?)?;
        let gap = start as usize - self.len();
        if gap > 0 {
            if self.capacity() - self.len() >= ALLOCATION as usize {
                // A word of zeros is stored faster than as many as the gap takes.
                self.extend_from_slice(&[0; ALLOCATION as usize]);
                self.truncate(start as usize);
            } else {
                self.resize(start as usize, 0);
            }
        }
        self.extend_from_slice(bytes);
        Ok(start)
    }

    #[inline(always)]
    fn bytes(&mut self) -> &mut [u8] {
        self
    }
}

/// Writes to a `Vec` and counts the depth, for which that has no place.
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub(crate) struct Growing<'v> {
    bytes: &'v mut alloc::vec::Vec<u8>,
    depth: Depth,
}

#[cfg(feature = "alloc")]
impl<'v> Growing<'v> {
    pub(crate) fn new(bytes: &'v mut alloc::vec::Vec<u8>) -> Self {
        Growing {
            bytes,
            depth: Depth::LIMIT,
        }
    }
}

#[cfg(feature = "alloc")]
impl Sink for Growing<'_> {
    counts_depth!();

    #[inline(always)]
    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError> {
        Sink::alloc(self.bytes, len)
    }

    #[inline(always)]
    fn append(&mut self, bytes: &[u8]) -> Result<u32, EncodeError> {
        Sink::append(self.bytes, bytes)
    }

    #[inline(always)]
    fn bytes(&mut self) -> &mut [u8] {
        self.bytes
    }
}

/// Writes nothing and counts.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) end: usize,
    depth: Depth,
}

impl Counter {
    pub(crate) fn new() -> Self {
        Counter {
            end: 0,
            depth: Depth::LIMIT,
        }
    }
}

impl Sink for Counter {
    counts_depth!();

    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError> {
        let (start, end) = next(self.end, len)?;
        self.end = end as usize;
        Ok(start)
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut []
    }

    #[inline(always)]
    fn store<R: Raw>(&mut self, _: u32, _: &R) {}
}

/// Refuses every allocation: for values that refer to nothing.
#[derive(Debug)]
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    #[inline(always)]
    fn alloc(&mut self, _: u32) -> Result<u32, EncodeError> {
        Err(EncodeError::Full { needed: 0 })
    }

    #[inline(always)]
    fn bytes(&mut self) -> &mut [u8] {
        &mut []
    }

    #[inline(always)]
    fn store<R: Raw>(&mut self, _: u32, _: &R) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every length up to `u32::MAX` fits, as documented.
    #[test]
    fn a_message_may_be_as_long_as_its_offsets_reach() {
        const HEADER: u32 = 16;
        let rest = u32::MAX - HEADER;
        let ends = |len| {
            let mut counter = Counter::new();
            counter.alloc(HEADER)?;
            counter.alloc(len).map(|_| counter.end)
        };
        assert_eq!(ends(rest - 1), Ok(u32::MAX as usize - 1));
        assert_eq!(ends(rest), Ok(u32::MAX as usize));
        assert_eq!(ends(rest + 1), Err(EncodeError::TooLong));
        assert_eq!(ends(u32::MAX), Err(EncodeError::TooLong));
        assert_eq!(length(u32::MAX as usize), Ok(u32::MAX));
        #[cfg(target_pointer_width = "64")]
        assert_eq!(length(u32::MAX as usize + 1), Err(EncodeError::TooLong));
        assert_eq!(next(u32::MAX as usize - 6, 0), Err(EncodeError::TooLong));
    }
}
