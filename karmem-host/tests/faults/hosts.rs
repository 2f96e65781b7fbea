//! Implementations in the host that fail, panic, or are called back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use karmem_core::Interface;
use karmem_core::schema;
use karmem_host::{Access, Caller, Definer, Error, Imports, Provider, Reason, Result, provided};

use crate::common::method;
use crate::{BadClient, Scene, abi, builder, fails, module};

enum Host {}

impl Interface for Host {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "f",
        name: "host",
        version: 1,
        methods: &[method("serve")],
    };
}

const FAIL: i32 = 1;
const PANIC: i32 = 2;
/// Gives the module another region, while it waits.
const GRANT: i32 = 3;
/// The same, and bears it if that fails.
const TRY: i32 = 4;
const REVOKE: i32 = 5;

struct HostProvider;

impl Provider for HostProvider {
    type Interface = Host;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let this = provided(());
        host.method("serve", move |caller: Caller<'_>, what: i32| {
            this.serve(caller, |(), cx| {
                match what {
                    FAIL => return Err(Error::Abi("the host was told to fail".into())),
                    PANIC => panic!("the host was told to panic"),
                    GRANT => cx.grant("other", "bad", Access::Read)?,
                    TRY => return Ok(cx.grant("other", "bad", Access::Read).is_ok().into()),
                    REVOKE => cx.revoke("other", "bad")?,
                    _ => {}
                }
                Ok(10 + what)
            })
        })
    }
}

/// Asks the host, with a stack frame of its own; in `attach` as well, when it is told to.
fn asking(faults: &[(&str, &str)]) -> String {
    let abi = abi(faults);
    format!(
        r#"(import "karmem:f/host@1" "f_host__serve" (func $serve (param i32) (result i32))) {abi}
        (func (export "f_bad__go") (param i32) (result i32) (local $x i32)
            (global.set $sp (i32.sub (global.get $sp) (i32.const 512)))
            (if (i32.lt_s (global.get $sp) (i32.const 3000)) (then unreachable))
            (i32.store (i32.const 1000) (i32.const 1))
            (local.set $x (call $serve (local.get 0)))
            (i32.store (i32.const 1000) (i32.const 0))
            (global.set $sp (i32.add (global.get $sp) (i32.const 512)))
            (local.get $x))"#
    )
}

fn scene(text: &str) -> (Scene, BadClient) {
    // The host takes it away while the module waits.
    let builder = builder(text).volatile("other");
    let mut scene = Scene::of(builder.provide(HostProvider));
    let bad = scene.bad();
    (scene, bad)
}

#[test]
fn an_error_of_the_host_ends_the_call_with_its_text() {
    let (mut scene, bad) = scene(&asking(&[]));
    for _ in 0..20 {
        let error = fails(
            bad.go(&mut scene.system, FAIL),
            "a host function failed under the guest's `f_bad__go`: the guest cannot take messages: the \
             host was told to fail\n  at ",
        );
        let Reason::Host(cause) = error.as_trap().unwrap().reason() else {
            panic!("{error}")
        };
        let cause = cause.downcast_ref::<Error>();
        assert!(matches!(cause, Some(Error::Abi(_))), "{cause:?}");
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 10);
        scene.check();
    }
}

#[test]
fn a_panic_of_the_host_goes_through_and_leaves_a_system_that_works() {
    let (mut scene, bad) = scene(&asking(&[]));
    // More often than the module's stack would last.
    for _ in 0..20 {
        let system = &mut scene.system;
        let panic = catch_unwind(AssertUnwindSafe(|| bad.go(system, PANIC))).unwrap_err();
        assert_eq!(
            panic.downcast_ref::<&str>(),
            Some(&"the host was told to panic")
        );
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 10);
        scene.check();
        assert_eq!(scene.system.poisoned("bad").unwrap(), None);
    }
    assert_eq!(scene.system.stats().traps, 20);
}

