//! Host functions that panic below callbacks of the ABI: grants and mappings never part, and nothing leaks.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use karmem_host::{Access, Engine, Error, Limits, Module, Region, Removed};

use crate::rogues::*;
use crate::support::*;

#[test]
fn a_panic_below_a_callback_leaves_no_window_behind() {
    for engine in engines() {
        for access in [Access::Write, Access::Read] {
            for callback in [ALLOC, ATTACH] {
                let mut it = Rogues::new(&engine);
                for _ in 0..3 {
                    it.when(ONE, callback, act::PANIC);
                    panics(|| it.system.grant("r", "one", access));
                    assert_eq!(it.grants(), []);
                    assert_eq!(it.writers_of_r(), [""; 0]);
                }
                let sealed = it.system.seal("r").unwrap();
                assert_eq!(it.writers_of_r(), [""; 0]);
                assert_eq!(word(&sealed, 0), 7);
                drop(sealed);
                it.system.unseal("r").unwrap();
                // Nobody is the writer, so that anybody may become it.
                it.system.grant("r", "two", Access::Write).unwrap();
                assert_eq!(it.writers_of_r(), ["two"]);
                it.system.revoke("r", "two").unwrap();
                it.system.grant("r", "one", Access::Write).unwrap();
                it.check();
            }
        }
    }
}

#[test]
fn a_panic_of_one_that_is_told_undoes_the_grant_of_another() {
    for engine in engines() {
        let mut it = Rogues::new(&engine);
        it.system.grant("r", "two", Access::Read).unwrap();
        // It is told that the region may change from now on while it waits.
        it.when(TWO, ATTACH, act::PANIC);
        panics(|| it.system.grant("r", "one", Access::Write));
        assert_eq!(it.grants(), [("two".to_owned(), Access::Read)]);
        assert_eq!(it.writers_of_r(), [""; 0]);
        it.check();
        // The same where the access changes.
        it.system.grant("r", "one", Access::Read).unwrap();
        it.when(TWO, ATTACH, act::PANIC);
        panics(|| it.system.grant("r", "one", Access::Write));
        assert_eq!(it.writers_of_r(), [""; 0]);
        // And where it fails.
        it.when(TWO, ATTACH, act::TRAP);
        let error = it.system.grant("r", "one", Access::Write).unwrap_err();
        assert!(error.to_string().contains("`two.karmem_attach`"), "{error}");
        assert_eq!(it.writers_of_r(), [""; 0]);
        it.system.grant("r", "one", Access::Write).unwrap();
        assert_eq!(it.writers_of_r(), ["one"]);
        let r = handle(&it.system, "r");
        let flags = it.memory[TWO].flags(&mut it.system, r, 0, 0).unwrap();
        assert_eq!(flags, 2, "it knows that another module writes");
        it.check();
    }
}

#[test]
fn a_panic_while_a_region_is_taken_away_has_taken_it_away() {
    for engine in engines() {
        for callback in [DETACH, FREE] {
            let mut it = Rogues::new(&engine);
            it.system.grant("r", "one", Access::Write).unwrap();
            it.when(ONE, callback, act::PANIC);
            panics(|| it.system.revoke("r", "one"));
            assert_eq!(it.grants(), []);
            assert_eq!(it.writers_of_r(), [""; 0]);
            it.system.grant("r", "two", Access::Write).unwrap();
            it.when(TWO, callback, act::PANIC);
            panics(|| it.system.remove_region("r"));
            let Removed::Region(region) = it.system.remove_region("r").unwrap() else {
                panic!("sealed")
            };
            let region = RefCell::new(region);
            assert_eq!(it.writers(|_| word(region.borrow().bytes(), 0)), [""; 0]);
            it.check();
        }
    }
}

#[test]
fn a_panic_in_a_new_version_leaves_the_old_one() {
    for engine in engines() {
        for callback in [ALLOC, ATTACH] {
            for after in [0, 1] {
                let mut it = Rogues::new(&engine);
                it.system
                    .add_region("s", Region::anonymous(65536).unwrap())
                    .unwrap();
                it.system.grant("s", "one", Access::Write).unwrap();
                it.system.grant("r", "one", Access::Write).unwrap();
                // At the first of its regions, or at the second.
                let new = late(&engine, callback, after);
                panics(|| it.system.swap("one", &new));
                assert_eq!(it.grants(), [("one".to_owned(), Access::Write)]);
                assert_eq!(it.writers_of_r(), ["one"]);
                let sealed = it.system.seal("r").unwrap();
                let before = word(&sealed, 0);
                assert_eq!(it.writers_of_r(), [""; 0]);
                assert_eq!(word(&sealed, 0), before);
                it.check();
            }
        }
    }
}

