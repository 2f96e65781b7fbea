//! The one value that serves an interface.

use core::cell::UnsafeCell;
use core::mem;

use super::generation::{Held, Holder};

/// The value whose methods a module exports: made by `Default` at the first call, and lent to one
/// call at a time.
///
/// # After a trap
///
/// A call that traps never gives the value back. The host says that no call is running any more
/// ([`reset`](super::reset)); the value that such a call held may be half changed, so it is then forgotten (its
/// memory is lost) and made anew. State that is to outlive a trap belongs into a region. Where no host says so, the
/// value stays lent, and calls that need it are refused.
#[derive(Debug)]
pub struct Instance<T> {
    holder: Holder,
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
            holder: Holder::new(),
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
struct GivenBack<'a>(&'a Holder);

impl Drop for GivenBack<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl<T: Default> Instance<T> {
    /// Lends the value to `f`; `None` if a call that is still running has it.
    // Into the function that serves the method, which is never inlined itself: each function that is not
    // called is a check of the deadline less.
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let held = self.holder.take()?;
        let given_back = GivenBack(&self.holder);
        // SAFETY: this call holds the value, so nobody else has a reference.
        let value = unsafe { &mut *self.value.get() };
        if held == Held::LeftOver {
            // The call that had it may have been ended between any two stores.
            mem::forget(value.take());
        }
        let result = f(value.get_or_insert_default());
        drop(given_back);
        Some(result)
    }

    /// Ends a call that has the value.
    #[cfg(test)]
    pub(super) fn trap_with_value(&self) {
        assert!(self.holder.take().is_some());
    }
}