#[test]
fn a_module_whose_stack_is_hidden_is_poisoned_by_a_panic_of_the_host() {
    let text = asking(&[]).replace(r#"(export "__stack_pointer")"#, "");
    let (mut scene, bad) = scene(&text);
    let system = &mut scene.system;
    catch_unwind(AssertUnwindSafe(|| bad.go(system, PANIC))).unwrap_err();
    fails(
        bad.go(&mut scene.system, 0),
        "the module `bad` cannot be called any more since a call into it was cut off",
    );
    scene.check();
    scene.system.swap("bad", &module(&text)).unwrap();
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 10);
    scene.check();
}

#[test]
fn a_module_that_calls_back_while_it_is_given_a_region_is_refused() {
    for function in ["attach", "alloc"] {
        let text = asking(&[(function, "(drop (call $serve (i32.const 0)))")]);
        let words = format!(
            "a host function failed under the guest's `bad.karmem_{function}`: the module `bad` called an \
             interface from within its `karmem_{function}`"
        );
        // With its outbox already.
        fails(builder(&text).provide(HostProvider).build(), &words);
        let text = asking(&[(
            function,
            "(if (i32.load (i32.const 1000)) (then (drop (call $serve (i32.const 0)))))",
        )]);
        let (mut scene, bad) = scene(&text);
        for _ in 0..3 {
            let error = fails(bad.go(&mut scene.system, GRANT), &words);
            let Some(Reason::Host(cause)) = error.as_trap().map(|trap| trap.reason()) else {
                panic!("{error}")
            };
            assert!(cause.downcast_ref::<Error>().is_some(), "{cause:?}");
            // A call that was cut off leaves its note behind.
            let regions = scene.system.describe().regions;
            let mut regions = regions.iter();
            assert!(regions.all(|r| r.name != "other" || r.grants.is_empty()));
            fails(
                scene.system.grant("other", "bad", Access::Read),
                "called an interface",
            );
            assert_eq!(bad.go(&mut scene.system, TRY).unwrap(), 0);
            scene.check();
        }
        // The call that ended as it should took the note away.
        scene.system.grant("other", "bad", Access::Read).unwrap();
        scene.check();
    }
}

#[test]
fn a_module_that_asks_for_what_it_loses_is_told() {
    let (mut scene, bad) = scene(&asking(&[]));
    let words = "the module `bad` was not granted the region `other`";
    for _ in 0..3 {
        fails(bad.go(&mut scene.system, REVOKE), words);
        assert_eq!(bad.go(&mut scene.system, GRANT).unwrap(), 13);
        assert_eq!(bad.go(&mut scene.system, REVOKE).unwrap(), 15);
        scene.check();
    }
}

#[test]
fn an_allocator_may_call_imports_that_belong_to_no_interface() {
    // As allocators of some languages do with WASI; where it is denied as well.
    let imports = r#"(import "env" "plain" (func $plain))
        (import "wasi_snapshot_preview1" "clock_time_get"
            (func $clock (param i32 i64 i32) (result i32)))"#;
    let body = "(call $plain) (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 0)))";
    let faults = ["alloc", "free", "attach", "detach"].map(|function| (function, body));
    let text = imports.to_owned() + &asking(&faults);
    let calls = Arc::new(AtomicU32::new(0));
    let counter = calls.clone();
    let mut plain = Imports::new(crate::engine());
    let count = move || _ = counter.fetch_add(1, Ordering::Relaxed);
    plain.func("env", "plain", count).unwrap();
    let builder = builder(&text).volatile("other");
    let builder = builder.provide(HostProvider).imports(&plain);
    let mut scene = Scene::of(builder);
    let bad = scene.bad();
    for _ in 0..3 {
        let before = calls.load(Ordering::Relaxed);
        scene.system.grant("other", "bad", Access::Write).unwrap();
        scene.system.revoke("other", "bad").unwrap();
        assert!(calls.load(Ordering::Relaxed) >= before + 4);
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 10);
        assert_eq!(bad.go(&mut scene.system, GRANT).unwrap(), 13);
        assert_eq!(bad.go(&mut scene.system, REVOKE).unwrap(), 15);
        scene.check();
    }
}
