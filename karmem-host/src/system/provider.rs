//! Implementations in the host: what `#[karmem::interface]` makes glue for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, TryLockError};

use karmem_core::interface::{Incoming, Outgoing};
use karmem_core::{Interface, Karmem, Limits, Shared, VerifyError};
use wasmtime::{AsContextMut, IntoFunc, Linker, StoreContextMut};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::region::Access;
use crate::system::client::{Receiving, Sending};
use crate::system::phase::{During, Phase};
use crate::system::regions::Change;
use crate::system::{regions, shim};

/// An implementation of an interface in the host: what `#[karmem::interface]` generates as
/// `LogProvider(implementation)` for a trait `Log`. Give it to
/// [`SystemBuilder::provide`](crate::SystemBuilder::provide).
pub trait Provider {
    /// The interface.
    type Interface: Interface;

    /// Adds a function per method.
    ///
    /// # Errors
    ///
    /// If the functions cannot be defined.
    fn define(self, host: &mut Definer<'_>) -> Result<()>;
}

/// The first parameter of a host function.
pub type Caller<'a> = wasmtime::Caller<'a, Context>;

/// What a [`Provider`] adds its methods to.
pub struct Definer<'a> {
    /// Keeps the functions, for each store that the system has in its life.
    pub(super) linker: &'a mut Linker<Context>,
    /// The name of the provider there.
    pub(super) module: String,
    pub(super) methods: BTreeSet<&'static str>,
}

impl Definer<'_> {
    /// Adds a method by its name in the trait. Parameters and results are those of the ABI.
    ///
    /// # Errors
    ///
    /// If there is no memory for it.
    pub fn method<P, R>(
        &mut self,
        name: &'static str,
        func: impl IntoFunc<Context, P, R>,
    ) -> Result<()> {
        let defined = self.linker.func_wrap(&self.module, name, func);
        defined.map_err(|e| Error::Instantiate(crate::error::text(e)))?;
        self.methods.insert(name);
        Ok(())
    }
}

/// Makes an implementation usable from functions of several methods.
pub fn provided<T>(implementation: T) -> Implementation<T> {
    Implementation(Arc::new(Mutex::new(implementation)))
}

/// An implementation that several functions use: see [`provided`].
#[derive(Debug)]
pub struct Implementation<T>(Arc<Mutex<T>>);

impl<T> Clone for Implementation<T> {
    fn clone(&self) -> Self {
        Implementation(self.0.clone())
    }
}

impl<T> Implementation<T> {
    /// Runs a method for a guest.
    ///
    /// # Errors
    ///
    /// What `f` returns; it ends the guest's call and is found in
    /// [`Reason::Host`](crate::Reason::Host). [`Error::Reentered`] if the implementation is
    /// running already; [`Error::Callback`] if the guest calls from within a function of the ABI.
    pub fn serve<R>(
        &self,
        mut caller: Caller<'_>,
        f: impl FnOnce(&mut T, &mut Serving<'_>) -> Result<R>,
    ) -> wasmtime::Result<R> {
        let state = &caller.data().state;
        state.may_call().map_err(wasmtime::Error::new)?;
        let mut implementation = match self.0.try_lock() {
            Ok(guard) => guard,
            // A panic went through it before. What it left is what a guest's call finds after one.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(wasmtime::Error::new(Error::Reentered)),
        };
        let state = &mut caller.data_mut().state;
        state.stats.host_calls += 1;
        let top = state.top;
        let mut serving = Serving {
            caller: RefCell::new(caller),
            consumer: Cell::new(None),
        };
        let result = f(&mut implementation, &mut serving);
        // The result lies above and is read before anything is written there.
        serving.caller.get_mut().data_mut().state.top = top;
        result.map_err(wasmtime::Error::new)
    }
}

/// A call of a guest to the host, while it runs. The guest waits, and so does every guest that called
/// it; no guest runs meanwhile.
pub struct Serving<'a> {
    // Messages are read through `&self`, and wasmtime wants `&mut` to say who calls.
    caller: RefCell<Caller<'a>>,
    consumer: Cell<Option<usize>>,
}

impl std::fmt::Debug for Serving<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving").finish_non_exhaustive()
    }
}

