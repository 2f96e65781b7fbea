//! A guest for several threads that a stable compiler can build: nothing of `core` is left to link
//! once everything is inlined, as `core` itself comes built without atomics. So there is nothing here that
//! may panic, and no loop that becomes a call of `memcpy`.
#![cfg_attr(target_family = "wasm", no_std)]

use core::sync::atomic::{AtomicU32, Ordering};

use karmem_core::sync::{Barrier, Counter};

/// Counts the calls of [`count`], on all threads.
static CALLS: Counter = Counter::new();
/// Not zero, so that it is data that has to be copied at the start, once.
static STARTS: AtomicU32 = AtomicU32::new(100);

/// Works on one of `threads` parts of `len` bytes that lie one behind another from `all` on, together with those
/// that work on the others: every round changes all numbers of the part; then, with the others, it looks
/// at the first of the next part. Gives the sum of what it saw.
///
/// # Safety
///
/// The parts are whole numbers in this module's memory, each thread has another `index` below `threads`, and
/// at `barrier` is a word of zeros.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn work(
    all: *mut u32,
    len: u32,
    index: u32,
    threads: u32,
    rounds: u32,
    barrier: *mut u32,
) -> u64 {
    let count = (len / 4) as usize;
    // SAFETY: the caller vouches for the word.
    let word = unsafe { AtomicU32::from_ptr(barrier) };
    let barrier = Barrier::over(word);
    let next = if index + 1 == threads { 0 } else { index + 1 };
    let part = all.wrapping_add(count * index as usize);
    let others = all.wrapping_add(count * next as usize);
    let mut sum = 0u64;
    let mut round = 0;
    while round < rounds {
        let mut i = 0;
        while i < count {
            let number = part.wrapping_add(i);
            // SAFETY: inside of the part, which nobody else writes, and reads only between the barriers.
            let old = unsafe { number.read() };
            let new = old
                .wrapping_mul(1_664_525)
                .wrapping_add(1_013_904_223 + round);
            // SAFETY: as above.
            unsafe { number.write(new) };
            i += 1;
        }
        barrier.wait(threads as u16);
        // SAFETY: inside of the other part, which is written only before this barrier and after the next.
        sum = sum.wrapping_add(u64::from(unsafe { others.read() }));
        barrier.wait(threads as u16);
        round += 1;
    }
    sum
}

/// How often it was called, on all threads.
#[unsafe(no_mangle)]
pub extern "C" fn count() -> u32 {
    CALLS.add(1) + 1
}

/// 101 and up: each call is another start.
#[unsafe(no_mangle)]
pub extern "C" fn start() -> u32 {
    STARTS.fetch_add(1, Ordering::AcqRel) + 1
}

#[cfg(target_family = "wasm")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
