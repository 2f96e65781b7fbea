//! Steps that call guests which trap, never end, or call the host.

use std::time::Duration;

use crate::guest::WASM_PAGE;
use crate::host::Meanwhile;
use crate::steps::Done;
use crate::world::{DEADLINE, MODULES, NAMES, REGIONS, World, kind};

impl World {
    pub fn trap(&mut self) -> Done {
        let module = self.module();
        let what = self.rng.below(5) as u32;
        self.trap_as(module, what, "trap")
    }

    pub fn endless(&mut self) {
        let module = self.module();
        self.system.set_deadline(Some(Duration::from_millis(30)));
        let _ = self.trap_as(module, 5, "late");
        self.system.set_deadline(Some(DEADLINE));
    }

    pub fn trap_as(&mut self, module: usize, what: u32, wanted: &'static str) -> Done {
        let path = self.path(module);
        self.note(format!("{path:?} trap of kind {what}"));
        let done = self.try_call(module, |g| &g.relay_trap, (path.len() as u32 - 1, what));
        if let Some(refused) = self.refused(&path) {
            assert_eq!(done, Err(refused));
            return Err(refused);
        }
        // Fuel may be used up before the stack is, and by bytes that cannot be written.
        let late = what >= 3 && self.fuel.is_some() && done == Err("late");
        assert!(done == Err(wanted) || late, "{done:?}");
        // The backtrace of an endless recursion is cut off: everybody may have been running.
        let everybody: Vec<usize> = (0..MODULES).collect();
        self.cut_off(if what == 4 { &everybody } else { &path });
        Ok(())
    }

    /// A guest calls the host, which changes who has what while the guest waits.
    pub fn ask(&mut self) -> Done {
        let ((slot, module), to) = (self.pair(), self.module());
        let (other, access) = (self.slot(), self.access());
        let what = match self.rng.below(5) {
            0 => Meanwhile::Nothing,
            1 => Meanwhile::Grant(REGIONS[other], NAMES[to], access),
            2 => Meanwhile::Revoke(REGIONS[other], NAMES[to]),
            // The one that it reads.
            3 => Meanwhile::Revoke(REGIONS[slot], NAMES[module]),
            _ if self.rng.one_in(4) => Meanwhile::Fail,
            _ if self.rng.one_in(8) => Meanwhile::Panic,
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
            _ => true,
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
            Meanwhile::Caught(..) => unreachable!("for attacks"),
            Meanwhile::Fail => {
                assert_eq!(done, Err("host"));
                self.cut_off(&[module]);
                return Err("host");
            }
            Meanwhile::Panic => {
                assert_eq!(done, Err("panic"));
                self.abandoned();
                return Err("panic");
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
}
