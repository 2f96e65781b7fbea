//! What can be wrong with a message, and where.

use core::fmt;

/// Why a message was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
#[repr(u8)]
pub enum Cause {
    /// The message is shorter than its root.
    Truncated,
    /// The message is longer than 4 GiB − 1.
    TooLong,
    /// A reference leads outside the message.
    OutOfBounds,
    /// A slice that is not empty begins at offset 0, where only the root can be.
    NullSlice,
    /// A table's size header is smaller than itself.
    TableSize,
    /// The bytes of a slice are no whole number of elements.
    PartialElement,
    /// A `bool` that is neither 0 nor 1.
    Bool,
    /// A `char` that is no Unicode scalar value.
    Char,
    /// An enumerator that this version does not know.
    Enumerator,
    /// A text that is not UTF-8.
    Utf8,
    /// More elements than the field's `max`.
    Limit,
    /// A map whose keys are not in ascending order, or not unique.
    KeyOrder,
    /// References nest deeper than [`Limits::depth`].
    Depth,
    /// More bytes are reachable than [`Limits::bytes`]: parts of the message are shared or cyclic.
    Budget,
    /// The objects that the message describes take more memory than [`Limits::memory`].
    Memory,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::Truncated => "the message is shorter than its root",
            Cause::TooLong => "the message is longer than 4 GiB - 1",
            Cause::OutOfBounds => "the reference leads outside the message",
            Cause::NullSlice => "a slice with elements begins at offset 0",
            Cause::TableSize => "the table's size is smaller than its header",
            Cause::PartialElement => "the slice is no whole number of elements",
            Cause::Bool => "the bool is neither 0 nor 1",
            Cause::Char => "the char is no Unicode scalar value",
            Cause::Enumerator => "the enumerator is unknown",
            Cause::Utf8 => "the text is not UTF-8",
            Cause::Limit => "there are more elements than the field's max",
            Cause::KeyOrder => "the keys of the map are not in ascending order",
            Cause::Depth => "references nest deeper than the limit",
            Cause::Budget => "more bytes are reachable than the limit (shared or cyclic parts)",
            Cause::Memory => "the objects would take more memory than `Limits::memory` allows",
        })
    }
}

/// What a verified read allows.
///
/// Time and memory of a read are proportional to these limits, and not to the size of the types that a
/// message refers to. The stack grows with [`Limits::depth`] alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How many levels may lie below the root, which is none itself, be it a table or an inline struct.
    /// Default: [`Limits::DEPTH`].
    ///
    /// A level is a reference that leads to what may hold references: to a table, the fields of a
    /// variant among them, or to a list or map with at least one element that can refer to something.
    /// So a list of tables is two levels; texts, lists of numbers, empty lists and empty maps are
    /// none. A table that is absent where it is not optional counts as the default that is read.
    /// Verifying, decoding and encoding count alike.
    pub depth: u32,
    /// How many bytes may be visited in all. Default: the length of the message, which suffices
    /// for every writer, as none shares parts.
    pub bytes: Option<u64>,
    /// How many bytes the objects may take that `decode`, `decode_into` and `to_owned` build: the
    /// elements of lists, the entries of maps and what is in a `Box`, with arrays and defaults, of the
    /// size that they have in Rust, and texts. Default: [`Limits::MEMORY`] and
    /// [`Limits::MEMORY_PER_BYTE`] for each byte of the message.
    ///
    /// The root itself is not counted, since it is one object, nor are spare capacity and what allocators add.
    pub memory: Option<u64>,
}

impl Limits {
    /// The depth of [`Limits::default`], which writers keep to as well.
    pub const DEPTH: u32 = 64;
    /// What objects may take whatever the length of the message, by default: 1 MiB.
    pub const MEMORY: u64 = 1 << 20;
    /// What objects may take for each byte of the message, by default.
    pub const MEMORY_PER_BYTE: u64 = 64;

    /// The limit of the objects of a message of `len` bytes.
    pub(crate) fn memory_of(&self, len: usize) -> u64 {
        self.memory.unwrap_or_else(|| {
            (len as u64)
                .saturating_mul(Limits::MEMORY_PER_BYTE)
                .saturating_add(Limits::MEMORY)
        })
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            depth: Limits::DEPTH,
            bytes: None,
            memory: None,
        }
    }
}

