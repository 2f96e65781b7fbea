//! What follows a call that failed: each module is told, takes its regions again, and has time for that.

use std::time::{Duration, Instant};

use karmem_host::wasmtime::Config;
use karmem_host::{Access, Engine, Error, Limits, RECOVERY, Region, System};

use crate::{abi, common, fails, interface};

interface! { Told ToldClient "f" "told" { resets: () => i32, attached: () => i32, detached: () => i32 } }
interface! { Rogue RogueClient "f" "rogue" { go: i32 => i32, open: () => i32 } }

/// Counts at 900 how often it was told that no call is running, at 904 and 908 how often it got and lost regions since.
fn told(reset: bool) -> String {
    let count = |at: u32| {
        format!("(i32.store (i32.const {at}) (i32.add (i32.const 1) (i32.load (i32.const {at}))))")
    };
    let abi = abi(&[("attach", &count(904)), ("detach", &count(908))]);
    let reset = match reset {
        true => format!(
            r#"(func (export "karmem_reset") {} (i64.store (i32.const 904) (i64.const 0)))"#,
            count(900)
        ),
        false => String::new(),
    };
    format!(
        r#"{abi} {reset}
        (func (export "f_told__resets") (result i32) (i32.load (i32.const 900)))
        (func (export "f_told__attached") (result i32) (i32.load (i32.const 904)))
        (func (export "f_told__detached") (result i32) (i32.load (i32.const 908)))"#
    )
}

/// Does what it should not, when it is told to, and notes what: loops or traps, and then once more when it is
/// told that no call is running, or takes a region.
fn rogue() -> String {
    let fault = |when: u32| {
        format!(
            "(if (i32.eq (i32.load (i32.const 800)) (i32.const {when})) (then (loop $l (br $l))))
            (if (i32.eq (i32.load (i32.const 800)) (i32.const {})) (then unreachable))",
            when + 1
        )
    };
    let abi = abi(&[("attach", &fault(11))]);
    format!(
        r#"{abi}
        (func (export "karmem_reset") {})
        (func (export "f_rogue__open") (result i32) (i32.const 5))
        (func (export "f_rogue__go") (param i32) (result i32)
            (i32.store (i32.const 800) (local.get 0))
            (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
            (if (i32.eq (local.get 0) (i32.const 2)) (then unreachable))
            (loop $l (br $l)) (i32.const 0))"#,
        fault(3)
    )
}

const LOOPS: i32 = 1;
const TRAPS: i32 = 2;
const RESET_LOOPS: i32 = 3;
const RESET_TRAPS: i32 = 4;
const ATTACH_LOOPS: i32 = 11;
const ATTACH_TRAPS: i32 = 12;

/// A system of a rogue between two that count, each with a region, and clients of all of them.
fn system(engine: &Engine, limits: Limits, reset: bool) -> (System, [ToldClient; 2], RogueClient) {
    let told = common::module(engine, &told(reset));
    let mut builder = System::builder(engine)
        .limits(limits)
        .outbox(1 << 16)
        .module("first", &told)
        .module("rogue", &common::module(engine, &rogue()))
        .module("last", &told);
    for name in ["first", "rogue", "last"] {
        builder = builder
            .region(name, Region::anonymous(1 << 16).unwrap())
            .grant(name, name, Access::Write);
    }
    let mut system = builder.build().unwrap();
    let clients = ["first", "last"].map(|name| system.client(name).unwrap());
    let rogue = system.client("rogue").unwrap();
    (system, clients, rogue)
}

/// What each has: its region, its outbox, and the host's.
const WINDOWS: i32 = 3;

/// The modules that count were told so often, and have their regions, which they did not have to lose before.
#[track_caller]
fn were_told(system: &mut System, clients: &[ToldClient; 2], times: i32) {
    for (name, client) in ["first", "last"].into_iter().zip(clients) {
        assert_eq!(client.resets(system, ()).unwrap(), times, "{name}");
        assert_eq!(client.attached(system, ()).unwrap(), WINDOWS, "{name}");
        assert_eq!(client.detached(system, ()).unwrap(), 0, "{name}");
        assert_eq!(system.poisoned(name).unwrap(), None);
    }
}

fn short() -> Limits {
    Limits::default().deadline(Duration::from_millis(30))
}

#[test]
fn after_a_deadline_all_modules_take_their_regions_again() {
    let engine = Engine::new().unwrap();
    let (mut system, clients, rogue) = system(&engine, short(), true);
    for times in 1..=3 {
        fails(
            rogue.go(&mut system, LOOPS),
            "ran past its deadline of 30ms",
        );
        were_told(&mut system, &clients, times);
        assert_eq!(rogue.open(&mut system, ()).unwrap(), 5);
    }
    fails(rogue.go(&mut system, TRAPS), "unreachable");
    were_told(&mut system, &clients, 4);
}

#[test]
fn after_its_fuel_is_used_up_all_modules_take_their_regions_again() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    // So little that what is left of it would not do.
    let limits = Limits::default().fuel(2_000);
    let (mut system, clients, rogue) = system(&engine, limits, true);
    for times in 1..=3 {
        fails(rogue.go(&mut system, LOOPS), "used up its fuel of 2000");
        were_told(&mut system, &clients, times);
    }
}

