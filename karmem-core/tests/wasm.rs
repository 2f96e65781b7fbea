//! The runtime in wasm, in Node: `cargo xtask test` runs this with wasm-bindgen's runner.
#![cfg(target_arch = "wasm32")]

/// Its tests run here too.
#[path = "by_hand.rs"]
mod by_hand;

use by_hand::common::{Monster, Vec3};
use karmem_core::guest::{self, AccessError};
use karmem_core::{FixedWriter, Karmem};
use wasm_bindgen_test::wasm_bindgen_test;

/// The size of the blocks, which the messages below fit into.
const SIZE: u32 = 1024;

/// A block as the host gets it, attached.
struct Block {
    start: *mut u8,
}

impl Block {
    fn attached(handle: u32, writable: bool) -> Self {
        let start = guest::alloc(SIZE, 8);
        assert!(!start.is_null());
        // SAFETY: the block is this test's own, and nothing else uses it.
        unsafe { guest::attach(handle, start, SIZE, u32::from(writable)) };
        Block { start }
    }

    /// What a host does through the module's memory, while the module does not run.
    fn host_writes(&self, write: impl FnOnce(&mut [u8])) {
        // SAFETY: as above, and no message of it is open.
        write(unsafe { core::slice::from_raw_parts_mut(self.start, SIZE as usize) });
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc` with the same size and alignment.
        unsafe { guest::free(self.start, SIZE, 8) };
    }
}

fn build(memory: &mut [u8], root: u32) {
    let mut writer = FixedWriter::starting_at(memory, root);
    let mut monster = Monster::build(&mut writer).unwrap();
    assert_eq!(monster.mana(7).unwrap().name("orc").map(drop), Ok(()));
    let here = Vec3 {
        x: 1.0,
        y: 2.0,
        z: 3.0,
    };
    monster.pos(&here).unwrap().path(&[here, here]).unwrap();
}

#[wasm_bindgen_test]
fn pointers_have_32_bits() {
    assert_eq!(size_of::<usize>(), 4);
}

#[wasm_bindgen_test]
fn a_message_of_the_host_is_read_and_changed_in_place() {
    let block = Block::attached(1, true);
    block.host_writes(|memory| build(memory, 64));
    let message = guest::join(1, 64);
    {
        let message = guest::open(message).unwrap();
        let monster = message.view::<Monster>().unwrap();
        assert_eq!((monster.mana(), monster.name().as_str()), (7, "orc"));
        assert_eq!(monster.path().iter().map(|at| at.z()).sum::<f32>(), 6.0);
    }
    {
        let mut message = guest::open_mut(message).unwrap();
        let monster = message.view_mut::<Monster>().unwrap();
        assert!(monster.set_mana(8));
        for at in monster.path().unwrap().iter() {
            at.set_x(at.x() + 1.0);
        }
    }
    block.host_writes(|memory| {
        let limits = karmem_core::Limits::default();
        let monster = Monster::view_at(memory, 64, &limits).unwrap();
        assert_eq!(
            (monster.mana(), monster.path().get(1).unwrap().x()),
            (8, 2.0)
        );
    });
}

#[wasm_bindgen_test]
fn handles_are_checked() {
    let block = Block::attached(2, false);
    block.host_writes(|memory| build(memory, 0));
    assert_eq!(
        guest::open_mut(guest::join(2, 0)).unwrap_err(),
        AccessError::ReadOnly(2)
    );
    assert_eq!(
        guest::open(guest::join(3, 0)).unwrap_err(),
        AccessError::NotAttached(3)
    );
    let outside = AccessError::OutOfBounds {
        offset: u32::MAX,
        len: SIZE,
    };
    assert_eq!(guest::open(guest::join(2, u32::MAX)).unwrap_err(), outside);
    let open = guest::open(guest::join(2, 0)).unwrap();
    guest::detach(2);
    assert_eq!(
        guest::open(guest::join(2, 0)).unwrap_err(),
        AccessError::NotAttached(2)
    );
    assert_eq!(open.view::<Monster>().unwrap().mana(), 7);
}

#[wasm_bindgen_test]
fn absurd_allocations_are_null() {
    for (size, align) in [(0, 8), (8, 0), (8, 3), (u32::MAX, 8), (i32::MAX as u32, 8)] {
        assert!(
            guest::alloc(size, align).is_null(),
            "{size} bytes at {align}"
        );
    }
}
