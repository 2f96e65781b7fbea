//! A system, and the model of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use karmem_core::{Interface, schema};
use karmem_host::{
    Access, Client, Engine, Error, Limits, Link, Method, Module, Reason, Result, System,
};

use crate::common::{self, Rng, STRICT, method};
use crate::guest::{self, BAD, Bad, MAX_PAGES, OWN, SLOT, Version, WASM_PAGE};
use crate::host::{HostProvider, Order, imports};
use crate::model::Region;
use crate::readers::Readers;

/// Modules 0 to 2 call each other in a ring; the last one calls nobody.
pub const MODULES: usize = 4;
const RING: usize = 3;
pub const NAMES: [&str; MODULES] = ["m0", "m1", "m2", "m3"];
const PROBES: [&str; MODULES] = ["p0", "p1", "p2", "p3"];
pub const REGIONS: [&str; 6] = ["r0", "r1", "r2", "r3", "r4", "r5"];
pub const VERSIONS: i32 = 3;
/// What all memories together may have.
pub const MEMORY: usize = 48 << 20;
/// What swaps and grants may need of that at most.
pub const SLACK: usize = 16 << 20;
/// Instances that a system has before it is made anew.
const INSTANCES: usize = 150;

/// The interface of module `N`.
enum Guest<const N: usize> {}

const METHODS: &[schema::Method] = &[
    method("base"),
    method("flags"),
    method("store"),
    method("copy"),
    method("own_copy"),
    method("own_fill"),
    method("grow"),
    method("version"),
    method("sp"),
    method("relay"),
    method("relay_trap"),
    method("ask"),
    method("heap_alloc"),
    method("heap_free"),
    method("plot"),
    method("slowly"),
];

impl<const N: usize> Interface for Guest<N> {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "m",
        name: ["g0", "g1", "g2", "g3"][N],
        version: 1,
        methods: METHODS,
    };
}

/// The methods of a guest.
pub struct Methods {
    pub base: Method<u32, i32>,
    pub flags: Method<u32, i32>,
    pub store: Method<(u32, u32, i64), i32>,
    pub copy: Method<(u32, u32, u32, u32), i32>,
    pub own_copy: Method<(u32, u32, u32), i32>,
    pub own_fill: Method<(u32, u32, i32), i32>,
    pub grow: Method<i32, i32>,
    pub version: Method<(), i32>,
    pub sp: Method<(), i32>,
    pub relay: Method<(u32, u32, u32, u32, i32), i32>,
    pub relay_trap: Method<(u32, u32), i32>,
    pub ask: Method<(i32, u32, u32), i64>,
    pub heap_alloc: Method<(u32, u32, u32), i32>,
    pub heap_free: Method<(u32, u32), i32>,
    pub plot: Method<(u32, u32, u32), i32>,
    pub slowly: Method<(u32, u32, u32, u32, u32), i32>,
}

struct Bound<const N: usize>(Methods);

impl<const N: usize> Client for Bound<N> {
    type Interface = Guest<N>;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(Bound(Methods {
            base: link.method("base")?,
            flags: link.method("flags")?,
            store: link.method("store")?,
            copy: link.method("copy")?,
            own_copy: link.method("own_copy")?,
            own_fill: link.method("own_fill")?,
            grow: link.method("grow")?,
            version: link.method("version")?,
            sp: link.method("sp")?,
            relay: link.method("relay")?,
            relay_trap: link.method("relay_trap")?,
            ask: link.method("ask")?,
            heap_alloc: link.method("heap_alloc")?,
            heap_free: link.method("heap_free")?,
            plot: link.method("plot")?,
            slowly: link.method("slowly")?,
        }))
    }
}

/// What is known of a module.
#[derive(Debug)]
pub struct Member {
    pub version: Version,
    /// Its memory for itself.
    pub own: Vec<u8>,
    pub poisoned: bool,
    /// How often its callbacks misbehaved.
    pub attacked: u32,
}

/// What counters should show.
#[derive(Default, Debug)]
pub struct Counters {
    pub calls: u64,
    pub host_calls: u64,
    pub traps: u64,
    pub swaps: u64,
    pub retired: u64,
}

pub struct World {
    pub rng: Rng,
    pub engine: Engine,
    pub good: Vec<Vec<Module>>,
    pub bad: Vec<Module>,
    pub order: Order,
    pub system: System,
    pub guests: Vec<Methods>,
    pub members: Vec<Member>,
    pub regions: Vec<Option<Region>>,
    /// Sealed regions that the host keeps, which threads read all the time.
    pub held: Readers,
    pub probes: Vec<u32>,
    pub counters: Counters,
    pub page: usize,
    /// Whether regions are copied, some of them.
    pub copying: bool,
    /// Fuel of each call, if it is counted.
    pub fuel: Option<u64>,
    next_seal: u64,
    pub instances: usize,
    pub steps: u64,
    pub log: VecDeque<String>,
    pub done: BTreeMap<&'static str, (u64, u64)>,
}

pub fn version(index: usize, number: i32) -> Version {
    Version {
        number,
        hidden: number == 2,
        ring: index < RING,
    }
}

/// Whom a module of the ring calls.
pub fn next(index: usize) -> usize {
    (index + 1) % RING
}

