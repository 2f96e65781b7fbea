//! Coordination of threads by numbers that lie in memory they share: a [`Barrier`], a [`Counter`], a
//! [`Flag`].
//!
//! Each is one 32-bit number without pointers, and all zeros is how it begins: it works in a static of a
//! module whose memory is shared, and anywhere in zeroed bytes that several threads reach, at whatever address each
//! of them has them. [`words`] makes atomics of bytes.
//!
//! Waiting is by looking again and again ([`core::hint::spin_loop`]): the instruction that would let a
//! thread of a wasm module sleep (`memory.atomic.wait32`) is not in stable Rust. Wait for things that take
//! microseconds. A host's deadline ends a thread that waits for ever; the `try_` forms give up by
//! themselves.
//!
//! In a module that is built without atomics these are plain numbers: right for one thread, and for
//! nothing else. There must be no plain accesses to the same bytes meanwhile.
//!
//! ```
//! use karmem_core::sync::{Barrier, Counter};
//!
//! static SUM: Counter = Counter::new();
//! static READY: Barrier = Barrier::new();
//!
//! std::thread::scope(|scope| {
//!     for n in 1..=4 {
//!         scope.spawn(move || {
//!             SUM.add(n);
//!             READY.wait(4);
//!             assert_eq!(SUM.get(), 10);
//!         });
//!     }
//! });
//! ```

use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The bytes as atomic numbers, for as long as they are borrowed; `None` if they do not begin at a
/// multiple of 4. A rest of less than four bytes is left out.
///
/// Exclusive access is asked for, and may then be given to any number of threads.
///
/// ```
/// use karmem_core::sync::{Counter, words};
///
/// let mut number = 0u64;
/// let bytes = zerocopy::IntoBytes::as_mut_bytes(&mut number);
/// let words = words(bytes).unwrap();
/// let counter = Counter::over(&words[1]);
/// counter.add(3);
/// assert_eq!(counter.get(), 3);
/// ```
#[must_use]
pub fn words(bytes: &mut [u8]) -> Option<&[AtomicU32]> {
    crate::cast::atomics(bytes)
}

/// Generates what all of them have in common: where they lie.
macro_rules! over_a_word {
    ($name:ident) => {
        impl $name {
            /// As it begins: all zeros.
            #[must_use]
            pub const fn new() -> $name {
                $name(AtomicU32::new(0))
            }

            /// The one that lies in this word, which began as 0. Everybody who has the word has the same.
            #[must_use]
            pub const fn over(word: &AtomicU32) -> &$name {
                crate::cast::$name(word)
            }
        }
    };
}

/// Looking again and again.
#[derive(Default)]
struct Spin {
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    times: u32,
}

impl Spin {
    #[inline]
    fn again(&mut self) {
        // Where there is an operating system to ask: with fewer cores than threads, the one that is
        // waited for may be waiting for this core.
        #[cfg(all(feature = "std", not(target_family = "wasm")))]
        {
            self.times = self.times.saturating_add(1);
            if self.times > 100 {
                std::thread::yield_now();
                return;
            }
        }
        core::hint::spin_loop();
    }
}

/// A point at which a number of threads wait for one another, as often as they like.
///
/// What each of them did before, all of them see after.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Barrier(
    /// How often it opened, modulo 2¹⁶, in the high half; in the low half who has arrived since. Being
    /// one number, it is never seen in between.
    pub(crate) AtomicU32,
);

over_a_word!(Barrier);

impl Barrier {
    /// Waits until `parties` threads, this one included, are waiting. One of them, the last to come, gets `true`.
    /// All have to name the same number.
    #[inline]
    pub fn wait(&self, parties: u16) -> bool {
        let (before, last) = self.arrive(parties);
        if !last {
            let mut spin = Spin::default();
            while self.round() == before {
                spin.again();
            }
        }
        last
    }

