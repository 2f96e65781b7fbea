//! The one value that serves an interface.

use core::cell::UnsafeCell;
use core::hint::black_box;
use core::mem;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::regions::ALONE;

/// The value whose methods a module exports: made by `Default` at the first call, and lent to one
/// call at a time.
///
/// # After a trap
///
/// A call that traps never gives the value back. In a module with one thread the next call sees that:
/// whoever holds the value has a frame on the stack, so a call that is not above that frame cannot
/// have come out of it. A trap may have come between any two stores, so the value is then forgotten
/// (its memory is lost) and made anew. State that is to outlive a trap belongs into a region.
#[derive(Debug)]
pub struct Instance<T> {
    /// The address of something in the frame of the call that has the value; 0 if none has.
    holder: AtomicUsize,
    value: UnsafeCell<Option<T>>,
}

// SAFETY: a module with one thread has nobody to share it with.
#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
unsafe impl<T> Sync for Instance<T> {}

// SAFETY: `with` lends the value to one call at a time, in whichever thread that is.
#[cfg(not(all(target_family = "wasm", not(target_feature = "atomics"))))]
unsafe impl<T: Send> Sync for Instance<T> {}

impl<T> Instance<T> {
    /// A value that is not made yet.
    #[must_use]
    pub const fn new() -> Self {
        Instance {
            holder: AtomicUsize::new(0),
            value: UnsafeCell::new(None),
        }
    }
}

impl<T> Default for Instance<T> {
    fn default() -> Self {
        Instance::new()
    }
}

/// Gives the value back, also when a panic unwinds.
struct Held<'a>(&'a AtomicUsize);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::Release);
    }
}

impl<T: Default> Instance<T> {
    /// Lends the value to `f`; `None` if a call that is still running has it.
    #[inline(never)]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let frame = 0u8;
        let here = core::ptr::from_ref(black_box(&frame)).addr();
        if let Err(holder) =
            self.holder
                .compare_exchange(0, here, Ordering::Acquire, Ordering::Relaxed)
        {
            // Stacks of wasm grow downwards.
            if !ALONE || here < holder {
                return None;
            }
            self.holder.store(here, Ordering::Relaxed);
            // SAFETY: the call that had the value has ended in a trap, and this is the only thread.
            mem::forget(unsafe { &mut *self.value.get() }.take());
        }
        let held = Held(&self.holder);
        // SAFETY: `holder` was 0 or left over and is this call's now, so nobody else has a reference.
        let value = unsafe { &mut *self.value.get() };
        let result = f(value.get_or_insert_default());
        drop(held);
        Some(result)
    }
}
