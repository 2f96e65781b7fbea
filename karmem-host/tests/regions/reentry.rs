//! Guests that use the callbacks of the ABI to call back, and host functions that panic below them: grants
//! and mappings never part.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use karmem_host::wasmtime::Config;
use karmem_host::{
    Access, Caller, Definer, Engine, Error, Imports, Module, Provider, Reason, Region, Removed,
    Result, System, SystemBuilder, provided,
};

use crate::support::*;

/// The callbacks of the ABI, by their numbers in [`Rogue::when`].
const ALLOC: i32 = 0;
const FREE: i32 = 1;
const ATTACH: i32 = 2;
const DETACH: i32 = 3;
/// `karmem_panic`, which is asked after a trap.
const MESSAGE: i32 = 4;

/// What a callback does, and orders to the host's [`Clerk`].
mod act {
    pub(super) const GRANT_ONE_WRITE: i32 = 1;
    pub(super) const GRANT_ONE_READ: i32 = 2;
    pub(super) const GRANT_TWO_WRITE: i32 = 3;
    pub(super) const REVOKE_ONE: i32 = 4;
    pub(super) const REVOKE_ONE_GRANT_TWO: i32 = 5;
    pub(super) const NOTHING: i32 = 6;
    /// Grants to `one`, and survives what happens below.
    pub(super) const TRY: i32 = 7;
    /// Grants to `one`, and catches a panic below.
    pub(super) const CATCH: i32 = 8;
    /// Calls an import that panics.
    pub(super) const PANIC: i32 = 90;
    /// Traps.
    pub(super) const TRAP: i32 = 91;
    /// Calls the other module.
    pub(super) const CALL: i32 = 92;
    /// Allocates in a region's heap.
    pub(super) const HEAP: i32 = 93;
    /// Calls an import that belongs to no interface, and WASI.
    pub(super) const PLAIN: i32 = 94;
    /// Asks the host, and reports failure afterwards: `karmem_alloc` gives 0.
    pub(super) const ASK_AND_FAIL: i32 = 100;
}

/// An implementation in the host that changes grants for whoever asks.
struct Clerk;

impl Provider for Clerk {
    type Interface = Desk;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let this = provided(());
        host.method(
            "ask",
            move |caller: Caller<'_>, _: i32, _: i32, what: i32| {
                this.serve(caller, |(), cx| {
                    match what {
                        act::GRANT_ONE_WRITE => cx.grant("r", "one", Access::Write)?,
                        act::GRANT_ONE_READ => cx.grant("r", "one", Access::Read)?,
                        act::GRANT_TWO_WRITE => cx.grant("r", "two", Access::Write)?,
                        act::REVOKE_ONE => cx.revoke("r", "one")?,
                        act::REVOKE_ONE_GRANT_TWO => {
                            cx.revoke("r", "one")?;
                            cx.grant("r", "two", Access::Write)?;
                        }
                        act::TRY => {
                            return Ok(cx.grant("r", "one", Access::Write).is_ok().into());
                        }
                        act::CATCH => {
                            let grant = || cx.grant("r", "one", Access::Write);
                            return Ok(catch_unwind(AssertUnwindSafe(grant)).is_err().into());
                        }
                        act::NOTHING => {}
                        what => panic!("{what}"),
                    }
                    Ok(1)
                })
            },
        )
    }
}

fn rogue(engine: &Engine) -> Module {
    module(engine, &rogue_text())
}

