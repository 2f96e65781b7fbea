//! Guests written by hand: good ones, and ones that do everything wrong.
#![allow(missing_docs, unused_crate_dependencies)]

mod calls;
mod imports;
mod loading;
mod memory;
mod prepared;
mod resets;
mod texts;
mod traps;
mod typed;

use std::sync::OnceLock;
use std::time::Duration;

use karmem_host::{Engine, Error, Instance, Limits, Module};

/// One engine for all tests, as programs do.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap())
}

pub fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

pub fn module(text: &str) -> Module {
    Module::from_bytes_untyped(engine(), wasm(text)).unwrap()
}

/// Room for slow machines: only guests that never end run into it.
pub fn limits() -> Limits {
    Limits::default().deadline(Duration::from_secs(60))
}

pub fn guest(text: &str) -> Instance {
    Instance::new(&module(text), limits()).unwrap()
}

/// The message of an error that must be.
pub fn message<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => panic!("this must fail"),
        Err(e) => e.to_string(),
    }
}

/// A guest with a bump allocator, a table of attached blocks, and whatever else is given. Its memory
/// grows by what each allocation needs.
pub fn with_abi(more: &str) -> String {
    format!(
        r#"(module
            (memory (export "memory") 1)
            (global $top (mut i32) (i32.const 1024))
            (func $alloc (export "karmem_alloc") (param $size i32) (param $align i32) (result i32)
                (local $at i32) (local $end i32)
                (local.set $at (i32.and
                    (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
                    (i32.sub (i32.const 0) (local.get $align))))
                (local.set $end (i32.add (local.get $at) (local.get $size)))
                (if (i32.lt_u (local.get $end) (local.get $at)) (then (return (i32.const 0))))
                (if (i32.gt_u (local.get $end) (i32.mul (memory.size) (i32.const 65536)))
                    (then (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1)
                            (i32.shr_u (local.get $size) (i32.const 16)))))
                        (then (return (i32.const 0))))))
                (global.set $top (local.get $end))
                (local.get $at))
            (func (export "karmem_free") (param i32 i32 i32))
            ;; Handles 1 to 15: base and length at 8 × handle.
            (func (export "karmem_attach") (param $h i32) (param $base i32) (param $len i32) (param i32)
                (if (i32.gt_u (local.get $h) (i32.const 15)) (then unreachable))
                (i32.store (i32.shl (local.get $h) (i32.const 3)) (local.get $base))
                (i32.store offset=4 (i32.shl (local.get $h) (i32.const 3)) (local.get $len)))
            (func (export "karmem_detach") (param $h i32)
                (i64.store (i32.shl (local.get $h) (i32.const 3)) (i64.const 0)))
            {more})"#
    )
}
