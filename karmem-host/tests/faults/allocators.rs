//! Modules that cannot be given a region, or do not give it back.

use karmem_host::{Access, Error, Removed, System};

use crate::common::STRICT;
use crate::{BadClient, Scene, abi, builder, fails, module};

/// Its faults show from the call `go(1)` on, until `go(0)`.
const BAD: &str = r#"(func (export "f_bad__go") (param i32) (result i32)
    (i32.store (i32.const 1000) (local.get 0)) (i32.const 4))"#;

fn later(function: &str, fault: &str) -> String {
    let fault = format!("(if (i32.load (i32.const 1000)) (then {fault}))");
    let mut parts = vec![(function, &*fault)];
    let keep = format!("{fault} {KEEP}");
    if function == "attach" {
        parts[0].1 = &keep;
    } else {
        parts.push(("attach", KEEP));
    }
    format!("{} {BAD}", abi(&parts))
}

/// Notes where the last window is.
const KEEP: &str = "(i32.store (i32.const 512) (local.get $at))";

/// The grants of a region, as the system describes it.
fn grants(system: &System, region: &str) -> Vec<String> {
    let described = system.describe();
    let region = described.regions.iter().find(|r| r.name == region).unwrap();
    region
        .grants
        .iter()
        .map(|(module, _)| module.clone())
        .collect()
}

#[test]
fn an_allocator_that_gives_no_place_is_told_so() {
    for (fault, words) in [
        (
            "(return (i32.const 0))",
            "the guest has no room for a block of 65536 bytes",
        ),
        (
            "(return (i32.const 4100))",
            "the guest's karmem_alloc(65536, 65536) gave 0x1004, which is no multiple of 65536",
        ),
        (
            "(return (i32.const 0x7fff0000))",
            "gave 0x7fff0000, which lies outside its memory",
        ),
        (
            "(return (i32.const -65536))",
            "gave 0xffff0000, which lies outside its memory",
        ),
        (
            "unreachable",
            "the guest trapped in `bad.karmem_alloc`: wasm trap: wasm `unreachable`",
        ),
        (
            "(loop $l (br $l))",
            "the guest's `bad.karmem_alloc` ran past its deadline of 200ms",
        ),
        (
            "(drop (memory.grow (i32.const 900))) (return (i32.const 0))",
            "the guest has no room for a block of 65536 bytes: `Limits::memory` is reached",
        ),
        (
            "(drop (memory.grow (i32.const 900))) unreachable",
            "the guest ran out of memory in `bad.karmem_alloc`",
        ),
        // Where another window is.
        (
            "(return (i32.const 65536))",
            "which lies over another region",
        ),
        (
            "(return (i32.load (i32.const 512)))",
            "which lies over another region",
        ),
    ] {
        let mut scene = Scene::new(&later("alloc", fault));
        let bad = scene.bad();
        scene.system.grant("theirs", "bad", Access::Read).unwrap();
        for access in [Access::Write, Access::Read, STRICT] {
            assert_eq!(bad.go(&mut scene.system, 1).unwrap(), 4);
            fails(scene.system.grant("other", "bad", access), words);
            assert!(grants(&scene.system, "other").is_empty());
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
            scene.check();
        }
        // Nobody has become its writer.
        scene.system.grant("other", "good", Access::Write).unwrap();
        scene.system.revoke("other", "good").unwrap();
        scene.check();
    }
}

#[test]
fn an_allocator_that_is_bad_from_the_beginning_keeps_the_system_from_being_made() {
    for (fault, words) in [
        (
            "(return (i32.const 0))",
            "the guest has no room for a block of 65536 bytes",
        ),
        ("(return (i32.const 4100))", "which is no multiple of 65536"),
        ("unreachable", "the guest trapped in `bad.karmem_alloc`"),
    ] {
        let text = format!("{} {BAD}", abi(&[("alloc", fault)]));
        let e = fails(
            builder(&text).grant("other", "bad", Access::Read).build(),
            words,
        );
        assert!(!matches!(e, Error::Link { .. }));
        // And from being swapped in.
        let mut scene = Scene::new(&format!("{} {BAD}", abi(&[])));
        let bad = scene.bad();
        scene.system.grant("other", "bad", Access::Write).unwrap();
        for _ in 0..3 {
            fails(scene.system.swap("bad", &module(&text)), words);
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
            assert_eq!(grants(&scene.system, "other"), ["bad"]);
            scene.check();
        }
    }
}

#[test]
fn a_new_version_may_not_put_one_window_over_another() {
    let same =
        format!("{} {BAD}", abi(&[(
        "alloc",
        "(if (i32.lt_u (memory.size) (i32.const 4)) (then (drop (memory.grow (i32.const 3)))))
        (return (i32.const 65536))",
    )]));
    let mut scene = Scene::new(&format!("{} {BAD}", abi(&[])));
    let bad = scene.bad();
    scene.system.grant("other", "bad", Access::Write).unwrap();
    fails(
        scene.system.swap("bad", &module(&same)),
        "which lies over another region",
    );
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
    scene.check();
}

#[test]
fn a_module_that_does_not_take_a_region_has_not_got_it() {
    for (fault, words) in [
        ("unreachable", "the guest trapped in `bad.karmem_attach`"),
        (
            "(loop $l (br $l))",
            "the guest's `bad.karmem_attach` ran past its deadline",
        ),
    ] {
        let mut scene = Scene::new(&later("attach", fault));
        let bad = scene.bad();
        for _ in 0..3 {
            assert_eq!(bad.go(&mut scene.system, 1).unwrap(), 4);
            fails(scene.system.grant("other", "bad", Access::Write), words);
            assert!(grants(&scene.system, "other").is_empty());
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
            scene.check();
        }
        scene.system.grant("other", "good", Access::Write).unwrap();
        scene.system.revoke("other", "good").unwrap();
        scene.check();
    }
}

