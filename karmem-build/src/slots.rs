//! Places for modules in a memory that they have in common.

use crate::error::{Error, Result};

/// Bytes of a page of WebAssembly's memory: places begin and end at multiples of it.
pub const PAGE: u32 = 64 << 10;

/// Bytes that stay free between two places. An allocator that takes new pages when it is first
/// asked, instead of what lies behind the module's data (Rust's does), takes them here.
pub const GAP: u32 = 4 * PAGE;

/// Bytes for the stack where nothing else is said: a sixteenth of what rustc gives a module of its own.
const STACK: u32 = PAGE;

/// The place of one module in a memory that several have in common: its data, then its stack, then
/// what is left for its heap to begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Where it begins, in bytes: a multiple of [`PAGE`], and not 0, as pointers to 0 are null.
    pub base: u32,
    /// Its length in bytes, a multiple of [`PAGE`]. The linker says how much is needed if it is
    /// too small. The heap may go on elsewhere.
    pub size: u32,
    /// Bytes of its stack, a multiple of 16.
    pub stack: u32,
}

impl Slot {
    /// Where it ends: the memory that the module asks for when it is instantiated.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.base as u64 + self.size as u64
    }

    /// Whether there can be such a place.
    ///
    /// # Errors
    ///
    /// [`Error::Slot`] with what is wrong.
    pub fn check(&self) -> Result<()> {
        let Slot { base, size, stack } = *self;
        let wrong = if base == 0 || !base.is_multiple_of(PAGE) {
            "its base is not a multiple of 65536 above 0"
        } else if size == 0 || !size.is_multiple_of(PAGE) {
            "its size is not a multiple of 65536 above 0"
        } else if self.end() > LAST {
            "it ends above 4 GiB - 64 KiB"
        } else if stack == 0 || !stack.is_multiple_of(16) {
            "its stack is not a multiple of 16 above 0"
        } else if stack >= size {
            "its stack leaves no room for data"
        } else {
            return Ok(());
        };
        Err(Error::Slot(format!(
            "a module cannot lie at {base:#x} with {size} bytes, {stack} of them stack: {wrong}"
        )))
    }
}

/// The last page of 4 GiB stays unused, so that every address and every length fits in 32 bits.
const LAST: u64 = (1 << 32) - PAGE as u64;

/// Gives out places that do not overlap, in ascending order, with [`GAP`] bytes in between.
///
/// ```
/// use karmem_build::Slots;
///
/// let mut slots = Slots::new();
/// let (a, b) = (slots.next(1 << 20)?, slots.next(2 << 20)?);
/// assert!(a.end() <= u64::from(b.base));
/// # Ok::<(), karmem_build::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slots {
    next: u64,
    stack: u32,
}

impl Default for Slots {
    fn default() -> Slots {
        Slots::new()
    }
}

impl Slots {
    /// From 1 MiB on, with stacks of 64 KiB.
    #[must_use]
    pub fn new() -> Slots {
        Slots {
            next: 1 << 20,
            stack: STACK,
        }
    }

    /// With stacks of so many bytes for the places that follow.
    #[must_use]
    pub fn stack(mut self, bytes: u32) -> Slots {
        self.stack = bytes;
        self
    }

    /// The next place, of at least `size` bytes: they are rounded up to whole pages.
    ///
    /// # Errors
    ///
    /// [`Error::Slot`] if there is no room below 4 GiB, or not for the stack.
    pub fn next(&mut self, size: u32) -> Result<Slot> {
        let no_room = || {
            Error::Slot(format!(
                "there is no room for {size} bytes from {:#x} on: a memory ends at 4 GiB",
                self.next
            ))
        };
        let slot = Slot {
            base: u32::try_from(self.next).map_err(|_| no_room())?,
            size: size.checked_next_multiple_of(PAGE).ok_or_else(no_room)?,
            stack: self.stack,
        };
        slot.check()?;
        self.next = slot.end() + u64::from(GAP);
        Ok(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_do_not_overlap() {
        let mut slots = Slots::new().stack(4096);
        let mut end = 0;
        for size in [1, PAGE, PAGE + 1, 100 << 20, 3 << 20] {
            let slot = slots.next(size).unwrap();
            slot.check().unwrap();
            assert!(u64::from(slot.base) >= end + u64::from(GAP), "{slot:?}");
            assert!(slot.size >= size && slot.size < size + PAGE);
            assert_eq!(slot.stack, 4096);
            end = slot.end();
        }
    }

    #[test]
    fn memory_ends() {
        let mut slots = Slots::new();
        slots.next(2 << 30).unwrap();
        let error = slots.next(2 << 30).unwrap_err();
        assert!(error.to_string().contains("above 4 GiB"), "{error}");
        slots.next(1 << 30).unwrap();
        let error = slots.next(u32::MAX).unwrap_err();
        assert!(error.to_string().contains("no room"), "{error}");
    }

    #[test]
    fn wrong_places_say_why() {
        for (base, size, stack, why) in [
            (0, PAGE, 16, "base"),
            (PAGE + 1, PAGE, 16, "base"),
            (PAGE, 0, 16, "size"),
            (PAGE, 100, 16, "size"),
            (u32::MAX - PAGE + 1, PAGE, 16, "above 4 GiB"),
            (PAGE, PAGE, 0, "multiple of 16"),
            (PAGE, PAGE, 17, "multiple of 16"),
            (PAGE, PAGE, PAGE, "no room for data"),
        ] {
            let error = Slot { base, size, stack }.check().unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }
}
