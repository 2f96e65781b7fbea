//! What swaps give back, and systems that are rebuilt when the rest is used up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use karmem_core::Shared;
use karmem_core::interface::Outgoing;
use karmem_host::{Access, Engine, Error, Imports, Limits, Region, Removed, System};

use crate::support::*;

const MIB: usize = 1 << 20;

/// A system of one module of the memory kind under limits.
fn one(engine: &Engine, limits: Limits) -> System {
    System::builder(engine)
        .limits(limits)
        .module("one", &memory(engine))
        .region("r", region(65536, 7))
        .grant("r", "one", Access::Write)
        .build()
        .unwrap()
}

/// Bytes of this process that lie in memory, where that is known.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|n| n.parse().ok());
    pages.unwrap_or(0_usize) * 4096
}

fn mappings() -> usize {
    let text = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    text.lines().count()
}

/// Takes pages, writes to all of them, and traps.
fn take(pages: usize, memory: &str) -> String {
    format!(
        r#"(drop (memory.grow {memory} (i32.const {pages})))
        (memory.fill {memory} (i32.const 0) (i32.const 1) (i32.mul (memory.size {memory}) (i32.const 65536)))"#
    )
}

#[test]
fn versions_that_fail_to_start_keep_no_memory() {
    const TIMES: usize = 50;
    // Slots of a pool are used up, as documented; their pages are given back all the same.
    let pool = pooling(TIMES as u32 * 4 + 2, |pool| {
        pool.total_core_instances(1000).total_tables(1000);
    });
    for (engine, size) in [(engine(), 100 * MIB), (pool, 20 * MIB)] {
        let mut system = one(&engine, Limits::default().memory(3 * size));
        let taken = take(size / 65536, "");
        let bad = [
            format!("{ABI} {MEMORY} (func $s {taken} unreachable) (start $s)"),
            format!(r#"{ABI} {MEMORY} (func (export "_initialize") {taken} unreachable)"#),
            // Without an exported memory, which the host has to reach all the same.
            format!("(memory 1) (func $s {taken} unreachable) (start $s)"),
            // Whose data do not fit: nothing of it runs.
            format!(
                r#"(memory {}) (data (i32.const 0) "abc") (data (i32.const -1) "abc")"#,
                size / 65536
            ),
        ];
        let before = resident();
        for text in &bad {
            let bad = module(&engine, text);
            for _ in 0..TIMES {
                let error = system.swap("one", &bad).unwrap_err();
                assert!(matches!(error, Error::Trap(_)), "{error}");
            }
        }
        // Four gigabytes otherwise; other tests run at the same time.
        assert!(resident() < before + 1024 * MIB, "{}", resident() - before);
        assert_eq!(first(&system, "r"), 7);
        // Nor do they take it away from the one that runs.
        let pages = (2 * size / 65536) as i32;
        let guest: Guest = system.client("one").unwrap();
        assert!(guest.grow(&mut system, pages.min(900), 0, 0).unwrap() > 0);
        system.swap("one", &memory(&engine)).unwrap();
    }
}

#[test]
fn hidden_memories_are_given_back() {
    let engine = engine();
    let mut system = one(&engine, Limits::default().memory(300 * MIB));
    let text = format!(
        "{ABI} {MEMORY} (memory $hidden 1600) (func $s {}) (start $s)",
        take(0, "$hidden")
    );
    let version = module(&engine, &text);
    let before = resident();
    for _ in 0..30 {
        system.swap("one", &version).unwrap();
    }
    assert!(resident() < before + 1024 * MIB, "{}", resident() - before);
    assert_eq!(first(&system, "r"), 7);
}

#[test]
fn elements_of_tables_count_for_who_lives() {
    for table in [
        "(table 1000 1000 funcref)",
        "(table 1000 funcref)",
        r#"(table (export "t") 1000 funcref)"#,
        "(table 500 funcref) (func $s (drop (table.grow (ref.null func) (i32.const 500)))) (start $s)",
    ] {
        let engine = engine();
        let mut system = one(&engine, Limits::default().table_elements(2500));
        let version = module(&engine, &format!("{ABI} {MEMORY} {table}"));
        for _ in 0..200 {
            system.swap("one", &version).unwrap();
        }
        let stats = system.stats();
        assert!(stats.retired_bytes >= 199 * 8000, "{stats:?}");
        assert_eq!((stats.retired, stats.swaps), (200, 200));
        // One that takes more than is left is refused, as before.
        let large = module(&engine, "(table 2000 funcref)");
        assert!(matches!(
            system.swap("one", &large),
            Err(Error::TableLimit { .. })
        ));
    }
}

#[test]
fn what_cannot_be_given_back_is_counted_and_ends_swapping_until_a_rebuild() {
    let engine = engine();
    let mut system = one(&engine, Limits::default().retired(2 * MIB));
    let guest: Guest = system.client("one").unwrap();
    let version = module(&engine, &format!("{ABI} {MEMORY} (table 100000 funcref)"));
    let exhausted = |system: &mut System| loop {
        match system.swap("one", &version) {
            Ok(()) => {}
            Err(error) => break error,
        }
    };
    let h = handle(&system, "r");
    for round in 0..3 {
        let before = system.stats();
        let error = exhausted(&mut system);
        assert!(matches!(error, Error::Exhausted { .. }), "{error}");
        let text = error.to_string();
        assert!(
            text.starts_with("there is no room for a new instance of `one`: ")
                && text.ends_with("`System::rebuild` makes room"),
            "{text}"
        );
        let stats = system.stats();
        assert!(stats.swaps - before.swaps >= 2, "{stats:?}");
        assert!(stats.retired_bytes > 2 * MIB as u64);
        // What runs goes on.
        assert_eq!(guest.poke(&mut system, h, 8, round).unwrap(), round);
        system.rebuild().unwrap();
        let stats = system.stats();
        assert_eq!((stats.retired_bytes, stats.rebuilds), (0, round as u64 + 1));
        assert_eq!(guest.peek(&mut system, h, 8, 0).unwrap(), round);
    }
}

#[test]
fn swaps_go_on_for_ever() {
    alone("rebuild::swaps_go_on_for_ever", swap_for_ever);
}

fn swap_for_ever() {
    const SWAPS: usize = 20_000;
    let engine = engine();
    let mut system = chain(&engine, region(65536, 7))
        .limits(Limits::default().memory(2 * MIB))
        .outbox(65536)
        .grant("r", "front", Access::Write)
        .grant("r", "back", Access::Read)
        .build()
        .unwrap();
    let client: FrontClient = system.client("front").unwrap();
    let h = handle(&system, "r");
    let versions = [front(&engine), memory(&engine)];
    let (mut resident_at_first, mut most_mappings, mut rebuilds) = (0, 0, 0);
    for i in 0..SWAPS {
        let which = i % 2;
        let swapped = system.swap(["front", "back"][which], &versions[which]);
        match swapped {
            Ok(()) => {}
            Err(Error::Exhausted { .. }) => {
                most_mappings = most_mappings.max(mappings());
                system.rebuild().unwrap();
                rebuilds += 1;
                if rebuilds == 1 {
                    resident_at_first = resident();
                }
                system
                    .swap(["front", "back"][which], &versions[which])
                    .unwrap();
            }
            Err(error) => panic!("{error} at {i}"),
        }
        if i % 100 == 0 {
            let x = i as i32;
            assert_eq!(client.via(&mut system, h, 16, x).unwrap(), x);
            assert_eq!(word(system.bytes("r").unwrap(), 16), i as u32);
        }
    }
    assert!(rebuilds >= 2, "{rebuilds}");
    assert_eq!(system.stats().rebuilds, rebuilds);
    assert_eq!(system.stats().swaps, SWAPS as u64);
    assert_eq!(first(&system, "r"), 7);
    assert!(most_mappings < 60_000, "{most_mappings}");
    assert!(resident() < resident_at_first + 600 * MIB, "{}", resident());
    system.rebuild().unwrap();
    assert!(system.stats().instances < 10, "{:?}", system.stats());
}

/// Both kinds of engines, with slots for a system and its successor.
fn engines_for_two() -> [Engine; 2] {
    [engine(), pooling(32, |_| {})]
}

#[test]
fn a_rebuilt_system_is_as_before() {
    for engine in engines_for_two() {
        let mut system = chain(&engine, region(65536, 7))
            .region("sealed", region(65536, 8))
            .region("heap", Region::anonymous(65536).unwrap())
            .region("copied", Region::copied(65536).unwrap())
            .region("gone", region(65536, 9))
            .region("unused", region(65536, 10))
            .volatile("r")
            .grant("r", "front", Access::Write)
            .grant("r", "back", Access::Read)
            .grant("sealed", "front", Access::Write)
            .grant("heap", "back", Access::Write)
            .grant("copied", "back", Access::Write)
            .grant("gone", "back", Access::Write)
            .build()
            .unwrap();
        let clients: (FrontClient, Guest) = (
            system.client("front").unwrap(),
            system.client("back").unwrap(),
        );
        let sealed = system.seal("sealed").unwrap();
        let in_heap = system.put("heap", &Cell { x: 41 }).unwrap();
        system.remove_region("gone").unwrap();
        system.set_deadline(Some(std::time::Duration::from_secs(77)));
        let (h, copied) = (handle(&system, "r"), handle(&system, "copied"));
        clients.1.poke(&mut system, copied, 0, 5).unwrap();
        // A message that the host sent; it is in the outbox until the next call overwrites it.
        let mut sent = 0;
        let send = |out: &mut karmem_host::Sending<'_>| {
            sent = out.put(&Cell { x: 77 })?;
            Ok(((sent >> 32) as i32, sent as i32, 0))
        };
        let got = system.invoke(&clients.1.peek, send, |r, _| Ok(r)).unwrap();
        let pending = Shared::<Cell>::new((sent >> 32) as u32, sent as u32);
        assert_eq!(system.view(pending).unwrap().x(), 77);
        system.rebuild().unwrap();
        assert_eq!(system.view(pending).unwrap().x(), 77);
        let (outbox, offset) = (pending.handle() as i32, pending.offset() as i32);
        assert_eq!(clients.1.peek(&mut system, outbox, offset, 0).unwrap(), got);

        let shown = |system: &System| (system.describe(), handle(system, "copied"));
        for round in 1..4 {
            let before = shown(&system);
            system.rebuild().unwrap();
            assert_eq!(shown(&system), before);
            assert_eq!(system.limits().deadline.unwrap().as_secs(), 77);
            assert_eq!((first(&system, "r"), first(&system, "copied")), (7, 5));
            // Clients from before, and new ones.
            let again: (FrontClient, Guest) = (
                system.client("front").unwrap(),
                system.client("back").unwrap(),
            );
            for (front, back) in [&clients, &again].map(|c| (c.0.clone(), c.1.clone())) {
                assert_eq!(front.via(&mut system, h, 4, round).unwrap(), round);
                assert_eq!(
                    front.ask(&mut system, h, 4, order::ADD_ONE).unwrap(),
                    round + 1
                );
                assert_eq!(back.peek(&mut system, h, 4, 0).unwrap(), round + 1);
                assert_eq!(back.peek(&mut system, copied, 0, 0).unwrap(), 5);
            }
            // A swap goes on from there.
            system.swap("back", &memory(&engine)).unwrap();
            system.swap("front", &front(&engine)).unwrap();
            assert_eq!(clients.0.via(&mut system, h, 4, 3).unwrap(), 3);
        }
        // What may not be written is still not written, and what may be is.
        assert_eq!(sealed[0], 8);
        drop(sealed);
        assert_eq!(
            clients.0.via_poke(&mut system, h, 8, 1).unwrap(),
            0,
            "a private page"
        );
        system.unseal("sealed").unwrap();
        assert!(matches!(
            system.grant("sealed", "back", Access::Write),
            Err(Error::HasWriter { .. })
        ));
        assert_eq!(system.view(in_heap).unwrap().x(), 41);
        let beside = system.put("heap", &Cell { x: 42 }).unwrap();
        assert_ne!(beside.offset(), in_heap.offset());
        system.free(in_heap).unwrap();
        assert!(matches!(
            system.free(in_heap),
            Err(Error::NotAllocated { .. })
        ));
        assert!(matches!(system.remove_region("r"), Ok(Removed::Region(_))));
        assert_eq!(system.add_region("new", region(65536, 1)).unwrap(), ());
        // A method of another system is none of this one, rebuilt or not.
        let mut other = chain(&engine, region(65536, 7))
            .grant("r", "front", Access::Write)
            .build();
        if let Ok(other) = &mut other {
            assert!(matches!(
                clients.0.via(other, h, 4, 1),
                Err(Error::OtherInstance { .. })
            ));
        }
    }
}

