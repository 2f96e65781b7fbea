//! An instance for one thread.

use std::fmt;
use std::sync::atomic::Ordering;
use std::time::Instant;

use wasmtime::{Extern, Global, Store, TypedFunc, Val};

use super::memory::{Area, Threads};
use crate::budget::{self, Budget};
use crate::call::{self, RESET, trap};
use crate::context::Context;
use crate::error::{Error, Result, text};
use crate::prepared::{INITIALIZERS, check_imports, not_instantiated, stack_pointer};
use crate::signature::{Params, Results, Signature};
use crate::system::RECOVERY;

/// An instance of the module of [`Threads`], with its own stack and thread-local variables. It can be
/// sent to another thread, and used by one at a time. When it is dropped, its stack is used for another.
pub struct Thread {
    threads: Threads,
    store: Store<Context>,
    inner: wasmtime::Instance,
    stack: Option<(Global, u32)>,
    /// Its stack and its thread-local variables; the first thread has those of the module itself.
    area: Option<Area>,
    budget: Budget,
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").finish_non_exhaustive()
    }
}

impl Thread {
    /// The instance that initialises the memory: the module's start function copies its data, which is
    /// noted in the memory, so that those of later instances do not.
    pub(super) fn first(threads: &Threads) -> Result<()> {
        let mut thread = Thread::instantiate(threads)?;
        thread.locals()?;
        let module = &threads.inner.module;
        if thread.stack.is_none() && module.placement().stack().is_some() {
            return Err(Error::Threads(
                "it seems to have a stack, and does not export `__stack_pointer`, so that all threads would have the \
                 same; link with --export=__stack_pointer"
                    .into(),
            ));
        }
        for name in INITIALIZERS {
            if module.function(name).is_some() {
                thread.call::<(), ()>(name, ())?;
            }
        }
        // Allocators that take what there is do so now, before the host takes pages.
        if module.function("karmem_alloc").is_some() {
            thread.call::<(u32, u32), u32>("karmem_alloc", (16, 16))?;
        }
        Ok(())
    }

    pub(super) fn new(threads: &Threads) -> Result<Thread> {
        threads.check()?;
        let mut thread = Thread::instantiate(threads)?;
        let (size, align) = thread.locals()?;
        if thread.stack.is_none() && size == 0 {
            return Ok(thread);
        }
        let needed = threads
            .inner
            .stack
            .checked_add(size)
            .and_then(|n| n.checked_add(align));
        let area = threads.area(needed.ok_or(Error::NoRoom {
            size: u32::MAX,
            denied: false,
        })?)?;
        // From below: stack, which grows down, then the variables.
        let end = u32::try_from(area.range.end).unwrap_or(!15);
        let base = (end - size) & !(align.max(16) - 1);
        if let Some((global, top)) = &mut thread.stack {
            *top = base;
            let value = Val::I32(base.cast_signed());
            global
                .set(&mut thread.store, value)
                .map_err(|e| Error::Threads(text(e)))?;
        }
        thread.area = Some(area);
        if size > 0 {
            thread.call::<u32, ()>("__wasm_init_tls", base)?;
        }
        Ok(thread)
    }

    fn instantiate(threads: &Threads) -> Result<Thread> {
        let inner = &threads.inner;
        let engine = inner.module.engine().wasmtime();
        let (mut store, budget) = budget::store(engine, inner.limits)?;
        let mut linker = inner.linker.clone();
        linker.allow_shadowing(true);
        let (module, name) = &inner.import;
        linker
            .define(&mut store, module, name, inner.memory.clone())
            .map_err(|e| Error::Threads(text(e)))?;
        check_imports(&mut store, &linker, &inner.module)?;
        let instance = match linker.instantiate(&mut store, inner.module.wasmtime()) {
            Ok(instance) => instance,
            Err(e) => return Err(not_instantiated(e, store.data())),
        };
        if let Err(e) = inner.module.owned().run_start(&mut store, &instance) {
            return Err(not_instantiated(e, store.data()));
        }
        let stack = stack_pointer(&mut store, &instance);
        let stack = stack.map(|global| (global, address(global.get(&mut store))));
        Ok(Thread {
            threads: threads.clone(),
            store,
            inner: instance,
            stack,
            area: None,
            budget,
        })
    }

