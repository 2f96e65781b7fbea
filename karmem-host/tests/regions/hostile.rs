//! Guests whose allocators lie.

use karmem_host::wasmtime::Config;
use karmem_host::{Access, Engine, Error, Removed, System};

use crate::support::*;

/// A guest whose allocator gives the addresses that it is told, one after the other.
fn liar(data: &str) -> String {
    let abi = ABI.replace("karmem_alloc", "honest_alloc");
    format!(
        r#"{abi} {MEMORY} {data}
        (global $next (export "next") (mut i32) (i32.const 65536))
        (func (export "t_front__via") (param i32 i32 i32) (result i32)
            (global.set $next (local.get 0)) (i32.const 0))
        (func (export "t_front__via_poke") (param i32 i32 i32) (result i32) i32.const 0)
        (func (export "t_front__ask") (param i32 i32 i32) (result i32) i32.const 0)
        (func (export "karmem_alloc") (param $size i32) (param i32) (result i32) (local $at i32)
            (local.set $at (global.get $next))
            ;; Outboxes are a mebibyte: they go out of the way, one behind the other.
            (if (i32.eq (local.get $size) (i32.const 1048576))
                (then
                    (drop (memory.grow (i32.const 16)))
                    (return (i32.shl (i32.sub (memory.size) (i32.const 16)) (i32.const 16)))))
            (local.get $at))
        "#
    )
}

#[test]
fn windows_do_not_overlap() {
    for engine in engines() {
        let module = module(&engine, &liar("").replace("\"memory\") 2", "\"memory\") 8"));
        let mut system = System::builder(&engine)
            .module("liar", &module)
            .region("a", region(3 * 65536, 1))
            .region("b", region(65536, 2))
            .region("c", region(2 * 65536, 3))
            .grant("a", "liar", STRICT)
            .build()
            .unwrap();
        let client: FrontClient = system.client("liar").unwrap();
        let guest: Guest = system.client("liar").unwrap();
        let (a, b, c) = (
            handle(&system, "a"),
            handle(&system, "b"),
            handle(&system, "c"),
        );
        for at in [65536, 2 * 65536, 3 * 65536] {
            client.via(&mut system, at, 0, 0).unwrap();
            for access in [Access::Write, Access::Read, STRICT] {
                let e = system.grant("b", "liar", access).unwrap_err();
                assert!(matches!(e, Error::BadAllocation { .. }), "{e}");
                assert!(e.to_string().contains("lies over another region"), "{e}");
            }
        }
        // Windows that only begin or end there.
        client.via(&mut system, 3 * 65536, 0, 0).unwrap();
        assert!(system.grant("c", "liar", Access::Write).is_err());
        client.via(&mut system, 4 * 65536, 0, 0).unwrap();
        system.grant("c", "liar", Access::Write).unwrap();
        guest.poke(&mut system, c, 0, 7).unwrap();
        // The strict one is as it was: this would end the process if nobody watched it any more.
        let filled = guest.fill(&mut system, a, 0, 3 * PAGE);
        if STRICT == Access::ReadStrict {
            assert!(matches!(filled, Err(Error::Violation { .. })), "{filled:?}");
        }
        // The place is free again afterwards.
        system.revoke("a", "liar").unwrap();
        client.via(&mut system, 2 * 65536, 0, 0).unwrap();
        system.grant("b", "liar", Access::Read).unwrap();
        assert_eq!(guest.peek(&mut system, b, 0, 0).unwrap(), 2);
        let firsts = ["a", "b", "c"].map(|name| first(&system, name));
        assert_eq!(firsts, [1, 2, 7]);
        let e = system.grant("b", "liar", Access::Write);
        e.unwrap();
        system.revoke("c", "liar").unwrap();
        system.grant("c", "liar", Access::Read).unwrap_err();
    }
}

