//! Strict read-only grants: pages that trap when they are stored to.
//!
//! A store of compiled wasm to such a page is an ordinary trap of wasmtime. But `memory.fill` and
//! `memory.copy` run in native code, or are compiled to instructions that wasmtime does not expect to fault,
//! and there it takes the signal for a crash of its own. This handler lets such code go on over a private
//! copy of the page, and notes that it happened.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use rustix::mm::MprotectFlags;
use wasmtime::Store;
use wasmtime::unix::StoreExt;

use crate::context::Context;
use crate::module::Module;
use crate::trap_table::Traps;

/// How many strict windows a system may have. The handler walks a list of fixed length, because
/// a signal handler may neither lock nor allocate.
const WINDOWS: usize = 256;

/// What the handler needs to know of a system.
#[derive(Debug)]
pub(crate) struct Strict {
    windows: Ranges<WINDOWS>,
    code: Code,
    violations: AtomicUsize,
}

/// Address ranges that a signal handler may read at any time.
#[derive(Debug)]
struct Ranges<const N: usize>([(AtomicUsize, AtomicUsize); N]);

impl<const N: usize> Ranges<N> {
    fn new() -> Ranges<N> {
        Ranges(std::array::from_fn(|_| Default::default()))
    }

    /// Adds a range; `false` if there is no room. Only the thread that has the store adds and removes.
    fn add(&self, range: Range<usize>) -> bool {
        let free = self
            .0
            .iter()
            .find(|(_, end)| end.load(Ordering::Relaxed) == 0);
        let Some((start, end)) = free else {
            return false;
        };
        start.store(range.start, Ordering::Relaxed);
        // A range counts from here on.
        end.store(range.end, Ordering::Release);
        true
    }

    fn remove(&self, start_of: usize) {
        for (start, end) in &self.0 {
            if end.load(Ordering::Relaxed) != 0 && start.load(Ordering::Relaxed) == start_of {
                end.store(0, Ordering::Release);
            }
        }
    }

    /// The range that an address lies in.
    fn find(&self, address: usize) -> Option<Range<usize>> {
        self.0.iter().find_map(|(start, end)| {
            let end = end.load(Ordering::Acquire);
            let range = start.load(Ordering::Relaxed)..end;
            range.contains(&address).then_some(range)
        })
    }
}

/// The modules whose stores may trap. Modules are only added: an instance, and with it its code, stays
/// until its store ends. A list of cells that are written once can be read by a signal handler at any time.
#[derive(Debug, Default)]
struct Code(OnceLock<Box<(Arc<Traps>, Code)>>);

impl Code {
    fn add(&self, traps: &Arc<Traps>) {
        let mut end = self;
        while let Some(entry) = end.0.get() {
            if Arc::ptr_eq(&entry.0, traps) {
                return;
            }
            end = &entry.1;
        }
        let _ = end.0.set(Box::new((traps.clone(), Code::default())));
    }

    fn traps_at(&self, counter: usize) -> bool {
        let mut rest = self;
        while let Some(entry) = rest.0.get() {
            if entry.0.contain(counter) {
                return true;
            }
            rest = &entry.1;
        }
        false
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // One after the other: a long list would need a deep stack.
        let mut rest = self.0.take();
        while let Some(mut entry) = rest {
            rest = entry.1.0.take();
        }
    }
}

impl Strict {
    /// Installs the handler for what runs in this store. It stays as long as the store does.
    pub(crate) fn install(store: &mut Store<Context>) -> Option<Arc<Strict>> {
        let strict = Arc::new(Strict {
            windows: Ranges::new(),
            code: Code::default(),
            violations: AtomicUsize::new(0),
        });
        let known = strict.clone();
        let handler = move |signal, info: *const libc::siginfo_t, context: *const libc::c_void| {
            // SAFETY: the kernel made both for this signal, see sigaction(2) with `SA_SIGINFO`, which
            // is how wasmtime installs its handler.
            unsafe { known.handle(signal, info, context) }
        };
        // SAFETY: the handler is async-signal-safe: it reads atomics and calls mprotect(2), and neither
        // locks nor allocates.
        unsafe { store.set_signal_handler(handler) };
        Some(strict)
    }

    /// Lets stores into a range of addresses be noted. `false` if there are too many already.
    pub(crate) fn watch(&self, range: Range<usize>) -> bool {
        self.watches(range.start) || self.windows.add(range)
    }