    /// As [`wait`](Barrier::wait), but looks `spins` times at most. `None`: the others did not come,
    /// and this thread does not count as waiting any more.
    #[inline]
    pub fn try_wait(&self, parties: u16, spins: u32) -> Option<bool> {
        let (before, last) = self.arrive(parties);
        if last {
            return Some(true);
        }
        let mut spin = Spin::default();
        for _ in 0..spins {
            if self.round() != before {
                return Some(false);
            }
            spin.again();
        }
        let leave = |state: u32| (state >> 16 == before).then(|| state.wrapping_sub(1));
        // Acquire on failure: the barrier opened after all, and this thread goes on with the others.
        match self.0.fetch_update(AcqRel, Acquire, leave) {
            Ok(_) => None,
            Err(_) => Some(false),
        }
    }

    /// Counts this thread in. The round that it waits in, and whether it was the last.
    ///
    /// The order: each arrival releases what its thread did, and acquires what those before it
    /// released, as they all change one number. So the last has acquired it all; its change opens
    /// the next round, and whoever sees that (`round`) acquires it from there. The round cannot open
    /// between an arrival and the look at it, as it is the arrival's own change that says which it is.
    #[inline]
    fn arrive(&self, parties: u16) -> (u32, bool) {
        let last = |state: u32| (state & 0xffff) + 1 >= u32::from(parties);
        let next = |state: u32| {
            Some(if last(state) {
                ((state >> 16).wrapping_add(1)) << 16
            } else {
                state.wrapping_add(1)
            })
        };
        // `Ok` and `Err` are the same here: `next` always has something.
        let (Ok(state) | Err(state)) = self.0.fetch_update(AcqRel, Relaxed, next);
        (state >> 16, last(state))
    }

    #[inline]
    fn round(&self) -> u32 {
        self.0.load(Acquire) >> 16
    }
}

/// A number that threads count up, or take numbers from so that none gets the same.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Counter(pub(crate) AtomicU32);

over_a_word!(Counter);

impl Counter {
    /// Adds, wrapping around at 2³², and gives what it was before.
    #[inline]
    pub fn add(&self, n: u32) -> u32 {
        // As a message to whoever reads the result: what was done before adding is seen after reading.
        self.0.fetch_add(n, AcqRel)
    }

    /// What it is now.
    #[inline]
    #[must_use]
    pub fn get(&self) -> u32 {
        self.0.load(Acquire)
    }

    /// Takes the next number below `end`: for threads that share out `end` pieces of work. Each number
    /// is given once.
    #[inline]
    pub fn take(&self, end: u32) -> Option<u32> {
        let next = |n: u32| (n < end).then(|| n + 1);
        self.0.fetch_update(AcqRel, Acquire, next).ok()
    }

    /// Starts again from `n`. What is added at the same time is lost or not.
    #[inline]
    pub fn reset(&self, n: u32) {
        self.0.store(n, Release);
    }
}

/// A sign that one thread gives and others wait for. What was done before it was given is seen by
/// all who have seen it.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Flag(pub(crate) AtomicU32);

over_a_word!(Flag);

impl Flag {
    /// Gives the sign; `false` if it was given already.
    #[inline]
    pub fn set(&self) -> bool {
        self.0.swap(1, AcqRel) == 0
    }

    /// Takes it back; `false` if it was not given.
    #[inline]
    pub fn clear(&self) -> bool {
        self.0.swap(0, AcqRel) != 0
    }