#[test]
fn a_module_without_a_reset_loses_its_regions_and_gets_them_again() {
    let engine = Engine::new().unwrap();
    let (mut system, clients, rogue) = system(&engine, short(), false);
    let before = clients.each_ref().map(|client| {
        assert_eq!(client.resets(&mut system, ()).unwrap(), 0);
        (
            client.attached(&mut system, ()).unwrap(),
            client.detached(&mut system, ()).unwrap(),
        )
    });
    fails(rogue.go(&mut system, LOOPS), "ran past its deadline");
    for (client, (attached, detached)) in clients.iter().zip(before) {
        let now = client.attached(&mut system, ()).unwrap();
        assert_eq!(now, attached + WINDOWS);
        let now = client.detached(&mut system, ()).unwrap();
        assert_eq!(now, detached + WINDOWS);
    }
}

#[test]
fn who_hangs_when_it_is_told_is_poisoned_and_the_others_have_their_time() {
    let engine = Engine::new().unwrap();
    for (fault, why) in [
        (
            RESET_LOOPS,
            "it did not come back from `karmem_reset` after a call that failed",
        ),
        (
            RESET_TRAPS,
            "its `karmem_reset` failed after a call that failed",
        ),
        (
            ATTACH_LOOPS,
            "it did not come back from `karmem_attach` after a call that failed",
        ),
    ] {
        let (mut system, clients, rogue) = system(&engine, short(), true);
        let clock = Instant::now();
        fails(rogue.go(&mut system, fault), "ran past its deadline");
        // With room for slow machines; a share of it would do.
        assert!(clock.elapsed() < 30 * RECOVERY);
        were_told(&mut system, &clients, 1);
        let poisoned = system.poisoned("rogue").unwrap().unwrap();
        assert!(poisoned.contains(why), "{poisoned}");
        let e = rogue.open(&mut system, ()).unwrap_err();
        assert!(matches!(e, Error::Poisoned { .. }), "{e}");
        // It is not asked again, and can be replaced.
        were_told(&mut system, &clients, 1);
        let new = common::module(&engine, &self::rogue());
        system.swap("rogue", &new).unwrap();
        assert_eq!(rogue.open(&mut system, ()).unwrap(), 5);
        fails(rogue.go(&mut system, LOOPS), "ran past its deadline");
        were_told(&mut system, &clients, 2);
    }
    // A region that it does not take is its own loss.
    let (mut system, clients, rogue) = system(&engine, short(), true);
    fails(rogue.go(&mut system, ATTACH_TRAPS), "ran past its deadline");
    were_told(&mut system, &clients, 1);
    assert_eq!(system.poisoned("rogue").unwrap(), None);
    assert_eq!(rogue.open(&mut system, ()).unwrap(), 5);
}

#[test]
fn a_function_of_the_abi_that_is_cut_off_is_told_too() {
    let engine = Engine::new().unwrap();
    let (mut system, clients, rogue) = system(&engine, short(), true);
    // It loops when it is given a region.
    fails(rogue.go(&mut system, ATTACH_TRAPS), "ran past its deadline");
    were_told(&mut system, &clients, 1);
    system
        .add_region("more", Region::anonymous(1 << 16).unwrap())
        .unwrap();
    let given = system.grant("more", "rogue", Access::Read);
    fails(given, "the guest trapped in `rogue.karmem_attach`");
    were_told(&mut system, &clients, 2);
    were_told(&mut system, &clients, 2);
}
