//! Systems: modules, implementations in the host, and regions, linked with each other.

#[cfg(feature = "async")]
mod awaited;
mod build;
mod check;
mod client;
mod describe;
mod guest;
mod heap;
mod memory;
mod outboxes;
mod phase;
mod port;
mod provider;
mod rebuild;
mod recovery;
mod regions;
mod shim;
mod state;
mod swap;
mod table;
mod wasi;

use std::collections::HashMap;

use wasmtime::{AsContextMut, Store, StoreContextMut};

pub use build::SystemBuilder;
pub use client::{Client, Link, Method, Receiving, Sending};
pub use describe::Description;
pub use memory::Removed;
pub(crate) use port::Wants;
pub use provider::{Caller, Definer, Implementation, Open, Provider, Serving, provided};
pub use recovery::RECOVERY;
pub(crate) use shim::Shims;
pub(crate) use state::State;
pub use state::SystemStats;

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::signature::{Params, Results};
use phase::Phase;

/// Modules that call each other and share regions, in one store.
///
/// Calls from module to module run without any host code in between. Nothing of this runs in
/// parallel: a system is used by one thread at a time, and whoever has `&System` knows that no guest
/// is running, which is why regions can be read as plain bytes then.
///
/// # After a trap
///
/// A call that traps is an error, and the system goes on. The stack pointers of all modules are put back,
/// all modules are told that no call is running any more (`karmem_reset`), and all regions are made known
/// anew. For all of this the modules together have [`RECOVERY`], whatever the call had. A module whose stack pointer
/// cannot be put back (it does not export it), whose `karmem_reset` fails, or that does not come back in time is
/// *poisoned*: calls into it are refused with an error that says so, until it is [swapped](System::swap) for
/// a new instance.
pub struct System {
    pub(super) store: Store<Context>,
    pub(super) engine: Engine,
    pub(super) id: u64,
    /// Changes with the store, when the system is rebuilt.
    pub(super) store_id: u64,
    pub(super) ticks: u64,
    /// Fuel of each call, if the engine counts it.
    pub(super) fuel: Option<u64>,
    pub(super) imports: wasmtime::Linker<Context>,
    /// Those of them that were asked for: each time that it is asked, a linker makes a function that lasts as
    /// long as the store.
    pub(super) imported: HashMap<(String, String), wasmtime::Extern>,
    /// The functions of the host's implementations, for any store.
    pub(super) providers: wasmtime::Linker<Context>,
    /// Functions of methods that were fetched before the system was rebuilt: by the number of the host's
    /// port, and the slot.
    pub(super) rebound: HashMap<(usize, u32), wasmtime::Func>,
    pub(super) exact: bool,
    /// Whether one operation of several steps is under way, which has time and fuel once.
    pub(super) held: bool,
}

impl std::fmt::Debug for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        // Before the store gives the memories back: the next tenant of a pooled one must not find the
        // regions there.
        if !regions::clear_all(&mut self.store.as_context_mut()) {
            // Better a slot less than a region in it.
            tracing::error!(
                "the memories of a system stay allocated: regions are still mapped into them"
            );
            let empty = Store::new(self.store.engine(), Context::new(Limits::default()));
            std::mem::forget(std::mem::replace(&mut self.store, empty));
        }
    }
}

impl System {
    /// Prepares a system.
    pub fn builder(engine: &Engine) -> SystemBuilder {
        SystemBuilder::new(engine)
    }

    /// A typed client of an interface that a module exports.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModule`]; [`Error::Link`] if the module does not export the interface, or exports
    /// another one of this name.
    pub fn client<C: Client>(&mut self, module: &str) -> Result<C> {
        let port = self.host_port(module, <C::Interface as karmem_core::Interface>::INTERFACE)?;
        let mut ports = self.state().ports.iter().filter(|p| p.consumer.is_none());
        let same = |p: &port::Port| p.target == port.target && p.interface == port.interface;
        let number = ports.position(same).unwrap_or_default();
        C::bind(&mut Link {
            number,
            port,
            system: self.id,
            store_id: self.store_id,
            store: self.store.as_context_mut(),
        })
    }