impl Serving<'_> {
    /// The name of the module that calls.
    ///
    /// # Errors
    ///
    /// If it is not one of the system's.
    pub fn caller(&mut self) -> Result<&str> {
        let consumer = consumer(self.caller.get_mut(), &self.consumer)?;
        Ok(&self.caller.get_mut().data().state.guests[consumer]
            .guest
            .name)
    }

    /// Opens messages in regions, all at once: what a method reads and changes in place. Each message
    /// comes with whether it is to be changed.
    ///
    /// # Errors
    ///
    /// If the calling module has no such region, or the offset lies outside of it. For a message that
    /// is to be changed also if the region is sealed, if another module is its writer, if another
    /// of the messages lies in the same region ([`Error::OpenedTwice`]), or if a module that has the region may be
    /// waiting and does not expect it to change ([`Error::NotVolatile`]).
    pub fn open<const N: usize>(&mut self, messages: [(i64, bool); N]) -> Result<[Open<'_>; N]> {
        let wanted = messages.map(|(message, change)| (Message::from_i64(message), change));
        for (index, (message, change)) in wanted.into_iter().enumerate() {
            self.may_open(message, change)?;
            let mut others = wanted.iter().take(index);
            let same = others.find(|(other, _)| other.handle() == message.handle());
            if let Some((_, other_change)) = same
                && (change || *other_change)
            {
                let state = &self.caller.get_mut().data().state;
                return Err(Error::OpenedTwice {
                    region: state.entry(message.handle())?.name.to_string(),
                });
            }
        }
        let state = &mut self.caller.get_mut().data_mut().state;
        let mut opened = wanted.map(|(message, _)| Open {
            bytes: Bytes::Read(&[]),
            message,
        });
        for (handle, entry) in state.regions.iter_mut() {
            let here = |open: &&mut Open<'_>| open.message.handle() == handle;
            let mut changed = wanted.iter().filter(|(_, change)| *change);
            if changed.any(|(message, _)| message.handle() == handle) {
                if let Some(open) = opened.iter_mut().find(here) {
                    open.bytes = Bytes::Change(entry.bytes_mut()?);
                }
            } else {
                let bytes = entry.bytes();
                for open in opened.iter_mut().filter(here) {
                    open.bytes = Bytes::Read(bytes);
                }
            }
        }
        Ok(opened)
    }

    /// Whether the calling module may hand a message to the host, to be read or to be changed.
    fn may_open(&mut self, message: Message, change: bool) -> Result<()> {
        let consumer = self.check(message.to_i64())?;
        let state = &self.caller.get_mut().data().state;
        let entry = state.entry(message.handle())?;
        if message.offset() >= entry.len() {
            return Err(Error::WildOffset {
                message,
                length: entry.len(),
            });
        }
        match entry.writer.filter(|writer| change && *writer != consumer) {
            Some(writer) => Err(Error::HasWriter {
                region: entry.name.to_string(),
                writer: state.guests[writer].guest.name.to_string(),
                wanted: "the host".into(),
            }),
            None if change => {
                regions::may_change(state, message.handle(), Change::Written, Some(consumer))
            }
            None => Ok(()),
        }
    }

    /// Reads a message in a region where it lies, without checking it first.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Serving::open).
    pub fn view<T: Karmem>(&mut self, message: i64) -> Result<T::View<'_>> {
        let [open] = self.open([(message, false)])?;
        Ok(open.view::<T>())
    }

    /// Gives access to change a message in a region where it lies, without checking it first.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Serving::open), and that there is no room for a root.
    pub fn view_mut<T: Karmem>(&mut self, message: i64) -> Result<T::ViewMut<'_>> {
        let [open] = self.open([(message, true)])?;
        open.view_mut::<T>()
    }

    /// Gives a module access to a region, also while it waits for this call.
    ///
    /// # Errors
    ///
    /// Those of [`System::grant`](crate::System::grant); [`Error::Starting`] while a module starts;
    /// [`Error::NotVolatile`] if the module has the region already, or is to write what others have, and a module that may
    /// be waiting does not expect that: see [`System::set_volatile`](crate::System::set_volatile).
    pub fn grant(&mut self, region: &str, module: &str, access: Access) -> Result<()> {
        let change = |guest| Change::Granted(guest, access);
        self.change(region, module, change, |store, handle, guest| {
            regions::grant(store, handle, guest, access)
        })
    }

    /// Takes a region away from a module, also while it waits for this call: what it reads there is
    /// zeros from now on.
    ///
    /// # Errors
    ///
    /// Those of [`System::revoke`](crate::System::revoke); [`Error::Starting`] while a module starts;
    /// [`Error::NotVolatile`] if the module may be waiting and does not expect that: see
    /// [`System::set_volatile`](crate::System::set_volatile).
    pub fn revoke(&mut self, region: &str, module: &str) -> Result<()> {
        self.change(region, module, Change::Revoked, |store, handle, guest| {
            regions::revoke(store, handle, guest)
        })
    }

    /// Changes the grants of a region to a module.
    fn change(
        &mut self,
        region: &str,
        module: &str,
        change: impl FnOnce(usize) -> Change,
        f: impl FnOnce(&mut StoreContextMut<'_, Context>, u32, usize) -> Result<()>,
    ) -> Result<()> {
        let caller = self.caller.get_mut();
        caller.data().state.may_change()?;
        let waits = consumer(caller, &self.consumer).ok();
        let store = &mut caller.as_context_mut();
        let state = &store.data().state;
        let (handle, guest) = (state.region(region)?, state.member(module)?);
        regions::may_change(state, handle, change(guest), waits)?;
        let mut during = During::begin(store, Phase::Changing);
        let changed = f(&mut during, handle, guest);
        during.returned();
        changed
    }

    /// The whole region's content as a message at offset 0, to pass on.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`].
    pub fn shared<T>(&mut self, region: &str) -> Result<Shared<T>> {
        Ok(Shared::new(
            self.caller.get_mut().data().state.region(region)?,
            0,
        ))
    }

    /// A handle is a name and no key: a guest may speak only of what it was granted.
    fn check(&mut self, message: i64) -> Result<usize> {
        may_use(self.caller.get_mut(), &self.consumer, message)
    }
}

