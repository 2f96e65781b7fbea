//! Moving a system into a fresh store.

use std::collections::HashMap;

use wasmtime::AsContextMut;

use crate::error::{Error, Result};
use crate::system::build::{make_ports, new_store};
use crate::system::port::{self, Port, Wanted};
use crate::system::state::Member;
use crate::system::{System, regions, shim};

impl System {
    /// Makes all modules anew in a fresh store, which frees everything that instances keep that were
    /// swapped out or failed to start: see [`swap`](System::swap). After it as many swaps are
    /// possible as in a new system, so that they can go on for ever.
    ///
    /// As after a swap of all modules at once for themselves: regions stay where they are, with their
    /// handles, contents, heaps and seals, and so do grants, links, implementations in the host, messages in
    /// outboxes, and the deadline. What modules had in their own memories is gone; a poisoned one
    /// is a new instance. [`Client`](crate::Client)s and [`Method`](crate::Method)s stay good; those from
    /// before cost a look-up and a check of their types per call, until they are fetched again.
    ///
    /// Old and new instances exist at the same time for a moment: a pooling engine needs as many
    /// free slots as the modules take.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryLimit`], [`Error::TableLimit`], [`Error::Instantiate`]; [`Error::Trap`] if a module
    /// fails to start; those of [`grant`](System::grant). Everything is as before then, except for what
    /// the new instances wrote to regions that they may write.
    pub fn rebuild(&mut self) -> Result<()> {
        let _span = tracing::info_span!("rebuild").entered();
        self.renew();
        let mut fresh = System {
            store: new_store(&self.engine, *self.limits(), self.state().outbox_len),
            engine: self.engine.clone(),
            id: self.id,
            store_id: crate::instance::next_id(),
            ticks: self.ticks,
            fuel: self.fuel,
            imports: self.imports.clone(),
            imported: Default::default(),
            providers: self.providers.clone(),
            rebound: Default::default(),
            exact: self.exact,
            held: false,
        };
        if self.state().strict.is_some() {
            fresh.install_strict()?;
        }
        let mut moving = Moving::begin(self, fresh);
        let Moving { old, fresh, done } = &mut moving;
        fresh.renew();
        fresh.populate(old)?;
        let mut stats = old.state().stats;
        let attaches = fresh.state().stats;
        stats.attaches += attaches.attaches;
        stats.bytes_shared += attaches.bytes_shared;
        stats.rebuilds += 1;
        fresh.store.data_mut().state.stats = stats;
        // The other way round, the old store ends without the regions.
        std::mem::swap(*old, fresh);
        *done = true;
        Ok(())
    }

    /// Makes all modules, links and windows of a system whose regions this one has.
    fn populate(&mut self, old: &System) -> Result<()> {
        let state = old.state();
        self.define_as(&state.providers)?;
        for (index, member) in state.guests.iter().enumerate() {
            let (name, module) = (&member.guest.name, &member.guest.module);
            let own = state.ports.iter().filter(|p| p.consumer == Some(index));
            let targets = own.filter_map(|port| {
                let wanted = module.wants().interface(&port.interface)?;
                Some((wanted.clone(), port.target))
            });
            let targets: Vec<_> = targets.collect();
            let (guest, ports) = self.make(index, name, module, &targets)?;
            let state = &mut self.store.data_mut().state;
            state.guests.push(Member {
                guest,
                outbox: member.outbox,
                poisoned: None,
            });
            state.ports.extend(ports);
        }
        for port in state.ports.iter().filter(|p| p.consumer.is_none()) {
            let wanted = wanted_by_host(old, port)?;
            let targets = [(wanted, port.target)];
            let (_, ports) = make_ports(&mut self.cx(), None, shim::HOST, &targets)?;
            self.store.data_mut().state.ports.extend(ports);
        }
        // In the order in which they are shown.
        let key = |port: &Port| (port.consumer, port.target, port.interface.clone());
        let order: HashMap<_, _> = state.ports.iter().map(key).zip(0..).collect();
        let ports = &mut self.store.data_mut().state.ports;
        ports.sort_by_key(|port| order.get(&key(port)).copied());
        self.store.data_mut().state.links_changed();
        port::relink_all(&mut self.cx())?;
        for index in 0..state.guests.len() {
            let mut guest = self.state().guests[index].guest.clone();
            self.start(&mut guest)?;
            self.store.data_mut().state.guests[index].guest = guest;
        }
        for handle in state.handles() {
            for window in &state.entry(handle)?.windows {
                let (index, access) = (window.guest, window.access);
                if self.state().entry(handle)?.window(index).is_some() {
                    continue;
                }
                regions::grant(&mut self.cx(), handle, index, access)?;
            }
        }
        // Who was poisoned may lack some.
        for index in 0..state.guests.len() {
            if self.state().guests[index].outbox.is_none() && self.talks(index) {
                self.give_outbox(index)?;
            }
        }
        self.share_outboxes()?;
        regions::refresh_flags(&mut self.cx())
    }
}

/// What clients of the host call of a module.
fn wanted_by_host(old: &System, port: &Port) -> Result<Wanted> {
    let port::Target::Guest(guest) = port.target else {
        return Err(Error::Instantiate(
            "a port that leads from the host to itself".into(),
        ));
    };
    let module = &old.state().guests[guest].guest.module;
    let methods = port.methods.iter().map(|(method, _)| {
        let export = port.interface.method(method);
        let ty = module.function(&export);
        // Each version that was swapped in was asked for it.
        let ty = ty.ok_or_else(|| Error::NoFunction {
            name: export,
            available: module.function_names(),
        })?;
        Ok((method.clone(), ty))
    });
    Ok(Wanted {
        interface: port.interface.clone(),
        methods: methods.collect::<Result<_>>()?,
    })
}

/// Two stores of one system, of which one has the regions. However it ends, the old one has everything
/// that belongs to the system: what it gave, or what it was exchanged for.
struct Moving<'a> {
    old: &'a mut System,
    fresh: System,
    done: bool,
}

impl<'a> Moving<'a> {
    fn begin(old: &'a mut System, mut fresh: System) -> Moving<'a> {
        let (from, to) = (old.store.data_mut(), fresh.store.data_mut());
        regions::lend_all(&mut from.state, &mut to.state);
        #[cfg(feature = "wasi")]
        {
            to.wasi = from.wasi.take();
        }
        Moving {
            old,
            fresh,
            done: false,
        }
    }
}

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        let Moving { old, fresh, done } = self;
        if *done {
            return;
        }
        // Before anybody else uses the regions. If it fails, the store is never used again.
        regions::clear_all(&mut fresh.store.as_context_mut());
        let (to, from) = (old.store.data_mut(), fresh.store.data_mut());
        regions::take_back_all(&mut to.state, &mut from.state);
        #[cfg(feature = "wasi")]
        {
            to.wasi = from.wasi.take();
        }
    }
}
