//! Calls that are awaited on tokio.
#![allow(missing_docs, unused_crate_dependencies, unreachable_pub)]

#[path = "common/mod.rs"]
mod common;

use std::cell::Cell;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use karmem_core::Interface;
use karmem_core::schema::{self, Pass, Scalar, Type};
use karmem_host::{
    Access, Caller, Client, Definer, Engine, Error, Imports, Limits, Link, Method, Module,
    Provider, Reason, Region, Result, System, provided,
};

const I32: Pass = Pass::Scalar(Type::Scalar(Scalar::I32));

enum Work {}

impl Interface for Work {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "t",
        name: "work",
        version: 1,
        methods: &[schema::Method {
            name: "go",
            params: &[schema::Param {
                name: "x",
                pass: I32,
            }],
            ok: Some(I32),
            err: None,
        }],
    };
}

struct WorkClient(Method<i32, i32>);

impl Client for WorkClient {
    type Interface = Work;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(WorkClient(link.method("go")?))
    }
}

impl WorkClient {
    fn go(&self, system: &mut System, x: i32) -> Result<i32> {
        system.invoke(&self.0, |_| Ok(x), |r, _| Ok(r))
    }

    async fn go_async(&self, system: &mut System, x: i32) -> Result<i32> {
        system.invoke_async(&self.0, |_| Ok(x), |r, _| Ok(r)).await
    }
}

/// Runs for `x` rounds of some work, for ever if `x` is negative; gives its stack pointer.
const WORKER: &str = r#"(module
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 4096))
    (func (export "t_work__go") (param i32) (result i32) (local $n i32) (local $sum i32)
        (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
        (loop $rounds
            (local.set $n (i32.const 1000000))
            (loop $work
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $n)))
                (br_if $work (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if $rounds (i32.ne (local.get 0) (i32.const 0))))
        (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
        (global.get $sp)))"#;

fn system(limits: Limits) -> (System, WorkClient) {
    let engine = Engine::new().unwrap();
    let module = Module::from_bytes_untyped(&engine, wat::parse_str(WORKER).unwrap()).unwrap();
    let builder = System::builder(&engine)
        .module("worker", &module)
        .limits(limits);
    let mut system = builder.build().unwrap();
    let client = system.client("worker").unwrap();
    (system, client)
}

#[tokio::test]
async fn other_tasks_run_while_a_guest_works() {
    let (mut system, worker) = system(Limits::default().deadline(Duration::from_millis(300)));
    let turns = Rc::new(Cell::new(0));
    let counter = turns.clone();
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let other = tokio::task::spawn_local(async move {
                loop {
                    counter.set(counter.get() + 1);
                    tokio::task::yield_now().await;
                }
            });
            // Until the deadline, which also shows that slices do not add up to more than it.
            let e = worker.go_async(&mut system, -1).await.unwrap_err();
            assert!(
                e.to_string().contains("ran past its deadline of 300ms"),
                "{e}"
            );
            other.abort();
        })
        .await;
    assert!(turns.get() > 10, "only {} turns", turns.get());
    // The stack pointer is where it was, and both kinds of calls work.
    assert_eq!(worker.go_async(&mut system, 1).await.unwrap(), 4096);
    assert_eq!(worker.go(&mut system, 1).unwrap(), 4096);
}

#[tokio::test]
async fn a_future_that_is_dropped_ends_the_call() {
    let (mut system, worker) = system(Limits::default());
    for _ in 0..20 {
        let call = worker.go_async(&mut system, -1);
        let late = tokio::time::timeout(Duration::from_millis(5), call).await;
        assert!(late.is_err());
        assert_eq!(worker.go(&mut system, 1).unwrap(), 4096);
    }
    assert_eq!(system.stats().traps, 20);
}

#[tokio::test]
async fn a_future_may_move_to_another_thread() {
    let (mut system, worker) = system(Limits::default());
    let moved = tokio::spawn(async move { worker.go_async(&mut system, 3).await });
    assert_eq!(moved.await.unwrap().unwrap(), 4096);
}

#[test]
fn an_endless_guest_is_still_ended_when_nobody_awaits() {
    let (mut system, worker) = system(Limits::default().deadline(Duration::from_millis(20)));
    let e = worker.go(&mut system, -1).unwrap_err();
    assert!(matches!(e, Error::Trap(_)), "{e}");
}

interface! { Desk DeskClient "t" "desk" { ask: i32 => i32 } }
interface! { Front FrontClient "t" "front" { run: (i32, i32) => i32 } }

/// What the module at the front is told to do.
const ASK: i32 = 0;
const CALL: i32 = 1;
const WRITE_AND_CALL: i32 = 2;
/// At its next callback: the action below, the rounds above.
const ACT: i32 = 3;

