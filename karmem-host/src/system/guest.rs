//! One module in a system, instantiated: its memory, and the functions of the ABI.

use std::sync::Arc;

use wasmtime::{
    AsContextMut, Extern, Global, Instance, Memory, StoreContextMut, TypedFunc, Val, WasmBacktrace,
};

use crate::call::{self, PANIC, RESET, panic_text};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::prepared::not_instantiated;
use crate::system::phase::{During, Phase};
use crate::system::recovery::{Ended, poison_hidden, recovery_panicked};
use crate::system::shim::Shim;
use crate::system::state::{Member, State};
use crate::system::{port, regions};

/// The alignment of a window: what pages of every machine that wasmtime runs on divide.
pub(super) const WINDOW_ALIGN: u32 = 64 << 10;

/// An instance in a system.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) name: Arc<str>,
    /// Its place in the system.
    pub(super) index: usize,
    /// The shim behind its imports of interfaces.
    pub(super) shim: Option<Shim>,
    pub(super) module: Module,
    pub(super) instance: Instance,
    pub(super) memory: Option<Memory>,
    pub(super) abi: Option<Abi>,
    /// The stack pointer, and where it rests while no call is running.
    stack: Option<(Global, i32)>,
    panic: Option<TypedFunc<(), i64>>,
    reset: Option<TypedFunc<(), ()>>,
}

/// The functions that regions need.
#[derive(Clone)]
pub(super) struct Abi {
    alloc: TypedFunc<(u32, u32), u32>,
    free: TypedFunc<(u32, u32, u32), ()>,
    attach: TypedFunc<(u32, u32, u32, u32), ()>,
    detach: TypedFunc<u32, ()>,
}

impl Guest {
    /// Looks up what the host uses of an instance.
    pub(super) fn new(
        mut store: StoreContextMut<'_, Context>,
        name: Arc<str>,
        index: usize,
        module: Module,
        instance: Instance,
        shim: Option<Shim>,
    ) -> Result<Guest> {
        let memory = instance.get_memory(&mut store, "memory");
        let abi = if module.check_abi().is_ok() {
            let mut abi = || {
                Ok::<_, wasmtime::Error>(Abi {
                    alloc: instance.get_typed_func(&mut store, "karmem_alloc")?,
                    free: instance.get_typed_func(&mut store, "karmem_free")?,
                    attach: instance.get_typed_func(&mut store, "karmem_attach")?,
                    detach: instance.get_typed_func(&mut store, "karmem_detach")?,
                })
            };
            Some(abi().map_err(|e| Error::Abi(e.to_string()))?)
        } else {
            None
        };
        let panic = instance.get_typed_func(&mut store, PANIC).ok();
        let reset = instance.get_typed_func(&mut store, RESET).ok();
        let mut guest = Guest {
            name,
            index,
            shim,
            module,
            instance,
            memory,
            abi,
            stack: None,
            panic,
            reset,
        };
        guest.rest(store);
        Ok(guest)
    }

    /// Notes where the stack pointer is while no call is running.
    pub(super) fn rest(&mut self, mut store: StoreContextMut<'_, Context>) {
        let global = self.instance.get_global(&mut store, "__stack_pointer");
        self.stack = global.and_then(|global| {
            let ty = global.ty(&store);
            let value = global.get(&mut store).i32()?;
            ty.mutability().is_var().then_some((global, value))
        });
    }

    /// Puts the stack pointer where it rests: after a trap nobody else does.
    pub(super) fn restore_stack(&self, mut store: StoreContextMut<'_, Context>) {
        if let Some((global, value)) = self.stack {
            let restored = global.set(&mut store, Val::I32(value));
            debug_assert!(restored.is_ok(), "the type was read from the global");
        }
    }

    /// Whether the module is as good as new after a trap: its stack pointer is restored, or it has
    /// nothing that could be one.
    pub(super) fn survives_traps(&self) -> bool {
        self.stack.is_some() || !self.module.has_hidden_state()
    }

