//! Strict grants, whatever code stores: each way to write that wasm has is a trap or a noted violation,
//! and never the end of the process.
#![cfg(target_os = "linux")]
#![allow(missing_docs, unused_crate_dependencies)]

use karmem_core::Interface;
use karmem_core::schema::{self, Pass, Scalar, Type};
use karmem_host::wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
};
use karmem_host::{
    Access, Client, Engine, Error, Link, Method, Module, Reason, Region, Result, System,
};

const I32: Pass = Pass::Scalar(Type::Scalar(Scalar::I32));

/// Each way to write, by the body of a function whose parameter is an address: first those that are one
/// store, then those that write many bytes.
const STORES: [(&str, &str); 16] = [
    ("store8", "(i32.store8 (local.get 0) (i32.const 1))"),
    ("store16", "(i32.store16 (local.get 0) (i32.const 1))"),
    ("store32", "(i32.store (local.get 0) (i32.const 1))"),
    ("store64", "(i64.store (local.get 0) (i64.const 1))"),
    ("float", "(f64.store (local.get 0) (f64.const 1))"),
    ("offset", "(i32.store offset=8 (local.get 0) (i32.const 1))"),
    (
        "far",
        "(i32.store offset=65536 align=1 (local.get 0) (i32.const 1))",
    ),
    (
        "vector",
        "(v128.store (local.get 0) (v128.const i64x2 1 1))",
    ),
    (
        "lane",
        "(v128.store8_lane 3 (local.get 0) (v128.const i64x2 -1 -1))",
    ),
    ("atomic", "(i32.atomic.store (local.get 0) (i32.const 1))"),
    (
        "add",
        "(drop (i32.atomic.rmw.add (local.get 0) (i32.const 1)))",
    ),
    (
        "or",
        "(drop (i64.atomic.rmw.or (local.get 0) (i64.const 1)))",
    ),
    (
        "exchange",
        "(drop (i32.atomic.rmw.xchg (local.get 0) (i32.const 1)))",
    ),
    (
        "compare",
        "(drop (i32.atomic.rmw.cmpxchg (local.get 0) (i32.const 0) (i32.const 1)))",
    ),
    (
        "twice",
        "(i32.store (local.get 0) (i32.const 1)) (i32.store (local.get 0) (i32.const 2))",
    ),
    (
        "modify",
        "(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))",
    ),
];
const BULK: [(&str, &str); 13] = [
    // The compiler makes plain instructions of copies whose length it knows, up to 128 bytes.
    (
        "copy1",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 1))",
    ),
    (
        "copy2",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 2))",
    ),
    (
        "copy4",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 4))",
    ),
    (
        "copy8",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 8))",
    ),
    (
        "copy16",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 16))",
    ),
    (
        "copy127",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 127))",
    ),
    (
        "copy128",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 128))",
    ),
    (
        "copy129",
        "(memory.copy (local.get 0) (i32.const 512) (i32.const 129))",
    ),
    (
        "copied",
        "(memory.copy (local.get 0) (i32.const 512) (i32.load (i32.const 508)))",
    ),
    (
        "fill1",
        "(memory.fill (local.get 0) (i32.const 7) (i32.const 1))",
    ),
    (
        "fill64",
        "(memory.fill (local.get 0) (i32.const 7) (i32.const 64))",
    ),
    (
        "filled",
        "(memory.fill (local.get 0) (i32.const 7) (i32.load (i32.const 508)))",
    ),
    (
        "init",
        "(memory.init $bytes (local.get 0) (i32.const 0) (i32.const 4))",
    ),
];

const fn method(name: &'static str) -> schema::Method {
    schema::Method {
        name,
        params: &[schema::Param {
            name: "at",
            pass: I32,
        }],
        ok: Some(I32),
        err: None,
    }
}

const METHODS: [schema::Method; 31] = {
    let mut methods = [const { method("base") }; 31];
    let mut i = 0;
    while i < STORES.len() {
        methods[i] = method(STORES[i].0);
        i += 1;
    }
    while i < STORES.len() + BULK.len() {
        methods[i] = method(BULK[i - STORES.len()].0);
        i += 1;
    }
    methods[29] = method("whole");
    methods
};

enum Writer {}

impl Interface for Writer {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "t",
        name: "writer",
        version: 1,
        methods: &METHODS,
    };
}

struct WriterClient(Vec<Method<i32, i32>>);

impl Client for WriterClient {
    type Interface = Writer;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        let methods = METHODS.iter().map(|method| link.method(method.name));
        Ok(WriterClient(methods.collect::<Result<_>>()?))
    }
}

impl WriterClient {
    fn call(&self, system: &mut System, name: &str, at: i32) -> Result<i32> {
        let index = METHODS.iter().position(|method| method.name == name);
        system.invoke(&self.0[index.unwrap()], |_| Ok(at), |r, _| Ok(r))
    }
}

