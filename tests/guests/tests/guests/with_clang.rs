//! A guest in C that follows the ABI by hand (`c/tally.c`): called by the host and by a guest in Rust, calling
//! the host, on regions that others wrote.

use std::sync::{Arc, Mutex};

use karmem::Shared;
use karmem::host::{Access, Engine, Error, Module, Region, Result, System, SystemBuilder};
use karmem::section::fnv1a;
use karmem_tests_guest_referee::{
    Fault, Journal, JournalProvider, RefereeClient, Scores, Summary, TallyClient,
};
use karmem_tests_guests::{built, c, guest};

use crate::{engine, limits, pooling};

/// A journal with room for so many notes.
struct Notes {
    kept: Arc<Mutex<Vec<i64>>>,
    room: usize,
}

impl Journal for Notes {
    fn note(&mut self, total: i64) -> i32 {
        let mut kept = self.kept.lock().unwrap();
        if kept.len() >= self.room {
            return -1;
        }
        kept.push(total);
        kept.len() as i32
    }
}

fn in_c() -> Vec<u8> {
    std::fs::read(built(&c("tests/guests/c/tally.c"))).unwrap()
}

fn module(engine: &Engine) -> Module {
    Module::from_bytes(engine, in_c()).unwrap()
}

/// The guest in C, a journal with room for so many notes, and a region that is written by the guest.
fn with_room(
    engine: &Engine,
    tally: &Module,
    room: usize,
) -> (SystemBuilder, Arc<Mutex<Vec<i64>>>) {
    let kept = Arc::default();
    let notes = Notes {
        kept: Arc::clone(&kept),
        room,
    };
    let builder = System::builder(engine)
        .module("tally", tally)
        .provide(JournalProvider(notes))
        .region("scores", Region::anonymous(1 << 20).unwrap())
        .grant("scores", "tally", Access::Write)
        .limits(limits())
        .exact_types();
    (builder, kept)
}

fn system(engine: &Engine) -> (System, TallyClient) {
    let (builder, _) = with_room(engine, &module(engine), usize::MAX);
    let mut system = builder.build().unwrap();
    let tally = system.client("tally").unwrap();
    (system, tally)
}

fn scores(len: i32) -> Scores {
    Scores {
        count: len as u32 / 2,
        bias: -3,
        values: (0..len).map(|i| i * 7919 % 1000 - 400).collect(),
    }
}

fn counted(scores: &Scores) -> impl Iterator<Item = i32> + '_ {
    let values = scores.values.iter().take(scores.count as usize);
    values.map(|value| value + scores.bias)
}

fn total(scores: &Scores) -> i64 {
    counted(scores).map(i64::from).sum()
}

fn summary(scores: &Scores) -> Option<Summary> {
    let highest = counted(scores).max()?;
    let total = total(scores);
    Some(Summary { total, highest })
}

