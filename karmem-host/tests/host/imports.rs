use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use karmem_host::{Context, Engine, Error, Imports, Instance, Reason, wasmtime};

use crate::{engine, limits, module};

#[test]
fn every_missing_import_is_named_before_anything_runs() {
    let module = module(
        r#"(module
            (import "env" "log" (func (param i32 i32)))
            (import "env" "there" (func))
            (import "env" "other" (func (param i64) (result i64)))
            (import "karmem:game/physics@1" "game_physics__step" (func (result f32)))
            (import "env" "memory" (memory 2))
            (import "env" "base" (global i32))
            (import "env" "calls" (table 1 funcref))
            (func $start unreachable)
            (start $start))"#,
    );
    let mut imports = Imports::new(engine());
    imports
        .func("env", "there", || ())
        .unwrap()
        .func("env", "other", |x: i32| x)
        .unwrap();
    let e = Instance::builder(&module)
        .imports(&imports)
        .build()
        .unwrap_err();
    let Error::Imports { missing } = &e else {
        panic!("{e:?}")
    };
    assert_eq!(
        missing[..],
        [
            "env.log: func (i32, i32)",
            "env.other: func (i64) -> i64, but the host has func (i32) -> i32",
            "karmem:game/physics@1.game_physics__step: func () -> f32",
            "env.memory: memory of 2 pages or more",
            "env.base: global i32",
            "env.calls: table",
        ]
    );
    assert!(e.to_string().contains("game_physics__step"));
}

#[test]
fn host_functions_are_called() {
    let sum = Arc::new(AtomicI32::new(0));
    let mut imports = Imports::new(engine());
    let adds = sum.clone();
    imports
        .func("env", "add", move |x: i32| {
            adds.fetch_add(x, Ordering::Relaxed);
        })
        .unwrap();
    let module = module(
        r#"(module (import "env" "add" (func $add (param i32)))
            (func (export "run") (call $add (i32.const 40)) (call $add (i32.const 2))))"#,
    );
    for n in 1..=2 {
        let mut guest = Instance::builder(&module)
            .imports(&imports)
            .limits(limits())
            .build()
            .unwrap();
        guest.call::<(), ()>("run", ()).unwrap();
        assert_eq!(sum.load(Ordering::Relaxed), 42 * n);
    }
}

#[test]
fn a_host_function_that_fails_is_an_error_of_the_call() {
    let mut imports = Imports::new(engine());
    imports
        .func(
            "env",
            "check",
            |_: wasmtime::Caller<'_, Context>, x: i32| -> wasmtime::Result<()> {
                if x > 0 {
                    return Err(
                        wasmtime::Error::from(std::io::Error::other("the disk is full"))
                            .context("saving"),
                    );
                }
                Ok(())
            },
        )
        .unwrap();
    let module = module(
        r#"(module (import "env" "check" (func $check (param i32)))
            (func (export "run") (param i32) (call $check (local.get 0))))"#,
    );
    let mut guest = Instance::builder(&module)
        .imports(&imports)
        .limits(limits())
        .build()
        .unwrap();
    let e = guest.call::<i32, ()>("run", 1).unwrap_err();
    let text = e.to_string();
    assert!(
        text.contains("host function failed under the guest's `run`: saving: the disk is full"),
        "{text}"
    );
    let Reason::Host(e) = e.as_trap().unwrap().reason() else {
        panic!("{e:?}")
    };
    assert!(e.downcast_ref::<std::io::Error>().is_some());
    guest.call::<i32, ()>("run", 0).unwrap();
}

#[test]
fn a_name_twice_and_a_set_of_another_engine() {
    let mut imports = Imports::new(engine());
    imports.func("env", "f", || ()).unwrap();
    let e = imports.func("env", "f", || ()).map(drop).unwrap_err();
    assert!(matches!(e, Error::Import { .. }));
    assert!(e.to_string().contains("`env.f`"), "{e}");

    let foreign = Imports::new(&Engine::new().unwrap());
    let e = Instance::builder(&module("(module)"))
        .imports(&foreign)
        .build()
        .unwrap_err();
    assert!(matches!(e, Error::OtherEngine { .. }));
}

#[test]
fn what_the_linker_can_and_closures_cannot() {
    let mut imports = Imports::new(engine());
    let ty = wasmtime::FuncType::new(engine().wasmtime(), [], [wasmtime::ValType::I32]);
    imports
        .linker_mut()
        .func_new("env", "seven", ty, |_, _, results| {
            results[0] = wasmtime::Val::I32(7);
            Ok(())
        })
        .unwrap();
    let module =
        module(r#"(module (import "env" "seven" (func $f (result i32))) (export "f" (func $f)))"#);
    let mut guest = Instance::builder(&module)
        .imports(&imports)
        .build()
        .unwrap();
    assert_eq!(guest.call::<(), i32>("f", ()).unwrap(), 7);
}
