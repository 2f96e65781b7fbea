use karmem_host::{Block, Error, Instance, Message};

use crate::{guest, limits, message, module, with_abi};

/// Doubles the word at a message, by the handle's entry in the guest's table.
const DOUBLE: &str = r#"
    (func $at (param $m i64) (result i32)
        (local $entry i32)
        (local.set $entry (i32.shl (i32.wrap_i64 (i64.shr_u (local.get $m) (i64.const 32))) (i32.const 3)))
        (if (i32.ge_u (i32.wrap_i64 (local.get $m)) (i32.load offset=4 (local.get $entry))) (then unreachable))
        (i32.add (i32.load (local.get $entry)) (i32.wrap_i64 (local.get $m))))
    (func (export "double") (param $m i64) (result i64)
        (i32.store (call $at (local.get $m)) (i32.mul (i32.const 2) (i32.load (call $at (local.get $m)))))
        (local.get $m))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))"#;

/// A guest whose allocator is what the test wants.
fn alloc_is(body: &str) -> Instance {
    guest(&format!(
        r#"(module (memory (export "memory") 2)
            (global $n (mut i32) (i32.const 0))
            (func (export "karmem_alloc") (param i32 i32) (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1))) {body})
            (func (export "karmem_free") (param i32 i32 i32))
            (func (export "karmem_attach") (param i32 i32 i32 i32))
            (func (export "karmem_detach") (param i32)))"#
    ))
}