#[test]
fn a_module_that_does_not_give_a_region_back_has_lost_it_all_the_same() {
    // It reads through an address that it has kept.
    let keeps = r#"(func (export "f_bad__go") (param i32) (result i32)
        (i32.load8_u (i32.load (i32.const 512))))"#;
    for function in ["detach", "free"] {
        let parts = [("attach", KEEP), (function, "unreachable")];
        let mut scene = Scene::new(&format!("{} {keeps}", abi(&parts)));
        let bad = scene.bad();
        for _ in 0..3 {
            scene.system.grant("other", "bad", Access::Write).unwrap();
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 3);
            let words = format!("the guest trapped in `bad.karmem_{function}`");
            fails(scene.system.revoke("other", "bad"), &words);
            assert!(grants(&scene.system, "other").is_empty());
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 0, "it has zeros");
            scene.check();
            // Nor is it the writer any more.
            scene.system.grant("other", "good", Access::Write).unwrap();
            scene.system.revoke("other", "good").unwrap();
        }
        // A region that is to go goes at the second try, when nobody has it any more.
        scene.system.grant("other", "bad", Access::Read).unwrap();
        let words = format!("the guest trapped in `bad.karmem_{function}`");
        fails(scene.system.remove_region("other"), &words);
        assert!(grants(&scene.system, "other").is_empty());
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 0, "it has zeros");
        let Ok(Removed::Region(region)) = scene.system.remove_region("other") else {
            panic!("nothing is in the way");
        };
        assert_eq!(region.bytes()[0], 3);
    }
}

#[test]
fn a_module_that_frees_what_is_mapped_gets_nothing_else_there() {
    // Its allocator gives the block again that was freed last.
    let parts = [("attach", KEEP)];
    let frees = r#"(func (export "f_bad__go") (param i32) (result i32)
        (if (local.get 0) (then
            (call $free (i32.load (i32.const 512)) (i32.const 65536) (i32.const 65536))))
        (i32.load8_u (i32.load (i32.const 512))))"#;
    let mut scene = Scene::new(&format!("{} {frees}", abi(&parts)));
    let bad = scene.bad();
    scene.system.grant("other", "bad", Access::Write).unwrap();
    assert_eq!(bad.go(&mut scene.system, 1).unwrap(), 3);
    fails(
        scene.system.grant("theirs", "bad", Access::Read),
        "which lies over another region",
    );
    assert_eq!(grants(&scene.system, "theirs"), ["good"]);
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 3);
    scene.check();
    // What it lost by that was its own place; the next one is good.
    scene.system.grant("theirs", "bad", Access::Read).unwrap();
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 2);
    scene.check();
}

#[test]
fn a_module_that_grows_its_memory_meanwhile_keeps_its_windows() {
    let grows = "(drop (memory.grow (i32.const 3)))";
    let mut scene = Scene::new(&format!(
        "{} {}",
        abi(&[
            ("alloc", grows),
            ("free", grows),
            ("attach", grows),
            ("detach", grows)
        ]),
        r#"(func (export "f_bad__go") (param i32) (result i32)
            (i32.load8_u (call $base (local.get 0))))"#
    ));
    let bad = scene.bad();
    let handle = scene.system.shared::<()>("other", 0).unwrap().handle();
    for _ in 0..5 {
        scene.system.grant("other", "bad", Access::Write).unwrap();
        assert_eq!(bad.go(&mut scene.system, handle as i32).unwrap(), 3);
        scene.system.bytes_mut("other").unwrap()[0] = 44;
        assert_eq!(bad.go(&mut scene.system, handle as i32).unwrap(), 44);
        scene.system.bytes_mut("other").unwrap()[0] = 3;
        scene.system.revoke("other", "bad").unwrap();
        scene.check();
    }
}

#[test]
fn a_module_without_the_functions_is_not_given_a_region() {
    let text = r#"(memory (export "memory") 1) "#.to_owned() + BAD;
    let mut scene = Scene::new(&text);
    let bad = scene.bad();
    let e = fails(
        scene.system.grant("other", "bad", Access::Read),
        "the guest cannot take messages: ",
    );
    assert!(matches!(e, Error::Abi(_)));
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
    fails(
        builder(&text).grant("other", "bad", Access::Read).build(),
        "cannot take messages",
    );
    // Nor one that has them and no memory.
    let text = r#"
        (func (export "karmem_alloc") (param i32 i32) (result i32) (i32.const 65536))
        (func (export "karmem_free") (param i32 i32 i32))
        (func (export "karmem_attach") (param i32 i32 i32 i32))
        (func (export "karmem_detach") (param i32))"#;
    let go = r#"(func (export "f_bad__go") (param i32) (result i32) (i32.const 4))"#;
    fails(
        builder(&format!("{text} {go}"))
            .grant("other", "bad", Access::Read)
            .build(),
        "cannot take messages",
    );
    scene.check();
}

#[test]
fn a_module_that_takes_no_outbox_has_no_client() {
    let text = format!("{} {BAD}", abi(&[("alloc", "(return (i32.const 0))")]));
    // Nobody is known to call it.
    let mut scene = Scene::new(&text);
    for _ in 0..2 {
        let client = scene.system.client::<BadClient>("bad");
        fails(
            client.map(drop),
            "the guest has no room for a block of 65536 bytes",
        );
        scene.check();
    }
    scene
        .system
        .swap("bad", &module(&format!("{} {BAD}", abi(&[]))))
        .unwrap();
    let bad = scene.bad();
    assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
}
