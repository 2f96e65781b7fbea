//! The regions of a system: who may use them, and where they lie in each guest.

use std::ops::Range;
use std::sync::Arc;

use wasmtime::{AsContextMut, StoreContextMut};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::region::{Access, Backing, Region, Sealed, Window};
use crate::system::heap::Heap;

/// Bits of the last parameter of `karmem_attach`.
const WRITABLE: u32 = 1;
/// Another module may write it while this one waits for a call that it made.
const VOLATILE: u32 = 2;
/// Where this module writes its outgoing messages.
const OUTBOX: u32 = 4;

/// A region in a system.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) body: Body,
    /// The only guest that may write; while the region is sealed, the one that will again.
    pub(super) writer: Option<usize>,
    /// Whether it holds the outgoing messages of its writer, or of the host if there is none.
    pub(super) outbox: bool,
    pub(super) windows: Vec<Attached>,
    pub(super) heap: Option<Heap>,
    /// Counts the changes of the bytes, as far as the host knows of them: for regions that are copied.
    version: u64,
}

/// The bytes, and in which state they are.
#[derive(Debug)]
pub(super) enum Body {
    Writing(Region),
    Sealed(Sealed),
    /// Only while the state changes, and if that failed for good.
    Lost,
}

/// A region in a guest.
#[derive(Debug)]
pub(super) struct Attached {
    pub(super) guest: usize,
    pub(super) at: u32,
    pub(super) access: Access,
    window: Window,
    flags: u32,
    version: u64,
}

impl Entry {
    pub(super) fn new(name: Arc<str>, body: Body, writer: Option<usize>, outbox: bool) -> Entry {
        Entry {
            name,
            body,
            writer,
            outbox,
            windows: Vec::new(),
            heap: None,
            version: 1,
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Writing(region) => region.bytes(),
            Body::Sealed(sealed) => sealed,
            Body::Lost => &[],
        }
    }

    /// The bytes, for the host to change them.
    #[inline]
    pub(super) fn bytes_mut(&mut self) -> Result<&mut [u8]> {
        self.version += 1;
        match &mut self.body {
            Body::Writing(region) => Ok(region.bytes_mut()),
            Body::Sealed(_) | Body::Lost => Err(Error::IsSealed {
                region: self.name.to_string(),
            }),
        }
    }

    pub(super) fn len(&self) -> u32 {
        // Regions are shorter than 4 GiB.
        u32::try_from(self.bytes().len()).unwrap_or(u32::MAX)
    }

    /// Whether it is copied into each guest, because it cannot be mapped.
    pub(super) fn copies(&self) -> bool {
        self.backing().is_ok_and(|backing| backing.copies())
    }

    pub(super) fn is_sealed(&self) -> bool {
        matches!(self.body, Body::Sealed(_))
    }

    pub(super) fn window(&self, guest: usize) -> Option<&Attached> {
        self.windows.iter().find(|w| w.guest == guest)
    }

