//! Giving regions to guests and taking them away.

use std::ops::Range;

use wasmtime::{AsContextMut, StoreContextMut};

#[cfg(target_os = "linux")]
use super::each_window;
use super::telling::{Told, flags, refresh_flags};
use super::watch::{expect_traps, is_watched, unwatch, watch};
use super::{Attached, Body};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::region::{Access, Backing, Window};
use crate::system::guest::Guest;

/// Gives a guest access to a region, or changes the access that it has.
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
    let before = entry.writer;
    let writer = match access {
        Access::Write => Some(guest),
        // Who gives up writing leaves the place to others.
        _ => before.filter(|writer| *writer != guest),
    };
    let known = entry.window(guest).is_some();
    store.data_mut().state.entry_mut(handle)?.writer = writer;
    // Who cannot be told of a new writer must not have the region change under it.
    let told = match writer == before {
        false if access == Access::Write => refresh_flags(store),
        _ => Ok(()),
    };
    let done = told.and_then(|()| match known {
        true => change(store, handle, guest, access),
        false => attach(store, handle, guest, access),
    });
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
pub(in crate::system) fn attach_to(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    instance: &Guest,
    access: Access,
) -> Result<Attached> {
    let entry = store.data().state.entry(handle)?;
    let (len, backing) = (entry.len(), entry.backing()?);
    let effective = entry.effective(access);
    let flags = flags(store, handle, guest, effective)?;
    expect_traps(store, &instance.module, &backing, effective)?;
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
        match clear(store, &window) {
            Ok(()) => drop(instance.free(store, at, len)),
            // It could write for ever what others take for sealed.
            Err(_) if effective == Access::Write => {
                store.data_mut().state.entry_mut(handle)?.body = Body::Lost;
            }
            Err(_) => {}
        }
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
        told: Told::first(flags),
        version: 0,
    })
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
    let Some(index) = entry.windows.iter().position(|w| w.guest == guest) else {
        return Ok(());
    };
    let module = store.data().state.guests[guest].guest.module.clone();
    expect_traps(store, &module, &backing, effective)?;
    // Out of the state, so that both can be used.
    let entry = store.data_mut().state.entry_mut(handle)?;
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
            clear(store, &window)?;
            Err(e)
        }
    }
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
    let state = &mut store.data_mut().state;
    let module = state.guests[guest].guest.clone();
    let poisoned = state.guests[guest].poisoned.is_some();
    let entry = state.entry_mut(handle)?;
    let Some(index) = entry.windows.iter().position(|w| w.guest == guest) else {
        return Err(Error::NotGranted {
            region: entry.name.to_string(),
            module: module.name.to_string(),
        });
    };
    let _span = tracing::debug_span!("detach", handle, module = &*module.name).entered();
    let (at, len) = (entry.windows[index].at, entry.len());
    // Out of the state, so that both can be used.
    let attached = entry.windows.swap_remove(index);
    let cleared = clear(store, &attached.window);
    let entry = store.data_mut().state.entry_mut(handle)?;
    if let Err(e) = cleared {
        // It has it as before, and so the books say.
        entry.windows.push(attached);
        return Err(e);
    }
    if entry.writer == Some(guest) {
        entry.writer = None;
    }
    // A poisoned module cannot be told, and will not ask.
    let told = if poisoned {
        Ok(())
    } else {
        let detached = module.detach(store, handle);
        detached.and_then(|()| module.free(store, at, len))
    };
    told.and(refresh_flags(store))
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
#[cfg(target_os = "linux")]
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
    store.data().state.occupied.is_empty()
}
