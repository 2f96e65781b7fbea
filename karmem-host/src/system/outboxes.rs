//! Outboxes: where modules and the host write the messages of their calls, for those they are linked with
//! to read.

use std::sync::Arc;

use crate::error::Result;
use crate::region::{Access, Region};
use crate::system::guest::Guest;
use crate::system::port::{Port, Target};
use crate::system::regions::{self, Body, Entry};
use crate::system::{System, check};

impl System {
    /// Gives every module that sends messages a region for them, and lets those read it that it is linked
    /// with.
    pub(super) fn give_outboxes(&mut self) -> Result<()> {
        for index in 0..self.state().guests.len() {
            if self.talks(index) {
                self.give_outbox(index)?;
            }
        }
        self.share_outboxes()
    }

    /// The outboxes for a new port of the host: a module that does not describe what it exports is not known
    /// before to send messages.
    pub(super) fn give_late_outbox(&mut self, index: usize, port: &Port) -> Result<()> {
        if self.state().guests[index].outbox.is_none() {
            self.give_outbox(index)?;
        }
        self.share_outboxes()?;
        for (from, to) in pairs(port) {
            self.share_outbox(from, to)?;
        }
        Ok(())
    }

    /// The outbox of one module, if it can take regions.
    pub(super) fn give_outbox(&mut self, index: usize) -> Result<()> {
        let member = &self.state().guests[index];
        // A poisoned one is given what it lacks when it is swapped.
        if member.guest.abi.is_none() || member.poisoned.is_some() {
            return Ok(());
        }
        let name: Arc<str> = format!("{}'s messages", member.guest.name).into();
        let handle = self.add_outbox(name, Some(index))?;
        regions::grant(&mut self.cx(), handle, index, Access::Write)?;
        self.store.data_mut().state.guests[index].outbox = Some(handle);
        Ok(())
    }

    /// Whether a module calls others or exports an interface.
    pub(super) fn talks(&self, index: usize) -> bool {
        let state = self.state();
        let linked = state
            .ports
            .iter()
            .any(|port| port.consumer == Some(index) || port.target == Target::Guest(index));
        linked || !check::exported(&state.guests[index].guest.module).is_empty()
    }

    fn add_outbox(&mut self, name: Arc<str>, writer: Option<usize>) -> Result<u32> {
        let region = Region::anonymous(self.state().outbox_len)?;
        let entry = Entry::new(name, Body::Writing(region), writer, true);
        regions::insert(&mut self.cx(), entry)
    }

    /// The host's outbox, which every module may read that the host calls or that calls the host.
    fn host_outbox(&mut self) -> Result<u32> {
        if let Some(handle) = self.state().outbox {
            return Ok(handle);
        }
        let handle = self.add_outbox("the host's messages".into(), None)?;
        self.store.data_mut().state.outbox = Some(handle);
        Ok(handle)
    }

    /// Lets everybody read the outboxes of those with whom they are linked.
    pub(super) fn share_outboxes(&mut self) -> Result<()> {
        let pairs: Vec<_> = self.state().ports.iter().flat_map(pairs).collect();
        for (from, to) in pairs {
            self.share_outbox(from, to)?;
        }
        Ok(())
    }

    /// Lets a module read the outbox of another one, or of the host.
    fn share_outbox(&mut self, from: Option<usize>, to: usize) -> Result<()> {
        let member = &self.state().guests[to];
        // A poisoned one is given what it lacks when it is swapped.
        if member.guest.abi.is_none() || member.poisoned.is_some() {
            return Ok(());
        }
        match self.outbox_of(from)? {
            Some(outbox) if self.state().entry(outbox)?.window(to).is_none() => {
                regions::grant(&mut self.cx(), outbox, to, Access::Read)
            }
            _ => Ok(()),
        }
    }

    fn outbox_of(&mut self, of: Option<usize>) -> Result<Option<u32>> {
        match of {
            Some(guest) => Ok(self.state().guests[guest].outbox),
            None => self.host_outbox().map(Some),
        }
    }

    /// Gives an instance, which is to take the place `index`, what its links need beyond what the old one
    /// had: an outbox, and a look into those of whom it calls.
    pub(super) fn outboxes_of_new(
        &mut self,
        index: usize,
        guest: &Guest,
        ports: &[Port],
    ) -> Result<()> {
        if guest.abi.is_none() {
            return Ok(());
        }
        let state = self.state();
        let called = |port: &Port| port.target == Target::Guest(index);
        let talks = !ports.is_empty() || state.ports.iter().any(called);
        if state.guests[index].outbox.is_none() && talks {
            let name: Arc<str> = format!("{}'s messages", guest.name).into();
            let handle = self.add_outbox(name, Some(index))?;
            self.store.data_mut().state.guests[index].outbox = Some(handle);
        }
        let mut wanted: Vec<(u32, Access)> = Vec::new();
        if let Some(own) = self.state().guests[index].outbox {
            wanted.push((own, Access::Write));
        }
        for (from, to) in ports.iter().flat_map(pairs).collect::<Vec<_>>() {
            if to != index {
                self.share_outbox(from, to)?;
            } else if let Some(outbox) = self.outbox_of(from)? {
                wanted.push((outbox, Access::Read));
            }
        }
        for (handle, access) in wanted {
            let incoming = &self.state().incoming;
            if incoming.iter().all(|(known, _)| *known != handle) {
                regions::attach_incoming(&mut self.cx(), handle, guest, access)?;
            }
        }
        Ok(())
    }
}

/// Who has to read whose outbox, because of a link: the host is `None`.
fn pairs(port: &Port) -> impl Iterator<Item = (Option<usize>, usize)> + use<> {
    let consumer = port.consumer;
    let target = match port.target {
        Target::Guest(guest) => Some(Some(guest)),
        // The heap's functions take numbers.
        Target::Host(0) => None,
        Target::Host(_) => Some(None),
    };
    let both = target.map(|target| [(consumer, target), (target, consumer)]);
    let pairs = both.into_iter().flatten();
    pairs.filter_map(|(from, to)| Some((from, to?)).filter(|(from, to)| *from != Some(*to)))
}
