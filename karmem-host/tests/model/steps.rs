//! The steps: each does something to the system and the same to the model, and compares what came of it.

use crate::guest::{MAX_PAGES, OWN, WASM_PAGE};
use crate::model::Wrote;
use crate::world::{MEMORY, MODULES, NAMES, REGIONS, SLACK, World, kind, next};

/// Whether it was done, or what for it was refused; that it was right was asserted.
pub type Done = Result<(), &'static str>;

impl World {
    /// One random step.
    pub fn step(&mut self) {
        self.steps += 1;
        let (name, done) = match self.rng.below(1000) {
            0..130 => ("guest write", self.guest_fill()),
            130..140 => ("attack", self.attack()),
            140..150 => ("slow guest write", self.guest_slowly()),
            150..230 => ("guest store", self.guest_store()),
            230..330 => ("guest read", self.guest_read()),
            330..430 => ("host write", self.host_write()),
            430..530 => ("grant", self.grant()),
            530..580 => ("revoke", self.revoke()),
            580..610 => ("refresh", self.refresh()),
            610..625 => ("seal", self.seal()),
            625..700 => ("unseal", self.unseal()),
            700..725 => ("drop a sealed region", self.drop_held()),
            725..755 => ("add a region", self.add()),
            755..765 => ("remove a region", self.remove()),
            765..795 => ("write in its own memory", self.own_fill()),
            795..805 => ("grow memory", self.grow()),
            805..825 => ("trap", self.trap()),
            825..885 => ("host call", self.ask()),
            885..905 => ("host put", self.host_put()),
            905..920 => ("host free", self.host_free()),
            920..930 => ("host message", self.host_message()),
            930..960 => ("guest alloc", self.guest_alloc()),
            960..980 => ("guest free", self.guest_free()),
            980..992 => ("swap", self.swap_one()),
            _ => ("wild handle", self.wild()),
        };
        let count = self.done.entry(name).or_default();
        match done {
            Ok(()) => count.0 += 1,
            Err(_) => count.1 += 1,
        }
        // Seldom, because its time passes.
        let seldom = if self.fuel.is_some() { 100 } else { 12_000 };
        if self.rng.one_in(seldom) {
            self.endless();
            self.done.entry("endless loop").or_default().0 += 1;
        }
        if self.is_worn() && self.rng.one_in(2) || self.rng.one_in(2_000) {
            self.rebuild_in_place();
            self.done.entry("rebuild in place").or_default().0 += 1;
        }
        if self.is_worn() || self.rng.one_in(10_000) {
            self.rebuild();
            self.done.entry("rebuild").or_default().0 += 1;
        }
        if self.steps.is_multiple_of(16) {
            self.check_described();
        }
        if self.steps.is_multiple_of(256) {
            self.check_all();
        }
    }

    /// A region, mostly one that is there.
    pub fn slot(&mut self) -> usize {
        let slot = self.rng.below(REGIONS.len());
        if self.regions[slot].is_none() && !self.rng.one_in(10) {
            let there = |slot: &usize| self.regions[*slot].is_some();
            return (0..REGIONS.len()).find(there).unwrap_or(slot);
        }
        slot
    }

    /// A module, mostly one that can be called.
    pub fn module(&mut self) -> usize {
        let module = self.rng.below(MODULES);
        if self.members[module].poisoned && !self.rng.one_in(5) {
            let well = |module: &usize| !self.members[*module].poisoned;
            return (0..MODULES).find(well).unwrap_or(module);
        }
        module
    }

    /// A region and a module, mostly one that was granted the region.
    pub fn pair(&mut self) -> (usize, usize) {
        let (slot, module) = (self.slot(), self.module());
        if !self.rng.one_in(4)
            && let Some(region) = &self.regions[slot]
            && !region.windows.contains_key(&module)
        {
            let granted: Vec<usize> = region.windows.keys().copied().collect();
            if !granted.is_empty() {
                return (slot, granted[self.rng.below(granted.len())]);
            }
        }
        (slot, module)
    }

    /// The same, and mostly the module that writes the region.
    pub fn writer(&mut self) -> (usize, usize) {
        let (slot, module) = self.pair();
        match self.regions[slot].as_ref().and_then(|r| r.writer) {
            Some(writer) if !self.rng.one_in(4) => (slot, writer),
            _ => (slot, module),
        }
    }

