//! Systems of guests that are built from Rust with `#[karmem::interface]`: `kinds` provides [`Kinds`] and
//! calls `Peer`, which the host provides or a module that calls back.

mod calls;
mod evolved;
mod refused;
mod regions;
mod swaps;
mod trouble;

use std::sync::OnceLock;

use karmem::host::wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};
use karmem::host::{Engine, Error, Module, Reason, Region, Result, System, SystemBuilder};
use karmem::{Shared, View, ViewMut};
use karmem_tests_guest_ifaces::{
    Answers, Kinds, KindsClient, Peer, PeerProvider, Point, Refusal, Team, World,
};

use crate::{engine, limits};

/// The other interface of the peer, with the types of `kinds`.
#[karmem::interface(package = "tests")]
trait Ring {
    fn turned(&mut self, world: &World) -> Result<World, Refusal>;
    fn read(&self, world: View<World>) -> Result<World, Refusal>;
    fn beside(&mut self, world: Shared<World>, frame: u32) -> Result<Shared<World>, Refusal>;
}

fn load(engine: &Engine, package: &str) -> Module {
    Module::from_file(engine, karmem_tests_guests::guest(package)).unwrap()
}

/// The guest that provides `Kinds`.
fn kinds() -> &'static Module {
    static MODULE: OnceLock<Module> = OnceLock::new();
    MODULE.get_or_init(|| load(engine(), "karmem-tests-guest-ifaces"))
}

/// A version of the guest that provides `Peer`.
fn peer(version: Version) -> &'static Module {
    static MODULES: [OnceLock<Module>; 3] = [const { OnceLock::new() }; 3];
    MODULES[version as usize].get_or_init(|| load(engine(), version.package()))
}

/// The versions of the peer.
#[derive(Clone, Copy, Debug)]
enum Version {
    /// Of the same types as `kinds`.
    Same,
    /// `World` has one field more at its end.
    Grown,
    /// The fields of `Point` are `f64`.
    Changed,
}

impl Version {
    fn package(self) -> &'static str {
        match self {
            Version::Same => "karmem-tests-guest-peer",
            Version::Grown => "karmem-tests-guest-peer-grown",
            Version::Changed => "karmem-tests-guest-peer-changed",
        }
    }
}

/// The peer in the host, which answers as `kinds` does.
#[derive(Default)]
struct Native(Answers);

impl Peer for Native {
    fn joined(&self, one: &World, other: World) -> World {
        self.0.joined(one, other)
    }

    fn checked(&self, value: u32) -> Result<u8, Team> {
        self.0.checked(value)
    }

    fn step(&mut self, world: ViewMut<World>, by: Point) {
        self.0.step(world, by);
    }

    fn count(&mut self) -> u32 {
        self.0.count()
    }

    fn unused(&mut self) {
        panic!("nobody calls it");
    }
}

/// Who provides `Peer`.
#[derive(Clone, Copy, Debug)]
enum By {
    Host,
    Module(Version),
}

const SAME: By = By::Module(Version::Same);

/// `kinds`, with its peer and a region `world`, to which nobody has access yet.
fn builder(by: By) -> SystemBuilder {
    let builder = System::builder(engine())
        .limits(limits())
        .module("kinds", kinds())
        .region("world", Region::anonymous(1 << 16).unwrap());
    match by {
        By::Host => builder.provide(PeerProvider(Native::default())),
        By::Module(version) => builder.module("peer", peer(version)),
    }
}

fn client(system: &mut System) -> KindsClient {
    system.client("kinds").unwrap()
}

/// An engine with a pool of as many memories as a system needs that swaps once.
fn pool() -> Engine {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_core_instances(32)
        .total_memories(3)
        .total_tables(32)
        .max_memory_size(16 << 20);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    Engine::with_config(config).unwrap()
}

fn world(name: &str) -> World {
    World {
        frame: 7,
        name: name.to_owned(),
        points: vec![Point { x: 1.0, y: 2.0 }, Point { x: 3.0, y: -4.5 }],
    }
}

/// The text of the panic that a call ended in.
fn panic_text<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    match error.as_trap().map(karmem::host::Trap::reason) {
        Some(Reason::Panic(text)) => text.clone(),
        _ => panic!("no panic: {error}"),
    }
}

/// All that is wrong with a link.
fn problems<T: std::fmt::Debug>(result: Result<T>) -> Vec<String> {
    match result.unwrap_err() {
        Error::Link { problems } => problems,
        other => panic!("not about a link: {other}"),
    }
}

/// The functions of the ABI for a module that is written by hand.
const FREE: &str = r#"
    (memory (export "memory") 1)
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 4096))
    (func (export "karmem_alloc") (param i32 i32) (result i32)
        (i32.shl (memory.grow (i32.shr_u (i32.add (local.get 0) (i32.const 65535)) (i32.const 16)))
            (i32.const 16)))
    (func (export "karmem_free") (param i32 i32 i32))
    (func (export "karmem_attach") (param i32 i32 i32 i32))
    (func (export "karmem_detach") (param i32))
    (func (export "karmem_reset"))"#;

/// The methods of `Peer`, of which `count` does this.
fn counts(body: &str) -> String {
    format!(
        r#"(func (export "tests_peer__joined") (param i64 i64) (result i64) unreachable)
        (func (export "tests_peer__checked") (param i32) (result i64) unreachable)
        (func (export "tests_peer__step") (param i64 i64) unreachable)
        (func (export "tests_peer__count") (result i32) {body})"#
    )
}