impl World {
    pub fn new(engine: &Engine, rng: Rng, copying: bool, fuel: Option<u64>) -> World {
        let compile = |index: usize, number: i32, bad: Option<Bad>| {
            let text = guest::text(index, next(index), version(index, number), bad);
            common::module(engine, &text)
        };
        let versions = |index| (0..VERSIONS).map(|n| compile(index, n, None)).collect();
        // Compiling takes its time, so each is a version of one of the modules only.
        let bad = BAD.iter().enumerate();
        let bad = bad.map(|(i, (bad, _))| compile(i % MODULES, 0, Some(*bad)));
        let bad = bad.collect();
        let good: Vec<Vec<Module>> = (0..MODULES).map(versions).collect();
        let order = Order::default();
        let numbers = [0; MODULES];
        let (system, guests, probes) = make(engine, &good, &numbers, &order, fuel);
        World {
            rng,
            engine: engine.clone(),
            bad,
            good,
            order,
            system,
            guests,
            members: (0..MODULES).map(|i| fresh(version(i, 0))).collect(),
            regions: REGIONS.map(|_| None).into(),
            held: Readers::new(),
            probes,
            counters: Counters::default(),
            page: common::page_size(),
            copying,
            fuel,
            next_seal: 0,
            instances: 0,
            steps: 0,
            log: VecDeque::new(),
            done: BTreeMap::new(),
        }
    }

    pub fn is_worn(&self) -> bool {
        self.instances >= INSTANCES
    }

    pub fn new_seal(&mut self) -> u64 {
        self.next_seal += 1;
        self.next_seal
    }

    /// How many have the bytes that were sealed under a number.
    pub fn sharers(&self, seal: u64) -> usize {
        let regions = self.regions.iter().flatten();
        regions.filter(|r| r.sealed == Some(seal)).count()
            + self.held.iter().filter(|held| held.seal == seal).count()
    }

    pub fn handle(&self, region: &str) -> u32 {
        self.system.shared::<()>(region, 0).unwrap().handle()
    }

    pub fn note(&mut self, what: impl Into<String>) {
        if self.log.len() == 40 {
            self.log.pop_front();
        }
        self.log
            .push_back(format!("{}: {}", self.steps, what.into()));
    }

    pub fn counts(&self) -> BTreeMap<&'static str, (u64, u64)> {
        self.done.clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the last steps were");
            for line in &self.log {
                eprintln!("  {line}");
            }
        }
    }
}

pub fn fresh(version: Version) -> Member {
    Member {
        version,
        own: vec![0; OWN.len()],
        poisoned: false,
        attacked: 0,
    }
}

/// How long a call may take that ends by itself.
pub const DEADLINE: Duration = Duration::from_secs(60);
/// How long one may take that does not.
pub const SOON: Duration = Duration::from_millis(2);

/// A system of four modules, each with a region into which it can show what it has.
pub fn make(
    engine: &Engine,
    good: &[Vec<Module>],
    numbers: &[i32; MODULES],
    order: &Order,
    fuel: Option<u64>,
) -> (System, Vec<Methods>, Vec<u32>) {
    const { assert!(MAX_PAGES * WASM_PAGE <= 16 << 20) };
    let mut limits = Limits::default()
        .memory(MEMORY)
        // Room for slow machines: only guests that never end get less.
        .deadline(DEADLINE);
    limits.fuel = fuel;
    let mut builder = System::builder(engine)
        .limits(limits)
        .outbox(WASM_PAGE)
        .imports(&imports(engine))
        .provide(HostProvider(order.clone()));
    for (index, name) in NAMES.iter().enumerate() {
        builder = builder
            .module(name, &good[index][numbers[index] as usize])
            .region(PROBES[index], karmem_host::Region::anonymous(SLOT).unwrap())
            .grant(PROBES[index], name, Access::Write);
    }
    if STRICT == Access::ReadStrict {
        // The host's implementation may be the first one to make such a grant.
        builder = builder.strict_grants();
    }
    let mut system = builder.build().unwrap();
    let guests = vec![
        system.client::<Bound<0>>(NAMES[0]).unwrap().0,
        system.client::<Bound<1>>(NAMES[1]).unwrap().0,
        system.client::<Bound<2>>(NAMES[2]).unwrap().0,
        system.client::<Bound<3>>(NAMES[3]).unwrap().0,
    ];
    let probe = |name: &&str| system.shared::<()>(name, 0).unwrap().handle();
    let probes = PROBES.iter().map(probe).collect();
    (system, guests, probes)
}

/// What the model calls an error.
pub fn kind(e: &Error) -> &'static str {
    match e {
        Error::Trap(trap) => match trap.reason() {
            Reason::Deadline(_) | Reason::Fuel(_) => "late",
            Reason::Host(e) if format!("{e:#}").contains("cannot be called any more") => "poisoned",
            Reason::Host(_) => "host",
            _ => "trap",
        },
        Error::Link { .. } => "link",
        Error::NoRoom { .. } => "no room",
        Error::BadAllocation { .. } => "bad allocation",
        Error::Poisoned { .. } => "poisoned",
        Error::HasWriter { .. } => "has writer",
        Error::NotVolatile { .. } => "not volatile",
        Error::NotGranted { .. } => "not granted",
        Error::IsSealed { .. } => "sealed",
        Error::StillRead { .. } => "still read",
        Error::UnknownRegion { .. } => "unknown region",
        Error::Exists { .. } => "exists",
        Error::RegionFull { .. } => "full",
        Error::NotAllocated { .. } => "not allocated",
        Error::HeapInUse { .. } => "heap in use",
        Error::Violation { .. } => "violation",
        Error::Starting { .. } => "starting",
        Error::Abi(_) => "caught",
        other => panic!("not expected here: {other}"),
    }
}
