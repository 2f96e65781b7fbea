//! Giving regions to guests and taking them away.

use std::ops::Range;

use wasmtime::{AsContextMut, StoreContextMut};

use super::Attached;
use super::each_window;
use super::telling::{Told, flags, refresh_flags, told};
use super::watch::{expect_traps, is_watched, unwatch, watch};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::region::{Access, Backing, Window};
use crate::system::guest::Guest;

/// Gives a guest access to a region, or changes the access that it has. If that fails, or a host function
/// panics meanwhile, the guest has what it had before.
pub(in crate::system) fn grant(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    access: Access,
) -> Result<()> {
    let state = &store.data().state;
    let entry = state.entry(handle)?;
    let name = state.guests[guest].guest.name.clone();
    if let Some(why) = &state.guests[guest].poisoned {
        return Err(Error::Poisoned {
            module: name.to_string(),
            why: why.to_string(),
        });
    }
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
    let before = (entry.window(guest).map(|w| w.access), entry.writer);
    let mut grant = Grant {
        store,
        handle,
        guest,
        before,
        settled: false,
    };
    let made = grant.make(access);
    match made {
        Ok(()) => grant.settled = true,
        Err(_) => grant.take_back(),
    }
    made
}

/// A grant while it is made. Unless it is settled, dropping it undoes it: where a host function panics below
/// a callback, no other code would.
struct Grant<'s, 'a> {
    store: &'s mut StoreContextMut<'a, Context>,
    handle: u32,
    guest: usize,
    /// The access that the guest had, and who was the writer.
    before: (Option<Access>, Option<usize>),
    settled: bool,
}

impl Grant<'_, '_> {
    fn make(&mut self, access: Access) -> Result<()> {
        let (handle, guest) = (self.handle, self.guest);
        if access == Access::Write && self.before.1 != Some(guest) {
            self.store.data_mut().state.entry_mut(handle)?.writer = Some(guest);
            // Who cannot be told of a new writer must not have the region change under it.
            refresh_flags(self.store)?;
        }
        match self.before.0 {
            Some(_) => change(self.store, handle, guest, access)?,
            None => self.map(access)?,
        }
        let entry = self.store.data_mut().state.entry_mut(handle)?;
        // Who gives up writing leaves the place to others.
        if access != Access::Write && entry.writer == Some(guest) {
            entry.writer = None;
        }
        if self.before.0.is_none() {
            self.announce()?;
        }
        refresh_flags(self.store)
    }

    /// Maps the region into the guest, which does not know of it yet, and enters that in the books.
    fn map(&mut self, access: Access) -> Result<()> {
        let (handle, guest) = (self.handle, self.guest);
        let instance = self.store.data().state.guests[guest].guest.clone();
        let (attached, watched) = map(self.store, handle, &instance, access)?;
        let entry = self.store.data_mut().state.entry_mut(handle)?;
        entry.windows.push(attached);
        watched
    }

    fn announce(&mut self) -> Result<()> {
        let (handle, guest) = (self.handle, self.guest);
        let state = &self.store.data().state;
        let instance = state.guests[guest].guest.clone();
        let entry = state.entry(handle)?;
        let Some((at, access)) = entry.window(guest).map(|w| (w.at, w.access)) else {
            return Ok(());
        };
        let effective = entry.effective(access);
        let flags = announce_new(self.store, handle, &instance, at, effective)?;
        told(self.store, handle, guest, Told::first(flags))
    }

    /// Puts back what the host changed. If the system refuses that, books and mappings say the same all the
    /// same: what the guest has now.
    fn undo(&mut self) -> Result<()> {
        let (handle, guest) = (self.handle, self.guest);
        let (access, writer) = self.before;
        let entry = self.store.data().state.entry(handle)?;
        let now = entry.window(guest).map(|w| w.access);
        match access {
            None => _ = unmap(self.store, handle, guest)?,
            Some(access) if now != Some(access) => change(self.store, handle, guest, access)?,
            Some(_) => {}
        }
        self.store.data_mut().state.entry_mut(handle)?.writer = writer;
        Ok(())
    }

