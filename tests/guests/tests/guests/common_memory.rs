//! Several guests on one memory.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::OnceLock;

use karmem::Karmem;
use karmem::host::wasmtime::{Instance, Memory, MemoryType, Store, Trap, TypedFunc};
use karmem::host::{Block, CommonMemory, Error, Module, Reason};
use karmem_build::{Guest, Slots};
use karmem_tests_guests::{built, rust};
use monsters_model::World;

use crate::{engine, limits, reason};

fn load(guest: &Guest) -> Module {
    Module::from_file(engine(), built(guest)).unwrap()
}

/// Two of the tests' guest and one of the demo's, each for its own place.
fn files() -> &'static [PathBuf; 3] {
    static FILES: OnceLock<[PathBuf; 3]> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut slots = Slots::new().stack(256 << 10);
        ["karmem-tests-guest", "monsters-guest", "karmem-tests-guest"]
            .map(|package| built(&rust(package).imported_memory(slots.next(1 << 20).unwrap())))
    })
}

fn three() -> &'static [Module; 3] {
    static MODULES: OnceLock<[Module; 3]> = OnceLock::new();
    MODULES.get_or_init(|| {
        files()
            .each_ref()
            .map(|file| Module::from_file(engine(), file).unwrap())
    })
}

fn two() -> CommonMemory {
    let [a, b, _] = three();
    CommonMemory::builder(engine())
        .module("b", b)
        .module("a", a)
        .limits(limits())
        .build()
        .unwrap()
}

#[test]
fn two_guests_work_on_one_message() {
    on_one_message(two());
}

#[test]
fn two_guests_with_the_pooling_allocator() {
    let engine = crate::pooling();
    let [a, b, _] = files()
        .each_ref()
        .map(|file| Module::from_file(&engine, file).unwrap());
    // More often than there are slots.
    for _ in 0..20 {
        let builder = CommonMemory::builder(&engine).module("a", &a);
        on_one_message(builder.module("b", &b).build().unwrap());
    }
}

fn on_one_message(mut both: CommonMemory) {
    let places: Vec<_> = both
        .places()
        .map(|(name, place)| (name.to_owned(), place))
        .collect();
    assert_eq!(places[0].0, "a");
    assert_eq!(places[1].0, "b");
    assert!(places[0].1.end < places[1].1.start);

    let block = both.alloc("a", 1 << 16).unwrap();
    both.attach(&block, "b", true).unwrap();
    // Made by one, changed by the other, read by the first, and by the host.
    let world: i64 = both.call("a", "reply", (block.message(0), 8, 100)).unwrap();
    let copied = both.stats().bytes_copied;
    for frame in 1..=50 {
        assert_eq!(both.call::<i64, i32>("b", "step", world).unwrap(), 100);
        assert_eq!(
            both.call::<i64, i32>("a", "healths", world).unwrap(),
            99 * 50
        );
        assert_eq!(both.view::<World>(world).unwrap().frame(), 100 + frame);
    }
    assert_eq!(both.stats().bytes_copied, copied);
    assert_eq!(copied, 0);
    assert_eq!(both.stats().bytes_shared, 1 << 16);

    // Without it, the message is refused; with the right to read, reading is all.
    both.detach(&block, "b").unwrap();
    assert_eq!(both.call::<i64, i32>("b", "step", world).unwrap(), -1);
    both.attach(&block, "b", false).unwrap();
    assert_eq!(both.call::<i64, i32>("b", "step", world).unwrap(), -1);
    both.free(block).unwrap();
    assert_eq!(both.call::<i64, i32>("a", "healths", world).unwrap(), -1);
    assert!(matches!(both.free(block), Err(Error::BadBlock { .. })));
    assert!(matches!(
        both.view::<World>(world),
        Err(Error::WildHandle { .. })
    ));
}

