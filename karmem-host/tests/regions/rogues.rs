//! Guests whose callbacks do what they are told: call back, panic, trap.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use karmem_host::{
    Access, Caller, Definer, Engine, Error, Imports, Module, Provider, Reason, Result, System,
    SystemBuilder, provided,
};

use crate::support::*;

/// The callbacks of the ABI, by their numbers in [`Rogues::when`].
pub(crate) const ALLOC: i32 = 0;
pub(crate) const FREE: i32 = 1;
pub(crate) const ATTACH: i32 = 2;
pub(crate) const DETACH: i32 = 3;
/// `karmem_panic`, which is asked after a trap.
pub(crate) const MESSAGE: i32 = 4;

/// What a callback does, and orders to the host's [`Clerk`].
pub(crate) mod act {
    pub(crate) const GRANT_ONE_WRITE: i32 = 1;
    pub(crate) const GRANT_ONE_READ: i32 = 2;
    pub(crate) const GRANT_TWO_WRITE: i32 = 3;
    pub(crate) const REVOKE_ONE: i32 = 4;
    pub(crate) const REVOKE_ONE_GRANT_TWO: i32 = 5;
    pub(crate) const NOTHING: i32 = 6;
    /// Grants to `one`, and survives what happens below.
    pub(crate) const TRY: i32 = 7;
    /// Grants to `one`, and catches a panic below.
    pub(crate) const CATCH: i32 = 8;
    /// Calls an import that panics.
    pub(crate) const PANIC: i32 = 90;
    /// Traps.
    pub(crate) const TRAP: i32 = 91;
    /// Calls the other module.
    pub(crate) const CALL: i32 = 92;
    /// Allocates in a region's heap.
    pub(crate) const HEAP: i32 = 93;
    /// Calls an import that belongs to no interface, and WASI.
    pub(crate) const PLAIN: i32 = 94;
    /// Asks the host, and reports failure afterwards: `karmem_alloc` gives 0.
    pub(crate) const ASK_AND_FAIL: i32 = 100;
}

/// An implementation in the host that changes grants for whoever asks.
pub(crate) struct Clerk;

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

pub(crate) fn rogue(engine: &Engine) -> Module {
    module(engine, &rogue_text())
}

/// A module that does in each callback what it is told, and remembers every address that it was ever given.
pub(crate) fn rogue_text() -> String {
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
pub(crate) struct Start(pub(crate) Arc<Mutex<Vec<i32>>>);

impl Start {
    pub(crate) fn next(&self, what: i32) {
        self.0.lock().unwrap().push(what);
    }
}

pub(crate) fn imports(engine: &Engine, start: &Start) -> Imports {
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

pub(crate) fn builder(engine: &Engine, start: &Start) -> SystemBuilder {
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
pub(crate) struct Rogues {
    pub(crate) system: System,
    /// Tells callbacks what to do.
    pub(crate) front: [FrontClient; 2],
    pub(crate) memory: [Guest; 2],
}

pub(crate) const ONE: usize = 0;
pub(crate) const TWO: usize = 1;
pub(crate) const NAMES: [&str; 2] = ["one", "two"];

impl Rogues {
    pub(crate) fn new(engine: &Engine) -> Rogues {
        Rogues::of(builder(engine, &Start::default()).build().unwrap())
    }

    pub(crate) fn of(mut system: System) -> Rogues {
        let front = NAMES.map(|name| system.client(name).unwrap());
        let memory = NAMES.map(|name| system.client(name).unwrap());
        Rogues {
            system,
            front,
            memory,
        }
    }

    /// From now on a callback of a module acts.
    pub(crate) fn when(&mut self, module: usize, callback: i32, what: i32) {
        self.front[module]
            .via(&mut self.system, callback, what, 1)
            .unwrap();
    }

    /// Has the modules store to every address that they were ever given for a region, and says through which
    /// windows of whom a store changed the bytes.
    pub(crate) fn writers(&mut self, bytes: impl Fn(&System) -> u32) -> Vec<&'static str> {
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
    pub(crate) fn writers_of_r(&mut self) -> Vec<&'static str> {
        self.writers(|system| first(system, "r"))
    }

    /// The grants that the books know.
    pub(crate) fn grants(&self) -> Vec<(String, Access)> {
        let regions = self.system.describe().regions;
        let r = regions.into_iter().find(|region| region.name == "r");
        r.unwrap().grants
    }

    /// Both modules work, and calls go everywhere again.
    pub(crate) fn check(&mut self) {
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
pub(crate) fn refused<T>(result: Result<T>) {
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
pub(crate) fn panics<T>(f: impl FnOnce() -> T) {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"below a callback"));
}
