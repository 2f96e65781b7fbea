//! The memory that threads have in common, and its parts.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wasmtime::{ExternType, Linker, MemoryType, SharedMemory};

use super::thread::Thread;
use crate::context::Context;
use crate::error::{Error, Result, text};
use crate::imports::Imports;
use crate::limits::Limits;
use crate::module::Module;
use crate::sys::shared;

/// Bytes of a page of memory.
const PAGE: u64 = 64 << 10;

/// Parts begin at multiples of this, so that no two of them share a line of a processor's cache.
const LINE: u32 = 64;

/// Bytes of a thread's stack where nothing else is said.
const STACK: u32 = 256 << 10;

/// A module that is built for threads, with the memory that they all use. Each [`Thread`] is an
/// instance with its own stack and its own thread-local variables in that memory. Cloning gives the
/// same memory.
///
/// Which thread works on what is said by [`Part`]s: pieces of the memory that cannot be had twice. The host reads
/// and writes them by copying, atomically, so that there is no data race in the host whatever the
/// guest does; there are no slices. What the guest's threads do among themselves is up to the guest:
/// they can reach all of the memory (`karmem_core::sync` has barriers, counters and flags).
///
/// The module imports its memory as shared (karmem-build: `Guest::shared_memory`), and the engine
/// has to be made with [`wasmtime::Config::shared_memory`], which wasmtime treats with less care
/// than the rest: read there.
///
/// ```
/// use karmem_host::{Engine, Limits, Module, Threads, wasmtime::Config};
///
/// # fn main() -> Result<(), karmem_host::Error> {
/// # let wasm = wat::parse_str(r#"(module (import "env" "memory" (memory 1 100 shared))
/// #     (func (export "fill") (param i32 i32 i32)
/// #         (memory.fill (local.get 0) (local.get 2) (local.get 1))))"#).unwrap();
/// let mut config = Config::new();
/// config.shared_memory(true);
/// let engine = Engine::with_config(config)?;
/// let module = Module::from_bytes_untyped(&engine, &wasm)?;
///
/// let threads = Threads::new(&module, Limits::default())?;
/// let mut parts = threads.part(4096)?.split(4);
/// std::thread::scope(|scope| {
///     for (n, part) in parts.iter_mut().enumerate() {
///         let mut thread = threads.thread()?;
///         scope.spawn(move || thread.call::<_, ()>("fill", (part.address(), part.len(), n as u32 + 1)));
///     }
///     Ok::<(), karmem_host::Error>(())
/// })?;
/// let mut last = [0; 2];
/// parts[3].read(0, &mut last)?;
/// assert_eq!(last, [4, 4]);
/// # Ok(())
/// # }
/// ```
///
/// What a call that failed held of the guest library's (a value behind an interface, a lock) stays held until no thread is
/// in a call; the call that comes next then tells the guest (`karmem_reset`).
///
/// A call's deadline ends a thread that spins, but not one that sleeps in `memory.atomic.wait32` without a
/// timeout: a guest that is not trusted gets no threads.
#[derive(Clone)]
pub struct Threads {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) module: Module,
    pub(super) memory: SharedMemory,
    pub(super) import: (String, String),
    pub(super) linker: Linker<Context>,
    pub(super) limits: Limits,
    pub(super) stack: u32,
    /// A thread ran out of its stack.
    pub(super) overwritten: AtomicBool,
    /// The calls that are running, in all threads.
    pub(super) calls: Mutex<Calls>,
    /// Pages that the host took for stacks and parts, and that nobody uses, by address.
    free: Mutex<Vec<Range<u64>>>,
}

/// The calls of all threads.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// How many are running.
    pub(super) running: usize,
    /// Whether one failed, and the guest has not been told yet that it is not running any more.
    pub(super) unsettled: bool,
}

impl fmt::Debug for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Threads")
            .field("module", &self.inner.module)
            .field("memory", &self.inner.memory.data_size())
            .finish_non_exhaustive()
    }
}

/// Prepares a memory for threads: see [`Threads::builder`].
#[derive(Debug)]
#[must_use]
pub struct ThreadsBuilder<'a> {
    module: &'a Module,
    limits: Limits,
    imports: Option<&'a Imports>,
    stack: u32,
}

