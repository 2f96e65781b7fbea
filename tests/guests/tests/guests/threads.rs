//! One guest on several threads.

use std::sync::OnceLock;
use std::time::Duration;

use karmem::host::wasmtime::{self, Config};
use karmem::host::{Engine, Error, Limits, Module, Part, Reason, Thread, Threads};
use karmem_tests_guests::{built, rust};

use crate::{limits, reason};

const MAXIMUM: u64 = 64 << 20;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config.shared_memory(true);
        Engine::with_config(config).unwrap()
    })
}

/// Built by the stable compiler: see the guest for what that takes.
fn in_rust() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        let wasm = built(&rust("karmem-tests-guest-threads").shared_memory(MAXIMUM));
        Module::from_bytes_untyped(engine(), std::fs::read(wasm).unwrap()).unwrap()
    })
}

fn assembled(text: &str) -> Module {
    Module::from_bytes_untyped(engine(), wat::parse_str(text).unwrap()).unwrap()
}

/// By hand, without a stack: `work` as in the other two, with a barrier that sleeps.
fn by_hand() -> Module {
    assembled(
        r#"(module
            (import "env" "memory" (memory 1 1024 shared))
            (data $numbers "\64\00\00\00")
            (start $once)
            ;; 0: whether the data was copied; 4: calls; 8: starts, from the data on.
            (func $once (if (i32.eqz (i32.atomic.rmw.cmpxchg (i32.const 0) (i32.const 0) (i32.const 1)))
                (then (memory.init $numbers (i32.const 8) (i32.const 0) (i32.const 4)))))
            (func (export "count") (result i32)
                (i32.add (i32.atomic.rmw.add (i32.const 4) (i32.const 1)) (i32.const 1)))
            (func (export "start") (result i32)
                (i32.add (i32.atomic.rmw.add (i32.const 8) (i32.const 1)) (i32.const 1)))
            (func $meet (param $at i32) (param $threads i32) (local $round i32)
                (local.set $round (i32.atomic.load offset=4 (local.get $at)))
                (if (i32.eq (i32.add (i32.atomic.rmw.add (local.get $at) (i32.const 1)) (i32.const 1))
                        (local.get $threads))
                    (then
                        (i32.atomic.store (local.get $at) (i32.const 0))
                        (drop (i32.atomic.rmw.add offset=4 (local.get $at) (i32.const 1)))
                        (drop (memory.atomic.notify offset=4 (local.get $at) (i32.const -1))))
                    (else (loop $again
                        (drop (memory.atomic.wait32 offset=4
                            (local.get $at) (local.get $round) (i64.const 10000000)))
                        (br_if $again (i32.eq (local.get $round)
                            (i32.atomic.load offset=4 (local.get $at))))))))
            (func (export "work") (param $all i32) (param $len i32) (param $index i32)
                    (param $threads i32) (param $rounds i32) (param $barrier i32) (result i64)
                (local $at i32) (local $end i32) (local $next i32) (local $round i32) (local $sum i64)
                (local.set $next (i32.add (local.get $all) (i32.mul (local.get $len)
                    (i32.rem_u (i32.add (local.get $index) (i32.const 1)) (local.get $threads)))))
                (local.set $end (i32.add (local.get $all)
                    (i32.mul (local.get $len) (i32.add (local.get $index) (i32.const 1)))))
                (loop $all_rounds
                    (local.set $at (i32.sub (local.get $end) (local.get $len)))
                    (loop $part
                        (i32.store (local.get $at) (i32.add
                            (i32.mul (i32.load (local.get $at)) (i32.const 1664525))
                            (i32.add (i32.const 1013904223) (local.get $round))))
                        (local.set $at (i32.add (local.get $at) (i32.const 4)))
                        (br_if $part (i32.lt_u (local.get $at) (local.get $end))))
                    (call $meet (local.get $barrier) (local.get $threads))
                    (local.set $sum (i64.add (local.get $sum) (i64.load32_u (local.get $next))))
                    (call $meet (local.get $barrier) (local.get $threads))
                    (local.set $round (i32.add (local.get $round) (i32.const 1)))
                    (br_if $all_rounds (i32.lt_u (local.get $round) (local.get $rounds))))
                (local.get $sum)))"#,
    )
}

