//! Calls from the host: what `#[karmem::interface]` makes typed clients of.

use std::sync::Arc;

use karmem_core::interface::{Incoming, Outgoing};
use karmem_core::{EncodeError, FixedWriter, Interface, Karmem, Sink, VerifyError};
use wasmtime::{AsContextMut, StoreContextMut, TypedFunc};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::Message;
use crate::signature::{Params, Results, Signature};
use crate::system::port::Port;
use crate::system::shim;
use crate::system::state::State;

/// A typed client of an interface: what `#[karmem::interface]` generates as `PhysicsClient` for a trait
/// `Physics`. Get one with [`System::client`](crate::System::client).
pub trait Client: Sized {
    /// The interface.
    type Interface: Interface;

    /// Looks up the interface's methods.
    ///
    /// # Errors
    ///
    /// If one is missing or has another signature.
    fn bind(link: &mut Link<'_>) -> Result<Self>;
}

/// What a [`Client`] looks its methods up in.
pub struct Link<'a> {
    pub(super) store: StoreContextMut<'a, Context>,
    pub(super) port: Port,
    /// The number of the port among those of the host.
    pub(super) number: usize,
    pub(super) system: u64,
    pub(super) store_id: u64,
}

impl Link<'_> {
    /// A method by its name in the trait.
    ///
    /// # Errors
    ///
    /// [`Error::NoFunction`], [`Error::Signature`].
    pub fn method<P: Params, R: Results>(&mut self, name: &str) -> Result<Method<P, R>> {
        let slot = self.port.methods.iter().find(|(method, _)| method == name);
        let func = slot.and_then(|(_, slot)| {
            let name = shim::function(*slot);
            self.port
                .shim
                .instance
                .get_func(self.store.as_context_mut(), &name)
        });
        let Some(func) = func else {
            let known = self.port.methods.iter().map(|(method, _)| method.clone());
            return Err(Error::NoFunction {
                name: name.into(),
                available: crate::module::name_list(known.collect()),
            });
        };
        let typed = func
            .typed::<P, R>(&self.store)
            .map_err(|_| Error::Signature {
                name: name.into(),
                wanted: Signature::of_rust::<P, R>().to_string(),
                found: Signature::of_wasm(&func.ty(&self.store)).to_string(),
            })?;
        Ok(Method {
            inner: typed,
            name: self.port.interface.method(name).into(),
            system: self.system,
            store: self.store_id,
            port: self.number,
            slot: slot.map_or(0, |(_, slot)| *slot),
        })
    }
}

/// A method of some module of a system. It stays good when the module is swapped and when the system is
/// [rebuilt](crate::System::rebuild).
pub struct Method<P, R> {
    pub(super) inner: TypedFunc<P, R>,
    pub(super) name: Arc<str>,
    pub(super) system: u64,
    /// The store that `inner` belongs to, and where another one has the same function.
    pub(super) store: u64,
    pub(super) port: usize,
    pub(super) slot: u32,
}

impl<P, R> Clone for Method<P, R> {
    fn clone(&self) -> Self {
        Method {
            inner: self.inner.clone(),
            name: self.name.clone(),
            system: self.system,
            store: self.store,
            port: self.port,
            slot: self.slot,
        }
    }
}

impl<P, R> std::fmt::Debug for Method<P, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Method")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Where the messages of a call are written: the host's outbox.
#[derive(Debug)]
pub struct Sending<'a> {
    pub(super) state: &'a mut State,
}

impl Outgoing for Sending<'_> {
    type Error = Error;

    fn put<T: Karmem>(&mut self, value: &T) -> Result<i64> {
        self.state.send(|writer| value.encode_in(writer))
    }

    fn record(&mut self, record: [u8; 16]) -> Result<i64> {
        self.state.send(|writer| {
            let at = writer.alloc(16)?;
            writer.store(at, &record);
            Ok(at)
        })
    }
}

/// What the messages of a call are read from: the regions.
#[derive(Debug)]
pub struct Receiving<'a> {
    pub(super) state: &'a State,
}

impl Incoming for Receiving<'_> {
    type Error = Error;

    fn read<R>(
        &self,
        message: i64,
        f: impl FnOnce(&[u8], u32) -> Result<R, VerifyError>,
    ) -> Result<R> {
        let (bytes, offset) = self.state.locate(message)?;
        Ok(f(bytes, offset)?)
    }
}

impl State {
    /// Writes a message behind those of the calls that are under way.
    pub(super) fn send(
        &mut self,
        write: impl FnOnce(&mut FixedWriter<'_>) -> Result<u32, EncodeError>,
    ) -> Result<i64> {
        let top = self.top;
        let handle = self.outbox.ok_or(Error::NoOutbox)?;
        let bytes = self.entry_mut(handle)?.bytes_mut()?;
        // References count from the region's first byte, wherever in it the message lies.
        let length = bytes.len();
        let mut writer = FixedWriter::starting_at(bytes, top);
        let root = write(&mut writer).map_err(|cause| match cause {
            EncodeError::Full { .. } => Error::OutboxFull { length, cause },
            cause => cause.into(),
        })?;
        // Inside of a region, which is shorter than 4 GiB less 64 KiB.
        let end = u32::try_from(writer.len()).unwrap_or(u32::MAX);
        self.stats.bytes_copied += u64::from(end - top);
        self.top = end.next_multiple_of(8);
        Ok(Message::new(handle, root).to_i64())
    }

    /// The region's bytes around a message, and its offset.
    #[inline]
    pub(super) fn locate(&self, message: i64) -> Result<(&[u8], u32)> {
        let message = Message::from_i64(message);
        let bytes = self.entry(message.handle())?.bytes();
        if message.offset() as usize >= bytes.len() {
            let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            return Err(Error::WildOffset { message, length });
        }
        Ok((bytes, message.offset()))
    }
}

impl std::fmt::Debug for Link<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}