    /// Takes the message of the last panic, if the module has one to tell.
    ///
    /// # Errors
    ///
    /// If it fails when it is asked.
    pub(super) fn panic_message(
        &self,
        mut store: StoreContextMut<'_, Context>,
    ) -> wasmtime::Result<Option<String>> {
        let Some(ask) = &self.panic else {
            return Ok(None);
        };
        let mut callback = Callback::begin(self, &mut store, PANIC);
        let stack = self.stack.map(|(global, _)| global);
        let memory = self.memory.map(call::Memory::Own);
        let text = panic_text(&mut *callback.during, Some(ask), stack, memory);
        callback.during.returned();
        text
    }

    /// From now on it has no messages of panics to tell.
    pub(super) fn ask_no_more(&mut self) {
        self.panic = None;
    }

    /// Tells the module that no call into it is running any more; `None` if it cannot be told.
    pub(super) fn reset(&self, store: &mut StoreContextMut<'_, Context>) -> Option<Result<()>> {
        let reset = self.reset.as_ref()?;
        Some(self.enter(store, RESET, reset, ()))
    }

    /// Calls a function of the ABI, also while the guest is suspended in a call to the host. Its imports of
    /// interfaces return errors meanwhile. What it does there is its own: a trap poisons a module that cannot be
    /// restored, and a store into a strict window is an error of this call.
    fn enter<P, R>(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        function: &'static str,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R>
    where
        P: wasmtime::WasmParams + Sync,
        R: wasmtime::WasmResults + Sync,
    {
        self.not_poisoned(store)?;
        let mut callback = Callback::begin(self, store, function);
        callback.during.data_mut().begin_call();
        let result = call(&mut callback.during, func, params);
        callback.during.returned();
        if result.is_ok() {
            callback.stack = None;
        }
        let violations = take_violations(&callback.during);
        drop(callback);
        let result = result.map_err(|e| self.failed(store, function, Ended::Abi, e));
        if violations > 0 {
            regions::refresh_strict(store)?;
            result?;
            return Err(Error::Violation {
                pages: violations,
                callback: Some(self.qualified(function)),
            });
        }
        result
    }

    fn qualified(&self, function: &str) -> String {
        format!("{}.{function}", self.name)
    }

    /// The place that this instance has in the system; `None` before it has one.
    fn member<'a>(&self, state: &'a mut State) -> Option<&'a mut Member> {
        let member = state.guests.get_mut(self.index)?;
        (member.guest.instance == self.instance).then_some(member)
    }

    fn not_poisoned(&self, store: &mut StoreContextMut<'_, Context>) -> Result<()> {
        let member = self.member(&mut store.data_mut().state);
        match member.and_then(|member| member.poisoned.clone()) {
            None => Ok(()),
            Some(why) => Err(Error::Poisoned {
                module: self.name.to_string(),
                why: why.to_string(),
            }),
        }
    }

    /// After a function that the host called failed: leaves it to the next call to put everything in order, and lets
    /// nobody call a module whose stack pointer cannot be put back.
    #[cold]
    fn interrupted(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        ended: Ended,
        e: &wasmtime::Error,
    ) {
        let unsettled = &mut store.data_mut().state.unsettled;
        *unsettled = (*unsettled).max(Some(ended));
        let poisoned = match ended {
            Ended::Call => poison_hidden(store, e, Some(self.index)),
            Ended::Abi if self.survives_traps() => false,
            Ended::Abi => match self.member(&mut store.data_mut().state) {
                Some(member) => {
                    member.poisoned.get_or_insert_with(|| cut_off(e));
                    true
                }
                None => false,
            },
        };
        if poisoned && let Err(error) = port::relink_all(store) {
            tracing::error!(%error, "a poisoned module could not be unlinked");
        }
    }

    /// The error of a function that the host called.
    #[cold]
    fn failed(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        function: &str,
        ended: Ended,
        e: wasmtime::Error,
    ) -> Error {
        self.interrupted(store, ended, &e);
        let accountant = &store.data().accountant;
        crate::call::trap(
            &self.qualified(function),
            e,
            accountant.denied,
            accountant.limits(),
        )
    }

    fn abi(&self) -> Result<&Abi> {
        match &self.abi {
            Some(abi) => Ok(abi),
            None => {
                self.module.check_abi()?;
                Err(Error::Abi("it cannot take regions".into()))
            }
        }
    }

    /// A block for a window, and the memory it lies in.
    pub(super) fn alloc(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        size: u32,
    ) -> Result<(u32, Memory)> {
        let abi = self.abi()?;
        let memory = self
            .memory
            .ok_or_else(|| Error::Abi("it has no memory".into()))?;
        let align = WINDOW_ALIGN;
        let at = self.enter(store, "karmem_alloc", &abi.alloc, (size, align))?;
        if at == 0 {
            let denied = store.data().accountant.denied.is_some();
            return Err(Error::NoRoom { size, denied });
        }
        let why = if at % align != 0 {
            Some(format!("is no multiple of {align}"))
        } else if u64::from(at) + u64::from(size) > memory.data_size(&*store) as u64 {
            Some("lies outside its memory".into())
        } else if self.module.has_initial_data(at, size) {
            // Whose pages the next instance of the module may be given, as they are after it.
            Some("lies over its initial data".into())
        } else if occupied(store, memory, at, size) {
            Some("lies over another region".into())
        } else {
            None
        };
        match why {
            None => Ok((at, memory)),
            // A pointer that is no good is not given back either: its owner is unknown.
            Some(why) => Err(Error::BadAllocation {
                size,
                align,
                pointer: at,
                why,
            }),
        }
    }

    pub(super) fn free(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        at: u32,
        size: u32,
    ) -> Result<()> {
        let abi = self.abi()?;
        self.enter(store, "karmem_free", &abi.free, (at, size, WINDOW_ALIGN))
    }

    pub(super) fn attach(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        handle: u32,
        at: u32,
        len: u32,
        flags: u32,
    ) -> Result<()> {
        let abi = self.abi()?;
        self.enter(
            store,
            "karmem_attach",
            &abi.attach,
            (handle, at, len, flags),
        )
    }

    pub(super) fn detach(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        handle: u32,
    ) -> Result<()> {
        let abi = self.abi()?;
        self.enter(store, "karmem_detach", &abi.detach, handle)
    }

    /// Whether the guest was running when this backtrace was taken.
    pub(super) fn is_in(&self, trace: &WasmBacktrace) -> bool {
        let module = self.module.wasmtime();
        trace
            .frames()
            .iter()
            .any(|frame| wasmtime::Module::same(frame.module(), module))
    }

    /// Runs the start function, if the module has one: instantiating it did not, see [`crate::owned`]. It may
    /// call others.
    pub(super) fn run_start(&self, store: &mut StoreContextMut<'_, Context>) -> Result<()> {
        let mut during = During::begin(store, Phase::Starting(self.index));
        let result = self.module.owned().run_start(&mut *during, &self.instance);
        during.returned();
        drop(during);
        result.map_err(|e| {
            self.interrupted(store, Ended::Call, &e);
            not_instantiated(e, store.data())
        })
    }

    /// Calls `_initialize`, if the module exports it. It may call others.
    pub(super) fn initialize(&self, store: &mut StoreContextMut<'_, Context>) -> Result<()> {
        let name = "_initialize";
        let Some(func) = self.exported(store, name)? else {
            return Ok(());
        };
        let mut during = During::begin(store, Phase::Starting(self.index));
        during.data_mut().begin_call();
        let result = call(&mut during, &func, ());
        during.returned();
        drop(during);
        result.map_err(|e| self.failed(store, name, Ended::Call, e))
    }

    /// Calls `karmem_init`, if the module exports it: a callback like all of the ABI.
    pub(super) fn init(&self, store: &mut StoreContextMut<'_, Context>) -> Result<()> {
        let name = "karmem_init";
        match self.exported(store, name)? {
            Some(func) => self.enter(store, name, &func, ()),
            None => Ok(()),
        }
    }

    /// An export that takes and gives nothing, if there is one.
    fn exported(
        &self,
        store: &mut StoreContextMut<'_, Context>,
        name: &str,
    ) -> Result<Option<TypedFunc<(), ()>>> {
        let Some(Extern::Func(func)) = self.instance.get_export(store.as_context_mut(), name)
        else {
            return Ok(None);
        };
        let typed = func.typed::<(), ()>(&*store);
        typed.map(Some).map_err(|_| Error::Signature {
            name: name.into(),
            wanted: "()".into(),
            found: crate::signature::Signature::of_wasm(&func.ty(&*store)).to_string(),
        })
    }
}

