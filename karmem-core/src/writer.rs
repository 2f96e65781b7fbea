//! Where messages are written: a growing `Vec`, a fixed slice, or nowhere (to learn the length).

use crate::error::EncodeError;
use crate::layout::{ALLOCATION, NULL, align_up};
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
        Ok(len) if len < NULL => Ok(len),
        _ => Err(EncodeError::TooLong),
    }
}

/// Start and end of an allocation of `len` bytes after `end`.
#[inline(always)]
fn next(end: usize, len: u32) -> Result<(u32, u32), EncodeError> {
    let place = || {
        let start = align_up(u32::try_from(end).ok()?, ALLOCATION)?;
        let end = start.checked_add(len)?;
        (end < NULL).then_some((start, end))
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
}

impl<'b> FixedWriter<'b> {
    /// A writer over `buffer`, whose first byte is the base.
    #[must_use]
    pub fn new(buffer: &'b mut [u8]) -> Self {
        FixedWriter { buffer, end: 0 }
    }

    /// A writer over `buffer`, whose first byte is the base, that allocates from byte `start` on.
    #[must_use]
    pub fn starting_at(buffer: &'b mut [u8], start: u32) -> Self {
        FixedWriter {
            buffer,
            end: start as usize,
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

/// Writes nothing and counts.
#[derive(Debug, Default)]
pub(crate) struct Counter {
    pub(crate) end: usize,
}

impl Sink for Counter {
    fn alloc(&mut self, len: u32) -> Result<u32, EncodeError> {
        let (start, end) = next(self.end, len)?;
        self.end = end as usize;
        Ok(start)
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut []
    }
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
}