    /// A range in a region of that length, short or long.
    pub fn range(&mut self, len: usize) -> (usize, usize) {
        let at = self.rng.below(len);
        let most = if self.rng.one_in(8) { len } else { 5000 };
        (at, self.rng.below(most.min(len - at) + 1))
    }

    /// A region that is there, or what asking for it gives.
    pub fn present(&mut self, slot: usize) -> Result<(), &'static str> {
        match self.regions[slot] {
            Some(_) => Ok(()),
            None => {
                let e = self.system.bytes_mut(REGIONS[slot]).unwrap_err();
                assert_eq!(kind(&e), "unknown region");
                Err("unknown region")
            }
        }
    }

    /// The modules that a call of this depth goes through.
    pub fn path(&mut self, module: usize) -> Vec<usize> {
        let depth = if module < 3 { self.rng.below(6) } else { 0 };
        let mut path = vec![module];
        for _ in 0..depth {
            path.push(next(path[path.len() - 1]));
        }
        path
    }

    /// What a call through these modules gives, if a poisoned one is on the way: who was cut off then is
    /// poisoned as well.
    pub fn refused(&mut self, path: &[usize]) -> Option<&'static str> {
        let at = path.iter().position(|m| self.members[*m].poisoned)?;
        if at > 0 {
            self.cut_off(&path[..at]);
        }
        Some("poisoned")
    }

    /// These modules were running when a call ended in an error.
    pub fn cut_off(&mut self, modules: &[usize]) {
        self.counters.traps += 1;
        for module in modules {
            let member = &mut self.members[*module];
            member.poisoned |= member.version.hidden;
        }
    }

    /// A host function panicked, and the panic left the call or the operation: nobody knows which modules were
    /// running.
    pub fn abandoned(&mut self) {
        let everybody: Vec<usize> = (0..MODULES).collect();
        self.cut_off(&everybody);
        // Which the next use finds out.
        let module = self.module();
        self.call(module, |g| &g.version, ());
    }

    pub fn guest_fill(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.present(slot)?;
        let len = self.regions[slot].as_ref().map_or(1, |r| r.bytes.len());
        let ((at, length), byte) = (self.range(len), self.rng.next() as u8);
        let path = self.path(module);
        self.note(format!(
            "{path:?} fill {slot} at {at:#x} +{length:#x} with {byte}"
        ));
        let handle = self.regions[slot].as_ref().map_or(0, |r| r.handle);
        let params = (
            path.len() as u32 - 1,
            handle,
            at as u32,
            length as u32,
            byte.into(),
        );
        let done = self.try_call(module, |g| &g.relay, params);
        if let Some(refused) = self.refused(&path) {
            assert_eq!(done, Err(refused));
            return Err(refused);
        }
        let page = self.page;
        let last = path[path.len() - 1];
        let region = self.regions[slot].as_mut().unwrap();
        let wrote = region.write(last, at, &vec![byte; length], page);
        let (wanted, result) = match wrote {
            // Native code: found out when the call has ended.
            Wrote::Strict if length > 0 => (Err("violation"), Err("violation")),
            Wrote::Nothing => (Ok(0), Err("not granted")),
            _ => (Ok(1), Ok(())),
        };
        assert_eq!(done, wanted);
        self.check_region(slot);
        self.forget_copies(slot, last, wrote);
        self.check_window(slot, last);
        result
    }

    pub fn guest_store(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.present(slot)?;
        let x = self.rng.next().cast_signed();
        let page = self.page;
        let (len, handle) = self.regions[slot]
            .as_ref()
            .map_or((8, 0), |r| (r.bytes.len(), r.handle));
        let at = self.rng.below(len - 7);
        self.note(format!("{module} store {slot} at {at:#x}"));
        let done = self.try_call(module, |g| &g.store, (handle, at as u32, x));
        if let Some(refused) = self.refused(&[module]) {
            assert_eq!(done, Err(refused));
            return Err(refused);
        }
        let region = self.regions[slot].as_mut().unwrap();
        let wrote = region.write(module, at, &x.to_le_bytes(), page);
        let (wanted, result) = match wrote {
            Wrote::Strict => (Err("trap"), Err("trap")),
            Wrote::Nothing => (Ok(0), Err("not granted")),
            _ => (Ok(1), Ok(())),
        };
        assert_eq!(done, wanted);
        if wrote == Wrote::Strict {
            self.cut_off(&[module]);
        }
        self.check_region(slot);
        self.forget_copies(slot, module, wrote);
        result
    }

    /// Where regions are copied, what a reader wrote is there until the region changes, which the model
    /// need not know.
    pub fn forget_copies(&mut self, slot: usize, module: usize, wrote: Wrote) {
        let region = self.regions[slot].as_mut().filter(|r| r.copied);
        if wrote == Wrote::Private
            && let Some(region) = region
        {
            region.refresh(module);
            self.system.refresh(REGIONS[slot], NAMES[module]).unwrap();
        }
    }

    pub fn guest_read(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.present(slot)?;
        self.check_window(slot, module);
        Ok(())
    }

    /// A handle that no region has, or that the module has not.
    pub fn wild(&mut self) -> Done {
        let module = self.module();
        let handle = match self.rng.below(3) {
            0 => 0,
            1 => 1_000_000 + self.rng.below(1000) as u32,
            // Another module's.
            _ => self.probes[(module + 1) % MODULES],
        };
        self.note(format!("{module} fill the handle {handle}"));
        match self.call(module, |g| &g.relay, (0, handle, 0, 100, 1)) {
            Some(wrote) => assert_eq!(wrote, 0),
            None => return Err("poisoned"),
        }
        Ok(())
    }

    pub fn host_write(&mut self) -> Done {
        let slot = self.slot();
        self.present(slot)?;
        let len = self.regions[slot].as_ref().map_or(1, |r| r.bytes.len());
        let ((at, length), x) = (self.range(len), self.rng.next());
        self.note(format!("host writes {slot} at {at:#x} +{length:#x}"));
        let region = self.regions[slot].as_mut().unwrap();
        let bytes = match self.system.bytes_mut(REGIONS[slot]) {
            Ok(bytes) => bytes,
            Err(e) => {
                assert_eq!(kind(&e), "sealed");
                assert!(region.sealed.is_some());
                return Err("sealed");
            }
        };
        assert!(region.sealed.is_none());
        let pattern: Vec<u8> = x.to_le_bytes().into_iter().cycle().take(length).collect();
        bytes[at..at + length].copy_from_slice(&pattern);
        region.bytes[at..at + length].copy_from_slice(&pattern);
        let module = self.module();
        self.check_window(slot, module);
        Ok(())
    }

    pub fn own_fill(&mut self) -> Done {
        let module = self.module();
        let ((at, length), byte) = (self.range(OWN.len()), self.rng.next() as u8);
        self.note(format!(
            "{module} writes at {at:#x} +{length:#x} of its own"
        ));
        let params = ((OWN.start + at) as u32, length as u32, byte.into());
        self.call(module, |g| &g.own_fill, params)
            .ok_or("poisoned")?;
        self.members[module].own[at..at + length].fill(byte);
        Ok(())
    }

    pub fn grow(&mut self) -> Done {
        let module = self.module();
        let size = |i: usize| self.system.memory_size(NAMES[i]).unwrap();
        let (before, all) = (size(module), (0..MODULES).map(size).sum::<usize>());
        let pages = if self.rng.one_in(4) {
            MAX_PAGES
        } else {
            1 + self.rng.below(4)
        };
        let after = before + pages * WASM_PAGE;
        let beyond = after > MAX_PAGES * WASM_PAGE || all + pages * WASM_PAGE > MEMORY;
        if !beyond && all + pages * WASM_PAGE > MEMORY - SLACK {
            return Err("too much");
        }
        self.note(format!("grow {module} by {pages} pages"));
        let grown = self
            .call(module, |g| &g.grow, pages as i32)
            .ok_or("poisoned")?;
        let wanted = if beyond {
            -1
        } else {
            (before / WASM_PAGE) as i32
        };
        assert_eq!(grown, wanted, "{all} bytes in all");
        let now = self.system.memory_size(NAMES[module]).unwrap();
        assert_eq!(now, if beyond { before } else { after });
        if beyond { Err("too much") } else { Ok(()) }
    }

    pub fn swap_one(&mut self) -> Done {
        let ill = (0..MODULES).find(|module| self.members[*module].poisoned);
        let module = match ill {
            Some(ill) if !self.rng.one_in(3) => ill,
            _ => self.module(),
        };
        self.swap(module)
    }
}
