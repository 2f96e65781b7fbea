//! Blocks of a guest's memory, and the messages in them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::ops::Range;

use crate::error::{Error, Result};

/// A message as it travels through a call: one `i64` with the handle of its block in the high half,
/// and in the low half the offset of its root from the block's first byte.
///
/// ```
/// use karmem_host::Message;
///
/// let message = Message::new(3, 16);
/// assert_eq!(message.to_i64(), (3 << 32) | 16);
/// assert_eq!(Message::from_i64(message.to_i64()), message);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Message(u64);

impl Message {
    /// The message at `offset` in the block with this handle.
    #[must_use]
    pub const fn new(handle: u32, offset: u32) -> Message {
        Message((handle as u64) << 32 | offset as u64)
    }

    /// From the number that a guest returned.
    #[must_use]
    pub const fn from_i64(raw: i64) -> Message {
        Message(raw.cast_unsigned())
    }

    /// The number to pass to a guest.
    #[must_use]
    pub const fn to_i64(self) -> i64 {
        self.0.cast_signed()
    }

    /// The handle of its block.
    #[must_use]
    pub const fn handle(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Where its root begins in the block, in bytes.
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.handle(), self.offset())
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({self})")
    }
}

/// A piece of a guest's memory that the host may fill and read, and that the guest knows by its
/// handle. Made by [`Instance::alloc`](crate::Instance::alloc), ended by
/// [`Instance::free`](crate::Instance::free).
///
/// It is a name, not a borrow: copies of it are the same block, and using one after the block was
/// freed, or with another instance, is an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    instance: u64,
    serial: u64,
    handle: u32,
    at: u32,
    len: u32,
}

impl Block {
    /// Its handle, never 0.
    #[must_use]
    pub const fn handle(&self) -> u32 {
        self.handle
    }

    /// Its size in bytes, never 0.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a block is never empty")]
    pub const fn len(&self) -> u32 {
        self.len
    }

    /// Its address in the guest's memory, a multiple of 8.
    #[must_use]
    pub const fn address(&self) -> u32 {
        self.at
    }

    /// The message whose root is `offset` bytes into the block, as the number to pass to the guest.
    #[must_use]
    pub const fn message(&self, offset: u32) -> i64 {
        Message::new(self.handle, offset).to_i64()
    }
}

/// The live blocks of one instance.
#[derive(Debug)]
pub(crate) struct Blocks {
    instance: u64,
    /// Made so far; tells a block from a later one with the same handle.
    serial: u64,
    /// By handle; handle 1 is the first.
    slots: Vec<Option<Block>>,
    /// Handles that are free again, smallest first: guests keep a table by handle.
    free: BinaryHeap<Reverse<u32>>,
    /// Lengths by address. They never overlap.
    by_address: BTreeMap<u32, u32>,
}

impl Blocks {
    pub(crate) fn new(instance: u64) -> Blocks {
        Blocks {
            instance,
            serial: 0,
            slots: Vec::new(),
            free: BinaryHeap::new(),
            by_address: BTreeMap::new(),
        }
    }

    /// Takes a piece of memory that the guest's allocator gave, or says what is wrong with it.
    pub(crate) fn insert(
        &mut self,
        at: u32,
        len: u32,
        align: u32,
        memory: usize,
    ) -> Result<Block, String> {
        if !at.is_multiple_of(align) {
            return Err(format!("is not a multiple of {align}"));
        }
        let end = u64::from(at) + u64::from(len);
        if end > memory as u64 {
            return Err(format!("ends outside its memory of {memory} bytes"));
        }
        // The last block that begins before the end of this one; `end - 1` fits, as memory does.
        let last = u32::try_from(end.saturating_sub(1)).unwrap_or(u32::MAX);
        if let Some((&start, &length)) = self.by_address.range(..=last).next_back()
            && u64::from(start) + u64::from(length) > u64::from(at)
        {
            return Err(format!(
                "overlaps the block of {length} bytes at {start:#x} that is still in use"
            ));
        }
        let handle = match self.free.pop() {
            Some(Reverse(handle)) => handle,
            None => {
                self.slots.push(None);
                // Blocks do not overlap, so there are fewer than 2^32.
                u32::try_from(self.slots.len()).map_err(|_| "is one too many".to_owned())?
            }
        };
        self.serial += 1;
        let block = Block {
            instance: self.instance,
            serial: self.serial,
            handle,
            at,
            len,
        };
        self.slots[handle as usize - 1] = Some(block);
        self.by_address.insert(at, len);
        Ok(block)
    }

