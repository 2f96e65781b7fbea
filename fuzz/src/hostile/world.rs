//! The system, and the random operations on it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use karmem_host::wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
};
use karmem_host::{Access, Engine, Limits, Module, Region, Removed, Result, Sealed, System};

use super::guest::{self, PAGE, Shape};
use super::host::{
    self, Cell, HonestClient, HostPanic, HostProvider, MODULES, OtherProvider, REGIONS,
    RogueClient, Shared, access, note, shared, told,
};
use super::input::Input;

/// Steps of a run, and what the hostile module may do in it.
const STEPS: usize = 40;
const BUDGET: u32 = 400;
const FUEL: u64 = 20_000;

/// What is made once, because compiling takes long.
struct Kit {
    engine: Engine,
    imports: karmem_host::Imports,
    honest: Module,
    hostile: RefCell<HashMap<Shape, Module>>,
    /// Without fuel, deadlines end loops.
    fuel: bool,
}

impl Kit {
    fn new(number: usize) -> Kit {
        let mut config = Config::new();
        let fuel = number != 2;
        config
            .consume_fuel(fuel)
            .cranelift_opt_level(OptLevel::None);
        if number == 1 {
            let mut pool = PoolingAllocationConfig::new();
            pool.total_core_instances(200)
                .total_memories(100)
                .total_tables(200)
                .table_elements(64)
                .max_memory_size(8 << 20);
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        }
        let engine = Engine::with_config(config).expect("the settings agree");
        let imports = host::imports(&engine).expect("no name twice");
        let honest = guest::honest();
        Kit {
            honest: Module::from_bytes_untyped(&engine, honest)
                .expect("the honest module is valid"),
            imports,
            engine,
            hostile: RefCell::default(),
            fuel,
        }
    }

    fn hostile(&self, input: &mut Input) -> Module {
        let shape = Shape::pick(input);
        // Seldom, because it takes as long as many steps.
        let written = input.byte() == 7;
        let compile = |written| {
            let wasm = guest::hostile(shape, written);
            Module::from_bytes_untyped(&self.engine, wasm).expect("a hostile module is valid")
        };
        if written {
            return compile(Some(input));
        }
        let mut known = self.hostile.borrow_mut();
        known.entry(shape).or_insert_with(|| compile(None)).clone()
    }
}

thread_local! {
    static KITS: [std::cell::OnceCell<Kit>; 3] = const { [const { std::cell::OnceCell::new() }; 3] };
}

/// A sealed region that the host keeps, and what is in it.
pub struct Held {
    pub sealed: Sealed,
    pub bytes: Arc<Vec<u8>>,
    watcher: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

impl Held {
    fn new(sealed: Sealed, watched: bool) -> Held {
        let bytes = Arc::new(sealed.to_vec());
        let watcher = watched.then(|| {
            let stop = Arc::new(AtomicBool::new(false));
            let (stopped, sealed, bytes) = (stop.clone(), sealed.clone(), bytes.clone());
            let watch = move || {
                while !stopped.load(Ordering::Relaxed) {
                    assert!(
                        sealed[..] == bytes[..],
                        "a sealed region changed under a reader"
                    );
                    std::thread::yield_now();
                }
            };
            (stop, std::thread::spawn(watch))
        });
        Held {
            sealed,
            bytes,
            watcher,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.watcher.take() {
            stop.store(true, Ordering::Relaxed);
            let watched = thread.join();
            if !std::thread::panicking() {
                assert!(watched.is_ok(), "a sealed region changed under a reader");
            }
        }
    }
}

pub struct World {
    pub system: System,
    pub honest: HonestClient,
    pub rogue: RogueClient,
    pub held: [Option<Held>; REGIONS.len()],
    /// Regions that were removed.
    pub kept: [Option<Removed>; REGIONS.len()],
    /// What the regions contained when they were looked at last.
    pub seen: [Vec<u8>; REGIONS.len()],
    pub marks: u64,
}

/// Mappings and descriptors of regions in this process.
fn leftovers() -> (usize, usize) {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let maps = maps.lines().filter(|line| line.contains("karmem region"));
    let files = std::fs::read_dir("/proc/self/fd").into_iter().flatten();
    let files = files
        .flatten()
        .filter_map(|f| std::fs::read_link(f.path()).ok());
    let files = files.filter(|to| to.to_string_lossy().contains("karmem region"));
    (maps.count(), files.count())
}

/// Shows what was done when a check fails.
struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os("KARMEM_FUZZ_LOG").is_some() {
            for line in shared(|s| std::mem::take(&mut s.log)) {
                eprintln!("{line}");
            }
        }
    }
}

