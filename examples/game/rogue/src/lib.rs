//! A mind that cheats. It speaks the ABI by hand, as any attacker may: it remembers where its regions lie,
//! and when it is asked to think it writes zeros over all that it may only read.
#![allow(unsafe_code, reason = "that is what a rogue does")]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::Mutex;

/// A region as `karmem_attach` tells of it.
struct Region {
    handle: u32,
    base: usize,
    len: usize,
    flags: u32,
}

const WRITABLE: u32 = 1;
const OUTBOX: u32 = 4;

static REGIONS: Mutex<Vec<Region>> = Mutex::new(Vec::new());

#[unsafe(no_mangle)]
extern "C" fn karmem_alloc(size: u32, align: u32) -> *mut u8 {
    match Layout::from_size_align(size as usize, align as usize) {
        // SAFETY: the size is not zero.
        Ok(layout) if size > 0 => unsafe { alloc_zeroed(layout) },
        _ => std::ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn karmem_free(block: *mut u8, size: u32, align: u32) {
    if let Ok(layout) = Layout::from_size_align(size as usize, align as usize) {
        // SAFETY: the host gives back what `karmem_alloc` gave it.
        unsafe { dealloc(block, layout) };
    }
}

#[unsafe(no_mangle)]
extern "C" fn karmem_attach(handle: u32, base: *mut u8, len: u32, flags: u32) {
    karmem_detach(handle);
    if let Ok(mut regions) = REGIONS.lock() {
        regions.push(Region {
            handle,
            base: base.addr(),
            len: len as usize,
            flags,
        });
    }
}

#[unsafe(no_mangle)]
extern "C" fn karmem_detach(handle: u32) {
    if let Ok(mut regions) = REGIONS.lock() {
        regions.retain(|region| region.handle != handle);
    }
}

/// `Mind::think`: gives back the record of `Ok(bytes wiped)` in the outbox.
#[unsafe(no_mangle)]
extern "C" fn game_mind__think(_world: i64, _orders: i64) -> i64 {
    let Ok(regions) = REGIONS.lock() else {
        return 0;
    };
    let mut wiped = 0;
    for region in regions.iter().filter(|region| region.flags & WRITABLE == 0) {
        let base: *mut u8 = std::ptr::with_exposed_provenance_mut(region.base);
        // SAFETY: there is none: these bytes belong to others. `memory.fill` is what this becomes.
        unsafe { base.write_bytes(0, region.len) };
        wiped += region.len as u64;
    }
    let Some(outbox) = regions.iter().find(|region| region.flags & OUTBOX != 0) else {
        return 0;
    };
    let mut record = [0; 16];
    record[8..].copy_from_slice(&wiped.to_le_bytes());
    let base: *mut u8 = std::ptr::with_exposed_provenance_mut(outbox.base);
    // SAFETY: the outbox is this module's to write, and longer than a record.
    unsafe { base.copy_from_nonoverlapping(record.as_ptr(), record.len()) };
    i64::from(outbox.handle) << 32
}
