//! What guests are told of their regions, and the volatile rule: while a module waits in a call that it made, the
//! bytes that it sees in a region change only if it was told so before it made that call.

use wasmtime::StoreContextMut;

use super::each_window;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::region::Access;
use crate::system::state::State;

/// Bits of the last parameter of `karmem_attach`.
const WRITABLE: u32 = 1;
/// The bytes may change while this module waits for a call that it made.
const VOLATILE: u32 = 2;
/// Where this module writes its outgoing messages.
const OUTBOX: u32 = 4;

/// What a guest has been told of a region.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Told {
    /// `None` before it is told, and if that did not succeed.
    flags: Option<u32>,
    /// In or after which of the host's calls it was told that the region is volatile, if it knows: 0 if it never knew
    /// otherwise.
    volatile: Option<u64>,
}

impl Told {
    /// What a guest is told that gets the region.
    pub(super) fn first(flags: u32) -> Told {
        Told::default().after(flags, 0)
    }

    /// Whether it was told, and no later attempt to tell it something else failed.
    pub(super) fn is_known(self) -> bool {
        self.flags.is_some()
    }

    /// What it has been told once it is told `flags` too, in or after a call of the host's.
    fn after(self, flags: u32, call: u64) -> Told {
        let volatile = flags & VOLATILE != 0;
        Told {
            flags: Some(flags),
            volatile: volatile.then(|| self.volatile.unwrap_or(call)),
        }
    }

    /// What it knows for sure while it is told: what is so before and `after`.
    fn before(self, after: Told) -> Told {
        Told {
            flags: None,
            volatile: self.volatile.and(after.volatile),
        }
    }

    /// Whether it knew that the region is volatile before the call began that is running.
    fn expects_change(self, state: &State) -> bool {
        self.volatile.is_some_and(|call| call < state.stats.calls)
    }
}

/// What a guest is to be told of a region.
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
    let reach = state.reach();
    let volatile = match entry.writer {
        _ if entry.volatile => true,
        _ if entry.is_sealed() => false,
        // What implementations answer lies in the host's own outbox.
        None if entry.outbox => reach.leads_to_host(guest),
        None => reach.leads_to_writing_host(guest),
        // Whom the writer calls may write in its name, and that is none but the host.
        Some(writer) if writer == guest => reach.leads_to_writing_host(guest),
        Some(writer) => reach.leads(guest, writer),
    };
    if volatile {
        flags |= VOLATILE;
    }
    Ok(flags)
}

/// How a region is to change while guests wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::system) enum Change {
    /// The host writes it.
    Written,
    /// A guest gets this access.
    Granted(usize, Access),
    /// A guest loses it.
    Revoked(usize),
}

/// Refuses a change under a guest that may be waiting and does not expect it. The guest that called the host waits,
/// and so may all from which it can be reached; if it is not known, all may.
pub(in crate::system) fn may_change(
    state: &State,
    handle: u32,
    change: Change,
    caller: Option<usize>,
) -> Result<()> {
    let entry = state.entry(handle)?;
    for window in &entry.windows {
        let guest = window.guest;
        let sees_it = || match change {
            Change::Written => true,
            // A window that is mapped anew loses what was written to pages of its own.
            Change::Granted(other, _) | Change::Revoked(other) if other == guest => true,
            // A new writer may run before the calls return that are under way.
            Change::Granted(other, Access::Write) => {
                entry.writer != Some(other) && state.reach().leads(guest, other)
            }
            Change::Granted(..) | Change::Revoked(_) => false,
        };
        let waits = || {
            let leads = |caller| caller == guest || state.reach().leads(guest, caller);
            // A poisoned module is not called.
            state.guests[guest].poisoned.is_none() && caller.is_none_or(leads)
        };
        if !window.told.expects_change(state) && sees_it() && waits() {
            return Err(Error::NotVolatile {
                region: entry.name.to_string(),
                module: state.guests[guest].guest.name.to_string(),
            });
        }
    }
    Ok(())
}

/// Tells each guest what has changed about the regions that it has: who may write them, and whether
/// they may change while it waits.
pub(in crate::system) fn refresh_flags(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| {
        let effective = store.data().state.entry(handle)?.effective(access);
        let now = flags(store, handle, guest, effective)?;
        let entry = store.data().state.entry(handle)?;
        let known = entry
            .window(guest)
            .is_some_and(|w| w.told.flags == Some(now));
        if known {
            Ok(())
        } else {
            announce(store, handle, guest, now)
        }
    })
}

/// After a trap: makes a region known to a guest anew, if it has it. One that has not `forgotten` its regions loses it
/// first. Unless `all` are to be announced, those are left out of which the guest knows everything.
pub(in crate::system) fn announce_anew(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    forgotten: bool,
    all: bool,
) -> Result<()> {
    let state = &store.data().state;
    let entry = state.entry(handle)?;
    let Some(window) = entry.window(guest) else {
        return Ok(());
    };
    if !all && window.told.is_known() {
        return Ok(());
    }
    let effective = entry.effective(window.access);
    let now = flags(store, handle, guest, effective)?;
    if !forgotten {
        let instance = store.data().state.guests[guest].guest.clone();
        instance.detach(store, handle)?;
    }
    announce(store, handle, guest, now)
}

/// A guest that has the region where it lies takes this as new flags, whatever it is doing with it.
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
    let call = state.stats.calls;
    let entry = state.entry_mut(handle)?;
    let len = entry.len();
    let Some(window) = entry.windows.iter_mut().find(|w| w.guest == guest) else {
        return Ok(());
    };
    let after = window.told.after(flags, call);
    // Told again by the next change if it fails, or if a host function panics below it.
    window.told = window.told.before(after);
    let at = window.at;
    instance.attach(store, handle, at, len, flags)?;
    told(store, handle, guest, after)
}

/// Notes what a guest was told of a region.
pub(super) fn told(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
    guest: usize,
    told: Told,
) -> Result<()> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    if let Some(window) = entry.windows.iter_mut().find(|w| w.guest == guest) {
        window.told = told;
    }
    Ok(())
}
