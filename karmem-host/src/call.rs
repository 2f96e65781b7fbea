//! Calls into a guest.

use std::sync::Arc;
use std::time::Instant as Clock;

use wasmtime::{
    AsContext, AsContextMut, Global, SharedMemory, Store, TypedFunc, Val, WasmBacktrace,
};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::instance::Instance;
use crate::limits::Denied;
use crate::signature::{Params, Results, Signature};
use crate::sys::shared;
use crate::system::RECOVERY;
use crate::trap::{Frame, Reason, Trap};

/// An exported function whose signature was checked, for calling many times.
///
/// A call through it costs what wasmtime's own typed call costs, plus the setting of the deadline and
/// the saving of the guest's stack pointer: two loads and two stores.
///
/// ```
/// # use karmem_host::{Engine, Instance, Limits, Module};
/// # fn main() -> Result<(), karmem_host::Error> {
/// # let wasm = wat::parse_str(r#"(module (func (export "next") (param i32) (result i32)
/// #     local.get 0 i32.const 1 i32.add))"#).unwrap();
/// # let module = Module::from_bytes_untyped(&Engine::new()?, &wasm)?;
/// # let mut guest = Instance::new(&module, Limits::default())?;
/// let next = guest.func::<i32, i32>("next")?;
/// let mut x = 0;
/// for _ in 0..1000 {
///     x = next.call(&mut guest, x)?;
/// }
/// assert_eq!(x, 1000);
/// # Ok(())
/// # }
/// ```
pub struct Func<P, R> {
    inner: TypedFunc<P, R>,
    name: Arc<str>,
    instance: u64,
}

impl<P, R> Clone for Func<P, R> {
    fn clone(&self) -> Self {
        Func {
            inner: self.inner.clone(),
            name: self.name.clone(),
            instance: self.instance,
        }
    }
}

impl<P, R> std::fmt::Debug for Func<P, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Func")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<P: Params, R: Results> Func<P, R> {
    /// Calls it.
    ///
    /// # Errors
    ///
    /// [`Error::Trap`] if the guest traps or runs past its deadline, [`Error::OtherInstance`] if this
    /// function was looked up in another instance.
    #[inline]
    pub fn call(&self, instance: &mut Instance, params: P) -> Result<R> {
        // wasmtime would panic.
        if self.instance != instance.id {
            return Err(Error::OtherInstance {
                name: self.name.as_ref().into(),
            });
        }
        let _span = tracing::trace_span!("call", function = &*self.name).entered();
        instance.settle()?;
        match instance.enter(self, params) {
            Ok(result) => Ok(result),
            Err(mut e) => {
                if let Err(error) = instance.recover() {
                    tracing::warn!(%error, "a guest could not be told that a call of it failed");
                }
                let until = Clock::now() + RECOVERY;
                instance.budget.spare(&mut instance.store, until);
                let (guest, stack) = (instance.inner, instance.stack);
                let memory = instance.memory.map(Memory::Own);
                e.explain_by(&mut instance.store, &guest, stack, memory);
                Err(e)
            }
        }
    }

    /// The name that the guest exports it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Instance {
    /// Looks up an exported function and checks its signature, once for many calls.
    ///
    /// # Errors
    ///
    /// [`Error::NoFunction`], [`Error::Signature`].
    pub fn func<P: Params, R: Results>(&mut self, name: &str) -> Result<Func<P, R>> {
        let Some(func) = self.inner.get_func(&mut self.store, name) else {
            return Err(Error::NoFunction {
                name: name.into(),
                available: self.module().function_names(),
            });
        };
        match func.typed::<P, R>(&self.store) {
            Ok(inner) => Ok(Func {
                inner,
                name: name.into(),
                instance: self.id,
            }),
            Err(_) => Err(Error::Signature {
                name: name.into(),
                wanted: Signature::of_rust::<P, R>().to_string(),
                found: Signature::of_wasm(&func.ty(&self.store)).to_string(),
            }),
        }
    }

    /// Calls an exported function by name. This looks the function up each time;
    /// [`func`](Instance::func) does it once.
    ///
    /// # Errors
    ///
    /// [`Error::NoFunction`], [`Error::Signature`]; [`Error::Trap`] if the guest traps or runs past its
    /// deadline.
    pub fn call<P: Params, R: Results>(&mut self, name: &str, params: P) -> Result<R> {
        self.func::<P, R>(name)?.call(self, params)
    }

    /// Calls a function with the time and the fuel of a call.
    #[inline]
    pub(crate) fn enter<P: Params, R: Results>(
        &mut self,
        func: &Func<P, R>,
        params: P,
    ) -> Result<R> {
        self.budget.give(&mut self.store);
        self.enter_as_it_is(func, params)
    }

    /// Calls a function with the time and the fuel that the store has. Every call into the guest goes through here.
    #[inline]
    pub(crate) fn enter_as_it_is<P: Params, R: Results>(
        &mut self,
        func: &Func<P, R>,
        params: P,
    ) -> Result<R> {
        let stack = self.stack.map(|global| global.get(&mut self.store));
        self.stats.calls += 1;
        match func.inner.call(&mut self.store, params) {
            Ok(result) => Ok(result),
            Err(e) => Err(self.failed(&func.name, stack, e)),
        }
    }

    /// After a call that ended in an error: puts the stack pointer back, as nobody else does, and
    /// says what happened.
    #[cold]
    fn failed(&mut self, name: &str, stack: Option<Val>, e: wasmtime::Error) -> Error {
        self.stats.traps += 1;
        self.unsettled = true;
        if let (Some(global), Some(value)) = (self.stack, stack) {
            // Cannot fail: the value has the global's type and the global is mutable.
            let restored = global.set(&mut self.store, value);
            debug_assert!(restored.is_ok());
        }
        let accountant = &self.store.data().accountant;
        let error = trap(name, e, accountant.denied, accountant.limits());
        tracing::debug!(function = name, %error, "a call into a guest failed");
        error
    }
}

