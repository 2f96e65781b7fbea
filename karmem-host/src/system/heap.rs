//! Messages that come and go in one region: an allocator whose books the host keeps.
//!
//! The books lie outside of the region, so no guest can spoil them, and offsets mean the same to
//! everybody. A guest that writes the region allocates through the import `karmem:karmem/heap@1`.

use std::collections::HashMap;

use karmem_idl::Schema;
use offset_allocator::{Allocation, Allocator};
use wasmtime::{AsContextMut, Func, StoreContextMut};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::system::port::{InterfaceName, Provided};
use crate::system::provider::{Caller, consumer};
use crate::system::state::State;

/// What the allocator counts in: the alignment of messages.
const UNIT: u32 = 8;

/// The pieces of a region that are in use.
pub(super) struct Heap {
    allocator: Allocator,
    /// Allocations by their offset in bytes.
    live: HashMap<u32, Allocation>,
}

impl std::fmt::Debug for Heap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heap")
            .field("live", &self.live.len())
            .finish_non_exhaustive()
    }
}

impl Heap {
    /// Everything in a region of so many bytes is free.
    pub(super) fn new(len: u32) -> Heap {
        Heap {
            allocator: Allocator::new(len / UNIT),
            live: HashMap::new(),
        }
    }

    /// A piece of so many bytes, aligned to 8.
    pub(super) fn alloc(&mut self, size: u32) -> Option<u32> {
        let allocation = self.allocator.allocate(size.div_ceil(UNIT).max(1))?;
        let offset = allocation.offset.checked_mul(UNIT)?;
        self.live.insert(offset, allocation);
        Some(offset)
    }

    /// Gives a piece back; `false` if none in use begins there.
    pub(super) fn free(&mut self, offset: u32) -> bool {
        match self.live.remove(&offset) {
            Some(allocation) => {
                self.allocator.free(allocation);
                true
            }
            None => false,
        }
    }

    /// Pieces in use.
    pub(super) fn live(&self) -> usize {
        self.live.len()
    }
}

/// A piece of a region for a message.
pub(super) fn alloc(state: &mut State, handle: u32, length: usize) -> Result<u32> {
    let entry = state.entry_mut(handle)?;
    if entry.is_sealed() {
        return Err(Error::IsSealed {
            region: entry.name.to_string(),
        });
    }
    let len = entry.len();
    let heap = entry.heap.get_or_insert_with(|| Heap::new(len));
    let piece = u32::try_from(length)
        .ok()
        .and_then(|length| heap.alloc(length));
    piece.ok_or_else(|| Error::RegionFull {
        region: entry.name.to_string(),
        wanted: length,
        length: len,
    })
}

/// Gives a piece of a region back.
pub(super) fn free(state: &mut State, handle: u32, offset: u32) -> Result<()> {
    let entry = state.entry_mut(handle)?;
    if entry.heap.as_mut().is_some_and(|heap| heap.free(offset)) {
        Ok(())
    } else {
        Err(Error::NotAllocated {
            region: entry.name.to_string(),
            offset,
        })
    }
}

/// What guests import to allocate in regions that they write: `karmem:karmem/heap@1`.
pub(super) fn provided(store: &mut StoreContextMut<'_, Context>) -> Result<Provided> {
    let alloc_for = |mut caller: Caller<'_>, handle: u32, size: u32, align: u32| {
        // Every piece is aligned to 8, the largest alignment of a message.
        if !writes(&mut caller, handle)? || align > UNIT {
            return Ok(-1);
        }
        let piece = alloc(&mut caller.data_mut().state, handle, size as usize);
        // Offsets above 2 GiB are negative numbers to wasm; -1 is none, as pieces are aligned.
        Ok(piece.map_or(-1, u32::cast_signed))
    };
    let free_for = |mut caller: Caller<'_>, handle: u32, offset: u32| {
        let freed = writes(&mut caller, handle)?
            && free(&mut caller.data_mut().state, handle, offset).is_ok();
        Ok(if freed { 0 } else { -1 })
    };
    let failed = |e| Error::Instantiate(crate::error::text(e));
    let alloc = Func::try_wrap(store.as_context_mut(), alloc_for).map_err(failed)?;
    let free = Func::try_wrap(store.as_context_mut(), free_for).map_err(failed)?;
    Ok(Provided {
        interface: InterfaceName {
            package: "karmem".into(),
            name: "heap".into(),
            version: 1,
        },
        schema: Schema::from_types("karmem", &[]),
        funcs: [("alloc", alloc), ("free", free)].into(),
        writes: false,
    })
}

/// Whether the module that calls is the region's writer. Calls from callbacks of the ABI are errors.
fn writes(caller: &mut Caller<'_>, handle: u32) -> wasmtime::Result<bool> {
    let state = &caller.data().state;
    state.may_call().map_err(wasmtime::Error::new)?;
    let Ok(consumer) = consumer(caller, &Default::default()) else {
        return Ok(false);
    };
    let state = &caller.data().state;
    let entry = state.entry(handle);
    let writes = entry.is_ok_and(|entry| entry.writer == Some(consumer) && !entry.outbox);
    Ok(writes && !state.is_starting(consumer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_apart_and_come_back() {
        let mut heap = Heap::new(1 << 16);
        let mut pieces: Vec<(u32, u32)> = Vec::new();
        for size in [1, 8, 9, 100, 4096, 0, 7] {
            let at = heap.alloc(size).unwrap();
            assert_eq!(at % 8, 0);
            let end = at + size.max(1);
            assert!(end <= 1 << 16);
            assert!(pieces.iter().all(|&(a, e)| end <= a || e <= at));
            pieces.push((at, end));
        }
        assert!(heap.alloc(1 << 16).is_none());
        for (at, _) in pieces {
            assert!(heap.free(at));
            assert!(!heap.free(at));
        }
        assert!(!heap.free(4));
        assert_eq!(heap.live(), 0);
        assert_eq!(heap.alloc(1 << 16), Some(0));
    }
}