#[test]
fn a_window_does_not_lie_over_initial_data() {
    // In a pool the next instance of the module is given these pages as they are then.
    let engine = pooling(2, |_| {});
    let data = r#"(data (i32.const 65536) "abcd") (data (i32.const 200000) "efgh")"#;
    let module = module(
        &engine,
        &liar(data).replace("\"memory\") 2", "\"memory\") 8"),
    );
    for _ in 0..4 {
        let mut system = System::builder(&engine)
            .module("liar", &module)
            .region("r", region(65536, 1))
            .build()
            .unwrap();
        let client: FrontClient = system.client("liar").unwrap();
        let guest: Guest = system.client("liar").unwrap();
        let data = [65536, 200_000].map(|at| guest.address(&mut system, at, 0, 0).unwrap());
        assert_eq!(data.map(i32::to_le_bytes), [*b"abcd", *b"efgh"]);
        for at in [1, 2, 3] {
            client.via(&mut system, at * 65536, 0, 0).unwrap();
            let e = system.grant("r", "liar", Access::Write).unwrap_err();
            assert!(matches!(e, Error::BadAllocation { .. }), "{e}");
            assert!(e.to_string().contains("lies over its initial data"), "{e}");
        }
        client.via(&mut system, 4 * 65536, 0, 0).unwrap();
        system.grant("r", "liar", Access::Write).unwrap();
    }
}

#[test]
fn addresses_that_are_no_good_are_refused() {
    let engine = engine();
    let module = module(&engine, &liar(""));
    let mut system = System::builder(&engine)
        .module("liar", &module)
        .region("r", region(65536, 1))
        .build()
        .unwrap();
    let client: FrontClient = system.client("liar").unwrap();
    for (at, why) in [
        (0, "has no room"),
        (1, "is no multiple of 65536"),
        (65536 + 4096, "is no multiple of 65536"),
        (-65536, "lies outside its memory"),
        (64 * 65536, "lies outside its memory"),
        (i32::MIN, "lies outside its memory"),
    ] {
        client.via(&mut system, at, 0, 0).unwrap();
        let text = message(system.grant("r", "liar", Access::Read));
        assert!(text.contains(why), "{at}: {text}");
    }
    // After all this it can have the region all the same.
    client.via(&mut system, 65536, 0, 0).unwrap();
    system.grant("r", "liar", Access::Read).unwrap();
    let guest: Guest = system.client("liar").unwrap();
    let h = handle(&system, "r");
    assert_eq!(guest.peek(&mut system, h, 0, 0).unwrap(), 1);
}

#[test]
fn a_module_that_traps_when_it_loses_a_region_has_lost_it() {
    let engine = engine();
    let trapping = format!("{ABI} {MEMORY}").replace(
        r#"(func (export "karmem_detach") (param i32))"#,
        r#"(func (export "karmem_detach") (param i32) unreachable)"#,
    );
    let mut system = System::builder(&engine)
        .module("bad", &module(&engine, &trapping))
        .module("good", &memory(&engine))
        .region("r", region(65536, 7))
        .grant("r", "bad", Access::Write)
        .grant("r", "good", Access::Read)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let bad: Guest = system.client("bad").unwrap();
    let good: Guest = system.client("good").unwrap();
    assert!(system.revoke("r", "bad").unwrap_err().as_trap().is_some());
    assert_eq!(bad.peek(&mut system, h, 0, 0).unwrap(), 0);
    assert_eq!(first(&system, "r"), 7);
    // The right to write is free again.
    system.grant("r", "good", Access::Write).unwrap();
    good.poke(&mut system, h, 0, 8).unwrap();
    // The host loses nothing by it either.
    system.grant("r", "bad", Access::Read).unwrap();
    assert!(system.remove_region("r").unwrap_err().as_trap().is_some());
    assert_eq!(bad.peek(&mut system, h, 0, 0).unwrap(), 0);
    assert_eq!(good.peek(&mut system, h, 0, 0).unwrap(), 0);
    match system.remove_region("r").unwrap() {
        Removed::Region(region) => assert_eq!(word(region.bytes(), 0), 8),
        Removed::Sealed(_) => panic!("sealed"),
    }
    assert!(system.bytes("r").is_err());
}

