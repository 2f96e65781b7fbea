//! Exchanging a module while the system runs.

use std::collections::HashMap;

use wasmtime::AsContextMut;

use crate::error::{Error, Result};
use crate::module::Module;
use crate::problems::Problems;
use crate::system::System;
use crate::system::check::{self, Links, Offer};
use crate::system::guest::Guest;
use crate::system::port::{self, Port, Target, Wanted};
use crate::system::regions;

impl System {
    /// Puts a new version of a module in the place of the one that is there. Regions stay where they
    /// are: the new instance gets the same under the same handles, and whoever called the old
    /// one calls the new one from then on. What the old one had in its own memory is gone, so state that
    /// is to survive belongs into a region.
    ///
    /// Types may have evolved: fields appended to a table are fine, in either direction. If anything
    /// fails, the old module goes on as if nothing had been tried.
    ///
    /// [`Limits::deadline`](crate::Limits::deadline) and [`Limits::fuel`](crate::Limits::fuel) count once for
    /// everything that the new version does until it has its regions, and once more for telling all modules what
    /// has changed for theirs.
    ///
    /// The pages of all memories of the old instance are given back, and so are those of a version that failed
    /// to start. Its address space, its tables and what wasmtime knows of it are kept until the system
    /// ends or is [rebuilt](System::rebuild), since wasmtime frees instances with their store. So five to ten
    /// thousand swaps are possible in between, fewer if retired instances keep more than
    /// [`Limits::retired`](crate::Limits::retired), and with a pooling engine as many as it has slots.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModule`], [`Error::OtherEngine`]; [`Error::Exhausted`] if there is no room left for
    /// another instance; [`Error::Swap`] with each difference, if
    /// a type of the old version is another one now; [`Error::Link`] if the new version lacks what others
    /// need of it, or needs what nobody provides; [`Error::Trap`] if it fails to start; those of
    /// [`grant`](System::grant).
    pub fn swap(&mut self, name: &str, module: &Module) -> Result<()> {
        let _span = tracing::info_span!("swap", module = name).entered();
        let index = self.state().member(name)?;
        let engine = self.store.engine();
        if !wasmtime::Engine::same(module.engine().wasmtime(), engine) {
            return Err(Error::OtherEngine { what: "module" });
        }
        self.room(name, module)?;
        let targets = self.check_swap(index, name, module)?;
        let mut swap = self.hold();
        let (guest, ports) = swap.make(index, name, module, &targets)?;
        let mut attempt = Attempt {
            system: &mut swap,
            guest,
            prepared: false,
        };
        attempt.system.prepare(index, &mut attempt.guest, &ports)?;
        attempt.prepared = true;
        let guest = attempt.guest.clone();
        drop(attempt);
        drop(swap);
        // Others are told of what changed for them whatever time the new version took.
        self.hold().replace(index, guest, ports)
    }

    /// Compares the new version with the old one and with everybody it is linked with.
    fn check_swap(
        &mut self,
        index: usize,
        name: &str,
        module: &Module,
    ) -> Result<Vec<(Wanted, Target)>> {
        let old = self.state().guests[index].guest.module.clone();
        let differences = check::versions(&old, module);
        if !differences.is_empty() {
            return Err(Error::Swap {
                module: name.into(),
                differences: differences.listed,
                more: differences.more,
            });
        }
        let members: Vec<_> = self
            .state()
            .guests
            .iter()
            .map(|m| m.guest.clone())
            .collect();
        let offers: Vec<_> = members
            .iter()
            .enumerate()
            .map(|(other, guest)| Offer {
                name: &guest.name,
                module: if other == index {
                    module
                } else {
                    &guest.module
                },
            })
            .collect();
        let mut problems = Problems::default();
        let new = Offer { name, module };
        let (state, exact) = (self.state(), self.exact);

        // Whom it calls: the same as before, where it called that interface before.
        let own = state
            .ports
            .iter()
            .filter(|port| port.consumer == Some(index));
        let before: HashMap<_, _> = own.map(|port| (&port.interface, port.target)).collect();
        let mut targets = Vec::new();
        let mut links = Links::new(new, &offers, &state.providers, exact);
        for wanted in &module.wants().interfaces {
            let target = match before.get(&wanted.interface) {
                Some(target) => Ok(*target),
                None => check::resolve(&new, wanted, &offers, &state.providers, None),
            };
            match target {
                Ok(target) => {
                    links.check(wanted, target, &mut problems);
                    targets.push((wanted.clone(), target));
                }
                Err(problem) => problems.add(|| problem),
            }
        }

        // Who calls it.
        let mut callers: HashMap<usize, Links<'_>> = HashMap::new();
        for port in &state.ports {
            if port.target != Target::Guest(index) {
                continue;
            }
            let Some(consumer) = port.consumer else {
                check::still_serves_host(&old, module, name, port, &mut problems);
                continue;
            };
            let caller = offers[consumer];
            if let Some(wanted) = caller.module.wants().interface(&port.interface) {
                let links = callers.entry(consumer);
                links
                    .or_insert_with(|| Links::new(caller, &offers, &state.providers, exact))
                    .check(wanted, port.target, &mut problems);
            }
        }
        self.other_imports(&new, &mut problems);
        match problems.result() {
            Ok(()) => Ok(targets),
            Err(problems) => Err(Error::Link { problems }),
        }
    }