/// Marsaglia's xorshift64 ("Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// FNV-1a.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Allocators, stacks and data of three guests stay apart while they all work: every block is as it was left.
#[test]
fn three_guests_through_many_rounds() {
    const NAMES: [&str; 3] = ["low", "middle", "high"];
    let [low, middle, high] = three();
    let mut all = CommonMemory::builder(engine())
        .module("high", high)
        .module("low", low)
        .module("middle", middle)
        .limits(limits())
        .build()
        .unwrap();
    let mut random = Random(42);
    let mut live: VecDeque<(Block, u64)> = VecDeque::new();
    let mut errors = 0;
    for round in 0..3000_u64 {
        let owner = NAMES[random.below(3) as usize];
        let size = 16 + random.below(if round % 50 == 0 { 300_000 } else { 6000 });
        let block = all.alloc(owner, size as usize).unwrap();
        if round % 2 == 0 {
            let (maker, reader) = [("low", "high"), ("high", "low")][random.below(2) as usize];
            for name in NAMES {
                all.attach(&block, name, true).unwrap();
            }
            let monsters = (size / 200) as i32;
            let world: i64 = all
                .call(maker, "reply", (block.message(0), 0, monsters))
                .unwrap();
            if world >= 0 {
                let (sum, count) = (monsters * (monsters - 1) / 2, monsters);
                // Reads, decodes and encodes on its own heap, changes in place.
                errors += u32::from(all.call::<i64, i32>(reader, "healths", world).unwrap() != sum);
                errors += u32::from(all.call::<i64, i32>(reader, "again", world).unwrap() < 0);
                errors +=
                    u32::from(all.call::<i64, i32>("middle", "step", world).unwrap() != count);
                let view = World::decode(all.bytes(&block).unwrap()).unwrap();
                errors += u32::from(view.frame != monsters as u32 + 1);
                let names = view.monsters.iter().enumerate();
                errors += names
                    .filter(|(i, m)| m.name != format!("built {i}"))
                    .count() as u32;
            }
        } else {
            for byte in all.bytes_mut(&block).unwrap() {
                *byte = random.below(256) as u8;
            }
        }
        let sum = checksum(all.bytes(&block).unwrap());
        live.push_back((block, sum));
        if live.len() > 40 {
            let at = random.below(live.len() as u64) as usize;
            let (block, sum) = live.swap_remove_back(at).unwrap();
            errors += u32::from(checksum(all.bytes(&block).unwrap()) != sum);
            all.free(block).unwrap();
        }
    }
    for (block, sum) in live {
        errors += u32::from(checksum(all.bytes(&block).unwrap()) != sum);
        all.free(block).unwrap();
    }
    assert_eq!(errors, 0);
    assert_eq!(all.stats().traps, 0);
}

#[test]
fn a_trap_in_one_leaves_the_others() {
    let mut both = two();
    let block = both.alloc("b", 1 << 14).unwrap();
    both.attach(&block, "a", true).unwrap();
    let world: i64 = both.call("a", "reply", (block.message(0), 0, 10)).unwrap();
    for _ in 0..300 {
        let error = both.call::<i64, ()>("a", "panics", world).unwrap_err();
        // This guest has no hook for panics, and so no text to tell.
        assert!(
            matches!(reason(&error), Reason::Wasm(Trap::UnreachableCodeReached)),
            "{error}"
        );
    }
    assert_eq!(both.call::<i64, i32>("b", "step", world).unwrap(), 10);
    assert_eq!(both.call::<i64, i32>("a", "healths", world).unwrap(), 45);
    both.free(block).unwrap();
    assert_eq!(both.stats().traps, 300);
}

#[test]
fn a_panic_tells_its_text() {
    let mut slots = Slots::new().stack(256 << 10);
    let modules = ["low", "high"].map(|name| {
        let guest = rust("karmem-tests-guest-ifaces");
        (
            name,
            load(&guest.imported_memory(slots.next(1 << 20).unwrap())),
        )
    });
    let imports = crate::ifaces::nobody();
    let mut builder = CommonMemory::builder(engine())
        .limits(limits())
        .imports(&imports);
    for (name, module) in &modules {
        builder = builder.module(name, module);
    }
    let mut both = builder.build().unwrap();
    for (owner, _) in &modules {
        let block = both.alloc(owner, 256).unwrap();
        for round in 0..50 {
            let world = crate::ifaces::World {
                frame: 1,
                name: format!("{owner} {round}"),
                points: Vec::new(),
            };
            both.write(&block, &world).unwrap();
            let asked = format!("as {owner} {round} asked");
            let result = both.call::<i64, ()>(owner, "tests_kinds__panics", block.message(0));
            let error = result.unwrap_err();
            assert!(
                matches!(reason(&error), Reason::Panic(text) if text.contains(&asked)),
                "{error}"
            );
        }
        both.free(block).unwrap();
    }
}