/// Prints the steps before a failure: the fuzzer's panic hook ends the process before anything unwinds.
pub fn broken(what: String) -> ! {
    for line in shared(|s| std::mem::take(&mut s.log)) {
        eprintln!("{line}");
    }
    panic!("{what}");
}

/// Runs something of the host during which a host function may panic.
pub fn caught<T>(f: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(payload) if payload.is::<HostPanic>() => {
            note(|| "  a host function panicked".into());
            None
        }
        Err(payload) => resume_unwind(payload),
    }
}

pub fn run(mut input: Input) {
    let number = match input.byte() {
        0..160 => 0,
        160..240 => 1,
        _ => 2,
    };
    KITS.with(|kits| {
        let kit = kits[number].get_or_init(|| Kit::new(number));
        let _told = Told;
        let before = leftovers();
        let hostile = kit.hostile(&mut input);
        shared(|s| {
            *s = Shared {
                input,
                budget: BUDGET,
                ..Shared::default()
            };
        });
        if let Some(mut world) = caught(|| World::new(kit, &hostile)).flatten() {
            for _ in 0..STEPS {
                if shared(|s| s.input.is_empty()) {
                    break;
                }
                world.step(kit);
                if shared(|s| s.input.byte()) < 192 {
                    world.check(kit.fuel);
                }
            }
            world.check(kit.fuel);
        }
        let after = leftovers();
        if before != after {
            broken(format!(
                "mappings and descriptors of regions: {before:?} before, {after:?} after"
            ));
        }
    });
}

impl World {
    fn new(kit: &Kit, hostile: &Module) -> Option<World> {
        let mut limits = Limits::default().memory(12 << 20);
        limits = match kit.fuel {
            true => limits.fuel(FUEL),
            false => limits.deadline(Duration::from_millis(4)),
        };
        let mut builder = System::builder(&kit.engine)
            .limits(limits)
            .outbox(PAGE as usize)
            .imports(&kit.imports)
            .provide(HostProvider)
            .provide(OtherProvider)
            .module("honest", &kit.honest)
            .module("rogue", hostile);
        let bits = shared(|s| s.input.byte());
        for (i, name) in REGIONS.into_iter().enumerate() {
            builder = builder.region(name, region(i, bits & 1 << i != 0 && bits & 8 != 0));
        }
        let built = builder.build();
        note(|| format!("build: {}", told(&built)));
        let mut system = built.ok()?;
        let honest = system.client("honest");
        let rogue = system.client("rogue");
        note(|| format!("clients: {} {}", told(&honest), told(&rogue)));
        let (honest, rogue) = (honest.ok()?, rogue.ok()?);
        let mut world = World {
            system,
            honest,
            rogue,
            held: Default::default(),
            kept: Default::default(),
            seen: Default::default(),
            marks: 0,
        };
        world.learn_handles();
        Some(world)
    }

    fn learn_handles(&mut self) {
        let handle = |name| self.system.shared::<()>(name, 0).map_or(0, |s| s.handle());
        let handles = REGIONS.map(handle);
        shared(|s| s.handles = handles);
    }

    /// Notes whose bytes may change from now on: those that some module may write.
    fn touch_written(&mut self) {
        for region in self.system.describe().regions {
            let writes = |(_, access): &(String, Access)| *access == Access::Write;
            if !region.sealed
                && region.grants.iter().any(writes)
                && let Some(i) = REGIONS.iter().position(|name| *name == region.name)
            {
                shared(|s| s.touched[i] = true);
            }
        }
    }