/// Why a module is poisoned.
pub(super) fn cut_off(e: &wasmtime::Error) -> Arc<str> {
    format!("a call into it was cut off ({})", e.root_cause()).into()
}

/// The stores into strict windows that were noted since the last time.
fn take_violations(store: &StoreContextMut<'_, Context>) -> usize {
    let strict = store.data().state.strict.as_ref();
    strict.map_or(0, |strict| strict.take_violations())
}

/// A running callback. Dropping it opens the guest's imports again and puts its stack pointer back, also when
/// a panic of a host function unwinds through it.
struct Callback<'g, 's, 'a> {
    guest: &'g Guest,
    during: During<'s, 'a>,
    gate: Option<Val>,
    /// The stack pointer to put back; `None` once the callback returned, which did so itself.
    stack: Option<(Global, Val)>,
    /// Stores into strict windows by whoever waits for this.
    earlier: usize,
}

impl<'g, 's, 'a> Callback<'g, 's, 'a> {
    fn begin(
        guest: &'g Guest,
        store: &'s mut StoreContextMut<'a, Context>,
        function: &'static str,
    ) -> Callback<'g, 's, 'a> {
        let phase = Phase::Callback {
            guest: guest.index,
            function,
        };
        let mut during = During::begin(store, phase);
        let stack = guest.stack;
        let stack = stack.map(|(global, _)| (global, global.get(&mut *during)));
        let gate = guest.shim.map(|shim| shim.shut(&mut during));
        let earlier = take_violations(&during);
        Callback {
            guest,
            during,
            gate,
            stack,
            earlier,
        }
    }
}

