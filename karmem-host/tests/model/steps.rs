//! The steps: each does something to the system and the same to the model, and compares what came of it.

use std::time::Duration;

use karmem_core::{FixedWriter, Karmem, Shared};
use karmem_derive::Karmem;
use karmem_host::{Access, Removed};

use crate::common::STRICT;
use crate::guest::{MAX_PAGES, OWN, WASM_PAGE};
use crate::model::{Region, Wrote};
use crate::world::{
    DEADLINE, MEMORY, MODULES, Meanwhile, NAMES, REGIONS, SLACK, World, kind, next,
};

/// A message to put into regions.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, crate = "karmem_core")]
struct Note {
    id: u32,
    text: String,
    more: Vec<u64>,
}

/// Whether it was done, or what for it was refused; that it was right was asserted.
type Done = Result<(), &'static str>;

impl World {
    /// One random step.
    pub fn step(&mut self) {
        self.steps += 1;
        let (name, done) = match self.rng.below(1000) {
            0..130 => ("guest write", self.guest_fill()),
            130..230 => ("guest store", self.guest_store()),
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
        if self.rng.one_in(12_000) {
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
    fn slot(&mut self) -> usize {
        let slot = self.rng.below(REGIONS.len());
        if self.regions[slot].is_none() && !self.rng.one_in(10) {
            let there = |slot: &usize| self.regions[*slot].is_some();
            return (0..REGIONS.len()).find(there).unwrap_or(slot);
        }
        slot
    }

    /// A module, mostly one that can be called.
    fn module(&mut self) -> usize {
        let module = self.rng.below(MODULES);
        if self.members[module].poisoned && !self.rng.one_in(5) {
            let well = |module: &usize| !self.members[*module].poisoned;
            return (0..MODULES).find(well).unwrap_or(module);
        }
        module
    }

    /// A region and a module, mostly one that was granted the region.
    fn pair(&mut self) -> (usize, usize) {
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
    fn writer(&mut self) -> (usize, usize) {
        let (slot, module) = self.pair();
        match self.regions[slot].as_ref().and_then(|r| r.writer) {
            Some(writer) if !self.rng.one_in(4) => (slot, writer),
            _ => (slot, module),
        }
    }

    /// A range in a region of that length, short or long.
    fn range(&mut self, len: usize) -> (usize, usize) {
        let at = self.rng.below(len);
        let most = if self.rng.one_in(8) { len } else { 5000 };
        (at, self.rng.below(most.min(len - at) + 1))
    }

    /// A region that is there, or what asking for it gives.
    fn present(&mut self, slot: usize) -> Result<(), &'static str> {
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
    fn path(&mut self, module: usize) -> Vec<usize> {
        let depth = if module < 3 { self.rng.below(6) } else { 0 };
        let mut path = vec![module];
        for _ in 0..depth {
            path.push(next(path[path.len() - 1]));
        }
        path
    }

    /// What a call through these modules gives, if a poisoned one is on the way: who was cut off then is
    /// poisoned as well.
    fn refused(&mut self, path: &[usize]) -> Option<&'static str> {
        let at = path.iter().position(|m| self.members[*m].poisoned)?;
        if at > 0 {
            self.cut_off(&path[..at]);
        }
        Some("poisoned")
    }

    /// These modules were running when a call ended in an error.
    fn cut_off(&mut self, modules: &[usize]) {
        self.counters.traps += 1;
        for module in modules {
            let member = &mut self.members[*module];
            member.poisoned |= member.version.hidden;
        }
    }

    fn guest_fill(&mut self) -> Done {
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

    fn guest_store(&mut self) -> Done {
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
    fn forget_copies(&mut self, slot: usize, module: usize, wrote: Wrote) {
        let region = self.regions[slot].as_mut().filter(|r| r.copied);
        if wrote == Wrote::Private
            && let Some(region) = region
        {
            region.refresh(module);
            self.system.refresh(REGIONS[slot], NAMES[module]).unwrap();
        }
    }

    fn guest_read(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.present(slot)?;
        self.check_window(slot, module);
        Ok(())
    }

    /// A handle that no region has, or that the module has not.
    fn wild(&mut self) -> Done {
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

    fn host_write(&mut self) -> Done {
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

    fn access(&mut self) -> Access {
        match self.rng.below(5) {
            0 | 1 => Access::Write,
            2 | 3 => Access::Read,
            _ => STRICT,
        }
    }

    fn grant(&mut self) -> Done {
        let (slot, module, access) = (self.slot(), self.module(), self.access());
        self.note(format!("grant {slot} to {module}: {access:?}"));
        let done = self.system.grant(REGIONS[slot], NAMES[module], access);
        self.granted(slot, module, access, done)
    }

    fn granted(
        &mut self,
        slot: usize,
        module: usize,
        access: Access,
        done: karmem_host::Result<()>,
    ) -> Done {
        let poisoned = self.members[module].poisoned;
        let wanted = match &mut self.regions[slot] {
            Some(_) if poisoned => Err("poisoned"),
            Some(region) => region.grant(module, access),
            None => Err("unknown region"),
        };
        assert_eq!(done.map_err(|e| kind(&e)), wanted);
        self.check_window(slot, module);
        wanted
    }

    fn revoke(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.note(format!("revoke {slot} from {module}"));
        let done = self.system.revoke(REGIONS[slot], NAMES[module]);
        self.revoked(slot, module, done)
    }

    fn revoked(&mut self, slot: usize, module: usize, done: karmem_host::Result<()>) -> Done {
        let wanted = match &mut self.regions[slot] {
            Some(region) => region.revoke(module),
            None => Err("unknown region"),
        };
        assert_eq!(done.map_err(|e| kind(&e)), wanted);
        self.check_window(slot, module);
        wanted
    }

    fn refresh(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.present(slot)?;
        self.note(format!("refresh {slot} in {module}"));
        self.system.refresh(REGIONS[slot], NAMES[module]).unwrap();
        if let Some(region) = &mut self.regions[slot] {
            region.refresh(module);
        }
        self.check_window(slot, module);
        Ok(())
    }

    fn seal(&mut self) -> Done {
        let slot = self.slot();
        self.present(slot)?;
        self.note(format!("seal {slot}"));
        let sealed = self.system.seal(REGIONS[slot]).unwrap();
        let new = self.new_seal();
        let region = self.regions[slot].as_mut().unwrap();
        let seal = *region.sealed.get_or_insert(new);
        assert_eq!(*sealed, region.bytes[..]);
        if self.held.len() < 3 && self.rng.one_in(2) {
            let region = self.regions[slot].as_ref().unwrap();
            let (bytes, copied) = (region.bytes.clone(), region.copied);
            self.held.push((seal, sealed, bytes, copied));
        }
        Ok(())
    }

    fn unseal(&mut self) -> Done {
        let slot = self.slot();
        self.present(slot)?;
        self.note(format!("unseal {slot}"));
        let done = self.system.unseal(REGIONS[slot]).map_err(|e| kind(&e));
        let seal = self.regions[slot].as_ref().and_then(|r| r.sealed);
        let shared = seal.is_some_and(|seal| self.sharers(seal) > 1);
        let wanted = if shared { Err("still read") } else { Ok(()) };
        assert_eq!(done, wanted);
        if wanted.is_ok() && seal.is_some() {
            self.regions[slot].as_mut().unwrap().unsealed();
        }
        wanted
    }

    fn drop_held(&mut self) -> Done {
        if self.held.is_empty() {
            return Err("none");
        }
        let index = self.rng.below(self.held.len());
        self.note("drop a sealed region");
        let (_, sealed, bytes, _) = self.held.swap_remove(index);
        assert_eq!(*sealed, bytes[..]);
        Ok(())
    }

    fn add(&mut self) -> Done {
        let slot = self.slot();
        let share = !self.held.is_empty() && self.rng.one_in(4);
        let (done, bytes, seal, copied) = if share {
            let index = self.rng.below(self.held.len());
            let (seal, sealed, bytes, copied) = &self.held[index];
            let done = self.system.add_sealed(REGIONS[slot], sealed);
            (done, bytes.clone(), Some(*seal), *copied)
        } else {
            let len = WASM_PAGE * (1 + self.rng.below(2));
            let copied = self.copying && !self.rng.one_in(3);
            let region = if copied {
                karmem_host::Region::copied(len)
            } else {
                karmem_host::Region::anonymous(len)
            };
            let (mut region, mut bytes) = (region.unwrap(), vec![0; len]);
            if self.rng.one_in(2) {
                bytes.fill(self.rng.next() as u8);
                region.bytes_mut().copy_from_slice(&bytes);
            }
            let done = self.system.add_region(REGIONS[slot], region);
            (done, bytes, None, copied)
        };
        self.note(format!("add {slot}, sealed as {seal:?}"));
        if self.regions[slot].is_some() {
            assert_eq!(kind(&done.unwrap_err()), "exists");
            return Err("exists");
        }
        done.unwrap();
        let handle = self.handle(REGIONS[slot]);
        let mut region = Region::new(handle, bytes, seal, copied);
        region.volatile = self.rng.one_in(2);
        if region.volatile {
            self.system.set_volatile(REGIONS[slot], true).unwrap();
        }
        self.regions[slot] = Some(region);
        self.check_region(slot);
        Ok(())
    }

    fn remove(&mut self) -> Done {
        let slot = self.slot();
        self.present(slot)?;
        self.note(format!("remove {slot}"));
        let region = self.regions[slot].take().unwrap();
        match self.system.remove_region(REGIONS[slot]).unwrap() {
            Removed::Region(removed) => {
                assert!(region.sealed.is_none());
                assert_eq!(removed.bytes(), region.bytes);
            }
            Removed::Sealed(removed) => {
                assert_eq!(*removed, region.bytes[..]);
                let alone = self.sharers(region.sealed.unwrap()) == 0;
                assert_eq!(removed.unseal().is_ok(), alone);
            }
        }
        // Nobody has it any more.
        for module in 0..MODULES {
            let base = self.call(module, |g| &g.base, region.handle);
            assert!(base.is_none_or(|base| base == 0));
        }
        Ok(())
    }

    fn own_fill(&mut self) -> Done {
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

    fn grow(&mut self) -> Done {
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

    fn trap(&mut self) -> Done {
        let module = self.module();
        let what = self.rng.below(5) as u32;
        self.trap_as(module, what, "trap")
    }

    fn endless(&mut self) {
        let module = self.module();
        self.system.set_deadline(Some(Duration::from_millis(30)));
        let _ = self.trap_as(module, 5, "deadline");
        self.system.set_deadline(Some(DEADLINE));
    }

    fn trap_as(&mut self, module: usize, what: u32, wanted: &'static str) -> Done {
        let path = self.path(module);
        self.note(format!("{path:?} trap of kind {what}"));
        let done = self.try_call(module, |g| &g.relay_trap, (path.len() as u32 - 1, what));
        if let Some(refused) = self.refused(&path) {
            assert_eq!(done, Err(refused));
            return Err(refused);
        }
        assert_eq!(done, Err(wanted));
        // The backtrace of an endless recursion is cut off: everybody may have been running.
        let everybody: Vec<usize> = (0..MODULES).collect();
        self.cut_off(if what == 4 { &everybody } else { &path });
        Ok(())
    }

    /// A guest calls the host, which changes who has what while the guest waits.
    fn ask(&mut self) -> Done {
        let ((slot, module), to) = (self.pair(), self.module());
        let (other, access) = (self.slot(), self.access());
        let what = match self.rng.below(5) {
            0 => Meanwhile::Nothing,
            1 => Meanwhile::Grant(REGIONS[other], NAMES[to], access),
            2 => Meanwhile::Revoke(REGIONS[other], NAMES[to]),
            // The one that it reads.
            3 => Meanwhile::Revoke(REGIONS[slot], NAMES[module]),
            _ if self.rng.one_in(4) => Meanwhile::Fail,
            _ => Meanwhile::Grant(REGIONS[slot], NAMES[module], access),
        };
        self.note(format!("{module} asks for {what:?}, and reads {slot}"));
        *self.order.lock().unwrap() = (Some(what), None);
        let page = self.page;
        let handle = self.regions[slot].as_ref().map_or(9_999_999, |r| r.handle);
        let at = self.rng.below(WASM_PAGE - 7);
        let read = |world: &World| {
            let seen = world.regions[slot]
                .as_ref()
                .and_then(|r| r.seen(module, page));
            seen.map(|bytes| i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()))
        };
        let before = read(self);
        let slot_of = |name| REGIONS.iter().position(|r| *r == name).unwrap();
        let module_of = |name| NAMES.iter().position(|n| *n == name).unwrap();
        let allowed = |region, to, access| {
            let region = self.regions[slot_of(region)].as_ref();
            let poisoned = |other: usize| self.members[other].poisoned;
            region.is_none_or(|r| r.may_change(module, module_of(to), access, poisoned))
        };
        let allowed = match what {
            Meanwhile::Grant(region, to, access) => allowed(region, to, Some(access)),
            Meanwhile::Revoke(region, to) => allowed(region, to, None),
            Meanwhile::Nothing | Meanwhile::Fail => true,
        };
        let done = self.try_call(module, |g| &g.ask, (0, handle, at as u32));
        if let Some(refused) = self.refused(&[module]) {
            assert_eq!(done, Err(refused));
            return Err(refused);
        }
        self.counters.host_calls += 1;
        let came = self.order.lock().unwrap().1.take();
        let result = match what {
            _ if !allowed => {
                let refused = came.unwrap().map_err(|e| kind(&e));
                assert_eq!(refused, Err("not volatile"));
                Err("not volatile")
            }
            Meanwhile::Nothing => Ok(()),
            Meanwhile::Fail => {
                assert_eq!(done, Err("host"));
                self.cut_off(&[module]);
                return Err("host");
            }
            Meanwhile::Grant(region, module, access) => {
                self.granted(slot_of(region), module_of(module), access, came.unwrap())
            }
            Meanwhile::Revoke(region, module) => {
                self.revoked(slot_of(region), module_of(module), came.unwrap())
            }
        };
        let (first, then) = match before {
            // What it had open reads as zeros when it was taken away.
            Some(first) => (first, read(self).unwrap_or(0)),
            None => (0, 0),
        };
        assert_eq!(done, Ok(first.wrapping_mul(31).wrapping_add(then)));
        result
    }

    fn message(&mut self) -> Note {
        let length = self.rng.below(40) * self.rng.below(40);
        Note {
            id: self.rng.next() as u32,
            text: "x".repeat(length),
            more: (0..self.rng.below(20) as u64).collect(),
        }
    }

    fn host_put(&mut self) -> Done {
        let (slot, value) = (self.slot(), self.message());
        self.present(slot)?;
        let bytes = value.encode().unwrap();
        self.note(format!("put {} bytes into {slot}", bytes.len()));
        let put = self.system.put(REGIONS[slot], &value);
        let region = self.regions[slot].as_mut().unwrap();
        match put {
            Ok(shared) => {
                let (at, length) = (shared.offset(), bytes.len() as u32);
                assert!(region.sealed.is_none());
                assert_eq!(shared.handle(), region.handle);
                assert!(
                    at.is_multiple_of(8) && region.is_free(at, length),
                    "{at} +{length}"
                );
                region.heap.insert(at, length);
                // References count from the region's first byte.
                let mut writer = FixedWriter::starting_at(&mut region.bytes, at);
                assert_eq!(value.encode_in(&mut writer), Ok(at));
                let view = self.system.view(shared).unwrap();
                assert_eq!(view.to_owned(), Ok(value));
                self.check_region(slot);
                Ok(())
            }
            Err(e) if region.sealed.is_some() => {
                assert_eq!(kind(&e), "sealed");
                Err("sealed")
            }
            Err(e) => {
                assert_eq!(kind(&e), "full");
                assert!(!region.heap.is_empty(), "an empty region was full");
                Err("full")
            }
        }
    }

    /// An offset at which something was allocated, or perhaps not.
    fn offset(&mut self, slot: usize) -> u32 {
        let live: Vec<u32> = (self.regions[slot].iter())
            .flat_map(|r| r.heap.keys().copied())
            .collect();
        if live.is_empty() || self.rng.one_in(5) {
            self.rng.below(2 * WASM_PAGE) as u32
        } else {
            live[self.rng.below(live.len())]
        }
    }

    fn host_free(&mut self) -> Done {
        let slot = self.slot();
        self.present(slot)?;
        let at = self.offset(slot);
        self.note(format!("free {at:#x} of {slot}"));
        let region = self.regions[slot].as_mut().unwrap();
        let done = self.system.free(Shared::<Note>::new(region.handle, at));
        let wanted = region.heap.remove(&at).map(drop).ok_or("not allocated");
        assert_eq!(done.map_err(|e| kind(&e)), wanted);
        wanted
    }

    /// A message in place of all that was in the region.
    fn host_message(&mut self) -> Done {
        let (slot, value) = (self.slot(), self.message());
        self.present(slot)?;
        self.note(format!("write a message into {slot}"));
        let done = self.system.write(REGIONS[slot], &value);
        let region = self.regions[slot].as_mut().unwrap();
        let wanted = match (region.heap.is_empty(), region.sealed) {
            (false, _) => Err("heap in use"),
            (true, Some(_)) => Err("sealed"),
            (true, None) => Ok(()),
        };
        match done {
            Ok(shared) => {
                assert_eq!(wanted, Ok(()));
                let bytes = value.encode().unwrap();
                region.bytes[..bytes.len()].copy_from_slice(&bytes);
                assert_eq!(self.system.view(shared).unwrap().to_owned(), Ok(value));
                self.check_region(slot);
            }
            Err(e) => assert_eq!(Err(kind(&e)), wanted),
        }
        wanted
    }

    fn guest_alloc(&mut self) -> Done {
        let (slot, module) = self.writer();
        self.present(slot)?;
        let size = if self.rng.one_in(10) {
            self.rng.next() as u32
        } else {
            self.rng.below(4000) as u32
        };
        let align = [1, 2, 4, 8, 16][self.rng.below(5)];
        self.note(format!("{module} allocates {size} by {align} in {slot}"));
        let handle = self.regions[slot].as_ref().map_or(0, |r| r.handle);
        let at = self
            .call(module, |g| &g.heap_alloc, (handle, size, align))
            .ok_or("poisoned")?;
        let (page, byte) = (self.page, self.rng.next() as u8);
        let region = self.regions[slot].as_mut().unwrap();
        let may = region.may_write(module) && align <= 8;
        if at == -1 {
            let fits = size as usize <= region.bytes.len();
            assert!(!may || !fits || !region.heap.is_empty(), "there is room");
            return Err(if may { "full" } else { "sealed" });
        }
        assert!(may);
        let at = at.cast_unsigned();
        assert!(
            at.is_multiple_of(8) && region.is_free(at, size),
            "{at} +{size}"
        );
        region.heap.insert(at, size);
        region.write(module, at as usize, &vec![byte; size as usize], page);
        let filled = self.call(module, |g| &g.relay, (0, handle, at, size, byte.into()));
        assert_eq!(filled, Some(1));
        self.check_region(slot);
        Ok(())
    }

    fn guest_free(&mut self) -> Done {
        let (slot, module) = self.writer();
        self.present(slot)?;
        let at = self.offset(slot);
        self.note(format!("{module} frees {at:#x} of {slot}"));
        let handle = self.regions[slot].as_ref().map_or(0, |r| r.handle);
        let freed = self
            .call(module, |g| &g.heap_free, (handle, at))
            .ok_or("poisoned")?;
        let region = self.regions[slot].as_mut().unwrap();
        let may = region.writer == Some(module) && region.heap.contains_key(&at);
        assert_eq!(freed, if may { 0 } else { -1 });
        if !may {
            return Err("not allocated");
        }
        region.heap.remove(&at);
        Ok(())
    }

    fn swap_one(&mut self) -> Done {
        let ill = (0..MODULES).find(|module| self.members[*module].poisoned);
        let module = match ill {
            Some(ill) if !self.rng.one_in(3) => ill,
            _ => self.module(),
        };
        self.swap(module)
    }
}
