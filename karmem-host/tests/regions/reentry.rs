//! Guests that call back from within callbacks of the ABI: grants and mappings never part.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};

use karmem_host::wasmtime::Config;
use karmem_host::{Access, Engine, Region, Removed, System};

use crate::rogues::*;
use crate::support::*;

#[test]
fn a_module_has_one_window_of_a_region_and_loses_it() {
    for engine in engines() {
        for callback in [ALLOC, ATTACH] {
            for what in [act::GRANT_ONE_WRITE, act::GRANT_ONE_READ] {
                let mut it = Rogues::new(&engine);
                it.when(ONE, callback, what);
                refused(it.system.grant("r", "one", Access::Write));
                assert_eq!(it.grants(), []);
                assert_eq!(it.writers_of_r(), [""; 0]);
                it.check();
                it.system.grant("r", "one", Access::Write).unwrap();
                assert_eq!(it.writers_of_r(), ["one"]);
                it.system.revoke("r", "one").unwrap();
                assert_eq!(it.writers_of_r(), [""; 0]);
                it.check();
            }
        }
    }
}

#[test]
fn a_region_has_one_writer() {
    for engine in engines() {
        for callback in [ALLOC, ATTACH] {
            let mut it = Rogues::new(&engine);
            it.when(ONE, callback, act::ASK_AND_FAIL + act::GRANT_TWO_WRITE);
            it.system.grant("r", "one", Access::Read).unwrap_err();
            // Whatever came of it, no two modules write afterwards.
            let one = it.system.grant("r", "one", Access::Write).is_ok();
            let two = it.system.grant("r", "two", Access::Write).is_ok();
            assert!(!(one && two));
            assert_eq!(it.writers_of_r(), ["one"]);
            it.check();
        }
    }
}

