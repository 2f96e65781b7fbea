//! Calls that end badly.

use karmem_host::{Access, Reason};

use crate::common::STRICT;
use crate::{Scene, abi, builder, engine, fails, going, interface, module};

/// A call that fails with these words, many times over; calls with 0 go well in between.
fn goes_wrong(body: &str, words: &str) -> Scene {
    let body = format!(
        "(if (i32.eqz (local.get 0)) (then (return (i32.const 5))))
        (global.set $sp (i32.sub (global.get $sp) (i32.const 64)))
        {body}"
    );
    let mut scene = Scene::new(&going(&body));
    let bad = scene.bad();
    for _ in 0..3 {
        fails(bad.go(&mut scene.system, 1), words);
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 5);
        scene.check();
    }
    assert_eq!(scene.system.poisoned("bad").unwrap(), None);
    scene
}

#[test]
fn traps_say_what_happened_and_where() {
    goes_wrong(
        "unreachable",
        "the guest trapped in `f_bad__go`: wasm trap: wasm `unreachable` instruction executed\n  at go",
    );
    goes_wrong(
        "(i32.div_u (local.get 0) (i32.const 0))",
        "integer divide by zero",
    );
    goes_wrong(
        "(i32.trunc_f32_s (f32.const nan))",
        "invalid conversion to integer",
    );
    goes_wrong("(i32.load (i32.const -4))", "out of bounds memory access");
    goes_wrong(
        "(i32.store (i32.const -4) (i32.const 1)) (i32.const 0)",
        "out of bounds memory access",
    );
    goes_wrong(
        "(memory.fill (i32.const 70000) (i32.const 1) (i32.const -1)) (i32.const 0)",
        "out of bounds memory access",
    );
    goes_wrong(
        "(i32.add (call $go (local.get 0)) (i32.const 1))",
        "call stack exhausted",
    );
}

#[test]
fn what_never_ends_is_ended() {
    goes_wrong(
        "(loop $l (br $l)) (i32.const 0)",
        "the guest's `f_bad__go` ran past its deadline of 200ms (`Limits::deadline`)",
    );
}

#[test]
fn who_exhausts_the_memory_is_told_apart_from_who_traps() {
    let hungry = "(loop $l (br_if $l (i32.ne (i32.const -1) (memory.grow (i32.const 1)))))";
    let mut scene = goes_wrong(
        &format!("{hungry} unreachable"),
        "the guest ran out of memory in `f_bad__go`: it wanted",
    );
    // The limit counts for all modules together: whoever comes later gets nothing either.
    fails(
        scene.system.grant("other", "good", Access::Read),
        "the guest has no room for a block of 65536 bytes: `Limits::memory` is reached",
    );
    scene.check();
    // Nor is there room for a new version beside the old one, which goes on.
    let bad = scene.bad();
    fails(
        scene.system.swap("bad", &module(&going("(i32.const 7)"))),
        "more than `Limits::memory` of 16777216",
    );
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 5);
    scene.check();

    // A refusal that the guest bears is none of ours.
    let some =
        "(drop (memory.grow (i32.const 200))) (drop (memory.grow (i32.const 200))) (i32.const 6)";
    let mut scene = Scene::new(&going(some));
    let bad = scene.bad();
    assert_eq!(bad.go(&mut scene.system, 1).unwrap(), 6);
    // The memory comes back with the instance: none of these would fit otherwise.
    for _ in 0..5 {
        scene.system.swap("bad", &module(&going(some))).unwrap();
        assert_eq!(bad.go(&mut scene.system, 1).unwrap(), 6);
    }
    scene.system.grant("other", "bad", Access::Read).unwrap();
    scene.check();
}

