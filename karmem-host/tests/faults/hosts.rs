//! Implementations in the host that fail, panic, or are called back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use karmem_core::Interface;
use karmem_core::schema;
use karmem_host::{Access, Caller, Definer, Error, Provider, Reason, Result, provided};

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
        let text = asking(&[(
            function,
            "(if (i32.load (i32.const 1000)) (then (drop (call $serve (i32.const 0)))))",
        )]);
        let (mut scene, bad) = scene(&text);
        let words =
            format!("a host function failed under the guest's `bad.karmem_{function}`: the host's");
        for _ in 0..3 {
            let error = fails(bad.go(&mut scene.system, GRANT), &words);
            assert!(
                error
                    .to_string()
                    .contains("implementation is already running"),
                "{error}"
            );
            // A call that was cut off leaves its note behind.
            assert!(
                scene
                    .system
                    .describe()
                    .regions
                    .iter()
                    .all(|r| r.name != "other" || r.grants.is_empty())
            );
            assert_eq!(bad.go(&mut scene.system, TRY).unwrap(), 0);
            scene.check();
        }
        // When nothing is running, there is nothing to come back to.
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
fn an_allocator_may_call_its_imports() {
    // Of the host, and of the heap of a region that it has.
    let text = r#"(import "karmem:karmem/heap@1" "karmem_heap__alloc"
        (func $heap (param i32 i32 i32) (result i32)))"#
        .to_owned()
        + &asking(&[
            (
                "alloc",
                "(drop (call $serve (i32.const 0))) (drop (call $heap (i32.const 1) (i32.const 8) (i32.const 8)))",
            ),
            ("free", "(drop (call $serve (i32.const 0)))"),
            ("attach", "(drop (call $serve (i32.const 0)))"),
            ("detach", "(drop (call $serve (i32.const 0)))"),
        ]);
    let (mut scene, bad) = scene(&text);
    for _ in 0..3 {
        scene.system.grant("other", "bad", Access::Write).unwrap();
        scene.system.revoke("other", "bad").unwrap();
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 10);
        scene.check();
    }
    // One that wants to be given a region while it is given one has no end but its stack's.
    let text = asking(&[(
        "alloc",
        "(if (i32.load (i32.const 1004)) (then (drop (call $serve (i32.const 3)))))
        (i32.store (i32.const 1004) (i32.const 1)) (i32.store (i32.const 1004) (i32.const 0))",
    )]);
    let (mut scene, bad) = self::scene(&text);
    assert_eq!(bad.go(&mut scene.system, GRANT).unwrap(), 13);
    scene.check();
}