#[test]
fn a_version_that_takes_the_place_of_another_takes_its_grants_and_no_more() {
    for engine in engines() {
        for callback in [ALLOC, ATTACH] {
            let mut it = Rogues::new(&engine);
            it.system.grant("r", "one", Access::Write).unwrap();
            // The new version begins with what is in its initial data.
            let what = act::REVOKE_ONE_GRANT_TWO;
            let at = 600 + 8 * callback;
            let data = format!(r#"(data (i32.const {at}) "\{what:02x}\00\00\00\01")"#);
            let new = module(&engine, &format!("{} {data}", rogue_text()));
            refused(it.system.swap("one", &new));
            assert_eq!(it.grants(), [("one".to_owned(), Access::Write)]);
            assert_eq!(it.writers_of_r(), ["one"]);
            it.check();
            let sealed = it.system.seal("r").unwrap();
            let before = word(&sealed, 0);
            assert_eq!(it.writers_of_r(), [""; 0]);
            assert_eq!(word(&sealed, 0), before);
            it.check();
        }
    }
}

#[test]
fn nobody_writes_what_is_sealed() {
    for engine in engines() {
        for callback in [ALLOC, ATTACH] {
            let mut it = Rogues::new(&engine);
            it.when(ONE, callback, act::GRANT_ONE_WRITE);
            refused(it.system.grant("r", "one", Access::Read));
            let sealed = it.system.seal("r").unwrap();
            // A reader on another thread finds the same bytes at all times.
            let done = AtomicBool::new(false);
            std::thread::scope(|threads| {
                let reader = threads.spawn(|| {
                    let mut same = true;
                    while !done.load(Ordering::Relaxed) {
                        same &= std::hint::black_box(&sealed)[..8] == [7, 0, 0, 0, 0, 0, 0, 0];
                    }
                    same
                });
                for _ in 0..50 {
                    assert_eq!(it.writers_of_r(), [""; 0]);
                }
                done.store(true, Ordering::Relaxed);
                assert!(reader.join().unwrap());
            });
            assert_eq!(word(&sealed, 0), 7);
            it.check();
        }
    }
}

#[test]
fn a_region_that_was_removed_is_the_hosts_alone() {
    for engine in engines() {
        for callback in [DETACH, FREE] {
            for what in [act::GRANT_ONE_WRITE, act::GRANT_TWO_WRITE] {
                let mut it = Rogues::new(&engine);
                it.system.grant("r", "one", Access::Write).unwrap();
                it.when(ONE, callback, what);
                refused(it.system.remove_region("r"));
                assert_eq!(it.grants(), []);
                let Removed::Region(region) = it.system.remove_region("r").unwrap() else {
                    panic!("sealed")
                };
                let seen = RefCell::new(region);
                assert_eq!(it.writers(|_| word(seen.borrow().bytes(), 0)), [""; 0]);
                it.check();
            }
        }
    }
}

#[test]
fn what_leads_to_others_is_refused_in_callbacks_and_nothing_else() {
    for engine in engines() {
        let mut it = Rogues::new(&engine);
        for (grants, callback) in [
            (true, ALLOC),
            (true, ATTACH),
            (false, DETACH),
            (false, FREE),
        ] {
            for what in [act::CALL, act::HEAP, act::NOTHING] {
                if !grants {
                    it.system.grant("r", "one", Access::Write).unwrap();
                }
                it.when(ONE, callback, what);
                refused(if grants {
                    it.system.grant("r", "one", Access::Write)
                } else {
                    it.system.revoke("r", "one")
                });
                assert_eq!(it.grants(), []);
                it.check();
            }
            it.when(ONE, callback, act::PLAIN);
            it.system.grant("r", "one", Access::Write).unwrap();
            it.system.revoke("r", "one").unwrap();
            it.check();
        }
    }
}

#[test]
fn a_module_that_is_asked_why_it_trapped_asks_nobody() {
    for engine in engines() {
        let mut it = Rogues::new(&engine);
        for what in [act::GRANT_ONE_WRITE, act::CALL, act::HEAP, act::TRAP] {
            it.when(ONE, MESSAGE, what);
            let calls = it.system.stats().host_calls;
            let front = it.front[ONE].clone();
            let trapped = front.ask(&mut it.system, 0, 0, act::TRAP);
            assert!(trap(trapped).contains("unreachable"));
            assert_eq!(it.system.stats().host_calls, calls);
            assert_eq!(it.grants(), []);
            it.check();
        }
        it.when(ONE, MESSAGE, act::PANIC);
        let front = it.front[ONE].clone();
        panics(|| front.ask(&mut it.system, 0, 0, act::TRAP));
        it.check();
    }
}

#[test]
fn a_module_that_waits_is_called_back_and_goes_on() {
    for engine in engines() {
        let mut it = Rogues::new(&engine);
        let ask = |it: &mut Rogues, what| it.front[ONE].clone().ask(&mut it.system, 0, 0, what);
        // While it is called back it must not call; before and afterwards it may.
        for callback in [ALLOC, ATTACH] {
            for what in [act::CALL, act::HEAP, act::NOTHING, act::TRAP] {
                it.when(ONE, callback, what);
                assert_eq!(ask(&mut it, act::TRY).unwrap(), 0);
                assert_eq!(it.grants(), []);
                it.check();
            }
            it.when(ONE, callback, act::PANIC);
            assert_eq!(ask(&mut it, act::CATCH).unwrap(), 1);
            assert_eq!(it.grants(), []);
            assert_eq!(it.writers_of_r(), [""; 0]);
            it.check();
            it.when(ONE, callback, act::PANIC);
            panics(|| ask(&mut it, act::TRY));
            assert_eq!(it.grants(), []);
            assert_eq!(it.writers_of_r(), [""; 0]);
            it.check();
        }
        assert_eq!(ask(&mut it, act::TRY).unwrap(), 1);
        assert_eq!(it.writers_of_r(), ["one"]);
        it.system.set_volatile("r", true).unwrap();
        assert_eq!(ask(&mut it, act::REVOKE_ONE).unwrap(), 1);
        assert_eq!(it.writers_of_r(), [""; 0]);
    }
}

#[test]
fn a_module_that_starts_calls_others_and_changes_nothing() {
    let engine = engine();
    let start = Start::default();
    let changes = [
        act::GRANT_ONE_WRITE,
        act::GRANT_TWO_WRITE,
        act::REVOKE_ONE,
        act::TRY,
    ];
    for what in [act::NOTHING, act::CALL, act::HEAP, act::PLAIN] {
        start.next(what);
        let mut it = Rogues::of(builder(&engine, &start).build().unwrap());
        assert!(start.0.lock().unwrap().is_empty());
        it.check();
    }
    for what in changes {
        start.next(what);
        let built = builder(&engine, &start).build();
        let Err(error) = built else {
            // It bears it.
            assert_eq!(what, act::TRY);
            let it = Rogues::of(built.unwrap());
            assert_eq!(it.grants(), []);
            continue;
        };
        assert!(error.to_string().contains("while `one` starts"), "{error}");
    }
    // The same for a new version, which acts for nobody before it has the place.
    let mut it = Rogues::of(builder(&engine, &start).build().unwrap());
    let new = rogue(&engine);
    it.system.grant("r", "one", Access::Write).unwrap();
    for what in changes {
        start.next(what);
        let swapped = it.system.swap("one", &new);
        assert_eq!(swapped.is_ok(), what == act::TRY, "{swapped:?}");
        assert_eq!(it.grants(), [("one".to_owned(), Access::Write)]);
        assert_eq!(it.writers_of_r(), ["one"]);
        it.check();
    }
    for what in [act::NOTHING, act::CALL, act::HEAP, act::PLAIN] {
        start.next(what);
        it.system.swap("one", &new).unwrap();
        it.check();
    }
    // A panic while it starts leaves the old one.
    start.next(act::PANIC);
    panics(|| it.system.swap("one", &new));
    assert_eq!(it.grants(), [("one".to_owned(), Access::Write)]);
    it.check();
}

#[test]
fn fuel_and_copies_change_nothing_about_it() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    let rogue = rogue(&engine);
    let start = Start::default();
    let mut it = Rogues::of(
        System::builder(&engine)
            .outbox(65536)
            .module("one", &rogue)
            .module("two", &rogue)
            .link("one", "t/front", "two")
            .link("two", "t/front", "one")
            .imports(&imports(&engine, &start))
            .provide(Clerk)
            .region("r", Region::copied(65536).unwrap())
            .build()
            .unwrap(),
    );
    for callback in [ALLOC, ATTACH] {
        it.when(ONE, callback, act::CALL);
        refused(it.system.grant("r", "one", Access::Write));
        it.when(ONE, callback, act::PANIC);
        panics(|| it.system.grant("r", "one", Access::Write));
        assert_eq!(it.grants(), []);
        assert_eq!(it.writers_of_r(), [""; 0]);
        it.check();
    }
    it.system.grant("r", "one", Access::Write).unwrap();
    assert_eq!(it.writers_of_r(), ["one"]);
}
