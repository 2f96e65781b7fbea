//! Phases: the reason why guest code runs decides which requests the host accepts.
//!
//! Guests call the host, and the host calls guests in the middle of changing their regions. Phases keep these
//! apart: grants change only within a call from the host, and callbacks of the ABI reach no other module, no
//! implementation in the host and no heap. A request that no phase allows is refused.

use std::ops::{Deref, DerefMut};

use wasmtime::StoreContextMut;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::system::state::State;

/// The reason why guest code runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Phase {
    /// No guest code runs.
    #[default]
    Idle,
    /// A call from the host runs. The next use of the system finds this phase if the call did not end: its
    /// future was dropped, or a host function panicked.
    Call,
    /// An implementation in the host changes grants, within a call.
    Changing,
    /// The module in this place starts: its start function and `_initialize`, which may call others. Grants, regions, links and versions do not change.
    Starting(usize),
    /// A function of the ABI runs for the host, which waits for it in the middle of a change.
    Callback {
        /// The place of the module.
        guest: usize,
        /// The name of the function.
        function: &'static str,
    },
    /// The system is put in order after a call that did not end.
    Recovering,
}

impl Phase {
    /// The phase after a panic of a host function unwound through a phase that had begun in this one.
    fn after_panic(self) -> Phase {
        match self {
            // Has the next use of the system put everything in order.
            Phase::Idle => Phase::Call,
            other => other,
        }
    }
}

/// A store in a phase, which ends when this is dropped.
pub(super) struct During<'s, 'a> {
    store: &'s mut StoreContextMut<'a, Context>,
    before: Phase,
    returned: bool,
}

impl<'s, 'a> During<'s, 'a> {
    /// Begins a phase.
    pub(super) fn begin(
        store: &'s mut StoreContextMut<'a, Context>,
        phase: Phase,
    ) -> During<'s, 'a> {
        let before = std::mem::replace(&mut store.data_mut().state.phase, phase);
        During {
            store,
            before,
            returned: false,
        }
    }

    /// Whether a panic of a host function unwinds through this in a call or operation, which may catch it and go on.
    pub(super) fn panics(&self) -> bool {
        !self.returned && self.before != Phase::Recovering
    }

    /// Whether a panic of a host function unwinds through this while the system is put in order.
    pub(super) fn panics_in_recovery(&self) -> bool {
        !self.returned && self.before == Phase::Recovering
    }

    /// Notes that the guest code returned or trapped, as opposed to a panic that unwinds through it.
    pub(super) fn returned(&mut self) {
        self.returned = true;
    }
}

impl Drop for During<'_, '_> {
    fn drop(&mut self) {
        self.store.data_mut().state.phase = if self.returned {
            self.before
        } else {
            self.before.after_panic()
        };
    }
}

impl<'a> Deref for During<'_, 'a> {
    type Target = StoreContextMut<'a, Context>;

    fn deref(&self) -> &Self::Target {
        self.store
    }
}

impl DerefMut for During<'_, '_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.store
    }
}

impl State {
    /// Refuses what leads from a callback of the ABI to other modules, to implementations in the host and to
    /// heaps.
    #[inline]
    pub(super) fn may_call(&self) -> Result<()> {
        match self.phase {
            Phase::Callback { guest, function } => Err(self.in_callback(guest, function)),
            _ => Ok(()),
        }
    }

    /// Refuses changes of grants that are not made within a call.
    pub(super) fn may_change(&self) -> Result<()> {
        match self.phase {
            Phase::Call => Ok(()),
            Phase::Callback { guest, function } => Err(self.in_callback(guest, function)),
            Phase::Starting(guest) => Err(Error::Starting {
                module: self.name_of(guest),
            }),
            Phase::Idle | Phase::Changing | Phase::Recovering => Err(Error::Reentered),
        }
    }

    /// Whether the module in a place is starting: if another one has the place still, that one's regions are
    /// not its own.
    #[inline]
    pub(super) fn is_starting(&self, guest: usize) -> bool {
        self.phase == Phase::Starting(guest)
    }

    #[cold]
    fn in_callback(&self, guest: usize, function: &'static str) -> Error {
        Error::Callback {
            module: self.name_of(guest),
            function,
        }
    }

    fn name_of(&self, guest: usize) -> String {
        // The first start functions run before the modules have their places.
        let member = self.guests.get(guest);
        member.map_or_else(String::new, |member| member.guest.name.to_string())
    }
}