/// A message that [`Serving::open`] opened.
#[derive(Debug)]
pub struct Open<'a> {
    bytes: Bytes<'a>,
    message: Message,
}

#[derive(Debug)]
enum Bytes<'a> {
    Read(&'a [u8]),
    Change(&'a mut [u8]),
}

impl<'a> Open<'a> {
    fn bytes(self) -> (&'a [u8], u32) {
        let bytes = match self.bytes {
            Bytes::Read(bytes) => bytes,
            Bytes::Change(bytes) => bytes,
        };
        (bytes, self.message.offset())
    }

    /// Reads it where it lies, without checking it.
    #[must_use]
    pub fn view<T: Karmem>(self) -> T::View<'a> {
        let (bytes, offset) = self.bytes();
        T::view_unverified_at(bytes, offset)
    }

    /// Checks it, and reads it where it lies.
    ///
    /// # Errors
    ///
    /// [`Error::Verify`].
    pub fn view_verified<T: Karmem>(self) -> Result<T::View<'a>> {
        let (bytes, offset) = self.bytes();
        Ok(T::view_at(bytes, offset, &Limits::default())?)
    }

    /// Gives access to change it where it lies, without checking it.
    ///
    /// # Errors
    ///
    /// If it was opened for reading, or there is no room for a root.
    pub fn view_mut<T: Karmem>(self) -> Result<T::ViewMut<'a>> {
        let message = self.message;
        let (length, view) = match self.bytes {
            Bytes::Read(bytes) => (bytes.len(), None),
            Bytes::Change(bytes) => (
                bytes.len(),
                T::view_mut_unverified_at(bytes, message.offset()),
            ),
        };
        view.ok_or(Error::WildOffset {
            message,
            length: u32::try_from(length).unwrap_or(u32::MAX),
        })
    }

    /// Checks it, and gives access to change it where it lies.
    ///
    /// # Errors
    ///
    /// Those of [`view_mut`](Open::view_mut), and [`Error::Verify`].
    pub fn view_mut_verified<T: Karmem>(self) -> Result<T::ViewMut<'a>> {
        if let Bytes::Change(bytes) = &self.bytes {
            T::verify_at(bytes, self.message.offset(), &Limits::default())?;
        }
        self.view_mut::<T>()
    }
}

/// The number of the module that calls: its shim tells, because wasmtime's caller is the shim.
pub(super) fn consumer(caller: &mut Caller<'_>, known: &Cell<Option<usize>>) -> Result<usize> {
    if let Some(consumer) = known.get() {
        return Ok(consumer);
    }
    let consumer = number_of(caller).ok_or(Error::OtherEngine { what: "caller" })?;
    known.set(Some(consumer));
    Ok(consumer)
}

/// The number that the calling shim carries, if the caller is one.
fn number_of(caller: &mut Caller<'_>) -> Option<usize> {
    let number = caller
        .get_export(shim::CONSUMER)
        .and_then(|export| export.into_global())
        .and_then(|global| global.get(&mut *caller).i32())?;
    let number = usize::try_from(number.cast_unsigned()).ok()?;
    (number < caller.data().state.guests.len()).then_some(number)
}

/// Checks that the module that calls has the region of a message, and gives its number.
fn may_use(caller: &mut Caller<'_>, known: &Cell<Option<usize>>, message: i64) -> Result<usize> {
    let consumer = consumer(caller, known)?;
    let state = &caller.data().state;
    let entry = state.entry(Message::from_i64(message).handle())?;
    if entry.window(consumer).is_none() || state.is_starting(consumer) {
        return Err(Error::NotGranted {
            region: entry.name.to_string(),
            module: state.guests[consumer].guest.name.to_string(),
        });
    }
    Ok(consumer)
}

impl Outgoing for Serving<'_> {
    type Error = Error;

    fn put<T: Karmem>(&mut self, value: &T) -> Result<i64> {
        let state = &mut self.caller.get_mut().data_mut().state;
        Sending { state }.put(value)
    }

    fn record(&mut self, record: [u8; 16]) -> Result<i64> {
        let state = &mut self.caller.get_mut().data_mut().state;
        Sending { state }.record(record)
    }
}

impl Incoming for Serving<'_> {
    type Error = Error;

    fn read<R>(
        &self,
        message: i64,
        f: impl FnOnce(&[u8], u32) -> Result<R, VerifyError>,
    ) -> Result<R> {
        let mut caller = self.caller.borrow_mut();
        may_use(&mut caller, &self.consumer, message)?;
        let state = &caller.data().state;
        Receiving { state }.read(message, f)
    }
}

impl std::fmt::Debug for Definer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Definer")
            .field("methods", &self.methods)
            .finish_non_exhaustive()
    }
}
