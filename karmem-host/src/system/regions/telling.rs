//! What guests are told of their regions.

use wasmtime::StoreContextMut;

use super::each_window;
use crate::context::Context;
use crate::error::Result;
use crate::region::Access;

/// Bits of the last parameter of `karmem_attach`.
const WRITABLE: u32 = 1;
/// Another module may write it while this one waits for a call that it made.
const VOLATILE: u32 = 2;
/// Where this module writes its outgoing messages.
const OUTBOX: u32 = 4;

/// What a guest is told of a region.
pub(super) fn flags(
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
pub(in crate::system) fn refresh_flags(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| {
        let effective = store.data().state.entry(handle)?.effective(access);
        let now = flags(store, handle, guest, effective)?;
        let entry = store.data().state.entry(handle)?;
        let known = entry.window(guest).is_some_and(|w| w.flags == Some(now));
        if known {
            Ok(())
        } else {
            announce(store, handle, guest, now)
        }
    })
}

/// After a trap: makes all regions known to all guests anew, because those that were running will never
/// close what they had open.
pub(in crate::system) fn reattach(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
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
    if state.guests[guest].poisoned.is_some() {
        return Ok(());
    }
    let entry = state.entry_mut(handle)?;
    let len = entry.len();
    let Some(window) = entry.windows.iter_mut().find(|w| w.guest == guest) else {
        return Ok(());
    };
    // Told again by the next change if it fails, or if a host function panics below it.
    window.flags = None;
    let at = window.at;
    instance.attach(store, handle, at, len, flags)?;
    told(store, handle, guest, flags)
}

/// Notes what a guest was told of a region.
pub(super) fn told(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    flags: u32,
) -> Result<()> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    if let Some(window) = entry.windows.iter_mut().find(|w| w.guest == guest) {
        window.flags = Some(flags);
    }
    Ok(())
}
