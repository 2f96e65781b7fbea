//! A guest that does what it is told to do with regions.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock};

use karmem_core::Interface;
use karmem_core::schema::{self, Pass, Scalar, Type};
use karmem_derive::Karmem;
use karmem_host::wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};
use karmem_host::{
    Access, Caller, Client, Definer, Engine, Error, Link, Method, Module, Provider, Region, Result,
    System, SystemBuilder, provided,
};

pub(crate) const PAGE: i32 = 65536;

const I32: Pass = Pass::Scalar(Type::Scalar(Scalar::I32));

const fn param(name: &'static str) -> schema::Param {
    schema::Param { name, pass: I32 }
}

const fn method(name: &'static str) -> schema::Method {
    schema::Method {
        name,
        params: const { &[param("a"), param("b"), param("c")] },
        ok: Some(I32),
        err: None,
    }
}

/// An interface whose methods all take three numbers and give one, with a client.
macro_rules! interface {
    ($interface:ident $client:ident $name:literal { $($method:ident)* }) => {
        pub(crate) enum $interface {}

        impl Interface for $interface {
            const INTERFACE: &'static schema::Interface = &schema::Interface {
                package: "t",
                name: $name,
                version: 1,
                methods: &[$(method(stringify!($method))),*],
            };
        }

        #[derive(Clone)]
        pub(crate) struct $client { $(pub(crate) $method: Method<(i32, i32, i32), i32>),* }

        impl Client for $client {
            type Interface = $interface;

            fn bind(link: &mut Link<'_>) -> Result<Self> {
                Ok($client { $($method: link.method(stringify!($method))?),* })
            }
        }

        #[allow(dead_code)]
        impl $client {
            $(pub(crate) fn $method(&self, system: &mut System, a: i32, b: i32, c: i32) -> Result<i32> {
                system.invoke(&self.$method, |_| Ok((a, b, c)), |r, _| Ok(r))
            })*
        }
    };
}

interface! { Memory Guest "memory" {
    peek poke poke_first fill copy base flags grow address fill_and_trap size
} }
interface! { Front FrontClient "front" { via via_poke ask } }
interface! { Desk DeskClient "desk" { ask } }

/// The functions of the ABI, with a stack of blocks: what is freed in reverse order is used again.
/// At 1024 + 16 * handle lie base, length and flags of each region, also after it was taken away.
pub(crate) const ABI: &str = r#"
    (memory (export "memory") 2)
    (global $top (export "top") (mut i32) (i32.const 65536))
    (func (export "karmem_alloc") (param $size i32) (param $align i32) (result i32)
        (local $at i32) (local $more i32)
        (local.set $at (i32.and
            (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get $align))))
        (local.set $more (i32.sub
            (i32.shr_u (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 65535)) (i32.const 16))
            (memory.size)))
        (if (i32.gt_s (local.get $more) (i32.const 0))
            (then (if (i32.lt_s (memory.grow (local.get $more)) (i32.const 0)) (then (return (i32.const 0))))))
        (global.set $top (i32.add (local.get $at) (local.get $size)))
        (local.get $at))
    (func (export "karmem_free") (param $at i32) (param $size i32) (param i32)
        (if (i32.eq (i32.add (local.get $at) (local.get $size)) (global.get $top))
            (then (global.set $top (local.get $at)))))
    (func (export "karmem_attach") (param $h i32) (param $at i32) (param $len i32) (param $flags i32)
        (local.set $h (i32.shl (local.get $h) (i32.const 4)))
        (i32.store offset=1024 (local.get $h) (local.get $at))
        (i32.store offset=1028 (local.get $h) (local.get $len))
        (i32.store offset=1032 (local.get $h) (local.get $flags)))
    (func (export "karmem_detach") (param i32))
    (func $at (param $h i32) (param $offset i32) (result i32)
        (i32.add (local.get $offset)
            (i32.load offset=1024 (i32.shl (local.get $h) (i32.const 4)))))
"#;

