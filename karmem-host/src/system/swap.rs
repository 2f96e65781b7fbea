//! Exchanging a module while the system runs.

use wasmtime::AsContextMut;

use crate::error::{Error, Result};
use crate::module::Module;
use crate::system::System;
use crate::system::check::{self, Offer};
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
    /// The memory of the old instance is given back, but its address space is kept until the system
    /// ends (wasmtime frees instances with their store): some ten thousand swaps are possible on a
    /// 64-bit machine, and with a pooling engine as many as there are slots.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownModule`], [`Error::OtherEngine`]; [`Error::Swap`] with each difference, if
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
        let targets = self.check_swap(index, name, module)?;
        let (mut guest, ports) = self.make(index, name, module, &targets)?;
        if let Err(e) = self.prepare(index, &mut guest, &ports) {
            regions::forget_incoming(&mut self.store.as_context_mut());
            self.retire(&guest);
            return Err(e);
        }
        self.replace(index, guest, ports)
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
                differences,
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
        let mut problems = Vec::new();

        // Whom it calls: the same as before, where it called that interface before.
        let mut targets = Vec::new();
        for wanted in port::wanted(module.wasmtime()) {
            let state = self.state();
            let before = state
                .ports
                .iter()
                .find(|port| port.consumer == Some(index) && port.interface == wanted.interface);
            let target = match before {
                Some(port) => Ok(port.target),
                None => check::resolve(&offers[index], &wanted, &offers, &state.providers, None),
            };
            let checked = target.and_then(|target| {
                let providers = &state.providers;
                check::link(
                    providers,
                    &offers[index],
                    &wanted,
                    &offers,
                    target,
                    self.exact,
                )
                .map(|()| target)
            });
            match checked {
                Ok(target) => targets.push((wanted, target)),
                Err(mut found) => problems.append(&mut found),
            }
        }

        // Who calls it.
        for port in &self.state().ports {
            if port.target != Target::Guest(index) {
                continue;
            }
            let providers = &self.state().providers;
            let checked = match port.consumer {
                Some(consumer) => {
                    let consumer = &offers[consumer];
                    let wanted = port::wanted(consumer.module.wasmtime());
                    let wanted = wanted.into_iter().find(|w| w.interface == port.interface);
                    wanted.map_or(Ok(()), |wanted| {
                        check::link(
                            providers,
                            consumer,
                            &wanted,
                            &offers,
                            port.target,
                            self.exact,
                        )
                    })
                }
                None => check::still_serves_host(&old, module, name, port),
            };
            if let Err(mut found) = checked {
                problems.append(&mut found);
            }
        }
        let new = Offer { name, module };
        problems.append(&mut self.other_imports(&new));
        if problems.is_empty() {
            Ok(targets)
        } else {
            Err(Error::Link { problems })
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
        if self.state().copying {
            // Its outbox may be the first region that is copied.
            guest.shim.shut(&mut self.store.as_context_mut());
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

    /// Gives the memory of an instance back that is not used any more.
    fn retire(&mut self, guest: &Guest) {
        self.store.data_mut().state.stats.retired += 1;
        let Some(memory) = guest.memory else { return };
        let size = memory.data_size(&self.store);
        match crate::region::discard(self.store.as_context_mut(), memory) {
            Ok(()) => self.store.data_mut().accountant.give_back(size),
            Err(error) => tracing::debug!(%error, "the memory of a module could not be given back"),
        }
    }
}