#[test]
fn two_modules_that_call_each_other_too_deep_run_out_of_stack() {
    let ring = |own: &str, other: &str| {
        let abi = abi(&[]);
        module(&format!(
            r#"(import "karmem:f/{other}@1" "f_{other}__go" (func $other (param i32) (result i32)))
            {abi}
            (func (export "f_{own}__go") (param i32) (result i32) (local $sum i32)
                (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
                (if (local.get 0) (then (local.set $sum (i32.add (i32.const 1)
                    (call $other (i32.sub (local.get 0) (i32.const 1)))))))
                (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
                (local.get $sum))"#
        ))
    };
    let builder = builder(&going("(i32.const 0)"))
        .module("one", &ring("one", "two"))
        .module("two", &ring("two", "one"));
    let mut scene = Scene::of(builder);
    interface! { One OneClient "f" "one" { go: i32 => i32 } }
    let one: OneClient = scene.system.client("one").unwrap();
    for _ in 0..3 {
        fails(one.go(&mut scene.system, 1 << 30), "call stack exhausted");
        assert_eq!(one.go(&mut scene.system, 1000).unwrap(), 1000);
        scene.check();
    }
    assert_eq!(scene.system.poisoned("two").unwrap(), None);
}

#[test]
fn a_reader_that_writes_harms_itself_at_most() {
    // By native code, by its own, and not at all.
    const FILL: i32 = 1;
    const STORE: i32 = 2;
    let body = |then: &str| {
        going(&format!(
            "(local.set $x (call $base (i32.shr_u (local.get 0) (i32.const 8))))
            (local.set 0 (i32.and (local.get 0) (i32.const 255)))
            (if (i32.eq (local.get 0) (i32.const {FILL})) (then
                (memory.fill (local.get $x) (i32.const 7) (i32.const 65536)) {then}))
            (if (i32.eq (local.get 0) (i32.const {STORE})) (then
                (i32.store (local.get $x) (i32.const 0x7777))))
            (i32.load8_u (local.get $x))"
        ))
    };
    let mut scene = Scene::new(&body(""));
    let bad = scene.bad();
    let theirs = scene.system.shared::<()>("theirs", 0).unwrap().handle() as i32 * 256;
    scene.system.grant("theirs", "bad", Access::Read).unwrap();
    assert_eq!(bad.go(&mut scene.system, theirs + FILL).unwrap(), 7);
    assert_eq!(bad.go(&mut scene.system, theirs + STORE).unwrap(), 0x77);
    scene.check();

    if STRICT != Access::ReadStrict {
        return;
    }
    scene.system.grant("theirs", "bad", STRICT).unwrap();
    for _ in 0..3 {
        fails(
            bad.go(&mut scene.system, theirs + FILL),
            "a module wrote to 1 pieces of a region that it may only read (`Access::ReadStrict`); \
             the region is unchanged",
        );
        fails(
            bad.go(&mut scene.system, theirs + STORE),
            "the guest trapped in `f_bad__go`",
        );
        assert_eq!(bad.go(&mut scene.system, theirs).unwrap(), 2);
        scene.check();
    }

    // Who traps after that is told of the trap, and the next one is not blamed for the writing.
    let mut scene = Scene::new(&body("unreachable"));
    let bad = scene.bad();
    scene.system.grant("theirs", "bad", STRICT).unwrap();
    fails(bad.go(&mut scene.system, theirs + FILL), "`unreachable`");
    assert_eq!(bad.go(&mut scene.system, theirs).unwrap(), 2);
    scene.check();
}

#[test]
fn the_text_of_a_panic_may_be_anything() {
    for (panic, shown) in [
        // "oh" at 2048.
        (
            "(i64.const 0x80000000002)",
            "the guest panicked in `f_bad__go`: oh",
        ),
        ("(i64.const 0)", "`unreachable`"),
        ("(i64.const -1)", "`unreachable`"),
        ("(i64.const 0xffff0000000000ff)", "`unreachable`"),
        ("unreachable", "`unreachable`"),
        ("(loop $l (br $l)) (i64.const 0)", "`unreachable`"),
    ] {
        let text = going("unreachable");
        let more = format!(
            r#"(data (i32.const 2048) "oh") (func (export "karmem_panic") (result i64) {panic})"#
        );
        let mut scene = Scene::new(&format!("{text} {more}"));
        let bad = scene.bad();
        let error = fails(bad.go(&mut scene.system, 1), shown);
        let panicked = matches!(error.as_trap().unwrap().reason(), Reason::Panic(_));
        assert_eq!(panicked, shown.ends_with("oh"));
        scene.check();
    }
    let text = going("unreachable") + r#"(func (export "karmem_panic") (param i32))"#;
    let mut scene = Scene::new(&text);
    let bad = scene.bad();
    fails(bad.go(&mut scene.system, 1), "`unreachable`");
    scene.check();
}

#[test]
fn things_of_another_system_are_refused() {
    let mut scene = Scene::new(&going("(i32.const 1)"));
    let mut other = Scene::new(&going("(i32.const 2)"));
    let bad = scene.bad();
    fails(
        bad.go(&mut other.system, 1),
        "the function `f_bad__go` belongs to another instance",
    );
    assert!(std::ptr::eq(engine(), engine()));
    scene.check();
    other.check();
}
