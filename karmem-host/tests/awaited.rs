//! Calls that are awaited on tokio.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use karmem_core::Interface;
use karmem_core::schema::{self, Pass, Scalar, Type};
use karmem_host::{Client, Engine, Error, Limits, Link, Method, Module, Result, System};

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
