//! Regions that go from the store of a system to another one.

use super::{Body, Entry};
use crate::system::state::State;

impl Entry {
    /// The region without its windows, for another store; this one keeps the windows.
    fn lend(&mut self) -> Entry {
        Entry {
            name: self.name.clone(),
            body: std::mem::replace(&mut self.body, Body::Lost),
            writer: self.writer,
            outbox: self.outbox,
            volatile: self.volatile,
            windows: Vec::new(),
            heap: self.heap.take(),
            version: self.version,
        }
    }

    /// Takes the region back; no window of the other store shows it any more.
    fn take_back(&mut self, lent: &mut Entry) {
        self.body = std::mem::replace(&mut lent.body, Body::Lost);
        self.heap = lent.heap.take();
        self.version = lent.version;
    }
}

/// Gives all regions, under the same handles, to a state that has none.
pub(in crate::system) fn lend_all(from: &mut State, to: &mut State) {
    to.regions = from.regions.map(Entry::lend);
    to.names = from.names.clone();
    to.outbox = from.outbox;
    to.copying = from.copying;
}

/// Takes back what was lent. What the other one added is left there.
pub(in crate::system) fn take_back_all(to: &mut State, from: &mut State) {
    for (handle, entry) in to.regions.iter_mut() {
        if let Some(lent) = from.regions.get_mut(handle) {
            entry.take_back(lent);
        }
    }
}