/// Where and why, small enough for registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bad {
    /// Offset in the message.
    pub(crate) offset: u32,
    /// What is wrong there.
    pub(crate) cause: Cause,
}

/// One step of a path into a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Segment {
    Field(&'static str),
    Index(u32),
}

/// The way from the root to the guilty value, innermost step first.
///
/// Without `alloc` only the innermost steps are kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Path {
    #[cfg(feature = "alloc")]
    steps: alloc::vec::Vec<Segment>,
    #[cfg(not(feature = "alloc"))]
    steps: [Option<Segment>; Path::KEPT],
    #[cfg(not(feature = "alloc"))]
    len: usize,
}

#[cfg(feature = "alloc")]
impl Path {
    pub(crate) fn push(&mut self, segment: Segment) {
        self.steps.push(segment);
    }

    fn steps(&self) -> impl Iterator<Item = Segment> {
        self.steps.iter().rev().copied()
    }

    fn is_cut(&self) -> bool {
        false
    }
}

#[cfg(not(feature = "alloc"))]
impl Path {
    const KEPT: usize = 4;

    pub(crate) fn push(&mut self, segment: Segment) {
        if let Some(step) = self.steps.get_mut(self.len) {
            *step = Some(segment);
        }
        self.len += 1;
    }

    fn steps(&self) -> impl Iterator<Item = Segment> {
        self.steps.iter().rev().copied().flatten()
    }

    fn is_cut(&self) -> bool {
        self.len > Path::KEPT
    }
}

/// A message that was refused: what is wrong, at which offset, and on which path from the root.
///
/// ```text
/// State.monsters[17].name, offset 4096: the text is not UTF-8
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    root: &'static str,
    path: Path,
    bad: Bad,
}

impl VerifyError {
    #[cold]
    pub(crate) fn new(root: &'static str, path: Path, bad: Bad) -> Self {
        VerifyError { root, path, bad }
    }

    /// There is no room for the root.
    #[cfg(feature = "alloc")]
    #[cold]
    pub(crate) fn truncated(root: &'static str, offset: u32) -> Self {
        let cause = Cause::Truncated;
        VerifyError::new(root, Path::default(), Bad { offset, cause })
    }

    /// What is wrong.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.bad.cause
    }

    /// The offset of the guilty bytes, relative to the base of the message.
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.bad.offset
    }

    /// The path to the guilty value, such as `State.monsters[17].name`.
    pub fn path(&self) -> impl fmt::Display + '_ {
        struct Shown<'a>(&'a VerifyError);
        impl fmt::Display for Shown<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.root)?;
                if self.0.path.is_cut() {
                    f.write_str(".…")?;
                }
                for step in self.0.path.steps() {
                    match step {
                        Segment::Field(name) => write!(f, ".{name}")?,
                        Segment::Index(i) => write!(f, "[{i}]")?,
                    }
                }
                Ok(())
            }
        }
        Shown(self)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, offset {}: {}",
            self.path(),
            self.bad.offset,
            self.bad.cause
        )
    }
}

impl core::error::Error for VerifyError {}

/// Why a message could not be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The buffer of a fixed writer is full: so many bytes would have been needed so far.
    Full {
        /// Bytes from the start of the buffer that the writer came to need.
        needed: u64,
    },
    /// The message would be longer than 4 GiB − 1.
    TooLong,
    /// A field has more elements than its `max`.
    Limit {
        /// The field.
        field: &'static str,
        /// Its `max`.
        max: u32,
    },
    /// References nest deeper than [`Limits::DEPTH`], so that no reader with default limits would take
    /// the message.
    Depth,
    /// An index beyond the length that was reserved for a slice.
    Index {
        /// The index.
        index: usize,
        /// The number of elements.
        len: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::Full { needed } => {
                write!(
                    f,
                    "the buffer is full: the message needs at least {needed} bytes"
                )
            }
            EncodeError::TooLong => f.write_str("the message would be longer than 4 GiB - 1"),
            EncodeError::Limit { field, max } => {
                write!(f, "`{field}` has more elements than its max of {max}")
            }
            EncodeError::Depth => write!(
                f,
                "references nest deeper than {}, the limit of readers",
                Limits::DEPTH
            ),
            EncodeError::Index { index, len } => {
                write!(f, "element {index} of a slice of {len} elements")
            }
        }
    }
}

impl core::error::Error for EncodeError {}
