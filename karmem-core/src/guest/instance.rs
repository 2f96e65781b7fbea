//! The one value that serves an interface.

use core::cell::UnsafeCell;
use core::hint::black_box;
use core::mem::{self, MaybeUninit};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::regions::ALONE;

/// The value whose methods a module exports: made by `Default` at the first call, and lent to one
/// call at a time.
///
/// # After a trap
///
/// A call that traps never gives the value back, and the next call has to see that nobody has it. In a
/// module with one thread it does: whatever a call leads to has its frames below those of that call
/// on the stack, so an export that is entered where the outermost one was begins something new, and
/// who held a value before that is gone. A trap may have come between any two stores, so the value is
/// then forgotten (its memory is lost) and made anew. State that is to outlive a trap belongs into a
/// region.
#[derive(Debug)]
pub struct Instance<T> {
    /// The generation of the call that has the value; 0 if none has.
    holder: AtomicUsize,
    value: UnsafeCell<Option<T>>,
}

/// A call of an export that is to be served by an [`Instance`].
#[derive(Debug)]
pub struct Called<'a, T> {
    instance: &'a Instance<T>,
    /// How far down the stack is in use.
    here: usize,
}

/// Where the outermost call of an export that is running was entered; 0 if none is. A trap leaves it.
static OUTERMOST: AtomicUsize = AtomicUsize::new(0);
/// Counts up with every outermost call.
static GENERATION: AtomicUsize = AtomicUsize::new(0);

/// At least so many bytes of stack lie between the entry of a call and those of calls that it leads
/// to, because [`Called::with`] takes them; and no more lie between the entries of two exports that
/// are called from outside, because all that these have there is a copy of their parameters.
const FRAME: usize = 512;

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

    /// Begins a call: what the function that is exported does first, and by itself.
    #[inline(always)]
    pub fn called(&self) -> Called<'_, T> {
        Called {
            instance: self,
            here: here(),
        }
    }
}

impl<T> Default for Instance<T> {
    fn default() -> Self {
        Instance::new()
    }
}

/// An address at the end of the caller's frame. Its own frame is the same for all callers.
#[inline(never)]
fn here() -> usize {
    let mark = 0u8;
    core::ptr::from_ref(black_box(&mark)).addr()
}

/// The generation of a call that was entered at `here`, and whether it is the outermost.
#[inline(always)]
fn generation(here: usize) -> (usize, bool) {
    let outermost = OUTERMOST.load(Ordering::Relaxed);
    // Stacks of wasm grow downwards.
    if outermost != 0 && here <= outermost.saturating_sub(FRAME) {
        return (GENERATION.load(Ordering::Relaxed), false);
    }
    OUTERMOST.store(here, Ordering::Relaxed);
    let next = GENERATION.load(Ordering::Relaxed).wrapping_add(1).max(1);
    GENERATION.store(next, Ordering::Relaxed);
    (next, true)
}

/// Gives the value back, also when a panic unwinds.
struct Held<'a> {
    holder: &'a AtomicUsize,
    outermost: bool,
}

impl Drop for Held<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.holder.store(0, Ordering::Release);
        if self.outermost {
            OUTERMOST.store(0, Ordering::Relaxed);
        }
    }
}

impl<T: Default> Called<'_, T> {
    /// Lends the value to `f`; `None` if a call that is still running has it.
    // Into the function that serves the method, which is never inlined itself: the frame is then that
    // function's, and each function that is not called is a check of the deadline less.
    #[inline(always)]
    pub fn with<R>(self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let frame = MaybeUninit::<[u8; FRAME]>::uninit();
        black_box(&frame);
        let Instance { holder, value } = self.instance;
        // Where there are threads, each has a stack of its own, and none is compared.
        let (generation, outermost) = match ALONE {
            true => generation(self.here),
            false => (1, false),
        };
        if let Err(held) =
            holder.compare_exchange(0, generation, Ordering::Acquire, Ordering::Relaxed)
        {
            if !ALONE || held == generation {
                return None;
            }
            holder.store(generation, Ordering::Relaxed);
            // SAFETY: the call that had the value has ended in a trap, and this is the only thread.
            mem::forget(unsafe { &mut *value.get() }.take());
        }
        let given_back = Held { holder, outermost };
        // SAFETY: `holder` was 0 or left over and is this call's now, so nobody else has a reference.
        let value = unsafe { &mut *value.get() };
        let result = f(value.get_or_insert_default());
        drop(given_back);
        black_box(&frame);
        Some(result)
    }
}
