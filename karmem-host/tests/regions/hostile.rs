//! Guests whose allocators lie.

use karmem_host::{Access, Error, System};

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
            .grant("a", "liar", Access::ReadStrict)
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
            for access in [Access::Write, Access::Read, Access::ReadStrict] {
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
        let e = guest.fill(&mut system, a, 0, 3 * PAGE).unwrap_err();
        assert!(matches!(e, Error::Violation { .. }), "{e}");
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
