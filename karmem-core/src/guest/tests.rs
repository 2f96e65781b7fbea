extern crate std;

use super::generation::Holder;
use super::*;
use ::alloc::boxed::Box;
use ::alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use core::{mem, ptr};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// A reset is for the whole module, which here is all tests of the process.
static RESETS: RwLock<()> = RwLock::new(());

/// What stays as it is while there are calls, which the host does not reset.
fn calls() -> RwLockReadGuard<'static, ()> {
    RESETS.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs calls that are the only ones, which may be reset in between.
fn alone<R>(f: impl FnOnce() -> R) -> R {
    let _alone = RESETS.write().unwrap_or_else(PoisonError::into_inner);
    f()
}

fn reset_module() {
    // SAFETY: the tests that call this are alone, and go on only with what says that it was reset.
    unsafe { reset() };
}

/// A block that is freed at the end.
struct Block(*mut u8);

const SIZE: u32 = 64;

impl Block {
    fn attached(handle: u32, writable: bool) -> Self {
        let block = Block(alloc(SIZE, 8));
        assert!(!block.0.is_null());
        block.attach(handle, u32::from(writable));
        block
    }

    fn attach(&self, handle: u32, flags: u32) {
        // SAFETY: the block is this test's own.
        unsafe { attach(handle, self.0, SIZE, flags) };
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc`.
        unsafe { free(self.0, SIZE, 8) };
    }
}

#[test]
fn readers_and_writers_exclude_each_other() {
    let _calls = calls();
    let _block = Block::attached(1, true);
    let one = open(join(1, 0)).unwrap();
    let two = open(join(1, 8)).unwrap();
    assert_eq!(two.root(), 8);
    assert_eq!(one.len(), SIZE as usize);
    assert_eq!(open_mut(join(1, 0)).unwrap_err(), AccessError::InUse(1));
    drop((one, two));
    let mut writer = open_mut(join(1, 0)).unwrap();
    writer.bytes_mut()[0] = 1;
    assert_eq!(open(join(1, 0)).unwrap_err(), AccessError::InUse(1));
    drop(writer);
    assert_eq!(open(join(1, 0)).unwrap()[0], 1);
}

#[test]
fn wild_messages_are_refused() {
    let _calls = calls();
    let _block = Block::attached(2, false);
    assert_eq!(open(join(99, 0)).unwrap_err(), AccessError::NotAttached(99));
    assert_eq!(open(0).unwrap_err(), AccessError::NotAttached(0));
    let outside = AccessError::OutOfBounds {
        offset: SIZE,
        len: SIZE,
    };
    assert_eq!(open(join(2, SIZE)).unwrap_err(), outside);
    assert_eq!(open_mut(join(2, 0)).unwrap_err(), AccessError::ReadOnly(2));
    detach(2);
    assert_eq!(open(join(2, 0)).unwrap_err(), AccessError::NotAttached(2));
}

#[test]
fn what_is_in_use_stays() {
    let _calls = calls();
    let block = Block::attached(3, true);
    let reader = open(join(3, 0)).unwrap();
    detach(3);
    assert_eq!(open(join(3, 0)).unwrap_err(), AccessError::NotAttached(3));
    let again = Block::attached(3, true);
    open_mut(join(3, 0)).unwrap().bytes_mut()[0] = 7;
    assert_eq!(reader[0], 0);
    drop((reader, block, again));
}

#[test]
fn absurd_sizes_are_null() {
    assert!(alloc(0, 8).is_null());
    assert!(alloc(8, 3).is_null());
    assert!(alloc(8, 0).is_null());
}

/// What a call leaves that traps with a message open: nobody drops it.
fn trap_while_changing(handle: u32) {
    mem::forget(open_mut(join(handle, 0)).unwrap());
    assert_eq!(
        open(join(handle, 0)).unwrap_err(),
        AccessError::InUse(handle)
    );
}

#[test]
fn what_a_call_had_open_is_free_after_a_reset_and_not_before() {
    alone(|| {
        let block = Block::attached(4, true);
        for i in 0..100 {
            trap_while_changing(4);
            // However often it is attached or detached.
            block.attach(4, flags::WRITABLE);
            assert_eq!(open(join(4, 0)).unwrap_err(), AccessError::InUse(4));
            detach(4);
            block.attach(4, flags::WRITABLE);
            assert_eq!(open(join(4, 0)).unwrap_err(), AccessError::NotAttached(4));
            block.attach(77, flags::WRITABLE);
            assert_eq!(open(join(77, 0)).unwrap_err(), AccessError::NotAttached(77));

            reset_module();
            assert_eq!(open(join(4, 0)).unwrap_err(), AccessError::NotAttached(4));
            block.attach(4, flags::WRITABLE);
            assert_eq!(REGIONS.entries(4), 1);
            let mut writer = open_mut(join(4, 0)).unwrap();
            assert_eq!(writer.bytes_mut()[0], i);
            writer.bytes_mut()[0] += 1;
        }
        drop(block);
        assert_eq!(REGIONS.entries(4), 0);
    });
}

#[test]
fn a_region_that_is_announced_again_stays_open() {
    let _calls = calls();
    let block = Block::attached(5, true);
    block.attach(5, flags::WRITABLE | flags::VOLATILE);
    let reader = open(join(5, 0)).unwrap();
    for told in [
        flags::WRITABLE,
        flags::VOLATILE,
        flags::WRITABLE | flags::VOLATILE,
    ] {
        block.attach(5, told);
        assert_eq!(REGIONS.entries(5), 1);
        let refused = open_mut(join(5, 0)).unwrap_err();
        if told & flags::WRITABLE == 0 {
            assert_eq!(refused, AccessError::ReadOnly(5));
        } else {
            assert_eq!(refused, AccessError::InUse(5));
        }
        assert_eq!(reader.len(), SIZE as usize);
    }
    drop(reader);
    drop(open_mut(join(5, 0)).unwrap());
}

#[test]
fn an_outbox_that_is_announced_again_keeps_what_is_in_it() {
    alone(|| {
        let block = Block::attached(10, true);
        block.attach(10, flags::WRITABLE | flags::OUTBOX);
        REGIONS.set_top(24).unwrap();
        block.attach(10, flags::WRITABLE | flags::OUTBOX | flags::VOLATILE);
        assert_eq!(REGIONS.outbox(), Ok(Some((10, 24))));
        reset_module();
        assert_eq!(REGIONS.outbox(), Ok(None));
        block.attach(10, flags::WRITABLE | flags::OUTBOX);
        assert_eq!(REGIONS.outbox(), Ok(Some((10, 0))));
        detach(10);
    });
}

#[test]
fn blocks_that_overlap_with_what_is_in_use_are_not_attached() {
    let _calls = calls();
    let block = Block::attached(6, true);
    let upper = block.0.wrapping_add(32);
    let reader = open(join(6, 0)).unwrap();
    // SAFETY: the block is this test's own.
    unsafe { attach(11, upper, 32, flags::WRITABLE) };
    assert_eq!(open(join(11, 0)).unwrap_err(), AccessError::NotAttached(11));
    assert_eq!(open(join(6, 0)).unwrap().len(), SIZE as usize);
    drop(reader);
    // SAFETY: as above.
    unsafe { attach(11, upper, 32, flags::WRITABLE) };
    assert_eq!((REGIONS.entries(6), REGIONS.entries(11)), (0, 1));
    assert_eq!(open(join(6, 0)).unwrap_err(), AccessError::NotAttached(6));
    assert_eq!(open(join(11, 0)).unwrap().len(), 32);
    let beside = Block::attached(7, true);
    assert_eq!((REGIONS.entries(11), REGIONS.entries(7)), (1, 1));
    drop((block, beside));
}

#[test]
fn a_guard_of_the_past_leads_to_nothing_and_releases_nothing() {
    alone(|| {
        let block = Block::attached(8, true);
        let mut old = open_mut(join(8, 0)).unwrap();
        let reader = Box::new(Block::attached(12, false));
        let old_reader = open(join(12, 0)).unwrap();
        assert_eq!((old.bytes_mut().len(), old_reader.len()), (64, 64));
        reset_module();
        assert!(old.bytes_mut().is_empty() && old_reader.is_empty());
        block.attach(8, flags::WRITABLE);
        let new = open_mut(join(8, 0)).unwrap();
        assert!(old.bytes_mut().is_empty());
        drop((old, old_reader));
        assert_eq!(open(join(8, 0)).unwrap_err(), AccessError::InUse(8));
        drop(new);
        assert!(open(join(8, 0)).is_ok());
        drop(reader);
    });
}

#[test]
fn what_is_held_is_held_until_the_next_generation() {
    alone(|| {
        let holder = Holder::new();
        for _ in 0..3 {
            assert!(holder.take().is_some());
            assert!(holder.take().is_none());
            // A reset that is cut off and done again.
            generation::begin();
            reset_module();
            assert_eq!(holder.take(), Some(generation::Held::LeftOver));
            assert!(holder.take().is_none());
            holder.give_back();
            assert_eq!(holder.take(), Some(generation::Held::Free));
            holder.give_back();
        }
    });
}

/// What a call leaves that is ended under the lock. What is lost by that is noted, so that it is no leak to Miri.
fn trap_with_lock() {
    static LOST: [AtomicPtr<()>; 3] = [const { AtomicPtr::new(ptr::null_mut()) }; 3];
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let index = COUNT.fetch_add(1, Ordering::Relaxed);
    LOST[index].store(REGIONS.trap_with_lock(), Ordering::Relaxed);
}

#[test]
fn a_list_that_was_left_locked_is_forgotten_by_a_reset() {
    alone(|| {
        let block = Block::attached(13, true);
        let open_before = open(join(13, 0)).unwrap();
        trap_with_lock();
        reset_module();
        assert_eq!(REGIONS.entries(13), 0);
        block.attach(13, flags::WRITABLE);
        assert!(open_mut(join(13, 0)).is_ok());
        drop(open_before);
        assert!(open_mut(join(13, 0)).is_ok());

        // The reset is cut off with the lock, too.
        trap_with_lock();
        generation::begin();
        trap_with_lock();
        reset_module();
        block.attach(13, flags::WRITABLE);
        assert!(open_mut(join(13, 0)).is_ok());
    });
}

#[test]
fn a_value_that_a_call_held_is_made_anew_after_a_reset_and_not_lent_before() {
    alone(|| {
        let (held, other) = (Instance::<u32>::new(), Instance::<u32>::new());
        assert_eq!(other.with(|value| *value += 7), Some(()));
        assert_eq!(held.with(|value| *value += 1), Some(()));
        held.trap_with_value();
        assert_eq!(held.with(|value| *value), None);
        assert_eq!(other.with(|value| *value), Some(7));
        reset_module();
        assert_eq!(held.with(|value| *value), Some(0));
        assert_eq!(held.with(|value| *value += 2), Some(()));
        // Who held nothing keeps what it had.
        reset_module();
        assert_eq!(held.with(|value| *value), Some(2));
        assert_eq!(other.with(|value| *value), Some(7));
    });
}

#[test]
fn a_block_in_use_is_not_freed() {
    let _calls = calls();
    let block = Block::attached(9, true);
    let reader = open(join(9, 0)).unwrap();
    // SAFETY: it came from `alloc`, and is not freed now.
    unsafe { free(block.0, SIZE, 8) };
    detach(9);
    assert_eq!(reader[SIZE as usize - 1], 0);
    assert_eq!(REGIONS.entries(9), 1);
    drop(reader);
    assert_eq!(REGIONS.entries(9), 0);
}

#[test]
fn many_regions() {
    let _calls = calls();
    let blocks: Vec<Block> = (100..150).map(|h| Block::attached(h, h % 2 == 0)).collect();
    for handle in 100..150 {
        assert_eq!(open_mut(join(handle, 0)).is_ok(), handle % 2 == 0);
    }
    drop(blocks);
    assert!((100..150).all(|handle| REGIONS.entries(handle) == 0));
}
