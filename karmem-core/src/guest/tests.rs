use super::*;
use ::alloc::vec::Vec;
use core::mem;

/// A block that is freed at the end.
struct Block(*mut u8);

const SIZE: u32 = 64;

impl Block {
    fn attached(handle: u32, writable: bool) -> Self {
        let block = Block(alloc(SIZE, 8));
        assert!(!block.0.is_null());
        // SAFETY: the block is this test's own.
        unsafe { attach(handle, block.0, SIZE, u32::from(writable)) };
        block
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
fn a_block_that_is_attached_anew_is_free_again() {
    let block = Block::attached(4, true);
    for i in 0..100 {
        trap_while_changing(4);
        detach(4);
        // SAFETY: the block is this test's own, and what was opened is gone.
        unsafe { attach(4, block.0, SIZE, flags::WRITABLE) };
        assert_eq!(REGIONS.entries(4), 1);
        let mut writer = open_mut(join(4, 0)).unwrap();
        assert_eq!(writer.bytes_mut()[0], i);
        writer.bytes_mut()[0] += 1;
    }
    drop(block);
    assert_eq!(REGIONS.entries(4), 0);
}

#[test]
fn other_blocks_that_overlap_are_detached() {
    let block = Block::attached(5, true);
    trap_while_changing(5);
    // SAFETY: as above; the upper half of the block.
    unsafe { attach(6, block.0.wrapping_add(32), 32, flags::WRITABLE) };
    assert_eq!((REGIONS.entries(5), REGIONS.entries(6)), (0, 1));
    assert_eq!(open(join(5, 0)).unwrap_err(), AccessError::NotAttached(5));
    assert_eq!(open(join(6, 0)).unwrap().len(), 32);
    let beside = Block::attached(7, true);
    assert_eq!((REGIONS.entries(6), REGIONS.entries(7)), (1, 1));
    drop((block, beside));
}

#[test]
fn a_guard_of_the_past_releases_nothing() {
    let block = Block::attached(8, true);
    let old = open_mut(join(8, 0)).unwrap();
    // SAFETY: the block is this test's own, and `old` is only dropped.
    unsafe { attach(8, block.0, SIZE, flags::WRITABLE) };
    let new = open_mut(join(8, 0)).unwrap();
    drop(old);
    assert_eq!(open(join(8, 0)).unwrap_err(), AccessError::InUse(8));
    drop(new);
    assert!(open(join(8, 0)).is_ok());
}

#[test]
fn a_block_in_use_is_not_freed() {
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
    let blocks: Vec<Block> = (100..150).map(|h| Block::attached(h, h % 2 == 0)).collect();
    for handle in 100..150 {
        assert_eq!(open_mut(join(handle, 0)).is_ok(), handle % 2 == 0);
    }
    drop(blocks);
    assert!((100..150).all(|handle| REGIONS.entries(handle) == 0));
}