/// What it does at its next callback.
mod act {
    pub(super) const WORK: i32 = 1;
    pub(super) const ASK: i32 = 2;
    pub(super) const PANIC: i32 = 3;
}

/// What the host is asked to do.
const GRANT: i32 = 0;
const REVOKE: i32 = 1;
/// Bears a failure.
const TRY: i32 = 2;

struct DeskProvider;

impl Provider for DeskProvider {
    type Interface = Desk;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let this = provided(());
        host.method("ask", move |caller: Caller<'_>, what: i32| {
            this.serve(caller, |(), cx| {
                match what {
                    GRANT => cx.grant("s", "front", Access::Write)?,
                    REVOKE => cx.revoke("s", "front")?,
                    _ => return Ok(cx.grant("s", "front", Access::Write).is_ok().into()),
                }
                Ok(1)
            })
        })
    }
}

/// The functions of the ABI, with a block at the end of the memory for each region, and work.
const REGIONS: &str = r#"
    (memory (export "memory") 1)
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 4096))
    (func (export "karmem_alloc") (param i32 i32) (result i32)
        (call $act)
        (i32.shl (memory.grow (i32.shr_u (local.get 0) (i32.const 16))) (i32.const 16)))
    (func (export "karmem_free") (param i32 i32 i32))
    (func (export "karmem_attach") (param i32 i32 i32 i32)
        (call $act)
        (i32.store offset=1024 (i32.shl (local.get 0) (i32.const 2)) (local.get 1)))
    (func (export "karmem_detach") (param i32) (call $act))
    ;; The first number of the region `r`, whose handle is 4: outboxes come first.
    (func $first (result i32) (i32.load (i32.load offset=1024 (i32.const 16))))
    (func $work (param i32) (local $n i32) (local $sum i32)
        (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
        (loop $rounds
            (local.set $n (i32.const 1000000))
            (loop $work
                (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (local.get $n)))
                (br_if $work (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
            (br_if $rounds (i32.ne (local.get 0) (i32.const 0))))
        (global.set $sp (i32.add (global.get $sp) (i32.const 16))))
"#;

/// Works, and says what it sees in the region.
const BACK: &str = r#"
    (func $act)
    (func (export "t_work__go") (param i32) (result i32)
        (call $work (local.get 0)) (call $first))
"#;

const FRONT: &str = r#"
    (import "karmem:t/desk@1" "t_desk__ask" (func $ask (param i32) (result i32)))
    (import "karmem:t/work@1" "t_work__go" (func $go (param i32) (result i32)))
    (import "env" "panic" (func $panic))
    (func $act (local $what i32) (local $rounds i32)
        (local.set $what (i32.load (i32.const 900)))
        (local.set $rounds (i32.load (i32.const 904)))
        (i32.store (i32.const 900) (i32.const 0))
        (if (i32.eq (local.get $what) (i32.const 1)) (then (call $work (local.get $rounds))))
        (if (i32.eq (local.get $what) (i32.const 2)) (then (drop (call $ask (i32.const 0)))))
        (if (i32.eq (local.get $what) (i32.const 3)) (then (call $panic))))
    (func (export "t_front__run") (param i32 i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 0)) (then (return (call $ask (local.get 1)))))
        (if (i32.eq (local.get 0) (i32.const 1)) (then (return (call $go (local.get 1)))))
        (if (i32.eq (local.get 0) (i32.const 2))
            (then
                (i32.store (i32.load offset=1024 (i32.const 16)) (local.get 1))
                (return (call $go (i32.const 1)))))
        (i32.store (i32.const 900) (i32.and (local.get 1) (i32.const 255)))
        (i32.store (i32.const 904) (i32.shr_s (local.get 1) (i32.const 8)))
        (i32.const 0))
"#;

/// Two modules that have the region `r`, and another one `s` that the host grants when it is asked to.
struct Chain {
    system: System,
    front: FrontClient,
}

impl Chain {
    fn new(engine: &Engine, region: fn(usize) -> Result<Region>) -> Chain {
        let mut imports = Imports::new(engine);
        imports
            .func("env", "panic", || -> () { panic!("below a callback") })
            .unwrap();
        let front = common::module(engine, &format!("{FRONT} {REGIONS}"));
        let back = common::module(engine, &format!("{BACK} {REGIONS}"));
        let mut system = System::builder(engine)
            .outbox(65536)
            .module("front", &front)
            .module("back", &back)
            .provide(DeskProvider)
            .imports(&imports)
            .region("r", region(65536).unwrap())
            .region("s", region(65536).unwrap())
            // The host takes it away while the module waits.
            .volatile("s")
            .grant("r", "front", Access::Write)
            .grant("r", "back", Access::Read)
            .build()
            .unwrap();
        assert_eq!(system.shared::<()>("r", 0).unwrap().handle(), 4);
        let front = system.client("front").unwrap();
        Chain { system, front }
    }

    async fn run(&mut self, what: i32, x: i32) -> Result<i32> {
        let method = &self.front.run;
        self.system
            .invoke_async(method, |_| Ok((what, x)), |r, _| Ok(r))
            .await
    }

    fn grants(&self) -> Vec<(String, Access)> {
        let regions = self.system.describe().regions;
        let s = regions.into_iter().find(|region| region.name == "s");
        s.unwrap().grants
    }

    /// Calls of both kinds work, and grants within them.
    async fn check(&mut self) {
        for x in [5, 6] {
            assert_eq!(self.run(WRITE_AND_CALL, x).await.unwrap(), x);
            let seen = self.front.run(&mut self.system, (WRITE_AND_CALL, x + 10));
            assert_eq!(seen.unwrap(), x + 10);
            assert_eq!(self.run(ASK, GRANT).await.unwrap(), 1);
            assert_eq!(self.grants(), [("front".to_owned(), Access::Write)]);
            assert_eq!(self.run(ASK, REVOKE).await.unwrap(), 1);
            assert_eq!(self.grants(), []);
        }
        let at = self.system.bytes("r").unwrap()[0];
        assert_eq!(at, 16);
    }
}

const KINDS: [fn(usize) -> Result<Region>; 2] = [Region::anonymous, Region::copied];

#[tokio::test]
async fn grants_change_in_calls_that_are_awaited_and_copies_follow() {
    for engine in [Engine::new().unwrap(), common::pooling()] {
        for region in KINDS {
            let mut chain = Chain::new(&engine, region);
            for _ in 0..3 {
                chain.check().await;
            }
            assert_eq!(chain.system.stats().traps, 0);
        }
    }
}

#[tokio::test]
async fn a_callback_in_a_call_that_is_awaited_may_take_its_time() {
    let engine = Engine::new().unwrap();
    for region in KINDS {
        let mut chain = Chain::new(&engine, region);
        // Longer than a slice.
        chain.run(ACT, act::WORK | 100 << 8).await.unwrap();
        assert_eq!(chain.run(ASK, GRANT).await.unwrap(), 1);
        chain.run(ACT, act::WORK | 100 << 8).await.unwrap();
        assert_eq!(chain.run(ASK, REVOKE).await.unwrap(), 1);
        chain.check().await;
    }
}

#[tokio::test]
async fn a_callback_in_a_call_that_is_awaited_ends_at_the_deadline() {
    let engine = Engine::new().unwrap();
    for region in KINDS {
        let mut chain = Chain::new(&engine, region);
        chain.run(ACT, act::WORK | -1 << 8).await.unwrap();
        chain.system.set_deadline(Some(Duration::from_millis(100)));
        let e = chain.run(ASK, GRANT).await.unwrap_err();
        chain.system.set_deadline(None);
        assert!(e.to_string().contains("ran past its deadline"), "{e}");
        assert_eq!(chain.grants(), []);
        chain.check().await;
    }
}

#[tokio::test]
async fn a_callback_in_a_call_that_is_awaited_calls_nobody() {
    let engine = Engine::new().unwrap();
    for region in KINDS {
        let mut chain = Chain::new(&engine, region);
        chain.run(ACT, act::ASK).await.unwrap();
        let e = chain.run(ASK, GRANT).await.unwrap_err();
        assert!(e.to_string().contains("from within its `karmem_a"), "{e}");
        assert!(matches!(e.as_trap().unwrap().reason(), Reason::Host(_)));
        assert_eq!(chain.grants(), []);
        chain.run(ACT, act::ASK).await.unwrap();
        assert_eq!(chain.run(ASK, TRY).await.unwrap(), 0);
        chain.check().await;
    }
}

#[tokio::test]
async fn a_panic_below_a_callback_in_a_call_that_is_awaited_undoes_the_grant() {
    for engine in [Engine::new().unwrap(), common::pooling()] {
        for region in KINDS {
            let mut chain = Chain::new(&engine, region);
            for _ in 0..3 {
                chain.run(ACT, act::PANIC).await.unwrap();
                let panic = {
                    let mut call = pin!(chain.run(ASK, GRANT));
                    poll_fn(|cx| {
                        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
                        match polled {
                            Ok(Poll::Pending) => Poll::Pending,
                            Ok(Poll::Ready(result)) => panic!("{result:?}"),
                            Err(panic) => Poll::Ready(panic),
                        }
                    })
                    .await
                };
                assert_eq!(panic.downcast_ref::<&str>(), Some(&"below a callback"));
                assert_eq!(chain.grants(), []);
                chain.check().await;
            }
            assert_eq!(chain.system.stats().traps, 3);
        }
    }
}

#[tokio::test]
async fn other_tasks_run_while_a_guest_works_that_another_one_called() {
    let engine = Engine::new().unwrap();
    for region in KINDS {
        let mut chain = Chain::new(&engine, region);
        chain.system.set_deadline(Some(Duration::from_millis(300)));
        let turns = Rc::new(Cell::new(0));
        let counter = turns.clone();
        let local = tokio::task::LocalSet::new();
        let ended = local
            .run_until(async {
                let other = tokio::task::spawn_local(async move {
                    loop {
                        counter.set(counter.get() + 1);
                        tokio::task::yield_now().await;
                    }
                });
                let ended = chain.run(CALL, -1).await;
                other.abort();
                ended
            })
            .await;
        let e = ended.unwrap_err();
        assert!(e.to_string().contains("ran past its deadline"), "{e}");
        // On a machine that is busy there are few.
        assert!(turns.get() > 1, "only {} turns", turns.get());
        chain.system.set_deadline(None);
        chain.check().await;
        // A future that is dropped meanwhile.
        let late = tokio::time::timeout(Duration::from_millis(5), chain.run(CALL, -1)).await;
        assert!(late.is_err());
        chain.check().await;
    }
}

/// Counts how often it was told that no call is running; traps if `x` is 0, and loops if it is negative.
const TOLD: &str = r#"(module
    (memory (export "memory") 2)
    (global $top (export "top") (mut i32) (i32.const 65536))
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 4096))
    (global $told (export "told") (mut i32) (i32.const 0))
    (global $taken (export "taken") (mut i32) (i32.const 0))
    (func (export "karmem_alloc") (param i32 i32) (result i32) (local $at i32)
        (local.set $at (i32.shl (memory.grow (i32.shr_u (local.get 0) (i32.const 16))) (i32.const 16)))
        (local.get $at))
    (func (export "karmem_free") (param i32 i32 i32))
    (func (export "karmem_attach") (param i32 i32 i32 i32)
        (global.set $taken (i32.add (global.get $taken) (i32.const 1))))
    (func (export "karmem_detach") (param i32))
    (func (export "karmem_reset")
        (global.set $taken (i32.const 0))
        (global.set $told (i32.add (global.get $told) (i32.const 1))))
    (func (export "t_work__go") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then unreachable))
        (loop $l (br_if $l (i32.lt_s (local.get 0) (i32.const 0))))
        (i32.add (i32.mul (global.get $told) (i32.const 100)) (global.get $taken))))"#;

