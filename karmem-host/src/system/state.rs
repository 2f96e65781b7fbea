//! What a system holds. It lies in the store, so that host functions reach it too.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::system::guest::Guest;
use crate::system::phase::Phase;
use crate::system::port::{Port, Provided, Target};
use crate::system::recovery::Ended;
use crate::system::regions::{Attached, Entry};
use crate::system::shim::{Guards, Shims};
use crate::system::table::Table;

/// The state of a system: empty in the store of a single [`Instance`](crate::Instance).
#[derive(Default, Debug)]
pub(crate) struct State {
    pub(super) guests: Vec<Member>,
    pub(super) providers: Vec<Provided>,
    pub(super) ports: Vec<Port>,
    pub(super) shims: Shims,
    /// The functions that calls run while the gate of their shim is shut.
    pub(super) guards: Option<Guards>,
    pub(super) regions: Table<Entry>,
    /// The regions that users gave names to.
    pub(super) names: BTreeMap<Arc<str>, u32>,
    /// Where the host writes the messages of its calls, and up to where it has.
    pub(super) outbox: Option<u32>,
    pub(super) top: u32,
    /// Bytes of each outbox.
    pub(super) outbox_len: usize,
    pub(super) stats: SystemStats,
    /// Whether some region is copied and not mapped.
    pub(super) copying: bool,
    /// The reason why guest code runs.
    pub(super) phase: Phase,
    /// The windows of an instance that is to take the place of another one, by their regions.
    pub(super) incoming: Vec<(u32, Attached)>,
    /// The host addresses of all windows, beginning to end.
    pub(super) occupied: BTreeMap<usize, usize>,
    /// What was cut off while no call was, or in a call that went on: modules hold what they had then until they
    /// are told.
    pub(super) unsettled: Option<Ended>,
    /// Whether a host function panicked in a recovery, and no recovery has come to its end since.
    pub(super) recovery_panicked: bool,
    /// Who can run while whom waits; found out when it is first asked for.
    reach: OnceLock<Reach>,
    /// Notes what native code stores into strict windows; there is none before the first strict grant.
    pub(super) strict: Option<Arc<crate::sys::Strict>>,
}

/// A place in the system that a module fills.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) guest: Guest,
    /// Where its outgoing messages lie.
    pub(super) outbox: Option<u32>,
    /// Why it must not be called any more.
    pub(super) poisoned: Option<Arc<str>>,
}

/// What a system did so far. Calls between guests are not counted: no host code takes part in them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct SystemStats {
    /// Calls from the host into guests.
    pub calls: u64,
    /// Calls of guests to interfaces that the host provides.
    pub host_calls: u64,
    /// Calls that ended in a trap.
    pub traps: u64,
    /// Grants made, those of outboxes and of swapped modules included.
    pub attaches: u64,
    /// Modules swapped.
    pub swaps: u64,
    /// Instances that are not used any more: swapped out, or of versions that failed to start. The pages of their
    /// memories are given back; the rest is not before the system ends or is
    /// [rebuilt](crate::System::rebuild).
    pub retired: u64,
    /// Times that the system was rebuilt.
    pub rebuilds: u64,
    /// Instances that the system has now, shims and retired ones included: a swap makes one or two, and
    /// 10,000 are possible.
    pub instances: u64,
    /// Bytes that retired instances keep now, by an estimate: see [`Limits::retired`](crate::Limits::retired).
    pub retired_bytes: u64,
    /// Bytes of all windows mapped so far: what is worked on together, in place.
    pub bytes_shared: u64,
    /// Bytes that were copied: messages that the host wrote, and all bytes of regions that are copied
    /// because they cannot be mapped.
    pub bytes_copied: u64,
}

impl State {
    pub(super) fn member(&self, name: &str) -> Result<usize> {
        let found = self.guests.iter().position(|m| &*m.guest.name == name);
        found.ok_or_else(|| Error::UnknownModule {
            name: name.into(),
            known: crate::module::name_list(
                self.guests
                    .iter()
                    .map(|m| m.guest.name.to_string())
                    .collect(),
            ),
        })
    }

    pub(super) fn region(&self, name: &str) -> Result<u32> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| Error::UnknownRegion {
                name: name.into(),
                known: crate::module::name_list(self.names.keys().map(|n| n.to_string()).collect()),
            })
    }

    #[inline]
    pub(super) fn entry(&self, handle: u32) -> Result<&Entry> {
        self.regions.get(handle).ok_or(Error::NoRegion { handle })
    }

    #[inline]
    pub(super) fn entry_mut(&mut self, handle: u32) -> Result<&mut Entry> {
        let entry = self.regions.get_mut(handle);
        entry.ok_or(Error::NoRegion { handle })
    }

    /// The handles of all regions.
    pub(super) fn handles(&self) -> Vec<u32> {
        self.regions.iter().map(|(handle, _)| handle).collect()
    }

    /// Notes that ports were added or taken away.
    pub(super) fn links_changed(&mut self) {
        self.reach = OnceLock::new();
    }

    /// Who can run while whom waits.
    pub(super) fn reach(&self) -> &Reach {
        self.reach.get_or_init(|| {
            let mut called = vec![Vec::new(); self.guests.len()];
            for port in &self.ports {
                if let Some(targets) = port.consumer.and_then(|guest| called.get_mut(guest)) {
                    targets.push(port.target);
                }
            }
            let guests = 0..self.guests.len();
            Reach(guests.map(|guest| self.reached(guest, &called)).collect())
        })
    }

    /// Who can run while a guest waits; `called` says by guest whom each calls itself.
    fn reached(&self, guest: usize, called: &[Vec<Target>]) -> Reached {
        let mut reached = Reached {
            guests: vec![false; called.len()],
            host: false,
            writing_host: false,
        };
        let mut next = vec![guest];
        while let Some(consumer) = next.pop() {
            for target in called.get(consumer).into_iter().flatten() {
                match *target {
                    Target::Guest(target) => {
                        if !std::mem::replace(&mut reached.guests[target], true) {
                            next.push(target);
                        }
                    }
                    // The heap's functions take and give numbers.
                    Target::Host(0) => {}
                    Target::Host(provider) => {
                        reached.host = true;
                        reached.writing_host |= self.providers[provider].writes;
                    }
                }
            }
        }
        reached
    }
}

/// By guest: who can run while it waits for a call that it made.
#[derive(Debug)]
pub(super) struct Reach(Vec<Reached>);

/// Who can run while a guest waits for a call that it made.
#[derive(Debug)]
struct Reached {
    /// Guests that it calls, directly or not.
    guests: Vec<bool>,
    /// An implementation in the host.
    host: bool,
    /// One that says that it writes what lies in regions.
    writing_host: bool,
}

impl Reach {
    fn of(&self, guest: usize) -> Option<&Reached> {
        self.0.get(guest)
    }

    /// Whether `other` can run while `guest` waits.
    pub(super) fn leads(&self, guest: usize, other: usize) -> bool {
        let reached = self.of(guest).and_then(|reached| reached.guests.get(other));
        reached.copied().unwrap_or(true)
    }

    /// Whether an implementation in the host can.
    pub(super) fn leads_to_host(&self, guest: usize) -> bool {
        self.of(guest).is_none_or(|reached| reached.host)
    }

    /// Whether one can that says that it writes.
    pub(super) fn leads_to_writing_host(&self, guest: usize) -> bool {
        self.of(guest).is_none_or(|reached| reached.writing_host)
    }
}