/// What `work` does, on one thread: the numbers, and the sum of each part.
fn model(numbers: &mut [u32], threads: usize, rounds: u32) -> Vec<u64> {
    let len = numbers.len() / threads;
    let mut sums = vec![0; threads];
    for round in 0..rounds {
        for number in &mut *numbers {
            *number = number
                .wrapping_mul(1_664_525)
                .wrapping_add(1_013_904_223 + round);
        }
        for (index, sum) in sums.iter_mut().enumerate() {
            *sum += u64::from(numbers[(index + 1) % threads * len]);
        }
    }
    sums
}

fn numbers(part: &Part) -> Vec<u32> {
    let mut bytes = vec![0; part.len() as usize];
    part.read(0, &mut bytes).unwrap();
    let words = bytes.chunks_exact(4);
    words
        .map(|w| u32::from_le_bytes(w.try_into().unwrap()))
        .collect()
}

/// Four threads, each on its part, through many rounds that a barrier separates: the result is that of one thread.
fn four_threads(module: &Module, rounds: u32) {
    const THREADS: usize = 4;
    let threads = Threads::new(module, limits()).unwrap();
    let barrier = threads.part(64).unwrap();
    let mut all = threads.part(THREADS * 4096).unwrap();
    let mut expected: Vec<u32> = (0..THREADS as u32 * 1024).map(|n| n * n).collect();
    let bytes: Vec<u8> = expected.iter().flat_map(|n| n.to_le_bytes()).collect();
    all.write(0, &bytes).unwrap();

    let start = all.address();
    let parts = all.split(THREADS);
    assert!(parts.iter().all(|part| part.len() == 4096));
    let sums = threads
        .run(THREADS, |n, thread| {
            let (index, count) = (n as u32, THREADS as u32);
            let params = (
                start,
                parts[n].len(),
                index,
                count,
                rounds,
                barrier.address(),
            );
            thread.call::<_, u64>("work", params)
        })
        .unwrap();
    assert_eq!(sums, model(&mut expected, THREADS, rounds));
    let found: Vec<u32> = parts.iter().flat_map(numbers).collect();
    assert_eq!(found, expected);
}

#[test]
fn four_threads_by_hand() {
    four_threads(&by_hand(), 1000);
}

/// Fewer rounds, as these threads spin, and there may be fewer processors than threads.
#[test]
fn four_threads_in_rust() {
    four_threads(in_rust(), 200);
}

/// The data is copied by the first instance, and statics are the same for all.
fn initialised_once(module: &Module) {
    let threads = Threads::new(module, limits()).unwrap();
    for n in 1..=20 {
        let mut thread = threads.thread().unwrap();
        assert_eq!(thread.call::<(), u32>("start", ()).unwrap(), 100 + n);
    }
    let each = threads.run(4, |_, thread| {
        (0..500)
            .map(|_| thread.call::<(), u32>("count", ()))
            .collect()
    });
    let each: Vec<Vec<u32>> = each.unwrap();
    let mut counts = each.concat();
    counts.sort_unstable();
    assert!(counts.iter().copied().eq(1..=2000));
    // Another memory has its own.
    let other = Threads::new(module, limits()).unwrap();
    let mut thread = other.thread().unwrap();
    assert_eq!(thread.call::<(), u32>("start", ()).unwrap(), 101);
}

#[test]
fn data_is_initialised_once() {
    initialised_once(&by_hand());
    initialised_once(in_rust());
}

#[test]
fn a_barrier_that_is_never_complete_ends_at_the_deadline() {
    const DEADLINE: Duration = Duration::from_millis(50);
    let limits = limits().deadline(DEADLINE);
    let threads = Threads::new(in_rust(), limits).unwrap();
    let part = threads.part(4096).unwrap();
    let barrier = threads.part(64).unwrap();
    let mut thread = threads.thread().unwrap();
    let params = (part.address(), 64u32, 0u32, 2u32, 1u32, barrier.address());
    let error = thread.call::<_, u64>("work", params).unwrap_err();
    assert!(
        matches!(reason(&error), Reason::Deadline(d) if *d == DEADLINE),
        "{error}"
    );
}

