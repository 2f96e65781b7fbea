//! Steps that change who has which region, and which there are.

use karmem_host::{Access, Removed};

use crate::common::STRICT;
use crate::guest::WASM_PAGE;
use crate::model::Region;
use crate::readers::Held;
use crate::steps::Done;
use crate::world::{MODULES, NAMES, REGIONS, World, kind};

impl World {
    pub fn access(&mut self) -> Access {
        match self.rng.below(5) {
            0 | 1 => Access::Write,
            2 | 3 => Access::Read,
            _ => STRICT,
        }
    }

    pub fn grant(&mut self) -> Done {
        let (slot, module, access) = (self.slot(), self.module(), self.access());
        self.note(format!("grant {slot} to {module}: {access:?}"));
        let done = self.system.grant(REGIONS[slot], NAMES[module], access);
        self.granted(slot, module, access, done)
    }

    pub fn granted(
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

    pub fn revoke(&mut self) -> Done {
        let (slot, module) = self.pair();
        self.note(format!("revoke {slot} from {module}"));
        let done = self.system.revoke(REGIONS[slot], NAMES[module]);
        self.revoked(slot, module, done)
    }

    pub fn revoked(&mut self, slot: usize, module: usize, done: karmem_host::Result<()>) -> Done {
        let wanted = match &mut self.regions[slot] {
            Some(region) => region.revoke(module),
            None => Err("unknown region"),
        };
        assert_eq!(done.map_err(|e| kind(&e)), wanted);
        self.check_window(slot, module);
        wanted
    }

    pub fn refresh(&mut self) -> Done {
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

    pub fn seal(&mut self) -> Done {
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
            self.held.push(Held {
                seal,
                sealed,
                bytes,
                copied,
            });
        }
        Ok(())
    }

    pub fn unseal(&mut self) -> Done {
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

    pub fn drop_held(&mut self) -> Done {
        if self.held.is_empty() {
            return Err("none");
        }
        let index = self.rng.below(self.held.len());
        self.note("drop a sealed region");
        let held = self.held.remove(index);
        assert_eq!(*held.sealed, held.bytes[..]);
        Ok(())
    }

    pub fn add(&mut self) -> Done {
        let slot = self.slot();
        let share = !self.held.is_empty() && self.rng.one_in(4);
        let (done, bytes, seal, copied) = if share {
            let index = self.rng.below(self.held.len());
            let held = self.held.get(index);
            let done = self.system.add_sealed(REGIONS[slot], &held.sealed);
            (done, held.bytes.clone(), Some(held.seal), held.copied)
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

    pub fn remove(&mut self) -> Done {
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
}