    /// Puts a window in the place of the one that the same guest has.
    pub(super) fn replace(&mut self, attached: Attached) -> Option<Attached> {
        let index = self.windows.iter().position(|w| w.guest == attached.guest);
        let old = index.map(|index| self.windows.swap_remove(index));
        self.windows.push(attached);
        old
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
    pub(super) fn forget(self, store: &mut StoreContextMut<'_, Context>) {
        if let Err(error) = clear(store, self.window) {
            tracing::error!(%error, "a region could not be unmapped from a guest");
        }
    }
}

/// Adds a region; nobody has a grant for it yet.
pub(super) fn add(store: &mut StoreContextMut<'_, Context>, name: &str, body: Body) -> Result<u32> {
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
pub(super) fn insert(store: &mut StoreContextMut<'_, Context>, entry: Entry) -> Result<u32> {
    let state = &mut store.data_mut().state;
    let copies = entry.backing()?.copies();
    let handle = u32::try_from(state.regions.len() + 1).map_err(|_| {
        Error::Instantiate("all handles of regions are used up; make a new system".into())
    })?;
    state.regions.push(Some(entry));
    if copies && !state.copying {
        state.copying = true;
        crate::system::port::relink_all(store)?;
    }
    Ok(handle)
}

/// Gives a guest access to a region, or changes the access that it has.
pub(super) fn grant(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    access: Access,
) -> Result<()> {
    let state = &store.data().state;
    let entry = state.entry(handle)?;
    let name = state.guests[guest].guest.name.clone();
    if access == Access::Write {
        match entry.writer {
            Some(writer) if writer != guest => {
                return Err(Error::HasWriter {
                    region: entry.name.to_string(),
                    writer: state.guests[writer].guest.name.to_string(),
                    wanted: name.to_string(),
                });
            }
            _ => {}
        }
    }
    let span = tracing::debug_span!("attach", region = &*entry.name, module = &*name, ?access);
    let _span = span.entered();
    let before = entry.writer;
    let writer = match access {
        Access::Write => Some(guest),
        // Who gives up writing leaves the place to others.
        _ => before.filter(|writer| *writer != guest),
    };
    let known = entry.window(guest).is_some();
    store.data_mut().state.entry_mut(handle)?.writer = writer;
    let done = if known {
        change(store, handle, guest, access)
    } else {
        attach(store, handle, guest, access)
    };
    if let Err(e) = done {
        store.data_mut().state.entry_mut(handle)?.writer = before;
        return Err(e);
    }
    refresh_flags(store)
}

/// Maps a region into a guest that does not have it.
fn attach(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    access: Access,
) -> Result<()> {
    let instance = store.data().state.guests[guest].guest.clone();
    let attached = attach_to(store, handle, guest, &instance, access)?;
    store
        .data_mut()
        .state
        .entry_mut(handle)?
        .windows
        .push(attached);
    Ok(())
}

/// Maps a region into an instance, which need not be the one that is in the guest's place.
pub(super) fn attach_to(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    instance: &crate::system::guest::Guest,
    access: Access,
) -> Result<Attached> {
    let entry = store.data().state.entry(handle)?;
    let (len, backing) = (entry.len(), entry.backing()?);
    let effective = entry.effective(access);
    let flags = flags(store, handle, guest, effective)?;
    let (at, memory) = instance.alloc(store, len)?;
    let mapped = Window::map(store.as_context_mut(), memory, at, len, &backing, effective);
    let window = match mapped.and_then(|window| occupy(store, window, effective)) {
        Ok(window) => window,
        Err(e) => {
            // The first error is the one to report.
            let _ = instance.free(store, at, len);
            return Err(e);
        }
    };
    if let Err(e) = instance.attach(store, handle, at, len, flags) {
        clear(store, window)?;
        let _ = instance.free(store, at, len);
        return Err(e);
    }
    let stats = &mut store.data_mut().state.stats;
    stats.attaches += 1;
    if !backing.copies() {
        stats.bytes_shared += u64::from(len);
    }
    Ok(Attached {
        guest,
        at,
        access,
        window,
        flags,
        version: 0,
    })
}

/// Changes the access of a guest that has the region, and drops what it wrote to pages of its own.
fn change(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    access: Access,
) -> Result<()> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    let (effective, backing) = (entry.effective(access), entry.backing()?);
    let Some(index) = entry.windows.iter().position(|w| w.guest == guest) else {
        return Ok(());
    };
    // Out of the state, so that both can be used.
    let mut attached = entry.windows.swap_remove(index);
    let done = remap(store, &mut attached, &backing, effective);
    if done.is_ok() {
        attached.access = access;
        attached.version = 0;
    }
    store
        .data_mut()
        .state
        .entry_mut(handle)?
        .windows
        .push(attached);
    done
}

fn remap(
    store: &mut StoreContextMut<'_, Context>,
    attached: &mut Attached,
    backing: &Backing,
    effective: Access,
) -> Result<()> {
    // Watched as long as it may be strict: a store into a strict window that nobody watches ends the process.
    let known = is_watched(store, &attached.window);
    watch(store, &attached.window, effective)?;
    let mapped = attached
        .window
        .remap(store.as_context_mut(), backing, effective);
    let strict = match mapped {
        Ok(()) => effective == Access::ReadStrict,
        Err(_) => known,
    };
    if !strict {
        let start = addresses(store, &attached.window).start;
        unwatch(store, start);
    }
    mapped
}

/// Notes where a window is; otherwise it is cleared.
fn occupy(
    store: &mut StoreContextMut<'_, Context>,
    window: Window,
    access: Access,
) -> Result<Window> {
    let range = addresses(store, &window);
    store
        .data_mut()
        .state
        .occupied
        .insert(range.start, range.end);
    match watch(store, &window, access) {
        Ok(()) => Ok(window),
        Err(e) => {
            clear(store, window)?;
            Err(e)
        }
    }
}

/// Where a window lies in this process.
fn addresses(store: &StoreContextMut<'_, Context>, window: &Window) -> Range<usize> {
    let (memory, range) = window.place();
    let base = memory.data_ptr(store).addr();
    base + range.start..base + range.end
}

/// Has the stores noted that native code makes to a strict window.
#[cfg(target_os = "linux")]
fn watch(store: &mut StoreContextMut<'_, Context>, window: &Window, access: Access) -> Result<()> {
    if access != Access::ReadStrict {
        return Ok(());
    }
    let range = addresses(store, window);
    let strict = store.data().state.strict.as_ref();
    if strict.is_none_or(|strict| strict.watch(range)) {
        Ok(())
    } else {
        Err(Error::Region(
            "there are too many strict grants in this system".into(),
        ))
    }
}

#[cfg(target_os = "linux")]
fn is_watched(store: &StoreContextMut<'_, Context>, window: &Window) -> bool {
    let strict = store.data().state.strict.as_ref();
    strict.is_some_and(|strict| strict.watches(addresses(store, window).start))
}

#[cfg(target_os = "linux")]
fn unwatch(store: &StoreContextMut<'_, Context>, start: usize) {
    if let Some(strict) = &store.data().state.strict {
        strict.forget(start);
    }
}

#[cfg(not(target_os = "linux"))]
fn watch(_: &mut StoreContextMut<'_, Context>, _: &Window, _: Access) -> Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn is_watched(_: &StoreContextMut<'_, Context>, _: &Window) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
fn unwatch(_: &StoreContextMut<'_, Context>, _: usize) {}

/// Leaves zeros where a window was.
fn clear(store: &mut StoreContextMut<'_, Context>, window: Window) -> Result<()> {
    let start = addresses(store, &window).start;
    window.clear(store.as_context_mut())?;
    store.data_mut().state.occupied.remove(&start);
    unwatch(store, start);
    Ok(())
}

/// Takes a region away from a guest: zero pages first, so that it has nothing left even if it
/// fails in what follows.
pub(super) fn revoke(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
) -> Result<()> {
    let state = &mut store.data_mut().state;
    let module = state.guests[guest].guest.clone();
    let entry = state.entry_mut(handle)?;
    let Some(index) = entry.windows.iter().position(|w| w.guest == guest) else {
        return Err(Error::NotGranted {
            region: entry.name.to_string(),
            module: module.name.to_string(),
        });
    };
    let len = entry.len();
    let attached = entry.windows.swap_remove(index);
    if entry.writer == Some(guest) {
        entry.writer = None;
    }
    detach_from(store, handle, &module, attached, len)?;
    refresh_flags(store)
}

/// Takes a window out of an instance.
pub(super) fn detach_from(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    instance: &crate::system::guest::Guest,
    attached: Attached,
    len: u32,
) -> Result<()> {
    let _span = tracing::debug_span!("detach", handle, module = &*instance.name).entered();
    let at = attached.at;
    clear(store, attached.window)?;
    instance.detach(store, handle)?;
    instance.free(store, at, len)
}

/// Takes a region away from all guests.
pub(super) fn revoke_all(store: &mut StoreContextMut<'_, Context>, handle: u32) -> Result<()> {
    let mut first = Ok(());
    while let Some(guest) = store
        .data()
        .state
        .entry(handle)?
        .windows
        .first()
        .map(|w| w.guest)
    {
        let done = revoke(store, handle, guest);
        first = first.and(done);
    }
    first
}

/// Ends all writing.
pub(super) fn seal(store: &mut StoreContextMut<'_, Context>, handle: u32) -> Result<Sealed> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    let writer = entry.writer;
    if let Body::Sealed(sealed) = &entry.body {
        return Ok(sealed.clone());
    }
    let _span = tracing::debug_span!("seal", region = &*entry.name).entered();
    // First the right to write is taken from the guest, whose window would outlive it otherwise.
    if let Some(writer) = writer {
        change(store, handle, writer, Access::Read)?;
    }
    let entry = store.data_mut().state.entry_mut(handle)?;
    let sealed = match std::mem::replace(&mut entry.body, Body::Lost) {
        Body::Writing(region) => region.seal(),
        body => {
            entry.body = body;
            return Err(Error::NoRegion { handle });
        }
    };
    let (body, result) = match sealed {
        Ok(sealed) => (Body::Sealed(sealed.clone()), Ok(sealed)),
        Err((region, e)) => (Body::Writing(region), Err(e)),
    };
    entry.body = body;
    if let Some(writer) = writer {
        // What the grant is called is as before; what it is worth depends on the body.
        change(store, handle, writer, Access::Write)?;
        refresh_flags(store)?;
    }
    result
}

/// Lets who wrote before the seal write again.
pub(super) fn unseal(store: &mut StoreContextMut<'_, Context>, handle: u32) -> Result<()> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    match std::mem::replace(&mut entry.body, Body::Lost) {
        Body::Sealed(sealed) => match sealed.unseal() {
            Ok(region) => {
                entry.body = Body::Writing(region);
                if let Some(writer) = entry.writer {
                    change(store, handle, writer, Access::Write)?;
                    refresh_flags(store)?;
                }
                Ok(())
            }
            Err(sealed) => {
                entry.body = Body::Sealed(sealed);
                Err(Error::StillRead {
                    region: entry.name.to_string(),
                })
            }
        },
        body => {
            entry.body = body;
            Ok(())
        }
    }
}

/// Removes a region and gives it back.
pub(super) fn remove(store: &mut StoreContextMut<'_, Context>, handle: u32) -> Result<Body> {
    store.data().state.entry(handle)?;
    let revoked = revoke_all(store, handle);
    let state = &mut store.data_mut().state;
    let entry = (handle as usize)
        .checked_sub(1)
        .and_then(|i| state.regions.get_mut(i)?.take())
        .ok_or(Error::NoRegion { handle })?;
    state.names.remove(&entry.name);
    revoked.map(|()| entry.body)
}

/// What a guest is told of a region.
fn flags(
    store: &StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    effective: Access,
) -> Result<u32> {
    let state = &store.data().state;
    let entry = state.entry(handle)?;
    let mut flags = 0;
    if effective == Access::Write {
        flags |= WRITABLE;
    }
    if entry.outbox && entry.writer == Some(guest) {
        flags |= OUTBOX;
    }
    let (reached, host_writes) = state.reached_from(guest);
    let volatile = match entry.writer {
        _ if entry.is_sealed() => false,
        // The host's own outbox is written only by calls that the host makes.
        None => host_writes && !entry.outbox,
        Some(writer) => writer != guest && reached[writer],
    };
    if volatile {
        flags |= VOLATILE;
    }
    Ok(flags)
}

/// Tells each guest what has changed about the regions that it has: who may write them, and whether
/// they may change while it waits.
pub(super) fn refresh_flags(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| {
        let effective = store.data().state.entry(handle)?.effective(access);
        let now = flags(store, handle, guest, effective)?;
        let entry = store.data().state.entry(handle)?;
        let known = entry.window(guest).is_some_and(|w| w.flags == now);
        if known {
            Ok(())
        } else {
            announce(store, handle, guest, now)
        }
    })
}