    /// After an error, which is the one to report: puts everything back, and tells the guests.
    fn take_back(&mut self) {
        let (handle, guest) = (self.handle, self.guest);
        self.settled = true;
        let state = &self.store.data().state;
        let poisoned = state.guests[guest].poisoned.is_some();
        let instance = state.guests[guest].guest.clone();
        let entry = state.entry(handle).ok();
        let window = entry.and_then(|entry| {
            let window = entry.window(guest)?;
            Some((window.at, entry.len(), window.told.is_known()))
        });
        if let Err(error) = self.undo() {
            tracing::error!(%error, "a grant that failed could not be undone");
            return;
        }
        let told = match (self.before.0, window) {
            (None, Some((at, len, told))) if !poisoned => {
                let detached = match told {
                    true => instance.detach(self.store, handle),
                    false => Ok(()),
                };
                detached.and_then(|()| instance.free(self.store, at, len))
            }
            _ => Ok(()),
        };
        if let Err(error) = told.and_then(|()| refresh_flags(self.store)) {
            tracing::debug!(%error, "a guest was not told of a grant that failed");
        }
    }
}

impl Drop for Grant<'_, '_> {
    fn drop(&mut self) {
        if !self.settled
            && let Err(error) = self.undo()
        {
            tracing::error!(%error, "a grant could not be undone after a panic");
        }
    }
}

/// Maps a region into an instance that is to take the place of another one, and announces it. The window is in
/// `State::incoming` then, also after an error.
pub(in crate::system) fn attach_incoming(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    instance: &Guest,
    access: Access,
) -> Result<()> {
    let effective = store.data().state.entry(handle)?.effective(access);
    let (attached, watched) = map(store, handle, instance, access)?;
    let at = attached.at;
    store.data_mut().state.incoming.push((handle, attached));
    watched?;
    let flags = announce_new(store, handle, instance, at, effective)?;
    if let Some((_, attached)) = store.data_mut().state.incoming.last_mut() {
        attached.told = Told::first(flags);
    }
    Ok(())
}

/// Unmaps the windows of an instance that does not take the place of another one after all.
pub(in crate::system) fn forget_incoming(store: &mut StoreContextMut<'_, Context>) {
    for (_, attached) in std::mem::take(&mut store.data_mut().state.incoming) {
        attached.forget(store);
    }
}

/// Maps a region over a block that an instance gives. The caller enters the window in the books at once, before
/// any guest code runs, and only then looks at whether it is watched.
fn map(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    instance: &Guest,
    access: Access,
) -> Result<(Attached, Result<()>)> {
    let entry = store.data().state.entry(handle)?;
    let (len, backing) = (entry.len(), entry.backing()?);
    let effective = entry.effective(access);
    expect_traps(store, &instance.module, &backing, effective)?;
    let (at, memory) = instance.alloc(store, len)?;
    let mapped = Window::map(store.as_context_mut(), memory, at, len, &backing, effective);
    let window = match mapped {
        Ok(window) => window,
        Err(e) => {
            // The first error is the one to report.
            let _ = instance.free(store, at, len);
            return Err(e);
        }
    };
    let range = addresses(store, &window);
    let state = &mut store.data_mut().state;
    state.occupied.insert(range.start, range.end);
    let watched = watch(store, &window, effective);
    let attached = Attached {
        guest: instance.index,
        at,
        access,
        window,
        told: Told::default(),
        version: 0,
    };
    Ok((attached, watched))
}

/// Makes a region known to an instance that has just got it.
fn announce_new(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    instance: &Guest,
    at: u32,
    effective: Access,
) -> Result<u32> {
    let flags = flags(store, handle, instance.index, effective)?;
    let entry = store.data().state.entry(handle)?;
    let (len, copies) = (entry.len(), entry.copies());
    instance.attach(store, handle, at, len, flags)?;
    let stats = &mut store.data_mut().state.stats;
    stats.attaches += 1;
    if !copies {
        stats.bytes_shared += u64::from(len);
    }
    Ok(flags)
}

