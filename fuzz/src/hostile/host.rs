//! What the modules call in the host, and what the harness remembers meanwhile. It lies in the thread,
//! because host functions outlive every borrow.

use std::cell::RefCell;
use std::collections::BTreeMap;

use karmem_core::{Interface, schema};
use karmem_derive::Karmem;
use karmem_host::wasmtime::Extern;
use karmem_host::{
    Access, Caller, Client, Definer, Engine, Error, Imports, Link, Method, Provider, Result,
    Serving, provided,
};

use super::edge;
use super::guest::{Op, PAGE, PAGES, Place};
use super::input::Input;

pub const REGIONS: [&str; 3] = ["r0", "r1", "r2"];
pub const MODULES: [&str; 2] = ["honest", "rogue"];
/// Bytes of a page of this machine, or less: every region is marked that often.
pub const MARKED: usize = 4096;
/// Where in each such page the mark is, and where the harness tries to write.
pub const MARK: usize = 4088;
pub const TRIED: usize = 4080;

/// What lies in a region, for implementations to read and change.
#[derive(Karmem)]
#[karmem(crate = "karmem_core")]
pub struct Cell {
    pub x: u64,
}

/// The panic of a host function, which unwinds without telling the panic hook.
pub struct HostPanic;

pub fn panic() -> ! {
    std::panic::resume_unwind(Box::new(HostPanic))
}

/// What a scan of the hostile module's memory is to look for, and what it found.
#[derive(Default, Debug)]
pub struct Scan {
    /// Marks, with the region and its offset.
    pub marks: BTreeMap<u64, (usize, usize)>,
    /// Regions that show through: where in the memory the region would begin.
    pub found: Vec<(usize, usize, usize)>,
    /// Regions that it is to try to write into, where they show through.
    pub write: Vec<usize>,
    /// Windows of which it was told, where it is to write whatever is there.
    pub blind: bool,
}

#[derive(Default, Debug)]
pub struct Shared {
    pub input: Input,
    /// The hostile module keeps still: the harness is checking.
    pub mute: bool,
    /// Operations that the hostile module may still do in this run.
    pub budget: u32,
    /// How deep its functions are nested.
    pub depth: u32,
    pub handles: [u32; REGIONS.len()],
    /// Windows that the hostile module was told of: handle, place, length.
    pub windows: Vec<(u32, u32, u32)>,
    /// Those of them whose blocks it was given back.
    pub stale: Vec<(u32, u32, u32)>,
    /// Regions that somebody may have changed since the last check.
    pub touched: [bool; REGIONS.len()],
    pub scan: Scan,
    pub log: Vec<String>,
}

thread_local! {
    static SHARED: RefCell<Shared> = RefCell::default();
}

/// What is shared by the harness and the host functions. Never held while a module runs.
pub fn shared<R>(f: impl FnOnce(&mut Shared) -> R) -> R {
    SHARED.with(|shared| f(&mut shared.borrow_mut()))
}

/// Notes a step, to be shown when something is wrong.
pub fn note(text: impl FnOnce() -> String) {
    shared(|s| {
        if s.log.len() < 2000 {
            s.log.push(text());
        }
    });
}

pub fn access(number: u8) -> Access {
    [Access::Read, Access::Write, Access::ReadStrict][usize::from(number) % 3]
}

impl Shared {
    /// What the hostile module does next.
    fn next(&mut self, place: Place) -> (Op, [i32; 3]) {
        // A block for a window at an even page, so that some are free; now and then another one.
        if self.mute || self.budget == 0 || self.input.is_empty() {
            let free = (1..PAGES / 2).map(|i| i * 2 * PAGE).find(|at| {
                let taken = |w: &&(u32, u32, u32)| at + 2 * PAGE > w.1 && *at < w.1 + w.2;
                !self.windows.iter().any(|w| taken(&w))
            });
            let block = if place == Place::Alloc { free } else { None };
            return (Op::Return, [block.unwrap_or(0).cast_signed(), 0, 0]);
        }
        self.budget -= 1;
        let op = Op::pick(&mut self.input);
        let input = &mut self.input;
        let byte = |input: &mut Input| i32::from(input.byte());
        let numbers = match op {
            Op::Return if place == Place::Alloc => match input.byte() {
                0..200 => {
                    self.mute = true;
                    let next = self.next(place);
                    self.mute = false;
                    return next;
                }
                200..240 => [(1 + input.below(PAGES as usize) as i32) * PAGE as i32, 0, 0],
                240..244 => [0; 3],
                _ => [self.address().cast_signed(), 0, 0],
            },
            Op::Return => [byte(input), 0, 0],
            Op::Store | Op::Store64 | Op::Load | Op::Atomic => {
                [self.address().cast_signed(), byte(&mut self.input), 0]
            }
            Op::Fill => [
                self.address().cast_signed(),
                byte(&mut self.input),
                self.input.size(),
            ],
            Op::Copy => [
                self.address().cast_signed(),
                self.address().cast_signed(),
                self.input.size(),
            ],
            Op::Poke | Op::HeapAlloc | Op::HeapFree => {
                let handle = self.handle().cast_signed();
                let offset = edge(&mut self.input, 0, PAGE).cast_signed();
                [handle, offset, byte(&mut self.input)]
            }
            Op::Again if self.depth > 6 => return (Op::Return, [0; 3]),
            Op::Grow => [input.below(3) as i32, 0, 0],
            _ => [byte(input), byte(input), byte(input)],
        };
        (op, numbers)
    }

