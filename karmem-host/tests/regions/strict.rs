//! Strict grants: what stores trap, and what is noted.

use std::thread;

use karmem_host::{Access, Engine, Error, System};

use crate::support::*;

fn strict(engine: &Engine) -> (System, i32, Guest, Guest) {
    let mut system = two(engine, region(3 * 65536, 5))
        .grant("r", "one", Access::ReadStrict)
        .grant("r", "two", Access::Write)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one = system.client("one").unwrap();
    let two = system.client("two").unwrap();
    (system, h, one, two)
}

fn untouched(system: &System) {
    let bytes = system.bytes("r").unwrap();
    assert_eq!(word(bytes, 0), 5);
    assert!(bytes[4..].iter().all(|b| *b == 0));
}

#[test]
fn a_store_is_a_trap() {
    for engine in engines() {
        let (mut system, h, one, _) = strict(&engine);
        for round in 0..100 {
            let at = round * 1900;
            let text = trap(one.poke(&mut system, h, at, 7));
            assert!(text.contains("out of bounds memory access"), "{text}");
            assert!(text.contains("poke"), "{text}");
            untouched(&system);
            assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
        }
        // Also where the compiler knows the address.
        let base = one.base(&mut system, h, 0, 0).unwrap();
        let result = one.poke_first(&mut system, 0, 0, 7);
        if base == PAGE {
            assert!(trap(result).contains("out of bounds memory access"));
        }
        untouched(&system);
    }
}

#[test]
fn native_code_that_stores_is_noted() {
    for engine in engines() {
        let (mut system, h, one, two) = strict(&engine);
        for round in 1..30 {
            let e = one.fill(&mut system, h, 1000, 3 * PAGE - 2000).unwrap_err();
            assert_eq!(
                e.to_string(),
                "a module wrote to 3 pieces of a region that it may only read (`Access::ReadStrict`); \
                 the region is unchanged"
            );
            untouched(&system);
            // It sees the region again, also what is new.
            assert_eq!(one.peek(&mut system, h, 1000, 0).unwrap(), 0);
            two.poke(&mut system, h, 2000, round).unwrap();
            assert_eq!(one.peek(&mut system, h, 2000, 0).unwrap(), round);
            two.poke(&mut system, h, 2000, 0).unwrap();
            let e = one.copy(&mut system, h, 4000, 4).unwrap_err();
            assert!(matches!(e, Error::Violation { pages: 1, .. }), "{e}");
            untouched(&system);
            assert!(trap(one.poke(&mut system, h, 4000, 1)).contains("out of bounds"));
            untouched(&system);
        }
        // Who may write does.
        two.fill(&mut system, h, 4, 4).unwrap();
        assert_eq!(one.peek(&mut system, h, 4, 0).unwrap(), 0x7777_7777);
    }
}

#[test]
fn host_functions_that_write_for_a_guest_are_noted_too() {
    // A function of WASI that writes to where the guest says, before it is denied anything.
    let text = format!(
        r#"(import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
        {ABI} {}"#,
        MEMORY.replace(
            "(memory.fill (call $at (local.get $h) (local.get $offset)) (i32.const 0x77) (local.get $len))",
            "(drop (call $sizes (call $at (local.get $h) (local.get $offset)) (i32.const 600)))"
        )
    );
    let engine = engine();
    let mut system = System::builder(&engine)
        .module("one", &module(&engine, &text))
        .region("r", region(65536, 5))
        .grant("r", "one", Access::ReadStrict)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    for _ in 0..10 {
        let e = one.fill(&mut system, h, 0, 4).unwrap_err();
        assert!(matches!(e, Error::Violation { pages: 1, .. }), "{e}");
        untouched(&system);
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
    }
}

#[test]
fn a_violation_before_a_trap_is_not_the_next_calls() {
    let (mut system, h, one, two) = strict(&engine());
    for _ in 0..3 {
        let text = trap(one.fill_and_trap(&mut system, h, 0, 8));
        assert!(text.contains("unreachable"), "{text}");
        untouched(&system);
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 5);
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
        assert!(trap(one.poke(&mut system, h, 4000, 1)).contains("out of bounds"));
    }
}

#[test]
fn grants_become_strict_and_not_strict() {
    let (mut system, h, one, _) = strict(&engine());
    for _ in 0..100 {
        system.grant("r", "one", Access::Read).unwrap();
        assert_eq!(one.fill(&mut system, h, 0, 4).unwrap(), 0x7777_7777);
        system.grant("r", "one", Access::ReadStrict).unwrap();
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
        assert!(one.fill(&mut system, h, 0, 4).is_err());
        system.revoke("r", "one").unwrap();
        assert_eq!(one.fill(&mut system, h, 0, 4).unwrap(), 0x7777_7777);
        system.grant("r", "one", Access::ReadStrict).unwrap();
        assert!(one.poke(&mut system, h, 0, 4).is_err());
    }
    untouched(&system);
}

#[test]
fn more_strict_grants_than_can_be_watched_are_refused() {
    let (mut system, _, one, _) = strict(&engine());
    let mut refused = 0;
    for round in 0..300 {
        let name = format!("r{round}");
        system.add_region(&name, region(1, 7)).unwrap();
        let access = [Access::Read, Access::ReadStrict][round % 2];
        let given = system.grant(&name, "one", access);
        let strict = given.and_then(|()| system.grant(&name, "one", Access::ReadStrict));
        let h = handle(&system, &name);
        match strict {
            Ok(()) => {}
            Err(e) => {
                refused += 1;
                let text = "there are too many strict grants in this system";
                assert!(e.to_string().contains(text), "{e}");
            }
        }
        if round % 2 == 0 {
            // What it had before: nothing that would end the process.
            assert_eq!(one.fill(&mut system, h, 0, 4).is_ok(), refused > 0);
        }
        assert_eq!(first(&system, &name), 7);
    }
    assert_eq!(refused, 300 - 255);
}

