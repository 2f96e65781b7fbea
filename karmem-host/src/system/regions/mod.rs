//! The regions of a system: who may use them, and where they lie in each guest.

mod copying;
mod grants;
mod lending;
mod sealing;
mod telling;
mod watch;

use std::sync::Arc;

use wasmtime::StoreContextMut;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::region::{Access, Backing, Region, Sealed, Window};
use crate::system::heap::Heap;
pub(super) use copying::{copy_in, copy_out};
pub(super) use grants::{
    attach_incoming, clear_all, forget_incoming, grant, refresh, refresh_strict, revoke,
};
use grants::{clear, revoke_all};
pub(super) use lending::{lend_all, take_back_all};
pub(super) use sealing::{seal, unseal};
use telling::Told;
pub(super) use telling::{Change, announce_anew, may_change, refresh_flags};

/// A region in a system.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(in crate::system) name: Arc<str>,
    pub(in crate::system) body: Body,
    /// The only guest that may write; while the region is sealed, the one that will again.
    pub(in crate::system) writer: Option<usize>,
    /// Whether it holds the outgoing messages of its writer, or of the host if there is none.
    pub(in crate::system) outbox: bool,
    /// Whether it may change while guests wait in ways that the links do not tell.
    pub(in crate::system) volatile: bool,
    pub(in crate::system) windows: Vec<Attached>,
    pub(in crate::system) heap: Option<Heap>,
    /// Counts the changes of the bytes, as far as the host knows of them: for regions that are copied.
    version: u64,
}

/// The bytes, and in which state they are.
#[derive(Debug)]
pub(in crate::system) enum Body {
    Writing(Region),
    Sealed(Sealed),
    /// Only while the state changes, and if that failed for good.
    Lost,
}

/// A region in a guest.
#[derive(Debug)]
pub(in crate::system) struct Attached {
    pub(in crate::system) guest: usize,
    pub(in crate::system) at: u32,
    pub(in crate::system) access: Access,
    window: Window,
    told: Told,
    version: u64,
}

impl Entry {
    pub(in crate::system) fn new(
        name: Arc<str>,
        body: Body,
        writer: Option<usize>,
        outbox: bool,
    ) -> Entry {
        Entry {
            name,
            body,
            writer,
            outbox,
            volatile: false,
            windows: Vec::new(),
            heap: None,
            version: 1,
        }
    }

    #[inline]
    pub(in crate::system) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Writing(region) => region.bytes(),
            Body::Sealed(sealed) => sealed,
            Body::Lost => &[],
        }
    }

    /// The bytes, for the host to change them.
    #[inline]
    pub(in crate::system) fn bytes_mut(&mut self) -> Result<&mut [u8]> {
        self.version += 1;
        match &mut self.body {
            Body::Writing(region) => Ok(region.bytes_mut()),
            Body::Sealed(_) | Body::Lost => Err(Error::IsSealed {
                region: self.name.to_string(),
            }),
        }
    }

    pub(in crate::system) fn len(&self) -> u32 {
        // Regions are shorter than 4 GiB.
        u32::try_from(self.bytes().len()).unwrap_or(u32::MAX)
    }

    /// Whether it is copied into each guest, because it cannot be mapped.
    pub(in crate::system) fn copies(&self) -> bool {
        self.backing().is_ok_and(|backing| backing.copies())
    }

    pub(in crate::system) fn is_sealed(&self) -> bool {
        matches!(self.body, Body::Sealed(_))
    }

    pub(in crate::system) fn window(&self, guest: usize) -> Option<&Attached> {
        self.windows.iter().find(|w| w.guest == guest)
    }

    /// Takes the window of a guest out.
    pub(in crate::system) fn take_window(&mut self, guest: usize) -> Option<Attached> {
        let index = self.windows.iter().position(|w| w.guest == guest)?;
        Some(self.windows.swap_remove(index))
    }

    fn backing(&self) -> Result<Backing> {
        match &self.body {
            Body::Writing(region) => Ok(region.backing()),
            Body::Sealed(sealed) => Ok(sealed.backing()),
            Body::Lost => Err(Error::IsSealed {
                region: self.name.to_string(),
            }),
        }
    }

    /// What a guest with this access gets as long as the region is in its state.
    fn effective(&self, access: Access) -> Access {
        match access {
            Access::Write if self.is_sealed() => Access::Read,
            access => access,
        }
    }
}