    /// Whether stores to an address are noted.
    pub(crate) fn watches(&self, address: usize) -> bool {
        self.windows.find(address).is_some()
    }

    /// Ends that.
    pub(crate) fn forget(&self, start: usize) {
        self.windows.remove(start);
    }

    /// Stores that trap in this code are traps; all others in strict windows are noted.
    pub(crate) fn add_code(&self, module: &Module) {
        self.code.add(module.traps());
    }

    /// How many stores of native code were noted since the last time.
    pub(crate) fn take_violations(&self) -> usize {
        // Most of the time there are none, and reading is cheaper than exchanging.
        if self.violations.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        self.violations.swap(0, Ordering::Relaxed)
    }

    /// Counts violations again that were taken and are to be told of later.
    pub(crate) fn put_back(&self, violations: usize) {
        self.violations.fetch_add(violations, Ordering::Relaxed);
    }

    /// Whether the signal was for a strict window and is dealt with.
    ///
    /// # Safety
    ///
    /// The pointers are those that the kernel gave to the signal's handler.
    unsafe fn handle(
        &self,
        signal: libc::c_int,
        info: *const libc::siginfo_t,
        context: *const libc::c_void,
    ) -> bool {
        if signal != libc::SIGSEGV && signal != libc::SIGBUS {
            return false;
        }
        // SAFETY: the caller vouches for the pointer.
        let info = unsafe { &*info };
        // SAFETY: for these two signals the field holds the address, see sigaction(2).
        let address = unsafe { info.si_addr() }.addr();
        let Some(window) = self.windows.find(address) else {
            return false;
        };
        // SAFETY: the caller vouches for the pointer.
        let counter = unsafe { program_counter(context) };
        if counter.is_some_and(|counter| self.code.traps_at(counter)) {
            return false;
        }
        // Windows are that many of these pieces. They are counted from the window's beginning: memories
        // begin at any page of the machine, and behind the last window may lie what no guest may reach.
        const PIECE: usize = 64 << 10;
        let start = address - (address - window.start) % PIECE;
        // A piece of other rights is a mapping of its own, and the kernel has a limit for those that a guest
        // could reach. The whole window is one again.
        if !writable(start..start + PIECE) && !writable(window) {
            return false;
        }
        self.violations.fetch_add(1, Ordering::Relaxed);
        true
    }
}

/// Lets a part of a strict window be written; `false` if the kernel refuses. Async-signal-safe.
fn writable(range: Range<usize>) -> bool {
    let start = std::ptr::with_exposed_provenance_mut::<libc::c_void>(range.start);
    let flags = MprotectFlags::READ | MprotectFlags::WRITE;
    // SAFETY: the range lies in a window, which is a private mapping over linear memory: more rights give the
    // guest a copy of its own of what it may read anyway. Windows do not overlap.
    unsafe { rustix::mm::mprotect(start, range.len(), flags) }.is_ok()
}

/// Where the thread was, if this machine's context can be read.
///
/// # Safety
///
/// The pointer is the third argument of a handler with `SA_SIGINFO`.
unsafe fn program_counter(context: *const libc::c_void) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: it is a `ucontext_t`, see sigaction(2).
        let context = unsafe { &*context.cast::<libc::ucontext_t>() };
        let register = context.uc_mcontext.gregs.get(libc::REG_RIP as usize)?;
        usize::try_from(register.cast_unsigned()).ok()
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: it is a `ucontext_t`, see sigaction(2).
        let context = unsafe { &*context.cast::<libc::ucontext_t>() };
        usize::try_from(context.uc_mcontext.pc).ok()
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        let _ = context;
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_come_and_go() {
        let ranges: Ranges<2> = Ranges::new();
        assert_eq!(ranges.find(0), None);
        assert!(ranges.add(10..20));
        assert!(ranges.add(20..30));
        assert!(!ranges.add(40..50));
        assert_eq!(ranges.find(9), None);
        assert_eq!(ranges.find(10), Some(10..20));
        assert_eq!(ranges.find(19), Some(10..20));
        assert_eq!(ranges.find(20), Some(20..30));
        assert_eq!(ranges.find(30), None);
        ranges.remove(11);
        ranges.remove(10);
        assert_eq!(ranges.find(10), None);
        assert_eq!(ranges.find(20), Some(20..30));
        assert!(ranges.add(40..50));
        assert_eq!(ranges.find(45), Some(40..50));
    }
}