    fn handle(&mut self) -> u32 {
        match self.input.byte() {
            wild @ 224.. => u32::from(wild - 224),
            some => self.handles[usize::from(some) % self.handles.len()],
        }
    }

    /// An address that may be of interest: in or near a window, past the end, or anywhere.
    fn address(&mut self) -> u32 {
        let input = &mut self.input;
        match input.byte() {
            some @ 0..140 if !self.windows.is_empty() => {
                let (_, at, len) = self.windows[usize::from(some) % self.windows.len()];
                edge(input, at, len)
            }
            some @ 140..180 if !self.stale.is_empty() => {
                let (_, at, len) = self.stale[usize::from(some) % self.stale.len()];
                edge(input, at, len)
            }
            180..200 => edge(input, PAGES * PAGE, PAGE),
            page => edge(input, u32::from(page) % PAGES * PAGE, PAGE),
        }
    }
}

/// The host functions of the hostile module that belong to no interface.
pub fn imports(engine: &Engine) -> Result<Imports> {
    let mut imports = Imports::new(engine);
    imports.func("fuzz", "next", |place: i32| -> (i32, i32, i32, i32) {
        shared(|s| {
            let place = Place::of(place);
            let (op, [a, b, c]) = s.next(place);
            if !s.mute {
                s.depth += u32::from(op == Op::Again);
                s.log
                    .push(format!("    {place:?}: {op:?} {a:#x} {b:#x} {c:#x}"));
            }
            (op as i32, a, b, c)
        })
    })?;
    imports.func(
        "fuzz",
        "attached",
        |handle: i32, at: i32, len: i32, _: i32| {
            let window = (
                handle.cast_unsigned(),
                at.cast_unsigned(),
                len.cast_unsigned(),
            );
            shared(|s| {
                if !s.windows.contains(&window) {
                    s.windows.push(window);
                }
                if s.windows.len() > 32 {
                    s.windows.remove(0);
                }
            });
        },
    )?;
    imports.func("fuzz", "freed", |at: i32, _: i32, _: i32| {
        shared(|s| {
            let at = at.cast_unsigned();
            let (mut freed, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut s.windows)
                .into_iter()
                .partition(|w| w.1 == at);
            s.windows = kept;
            s.stale.append(&mut freed);
            let over = s.stale.len().saturating_sub(16);
            s.stale.drain(..over);
        });
    })?;
    imports.func("fuzz", "panic", || {
        if shared(|s| s.input.byte() < 200 && !s.mute) {
            panic();
        }
    })?;
    imports.func(
        "fuzz",
        "scan",
        |mut caller: Caller<'_>, value: i32| -> i32 {
            let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                return -1;
            };
            let bytes = memory.data_mut(&mut caller);
            shared(|s| scan(s, bytes, value));
            0
        },
    )?;
    Ok(imports)
}

/// Looks for marks, and tries to write where it is told to.
fn scan(shared: &mut Shared, bytes: &mut [u8], value: i32) {
    let scan = &mut shared.scan;
    for page in (0..bytes.len()).step_by(MARKED) {
        let mark = &bytes[page + MARK..][..8];
        let mark = u64::from_le_bytes(mark.try_into().expect("8 bytes"));
        if let Some((region, at)) = scan.marks.get(&mark) {
            scan.found.push((*region, page, *at));
        }
    }
    for (region, page, _) in &scan.found {
        if scan.write.contains(region) {
            bytes[page + TRIED..][..4].copy_from_slice(&value.to_le_bytes());
        }
    }
    if scan.blind {
        for (_, at, len) in shared.windows.iter().chain(&shared.stale) {
            let end = *at as usize + *len as usize;
            if end <= bytes.len() && *len as usize > MARKED {
                for page in (*at as usize..end).step_by(MARKED) {
                    bytes[page + TRIED..][..4].copy_from_slice(&value.to_le_bytes());
                }
            }
        }
    }
}