fn raise(scores: &mut Scores, by: i32) {
    scores.count = scores.values.len() as u32;
    scores.values.iter_mut().for_each(|value| *value += by);
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn it_reads_and_changes_what_rust_wrote() {
    for engine in [engine().clone(), pooling()] {
        let module = module(&engine);
        // More often than a pool has slots.
        for round in 0..10 {
            let (builder, kept) = with_room(&engine, &module, usize::MAX);
            let mut system = builder.build().unwrap();
            let tally: TallyClient = system.client("tally").unwrap();
            let mut native = scores(1000 + round);
            let shared = system.write("scores", &native).unwrap();
            let mut noted = Vec::new();
            for by in 0..200 {
                assert_eq!(tally.total(&mut system, shared).unwrap(), total(&native));
                tally.raise(&mut system, shared, by).unwrap();
                raise(&mut native, by);
                let found = tally.summary(&mut system, shared).unwrap();
                assert_eq!(found.ok(), summary(&native));
                noted.push(total(&native));
            }
            // Where the host wrote it, C has changed it.
            let view = system.view(shared).unwrap();
            assert_eq!(view.to_owned().unwrap(), native);
            assert_eq!(*kept.lock().unwrap(), noted);
        }
    }
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn its_errors_are_typed() {
    let (builder, kept) = with_room(engine(), &module(engine()), 1);
    let mut system = builder.build().unwrap();
    let tally: TallyClient = system.client("tally").unwrap();
    for nothing in [scores(0), scores(1)] {
        let shared = system.write("scores", &nothing).unwrap();
        assert_eq!(tally.total(&mut system, shared).unwrap(), 0);
        let found = tally.summary(&mut system, shared).unwrap();
        assert_eq!(found, Err(Fault::Empty));
    }
    let some = scores(10);
    let shared = system.write("scores", &some).unwrap();
    let first = tally.summary(&mut system, shared).unwrap();
    assert_eq!(first.ok(), summary(&some));
    // What the host's journal answers reaches it too.
    let second = tally.summary(&mut system, shared).unwrap();
    assert_eq!(second, Err(Fault::Full));
    assert_eq!(*kept.lock().unwrap(), [total(&some)]);
    assert_eq!(system.stats().traps, 0);
}

#[track_caller]
fn traps<T: std::fmt::Debug>(result: Result<T>, text: &str) {
    let error = result.unwrap_err();
    assert!(error.as_trap().is_some(), "{error}");
    assert!(error.to_string().contains(text), "{error}");
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn a_trap_leaves_the_system_usable() {
    for engine in [engine().clone(), pooling()] {
        let (mut system, tally) = system(&engine);
        let native = scores(100);
        let shared = system.write("scores", &native).unwrap();
        let outside = Shared::new(shared.handle(), u32::MAX - 7);
        for _ in 0..100 {
            let wild = tally.summary(&mut system, Shared::new(77, 0));
            traps(wild, "no region has this handle");
            let outside = tally.total(&mut system, outside);
            traps(outside, "something lies outside of its region");
            let askew = Shared::new(shared.handle(), 2);
            traps(
                tally.raise(&mut system, askew, 1),
                "something is not aligned",
            );
            let found = tally.summary(&mut system, shared).unwrap();
            assert_eq!(found.ok(), summary(&native));
        }
        // A list that leads out of the region.
        let at = shared.offset() as usize + 12;
        system.bytes_mut("scores").unwrap()[at..at + 4].fill(0xfc);
        traps(tally.total(&mut system, shared), "outside of its region");

        // It keeps to what it was granted.
        let shared = system.write("scores", &native).unwrap();
        system.grant("scores", "tally", Access::Read).unwrap();
        let raised = tally.raise(&mut system, shared, 1);
        traps(raised, "the region may only be read");
        assert_eq!(system.view(shared).unwrap().to_owned().unwrap(), native);
        assert_eq!(tally.total(&mut system, shared).unwrap(), total(&native));
        assert_eq!(system.stats().traps, 302);
        assert_eq!(system.poisoned("tally").unwrap(), None);
    }
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn it_takes_regions_and_gives_their_memory_back() {
    let (mut system, tally) = system(engine());
    let native = scores(300);
    let mut size = 0;
    for round in 0..60_u32 {
        // Three of one to three pages, given back in different orders.
        let names = ["a", "b", "c"].map(|name| format!("{name}{round}"));
        let mut all = Vec::new();
        for (i, name) in names.iter().enumerate() {
            let pages = 1 + (round as usize + i) % 3;
            let region = Region::anonymous(pages << 16).unwrap();
            system.add_region(name, region).unwrap();
            all.push(system.write(name, &native).unwrap());
            system.grant(name, "tally", Access::Write).unwrap();
        }
        for (i, shared) in all.iter().enumerate() {
            tally.raise(&mut system, *shared, i as i32).unwrap();
            let mut raised = native.clone();
            raise(&mut raised, i as i32);
            let found = tally.summary(&mut system, *shared).unwrap();
            assert_eq!(found.ok(), summary(&raised));
        }
        let orders = [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ];
        for i in orders[round as usize % 6] {
            system.remove_region(&names[i]).unwrap();
        }
        for shared in all {
            traps(
                tally.total(&mut system, shared),
                "no region has this handle",
            );
        }
        // What they leave is one piece again.
        if round == 0 {
            size = system.memory_size("tally").unwrap();
        }
        let region = Region::anonymous(6 << 16).unwrap();
        system.add_region("large", region).unwrap();
        let shared = system.write("large", &native).unwrap();
        system.grant("large", "tally", Access::Read).unwrap();
        assert_eq!(tally.total(&mut system, shared).unwrap(), total(&native));
        system.remove_region("large").unwrap();
        assert_eq!(system.memory_size("tally").unwrap(), size);
    }
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn a_guest_in_rust_calls_it() {
    for engine in [engine().clone(), pooling()] {
        let (builder, kept) = with_room(&engine, &module(&engine), 50);
        let referee = Module::from_file(&engine, guest("karmem-tests-guest-referee")).unwrap();
        let mut system = builder
            .module("referee", &referee)
            .grant("scores", "referee", Access::Read)
            .build()
            .unwrap();
        let referee: RefereeClient = system.client("referee").unwrap();
        let mut native = scores(500);
        let shared = system.write("scores", &native).unwrap();
        for round in 0..50 {
            let found = referee.decide(&mut system, shared, round).unwrap();
            raise(&mut native, round);
            assert_eq!(found.ok(), summary(&native));
            assert_eq!(kept.lock().unwrap().last(), Some(&total(&native)));
            // A trap in C ends the call that it came out of, and nothing else.
            let wild = referee.decide(&mut system, Shared::new(99, 0), 1);
            traps(wild, "no region has this handle");
        }
        let full = referee.decide(&mut system, shared, 1).unwrap();
        assert_eq!(full, Err(Fault::Full));
    }
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn it_is_swapped_while_its_region_stays() {
    let (mut system, tally) = system(engine());
    let module = module(engine());
    let mut native = scores(500);
    let shared = system.write("scores", &native).unwrap();
    for by in 0..20 {
        tally.raise(&mut system, shared, by).unwrap();
        raise(&mut native, by);
        system.swap("tally", &module).unwrap();
        let found = tally.summary(&mut system, shared).unwrap();
        assert_eq!(found.ok(), summary(&native));
    }
}

/// The module with another text of the same length in a line of its section, and with the line's hash.
fn altered(from: &str, to: &str) -> Module {
    assert_eq!(from.len(), to.len());
    let mut wasm = in_c();
    let find = |wasm: &[u8], text: &str| {
        let mut places = wasm.windows(text.len());
        places.position(|bytes| bytes == text.as_bytes()).unwrap()
    };
    let at = find(&wasm, from);
    wasm[at..at + to.len()].copy_from_slice(to.as_bytes());
    let before = wasm[..at].windows(8);
    let start = before.rev().position(|bytes| bytes == b"karmem1 ").unwrap();
    let start = at - 8 - start;
    let end = at + find(&wasm[at..], " #");
    let hash = format!("{:016x}", fnv1a(&wasm[start..end]));
    wasm[end + 2..end + 18].copy_from_slice(hash.as_bytes());
    Module::from_bytes(engine(), wasm).unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>, parts: [&str; 3]) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Link { .. }), "{error:?}");
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
#[ignore = "needs clang and wasm-ld"]
fn other_types_are_refused_before_anything_runs() {
    // With what the host provides, ...
    let tally = altered("note{total:i64}", "note{total:u64}");
    let (builder, _) = with_room(engine(), &tally, 0);
    let parts = ["Journal.note(total): ", "`i64` in host", "`u64` in tally"];
    refused(builder.build().map(drop), parts);

    // ... with another module, ...
    let file = guest("karmem-tests-guest-referee");
    let referee = Module::from_file(engine(), file).unwrap();
    let alterations = [
        (
            "Values:[]i32",
            "Values:[]u32",
            "Tally.total(scores).Values[]: ",
            "`u32` in tally",
        ),
        (
            "Empty=1 Full=2",
            "Empty=2 Full=1",
            "Tally.summary",
            "in tally",
        ),
        (
            "Total:i64",
            "Total:f64",
            "Tally.summary().Ok.Total: ",
            "`f64` in tally",
        ),
    ];
    for (from, to, path, found) in alterations {
        let tally = altered(from, to);
        let (builder, _) = with_room(engine(), &tally, 0);
        let built = builder.module("referee", &referee).build();
        refused(built.map(drop), [path, "in referee", found]);

        // ... and with the host as a caller.
        let (builder, _) = with_room(engine(), &tally, 0);
        let mut system = builder.build().unwrap();
        let client = system.client::<TallyClient>("tally");
        refused(client, [path, "in host", found]);
    }
}