impl Drop for Callback<'_, '_, '_> {
    fn drop(&mut self) {
        if let Some((global, value)) = self.stack {
            let restored = global.set(&mut *self.during, value);
            debug_assert!(restored.is_ok(), "the value came from the global");
        }
        if let (Some(shim), Some(gate)) = (self.guest.shim, self.gate) {
            shim.restore(&mut self.during, gate);
        }
        if let Some(strict) = &self.during.data().state.strict {
            strict.put_back(self.earlier);
        }
        if self.during.panics_in_recovery() {
            recovery_panicked(&mut self.during, self.guest.index);
        }
        if self.during.panics() {
            // An implementation in the host may catch it: then nothing else is known to have been cut off.
            let ended = wasmtime::Error::msg("a host function that it called panicked");
            self.guest.interrupted(&mut self.during, Ended::Abi, &ended);
        }
    }
}

/// Calls a guest for the host, also in the middle of a call that is awaited.
fn call<P, R>(
    store: &mut StoreContextMut<'_, Context>,
    func: &TypedFunc<P, R>,
    params: P,
) -> wasmtime::Result<R>
where
    P: wasmtime::WasmParams + Sync,
    R: wasmtime::WasmResults + Sync,
{
    #[cfg(feature = "async")]
    if store.data().ticks_left.is_some() {
        return crate::system::awaited::at_once(func.call_async(store, params));
    }
    func.call(store, params)
}

/// Whether a window is there already: mappings that lie over each other could not be taken away one by
/// one.
fn occupied(store: &StoreContextMut<'_, Context>, memory: Memory, at: u32, size: u32) -> bool {
    let start = memory.data_ptr(store).addr() + at as usize;
    let before = store
        .data()
        .state
        .occupied
        .range(..start + size as usize)
        .next_back();
    before.is_some_and(|(_, end)| *end > start)
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guest")
            .field("name", &self.name)
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Abi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Abi").finish_non_exhaustive()
    }
}