/// An interface by the names of its methods alone.
macro_rules! interface {
    ($interface:ident $name:literal $($method:literal)*) => {
        pub enum $interface {}

        impl Interface for $interface {
            const INTERFACE: &'static schema::Interface = &schema::Interface {
                package: "t",
                name: $name,
                version: 1,
                methods: &[$(schema::Method { name: $method, params: &[], ok: None, err: None }),*],
            };
        }
    };
}
interface! { Host "host" "serve" }
interface! { Other "other" "serve" }
interface! { Honest "honest" "flags" "peek" "open" "poke" "relay" }
interface! { Rogue "rogue" "go" "scan" }

#[derive(Clone)]
pub struct HonestClient {
    pub flags: Method<u32, i32>,
    pub peek: Method<(u32, u32), i64>,
    pub open: Method<(), i32>,
    pub poke: Method<(u32, u32, i32), i32>,
    pub relay: Method<(u32, i32), i32>,
}

impl Client for HonestClient {
    type Interface = Honest;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(HonestClient {
            flags: link.method("flags")?,
            peek: link.method("peek")?,
            open: link.method("open")?,
            poke: link.method("poke")?,
            relay: link.method("relay")?,
        })
    }
}

#[derive(Clone)]
pub struct RogueClient {
    pub go: Method<i32, i32>,
    pub scan: Method<i32, i32>,
}

impl Client for RogueClient {
    type Interface = Rogue;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(RogueClient {
            go: link.method("go")?,
            scan: link.method("scan")?,
        })
    }
}

/// Two implementations, because one that runs is locked.
pub struct HostProvider;
pub struct OtherProvider;

impl Provider for HostProvider {
    type Interface = Host;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        define(host)
    }
}

impl Provider for OtherProvider {
    type Interface = Other;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        define(host)
    }
}

fn define(host: &mut Definer<'_>) -> Result<()> {
    let this = provided(());
    host.method(
        "serve",
        move |caller: Caller<'_>, a: i32, b: i32, c: i32| {
            this.serve(caller, |(), cx| serve(cx, a as u8, b as u8, c as u8))
        },
    )
}

/// What an implementation does for the hostile module: all that it may, as it is told.
fn serve(cx: &mut Serving<'_>, what: u8, which: u8, how: u8) -> Result<i32> {
    if shared(|s| s.mute) {
        return Ok(0);
    }
    let region = usize::from(which) % REGIONS.len();
    let module = MODULES[usize::from(how) % MODULES.len()];
    let name = REGIONS[region];
    let message = shared(|s| {
        let offset = edge(&mut s.input, 0, PAGE);
        (i64::from(s.handles[region]) << 32) | i64::from(offset)
    });
    let touch = || shared(|s| s.touched[region] = true);
    match what % 16 {
        0..5 => {
            let access = access(how >> 1);
            if access == Access::Write {
                touch();
            }
            let done = cx.grant(name, module, access);
            note(|| {
                format!(
                    "      host grants {name} to {module} ({access:?}): {}",
                    told(&done)
                )
            });
            Ok(i32::from(done.is_ok()))
        }
        5..9 => {
            let done = cx.revoke(name, module);
            note(|| format!("      host revokes {name} from {module}: {}", told(&done)));
            Ok(i32::from(done.is_ok()))
        }
        9..11 => {
            let view = cx.view_mut::<Cell>(message)?;
            touch();
            view.set_x(u64::from(how));
            Ok(1)
        }
        11 => {
            let view = cx.view::<Cell>(message)?;
            Ok(view.x() as i32)
        }
        12 => panic(),
        13 => Err(Error::Abi("the host was told to fail".into())),
        14 => {
            let done = cx.revoke(name, module);
            let again = cx.grant(name, module, Access::Read);
            note(|| {
                format!(
                    "      host renews {name} for {module}: {} {}",
                    told(&done),
                    told(&again)
                )
            });
            Ok(0)
        }
        _ => Ok(0),
    }
}

/// A result in a few words.
pub fn told<T>(result: &Result<T>) -> String {
    match result {
        Ok(_) => "done".into(),
        Err(e) => {
            let text = e.to_string();
            text.lines().next().unwrap_or_default().to_owned()
        }
    }
}