/// What a guest does with its own windows.
pub(crate) const MEMORY: &str = r#"
    (func $peek (export "t_memory__peek") (param $h i32) (param $offset i32) (param i32) (result i32)
        (i32.load (call $at (local.get $h) (local.get $offset))))
    (func $poke (export "t_memory__poke") (param $h i32) (param $offset i32) (param $x i32) (result i32)
        (i32.store (call $at (local.get $h) (local.get $offset)) (local.get $x))
        (i32.load (call $at (local.get $h) (local.get $offset))))
    ;; A store whose address is known to be inside of the memory when it is compiled.
    (func (export "t_memory__poke_first") (param i32 i32) (param $x i32) (result i32)
        (i32.store (i32.const 65536) (local.get $x)) (i32.load (i32.const 65536)))
    (func (export "t_memory__fill") (param $h i32) (param $offset i32) (param $len i32) (result i32)
        (memory.fill (call $at (local.get $h) (local.get $offset)) (i32.const 0x77) (local.get $len))
        (i32.load (call $at (local.get $h) (local.get $offset))))
    (func (export "t_memory__copy") (param $h i32) (param $offset i32) (param $len i32) (result i32)
        (i32.store (i32.const 512) (i32.const 0x66666666))
        (memory.copy (call $at (local.get $h) (local.get $offset)) (i32.const 512) (local.get $len))
        (i32.load (call $at (local.get $h) (local.get $offset))))
    (func (export "t_memory__fill_and_trap") (param $h i32) (param $offset i32) (param $len i32) (result i32)
        (memory.fill (call $at (local.get $h) (local.get $offset)) (i32.const 0x77) (local.get $len))
        unreachable)
    (func (export "t_memory__base") (param $h i32) (param i32 i32) (result i32) (call $at (local.get $h) (i32.const 0)))
    (func (export "t_memory__flags") (param $h i32) (param i32 i32) (result i32)
        (i32.load offset=1032 (i32.shl (local.get $h) (i32.const 4))))
    (func (export "t_memory__grow") (param $pages i32) (param i32 i32) (result i32) (memory.grow (local.get $pages)))
    (func (export "t_memory__size") (param i32 i32 i32) (result i32) (memory.size))
    (func (export "t_memory__address") (param $at i32) (param i32 i32) (result i32) (i32.load (local.get $at)))
"#;

/// What a guest asks others to do.
pub(crate) const FRONT_IMPORTS: &str = r#"
    (import "karmem:t/memory@1" "t_memory__peek" (func $other_peek (param i32 i32 i32) (result i32)))
    (import "karmem:t/memory@1" "t_memory__poke" (func $other_poke (param i32 i32 i32) (result i32)))
    (import "karmem:t/desk@1" "t_desk__ask" (func $ask (param i32 i32 i32) (result i32)))
"#;
pub(crate) const FRONT: &str = r#"
    ;; Writes, and lets the other module read.
    (func (export "t_front__via") (param $h i32) (param $offset i32) (param $x i32) (result i32)
        (i32.store (call $at (local.get $h) (local.get $offset)) (local.get $x))
        (call $other_peek (local.get $h) (local.get $offset) (i32.const 0)))
    ;; Lets the other module write, and reads.
    (func (export "t_front__via_poke") (param $h i32) (param $offset i32) (param $x i32) (result i32)
        (drop (call $other_poke (local.get $h) (local.get $offset) (local.get $x)))
        (i32.load (call $at (local.get $h) (local.get $offset))))
    ;; Asks the host, and reads.
    (func (export "t_front__ask") (param $h i32) (param $offset i32) (param $x i32) (result i32)
        (drop (call $ask (local.get $h) (local.get $offset) (local.get $x)))
        (i32.load (call $at (local.get $h) (local.get $offset))))
"#;

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(crate = "karmem_core")]
pub(crate) struct Cell {
    pub(crate) x: u32,
}

/// What the host is asked to do while guests wait.
pub(crate) mod order {
    pub(crate) const ADD_ONE: i32 = 1;
    pub(crate) const REVOKE: i32 = 2;
    pub(crate) const GRANT_READ: i32 = 3;
    pub(crate) const GRANT_WRITE: i32 = 4;
    pub(crate) const GRANT_OTHER: i32 = 5;
    pub(crate) const GRANT_STRICT: i32 = 6;
}

/// The host's side of `Desk`: works on the region `r`.
pub(crate) struct DeskProvider;

impl Provider for DeskProvider {
    type Interface = Desk;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let this = provided(());
        host.method(
            "ask",
            move |caller: Caller<'_>, h: i32, offset: i32, what: i32| {
                this.serve(caller, |(), cx| {
                    let message = i64::from(h) << 32 | i64::from(offset);
                    match what {
                        order::ADD_ONE => {
                            let x = cx.view::<Cell>(message)?.x();
                            cx.view_mut::<Cell>(message)?.set_x(x + 1);
                        }
                        order::REVOKE => cx.revoke("r", "front")?,
                        order::GRANT_READ => cx.grant("r", "front", Access::Read)?,
                        order::GRANT_WRITE => cx.grant("r", "front", Access::Write)?,
                        order::GRANT_OTHER => cx.grant("r", "back", Access::Write)?,
                        order::GRANT_STRICT => cx.grant("r", "front", Access::ReadStrict)?,
                        what => panic!("{what}"),
                    }
                    Ok(0)
                })
            },
        )
    }
}