    /// Forgets a block.
    pub(crate) fn remove(&mut self, block: &Block) {
        if let Some(slot) = self.slot(block.handle)
            && *slot == *block
        {
            self.slots[block.handle as usize - 1] = None;
            self.by_address.remove(&block.at);
            self.free.push(Reverse(block.handle));
        }
    }

    /// All of them, by handle.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Block> {
        self.slots.iter().flatten().copied()
    }

    /// The block's bytes as a range of the memory, if it is alive and ours.
    #[inline]
    pub(crate) fn range(&self, block: &Block) -> Result<Range<usize>> {
        match self.slot(block.handle) {
            Some(slot) if slot == block => {
                Ok(block.at as usize..block.at as usize + block.len as usize)
            }
            _ => Err(self.bad(block)),
        }
    }

    #[cold]
    fn bad(&self, block: &Block) -> Error {
        let why = if block.instance == self.instance {
            "was freed"
        } else {
            "belongs to another instance"
        };
        Error::BadBlock {
            handle: block.handle,
            why,
        }
    }

    /// The block of a message.
    pub(crate) fn resolve(&self, message: Message) -> Result<Block> {
        let block = self
            .slot(message.handle())
            .ok_or(Error::WildHandle { message })?;
        if message.offset() >= block.len {
            return Err(Error::WildOffset {
                message,
                length: block.len,
            });
        }
        Ok(*block)
    }

    #[inline]
    fn slot(&self, handle: u32) -> Option<&Block> {
        self.slots.get((handle as usize).checked_sub(1)?)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_checked() {
        let mut blocks = Blocks::new(1);
        let a = blocks.insert(64, 64, 8, 256).unwrap();
        assert_eq!(a.handle(), 1);
        for (at, len, why) in [
            (4, 8, "multiple of 8"),
            (200, 57, "outside"),
            (u32::MAX - 7, u32::MAX, "outside"),
            (64, 64, "overlaps"),
            (56, 9, "overlaps"),
            (120, 8, "overlaps"),
            (72, 8, "overlaps"),
            (0, 256, "overlaps"),
        ] {
            let e = blocks.insert(at, len, 8, 256).unwrap_err();
            assert!(e.contains(why), "{at}+{len}: {e}");
        }
        assert_eq!(blocks.insert(56, 8, 8, 256).unwrap().handle(), 2);
        assert_eq!(blocks.insert(128, 128, 8, 256).unwrap().handle(), 3);
    }

    #[test]
    fn handles_are_used_again_and_stale_blocks_are_not_taken_for_the_new_one() {
        let mut blocks = Blocks::new(1);
        let a = blocks.insert(0, 8, 8, 64).unwrap();
        let b = blocks.insert(8, 8, 8, 64).unwrap();
        blocks.remove(&a);
        blocks.remove(&a);
        let again = blocks.insert(0, 8, 8, 64).unwrap();
        assert_eq!(
            (again.handle(), again.at, again.len),
            (a.handle(), a.at, a.len)
        );
        assert!(matches!(
            blocks.range(&a),
            Err(Error::BadBlock {
                handle: 1,
                why: "was freed"
            })
        ));
        blocks.remove(&a);
        assert_eq!(blocks.range(&again).unwrap(), 0..8);
        assert_eq!(blocks.range(&b).unwrap(), 8..16);
        let foreign = Blocks::new(2).range(&b).unwrap_err();
        assert!(matches!(
            foreign,
            Error::BadBlock {
                why: "belongs to another instance",
                ..
            }
        ));
    }

    #[test]
    fn wild_messages() {
        let mut blocks = Blocks::new(1);
        let a = blocks.insert(0, 16, 8, 64).unwrap();
        assert_eq!(blocks.resolve(Message::new(1, 15)).unwrap(), a);
        assert!(matches!(
            blocks.resolve(Message::new(1, 16)),
            Err(Error::WildOffset { length: 16, .. })
        ));
        for handle in [0, 2, u32::MAX] {
            assert!(matches!(
                blocks.resolve(Message::new(handle, 0)),
                Err(Error::WildHandle { .. })
            ));
        }
        assert_eq!(Message::from_i64(-1).handle(), u32::MAX);
        assert_eq!(Message::from_i64(-1).to_i64(), -1);
    }
}