/// After a trap: makes all regions known to all guests anew, because those that were running will never
/// close what they had open.
pub(super) fn reattach(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| {
        let state = &store.data().state;
        if state.guests[guest].poisoned.is_some() {
            return Ok(());
        }
        let effective = state.entry(handle)?.effective(access);
        let now = flags(store, handle, guest, effective)?;
        let instance = store.data().state.guests[guest].guest.clone();
        instance.detach(store, handle)?;
        announce(store, handle, guest, now)
    })
}

fn announce(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    flags: u32,
) -> Result<()> {
    let state = &mut store.data_mut().state;
    let instance = state.guests[guest].guest.clone();
    let entry = state.entry_mut(handle)?;
    let len = entry.len();
    let Some(window) = entry.windows.iter_mut().find(|w| w.guest == guest) else {
        return Ok(());
    };
    window.flags = flags;
    let at = window.at;
    instance.attach(store, handle, at, len, flags)
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

/// Before a guest runs, where regions are copied: brings what changed into every guest that has it.
pub(super) fn copy_in(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, _| {
        let entry = store.data().state.entry(handle)?;
        let Some(attached) = entry.window(guest) else {
            return Ok(());
        };
        if !entry.copies() || attached.version == entry.version {
            return Ok(());
        }
        let (memory, range) = attached.window.place();
        let (bytes, context) = memory.data_and_store_mut(&mut *store);
        let state = &mut context.state;
        let entry = state.entry_mut(handle)?;
        let version = entry.version;
        if let Some(target) = bytes.get_mut(range)
            && target.len() == entry.bytes().len()
        {
            target.copy_from_slice(entry.bytes());
        }
        let length = u64::from(entry.len());
        if let Some(attached) = entry.windows.iter_mut().find(|w| w.guest == guest) {
            attached.version = version;
        }
        state.stats.bytes_copied += length;
        Ok(())
    })
}