#[test]
fn parts_are_apart() {
    let threads = Threads::new(&by_hand(), limits()).unwrap();
    let mut parts = threads.part(1000).unwrap().split(3);
    assert_eq!(
        parts.iter().map(Part::len).collect::<Vec<_>>(),
        [384, 384, 232]
    );
    assert!(parts.iter().all(|part| part.address() % 64 == 0));
    for (n, part) in parts.iter_mut().enumerate() {
        part.write(0, &vec![n as u8 + 1; part.len() as usize])
            .unwrap();
        assert!(matches!(
            part.write(part.len() - 1, &[0, 0]),
            Err(Error::OutOfBlock { .. })
        ));
        assert!(matches!(
            part.read(u32::MAX, &mut [0]),
            Err(Error::OutOfBlock { .. })
        ));
    }
    for (n, part) in parts.iter().enumerate() {
        assert!(
            numbers(part)
                .iter()
                .all(|&w| w == (n as u32 + 1) * 0x0101_0101)
        );
    }
    let (start, size) = (parts[0].address(), threads.size());
    drop(parts.pop());
    let next = threads.part(1).unwrap();
    assert_ne!(next.address(), start);
    drop((parts, next));
    // Given back, it is used again, as zeros.
    let again = threads.part(100_000).unwrap();
    assert_eq!(again.address(), start);
    assert!(numbers(&again).iter().all(|&w| w == 0));
    assert_eq!(threads.size(), size + (64 << 10));
    let many = again.split(5000);
    assert_eq!(
        many.iter().map(|part| part.len() as usize).sum::<usize>(),
        100_000
    );
    assert!(matches!(threads.part(0), Err(Error::BlockSize(0))));
    assert!(matches!(threads.part(100 << 20), Err(Error::NoRoom { .. })));
}