/// Strict where there are strict grants.
pub(crate) const STRICT: Access = if cfg!(feature = "strict") {
    Access::ReadStrict
} else {
    Access::Read
};

pub(crate) fn engine() -> Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap()).clone()
}

/// An engine with so many slots for memories.
pub(crate) fn pooling(slots: u32, change: impl FnOnce(&mut PoolingAllocationConfig)) -> Engine {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_memories(slots)
        .total_core_instances(64)
        .total_tables(64)
        .max_memory_size(64 << 20);
    change(&mut pool);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::with_config(config).unwrap()
}

/// Both kinds of engines.
pub(crate) fn engines() -> [Engine; 2] {
    [engine(), pooling(4, |_| {})]
}

/// Compiles a module, once for each text and the engine that all tests share. Other engines end with their tests, as
/// a pool takes thousands of mappings.
pub(crate) fn module(engine: &Engine, text: &str) -> Module {
    static KNOWN: Mutex<BTreeMap<String, Module>> = Mutex::new(BTreeMap::new());
    let shared = karmem_host::wasmtime::Engine::same(self::engine().wasmtime(), engine.wasmtime());
    if shared && let Some(module) = KNOWN.lock().unwrap().get(text) {
        return module.clone();
    }
    let wasm = wat::parse_str(format!("(module {text})")).unwrap();
    let module = Module::from_bytes_untyped(engine, wasm).unwrap();
    if shared {
        KNOWN.lock().unwrap().insert(text.into(), module.clone());
    }
    module
}

pub(crate) fn memory(engine: &Engine) -> Module {
    module(engine, &format!("{ABI} {MEMORY}"))
}

pub(crate) fn front(engine: &Engine) -> Module {
    module(engine, &format!("{FRONT_IMPORTS} {ABI} {FRONT}"))
}

/// A region with a number at its beginning.
pub(crate) fn region(len: usize, x: u32) -> Region {
    let mut region = Region::anonymous(len).unwrap();
    region.bytes_mut()[..4].copy_from_slice(&x.to_le_bytes());
    region
}

/// Two modules of the memory kind and a region `r` that nobody has yet.
pub(crate) fn two(engine: &Engine, region: Region) -> SystemBuilder {
    let memory = memory(engine);
    System::builder(engine)
        .module("one", &memory)
        .module("two", &memory)
        .region("r", region)
}

/// A module that calls another one and the host, and a region `r`.
pub(crate) fn chain(engine: &Engine, region: Region) -> SystemBuilder {
    System::builder(engine)
        .module("front", &front(engine))
        .module("back", &memory(engine))
        .provide(DeskProvider)
        .region("r", region)
}

pub(crate) fn handle(system: &System, region: &str) -> i32 {
    let shared = system.shared::<Cell>(region, 0).unwrap();
    shared.handle().try_into().unwrap()
}

/// The number at the beginning of a region, as the host sees it.
pub(crate) fn first(system: &System, region: &str) -> u32 {
    word(system.bytes(region).unwrap(), 0)
}

pub(crate) fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

pub(crate) fn set_first(system: &mut System, region: &str, x: u32) {
    system.bytes_mut(region).unwrap()[..4].copy_from_slice(&x.to_le_bytes());
}

pub(crate) fn message<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("no error"),
        Err(e) => e.to_string(),
    }
}

/// The error of a trap, in one line.
pub(crate) fn trap(result: Result<i32>) -> String {
    match result {
        Err(Error::Trap(trap)) => trap.to_string(),
        other => panic!("{other:?}"),
    }
}

/// Runs a test in a process of its own: it takes nearly all mappings that a process may have, and the tests beside it
/// need some too.
pub(crate) fn alone(test: &str, body: fn()) {
    const CHILD: &str = "KARMEM_TEST_ALONE";
    if std::env::var_os(CHILD).is_some() {
        return body();
    }
    let out = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    assert!(String::from_utf8_lossy(&out.stdout).contains("1 passed"));
}