/// Changes the access of a guest that has the region, and drops what it wrote to pages of its own.
pub(super) fn change(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    access: Access,
) -> Result<()> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    let (effective, backing) = (entry.effective(access), entry.backing()?);
    if entry.window(guest).is_none() {
        return Ok(());
    }
    let module = store.data().state.guests[guest].guest.module.clone();
    expect_traps(store, &module, &backing, effective)?;
    // Out of the state, so that both can be used.
    let entry = store.data_mut().state.entry_mut(handle)?;
    let Some(mut attached) = entry.take_window(guest) else {
        return Ok(());
    };
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

/// Where a window lies in this process.
pub(super) fn addresses(store: &StoreContextMut<'_, Context>, window: &Window) -> Range<usize> {
    let (memory, range) = window.place();
    let base = memory.data_ptr(store).addr();
    base + range.start..base + range.end
}

/// Leaves zeros where a window was. If that fails, it is as before, and stays among those that are
/// occupied.
pub(super) fn clear(store: &mut StoreContextMut<'_, Context>, window: &Window) -> Result<()> {
    let start = addresses(store, window).start;
    window.clear(store.as_context_mut())?;
    store.data_mut().state.occupied.remove(&start);
    unwatch(store, start);
    Ok(())
}

/// Takes a region away from a guest: zero pages first, so that it has nothing left even if it
/// fails in what follows. If the system refuses these, the guest has what it had.
pub(in crate::system) fn revoke(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
) -> Result<()> {
    let state = &store.data().state;
    let module = state.guests[guest].guest.clone();
    let poisoned = state.guests[guest].poisoned.is_some();
    let _span = tracing::debug_span!("detach", handle, module = &*module.name).entered();
    let Some(attached) = unmap(store, handle, guest)? else {
        return Err(Error::NotGranted {
            region: store.data().state.entry(handle)?.name.to_string(),
            module: module.name.to_string(),
        });
    };
    let len = store.data().state.entry(handle)?.len();
    // A poisoned module cannot be told, and will not ask.
    let told = if poisoned {
        Ok(())
    } else {
        let detached = module.detach(store, handle);
        detached.and_then(|()| module.free(store, attached.at, len))
    };
    told.and(refresh_flags(store))
}

/// Leaves zeros in the place of a guest's window, and strikes it out of the books, with the right to write.
/// If the system refuses that, nothing has changed.
fn unmap(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
) -> Result<Option<Attached>> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    // Out of the state, so that both can be used.
    let Some(attached) = entry.take_window(guest) else {
        return Ok(None);
    };
    let cleared = clear(store, &attached.window);
    let entry = store.data_mut().state.entry_mut(handle)?;
    if let Err(e) = cleared {
        entry.windows.push(attached);
        return Err(e);
    }
    if entry.writer == Some(guest) {
        entry.writer = None;
    }
    Ok(Some(attached))
}

/// Takes a region away from all guests.
pub(super) fn revoke_all(store: &mut StoreContextMut<'_, Context>, handle: u32) -> Result<()> {
    let windows = &store.data().state.entry(handle)?.windows;
    let guests: Vec<_> = windows.iter().map(|w| w.guest).collect();
    let mut first = Ok(());
    for guest in guests {
        let done = revoke(store, handle, guest);
        first = first.and(done);
    }
    first
}

/// Drops what readers wrote over their private pages, so that they see the region again.
pub(in crate::system) fn refresh(
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
pub(in crate::system) fn refresh_strict(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| match access {
        Access::ReadStrict => change(store, handle, guest, access),
        _ => Ok(()),
    })
}

/// Unmaps everything: before the memories go back to where they came from, which may be a pool whose
/// next tenant would find the regions there. `false` if a region is still in some memory.
pub(in crate::system) fn clear_all(store: &mut StoreContextMut<'_, Context>) -> bool {
    for handle in store.data().state.handles() {
        let Ok(entry) = store.data_mut().state.entry_mut(handle) else {
            continue;
        };
        for attached in std::mem::take(&mut entry.windows) {
            attached.forget(store);
        }
    }
    forget_incoming(store);
    store.data().state.occupied.is_empty()
}
