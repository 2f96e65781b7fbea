//! Comparing all of the system with all of the model.

use karmem_host::{Access, Method, Params, Results};

use crate::guest::{BOOKS, OWN, SLOT, SLOTS, STACK, WASM_PAGE};
use crate::host::silently;
use crate::world::{MODULES, Methods, NAMES, REGIONS, World, kind};

/// Where two things differ first.
fn assert_same(found: &[u8], wanted: &[u8], what: impl Fn() -> String) {
    if found == wanted {
        return;
    }
    assert_eq!(found.len(), wanted.len(), "length of {}", what());
    let pairs = found.iter().zip(wanted).enumerate();
    let mut differ = pairs.filter(|(_, (a, b))| a != b).map(|(at, _)| at);
    let first = differ.next().unwrap_or_default();
    panic!(
        "{} differs at {first:#x} ({} for {}) and at {} more places",
        what(),
        found[first],
        wanted[first],
        differ.count()
    );
}

impl World {
    /// Calls a module, which may fail.
    pub fn try_call<P: Params, R: Results>(
        &mut self,
        module: usize,
        method: impl Fn(&Methods) -> &Method<P, R>,
        params: P,
    ) -> Result<R, &'static str> {
        self.counters.calls += 1;
        let method = method(&self.guests[module]);
        let call = || self.system.invoke(method, |_| Ok(params), |r, _| Ok(r));
        let done = silently(call).ok_or("panic")?;
        done.map_err(|e| {
            self.note(format!(
                "  gave: {}",
                e.to_string().lines().next().unwrap_or("")
            ));
            kind(&e)
        })
    }

    /// Calls a module where nothing can be the matter but that it is poisoned.
    pub fn call<P: Params, R: Results>(
        &mut self,
        module: usize,
        method: impl Fn(&Methods) -> &Method<P, R>,
        params: P,
    ) -> Option<R> {
        let done = self.try_call(module, method, params);
        let poisoned = self.members[module].poisoned;
        assert_eq!(done.as_ref().err(), poisoned.then_some(&"poisoned"));
        done.ok()
    }

    /// What a module has in its window is what the model says.
    pub fn check_window(&mut self, slot: usize, module: usize) {
        let Some(region) = &self.regions[slot] else {
            return;
        };
        let (handle, len) = (region.handle, region.bytes.len());
        let wanted = region.seen(module, self.page);
        let probe = self.probes[module];
        let copied = self.call(module, |g| &g.copy, (handle, 0, len as u32, probe));
        let Some(copied) = copied else { return };
        assert_eq!(
            copied == 1,
            wanted.is_some(),
            "{} in {}",
            REGIONS[slot],
            NAMES[module]
        );
        if let Some(wanted) = wanted {
            let found = &self.system.bytes(&format!("p{module}")).unwrap()[..len];
            assert_same(found, &wanted, || {
                format!("{} as {} sees it", REGIONS[slot], NAMES[module])
            });
        }
    }

    pub fn check_region(&self, slot: usize) {
        match &self.regions[slot] {
            Some(region) => {
                let found = self.system.bytes(REGIONS[slot]).unwrap();
                assert_same(found, &region.bytes, || REGIONS[slot].into());
            }
            None => {
                let e = self.system.bytes(REGIONS[slot]).unwrap_err();
                assert_eq!(kind(&e), "unknown region");
            }
        }
    }

    /// What the system says of its regions.
    pub fn check_described(&self) {
        self.held.check();
        let said = self.system.describe();
        let mut found: Vec<_> = said
            .regions
            .iter()
            .filter(|r| r.name.starts_with('r'))
            .map(|r| {
                (
                    r.name.clone(),
                    r.handle,
                    r.len as usize,
                    (r.sealed, r.copied),
                    r.grants.clone(),
                )
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let wanted: Vec<_> = (REGIONS.iter().zip(&self.regions))
            .filter_map(|(name, region)| {
                let region = region.as_ref()?;
                let grants: Vec<(String, Access)> = region
                    .windows
                    .iter()
                    .map(|(module, window)| (NAMES[*module].to_owned(), window.access))
                    .collect();
                let len = region.bytes.len();
                let state = (region.sealed.is_some(), region.copied);
                Some(((*name).to_owned(), region.handle, len, state, grants))
            })
            .collect();
        assert_eq!(found, wanted);
        for (module, member) in said.modules.iter().zip(&self.members) {
            assert_eq!(
                module.poisoned.is_some(),
                member.poisoned,
                "{}",
                module.name
            );
        }
        let stats = self.system.stats();
        let counters = &self.counters;
        assert_eq!(stats.calls, counters.calls, "calls");
        assert_eq!(stats.host_calls, counters.host_calls, "host calls");
        assert_eq!(stats.traps, counters.traps, "traps");
        assert_eq!(stats.swaps, counters.swaps, "swaps");
        assert_eq!(stats.retired, counters.retired, "retired");
    }

    /// The memory of a module for itself, all of it: what it wrote, and zeros.
    pub fn check_own(&mut self, module: usize) {
        let size = self.system.memory_size(NAMES[module]).unwrap();
        let probe = self.probes[module];
        let mut wanted = vec![0; size];
        wanted[OWN].copy_from_slice(&self.members[module].own);
        // The windows, by where they lie.
        let mut skipped = vec![BOOKS];
        let mut bases = Vec::new();
        for (slot, name) in REGIONS.iter().enumerate() {
            let Some(region) = &self.regions[slot] else {
                continue;
            };
            let Some(seen) = region.seen(module, self.page) else {
                continue;
            };
            let handle = region.handle;
            let wanted_flags = region.flags(module);
            let Some(base) = self.call(module, |g| &g.base, handle) else {
                return;
            };
            let flags = self.call(module, |g| &g.flags, handle);
            assert_eq!(flags, Some(wanted_flags), "{name} in {}", NAMES[module]);
            let base = base as usize;
            assert_eq!(base % WASM_PAGE, 0);
            wanted[base..][..seen.len()].copy_from_slice(&seen);
            bases.push(base);
        }
        let Some(own_probe) = self.call(module, |g| &g.base, probe) else {
            return;
        };
        bases.push(own_probe as usize);
        skipped.push(own_probe as usize..own_probe as usize + SLOT);
        bases.sort_unstable();
        assert!(bases.windows(2).all(|w| w[0] + SLOT <= w[1]), "{bases:?}");
        assert!(bases.len() <= SLOTS);
        for at in (0..size).step_by(SLOT) {
            let len = SLOT.min(size - at);
            let params = (at as u32, len as u32, probe);
            self.call(module, |g| &g.own_copy, params);
            let mut found = self.system.bytes(&format!("p{module}")).unwrap()[..len].to_vec();
            for range in &skipped {
                let (start, end) = (range.start.max(at), range.end.min(at + len));
                if start < end {
                    found[start - at..end - at].copy_from_slice(&wanted[start..end]);
                }
            }
            assert_same(&found, &wanted[at..at + len], || {
                format!("the memory of {} from {at:#x} on", NAMES[module])
            });
        }
        let version = self.call(module, |g| &g.version, ());
        assert_eq!(version, Some(self.members[module].version.number));
        let sp = self.call(module, |g| &g.sp, ());
        assert_eq!(sp, Some(STACK), "the stack pointer of {}", NAMES[module]);
    }

    pub fn check_all(&mut self) {
        for slot in 0..REGIONS.len() {
            self.check_region(slot);
            for module in 0..MODULES {
                self.check_window(slot, module);
            }
        }
        for module in 0..MODULES {
            self.check_own(module);
        }
        for held in self.held.iter() {
            assert_same(&held.sealed, &held.bytes, || {
                format!("what was sealed as number {}", held.seal)
            });
        }
        self.check_described();
    }
}