#[test]
fn a_poisoned_module_is_new_after_a_rebuild() {
    let engine = engine();
    let hidden = module(
        &engine,
        &format!(
            "(global $sp (mut i32) (i32.const 9)) {ABI} {MEMORY} (func (global.set $sp (i32.const 8)))"
        ),
    );
    let mut system = System::builder(&engine)
        .module("one", &hidden)
        .module("two", &memory(&engine))
        .region("r", region(65536, 7))
        .grant("r", "one", Access::Read)
        .build()
        .unwrap();
    let guest: Guest = system.client("one").unwrap();
    let h = handle(&system, "r");
    guest.fill_and_trap(&mut system, h, 0, 4).unwrap_err();
    assert!(system.poisoned("one").unwrap().is_some());
    assert!(matches!(
        guest.peek(&mut system, h, 0, 0),
        Err(Error::Poisoned { .. })
    ));
    system.rebuild().unwrap();
    assert_eq!(system.poisoned("one").unwrap(), None);
    assert_eq!(guest.peek(&mut system, h, 0, 0).unwrap(), 7);
    let two: Guest = system.client("two").unwrap();
    assert!(two.size(&mut system, 0, 0, 0).unwrap() > 0);
}

#[test]
fn a_rebuild_that_fails_changes_nothing() {
    static WHAT: AtomicU32 = AtomicU32::new(0);
    for engine in engines_for_two() {
        WHAT.store(0, Ordering::Relaxed);
        let mut imports = Imports::new(&engine);
        imports
            .func("env", "what", || WHAT.load(Ordering::Relaxed))
            .unwrap();
        imports
            .func("env", "panic", || -> () { panic!("on purpose") })
            .unwrap();
        // Fails after the first module has its regions, at the last grant.
        let moody = module(
            &engine,
            &format!(
                r#"(import "env" "what" (func $what (result i32)))
                (import "env" "panic" (func $panic))
                {} {MEMORY}
                (func $check
                    (if (i32.eq (call $what) (i32.const 2)) (then (call $panic)))
                    (if (i32.eq (call $what) (i32.const 1)) (then unreachable)))"#,
                ABI.replace(
                    "(local.set $h (i32.shl",
                    "(call $check) (local.set $h (i32.shl"
                )
            ),
        );
        let mut system = System::builder(&engine)
            .imports(&imports)
            .module("one", &memory(&engine))
            .module("moody", &moody)
            .region("r", region(65536, 7))
            .region("s", region(65536, 8))
            .grant("r", "one", Access::Write)
            .grant("s", "one", Access::ReadStrict)
            .grant("s", "moody", Access::Write)
            .build()
            .unwrap();
        let (one, two): (Guest, Guest) = (
            system.client("one").unwrap(),
            system.client("moody").unwrap(),
        );
        let in_heap = system.put("r", &Cell { x: 41 }).unwrap();
        let (r, s) = (handle(&system, "r"), handle(&system, "s"));
        let describe = system.describe();
        let works = |system: &mut System| {
            assert_eq!(one.poke(system, r, 128, 9).unwrap(), 9);
            assert_eq!(word(system.bytes("r").unwrap(), 128), 9);
            assert_eq!(two.poke(system, s, 128, 10).unwrap(), 10);
            assert_eq!(one.peek(system, s, 128, 0).unwrap(), 10);
            assert!(one.poke(system, s, 128, 1).is_err());
            assert_eq!(system.view(in_heap).unwrap().x(), 41);
        };
        for round in 0..6 {
            WHAT.store(1 + round % 2, Ordering::Relaxed);
            if round % 2 == 0 {
                assert!(matches!(system.rebuild(), Err(Error::Trap(_))));
            } else {
                let panicked = catch_unwind(AssertUnwindSafe(|| system.rebuild()));
                assert!(panicked.is_err());
            }
            WHAT.store(0, Ordering::Relaxed);
            assert_eq!(system.describe(), describe);
            assert_eq!(system.stats().rebuilds, 0);
            works(&mut system);
        }
        system.rebuild().unwrap();
        assert_eq!(system.stats().rebuilds, 1);
        assert_eq!(system.describe(), describe);
        works(&mut system);
    }
}