#[test]
fn new_versions_of_a_module_are_known_to_be_compiled_code() {
    let engine = engine();
    let version = |number: i32| {
        let text = r#"(global (export "version") i32 (i32.const NUMBER))
            (func (export "t_front__via") (param $h i32) (param i32) (param $x i32) (result i32)
                (i32.store (call $at (local.get $h) (i32.const 0)) (local.get $x)) (i32.const 0))
            (func (export "t_front__via_poke") (param i32 i32 i32) (result i32) i32.const 0)
            (func (export "t_front__ask") (param i32 i32 i32) (result i32) i32.const 0)"#;
        module(
            &engine,
            &format!("{ABI} {text}").replace("NUMBER", &number.to_string()),
        )
    };
    let first_version = version(0);
    let mut system = System::builder(&engine)
        .module("one", &first_version)
        .region("r", region(1, 5))
        .grant("r", "one", Access::ReadStrict)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: FrontClient = system.client("one").unwrap();
    for round in 0..300 {
        // Versions come back: the list of what is compiled code would be full otherwise.
        system.swap("one", &version(round % 7)).unwrap();
        assert!(trap(one.via(&mut system, h, 0, 4)).contains("out of bounds"));
    }
    untouched(&system);
}

#[test]
fn systems_on_several_threads_do_not_disturb_each_other() {
    let engine = engine();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let engine = engine.clone();
            thread::spawn(move || {
                for round in 0..6 {
                    let (mut system, h, one, two) = strict(&engine);
                    for _ in 0..20 {
                        if (number + round) % 2 == 0 {
                            let e = one.fill(&mut system, h, 0, 3 * PAGE).unwrap_err();
                            assert!(matches!(e, Error::Violation { pages: 3, .. }), "{e}");
                        } else {
                            trap(one.poke(&mut system, h, PAGE, 1));
                        }
                        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 5);
                    }
                    untouched(&system);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn guests_cannot_use_up_the_kernels_mappings() {
    alone("strict::guests_cannot_use_up_the_kernels_mappings", scatter);
}

fn scatter() {
    // Every other piece: each would be a mapping of its own, and a process may have 65530 of them.
    const SCATTER: &str = r#"(func $scatter (param $h i32) (param $len i32) (local $at i32)
        (loop $l
            (memory.fill (call $at (local.get $h) (local.get $at)) (i32.const 1) (i32.const 1))
            (local.set $at (i32.add (local.get $at) (i32.const 131072)))
            (br_if $l (i32.lt_u (local.get $at) (local.get $len)))))"#;
    let back = format!(
        r#"{ABI} {SCATTER}
        (func (export "t_memory__fill") (param $h i32) (param $len i32) (param i32) (result i32)
            (call $scatter (local.get $h) (local.get $len)) (i32.const 0))"#
    );
    let front = format!(
        r#"(import "karmem:t/memory@1" "t_memory__fill" (func $other (param i32 i32 i32) (result i32)))
        {ABI} {SCATTER}
        (func (export "t_front__via") (param $h i32) (param $len i32) (param i32) (result i32)
            (call $scatter (local.get $h) (local.get $len))
            (call $other (local.get $h) (local.get $len) (i32.const 0)))
        (func (export "t_front__via_poke") (param i32 i32 i32) (result i32) i32.const 0)
        (func (export "t_front__ask") (param i32 i32 i32) (result i32) i32.const 0)"#
    );
    let engine = engine();
    let len = 3_000 << 20;
    let mut system = System::builder(&engine)
        .limits(karmem_host::Limits::default().memory(16 << 30))
        .module("front", &module(&engine, &front))
        .module("back", &module(&engine, &back))
        .region("r", region(len, 5))
        .grant("r", "front", Access::ReadStrict)
        .grant("r", "back", Access::ReadStrict)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let client: FrontClient = system.client("front").unwrap();
    for _ in 0..2 {
        let len = u32::try_from(len).unwrap().cast_signed();
        let e = client.via(&mut system, h, len, 0).unwrap_err();
        assert!(matches!(e, Error::Violation { .. }), "{e}");
        assert_eq!(first(&system, "r"), 5);
    }
}

#[test]
fn a_grant_during_a_call_needs_what_is_installed_between_calls() {
    let engine = engine();
    let ask = |system: &mut System| {
        let h = handle(system, "r");
        let front: FrontClient = system.client("front").unwrap();
        front.ask(system, h, 0, order::GRANT_STRICT)
    };
    let mut system = chain(&engine, region(1, 5)).build().unwrap();
    let text = trap(ask(&mut system));
    let prepare = "the first one is made between calls (`System::grant`), or `SystemBuilder::strict_grants` prepares for it";
    assert!(text.contains(prepare), "{text}");
    assert!(system.describe().regions[0].grants.is_empty());
    // After one that the host made, or when it is prepared.
    system.grant("r", "back", Access::ReadStrict).unwrap();
    assert_eq!(ask(&mut system).unwrap(), 5);
    let mut system = chain(&engine, region(1, 5))
        .strict_grants()
        .build()
        .unwrap();
    assert_eq!(ask(&mut system).unwrap(), 5);
    assert_eq!(system.describe().regions[0].grants[0].1, Access::ReadStrict);
}