/// A guest that writes where it is told to.
fn guest(engine: &Engine) -> Module {
    let functions: String = STORES
        .iter()
        .chain(&BULK)
        .map(|(name, body)| {
            format!(
                r#"(func (export "t_writer__{name}") (param i32) (result i32)
                {body} (i32.load (local.get 0)))"#
            )
        })
        .collect();
    // The first block after the outbox ends where the memory ends.
    let text = format!(
        r#"(module
        (memory (export "memory") 2)
        (global $base (mut i32) (i32.const 0))
        (global (export "__stack_pointer") (mut i32) (i32.const 0))
        (data (i32.const 508) "\50\00\00\00abcdefgh")
        (data $bytes "abcd")
        (func (export "karmem_alloc") (param $size i32) (param i32) (result i32) (local $at i32)
            (local.set $at (memory.grow (i32.shr_u (local.get $size) (i32.const 16))))
            (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const 0))))
            (i32.shl (local.get $at) (i32.const 16)))
        (func (export "karmem_free") (param i32 i32 i32))
        (func (export "karmem_attach") (param i32) (param $at i32) (param $len i32) (param i32)
            (if (i32.eq (local.get $len) (i32.const {LEN}))
                (then (global.set $base (local.get $at)))))
        (func (export "karmem_detach") (param i32))
        (func (export "t_writer__base") (param i32) (result i32) (global.get $base))
        (func (export "t_writer__whole") (param i32) (result i32)
            (memory.fill (local.get 0) (i32.const 7) (i32.const {LEN})) (i32.const 1))
        {functions})"#
    );
    Module::from_bytes_untyped(engine, wat::parse_str(text).unwrap()).unwrap()
}

const LEN: usize = 3 << 16;

fn strict(engine: &Engine) -> Result<(System, WriterClient, i32)> {
    let mut region = Region::anonymous(LEN)?;
    region.bytes_mut().fill(9);
    let mut system = System::builder(engine)
        .module("guest", &guest(engine))
        .region("r", region)
        .grant("r", "guest", Access::ReadStrict)
        .build()?;
    let client: WriterClient = system.client("guest")?;
    let base = client.call(&mut system, "base", 0)?;
    Ok((system, client, base))
}

fn engines() -> Vec<(&'static str, Engine)> {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_memories(2).max_memory_size(64 << 20);
    let configs: [(_, fn(&mut Config)); 4] = [
        ("default", |_| {}),
        ("not optimised", |config| {
            config.cranelift_opt_level(OptLevel::None);
        }),
        // Each access is compared with the memory's length in such a memory.
        ("checked", |config| {
            config.memory_reservation(64 << 20).memory_guard_size(0);
        }),
        ("cranelift", |config| {
            config.strategy(Strategy::Cranelift);
        }),
    ];
    let mut engines: Vec<_> = configs
        .into_iter()
        .map(|(name, change)| {
            let mut config = Config::new();
            change(&mut config);
            (name, Engine::with_config(config).unwrap())
        })
        .collect();
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    engines.push(("pooling", Engine::with_config(config).unwrap()));
    engines
}

#[test]
fn every_way_to_write_is_refused_and_none_ends_the_process() {
    for (name, engine) in engines() {
        let (mut system, client, base) = strict(&engine).unwrap();
        assert_eq!(base % (1 << 16), 0);
        for round in 0..3 {
            for (store, _) in STORES {
                let result = client.call(&mut system, store, base + 4096);
                let Err(e) = result else {
                    panic!("{name}, {store}, {round}: {result:?}")
                };
                let reason = e.as_trap().map(|trap| trap.reason());
                assert!(
                    matches!(reason, Some(Reason::Wasm(_))),
                    "{name}, {store}, {round}: {e}"
                );
                assert!(system.bytes("r").unwrap().iter().all(|b| *b == 9));
            }
            for (bulk, _) in BULK {
                let e = client.call(&mut system, bulk, base + 65500).unwrap_err();
                assert!(
                    matches!(e, Error::Violation { .. }),
                    "{name}, {bulk}, {round}: {e}"
                );
                assert!(system.bytes("r").unwrap().iter().all(|b| *b == 9));
            }
        }
        // What is outside of the window is its own.
        client.call(&mut system, "copy16", base - 16).unwrap();
        client.call(&mut system, "store64", base - 8).unwrap();
    }
}

#[test]
fn nothing_but_the_window_becomes_writable() {
    // The guard before the memory makes it begin at a page that is no multiple of 64 KiB.
    for guard in [0, 4096, 60 << 10, 68 << 10] {
        let mut config = Config::new();
        config.memory_guard_size(guard);
        let engine = Engine::with_config(config).unwrap();
        let (mut system, client, base) = strict(&engine).unwrap();
        for _ in 0..3 {
            let e = client.call(&mut system, "whole", base).unwrap_err();
            assert!(
                matches!(e, Error::Violation { pages: 3, .. }),
                "{guard}: {e}"
            );
            assert!(system.bytes("r").unwrap().iter().all(|b| *b == 9));
        }
    }
}

#[test]
fn where_stores_cannot_trap_there_are_no_strict_grants() {
    let mut config = Config::new();
    config.signals_based_traps(false);
    let engine = Engine::with_config(config).unwrap();
    let e = strict(&engine).err().unwrap().to_string();
    assert!(
        e.contains("they need an engine with `Config::signals_based_traps`"),
        "{e}"
    );
    // Others are as everywhere.
    let mut system = System::builder(&engine)
        .module("guest", &guest(&engine))
        .region("r", Region::anonymous(LEN).unwrap())
        .grant("r", "guest", Access::Read)
        .build()
        .unwrap();
    let client: WriterClient = system.client("guest").unwrap();
    let base = client.call(&mut system, "base", 0).unwrap();
    assert_eq!(client.call(&mut system, "store32", base).unwrap(), 1);
    assert!(system.grant("r", "guest", Access::ReadStrict).is_err());
    // It has what it had.
    assert_eq!(client.call(&mut system, "modify", base).unwrap(), 2);
    assert!(system.bytes("r").unwrap().iter().all(|b| *b == 0));
}
