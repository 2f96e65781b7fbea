//! Guests that panic, loop and ask for too much.

use std::time::{Duration, Instant as Clock};

use karmem::host::{Block, Error, Instance, Reason};
use monsters_model::World;

use crate::{guest, limits, module, reason};

fn with_world(guest: &mut Instance) -> Block {
    let world = World {
        frame: 0,
        monsters: Vec::new(),
    };
    let block = guest.alloc(64).unwrap();
    guest.write(&block, &world).unwrap();
    block
}

#[test]
fn a_panic_with_a_message_open() {
    let mut guest = guest();
    assert!(guest.restores_stack());
    let block = with_world(&mut guest);
    let panics = guest.func::<i64, ()>("panics").unwrap();
    // Each has 64 KiB of the guest's 1 MiB of stack in use, and the block open for changing.
    for frame in 1..=200 {
        let error = panics.call(&mut guest, block.message(0)).unwrap_err();
        assert!(matches!(reason(&error), Reason::Wasm(_)), "{error}");
        assert_eq!(error.as_trap().unwrap().function(), "panics");
        assert_eq!(guest.view::<World>(&block).unwrap().frame(), frame);
    }
    assert_eq!(
        guest.call::<_, i32>("open", (block.message(0), 1)).unwrap(),
        0
    );
    assert_eq!(
        guest.call::<_, i32>("healths", block.message(0)).unwrap(),
        0
    );
    assert_eq!(guest.stats().traps, 200);
}

#[test]
fn two_thousand_traps_lose_no_memory() {
    let mut guest = guest();
    let panics = guest.func::<i64, ()>("panics").unwrap();
    let cycle = |guest: &mut Instance| {
        let block = guest.alloc(60_000).unwrap();
        guest
            .write(
                &block,
                &World {
                    frame: 0,
                    monsters: Vec::new(),
                },
            )
            .unwrap();
        panics.call(guest, block.message(0)).unwrap_err();
        guest.free(block).unwrap();
    };
    // What the first panics and allocations take is there to stay.
    for _ in 0..10 {
        cycle(&mut guest);
    }
    let memory = guest.memory_size();
    for _ in 0..2000 {
        cycle(&mut guest);
    }
    assert_eq!(guest.memory_size(), memory);
}

#[test]
fn a_loop_meets_its_deadline() {
    let deadline = Duration::from_millis(20);
    let mut guest = Instance::new(module(), limits().deadline(deadline)).unwrap();
    let block = with_world(&mut guest);
    for _ in 0..3 {
        let clock = Clock::now();
        let error = guest
            .call::<i64, ()>("loops", block.message(0))
            .unwrap_err();
        assert!(clock.elapsed() >= deadline);
        assert!(
            matches!(reason(&error), Reason::Deadline(d) if *d == deadline),
            "{error}"
        );
        assert_eq!(
            guest.call::<_, i32>("open", (block.message(0), 1)).unwrap(),
            0
        );
    }
}

#[test]
fn a_deadline_that_comes_anywhere_leaves_no_lock_taken() {
    let mut guest = guest();
    let blocks: Vec<Block> = (0..20).map(|_| with_world(&mut guest)).collect();
    let last = blocks[blocks.len() - 1];
    for i in 0..60 {
        guest.set_deadline(Some(Duration::from_millis(1 + i % 3)));
        let error = guest.call::<i64, ()>("opens", last.message(0)).unwrap_err();
        assert!(matches!(reason(&error), Reason::Deadline(_)), "{error}");
        // All that was attached is there again, and nothing waits for ever.
        guest.set_deadline(Some(Duration::from_secs(60)));
        for block in &blocks {
            assert_eq!(
                guest.call::<_, i32>("open", (block.message(0), 1)).unwrap(),
                0
            );
        }
    }
}

#[test]
fn a_guest_that_takes_memory_without_end() {
    let limit = 8 << 20;
    let mut guest = Instance::new(module(), limits().memory(limit)).unwrap();
    let block = with_world(&mut guest);
    for _ in 0..2 {
        let error = guest.call::<(), u32>("allocates", ()).unwrap_err();
        assert!(
            matches!(reason(&error), Reason::OutOfMemory { wanted, limit: at } if *wanted > limit && *at == limit),
            "{error}"
        );
        assert!(guest.memory_size() <= limit);
        assert_eq!(
            guest.call::<_, i32>("open", (block.message(0), 0)).unwrap(),
            0
        );
    }
    // Its own allocator says no as well; the block that is there can be used and freed.
    let error = guest.alloc(16 << 20).unwrap_err();
    assert!(
        matches!(error, Error::NoRoom { denied: true, .. }),
        "{error:?}"
    );
    assert_eq!(
        guest.call::<_, i32>("open", (block.message(0), 1)).unwrap(),
        0
    );
    guest.free(block).unwrap();
}

#[test]
fn a_recursion_without_end() {
    let mut guest = guest();
    for _ in 0..3 {
        let error = guest.call::<u32, u32>("recurses", 0).unwrap_err();
        assert!(matches!(reason(&error), Reason::Wasm(_)), "{error}");
    }
    let block = with_world(&mut guest);
    assert_eq!(
        guest.call::<_, i32>("open", (block.message(0), 1)).unwrap(),
        0
    );
}

#[test]
fn trouble_in_one_instance_is_not_that_of_another() {
    let (mut bad, mut good) = (guest(), guest());
    let (theirs, ours) = (with_world(&mut bad), with_world(&mut good));
    for _ in 0..20 {
        bad.call::<i64, ()>("panics", theirs.message(0))
            .unwrap_err();
        assert_eq!(
            good.call::<_, i32>("open", (ours.message(0), 1)).unwrap(),
            0
        );
    }
    assert_eq!(good.stats().traps, 0);
}