    /// Whether it is given.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.load(Acquire) != 0
    }

    /// Waits for it.
    #[inline]
    pub fn wait(&self) {
        let mut spin = Spin::default();
        while !self.is_set() {
            spin.again();
        }
    }

    /// Looks for it `spins` times at most, and says whether it was given.
    #[inline]
    #[must_use]
    pub fn try_wait(&self, spins: u32) -> bool {
        let mut spin = Spin::default();
        for _ in 0..spins {
            if self.is_set() {
                return true;
            }
            spin.again();
        }
        self.is_set()
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use core::cell::UnsafeCell;
    use std::thread;
    use std::vec::Vec;

    use super::*;

    const THREADS: u16 = 4;
    const ROUNDS: u32 = if cfg!(miri) { 12 } else { 2000 };

    /// A plain number: Miri sees every access to it that is not ordered.
    struct Plain(UnsafeCell<u32>);

    // SAFETY: the tests order all accesses, which is what they are about.
    #[allow(unsafe_code, reason = "what is to be ordered is plain memory")]
    unsafe impl Sync for Plain {}

    #[allow(unsafe_code, reason = "what is to be ordered is plain memory")]
    impl Plain {
        fn get(&self) -> u32 {
            // SAFETY: see above.
            unsafe { self.0.get().read() }
        }

        fn set(&self, value: u32) {
            // SAFETY: see above.
            unsafe { self.0.get().write(value) }
        }
    }

    #[test]
    fn a_barrier_orders_plain_memory() {
        let barrier = Barrier::new();
        let slots: Vec<Plain> = (0..THREADS).map(|_| Plain(UnsafeCell::new(0))).collect();
        let leaders = Counter::new();
        thread::scope(|scope| {
            for me in 0..usize::from(THREADS) {
                let (barrier, slots, leaders) = (&barrier, &slots, &leaders);
                scope.spawn(move || {
                    for round in 1..=ROUNDS {
                        slots[me].set(round);
                        leaders.add(u32::from(barrier.wait(THREADS)));
                        assert!(slots.iter().all(|slot| slot.get() == round));
                        barrier.wait(THREADS);
                    }
                });
            }
        });
        assert_eq!(leaders.get(), ROUNDS);
    }

    #[test]
    fn a_barrier_that_nobody_comes_to_is_left() {
        let barrier = Barrier::new();
        assert!(barrier.wait(1) && barrier.wait(0));
        // Often enough for the count of rounds to wrap around.
        for _ in 0..if cfg!(miri) { 10 } else { 70_000 } {
            assert_eq!(barrier.try_wait(2, 3), None);
            assert!(barrier.wait(1));
        }
        thread::scope(|scope| {
            scope.spawn(|| while barrier.try_wait(2, 5).is_none() {});
            while barrier.try_wait(2, 7).is_none() {}
        });
        // Nobody is left behind in it.
        assert_eq!(barrier.try_wait(2, 3), None);
    }

    #[test]
    fn each_number_is_given_once() {
        let counter = Counter::new();
        let end = ROUNDS * 4;
        let mut all: Vec<u32> = thread::scope(|scope| {
            let taking =
                |_| scope.spawn(|| core::iter::from_fn(|| counter.take(end)).collect::<Vec<_>>());
            let threads: Vec<_> = (0..THREADS).map(taking).collect();
            let taken = threads.into_iter().flat_map(|t| t.join().unwrap());
            taken.collect()
        });
        all.sort_unstable();
        assert!(all.iter().copied().eq(0..end));
        assert_eq!((counter.take(end), counter.get()), (None, end));
        counter.reset(1);
        assert_eq!(counter.add(u32::MAX), 1);
        assert_eq!(counter.get(), 0);
    }

    #[test]
    fn a_flag_hands_over_plain_memory() {
        let (there, back) = (Flag::new(), Flag::new());
        let plain = Plain(UnsafeCell::new(0));
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    there.wait();
                    assert!(there.clear());
                    plain.set(plain.get() + 1);
                    assert!(back.set());
                }
            });
            for round in 1..=ROUNDS {
                assert!(there.set());
                while !back.try_wait(10) {}
                assert!(back.clear());
                assert_eq!(plain.get(), round);
            }
        });
        assert!(!there.is_set() && !there.clear());
        assert!(there.set() && !there.set());
    }

    #[test]
    fn words_lie_in_the_bytes() {
        let mut numbers = [0u64; 2];
        let bytes = zerocopy::IntoBytes::as_mut_bytes(&mut numbers);
        assert!(words(&mut bytes[1..]).is_none());
        assert_eq!(words(&mut bytes[..7]).unwrap().len(), 1);
        assert_eq!(words(&mut bytes[..0]).unwrap().len(), 0);
        let all = words(bytes).unwrap();
        assert_eq!(all.len(), 4);
        thread::scope(|scope| {
            for word in all {
                scope.spawn(|| Counter::over(word).add(7));
                scope.spawn(|| Counter::over(word).add(1));
            }
        });
        Flag::over(&all[0]).clear();
        assert!(Barrier::over(&all[0]).wait(1));
        let parts: [u32; 4] = zerocopy::transmute!(numbers);
        assert_eq!(parts, [1 << 16, 8, 8, 8]);
    }
}
