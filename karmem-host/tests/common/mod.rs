//! What tests of systems have in common.
// Each test crate uses a part of it.
#![allow(dead_code)]

use karmem_core::schema;
use karmem_host::wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};
use karmem_host::{Access, Engine, Module};

/// Strict where there are strict grants.
pub const STRICT: Access = if cfg!(feature = "strict") {
    Access::ReadStrict
} else {
    Access::Read
};

/// A method by its name alone: modules without a schema have nothing to compare its types with.
pub const fn method(name: &'static str) -> schema::Method {
    schema::Method {
        name,
        params: &[],
        ok: None,
        err: None,
    }
}

/// An interface, and a client as the macro would make it:
/// `interface! { Calc CalcClient "t" "calc" { add: (i32, i32) => i32 } }` has
/// `CalcClient::add(&self, &mut System, (i32, i32)) -> Result<i32>`.
#[macro_export]
macro_rules! interface {
    ($interface:ident $client:ident $package:literal $name:literal {
        $($method:ident: $params:ty => $result:ty),* $(,)?
    }) => {
        pub enum $interface {}

        impl karmem_core::Interface for $interface {
            const INTERFACE: &'static karmem_core::schema::Interface = &karmem_core::schema::Interface {
                package: $package,
                name: $name,
                version: 1,
                methods: &[$($crate::common::method(stringify!($method))),*],
            };
        }

        #[allow(dead_code)]
        pub struct $client { $($method: karmem_host::Method<$params, $result>),* }

        impl karmem_host::Client for $client {
            type Interface = $interface;

            fn bind(link: &mut karmem_host::Link<'_>) -> karmem_host::Result<Self> {
                Ok($client { $($method: link.method(stringify!($method))?),* })
            }
        }

        #[allow(dead_code)]
        impl $client {
            $(pub fn $method(
                &self,
                system: &mut karmem_host::System,
                params: $params,
            ) -> karmem_host::Result<$result> {
                system.invoke(&self.$method, |_| Ok(params), |r, _| Ok(r))
            })*
        }
    };
}

/// A module in wasm's text format, without the brackets around it.
pub fn module(engine: &Engine, text: &str) -> Module {
    let wasm = wat::parse_str(format!("(module {text})")).unwrap();
    Module::from_bytes_untyped(engine, wasm).unwrap()
}

/// An engine with wasmtime's pooling allocator: every system takes its memories from the same
/// slots.
pub fn pooling() -> Engine {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(600)
        .total_memories(200)
        .total_tables(600)
        .table_elements(64)
        .max_memory_size(16 << 20);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::with_config(config).unwrap()
}

/// Numbers that look random and come again with the same seed: splitmix64.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Whether one of `n` happened.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A number from the environment, to repeat a failure or to try for longer.
pub fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text
            .trim()
            .parse()
            .unwrap_or_else(|e| panic!("{name}={text}: {e}")),
        Err(_) => default,
    }
}

/// Bytes of a page of this machine: the unit in which a reader's stray writes become private to it.
pub fn page_size() -> usize {
    const AT_PAGESZ: u64 = 6;
    let auxv = std::fs::read("/proc/self/auxv").unwrap_or_default();
    let mut words = auxv
        .chunks_exact(8)
        .map(|w| u64::from_ne_bytes(w.try_into().unwrap()));
    while let (Some(key), Some(value)) = (words.next(), words.next()) {
        if key == AT_PAGESZ {
            return value as usize;
        }
    }
    4096
}