/// The export that tells of a panic: its pointer in the high half and its length in the low half.
pub(crate) const PANIC: &str = "karmem_panic";

/// The export that is told that no call is running any more, after one that failed.
pub(crate) const RESET: &str = "karmem_reset";

/// The longest text of a panic that is read.
const PANIC_BYTES: usize = 64 << 10;

/// The memory that a guest's text lies in.
#[derive(Clone, Copy)]
pub(crate) enum Memory<'a> {
    Own(wasmtime::Memory),
    Shared(&'a SharedMemory),
}

impl Memory<'_> {
    fn read(self, store: impl AsContext, at: usize, len: usize) -> Option<Vec<u8>> {
        match self {
            Memory::Own(memory) => Some(memory.data(&store).get(at..)?.get(..len)?.into()),
            Memory::Shared(memory) => {
                let mut bytes = vec![0; len];
                shared::read(memory, at, &mut bytes)?;
                Some(bytes)
            }
        }
    }
}

/// Takes the text of a guest's last panic, if it has one to tell; fails if the guest does when it is asked, and the
/// stack pointer is put back then.
#[cold]
pub(crate) fn panic_text(
    mut store: impl AsContextMut,
    ask: Option<&TypedFunc<(), i64>>,
    stack: Option<Global>,
    memory: Option<Memory<'_>>,
) -> wasmtime::Result<Option<String>> {
    let (Some(ask), Some(memory)) = (ask, memory) else {
        return Ok(None);
    };
    let before = stack.map(|global| (global, global.get(&mut store)));
    let told = ask.call(&mut store, ());
    if told.is_err()
        && let Some((global, value)) = before
    {
        let restored = global.set(&mut store, value);
        debug_assert!(restored.is_ok(), "the value came from the global");
    }
    let text = told?.cast_unsigned();
    let (at, len) = ((text >> 32) as usize, text as u32 as usize);
    if len == 0 {
        return Ok(None);
    }
    let bytes = memory.read(&store, at, len.min(PANIC_BYTES));
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

impl Error {
    /// Puts the text of a panic in the place of the bare trap in which it ended.
    pub(crate) fn explain(&mut self, text: String) {
        if let Error::Trap(trap) = self
            && matches!(
                trap.reason,
                Reason::Wasm(wasmtime::Trap::UnreachableCodeReached)
            )
        {
            trap.reason = Reason::Panic(text);
        }
    }

    /// Asks an instance for the text of a panic, and has it explain this error.
    #[cold]
    pub(crate) fn explain_by(
        &mut self,
        store: &mut Store<Context>,
        instance: &wasmtime::Instance,
        stack: Option<Global>,
        memory: Option<Memory<'_>>,
    ) {
        let ask = instance.get_typed_func(&mut *store, PANIC).ok();
        if let Ok(Some(text)) = panic_text(store, ask.as_ref(), stack, memory) {
            self.explain(text);
        }
    }
}

/// Whether a call ended because its time was over.
pub(crate) fn is_late(error: &Error) -> bool {
    let reason = error.as_trap().map(Trap::reason);
    matches!(
        reason,
        Some(Reason::Deadline(_) | Reason::Wasm(wasmtime::Trap::Interrupt))
    )
}

/// The error of a call, or of what runs at instantiation.
pub(crate) fn trap(
    function: &str,
    e: wasmtime::Error,
    denied: Option<Denied>,
    limits: &crate::Limits,
) -> Error {
    let frames = e
        .downcast_ref::<WasmBacktrace>()
        .map(frames)
        .unwrap_or_default();
    let reason = match (e.downcast_ref::<wasmtime::Trap>(), denied, limits.deadline) {
        (Some(wasmtime::Trap::Interrupt), _, Some(deadline)) => Reason::Deadline(deadline),
        (Some(wasmtime::Trap::OutOfFuel), ..) if limits.fuel.is_some() => {
            Reason::Fuel(limits.fuel.unwrap_or_default())
        }
        (Some(wasmtime::Trap::StackOverflow), ..) => Reason::Wasm(wasmtime::Trap::StackOverflow),
        (Some(_), Some(Denied::Memory(wanted)), _) => Reason::OutOfMemory {
            wanted,
            limit: limits.memory,
        },
        (Some(trap), ..) => Reason::Wasm(*trap),
        (None, ..) => Reason::Host(e),
    };
    Error::Trap(Box::new(Trap {
        function: function.into(),
        reason,
        frames,
    }))
}

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    let frame = |f: &wasmtime::FrameInfo| Frame {
        function: f.func_name().map(Into::into),
        index: f.func_index(),
        offset: f.module_offset(),
    };
    backtrace.frames().iter().map(frame).collect()
}