/// After a guest ran, where regions are copied: takes over what the writers wrote.
pub(super) fn copy_out(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| {
        let entry = store.data().state.entry(handle)?;
        let Some(attached) = entry.window(guest) else {
            return Ok(());
        };
        // A window that has not got the last version yet has nothing to tell.
        let current = attached.version == entry.version;
        if !entry.copies() || entry.effective(access) != Access::Write || !current {
            return Ok(());
        }
        let (memory, range) = attached.window.place();
        let (bytes, context) = memory.data_and_store_mut(&mut *store);
        let state = &mut context.state;
        let entry = state.entry_mut(handle)?;
        let target = entry.bytes_mut()?;
        let Some(source) = bytes
            .get(range)
            .filter(|source| source.len() == target.len())
        else {
            return Ok(());
        };
        let length = source.len() as u64;
        // Mostly nothing was written, and then nobody else needs a copy.
        if target == source {
            entry.version -= 1;
        } else {
            target.copy_from_slice(source);
            let version = entry.version;
            if let Some(attached) = entry.windows.iter_mut().find(|w| w.guest == guest) {
                attached.version = version;
            }
            state.stats.bytes_copied += length;
        }
        Ok(())
    })
}

/// Drops what readers wrote over their private pages, so that they see the region again.
pub(super) fn refresh(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
) -> Result<()> {
    let entry = store.data().state.entry(handle)?;
    match entry.window(guest).map(|window| window.access) {
        Some(access) if entry.effective(access) != Access::Write => {
            change(store, handle, guest, access)
        }
        _ => Ok(()),
    }
}

/// Drops what was stored into strict windows.
#[cfg(target_os = "linux")]
pub(super) fn refresh_strict(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| match access {
        Access::ReadStrict => change(store, handle, guest, access),
        _ => Ok(()),
    })
}

/// Unmaps everything: before the memories go back to where they came from, which may be a pool whose
/// next tenant would find the regions there.
pub(super) fn clear_all(store: &mut StoreContextMut<'_, Context>) {
    for handle in store.data().state.handles() {
        let Ok(entry) = store.data_mut().state.entry_mut(handle) else {
            continue;
        };
        for attached in std::mem::take(&mut entry.windows) {
            attached.forget(store);
        }
    }
}
