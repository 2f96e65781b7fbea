//! Systems: calls in every direction, and changes of who may do what, beside the component model, wasmtime
//! alone, and copying.
//!
//! `cargo xtask bench` builds the guests and says where they are. The names of the groups begin with
//! `system-`; the number of each is the length of the message in bytes, and 0 where there is none.

mod calls;
mod changes;
#[path = "../common/mod.rs"]
#[allow(
    dead_code,
    reason = "the numbers of monsters are for the other benches"
)]
mod common;
mod components;
mod plain;

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use karmem::Shared;
use karmem::host::{Access, Engine, Limits, Module, Region, System};
use karmem_benches::system::{DriveClient, LOOK, Payload, WorkClient, WorkProvider, Worker};

/// Names a guest's `.wasm` file, beside which the others lie; set by `cargo xtask bench`.
const GUEST: &str = "KARMEM_BENCH_GUEST";

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

/// The compiled modules.
struct Modules {
    engine: Engine,
    work: Module,
    drive: Module,
}

impl Modules {
    fn load() -> Modules {
        let Some(path) = std::env::var_os(GUEST).map(PathBuf::from) else {
            eprintln!(
                "error: {GUEST} does not name the guest; run `cargo xtask bench`, which builds it and sets this"
            );
            std::process::exit(2);
        };
        let engine = Engine::new().expect("an engine");
        let module = |name: &str| {
            let path = path.with_file_name(name);
            Module::from_file(&engine, &path).unwrap_or_else(|e| {
                panic!("{}: {e}; run `cargo xtask bench`", path.display());
            })
        };
        Modules {
            work: module("karmem_benches_work.wasm"),
            drive: module("karmem_benches_drive.wasm"),
            engine,
        }
    }

    /// A system with both modules. The work is done by the other module, or by the host.
    fn system(&self, provider: &str) -> System {
        System::builder(&self.engine)
            .module("work", &self.work)
            .module("drive", &self.drive)
            .provide(WorkProvider(Worker))
            .link("drive", "bench/work", provider)
            .limits(Limits::default().memory(3 * GIB).no_deadline())
            .build()
            .expect("a system")
    }

    /// A system with a payload of `length` bytes in the region `r`, written by `work`.
    fn resident(&self, length: usize) -> Resident {
        let mut system = self.system("work");
        let room = Region::anonymous(length + 64 * KIB).expect("a region");
        system.add_region("r", room).expect("its name is free");
        system.grant("r", "work", Access::Write).expect("a grant");
        system.grant("r", "drive", Access::Read).expect("a grant");
        let payload = system.write("r", &payload(length)).expect("it has room");
        Resident {
            work: system.client("work").expect("it is exported"),
            drive: system.client("drive").expect("it is exported"),
            payload,
            system,
        }
    }
}

struct Resident {
    system: System,
    work: WorkClient,
    drive: DriveClient,
    payload: Shared<Payload>,
}

/// Ones where readers look, zeros behind.
fn payload(length: usize) -> Payload {
    let mut bytes = vec![0; length];
    bytes[..LOOK].fill(1);
    Payload { turn: 0, bytes }
}

/// One number of one group.
fn measure<T>(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    length: usize,
    mut work: impl FnMut() -> T,
) {
    criterion
        .benchmark_group(group)
        .bench_function(BenchmarkId::new(name, length), |bench| {
            bench.iter(&mut work);
        });
}

/// One number of one group, by something that repeats the work itself.
fn measure_many<T>(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    length: usize,
    mut work: impl FnMut(u32) -> T,
) {
    /// So many in one call into a guest.
    const AT_ONCE: u64 = 1 << 20;
    criterion
        .benchmark_group(group)
        .bench_function(BenchmarkId::new(name, length), |bench| {
            bench.iter_custom(|times| {
                let start = Instant::now();
                let mut left = times;
                while left > 0 {
                    let now = left.min(AT_ONCE);
                    black_box(work(black_box(now as u32)));
                    left -= now;
                }
                start.elapsed()
            });
        });
}

/// One number of one group, of work that uses something up which is then made anew, and not counted.
fn measure_fresh<S>(
    criterion: &mut Criterion,
    group: &str,
    name: &str,
    mut fresh: impl FnMut() -> S,
    mut work: impl FnMut(&mut S),
) {
    /// So often with the same.
    const AT_ONCE: u64 = 50;
    criterion
        .benchmark_group(group)
        .bench_function(BenchmarkId::new(name, 0), |bench| {
            bench.iter_custom(|times| {
                let mut took = Duration::ZERO;
                let mut left = times;
                while left > 0 {
                    let mut state = fresh();
                    let now = left.min(AT_ONCE);
                    let start = Instant::now();
                    (0..now).for_each(|_| work(&mut state));
                    took += start.elapsed();
                    left -= now;
                }
                took
            });
        });
}

criterion_group! {
    name = all;
    config = common::settings();
    targets = calls::into_guests, calls::between_guests, calls::to_the_host, changes::access, changes::hand_off,
        changes::life
}
criterion_main!(all);