impl<'a> ThreadsBuilder<'a> {
    /// Sets what each thread may use. `memory` is for all of them together.
    pub fn limits(mut self, limits: Limits) -> ThreadsBuilder<'a> {
        self.limits = limits;
        self
    }

    /// Sets what the host gives to the guest. The functions are called on all threads.
    pub fn imports(mut self, imports: &'a Imports) -> ThreadsBuilder<'a> {
        self.imports = Some(imports);
        self
    }

    /// Sets the bytes of each thread's stack; 256 KiB by default. They are rounded up to whole pages together with the
    /// thread-local variables.
    pub fn stack(mut self, bytes: u32) -> ThreadsBuilder<'a> {
        self.stack = bytes;
        self
    }

    /// Makes the memory and has the module initialise it: its data, `_initialize` and `karmem_init` if they are
    /// exported. All that is done once, however many threads there will be.
    ///
    /// # Errors
    ///
    /// [`Error::Threads`] if the module is not built for it or the engine is not made for it;
    /// [`Error::MemoryLimit`] if the memory may grow beyond [`Limits::memory`]; [`Error::Engine`] if
    /// [`Limits::fuel`] is set and the engine does not count fuel; [`Error::Imports`]; [`Error::Trap`].
    pub fn build(self) -> Result<Threads> {
        let engine = self.module.engine().wasmtime();
        let (import, ty) = import(self.module)?;
        let maximum = ty.maximum().unwrap_or(1 << 16).saturating_mul(PAGE);
        if maximum > self.limits.memory as u64 {
            return Err(Error::MemoryLimit {
                wanted: usize::try_from(maximum).unwrap_or(usize::MAX),
                limit: self.limits.memory,
            });
        }
        let memory = SharedMemory::new(engine, ty).map_err(|e| {
            Error::Threads(format!(
                "{}: make the engine by `Engine::with_config` with `config.shared_memory(true)`",
                text(e)
            ))
        })?;
        let linker = match self.imports {
            Some(imports) => imports.linker().clone(),
            None => Linker::new(engine),
        };
        if !wasmtime::Engine::same(linker.engine(), engine) {
            return Err(Error::OtherEngine {
                what: "set of imports",
            });
        }
        let threads = Threads {
            inner: Arc::new(Inner {
                module: self.module.clone(),
                memory,
                import,
                linker,
                limits: self.limits,
                stack: self.stack.max(16),
                overwritten: AtomicBool::new(false),
                calls: Mutex::default(),
                free: Mutex::default(),
            }),
        };
        Thread::first(&threads)?;
        Ok(threads)
    }
}

/// The one memory that the module imports, if it is shared.
fn import(module: &Module) -> Result<((String, String), MemoryType)> {
    let no = |why: &str| Err(Error::Threads(why.into()));
    let mut memories = module.wasmtime().imports().filter_map(|import| {
        let ExternType::Memory(ty) = import.ty() else {
            return None;
        };
        Some(((import.module().to_owned(), import.name().to_owned()), ty))
    });
    match (memories.next(), memories.next()) {
        (Some((import, ty)), None) if ty.is_shared() && !ty.is_64() => Ok((import, ty)),
        (Some(_), None) => no(
            "the memory that it imports is not a shared one with 32-bit addresses; build it with karmem-build's \
             `Guest::shared_memory`",
        ),
        (Some(_), Some(_)) => no("it imports several memories"),
        (None, _) => {
            no("it imports no memory; build it with karmem-build's `Guest::shared_memory`")
        }
    }
}

impl Threads {
    /// Makes the memory for a module that imports nothing else.
    ///
    /// # Errors
    ///
    /// Those of [`ThreadsBuilder::build`].
    pub fn new(module: &Module, limits: Limits) -> Result<Threads> {
        Threads::builder(module).limits(limits).build()
    }

    /// Prepares a memory.
    pub fn builder(module: &Module) -> ThreadsBuilder<'_> {
        ThreadsBuilder {
            module,
            limits: Limits::default(),
            imports: None,
            stack: STACK,
        }
    }

    /// An instance with a stack of its own, to be used by one thread at a time.
    ///
    /// # Errors
    ///
    /// [`Error::NoRoom`] if the memory has no room for its stack; [`Error::Imports`], [`Error::Trap`];
    /// [`Error::Overwritten`] after a thread ran out of its stack.
    pub fn thread(&self) -> Result<Thread> {
        Thread::new(self)
    }

    /// Runs `f` on so many threads at once, each with its number, beginning with 0, and an instance. Returns
    /// when all have ended, with what they returned in this order.
    ///
    /// # Errors
    ///
    /// Those of [`thread`](Threads::thread), before any thread runs; else the first error of the threads, in
    /// the order of their numbers.
    ///
    /// # Panics
    ///
    /// If `f` panics, with that panic.
    pub fn run<R: Send>(
        &self,
        count: usize,
        f: impl Fn(usize, &mut Thread) -> Result<R> + Sync,
    ) -> Result<Vec<R>> {
        let threads: Vec<Thread> = (0..count).map(|_| self.thread()).collect::<Result<_>>()?;
        let f = &f;
        std::thread::scope(|scope| {
            let start = |(n, mut thread): (usize, Thread)| scope.spawn(move || f(n, &mut thread));
            let running: Vec<_> = threads.into_iter().enumerate().map(start).collect();
            // All are waited for, whatever the first of them says.
            let ended: Vec<Result<R>> = running
                .into_iter()
                .map(|thread| {
                    thread
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect();
            ended.into_iter().collect()
        })
    }

    /// Bytes of the memory as it is now.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.memory.data_size()
    }

    /// A piece of the memory, of zeros, that is no other part's, nor any stack's, nor of the guest's
    /// own allocator.
    ///
    /// # Errors
    ///
    /// [`Error::BlockSize`], [`Error::NoRoom`] if the memory cannot grow as far as that.
    pub fn part(&self, size: usize) -> Result<Part> {
        let len = u32::try_from(size)
            .ok()
            .filter(|&n| n != 0)
            .ok_or(Error::BlockSize(size))?;
        let area = self.area(len)?;
        let zeros = [0; 4096];
        let mut at = area.range.start;
        while at < area.range.end {
            // Areas are whole pages, and inside.
            let _ = shared::write(&self.inner.memory, at as usize, &zeros);
            at += zeros.len() as u64;
        }
        Ok(Part {
            at: area.start(),
            len,
            area: Arc::new(area),
        })
    }

    /// Whole pages that nobody else has.
    pub(super) fn area(&self, size: u32) -> Result<Area> {
        let len = u64::from(size).next_multiple_of(PAGE);
        let mut free = self.inner.free();
        if let Some(found) = free.iter_mut().find(|f| f.end - f.start >= len) {
            let range = found.start..found.start + len;
            found.start = range.end;
            free.retain(|f| f.start < f.end);
            return Ok(self.inner.own(range));
        }
        // Allocators of guests take what they get by `memory.grow` and no more, once they
        // have begun; this is the same, so that these pages are the host's.
        let no_room = |_| Error::NoRoom {
            size,
            denied: false,
        };
        let start = self.inner.memory.grow(len / PAGE).map_err(no_room)? * PAGE;
        Ok(self.inner.own(start..start + len))
    }

    pub(super) fn check(&self) -> Result<()> {
        if self.inner.overwritten.load(Ordering::Acquire) {
            return Err(Error::Overwritten {
                name: "a thread".into(),
            });
        }
        Ok(())
    }
}