impl Attached {
    /// Unmaps the window of an instance that will not run any more.
    pub(in crate::system) fn forget(self, store: &mut StoreContextMut<'_, Context>) {
        if let Err(error) = clear(store, &self.window) {
            tracing::error!(%error, "a region could not be unmapped from a guest");
        }
    }
}

/// Adds a region; nobody has a grant for it yet.
pub(in crate::system) fn add(
    store: &mut StoreContextMut<'_, Context>,
    name: &str,
    body: Body,
) -> Result<u32> {
    let state = &mut store.data_mut().state;
    if state.names.contains_key(name) {
        return Err(Error::Exists {
            what: "region",
            name: name.into(),
        });
    }
    let name: Arc<str> = name.into();
    let handle = insert(store, Entry::new(name.clone(), body, None, false))?;
    store.data_mut().state.names.insert(name, handle);
    Ok(handle)
}

/// Adds an entry under a handle that was never used.
pub(in crate::system) fn insert(
    store: &mut StoreContextMut<'_, Context>,
    entry: Entry,
) -> Result<u32> {
    let state = &mut store.data_mut().state;
    let copies = entry.backing()?.copies();
    let handle = state.regions.insert(entry).ok_or_else(|| {
        Error::Instantiate("all handles of regions are used up; make a new system".into())
    })?;
    if copies && !state.copying {
        crate::system::port::copy_around_calls(store);
    }
    Ok(handle)
}

/// Takes a region away from everybody, removes it and gives it back.
pub(in crate::system) fn remove(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
) -> Result<Body> {
    store.data().state.entry(handle)?;
    // If somebody could not be told, the region stays, and with it what is in it.
    revoke_all(store, handle)?;
    let state = &mut store.data_mut().state;
    if !state.entry(handle)?.windows.is_empty() {
        return Err(Error::Region("a module has it still".into()));
    }
    let entry = state.regions.remove(handle);
    let entry = entry.ok_or(Error::NoRegion { handle })?;
    state.names.remove(&entry.name);
    Ok(entry.body)
}

/// Does something for each window; goes on after an error, and gives the first.
fn each_window(
    store: &mut StoreContextMut<'_, Context>,
    mut f: impl FnMut(&mut StoreContextMut<'_, Context>, u32, usize, Access) -> Result<()>,
) -> Result<()> {
    let mut first = Ok(());
    for handle in store.data().state.handles() {
        let windows = &store.data().state.entry(handle)?.windows;
        let windows: Vec<_> = windows.iter().map(|w| (w.guest, w.access)).collect();
        for (guest, access) in windows {
            let done = f(store, handle, guest, access);
            first = first.and(done);
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use crate::{Engine, Region, System};

    #[test]
    fn regions_that_came_and_went_leave_nothing() {
        let mut system = System::builder(&Engine::new().unwrap())
            .region("kept", Region::copied(1).unwrap())
            .build()
            .unwrap();
        for round in 0..1000 {
            let name = format!("r{round}");
            let region = Region::copied(1).unwrap();
            system.add_region(&name, region).unwrap();
            system.remove_region(&name).unwrap();
        }
        let state = system.state();
        // What grants, revocations and calls walk over, and who is found by name.
        assert_eq!(state.handles(), [1]);
        assert_eq!(state.names.len(), 1);
        assert!(state.occupied.is_empty());
        system
            .add_region("next", Region::copied(1).unwrap())
            .unwrap();
        assert_eq!(system.state().handles(), [1, 1002]);
    }
}