#[test]
fn a_poisoned_module_is_not_called_any_more() {
    let engine = engine();
    // Something that only the module could put right after a trap; whoever is called counts.
    let hidden = format!("{ABI} {MEMORY} (global $hidden (mut i32) (i32.const 0))").replace(
        r#"(func (export "karmem_detach") (param i32))"#,
        r#"(func (export "karmem_detach") (param i32)
            (i32.store (i32.const 700) (i32.add (i32.const 1) (i32.load (i32.const 700)))))"#,
    );
    let module = module(&engine, &hidden);
    let mut system = System::builder(&engine)
        .module("one", &module)
        .module("two", &module)
        .region("r", region(65536, 7))
        .region("s", region(65536, 9))
        .grant("r", "one", Access::Write)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    assert!(one.fill_and_trap(&mut system, h, 4, 4).is_err());
    // Modules are told apart by what was compiled, and the other one is the same.
    for name in ["one", "two"] {
        assert!(system.poisoned(name).unwrap().is_some());
        let e = system.grant("s", name, Access::Read).unwrap_err();
        assert!(matches!(e, Error::Poisoned { .. }), "{e}");
    }
    // It can lose a region all the same, and others can be linked.
    system.revoke("r", "one").unwrap();
    system.grant("r", "one", Access::Read).unwrap_err();
    let _: Guest = system.client("two").unwrap();
    system.swap("one", &module).unwrap();
    system.grant("s", "one", Access::Read).unwrap();
    let s = handle(&system, "s");
    assert_eq!(one.peek(&mut system, s, 0, 0).unwrap(), 9);
}

#[test]
fn engines_of_other_settings() {
    // (traps by signals, address space reserved, can be mapped)
    for (signals, reserved) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut config = Config::new();
        config.signals_based_traps(signals);
        config.wasm_custom_page_sizes(true);
        if !reserved {
            config.memory_reservation(0).memory_guard_size(0);
            config.memory_reservation_for_growth(16 << 20);
        }
        let engine = Engine::with_config(config).unwrap();
        // A memory that ends inside of a page, with pages of one byte.
        let text = format!("{ABI} {MEMORY}")
            .replace("\"memory\") 2)", "\"memory\") 4300001 (pagesize 1))")
            .replace("(memory.size)", "(i32.const 65)");
        let mut system = System::builder(&engine)
            .module("one", &module(&engine, &text))
            .region("r", region(2 * 65536, 7))
            .build()
            .unwrap();
        let h = handle(&system, "r");
        for access in [Access::Write, Access::Read, STRICT] {
            if let Err(e) = system.grant("r", "one", access) {
                let e = e.to_string();
                if access == Access::ReadStrict && !signals {
                    assert!(
                        e.contains("they need an engine with `Config::signals_based_traps`"),
                        "{e}"
                    );
                } else {
                    // Nothing was mapped that is no memory of pages.
                    assert!(
                        !signals && !reserved && e.contains("does not begin with a page"),
                        "{e}"
                    );
                }
                continue;
            }
            assert!(signals || access != Access::ReadStrict);
            let one: Guest = system.client("one").unwrap();
            assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 7);
            let filled = one.fill(&mut system, h, 65536, 4);
            assert_eq!(filled.is_err(), access == Access::ReadStrict);
            let poked = one.poke(&mut system, h, 65540, 4);
            assert_eq!(poked.is_err(), access == Access::ReadStrict);
            let seen = word(system.bytes("r").unwrap(), 65540);
            assert_eq!(seen, 4);
        }
        // An instance that ends inside of a page gives its pages back too.
        let module = module(&engine, &text);
        assert!(system.swap("one", &module).is_ok());
    }
}
