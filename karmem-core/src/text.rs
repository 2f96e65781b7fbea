//! Text in a message.

use core::cell::Cell;
use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::Utf8Error;

/// Text read in place.
///
/// It may come from an unverified message, so the bytes are checked when a `str` is asked for.
/// Comparing with a `str`, ordering and hashing need no check.
///
/// ```
/// # fn show(name: karmem_core::Text<'_>) {
/// if name == "orc" {
///     println!("{name} has {} bytes", name.len());
/// }
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Text<'m> {
    bytes: &'m [u8],
}

impl<'m> Text<'m> {
    #[inline(always)]
    pub(crate) fn new(bytes: &'m [u8]) -> Self {
        Text { bytes }
    }

    /// The length in bytes.
    #[inline(always)]
    #[must_use]
    pub fn len(self) -> usize {
        self.bytes.len()
    }

    /// Whether it is empty.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// Its bytes, UTF-8 in a verified message.
    #[inline(always)]
    #[must_use]
    pub fn as_bytes(self) -> &'m [u8] {
        self.bytes
    }

    /// The text, or an empty one if the bytes are not UTF-8, which a verified message excludes.
    #[inline]
    #[must_use]
    pub fn as_str(self) -> &'m str {
        self.to_str().unwrap_or_default()
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// If the bytes are not UTF-8, which a verified message excludes.
    #[inline]
    pub fn to_str(self) -> Result<&'m str, Utf8Error> {
        core::str::from_utf8(self.bytes)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.bytes.utf8_chunks() {
            f.write_str(chunk.valid())?;
            if !chunk.invalid().is_empty() {
                f.write_str("\u{fffd}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_str() {
            Ok(text) => fmt::Debug::fmt(text, f),
            Err(_) => write!(f, "b\"{}\"", self.bytes.escape_ascii()),
        }
    }
}

impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl PartialEq<str> for Text<'_> {
    #[inline]
    fn eq(&self, other: &str) -> bool {
        self.bytes == other.as_bytes()
    }
}

impl PartialEq<&str> for Text<'_> {
    #[inline]
    fn eq(&self, other: &&str) -> bool {
        self.bytes == other.as_bytes()
    }
}

#[cfg(feature = "alloc")]
impl PartialEq<alloc::string::String> for Text<'_> {
    #[inline]
    fn eq(&self, other: &alloc::string::String) -> bool {
        self.bytes == other.as_bytes()
    }
}

impl PartialOrd<str> for Text<'_> {
    fn partial_cmp(&self, other: &str) -> Option<Ordering> {
        Some(self.bytes.cmp(other.as_bytes()))
    }
}

/// Text of a message that is being changed in place: its bytes may be under somebody's pen, so it
/// can be copied out, but not borrowed as a `str`.
#[derive(Clone, Copy, Debug)]
pub struct TextMut<'m> {
    bytes: &'m [Cell<u8>],
}

impl<'m> TextMut<'m> {
    #[inline(always)]
    pub(crate) fn new(bytes: &'m [Cell<u8>]) -> Self {
        TextMut { bytes }
    }

    /// The length in bytes.
    #[inline(always)]
    #[must_use]
    pub fn len(self) -> usize {
        self.bytes.len()
    }

    /// Whether it is empty.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// Replaces the text by one of the same length in bytes; `false`, and nothing is changed, if
    /// the lengths differ.
    pub fn set(self, text: &str) -> bool {
        if self.bytes.len() != text.len() {
            return false;
        }
        for (cell, byte) in self.bytes.iter().zip(text.as_bytes()) {
            cell.set(*byte);
        }
        true
    }

    /// Copies the bytes to `buffer`; `None` if it is of another length.
    pub fn copy_to(self, buffer: &mut [u8]) -> Option<Text<'_>> {
        if self.bytes.len() != buffer.len() {
            return None;
        }
        for (byte, cell) in buffer.iter_mut().zip(self.bytes) {
            *byte = cell.get();
        }
        Some(Text::new(buffer))
    }
}

#[cfg(feature = "alloc")]
impl fmt::Display for TextMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: alloc::vec::Vec<u8> = self.bytes.iter().map(Cell::get).collect();
        fmt::Display::fmt(&Text::new(&bytes), f)
    }
}