impl Inner {
    /// A thread that panicked under the lock left it whole: nothing panics in between.
    pub(super) fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread that panicked under the lock left the list whole: nothing panics in between.
    fn free(&self) -> MutexGuard<'_, Vec<Range<u64>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn own(self: &Arc<Inner>, range: Range<u64>) -> Area {
        Area {
            inner: self.clone(),
            range,
        }
    }
}

/// Pages that are somebody's, until this is dropped.
pub(super) struct Area {
    inner: Arc<Inner>,
    pub(super) range: Range<u64>,
}

impl Area {
    pub(super) fn start(&self) -> u32 {
        // A memory with 32-bit addresses.
        u32::try_from(self.range.start).unwrap_or(u32::MAX)
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        let mut free = self.inner.free();
        let at = free.partition_point(|f| f.start < self.range.start);
        free.insert(at, self.range.clone());
        // Neighbours become one again.
        free.dedup_by(|next, before| {
            let touching = before.end == next.start;
            if touching {
                before.end = next.end;
            }
            touching
        });
    }
}

/// A piece of the memory of [`Threads`]. It cannot be copied, only split, so that who has it has it
/// alone: give each thread its own.
pub struct Part {
    area: Arc<Area>,
    at: u32,
    len: u32,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("address", &self.at)
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl Part {
    /// Its address in the memory, to tell the guest. A multiple of 64.
    #[must_use]
    pub fn address(&self) -> u32 {
        self.at
    }

    /// Its length in bytes; 0 only for what is left over of a split.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Splits it into so many, of the same length but for the last ones: each begins at a multiple of 64.
    #[must_use]
    pub fn split(self, count: usize) -> Vec<Part> {
        let lines = self.len.div_ceil(LINE);
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let step = lines.div_ceil(count.max(1)).saturating_mul(LINE);
        let part = |n: u32| {
            let start = n.saturating_mul(step).min(self.len);
            Part {
                area: self.area.clone(),
                at: self.at + start,
                len: step.min(self.len - start),
            }
        };
        (0..count).map(part).collect()
    }

    /// Copies bytes out, from its byte `offset` on. Words of eight bytes are read at once; those that a
    /// thread of the guest is writing at this time are read before or after.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBlock`] if it ends before that.
    pub fn read(&self, offset: u32, target: &mut [u8]) -> Result<()> {
        let at = self.inside(offset, target.len())?;
        shared::read(&self.area.inner.memory, at, target)
            .ok_or_else(|| self.outside(offset, target.len()))
    }

    /// Copies bytes in, from its byte `offset` on.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBlock`] if they do not fit, and nothing is written then.
    pub fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<()> {
        let at = self.inside(offset, bytes.len())?;
        shared::write(&self.area.inner.memory, at, bytes)
            .ok_or_else(|| self.outside(offset, bytes.len()))
    }

    fn inside(&self, offset: u32, length: usize) -> Result<usize> {
        match (offset as usize).checked_add(length) {
            Some(end) if end <= self.len as usize => Ok(self.at as usize + offset as usize),
            _ => Err(self.outside(offset, length)),
        }
    }

    #[cold]
    fn outside(&self, offset: u32, length: usize) -> Error {
        Error::OutOfBlock {
            offset,
            length,
            block: self.len,
        }
    }
}
