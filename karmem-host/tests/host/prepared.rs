//! Preparing once for many instances, fuel, and the texts of panics.

use karmem_host::{Engine, Instance, Limits, Module, Reason, wasmtime};

use crate::{module as untyped, wasm};

#[test]
fn prepared_once_and_instantiated_many_times() {
    let mut config = wasmtime::Config::new();
    let mut pool = wasmtime::PoolingAllocationConfig::default();
    pool.total_memories(2)
        .total_core_instances(2)
        .max_memory_size(1 << 20);
    config
        .allocation_strategy(wasmtime::InstanceAllocationStrategy::Pooling(pool))
        .consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    let text = r#"(module (memory (export "memory") 1)
        (global $started (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $started (i32.const 1)))
        (func (export "karmem_init")
            (global.set $started (i32.mul (global.get $started) (i32.const 3))))
        (func (export "run") (param i32) (result i32) (local i32)
            (local.set 1 (i32.load (i32.const 0)))
            (i32.store (i32.const 0) (local.get 0))
            (i32.add (local.get 1) (global.get $started)))
        (func (export "spin") (loop (br 0))))"#;
    let module = Module::from_bytes_untyped(&engine, wasm(text)).unwrap();
    let prepared = Instance::builder(&module)
        .limits(Limits::default().fuel(1000))
        .prepare()
        .unwrap();
    for _ in 0..100 {
        let mut guest = prepared.instantiate().unwrap();
        // Nothing is left of the one before.
        assert_eq!(guest.call::<i32, i32>("run", 77).unwrap(), 3);
        let e = guest.call::<(), ()>("spin", ()).unwrap_err().to_string();
        assert!(e.contains("used up its fuel of 1000"), "{e}");
        assert_eq!(guest.call::<i32, i32>("run", 78).unwrap(), 80);
    }
    // Two at once are what the pool has.
    let both = (
        prepared.instantiate().unwrap(),
        prepared.instantiate().unwrap(),
    );
    assert!(prepared.instantiate().is_err());
    drop(both);
    prepared.instantiate().unwrap();
}

#[test]
fn a_panic_is_told_with_its_text() {
    let text = r#"(module (memory (export "memory") 1)
        (data (i32.const 100) "the cake is a lie")
        (global $told (mut i32) (i32.const 0))
        (func (export "karmem_panic") (result i64)
            (if (result i64) (global.get $told)
                (then (global.set $told (i32.const 0)) (i64.const 0x6400000011))
                (else (i64.const 0))))
        (func (export "panic") (global.set $told (i32.const 1)) unreachable)
        (func (export "trap") unreachable)
        (func (export "lie") (global.set $told (i32.const 1)) (drop (i32.div_u (i32.const 1) (i32.const 0)))))"#;
    let mut guest = Instance::new(&untyped(text), Limits::default()).unwrap();
    let e = guest.call::<(), ()>("panic", ()).unwrap_err();
    assert!(
        matches!(e.as_trap().unwrap().reason(), Reason::Panic(text) if text == "the cake is a lie")
    );
    assert!(
        e.to_string()
            .starts_with("the guest panicked in `panic`: the cake is a lie"),
        "{e}"
    );
    for name in ["trap", "lie", "trap"] {
        let e = guest.call::<(), ()>(name, ()).unwrap_err();
        assert!(
            matches!(e.as_trap().unwrap().reason(), Reason::Wasm(_)),
            "{e}"
        );
    }
}