#[test]
fn what_is_not_built_for_threads_is_refused() {
    let refused = |module: &Module, limits: Limits, why: &str| {
        let error = Threads::new(module, limits).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    };
    refused(&assembled("(module)"), limits(), "imports no memory");
    let plain = assembled(r#"(module (import "env" "memory" (memory 1)))"#);
    refused(&plain, limits(), "not a shared one");
    refused(
        &by_hand(),
        limits().memory(1 << 20),
        "more than `Limits::memory`",
    );
    let missing =
        assembled(r#"(module (import "e" "m" (memory 1 2 shared)) (import "e" "f" (func)))"#);
    refused(&missing, limits(), "e.f: func");
    let one_stack = assembled(
        r#"(module (import "e" "m" (memory 1 2 shared)) (global $__stack_pointer (mut i32) (i32.const 65536)))"#,
    );
    refused(&one_stack, limits(), "--export=__stack_pointer");
    let no_locals = assembled(
        r#"(module (import "e" "m" (memory 1 2 shared)) (global (export "__tls_size") i32 (i32.const 8)))"#,
    );
    refused(&no_locals, limits(), "__wasm_init_tls");

    let text = r#"(module (import "e" "m" (memory 1 2 shared)))"#;
    let wasm = wat::parse_str(text).unwrap();
    let module = Module::from_bytes_untyped(crate::engine(), wasm).unwrap();
    refused(&module, limits(), "config.shared_memory(true)");
}

/// `cargo xtask test` runs these where there is a nightly toolchain with the sources of the standard library.
mod with_nightly {
    use super::*;

    /// The usual guest, with the standard library: its allocator and its table of blocks are used by all threads
    /// at once.
    #[test]
    #[ignore = "needs a nightly toolchain with rust-src, to build the standard library with atomics"]
    fn the_standard_library_on_four_threads() {
        let guest = rust("karmem-tests-guest")
            .shared_memory(MAXIMUM)
            .nightly_std();
        let wasm = std::fs::read(built(&guest)).unwrap();
        let module = Module::from_bytes_untyped(engine(), wasm).unwrap();
        let threads = Threads::new(&module, limits()).unwrap();
        let ended = threads.run(4, |n, thread| {
            for round in 0..300u32 {
                let (handle, monsters) = (n as u32 + 1, 1 + round % 40);
                let size = 256 + monsters * 200;
                let at: u32 = thread.call("karmem_alloc", (size, 8u32))?;
                assert_ne!(at, 0);
                thread.call::<_, ()>("karmem_attach", (handle, at, size, 1u32))?;
                let region = i64::from(handle) << 32;
                let world: i64 = thread.call("reply", (region, 0u32, monsters))?;
                assert_eq!(world, region);
                let sum = (monsters * (monsters - 1) / 2) as i32;
                assert_eq!(thread.call::<_, i32>("healths", world)?, sum);
                assert!(thread.call::<_, i32>("again", world)? > 0);
                thread.call::<_, ()>("karmem_detach", handle)?;
                thread.call::<_, ()>("karmem_free", (at, size, 8u32))?;
            }
            Ok(())
        });
        ended.unwrap();
    }
}

/// `cargo xtask test` runs these where there is a clang.
mod with_clang {
    use karmem_tests_guests::c;

    use super::*;

    fn in_c() -> &'static Module {
        static MODULE: OnceLock<Module> = OnceLock::new();
        MODULE.get_or_init(|| {
            let wasm = built(&c("tests/guests/threads/threads.c").shared_memory(MAXIMUM));
            Module::from_bytes_untyped(engine(), std::fs::read(wasm).unwrap()).unwrap()
        })
    }

    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn four_threads_in_c() {
        four_threads(in_c(), 1000);
    }

    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn four_threads_with_the_pooling_allocator() {
        let engine = crate::pooling();
        let wasm = built(&c("tests/guests/threads/threads.c").shared_memory(MAXIMUM));
        let module = Module::from_bytes_untyped(&engine, std::fs::read(wasm).unwrap()).unwrap();
        // More often than there are slots.
        for _ in 0..5 {
            four_threads(&module, 100);
        }
    }

    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn data_of_c_is_initialised_once() {
        initialised_once(in_c());
    }

    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn each_thread_has_its_own_stack_and_variables() {
        let threads = Threads::new(in_c(), limits()).unwrap();
        for _ in 0..3 {
            let ended = threads.run(4, |n, thread| {
                for call in 8..40 {
                    assert_eq!(thread.call::<(), u32>("own_count", ())?, call);
                    let good: u32 = thread.call("stack", (n as u32 * 1_000_000, 20u32))?;
                    assert_eq!(good, 20);
                }
                Ok(())
            });
            ended.unwrap();
        }
        // Stacks are used again.
        let size = threads.size();
        for _ in 0..50 {
            threads
                .run(2, |_, thread| thread.call::<(), u32>("own_count", ()))
                .unwrap();
        }
        assert_eq!(threads.size(), size);
    }

    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn a_trap_in_one_thread() {
        let threads = Threads::new(in_c(), limits()).unwrap();
        let mut one = threads.thread().unwrap();
        let mut other = threads.thread().unwrap();
        for _ in 0..500 {
            let error = one.call::<_, u32>("recurse", (100u32, 1u32)).unwrap_err();
            let unreachable = Reason::Wasm(wasmtime::Trap::UnreachableCodeReached);
            assert_eq!(format!("{:?}", reason(&error)), format!("{unreachable:?}"));
            assert_eq!(other.call::<_, u32>("stack", (5u32, 1u32)).unwrap(), 1);
        }
        assert_eq!(one.call::<_, u32>("stack", (5u32, 1u32)).unwrap(), 1);
        assert_eq!(one.call::<_, u32>("recurse", (100u32, 0u32)).unwrap(), 5050);
        // Out of its stack, it has written to what is below.
        let error = one.call::<_, u32>("recurse", (400u32, 1u32)).unwrap_err();
        assert!(matches!(reason(&error), Reason::Wasm(_)), "{error}");
        let error = other.call::<(), u32>("count", ()).unwrap_err();
        assert!(matches!(error, Error::Overwritten { .. }), "{error:?}");
        assert!(matches!(threads.thread(), Err(Error::Overwritten { .. })));
    }
}

#[test]
fn threads_are_sent() {
    fn sent<T: Send>() {}
    fn shared<T: Send + Sync>() {}
    sent::<Thread>();
    shared::<Threads>();
    shared::<Part>();
}