    /// Starts the new instance and gives it all regions of the old one. Until it has its place, nobody can have
    /// grants changed: where the new instance runs it starts or answers the host.
    fn prepare(&mut self, index: usize, guest: &mut Guest, ports: &[Port]) -> Result<()> {
        for port in ports {
            port::link(&mut self.cx(), port)?;
        }
        self.start(guest)?;
        for handle in self.state().handles() {
            let Some(access) = self.state().entry(handle)?.window(index).map(|w| w.access) else {
                continue;
            };
            regions::attach_incoming(&mut self.cx(), handle, guest, access)?;
        }
        self.outboxes_of_new(index, guest, ports)
    }

    /// Lets the new instance take the place of the old one. From here on the new one is there, so nothing
    /// that a module does makes the swap fail.
    fn replace(&mut self, index: usize, guest: Guest, ports: Vec<Port>) -> Result<()> {
        if let (true, Some(shim)) = (self.state().copying, guest.shim) {
            // Its outbox may be the first region that is copied.
            shim.shut(&mut self.store.as_context_mut());
        }
        let state = &mut self.store.data_mut().state;
        state.stats.swaps += 1;
        let member = &mut state.guests[index];
        let old = std::mem::replace(&mut member.guest, guest);
        member.poisoned = None;
        state.ports.retain(|port| port.consumer != Some(index));
        state.ports.extend(ports);
        state.links_changed();
        // Every window of the old one goes, also one that the new one should not have got.
        for handle in self.state().handles() {
            let entry = self.store.data_mut().state.entry_mut(handle)?;
            if let Some(old) = entry.take_window(index) {
                old.forget(&mut self.store.as_context_mut());
            }
        }
        let incoming = std::mem::take(&mut self.store.data_mut().state.incoming);
        for (handle, attached) in incoming {
            let entry = self.store.data_mut().state.entry_mut(handle)?;
            entry.windows.push(attached);
        }
        self.retire(&old);
        port::relink_all(&mut self.cx())?;
        if let Err(error) = regions::refresh_flags(&mut self.cx()) {
            // It is told before it is called again, or poisoned.
            tracing::warn!(%error, "a module was not told what a swap changed for its regions");
        }
        Ok(())
    }

    /// Gives back what an instance had that is not used any more.
    fn retire(&mut self, guest: &Guest) {
        self.store.data_mut().state.stats.retired += 1;
        let owned = guest.module.owned();
        let mut given_back = 0;
        for name in &owned.memories {
            // One that is shared stays until the store ends, and counts as before.
            let Some(memory) = guest.instance.get_memory(&mut self.store, name) else {
                continue;
            };
            let size = memory.data_size(&self.store);
            match crate::region::discard(self.store.as_context_mut(), memory) {
                Ok(()) => given_back += size,
                Err(error) => {
                    tracing::warn!(%error, "the memory of a module could not be given back");
                }
            }
        }
        let elements = owned.table_elements(&mut self.store, &guest.instance);
        let accountant = &mut self.store.data_mut().accountant;
        accountant.retire(given_back, elements, owned.kept(elements));
    }

    /// An error if there is no room for another instance of a module.
    fn room(&self, name: &str, module: &Module) -> Result<()> {
        let owned = module.owned();
        let accountant = &self.store.data().accountant;
        match accountant.no_room(owned.memories.len(), owned.tables()) {
            None => Ok(()),
            Some(why) => Err(Error::Exhausted {
                module: name.into(),
                why,
            }),
        }
    }
}

/// A new instance until it has its regions. Dropped before, it is retired: also where a host function panics, which no
/// other code would make good.
struct Attempt<'a> {
    system: &'a mut System,
    guest: Guest,
    prepared: bool,
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.prepared {
            regions::forget_incoming(&mut self.system.store.as_context_mut());
            self.system.retire(&self.guest);
        }
    }
}