    /// Calls a method: what generated clients do. `lower` writes the parameters, `lift` reads the
    /// result.
    ///
    /// # Errors
    ///
    /// Those of `lower` and `lift`; [`Error::Trap`] if the guest traps or runs past a limit;
    /// [`Error::Poisoned`]; [`Error::OtherInstance`] if the method belongs to another system.
    #[inline]
    pub fn invoke<P: Params, R: Results, T>(
        &mut self,
        method: &Method<P, R>,
        lower: impl FnOnce(&mut Sending<'_>) -> Result<P>,
        lift: impl FnOnce(R, &Receiving<'_>) -> Result<T>,
    ) -> Result<T> {
        let _span = tracing::trace_span!("call", method = &*method.name).entered();
        let rebound;
        let func = match method.store == self.store_id {
            true => &method.inner,
            false => {
                rebound = self.rebind(method)?;
                &rebound
            }
        };
        let (params, top) = self.begin(lower)?;
        self.store.data_mut().state.phase = Phase::Call;
        let result = func.call(&mut self.store, params);
        self.store.data_mut().state.phase = Phase::Idle;
        self.end(method, top, result, lift)
    }

    /// What comes before a call.
    #[inline]
    fn begin<P>(&mut self, lower: impl FnOnce(&mut Sending<'_>) -> Result<P>) -> Result<(P, u32)> {
        self.renew();
        let state = &mut self.store.data_mut().state;
        let top = state.top;
        state.stats.calls += 1;
        // Given back also if `lower` panics.
        let mut place = Place { state, top };
        let params = lower(&mut Sending { state: place.state })?;
        place.top = place.state.top;
        drop(place);
        if self.store.data().state.copying {
            let copied = regions::copy_in(&mut self.store.as_context_mut());
            if let Err(e) = copied {
                self.store.data_mut().state.top = top;
                return Err(e);
            }
        }
        Ok((params, top))
    }

    /// The function of a method that belongs to another store: one from before the system was rebuilt.
    /// wasmtime would panic at one of another system.
    #[cold]
    fn rebind<P: Params, R: Results>(
        &mut self,
        method: &Method<P, R>,
    ) -> Result<wasmtime::TypedFunc<P, R>> {
        let other = || Error::OtherInstance {
            name: method.name.as_ref().into(),
        };
        if method.system != self.id {
            return Err(other());
        }
        let key = (method.port, method.slot);
        let func = match self.rebound.get(&key) {
            Some(func) => *func,
            None => {
                let mut ports = self.state().ports.iter().filter(|p| p.consumer.is_none());
                let shim = ports.nth(method.port).map(|port| port.shim);
                let func = shim.and_then(|shim| {
                    let name = shim::function(method.slot);
                    shim.instance.get_func(&mut self.store, &name)
                });
                let func = func.ok_or_else(other)?;
                self.rebound.insert(key, func);
                func
            }
        };
        func.typed(&self.store).map_err(|_| other())
    }

    /// What comes after a call.
    #[inline]
    fn end<P, R, T>(
        &mut self,
        method: &Method<P, R>,
        top: u32,
        result: wasmtime::Result<R>,
        lift: impl FnOnce(R, &Receiving<'_>) -> Result<T>,
    ) -> Result<T> {
        self.store.data_mut().state.top = top;
        if self.store.data().state.copying {
            // Also after a trap: what was written before counts, as it does where regions are mapped.
            regions::copy_out(&mut self.store.as_context_mut())?;
        }
        match result {
            Ok(result) => {
                self.check_strict()?;
                let state = &self.store.data().state;
                lift(result, &Receiving { state })
            }
            Err(e) => Err(self.failed(&method.name, e)),
        }
    }

    /// After a call: whether native code stored into a strict window, which did not trap.
    #[inline]
    fn check_strict(&mut self) -> Result<()> {
        let strict = self.state().strict.as_ref();
        match strict.map_or(0, |strict| strict.take_violations()) {
            0 => Ok(()),
            pages => self.violated(pages),
        }
    }

    /// Drops what was stored, and says so.
    #[cold]
    fn violated(&mut self, pages: usize) -> Result<()> {
        regions::refresh_strict(&mut self.cx())?;
        Err(Error::Violation {
            pages,
            callback: None,
        })
    }

    /// Gives the next call its full time and fuel.
    #[inline]
    pub(super) fn renew(&mut self) {
        if self.held {
            return;
        }
        if self.store.data().state.phase != Phase::Idle {
            self.abandon();
        }
        if self.store.data().state.unsettled.is_some() {
            self.settle();
        }
        self.store.set_epoch_deadline(self.ticks);
        if let Some(fuel) = self.fuel {
            // Fails only where fuel is not counted, which was found out at the beginning.
            let _ = self.store.set_fuel(fuel);
        }
        self.store.data_mut().begin_call();
    }

    /// Gives all that follows full time and fuel once, until what this returns is dropped.
    pub(super) fn hold(&mut self) -> Held<'_> {
        self.renew();
        let outermost = !std::mem::replace(&mut self.held, true);
        Held {
            system: self,
            outermost,
        }
    }

    /// The store, with full time and fuel.
    pub(super) fn cx(&mut self) -> StoreContextMut<'_, Context> {
        self.renew();
        self.store.as_context_mut()
    }
}

/// A system in an operation of several steps: see [`System::hold`].
pub(super) struct Held<'a> {
    system: &'a mut System,
    outermost: bool,
}

impl std::ops::Deref for Held<'_> {
    type Target = System;

    fn deref(&self) -> &System {
        self.system
    }
}

impl std::ops::DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut System {
        self.system
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.outermost {
            self.system.held = false;
        }
    }
}

/// Sets how much of the host's outbox is in use, when it is dropped.
struct Place<'a> {
    state: &'a mut State,
    top: u32,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.state.top = self.top;
    }
}

/// # What there is
impl System {
    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> SystemStats {
        let accountant = &self.store.data().accountant;
        SystemStats {
            instances: accountant.instances() as u64,
            retired_bytes: accountant.retired() as u64,
            ..self.state().stats
        }
    }

    /// What all its modules together may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.store.data().accountant.limits()
    }

    /// Sets how long each call from the host may take from now on; `None` for any time.
    pub fn set_deadline(&mut self, deadline: Option<std::time::Duration>) {
        self.store.data_mut().accountant.set_deadline(deadline);
        self.ticks = crate::engine::ticks(deadline);
    }

    /// The modules, the implementations of the host, who calls whom, and the regions with their grants.
    #[must_use]
    pub fn describe(&self) -> Description {
        Description::of(self.state())
    }

    /// Why a module cannot be called any more, if that is so.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModule`].
    pub fn poisoned(&self, module: &str) -> Result<Option<&str>> {
        let state = self.state();
        Ok(state.guests[state.member(module)?].poisoned.as_deref())
    }

    /// Bytes of a module's memory as it is now.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModule`].
    pub fn memory_size(&self, module: &str) -> Result<usize> {
        let guest = &self.state().guests[self.state().member(module)?].guest;
        Ok(guest
            .memory
            .map_or(0, |memory| memory.data_size(&self.store)))
    }

    pub(super) fn state(&self) -> &State {
        &self.store.data().state
    }
}
