//! The workload with a guest in wasmtime: reads of a message that lies in the guest's memory, and
//! whole calls, in which the host has its own structs, writes them there and the guest answers.
//!
//! `cargo xtask bench` builds the guest and says where it is.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use karmem_benches::{Peer, World, for_each_peer, nine_fields, path_sum, world};
use std::hint::black_box;
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

mod common;

/// Names the guest's `.wasm` file; set by `cargo xtask bench`.
const GUEST: &str = "KARMEM_BENCH_GUEST";

/// A read of the guest: address and length of a message to a number.
type Read = TypedFunc<(u32, u32), f64>;

/// One instance of the guest and a block of its memory for one message.
struct Guest {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    at: u32,
    size: u32,
}

impl Guest {
    /// An instance with room for a message of `size` bytes.
    fn new(module: &Module, size: usize) -> wasmtime::Result<Self> {
        let mut store = Store::new(module.engine(), ());
        let instance = Instance::new(&mut store, module, &[])?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .expect("a Rust guest exports its memory");
        let size = u32::try_from(size)?;
        let at = instance
            .get_typed_func::<u32, u32>(&mut store, "bench_alloc")?
            .call(&mut store, size)?;
        assert_ne!(at, 0, "the guest has no room for {size} bytes");
        Ok(Guest {
            store,
            instance,
            memory,
            at,
            size,
        })
    }

    fn export<P: Peer>(&mut self, kind: &str) -> wasmtime::Result<Read> {
        self.instance
            .get_typed_func(&mut self.store, &format!("{}_{kind}", P::NAME))
    }

    /// Writes the structs straight into the guest's memory and returns the message's length.
    #[inline]
    fn write<P: Peer>(&mut self, encoder: &mut P::Encoder, input: &P::Input) -> u32 {
        let block = self.at as usize..self.at as usize + self.size as usize;
        let out = &mut self.memory.data_mut(&mut self.store)[block];
        P::encode_into(encoder, input, out).expect("the block has room for the message") as u32
    }

    #[inline]
    fn call(&mut self, read: &Read, length: u32) -> f64 {
        read.call(&mut self.store, (self.at, length))
            .expect("the guest does not trap")
    }
}

/// What is measured: the guest's read, the criterion group, and the right answer.
struct Task<'w> {
    read: &'static str,
    group: &'static str,
    world: &'w World,
    expected: f64,
}

/// Measures `work` after it has given the right answer once.
fn measure<P: Peer>(criterion: &mut Criterion, task: &Task<'_>, mut work: impl FnMut() -> f64) {
    assert_eq!(work(), task.expected, "{} of {}", task.group, P::NAME);
    let id = BenchmarkId::new(P::NAME, task.world.monsters.len());
    criterion
        .benchmark_group(task.group)
        .bench_function(id, |bench| bench.iter(&mut work));
}

/// A guest with room for the peer's message, and the read that the task names.
fn guest<P: Peer>(module: &Module, task: &Task<'_>, encoder: &mut P::Encoder) -> (Guest, Read) {
    let size = P::encode(encoder, &P::input(task.world)).len();
    let mut guest = Guest::new(module, size).expect("the guest instantiates");
    let read = guest
        .export::<P>(task.read)
        .expect("the guest exports every read of every peer");
    (guest, read)
}

/// The message stays where it is; only the guest works.
fn resident<P: Peer>(criterion: &mut Criterion, module: &Module, task: &Task<'_>) {
    let mut encoder = P::Encoder::default();
    let (mut guest, read) = guest::<P>(module, task, &mut encoder);
    let length = guest.write::<P>(&mut encoder, &P::input(task.world));
    measure::<P>(criterion, task, || guest.call(&read, black_box(length)));
}

/// From the host's structs to the guest's answer.
fn whole_call<P: Peer>(criterion: &mut Criterion, module: &Module, task: &Task<'_>) {
    let mut encoder = P::Encoder::default();
    let (mut guest, read) = guest::<P>(module, task, &mut encoder);
    let input = P::input(task.world);
    measure::<P>(criterion, task, || {
        let length = guest.write::<P>(&mut encoder, black_box(&input));
        guest.call(&read, length)
    });
}

fn wasm(criterion: &mut Criterion) {
    let Some(path) = std::env::var_os(GUEST) else {
        eprintln!(
            "error: {GUEST} does not name the guest; run `cargo xtask bench`, which builds it and sets this"
        );
        std::process::exit(2);
    };
    let module = Module::from_file(&Engine::default(), path).expect("the guest compiles");
    for count in common::COUNTS {
        let world = &world(count);
        let (sum, nine) = (path_sum(world), nine_fields(world));
        let task = |read, group, expected| Task {
            read,
            group,
            world,
            expected,
        };
        for task in [
            task("sum", "wasm-read", sum),
            task("nine", "wasm-nine", nine),
            task("verified", "wasm-verify-read", sum),
        ] {
            for_each_peer!(resident(criterion, &module, &task));
        }
        for task in [
            task("sum", "wasm-whole-call", sum),
            task("verified", "wasm-whole-call-verified", sum),
        ] {
            for_each_peer!(whole_call(criterion, &module, &task));
        }
    }
}

criterion_group! { name = all; config = common::settings(); targets = wasm }
criterion_main!(all);
