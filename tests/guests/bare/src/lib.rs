//! A guest without `std` and without an allocator: views and views to change over one static block.
#![cfg_attr(target_family = "wasm", no_std)]

use karmem::Karmem;

/// A place.
#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Up.
    pub y: f32,
}

/// What a flight consists of.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
pub struct Flight {
    /// Where it begins.
    pub from: Point,
    /// Where it goes.
    pub legs: [Point; 4],
    /// How many legs it has; set by the guest.
    pub count: u32,
}

/// The module itself: natively there is only the model above, for the host.
#[cfg(target_family = "wasm")]
mod module {
    use core::cell::UnsafeCell;
    use core::ptr::null_mut;
    use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use karmem::{Karmem, Limits};

    use crate::Flight;

    const SIZE: u32 = 4096;

    /// The one block that this guest can give to its host.
    #[repr(align(8))]
    struct Block(UnsafeCell<[u8; SIZE as usize]>);

    // SAFETY: the module has one thread.
    unsafe impl Sync for Block {}

    static BLOCK: Block = Block(UnsafeCell::new([0; SIZE as usize]));
    static GIVEN: AtomicBool = AtomicBool::new(false);
    /// Handle and length of what is attached.
    static HANDLE: AtomicU32 = AtomicU32::new(0);
    static LENGTH: AtomicU32 = AtomicU32::new(0);

    #[unsafe(no_mangle)]
    extern "C" fn karmem_alloc(size: u32, align: u32) -> *mut u8 {
        if size > SIZE || align > 8 || GIVEN.swap(true, Ordering::Relaxed) {
            return null_mut();
        }
        BLOCK.0.get().cast()
    }

    #[unsafe(no_mangle)]
    extern "C" fn karmem_free(_block: *mut u8, _size: u32, _align: u32) {
        GIVEN.store(false, Ordering::Relaxed);
    }

    #[unsafe(no_mangle)]
    extern "C" fn karmem_attach(handle: u32, _base: *mut u8, length: u32, _writable: u32) {
        HANDLE.store(handle, Ordering::Relaxed);
        LENGTH.store(length.min(SIZE), Ordering::Relaxed);
    }

    #[unsafe(no_mangle)]
    extern "C" fn karmem_detach(_handle: u32) {
        LENGTH.store(0, Ordering::Relaxed);
    }

    /// The bytes of a message's region, and the offset of its root; no bytes if it is not attached.
    fn region(message: i64) -> (&'static mut [u8], u32) {
        let (handle, root) = ((message as u64 >> 32) as u32, message as u32);
        let length = match HANDLE.load(Ordering::Relaxed) == handle {
            true => LENGTH.load(Ordering::Relaxed) as usize,
            false => 0,
        };
        // SAFETY: each exported function takes it once and calls nobody; the module has one thread.
        let block: &'static mut [u8; SIZE as usize] = unsafe { &mut *BLOCK.0.get() };
        (block.get_mut(..length).unwrap_or_default(), root)
    }

    /// Checks a flight, counts its legs into it, and returns its length; −1 if it is not valid.
    #[unsafe(no_mangle)]
    extern "C" fn fly(message: i64) -> f32 {
        let (bytes, root) = region(message);
        let Ok(flight) = Flight::view_mut_at(bytes, root, &Limits::default()) else {
            return -1.0;
        };
        let (mut length, mut count) = (0.0, 0);
        let Some(mut at) = flight.from().map(|from| (from.x(), from.y())) else {
            return -1.0;
        };
        for leg in flight.legs().into_iter().flat_map(|legs| legs.iter()) {
            let to = (leg.x(), leg.y());
            // Along the axes: `core` has no square root.
            length += (to.0 - at.0).abs() + (to.1 - at.1).abs();
            at = to;
            count += 1;
        }
        flight.set_count(count);
        length
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
