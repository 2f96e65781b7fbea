//! Guests that are built from Rust, and the host: from loading to traps.
#![allow(missing_docs)]

mod bare;
mod common_memory;
mod ifaces;
mod loading;
mod messages;
mod systems;
mod threads;
mod trouble;
mod types;
mod with_clang;

use std::sync::OnceLock;
use std::time::Duration;

use karmem::host::wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};
use karmem::host::{Engine, Error, Instance, Limits, Module, Reason};

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap())
}

/// An engine with a pool of few slots, for guests with threads as well.
pub fn pooling() -> Engine {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(8)
        .total_memories(2)
        .total_tables(8);
    let mut config = Config::new();
    config
        .shared_memory(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::with_config(config).unwrap()
}

/// The guest of the demo, as bytes.
pub fn monsters() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| std::fs::read(karmem_tests_guests::guest("monsters-guest")).unwrap())
}

/// The guest of these tests, compiled once.
pub fn module() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| {
        Module::from_file(engine(), karmem_tests_guests::guest("karmem-tests-guest")).unwrap()
    })
}

/// Room for slow machines: only guests that never end run into it.
pub fn limits() -> Limits {
    Limits::default().deadline(Duration::from_secs(60))
}

pub fn guest() -> Instance {
    Instance::new(module(), limits()).unwrap()
}

/// Why a call ended.
#[track_caller]
pub fn reason(error: &Error) -> &Reason {
    error
        .as_trap()
        .unwrap_or_else(|| panic!("no trap: {error:?}"))
        .reason()
}