/// There is no guard below a stack: what is overwritten cannot be used any more, and it says so.
#[test]
fn a_stack_that_overflows_ends_it_for_all() {
    let mut both = two();
    let error = both.call::<u32, u32>("b", "recurses", 0).unwrap_err();
    assert!(matches!(error, Error::NoFunction { .. }), "{error:?}");
    let error = both.call::<u32, u32>("a", "recurses", 0).unwrap_err();
    assert!(matches!(reason(&error), Reason::Wasm(_)), "{error}");
    let error = both.call::<i64, i32>("b", "step", 0).unwrap_err();
    assert!(
        matches!(&error, Error::Overwritten { name } if name == "a"),
        "{error:?}"
    );
    assert!(matches!(both.alloc("b", 8), Err(Error::Overwritten { .. })));
}

/// Guests that import their memory and are linked as usual otherwise.
fn unplanned() -> [Module; 2] {
    ["karmem-tests-guest", "monsters-guest"].map(|package| {
        let guest = rust(package)
            .name(format!("{package}-unplanned"))
            .link_argument("--import-memory");
        load(&guest)
    })
}

#[test]
fn guests_without_places_are_refused() {
    let [a, b] = unplanned();
    let error = CommonMemory::builder(engine())
        .module("first", &a)
        .module("second", &b)
        .build()
        .unwrap_err();
    assert!(matches!(error, Error::Collision { .. }), "{error:?}");
    let text = error.to_string();
    for part in [
        "`first` takes 0x0..",
        "`second` takes 0x0..",
        "stack 0x0..0x100000",
        "Guest::imported_memory",
        "--global-base",
    ] {
        assert!(text.contains(part), "{text}");
    }

    let own = crate::module();
    let error = CommonMemory::builder(engine()).module("own", own).build();
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("a memory of its own")
    );

    let [a, ..] = three();
    let twice = |one, other| {
        let builder = CommonMemory::builder(engine()).module(one, a);
        builder.module(other, a).build().unwrap_err()
    };
    assert!(matches!(twice("a", "b"), Error::Collision { .. }));
    assert!(matches!(twice("a", "a"), Error::TwoModules { .. }));
}

/// What the refusal is for: the same two modules, by force.
#[test]
fn guests_without_places_overwrite_one_another() {
    type Call<P, R> = TypedFunc<P, R>;
    let modules = unplanned();
    let mut store = Store::new(engine().wasmtime(), ());
    store.set_epoch_deadline(1 << 40);
    let memory = Memory::new(&mut store, MemoryType::new(64, None)).unwrap();
    let first = Instance::new(&mut store, modules[0].wasmtime(), &[memory.into()]).unwrap();
    let alloc: Call<(u32, u32), u32> = first.get_typed_func(&mut store, "karmem_alloc").unwrap();
    let attach: Call<(u32, u32, u32, u32), ()> =
        first.get_typed_func(&mut store, "karmem_attach").unwrap();
    let reply: Call<(i64, u32, u32), i64> = first.get_typed_func(&mut store, "reply").unwrap();
    let at = alloc.call(&mut store, (4096, 8)).unwrap();
    attach.call(&mut store, (1, at, 4096, 1)).unwrap();
    assert_eq!(reply.call(&mut store, (1 << 32, 0, 3)).unwrap(), 1 << 32);
    let data = 0x10_0000..0x10_0000 + 4096;
    let before = memory.data(&store)[data.clone()].to_vec();

    Instance::new(&mut store, modules[1].wasmtime(), &[memory.into()]).unwrap();
    assert_ne!(
        memory.data(&store)[data].to_vec(),
        before,
        "its data is another's"
    );
    // It has lost its table of blocks, its texts, or both; which depends on what lies where.
    let world = match reply.call(&mut store, (1 << 32, 0, 3)) {
        Ok(message) if message == 1 << 32 => {
            let bytes = &memory.data(&store)[at as usize..at as usize + 4096];
            World::decode(bytes).ok()
        }
        _ => None,
    };
    let unharmed = world.is_some_and(|world| {
        let mut monsters = world.monsters.iter().enumerate();
        monsters.all(|(i, monster)| monster.name == format!("built {i}"))
    });
    assert!(!unharmed);
}