    /// Size and alignment of the thread-local variables.
    fn locals(&mut self) -> Result<(u32, u32)> {
        let [size, align] = ["__tls_size", "__tls_align"].map(|name| {
            let global = self.inner.get_global(&mut self.store, name);
            global.map_or(0, |global| address(global.get(&mut self.store)))
        });
        let can = self.threads.inner.module.function("__wasm_init_tls");
        if size > 0 && can.is_none() {
            return Err(Error::Threads(
                "it has thread-local variables and exports no `__wasm_init_tls`; link with --export=__wasm_init_tls"
                    .into(),
            ));
        }
        if !align.is_power_of_two() && size > 0 || align > 1 << 16 {
            return Err(Error::Threads(format!(
                "its thread-local variables want to be aligned to {align} bytes"
            )));
        }
        Ok((size, align))
    }

    /// Calls an exported function.
    ///
    /// # Errors
    ///
    /// [`Error::NoFunction`], [`Error::Signature`]; [`Error::Trap`] if the guest traps, with the text of the last
    /// panic of any thread if it tells that, or uses up its time or fuel; [`Error::Overwritten`] after a thread ran out of its stack, as the others' data are below.
    pub fn call<P: Params, R: Results>(&mut self, name: &str, params: P) -> Result<R> {
        self.threads.check()?;
        let func = self.func::<P, R>(name)?;
        let threads = self.threads.clone();
        let running = self.begin(&threads)?;
        let result = self.enter(None, name, &func, params);
        running.end(result.is_err());
        result
    }

    /// Notes that a call begins. If one failed before and this is the only one, the guest is told first.
    fn begin<'a>(&mut self, threads: &'a Threads) -> Result<Running<'a>> {
        // No other call begins while the guest is told.
        let mut calls = threads.inner.calls();
        if calls.unsettled && calls.running == 0 {
            if let Ok(reset) = self.func::<(), ()>(RESET) {
                self.enter(Some(Instant::now() + RECOVERY), RESET, &reset, ())?;
            }
            calls.unsettled = false;
        }
        calls.running += 1;
        Ok(Running {
            threads,
            failed: true,
        })
    }

    /// Every call into the guest goes through here; `until` when the time after a call that failed is over.
    fn enter<P: Params, R: Results>(
        &mut self,
        until: Option<Instant>,
        name: &str,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R> {
        match until {
            None => self.budget.give(&mut self.store),
            Some(until) => self.budget.spare(&mut self.store, until),
        }
        func.call(&mut self.store, params).map_err(|e| {
            self.recover();
            let accountant = &self.store.data().accountant;
            let mut e = trap(name, e, accountant.denied, accountant.limits());
            self.explain(&mut e);
            e
        })
    }

    /// After a trap: has the module tell the text of its panic.
    #[cold]
    fn explain(&mut self, e: &mut Error) {
        // A stack that overflowed is no panic, and who knows what the module would say.
        if self.threads.check().is_ok() {
            self.budget
                .spare(&mut self.store, Instant::now() + RECOVERY);
            let stack = self.stack.map(|(global, _)| global);
            let memory = Some(call::Memory::Shared(&self.threads.inner.memory));
            e.explain_by(&mut self.store, &self.inner, stack, memory);
        }
    }

    /// After a trap: puts the stack pointer back, as nobody else does.
    fn recover(&mut self) {
        let Some((global, top)) = self.stack else {
            return;
        };
        let reached = u64::from(address(global.get(&mut self.store)));
        if let Some(area) = &self.area
            && !(area.range.start..=area.range.end).contains(&reached)
        {
            let inner = &self.threads.inner;
            inner.overwritten.store(true, Ordering::Release);
        }
        // Cannot fail: the value has the global's type and the global is mutable.
        let restored = global.set(&mut self.store, Val::I32(top.cast_signed()));
        debug_assert!(restored.is_ok());
    }

    fn func<P: Params, R: Results>(&mut self, name: &str) -> Result<TypedFunc<P, R>> {
        let Some(Extern::Func(func)) = self.inner.get_export(&mut self.store, name) else {
            return Err(Error::NoFunction {
                name: name.into(),
                available: self.threads.inner.module.function_names(),
            });
        };
        func.typed(&self.store).map_err(|_| Error::Signature {
            name: name.into(),
            wanted: Signature::of_rust::<P, R>().to_string(),
            found: Signature::of_wasm(&func.ty(&self.store)).to_string(),
        })
    }
}

/// A call that is running, until this is dropped: also by a panic of a host function.
struct Running<'a> {
    threads: &'a Threads,
    failed: bool,
}

impl Running<'_> {
    fn end(mut self, failed: bool) {
        self.failed = failed;
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut calls = self.threads.inner.calls();
        calls.running -= 1;
        calls.unsettled |= self.failed;
    }
}

/// The address in a global of the linker's.
fn address(value: Val) -> u32 {
    value.i32().map_or(0, i32::cast_unsigned)
}