/// A module that does in each callback what it is told, and remembers every address that it was ever given.
fn rogue_text() -> String {
    let abi = ABI
        .replace(
            "(local $at i32) (local $more i32)",
            "(local $at i32) (local $more i32) (if (call $do (i32.const 0)) (then (return (i32.const 0))))",
        )
        .replace(
            r#"(func (export "karmem_free") (param $at i32) (param $size i32) (param i32)"#,
            r#"(func (export "karmem_free") (param $at i32) (param $size i32) (param i32)
                (drop (call $do (i32.const 1)))"#,
        )
        .replace(
            r#"(func (export "karmem_attach") (param $h i32) (param $at i32) (param $len i32) (param $flags i32)"#,
            r#"(func (export "karmem_attach") (param $h i32) (param $at i32) (param $len i32) (param $flags i32)
                (i32.store offset=2004 (i32.shl (i32.load (i32.const 2000)) (i32.const 2)) (local.get $at))
                (i32.store (i32.const 2000) (i32.add (i32.const 1) (i32.load (i32.const 2000))))
                (drop (call $do (i32.const 2)))"#,
        )
        .replace(
            r#"(func (export "karmem_detach") (param i32))"#,
            r#"(func (export "karmem_detach") (param i32) (drop (call $do (i32.const 3))))"#,
        );
    format!(
        r#"
        (import "karmem:t/desk@1" "t_desk__ask" (func $ask (param i32 i32 i32) (result i32)))
        (import "karmem:t/front@1" "t_front__ask" (func $other (param i32 i32 i32) (result i32)))
        (import "karmem:karmem/heap@1" "karmem_heap__alloc"
            (func $heap (param i32 i32 i32) (result i32)))
        (import "env" "panic" (func $panic))
        (import "env" "plain" (func $plain))
        (import "env" "start" (func $start (result i32)))
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        {abi} {MEMORY}
        (func $act (param $what i32) (result i32)
            (if (i32.eq (local.get $what) (i32.const {panic})) (then (call $panic)))
            (if (i32.eq (local.get $what) (i32.const {trap})) (then (unreachable)))
            (if (i32.eq (local.get $what) (i32.const {call}))
                (then (return (call $other (i32.const 0) (i32.const 0) (i32.const {nothing})))))
            (if (i32.eq (local.get $what) (i32.const {heap}))
                (then (return (call $heap (i32.const 1) (i32.const 8) (i32.const 8)))))
            (if (i32.eq (local.get $what) (i32.const {plain}))
                (then (call $plain) (return (call $yield))))
            (if (i32.ge_s (local.get $what) (i32.const {fail}))
                (then
                    (drop (call $ask (i32.const 0) (i32.const 0)
                        (i32.sub (local.get $what) (i32.const {fail}))))
                    (return (i32.const 1))))
            (drop (call $ask (i32.const 0) (i32.const 0) (local.get $what)))
            (i32.const 0))
        ;; At 600 + 8 * callback: what to do, and how often.
        (func $do (param $callback i32) (result i32) (local $at i32)
            (local.set $at (i32.add (i32.const 600) (i32.shl (local.get $callback) (i32.const 3))))
            (if (i32.eqz (i32.load offset=4 (local.get $at))) (then (return (i32.const 0))))
            (i32.store offset=4 (local.get $at)
                (i32.sub (i32.load offset=4 (local.get $at)) (i32.const 1)))
            (call $act (i32.load (local.get $at))))
        (func (export "_initialize") (local $what i32)
            (local.set $what (call $start))
            (if (local.get $what) (then (drop (call $act (local.get $what))))))
        (func (export "karmem_panic") (result i64)
            (drop (call $do (i32.const 4))) (i64.const 0))
        ;; Tells a callback what to do, and how often.
        (func (export "t_front__via") (param $callback i32) (param $what i32) (param $times i32) (result i32)
            (i32.store offset=600 (i32.shl (local.get $callback) (i32.const 3)) (local.get $what))
            (i32.store offset=604 (i32.shl (local.get $callback) (i32.const 3)) (local.get $times))
            (i32.const 0))
        ;; Writes anywhere.
        (func (export "t_front__via_poke") (param $at i32) (param $x i32) (param i32) (result i32)
            (i32.store (local.get $at) (local.get $x)) (i32.const 0))
        ;; Acts in an ordinary call: the result of the host counts.
        (func (export "t_front__ask") (param i32 i32) (param $what i32) (result i32)
            (if (i32.lt_s (local.get $what) (i32.const 90))
                (then (return (call $ask (i32.const 0) (i32.const 0) (local.get $what)))))
            (call $act (local.get $what)))
        "#,
        panic = act::PANIC,
        trap = act::TRAP,
        call = act::CALL,
        heap = act::HEAP,
        plain = act::PLAIN,
        fail = act::ASK_AND_FAIL,
        nothing = act::NOTHING,
    )
}

/// What `_initialize` does in the systems of a test, and how often it has been asked.
#[derive(Clone, Default)]
struct Start(std::sync::Arc<std::sync::Mutex<Vec<i32>>>);

impl Start {
    fn next(&self, what: i32) {
        self.0.lock().unwrap().push(what);
    }
}