/// `cargo xtask test` runs these where there is a clang.
mod with_clang {
    use karmem_tests_guests::c;

    use super::*;

    fn greedy() -> Guest {
        c("tests/guests/common/greedy.c")
    }

    fn load_untyped(guest: &Guest) -> Module {
        Module::from_bytes_untyped(engine(), std::fs::read(built(guest)).unwrap()).unwrap()
    }

    /// Two languages, four modules, and allocators of two kinds: those that take all the memory that there is, and those
    /// that take new pages.
    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn c_and_rust_in_turn() {
        let mut slots = Slots::new().stack(256 << 10);
        let mut slot = || slots.next(1 << 20).unwrap();
        let modules = [
            load_untyped(&greedy().imported_memory(slot())),
            load(&rust("karmem-tests-guest").imported_memory(slot())),
            load_untyped(&greedy().imported_memory(slot())),
            load(&rust("monsters-guest").imported_memory(slot())),
        ];
        const NAMES: [&str; 4] = ["c0", "r1", "c2", "r3"];
        let mut builder = CommonMemory::builder(engine()).limits(limits());
        for (name, module) in NAMES.iter().zip(&modules).rev() {
            builder = builder.module(name, module);
        }
        let mut all = builder.build().unwrap();

        let mut random = Random(7);
        let mut live: VecDeque<(Block, u32)> = VecDeque::new();
        let mut errors = 0;
        for seed in 0..2000 {
            let owner = NAMES[random.below(4) as usize];
            let size = 8 + random.below(20_000);
            let block = all.alloc(owner, size as usize).unwrap();
            for name in NAMES {
                all.attach(&block, name, name != "c2").unwrap();
            }
            let message = block.message(0);
            // Something that uses stack, heap and data of the Rust modules in between.
            let monsters = (size / 200) as i32;
            if all
                .call::<_, i64>("r1", "reply", (message, 0, monsters))
                .unwrap()
                == message
            {
                let again: i32 = all.call("r1", "again", message).unwrap();
                errors += u32::from(again < 0);
                let stepped: i32 = all.call("r3", "step", message).unwrap();
                errors += u32::from(stepped != monsters);
            }
            assert_eq!(
                all.call::<_, u32>("c2", "fill", (message, seed)).unwrap(),
                0
            );
            assert_eq!(
                all.call::<_, u32>("c0", "fill", (message, seed)).unwrap(),
                1
            );
            live.push_back((block, seed));
            if live.len() > 40 {
                let at = random.below(live.len() as u64) as usize;
                let (block, seed) = live.swap_remove_back(at).unwrap();
                errors += all
                    .call::<_, u32>("c2", "check", (block.message(0), seed))
                    .unwrap();
                all.free(block).unwrap();
            }
        }
        for (block, seed) in live {
            errors += all
                .call::<_, u32>("c0", "check", (block.message(0), seed))
                .unwrap();
        }
        assert_eq!(errors, 0);
        assert_eq!(all.stats().bytes_copied, 0);
    }

    #[test]
    #[ignore = "needs clang and wasm-ld"]
    fn an_allocator_that_takes_the_next_place_is_refused() {
        let mut slots = Slots::new();
        let mut slot = || slots.next(1 << 20).unwrap();
        let eager = greedy().name("eager").argument("-DEAGER");
        let (eager, above) = (
            load_untyped(&eager.imported_memory(slot())),
            load_untyped(&greedy().imported_memory(slot())),
        );
        let builder = CommonMemory::builder(engine()).module("eager", &eager);
        let error = builder.module("above", &above).build().unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("`eager`") && text.contains("`above` begins at 0x240000"),
            "{text}"
        );
        // As the last one it may.
        CommonMemory::builder(engine())
            .module("eager", &eager)
            .build()
            .unwrap();
    }
}