#[test]
fn a_panic_in_a_new_version_costs_no_memory() {
    let engine = engine();
    let limits = Limits::default().memory(4 << 20);
    let builder = builder(&engine, &Start::default()).limits(limits);
    let mut it = Rogues::of(builder.build().unwrap());
    it.system.grant("r", "one", Access::Write).unwrap();
    let new = late(&engine, ATTACH, 0);
    for tried in 1..=30 {
        panics(|| it.system.swap("one", &new));
        assert_eq!(it.system.stats().retired, tried);
    }
    it.system.swap("one", &rogue(&engine)).unwrap();
    assert_eq!(it.writers_of_r(), ["one"]);
    it.check();
}

#[test]
fn a_panic_that_is_caught_poisons_who_cannot_be_restored() {
    for engine in engines() {
        for callback in [ALLOC, ATTACH] {
            let mut it = Rogues::new(&engine);
            let hidden = "(global $hidden (mut i32) (i32.const 0))";
            let hidden = module(&engine, &format!("{} {hidden}", rogue_text()));
            it.system.swap("one", &hidden).unwrap();
            it.when(ONE, callback, act::PANIC);
            let two = it.front[TWO].clone();
            let caught = two.ask(&mut it.system, 0, 0, act::CATCH);
            assert_eq!(caught.unwrap(), 1);
            let why = it.system.poisoned("one").unwrap().unwrap_or_default();
            assert!(
                why.contains("a host function that it called panicked"),
                "{why}"
            );
            assert_eq!(it.system.poisoned("two").unwrap(), None);
            let error = it.system.grant("r", "one", Access::Write).unwrap_err();
            assert!(matches!(error, Error::Poisoned { .. }), "{error}");
            it.system.swap("one", &rogue(&engine)).unwrap();
            it.system.grant("r", "one", Access::Write).unwrap();
            it.check();
        }
    }
}

/// A rogue that panics in a callback when it was called some times.
fn late(engine: &Engine, callback: i32, after: i32) -> Module {
    let text = rogue_text().replace(
        "(func $do (param $callback i32) (result i32) (local $at i32)",
        &format!(
            "(global $count (mut i32) (i32.const {after}))
            (func $do (param $callback i32) (result i32) (local $at i32)
                (if (i32.eq (local.get $callback) (i32.const {callback}))
                    (then
                        (if (i32.eqz (global.get $count)) (then (call $panic)))
                        (global.set $count (i32.sub (global.get $count) (i32.const 1)))))"
        ),
    );
    module(engine, &text)
}

#[test]
fn a_panic_costs_no_place_in_a_pool() {
    let engine = pooling(3, |_| {});
    for callback in [ALLOC, FREE, ATTACH, DETACH] {
        for _ in 0..4 {
            let mut it = Rogues::new(&engine);
            it.system.grant("r", "two", Access::Read).unwrap();
            it.when(ONE, callback, act::PANIC);
            let granted = catch_unwind(AssertUnwindSafe(|| {
                it.system.grant("r", "one", Access::Write).unwrap();
                it.system.revoke("r", "one").unwrap();
            }));
            assert!(granted.is_err());
        }
    }
    let late = late(&engine, ALLOC, 1);
    for _ in 0..4 {
        let mut it = Rogues::new(&engine);
        it.system.grant("r", "one", Access::Write).unwrap();
        panics(|| it.system.swap("one", &late));
    }
    // A tenant afterwards finds zeros.
    let mut it = Rogues::new(&engine);
    for at in [65536, 2 * 65536 - 4] {
        assert_eq!(it.memory[ONE].address(&mut it.system, at, 0, 0).unwrap(), 0);
    }
}

#[test]
fn a_panic_while_modules_are_told_of_a_trap_is_made_good_or_costs_the_module_below_which_it_came() {
    for engine in engines() {
        for callback in [DETACH, ATTACH, MESSAGE] {
            for times in [1, 2] {
                let mut it = Rogues::new(&engine);
                it.system.grant("r", "one", Access::Write).unwrap();
                it.system.grant("r", "two", Access::Read).unwrap();
                let one = it.front[ONE].clone();
                one.via(&mut it.system, callback, act::PANIC, times)
                    .unwrap();
                let two = it.front[TWO].clone();
                panics(|| two.ask(&mut it.system, 0, 0, act::TRAP));
                // The next use puts everything in order that the panic left.
                if times == 1 {
                    it.check();
                    assert_eq!(it.writers_of_r(), ["one"]);
                    continue;
                }
                panics(|| two.ask(&mut it.system, 0, 0, act::NOTHING));
                two.ask(&mut it.system, 0, 0, act::HEAP).unwrap();
                let why = it.system.poisoned("one").unwrap().unwrap();
                assert!(
                    why.contains("a host function that it called panicked"),
                    "{why}"
                );
                assert_eq!(it.system.poisoned("two").unwrap(), None);
                let error = two.ask(&mut it.system, 0, 0, act::CALL).unwrap_err();
                assert!(
                    error.to_string().contains("`one` cannot be called"),
                    "{error}"
                );
                it.system.swap("one", &rogue(&engine)).unwrap();
                it.check();
                assert_eq!(it.writers_of_r(), ["one"]);
            }
        }
    }
}
