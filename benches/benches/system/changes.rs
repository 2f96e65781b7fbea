//! Who may do what, and who is there.

use criterion::Criterion;
use karmem::host::{Access, Region};
use karmem_benches::system::{DriveClient, WorkClient};
use wasmtime::{Memory, MemoryType, Store};

use crate::{KIB, MIB, Modules, components, measure, measure_fresh};

/// Grants, and seals.
pub(crate) fn access(criterion: &mut Criterion) {
    let modules = Modules::load();
    for length in [64 * KIB, MIB, 64 * MIB] {
        let mut system = modules.system("work");
        let region = Region::anonymous(length).expect("a region");
        system.add_region("r", region).expect("its name is free");
        measure(criterion, "system-grant-revoke", "karmem", length, || {
            system.grant("r", "work", Access::Write).expect("a grant");
            system.revoke("r", "work").expect("it was granted");
        });
        system.grant("r", "work", Access::Write).expect("a grant");
        system.grant("r", "drive", Access::Read).expect("a grant");
        measure(criterion, "system-seal-unseal", "karmem", length, || {
            drop(system.seal("r").expect("a seal"));
            system.unseal("r").expect("nobody else has it");
        });
    }
}

/// From one writer to the next: the grant moves, or the bytes do.
pub(crate) fn hand_off(criterion: &mut Criterion) {
    let modules = Modules::load();
    for length in [64 * KIB, MIB, 16 * MIB] {
        // Two systems of calls would be as good; here both modules are of the same kind.
        let mut system = karmem::host::System::builder(&modules.engine)
            .module("one", &modules.work)
            .module("two", &modules.work)
            .build()
            .expect("a system");
        let region = Region::anonymous(length + 64 * KIB).expect("a region");
        system.add_region("r", region).expect("its name is free");
        let payload = crate::payload(length);
        let payload = system.write("r", &payload).expect("it has room");
        let clients: [WorkClient; 2] =
            ["one", "two"].map(|name| system.client(name).expect("it is exported"));
        let mut hand_off = |change: bool, whole: bool| {
            for (from, to) in [(0, 1), (1, 0)] {
                let names = ["one", "two"];
                if change {
                    system
                        .grant("r", names[from], Access::Read)
                        .expect("a grant");
                    system
                        .grant("r", names[to], Access::Write)
                        .expect("a grant");
                } else {
                    let _ = system.revoke("r", names[from]);
                    system
                        .grant("r", names[to], Access::Write)
                        .expect("a grant");
                }
                clients[to].touch(&mut system, payload).expect("no trap");
                if whole {
                    clients[to].scan(&mut system, payload).expect("no trap");
                }
            }
        };
        // Each measures two of them, there and back.
        let mut measured = |group: &str, change, whole| {
            criterion.benchmark_group(group).bench_function(
                criterion::BenchmarkId::new("karmem", length),
                |bench| {
                    bench.iter_custom(|times| {
                        hand_off(change, false);
                        let start = std::time::Instant::now();
                        (0..times).for_each(|_| hand_off(change, whole));
                        start.elapsed() / 2
                    });
                },
            );
        };
        measured("system-hand-off", false, false);
        measured("system-hand-off-change", true, false);
        measured("system-hand-off-read", true, true);

        let engine = wasmtime::Engine::default();
        let memory = || {
            let mut store = Store::new(&engine, ());
            let pages = (length / (64 * KIB) + 1) as u32;
            let memory = Memory::new(&mut store, MemoryType::new(pages, None)).expect("a memory");
            memory.data_mut(&mut store).fill(1);
            (store, memory)
        };
        let ((from, one), (mut to, two)) = (memory(), memory());
        let mut copy = || {
            let bytes = &one.data(&from)[..length];
            two.data_mut(&mut to)[..length].copy_from_slice(bytes);
        };
        for group in ["system-hand-off", "system-hand-off-change"] {
            measure(criterion, group, "memcpy", length, &mut copy);
        }
        let mut reader = modules.resident(length);
        measure(criterion, "system-hand-off-read", "memcpy", length, || {
            copy();
            let sum = reader.work.scan(&mut reader.system, reader.payload);
            sum.expect("no trap")
        });
    }
}

/// From nothing to something that runs, and from one version to the next.
pub(crate) fn life(criterion: &mut Criterion) {
    let modules = Modules::load();
    let system = || {
        let mut system = modules.system("work");
        let region = Region::anonymous(MIB).expect("a region");
        system.add_region("r", region).expect("its name is free");
        system.grant("r", "work", Access::Write).expect("a grant");
        system.grant("r", "drive", Access::Read).expect("a grant");
        system
    };
    measure_fresh(criterion, "system-swap", "karmem", system, |system| {
        system.swap("work", &modules.work).expect("a swap");
    });
    let mut swapped = system();
    swapped.swap("work", &modules.work).expect("a swap");
    let drive: DriveClient = swapped.client("drive").expect("it is exported");
    assert_eq!(drive.adds(&mut swapped, 5).expect("no trap"), 5);

    measure(criterion, "system-build", "karmem", 0, || {
        modules.system("work")
    });
    let engine = wasmtime::Engine::default();
    let composed = components::compiled(&engine).expect("it compiles");
    measure(criterion, "system-build", "component", 0, || {
        let mut store = Store::new(&engine, ());
        composed.instantiate(&mut store).expect("it runs")
    });
}
