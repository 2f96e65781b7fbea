//! What a module does in the functions of the ABI is its own: a trap, a store into a strict window, time.

use karmem_host::wasmtime::Config;
use karmem_host::{Access, Engine, Error, Limits, Module, Reason, System};

use crate::support::*;

/// At this address a guest reads what its callbacks are to do.
const ORDER: i32 = 700;

/// A guest whose callback `name` does something first. It has a stack pointer that the host cannot see.
fn guest(engine: &Engine, name: &str, does: &str) -> Module {
    let (params, result) = match name {
        "karmem_alloc" => (2, "(result i32)"),
        "karmem_free" => (3, ""),
        "karmem_attach" => (4, ""),
        _ => (1, ""),
    };
    let text = format!("{ABI} {MEMORY} (global $hidden (mut i32) (i32.const 0))");
    let usual = text.replace(&format!("(func (export \"{name}\")"), "(func $usual");
    assert_ne!(usual, text);
    let arguments: String = (0..params).map(|n| format!("(local.get {n})")).collect();
    let params = "(param i32)".repeat(params);
    module(
        engine,
        &format!(
            "{usual} (func (export \"{name}\") {params} {result} {does} (call $usual {arguments}))"
        ),
    )
}

/// Sets what the callbacks do from now on.
fn order(client: &Guest, system: &mut System, order: i32) {
    // No region has this handle, so that the offset is the address.
    client.poke(system, 60, ORDER, order).unwrap();
}

#[test]
fn a_trap_in_a_callback_poisons_who_cannot_be_restored() {
    let engine = engine();
    let trap = format!("(if (i32.load (i32.const {ORDER})) (then unreachable))");
    for name in [
        "karmem_alloc",
        "karmem_attach",
        "karmem_detach",
        "karmem_free",
    ] {
        let mut system = System::builder(&engine)
            .module("bad", &guest(&engine, name, &trap))
            .module("good", &guest(&engine, name, ""))
            .region("r", region(1, 5))
            .region("s", region(1, 6))
            .grant("r", "bad", Access::Write)
            .build()
            .unwrap();
        let [bad, good]: [Guest; 2] = ["bad", "good"].map(|name| system.client(name).unwrap());
        let h = handle(&system, "r");
        assert_eq!(bad.peek(&mut system, h, 0, 0).unwrap(), 5);
        order(&bad, &mut system, 1);
        let result = match name {
            "karmem_alloc" | "karmem_attach" => system.grant("s", "bad", Access::Read),
            _ => system.revoke("r", "bad"),
        };
        let e = result.unwrap_err();
        let trap = e.as_trap().unwrap_or_else(|| panic!("{name}: {e}"));
        assert_eq!(trap.function(), format!("bad.{name}"));
        // Its stack pointer, if that is what it hides, is somewhere.
        let why = system.poisoned("bad").unwrap();
        assert!(
            why.is_some_and(|why| why.contains("cut off")),
            "{name}: {why:?}"
        );
        let e = bad.peek(&mut system, h, 0, 0).unwrap_err();
        assert!(matches!(e, Error::Poisoned { .. }), "{name}: {e}");
        let e = system.grant("s", "bad", Access::Read).unwrap_err();
        assert!(matches!(e, Error::Poisoned { .. }), "{name}: {e}");
        // Nobody else is, and everything can be taken from it.
        assert_eq!(system.poisoned("good").unwrap(), None);
        system.grant("s", "good", Access::Write).unwrap();
        let s = handle(&system, "s");
        assert_eq!(good.peek(&mut system, s, 0, 0).unwrap(), 6);
        system.remove_region("r").unwrap();
        // A new instance is as good as any.
        system.swap("bad", &guest(&engine, name, "")).unwrap();
        system.grant("s", "bad", Access::Read).unwrap();
        assert_eq!(bad.peek(&mut system, s, 0, 0).unwrap(), 6);
    }
}

#[test]
fn a_swap_has_its_fuel_once() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    // Some 10,000 units for each region.
    let slow = guest(
        &engine,
        "karmem_attach",
        "(local $n i32)
        (loop (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1500))))",
    );
    let swapped = |fuel: u64, regions: u32| {
        let mut system = System::builder(&engine)
            .module("one", &guest(&engine, "karmem_attach", ""))
            .limits(Limits::default().fuel(fuel))
            .build()
            .unwrap();
        for n in 0..regions {
            let name = format!("r{n}");
            system.add_region(&name, region(1, n)).unwrap();
            system.grant(&name, "one", Access::Read).unwrap();
        }
        let swapped = system.swap("one", &slow);
        // Either way there is one module that works.
        let one: Guest = system.client("one").unwrap();
        let h = handle(&system, "r0");
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 0);
        swapped
    };
    swapped(40_000, 1).unwrap();
    let e = swapped(40_000, 10).unwrap_err();
    let reason = e.as_trap().map(|trap| trap.reason());
    assert!(matches!(reason, Some(Reason::Fuel(40_000))), "{e}");
    swapped(40_000 * 10, 10).unwrap();
}