#[tokio::test]
async fn after_an_awaited_call_that_failed_regions_are_taken_again() {
    let engine = Engine::new().unwrap();
    let module = Module::from_bytes_untyped(&engine, wat::parse_str(TOLD).unwrap()).unwrap();
    let limits = Limits::default().deadline(Duration::from_millis(10));
    let mut system = System::builder(&engine)
        .module("worker", &module)
        .region("r", karmem_host::Region::anonymous(1 << 16).unwrap())
        .grant("r", "worker", karmem_host::Access::Write)
        .limits(limits)
        .build()
        .unwrap();
    let worker: WorkClient = system.client("worker").unwrap();
    let windows = worker.go_async(&mut system, 1).await.unwrap();
    assert!(windows > 0);
    let mut times = 0;
    for _ in 0..5 {
        // At its deadline, by a trap, and because nobody waits for it any more.
        let e = worker.go_async(&mut system, -1).await.unwrap_err();
        assert!(e.to_string().contains("ran past its deadline"), "{e}");
        times += 1;
        assert_eq!(
            worker.go_async(&mut system, 1).await.unwrap(),
            100 * times + windows
        );
        worker.go_async(&mut system, 0).await.unwrap_err();
        times += 1;
        assert_eq!(
            worker.go_async(&mut system, 1).await.unwrap(),
            100 * times + windows
        );
        {
            let mut call = std::pin::pin!(worker.go_async(&mut system, -1));
            let first = std::future::poll_fn(|cx| std::task::Poll::Ready(call.as_mut().poll(cx)));
            assert!(first.await.is_pending());
        }
        times += 1;
        assert_eq!(
            worker.go_async(&mut system, 1).await.unwrap(),
            100 * times + windows
        );
    }
    assert_eq!(system.poisoned("worker").unwrap(), None);
}
