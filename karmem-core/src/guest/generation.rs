//! Who holds what, across traps.
//!
//! A call that ends in a trap, at a deadline or with a future that is dropped runs no destructor, so what it
//! held stays held. This module cannot tell such a call from one that is still running; its host can.
//! [`super::reset`] begins a new generation once no call is running, and what is held since an earlier one is
//! held by nobody. Without a host that resets, it stays held for ever, which is refused and never shared.

use core::sync::atomic::{AtomicU32, Ordering};

/// Counts the resets, beginning with 1; never 0.
static GENERATION: AtomicU32 = AtomicU32::new(1);

/// The generation of the calls that are running.
#[inline(always)]
pub(super) fn current() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Begins a new generation: calls of all earlier ones have ended. A single store, so that a reset that is cut off
/// has happened or has not.
pub(super) fn begin() {
    GENERATION.store(current().wrapping_add(1).max(1), Ordering::Release);
}

/// The place of the one call that holds something.
#[derive(Debug)]
pub(super) struct Holder {
    /// The generation of that call; 0 if nobody holds it.
    since: AtomicU32,
}

/// In which state something was when it was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    /// Given back by whoever had it last.
    Free,
    /// In the middle of what a call did that was cut off.
    LeftOver,
}

impl Holder {
    pub(super) const fn new() -> Self {
        Holder {
            since: AtomicU32::new(0),
        }
    }

    /// Takes it; `None` if a call of this generation has it.
    #[inline(always)]
    pub(super) fn take(&self) -> Option<Held> {
        let current = current();
        let taken = |since| {
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            self.since
                .compare_exchange(since, current, success, failure)
        };
        match taken(0) {
            Ok(_) => Some(Held::Free),
            Err(since) if since == current => None,
            // If another thread was faster, it has it now.
            Err(past) => taken(past).ok().map(|_| Held::LeftOver),
        }
    }

    #[inline(always)]
    pub(super) fn give_back(&self) {
        self.since.store(0, Ordering::Release);
    }
}