#[cfg(feature = "strict")]
#[test]
fn a_violation_in_a_callback_is_not_the_next_calls() {
    let engine = engine();
    // At the order's address it finds the window that it may only read.
    let fill = format!(
        "(if (i32.load (i32.const {ORDER}))
            (then (memory.fill (i32.load (i32.const {ORDER})) (i32.const 1) (i32.const 8))))"
    );
    for name in [
        "karmem_alloc",
        "karmem_attach",
        "karmem_detach",
        "karmem_free",
    ] {
        let mut system = System::builder(&engine)
            .module("bad", &guest(&engine, name, &fill))
            .module("good", &memory(&engine))
            .region("r", region(1, 5))
            .region("s", region(1, 6))
            .region("t", region(1, 7))
            .grant("r", "bad", Access::ReadStrict)
            .grant("r", "good", Access::ReadStrict)
            .grant("s", "bad", Access::Read)
            .build()
            .unwrap();
        let [bad, good]: [Guest; 2] = ["bad", "good"].map(|name| system.client(name).unwrap());
        let [r, s, t] = ["r", "s", "t"].map(|name| handle(&system, name));
        let base = bad.base(&mut system, r, 0, 0).unwrap();
        order(&bad, &mut system, base);
        let granting = matches!(name, "karmem_alloc" | "karmem_attach");
        let result = if granting {
            system.grant("t", "bad", Access::Read)
        } else {
            system.revoke("s", "bad")
        };
        let e = result.unwrap_err();
        assert!(
            matches!(&e, Error::Violation { pages: 1, callback: Some(who) } if *who == format!("bad.{name}")),
            "{e}"
        );
        assert!(
            e.to_string()
                .starts_with(&format!("`bad.{name}` wrote to 1 pieces"))
        );
        order(&bad, &mut system, 0);
        // The grant was not made, and what was taken away is gone.
        let again = if granting { ("t", t, 7) } else { ("s", s, 6) };
        assert!(matches!(
            system.revoke(again.0, "bad"),
            Err(Error::NotGranted { .. })
        ));
        // Nobody has seen anything of it, and no call is blamed for it.
        assert_eq!(good.peek(&mut system, r, 0, 0).unwrap(), 5);
        assert_eq!(bad.peek(&mut system, r, 0, 0).unwrap(), 5);
        assert_eq!(first(&system, "r"), 5);
        system.grant(again.0, "bad", Access::Read).unwrap();
        assert_eq!(bad.peek(&mut system, again.1, 0, 0).unwrap(), again.2);
        // Who violates in a call is still told of there.
        let e = good.fill(&mut system, r, 0, 4).unwrap_err();
        assert!(
            matches!(
                e,
                Error::Violation {
                    pages: 1,
                    callback: None
                }
            ),
            "{e}"
        );
    }
}

/// A violation of a module that waits is not that of a callback meanwhile.
#[cfg(feature = "strict")]
#[test]
fn a_violation_before_a_callback_is_that_of_the_call() {
    let engine = engine();
    let front = format!("{FRONT_IMPORTS} {ABI} {FRONT}").replace(
        "(drop (call $ask ",
        "(memory.fill (call $at (local.get $h) (i32.const 8)) (i32.const 1) (i32.const 8)) (drop (call $ask ",
    );
    let mut system = System::builder(&engine)
        .module("front", &module(&engine, &front))
        .module("back", &memory(&engine))
        .provide(DeskProvider)
        .region("r", region(1, 0))
        .region("strict", region(1, 5))
        .grant("strict", "front", Access::ReadStrict)
        .build()
        .unwrap();
    let h = handle(&system, "strict");
    let front: FrontClient = system.client("front").unwrap();
    // The host grants `r` to the other module while this one waits, and that succeeds.
    let e = front
        .ask(&mut system, h, 0, order::GRANT_OTHER)
        .unwrap_err();
    assert!(
        matches!(
            e,
            Error::Violation {
                pages: 1,
                callback: None
            }
        ),
        "{e}"
    );
    system.revoke("r", "back").unwrap();
    assert_eq!(first(&system, "strict"), 5);
}