fn imports(engine: &Engine, start: &Start) -> Imports {
    let mut imports = Imports::new(engine);
    imports
        .func("env", "panic", || -> () { panic!("below a callback") })
        .unwrap();
    imports.func("env", "plain", || {}).unwrap();
    let start = start.clone();
    let next = move || start.0.lock().unwrap().pop().unwrap_or(0);
    imports.func("env", "start", next).unwrap();
    imports
}

fn builder(engine: &Engine, start: &Start) -> SystemBuilder {
    let rogue = rogue(engine);
    System::builder(engine)
        .outbox(65536)
        .module("one", &rogue)
        .module("two", &rogue)
        .link("one", "t/front", "two")
        .link("two", "t/front", "one")
        .imports(&imports(engine, start))
        .provide(Clerk)
        .region("r", region(65536, 7))
}

/// A system of two rogues.
struct Rogues {
    system: System,
    /// Tells callbacks what to do.
    front: [FrontClient; 2],
    memory: [Guest; 2],
}

const ONE: usize = 0;
const TWO: usize = 1;
const NAMES: [&str; 2] = ["one", "two"];

impl Rogues {
    fn new(engine: &Engine) -> Rogues {
        Rogues::of(builder(engine, &Start::default()).build().unwrap())
    }

    fn of(mut system: System) -> Rogues {
        let front = NAMES.map(|name| system.client(name).unwrap());
        let memory = NAMES.map(|name| system.client(name).unwrap());
        Rogues {
            system,
            front,
            memory,
        }
    }

    /// From now on a callback of a module acts.
    fn when(&mut self, module: usize, callback: i32, what: i32) {
        self.front[module]
            .via(&mut self.system, callback, what, 1)
            .unwrap();
    }

    /// Has the modules store to every address that they were ever given for a region, and says through which
    /// windows of whom a store changed the bytes.
    fn writers(&mut self, bytes: impl Fn(&System) -> u32) -> Vec<&'static str> {
        let mut writers = Vec::new();
        for (module, name) in NAMES.into_iter().enumerate() {
            let memory = self.memory[module].clone();
            let count = memory.address(&mut self.system, 2000, 0, 0).unwrap();
            let address = |index| memory.address(&mut self.system, 2004 + 4 * index, 0, 0);
            let addresses: BTreeSet<i32> = (0..count).map(address).map(Result::unwrap).collect();
            for at in addresses {
                let before = bytes(&self.system);
                let x = before.wrapping_add(1).cast_signed();
                let poked = self.front[module].via_poke(&mut self.system, at, x, 0);
                if poked.is_ok() && bytes(&self.system) != before {
                    writers.push(name);
                }
            }
        }
        writers
    }

    /// Who writes the region `r`.
    fn writers_of_r(&mut self) -> Vec<&'static str> {
        self.writers(|system| first(system, "r"))
    }

    /// The grants that the books know.
    fn grants(&self) -> Vec<(String, Access)> {
        let regions = self.system.describe().regions;
        let r = regions.into_iter().find(|region| region.name == "r");
        r.unwrap().grants
    }

    /// Both modules work, and calls go everywhere again.
    fn check(&mut self) {
        for module in [ONE, TWO] {
            for what in [act::NOTHING, act::CALL, act::HEAP, act::PLAIN] {
                self.front[module]
                    .ask(&mut self.system, 0, 0, what)
                    .unwrap();
            }
        }
    }
}

/// The error that a guest got for calling back.
#[track_caller]
fn refused<T>(result: Result<T>) {
    let Err(error) = result else {
        panic!("it was not refused")
    };
    let text = error.to_string();
    assert!(text.contains("from within its `karmem_"), "{text}");
    let Some(Reason::Host(cause)) = error.as_trap().map(|trap| trap.reason()) else {
        panic!("{error:?}")
    };
    let cause = cause.downcast_ref::<Error>();
    assert!(matches!(cause, Some(Error::Callback { .. })), "{cause:?}");
}

/// Runs something that panics below a callback.
#[track_caller]
fn panics<T>(f: impl FnOnce() -> T) {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"below a callback"));
}

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
                let seen = std::cell::RefCell::new(region);
                assert_eq!(it.writers(|_| word(seen.borrow().bytes(), 0)), [""; 0]);
                it.check();
            }
        }
    }
}

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
            let region = std::cell::RefCell::new(region);
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