fn bad_allocation(result: Result<Block, Error>) -> String {
    match result {
        Err(e @ Error::BadAllocation { .. }) => e.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_is_built_and_changed_in_place() {
    let mut guest = guest(&with_abi(DOUBLE));
    let block = guest.alloc(64).unwrap();
    assert_eq!(
        (block.handle(), block.len(), block.address() % 8),
        (1, 64, 0)
    );
    guest.bytes_mut(&block).unwrap()[16..20].copy_from_slice(&21u32.to_le_bytes());
    let returned = guest.call::<i64, i64>("double", block.message(16)).unwrap();
    assert_eq!(guest.resolve(returned).unwrap(), (block, 16));
    assert_eq!(guest.bytes(&block).unwrap()[16..20], 42u32.to_le_bytes());
    let stats = guest.stats();
    assert_eq!(
        (stats.bytes_shared, stats.bytes_copied, stats.calls),
        (64, 0, 3)
    );

    guest.write_bytes(&block, 60, &[1, 2, 3, 4]).unwrap();
    assert_eq!(guest.read_to_vec(&block).unwrap()[60..], [1, 2, 3, 4]);
    assert_eq!(guest.stats().bytes_copied, 4 + 64);
    for (offset, bytes) in [(61, &[0; 4][..]), (65, &[]), (u32::MAX, &[0])] {
        let e = guest.write_bytes(&block, offset, bytes).unwrap_err();
        assert!(matches!(e, Error::OutOfBlock { .. }), "{e:?}");
    }
    assert_eq!(guest.bytes(&block).unwrap()[60..], [1, 2, 3, 4]);
    assert_eq!(guest.stats().bytes_copied, 4 + 64);

    let mut out = [9; 3];
    guest.read_bytes(&block, 61, &mut out).unwrap();
    assert_eq!(out, [2, 3, 4]);
    assert_eq!(guest.stats().bytes_copied, 4 + 64 + 3);
    for (offset, length) in [(62, 3), (65, 0), (u32::MAX, 1)] {
        let e = guest
            .read_bytes(&block, offset, &mut out[..length])
            .unwrap_err();
        assert!(matches!(e, Error::OutOfBlock { .. }), "{e:?}");
    }
    assert_eq!(out, [2, 3, 4]);
    assert_eq!(guest.stats().bytes_copied, 4 + 64 + 3);
}

#[test]
fn a_freed_block_is_nobodys() {
    let module = module(&with_abi(DOUBLE));
    let mut guest = Instance::new(&module, limits()).unwrap();
    let block = guest.alloc(8).unwrap();
    let other = guest.alloc(8).unwrap();
    assert_eq!(other.handle(), 2);
    guest.free(block).unwrap();
    for e in [
        guest.bytes(&block).map(drop).unwrap_err(),
        guest.bytes_mut(&block).map(drop).unwrap_err(),
        guest.read_to_vec(&block).map(drop).unwrap_err(),
        guest.write_bytes(&block, 0, &[]).unwrap_err(),
        guest.read_bytes(&block, 0, &mut []).unwrap_err(),
        guest.free(block).unwrap_err(),
    ] {
        assert!(
            matches!(
                e,
                Error::BadBlock {
                    handle: 1,
                    why: "was freed"
                }
            ),
            "{e:?}"
        );
    }
    assert!(matches!(
        guest.resolve(block.message(0)),
        Err(Error::WildHandle { .. })
    ));
    // The guest does not know it any more either.
    assert!(
        guest
            .call::<i64, i64>("double", block.message(0))
            .unwrap_err()
            .as_trap()
            .is_some()
    );
    // Its handle is used again, and the old block is not taken for the new one.
    let again = guest.alloc(8).unwrap();
    assert_eq!(again.handle(), 1);
    assert!(guest.bytes(&block).is_err());
    assert!(guest.bytes(&again).is_ok());

    let stranger = Instance::new(&module, limits()).unwrap();
    let e = stranger.bytes(&other).unwrap_err();
    assert!(matches!(
        e,
        Error::BadBlock {
            why: "belongs to another instance",
            ..
        }
    ));
}

#[test]
fn memory_grows_where_it_is_and_up_to_its_reservation() {
    // Moving is refused whatever the settings say, because regions are mapped into memories.
    let mut config = karmem_host::wasmtime::Config::new();
    config.memory_reservation(64 << 20).memory_may_move(true);
    let engine = karmem_host::Engine::with_config(config).unwrap();
    let module =
        karmem_host::Module::from_bytes_untyped(&engine, crate::wasm(&with_abi(DOUBLE))).unwrap();
    let mut guest = Instance::new(&module, limits()).unwrap();
    let block = guest.alloc(32).unwrap();
    guest.bytes_mut(&block).unwrap().fill(7);
    let place = guest.bytes(&block).unwrap().as_ptr();
    for _ in 0..8 {
        assert_ne!(guest.call::<i32, i32>("grow", 64).unwrap(), -1);
        assert_eq!(guest.bytes(&block).unwrap().as_ptr(), place);
        assert!(guest.bytes(&block).unwrap().iter().all(|&b| b == 7));
    }
    // The allocator grows it too.
    let big = guest.alloc(20 << 20).unwrap();
    guest.bytes_mut(&big).unwrap().fill(9);
    assert!(guest.bytes(&block).unwrap().iter().all(|&b| b == 7));
    // There is no room for all of this in place.
    assert_eq!(guest.call::<i32, i32>("grow", 1024).unwrap(), -1);
    assert!(guest.bytes(&block).unwrap().iter().all(|&b| b == 7));
}

#[test]
fn wild_messages() {
    let mut guest = guest(&with_abi(DOUBLE));
    let block = guest.alloc(24).unwrap();
    assert_eq!(guest.resolve(block.message(23)).unwrap(), (block, 23));
    for (handle, offset) in [
        (0, 0),
        (0, 1024),
        (2, 0),
        (u32::MAX, 0),
        (u32::MAX, u32::MAX),
    ] {
        let e = guest
            .resolve(Message::new(handle, offset).to_i64())
            .unwrap_err();
        assert!(matches!(e, Error::WildHandle { .. }), "{e:?}");
        assert!(e.to_string().contains(&format!("handle {handle}")), "{e}");
    }
    for offset in [24, u32::MAX] {
        let e = guest.resolve(block.message(offset)).unwrap_err();
        assert_eq!(
            e.to_string(),
            format!("the message 1:{offset} begins outside its block of 24 bytes")
        );
    }
}

#[test]
fn an_allocator_that_refuses() {
    let mut guest = alloc_is("(i32.const 0)");
    let e = guest.alloc(8).unwrap_err();
    assert!(
        matches!(
            e,
            Error::NoRoom {
                size: 8,
                denied: false
            }
        ),
        "{e:?}"
    );

    let mut guest = Instance::new(&module(&with_abi("")), limits().memory(3 * 65536)).unwrap();
    let e = guest.alloc(1 << 20).unwrap_err();
    assert!(matches!(e, Error::NoRoom { denied: true, .. }), "{e:?}");
    assert!(e.to_string().contains("Limits::memory"), "{e}");
    assert!(matches!(
        guest.alloc(u32::MAX as usize),
        Err(Error::NoRoom { .. })
    ));
    guest.alloc(1 << 10).unwrap();
}

#[test]
fn sizes_that_no_block_has() {
    let mut guest = guest(&with_abi(""));
    for size in [0, u32::MAX as usize + 1, usize::MAX] {
        let e = guest.alloc(size).unwrap_err();
        assert!(matches!(e, Error::BlockSize(n) if n == size));
    }
    assert_eq!(guest.stats().calls, 0);
}

#[test]
fn wild_pointers() {
    for (pointer, size, says) in [
        (12, 8, "is not a multiple of 8"),
        (-1, 1, "is not a multiple of 8"),
        (131_072, 1, "ends outside its memory of 131072 bytes"),
        (131_064, 9, "ends outside"),
        (-8, 8, "ends outside"),
        (-8, u32::MAX, "ends outside"),
        (8, u32::MAX, "ends outside"),
        (8, u32::MAX - 7, "ends outside"),
    ] {
        let mut guest = alloc_is(&format!("(i32.const {pointer})"));
        let e = bad_allocation(guest.alloc(size as usize));
        assert!(
            e.contains(says) && e.contains(&format!("karmem_alloc({size}, 8)")),
            "{e}"
        );
        // It was not attached, and the host is none the worse.
        let stats = guest.stats();
        assert_eq!((stats.calls, stats.bytes_shared), (1, 0));
    }
    // The very end of the memory is fine.
    let mut guest = alloc_is("(i32.const 131064)");
    let block = guest.alloc(8).unwrap();
    guest.bytes_mut(&block).unwrap().fill(1);
}

#[test]
fn memory_given_out_twice() {
    let mut guest = alloc_is("(i32.const 4096)");
    let block = guest.alloc(64).unwrap();
    let e = bad_allocation(guest.alloc(8));
    assert!(
        e.contains("overlaps the block of 64 bytes at 0x1000"),
        "{e}"
    );
    guest.free(block).unwrap();
    guest.alloc(8).unwrap();
    // From the second on, each begins 8 bytes before the one before it.
    let mut guest = alloc_is("(i32.sub (i32.const 4096) (i32.mul (global.get $n) (i32.const 8)))");
    guest.alloc(8).unwrap();
    guest.alloc(8).unwrap();
    assert!(bad_allocation(guest.alloc(9)).contains("overlaps the block of 8 bytes"));
}

#[test]
fn what_messages_need_is_missing() {
    let mut guest = guest("(module)");
    let e = message(guest.alloc(8));
    for says in [
        "no `memory`",
        "no `karmem_alloc`, a func (i32, i32) -> i32",
        "no `karmem_detach`",
    ] {
        assert!(e.contains(says), "{e}");
    }
    assert_eq!(guest.memory_size(), 0);
}

#[test]
fn what_messages_need_is_something_else() {
    for (of, to, says) in [
        (
            r#"(export "karmem_free") (param i32 i32 i32)"#,
            r#"(export "karmem_free") (param i32 i32)"#,
            "its `karmem_free` is a func (i32, i32), and not a func (i32, i32, i32)",
        ),
        (
            r#"(export "karmem_attach") (param $h i32) (param $base i32) (param $len i32) (param i32)"#,
            r#"(export "karmem_attach") (param $h i32) (param $base i32) (param $len i32) (param i64)"#,
            "its `karmem_attach` is a func (i32, i32, i32, i64)",
        ),
        (
            r#"(func (export "karmem_free") (param i32 i32 i32))"#,
            r#"(global (export "karmem_free") (mut f32) (f32.const 0))"#,
            "its `karmem_free` is a mutable global f32",
        ),
        (
            r#"(export "memory")"#,
            r#"(export "mem")"#,
            "it exports no `memory`",
        ),
        (
            r#"(memory (export "memory") 1)"#,
            r#"(memory 1) (memory (export "memory") i64 1)"#,
            "64-bit addresses",
        ),
        (
            r#"(memory (export "memory") 1)"#,
            r#"(memory 1) (table (export "memory") 1 funcref)"#,
            "its `memory` is a table",
        ),
    ] {
        let text = with_abi("");
        assert!(text.contains(of), "the test is out of date: {of}");
        let mut guest = guest(&text.replace(of, to));
        let e = guest.alloc(8).unwrap_err();
        assert!(matches!(e, Error::Abi(_)), "{e:?}");
        assert!(e.to_string().contains(says), "{e}");
    }
}

#[test]
fn a_guest_that_traps_while_a_block_is_made_or_freed() {
    let mut guest = alloc_is("unreachable");
    assert_eq!(
        guest.alloc(8).unwrap_err().as_trap().unwrap().function(),
        "karmem_alloc"
    );

    // Its table has room for 15.
    let mut guest = crate::guest(&with_abi(""));
    let blocks: Vec<_> = (0..15).map(|_| guest.alloc(8).unwrap()).collect();
    for _ in 0..3 {
        let e = guest.alloc(8).unwrap_err();
        assert_eq!(e.as_trap().unwrap().function(), "karmem_attach");
    }
    assert_eq!(guest.stats().bytes_shared, 15 * 8);
    guest.free(blocks[3]).unwrap();
    assert_eq!(guest.alloc(8).unwrap().handle(), 4);

    let text = with_abi("").replace(
        r#"(export "karmem_detach") (param $h i32)"#,
        r#"(export "karmem_detach") (param $h i32) unreachable"#,
    );
    let mut guest = crate::guest(&text);
    let block = guest.alloc(8).unwrap();
    let e = guest.free(block).unwrap_err();
    assert_eq!(e.as_trap().unwrap().function(), "karmem_detach");
    assert!(guest.bytes(&block).is_ok(), "as before");

    let text = with_abi("").replace(
        r#"(export "karmem_free") (param i32 i32 i32)"#,
        r#"(export "karmem_free") (param i32 i32 i32) unreachable"#,
    );
    let mut guest = crate::guest(&text);
    let block = guest.alloc(8).unwrap();
    assert!(guest.free(block).is_err());
    assert!(guest.bytes(&block).is_err(), "gone");
}

#[test]
fn a_block_can_be_used_after_a_trap_in_its_middle() {
    // Takes the block as long as its length is there, and dies with it.
    let mut guest = guest(&with_abi(&format!(
        r#"{DOUBLE}
        (func (export "die") (param i64)
            (i32.store offset=4 (i32.shl (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))) (i32.const 3))
                (i32.const 0))
            unreachable)"#
    )));
    let blocks = [guest.alloc(8).unwrap(), guest.alloc(8).unwrap()];
    for block in &blocks {
        guest.bytes_mut(block).unwrap()[0] = 1;
    }
    for i in 1..=5 {
        for block in &blocks {
            guest.call::<i64, ()>("die", block.message(0)).unwrap_err();
            guest.call::<i64, i64>("double", block.message(0)).unwrap();
            assert_eq!(guest.bytes(block).unwrap()[0], 1 << i);
        }
    }
    assert_eq!(guest.stats().traps, 10);
    assert_eq!(guest.stats().bytes_shared, 16);
}
