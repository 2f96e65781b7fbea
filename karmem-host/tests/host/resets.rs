//! Guests are told that no call is running any more after one that failed.

use std::time::Duration;

use karmem_host::wasmtime::Config;
use karmem_host::{Engine, Error, Instance, Limits, Module, Threads};

use crate::{guest, message, module, wasm, with_abi};

/// Counts how often it was told, and how many blocks it has been given since; loops and traps when it is asked to,
/// and traps when it is told, as long as it is asked to.
fn told() -> String {
    with_abi(
        r#"
        (global $told (mut i32) (i32.const 0))
        (global $since (mut i32) (i32.const 0))
        (global $fail (mut i32) (i32.const 0))
        (func (export "karmem_reset")
            (if (global.get $fail) (then
                (global.set $fail (i32.sub (global.get $fail) (i32.const 1)))
                unreachable))
            (memory.fill (i32.const 8) (i32.const 0) (i32.const 120))
            (global.set $told (i32.add (global.get $told) (i32.const 1))))
        (func (export "told") (result i32) (global.get $told))
        (func (export "has") (param i32) (result i32)
            (i32.load offset=4 (i32.shl (local.get 0) (i32.const 3))))
        (func (export "loops") (loop $l (br $l)))
        (func (export "traps") (param i32) (global.set $fail (local.get 0)) unreachable)"#,
    )
}

#[test]
fn a_guest_takes_its_blocks_again_after_it_was_told() {
    let quick = Limits::default().deadline(Duration::from_millis(2));
    let mut guest = Instance::new(&module(&told()), quick).unwrap();
    let blocks = [guest.alloc(8).unwrap(), guest.alloc(16).unwrap()];
    for times in 1..=20 {
        let function = if times % 2 == 0 { "loops" } else { "traps" };
        if function == "loops" {
            guest.call::<(), ()>(function, ()).unwrap_err();
        } else {
            guest.call::<i32, ()>(function, 0).unwrap_err();
        }
        // Room for slow machines.
        guest.set_deadline(Some(Duration::from_secs(60)));
        assert_eq!(guest.call::<(), i32>("told", ()).unwrap(), times);
        for block in &blocks {
            let len: i32 = guest.call("has", block.handle().cast_signed()).unwrap();
            assert_eq!(len.cast_unsigned(), block.len());
        }
        guest.set_deadline(Some(Duration::from_millis(2)));
    }
}

#[test]
fn a_guest_that_could_not_be_told_is_told_before_it_is_used_again() {
    let mut guest = guest(&told());
    let block = guest.alloc(8).unwrap();
    // It traps when it is told, and when it is told again.
    guest.call::<i32, ()>("traps", 2).unwrap_err();
    let e = guest.call::<(), i32>("told", ()).unwrap_err();
    assert_eq!(e.as_trap().unwrap().function(), "karmem_reset");
    assert_eq!(guest.call::<(), i32>("told", ()).unwrap(), 1);
    guest.call::<i32, ()>("traps", 3).unwrap_err();
    assert!(guest.alloc(8).is_err());
    assert!(guest.free(block).is_err());
    let block = guest.alloc(8).unwrap();
    assert_eq!(guest.call::<(), i32>("told", ()).unwrap(), 2);
    guest.free(block).unwrap();
}

#[test]
fn a_reset_of_another_type_is_refused() {
    let text = with_abi(r#"(func (export "karmem_reset") (param i32))"#);
    let refused = message(guest(&text).alloc(8));
    assert!(
        refused.contains("its `karmem_reset` is a func (i32), and not a func ()"),
        "{refused}"
    );
}

#[test]
fn threads_are_told_when_no_call_is_running() {
    let mut config = Config::new();
    config.shared_memory(true);
    let engine = Engine::with_config(config).unwrap();
    let text = r#"(module (import "env" "memory" (memory 1 10 shared))
        (func (export "karmem_reset")
            (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1))))
        (func (export "told") (result i32) (i32.atomic.load (i32.const 16)))
        (func (export "traps") unreachable)
        ;; Says that it runs, and waits to be let go.
        (func (export "waits")
            (i32.atomic.store (i32.const 24) (i32.const 1))
            (loop $l (br_if $l (i32.eqz (i32.atomic.load (i32.const 32))))))
        (func (export "runs") (result i32) (i32.atomic.load (i32.const 24)))
        (func (export "let_go") (i32.atomic.store (i32.const 32) (i32.const 1))))"#;
    let module = Module::from_bytes_untyped(&engine, wasm(text)).unwrap();
    let limits = Limits::default().deadline(Duration::from_secs(60));
    let threads = Threads::new(&module, limits).unwrap();
    let told = |threads: &Threads| -> Result<i32, Error> { threads.thread()?.call("told", ()) };
    assert_eq!(told(&threads).unwrap(), 0);
    threads
        .thread()
        .unwrap()
        .call::<(), ()>("traps", ())
        .unwrap_err();
    assert_eq!(told(&threads).unwrap(), 1);
    assert_eq!(told(&threads).unwrap(), 1);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| threads.thread().unwrap().call::<(), ()>("waits", ()));
        let mut thread = threads.thread().unwrap();
        while thread.call::<(), i32>("runs", ()).unwrap() == 0 {
            std::thread::yield_now();
        }
        thread.call::<(), ()>("traps", ()).unwrap_err();
        // What the other one is doing is not over.
        assert_eq!(thread.call::<(), i32>("told", ()).unwrap(), 1);
        thread.call::<(), ()>("let_go", ()).unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(told(&threads).unwrap(), 2);
}
