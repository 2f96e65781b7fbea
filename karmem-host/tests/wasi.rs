//! WASI is denied, unless the host gives it.

use karmem_host::{Engine, Module, System};

/// Writes "hi\n" to its standard output when it starts and traps if the answer is not `wanted`.
fn writer(wanted: i32) -> String {
    format!(
        r#"(module
        (import "wasi_snapshot_preview1" "fd_write"
            (func $write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get"
            (func $sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "hi\n")
        (func (export "_initialize")
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (i32.const 3))
            (i32.store (i32.const 32) (i32.const -1))
            (if (call $sizes (i32.const 32) (i32.const 36)) (then unreachable))
            (if (i32.load (i32.const 32)) (then unreachable))
            (if (i32.ne (i32.const {wanted})
                    (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                (then (call $exit (i32.const 7))))))"#
    )
}

fn module(engine: &Engine, wanted: i32) -> Module {
    Module::from_bytes_untyped(engine, wat::parse_str(writer(wanted)).unwrap()).unwrap()
}

#[test]
fn denied_by_default() {
    let engine = Engine::new().unwrap();
    // 76 is ENOTCAPABLE.
    System::builder(&engine)
        .module("one", &module(&engine, 76))
        .build()
        .unwrap();
    let e = System::builder(&engine)
        .module("one", &module(&engine, 0))
        .build()
        .unwrap_err();
    assert!(
        e.to_string().contains("the guest called proc_exit(7)"),
        "{e}"
    );
}

#[cfg(feature = "wasi")]
#[test]
fn given_with_the_feature() {
    use wasmtime_wasi::WasiCtxBuilder;
    use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

    let engine = Engine::new().unwrap();
    let out = MemoryOutputPipe::new(100);
    let wasi = WasiCtxBuilder::new().stdout(out.clone()).build_p1();
    System::builder(&engine)
        .module("one", &module(&engine, 0))
        .wasi(wasi)
        .build()
        .unwrap();
    assert_eq!(&out.contents()[..], b"hi\n");
}
