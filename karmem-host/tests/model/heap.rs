//! Steps that put messages into regions and allocate there.

use karmem_core::{FixedWriter, Karmem, Shared};
use karmem_derive::Karmem;

use crate::guest::WASM_PAGE;
use crate::steps::Done;
use crate::world::{REGIONS, World, kind};

/// A message to put into regions.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, crate = "karmem_core")]
struct Note {
    id: u32,
    text: String,
    more: Vec<u64>,
}

impl World {
    fn message(&mut self) -> Note {
        let length = self.rng.below(40) * self.rng.below(40);
        Note {
            id: self.rng.next() as u32,
            text: "x".repeat(length),
            more: (0..self.rng.below(20) as u64).collect(),
        }
    }

    pub fn host_put(&mut self) -> Done {
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
    pub fn offset(&mut self, slot: usize) -> u32 {
        let live: Vec<u32> = (self.regions[slot].iter())
            .flat_map(|r| r.heap.keys().copied())
            .collect();
        if live.is_empty() || self.rng.one_in(5) {
            self.rng.below(2 * WASM_PAGE) as u32
        } else {
            live[self.rng.below(live.len())]
        }
    }

    pub fn host_free(&mut self) -> Done {
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
    pub fn host_message(&mut self) -> Done {
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

    pub fn guest_alloc(&mut self) -> Done {
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

    pub fn guest_free(&mut self) -> Done {
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
}