    fn step(&mut self, kit: &Kit) {
        self.touch_written();
        let [what, which, how] = shared(|s| {
            s.depth = 0;
            [s.input.byte(), s.input.byte(), s.input.byte()]
        });
        let slot = usize::from(which) % REGIONS.len();
        let (region, module) = (REGIONS[slot], MODULES[usize::from(how) % MODULES.len()]);
        let touch = || shared(|s| s.touched[slot] = true);
        let system = &mut self.system;
        let log = |name: &str, done: &Option<Result<()>>| {
            let done = done.as_ref().map_or("panic".into(), told);
            note(|| format!("{name}: {done}"));
        };
        match what % 64 {
            0..14 => {
                let access = access(how >> 1);
                if access == Access::Write {
                    touch();
                }
                note(|| format!("grant {region} to {module}, {access:?}"));
                let done = caught(|| system.grant(region, module, access));
                log("grant", &done);
            }
            14..20 => {
                note(|| format!("revoke {region} from {module}"));
                let done = caught(|| system.revoke(region, module));
                log("revoke", &done);
            }
            20..25 => {
                note(|| format!("seal {region}"));
                match caught(|| system.seal(region)) {
                    Some(Ok(sealed)) => {
                        note(|| "sealed".into());
                        // It cannot have been unsealed since, if there is one already.
                        if self.held[slot].is_none() {
                            // What was written until now was written before.
                            self.seen[slot] = sealed.to_vec();
                            self.held[slot] = Some(Held::new(sealed, how < 16));
                        }
                    }
                    Some(Err(e)) => note(|| format!("seal: {e}")),
                    None => note(|| "seal: panic".into()),
                }
            }
            25..30 => {
                note(|| format!("unseal {region}"));
                touch();
                self.held[slot] = None;
                let done = caught(|| system.unseal(region));
                log("unseal", &done);
            }
            30..34 => {
                note(|| format!("swap {module}"));
                let (new, before) = match module {
                    "honest" => (kit.honest.clone(), 0),
                    _ => {
                        let mut input = shared(|s| std::mem::take(&mut s.input));
                        let new = kit.hostile(&mut input);
                        shared(|s| s.input = input);
                        (new, shared(|s| s.windows.len()))
                    }
                };
                let done = caught(|| system.swap(module, &new));
                log("swap", &done);
                if matches!(done, Some(Ok(()))) {
                    shared(|s| {
                        s.windows.drain(..before.min(s.windows.len()));
                    });
                }
            }
            34..36 => {
                note(|| format!("remove {region}"));
                touch();
                let removed = caught(|| system.remove_region(region));
                let done = removed.map(|removed| removed.map(|r| self.kept[slot] = Some(r)));
                log("remove", &done);
            }
            36..39 => {
                note(|| format!("add {region}"));
                touch();
                let done = caught(|| match self.kept[slot].take() {
                    Some(Removed::Region(r)) => system.add_region(region, r),
                    Some(Removed::Sealed(s)) => system.add_sealed(region, &s),
                    None => Ok(()),
                });
                log("add", &done);
                self.learn_handles();
            }
            39..42 => {
                touch();
                let at = usize::from(how) * 256;
                if let Ok(bytes) = system.bytes_mut(region) {
                    bytes[at..at + 8].fill(what);
                }
            }
            42..52 => {
                note(|| format!("go {how}"));
                let go = &self.rogue.go;
                let done = caught(|| system.invoke(go, |_| Ok(i32::from(how)), |r, _| Ok(r)));
                log("go", &done.map(|done| done.map(drop)));
            }
            52..58 => {
                let handle = shared(|s| s.handles[slot]);
                note(|| format!("relay {how} with {region} open"));
                let relay = &self.honest.relay;
                let params = (handle, i32::from(how));
                let done = caught(|| system.invoke(relay, |_| Ok(params), |r, _| Ok(r)));
                log("relay", &done.map(|done| done.map(drop)));
            }
            58 => {
                note(|| format!("refresh {region} in {module}"));
                let done = caught(|| system.refresh(region, module));
                log("refresh", &done);
            }
            59 => {
                touch();
                let done = caught(|| system.put(region, &Cell { x: how.into() }).map(drop));
                log("put", &done);
            }
            60 => {
                touch();
                let done = caught(|| system.write(region, &Cell { x: how.into() }).map(drop));
                log("write", &done);
            }
            61 => {
                let message = system.shared::<Cell>(region, u32::from(how) * 8);
                if let Ok(message) = message {
                    let _ = system.view(message).map(|view| view.x());
                    let _ = caught(|| system.free(message));
                }
            }
            62 => {
                // Another system reads what is sealed.
                if let Some(held) = &self.held[slot] {
                    let other = System::builder(&kit.engine)
                        .sealed("r", &held.sealed)
                        .build();
                    note(|| format!("another system: {}", told(&other)));
                }
            }
            _ => {
                // What the last call left is put in order by an operation that changes nothing.
                let done = caught(|| system.client::<HonestClient>("honest").map(drop));
                log("client", &done);
                let handle = shared(|s| s.handles[slot]);
                let (poke, params) = (&self.honest.poke, (handle, u32::from(how) * 16, 1));
                let done = caught(|| system.invoke(poke, |_| Ok(params), |r, _| Ok(r)));
                log("poke", &done.map(|done| done.map(drop)));
            }
        }
    }
}

/// A region of one or two pages.
fn region(number: usize, copied: bool) -> Region {
    let len = if number == 1 { 2 } else { 1 } * PAGE as usize;
    let region = match copied {
        true => Region::copied(len),
        false => Region::anonymous(len),
    };
    region.expect("there is memory for a region")
}
