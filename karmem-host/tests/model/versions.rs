//! Steps that exchange modules, and systems.

use karmem_host::{Access, Removed, System};

use crate::guest::{BAD, Bad};
use crate::host::{Meanwhile, silently};
use crate::model::Region;
use crate::world::{
    Counters, DEADLINE, MODULES, NAMES, REGIONS, SOON, VERSIONS, World, fresh, kind, make, version,
};

impl World {
    /// Exchanges a module for a good or a bad version.
    pub fn swap(&mut self, module: usize) -> Result<(), &'static str> {
        self.instances += 1;
        if self.rng.one_in(3) {
            let which = self.rng.below(BAD.len());
            let (bad, want) = BAD[which];
            let module = which % MODULES;
            self.note(format!("swap {} for one where {bad:?}", NAMES[module]));
            self.swap_for_bad(which, module);
            return Err(want);
        }
        self.swap_for_good(module);
        Ok(())
    }

    pub fn swap_for_good(&mut self, module: usize) {
        let number = self.rng.below(VERSIONS as usize) as i32;
        self.note(format!("swap {} for version {number}", NAMES[module]));
        self.system
            .swap(NAMES[module], &self.good[module][number as usize])
            .unwrap();
        self.counters.swaps += 1;
        self.counters.retired += 1;
        self.members[module] = fresh(version(module, number));
        for region in self.regions.iter_mut().flatten() {
            region.refresh(module);
        }
        self.check_own(module);
    }

    /// A version that must be refused, and nothing else happens.
    fn swap_for_bad(&mut self, which: usize, module: usize) {
        let (bad, want) = BAD[which];
        if bad == Bad::AttachLoops {
            self.system.set_deadline(Some(SOON));
        }
        if bad == Bad::InitialiseAsks {
            let grant = Meanwhile::Grant(REGIONS[0], NAMES[module], Access::Write);
            *self.order.lock().unwrap() = (Some(grant), None);
        }
        let swapped = silently(|| self.system.swap(NAMES[module], &self.bad[which]));
        self.system.set_deadline(Some(DEADLINE));
        match &swapped {
            Some(done) => {
                let e = done.as_ref().unwrap_err();
                assert_eq!(kind(e), want, "{e}");
            }
            None => assert_eq!(want, "panic"),
        }
        if bad == Bad::InitialiseAsks {
            self.counters.host_calls += 1;
            let came = self.order.lock().unwrap().1.take().unwrap();
            assert_eq!(came.map_err(|e| kind(&e)), Err("starting"));
        }
        if want != "link" {
            self.counters.retired += 1;
        }
        if swapped.is_none() {
            self.abandoned();
        }
    }

    /// Moves the system into a fresh store: as if all modules were swapped for themselves.
    pub fn rebuild_in_place(&mut self) {
        self.note("rebuild in place");
        self.system.rebuild().unwrap();
        self.instances = 0;
        assert_eq!(self.system.stats().retired_bytes, 0);
        for module in 0..MODULES {
            self.members[module] = fresh(version(module, self.members[module].version.number));
            for region in self.regions.iter_mut().flatten() {
                region.refresh(module);
            }
        }
        self.check_all();
    }

    /// Drops the system and makes another one, which some of the regions go over to.
    pub fn rebuild(&mut self) {
        self.note("rebuild");
        self.check_all();
        let mut kept = Vec::new();
        for (slot, name) in REGIONS.iter().enumerate() {
            let Some(model) = self.regions[slot].take() else {
                continue;
            };
            if self.rng.one_in(3) {
                continue;
            }
            kept.push((slot, self.system.remove_region(name).unwrap(), model));
        }
        let numbers: [i32; MODULES] =
            std::array::from_fn(|_| self.rng.below(VERSIONS as usize) as i32);
        // The old one goes first, so that the new one gets its slots of a pool.
        let empty = System::builder(&self.engine).build().unwrap();
        drop(std::mem::replace(&mut self.system, empty));
        let (system, guests, probes) =
            make(&self.engine, &self.good, &numbers, &self.order, self.fuel);
        self.system = system;
        self.guests = guests;
        self.probes = probes;
        self.members = (0..MODULES)
            .map(|i| fresh(version(i, numbers[i])))
            .collect();
        self.counters = Counters::default();
        self.instances = 0;
        for (slot, removed, model) in kept {
            match removed {
                Removed::Region(region) => self.system.add_region(REGIONS[slot], region).unwrap(),
                Removed::Sealed(sealed) => self.system.add_sealed(REGIONS[slot], &sealed).unwrap(),
            }
            let handle = self.handle(REGIONS[slot]);
            let mut region = Region::new(handle, model.bytes, model.sealed, model.copied);
            region.volatile = model.volatile;
            self.system
                .set_volatile(REGIONS[slot], region.volatile)
                .unwrap();
            self.regions[slot] = Some(region);
        }
        self.check_all();
    }
}
