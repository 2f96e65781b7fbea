//! What the workload's guest exports: memory for a message, and for each peer its three reads.
//!
//! A message is given by address and length. A read that fails its check answers NaN, which no
//! world adds up to.

use karmem_benches::Peer;
use karmem_benches::peers::{
    flatbuffers::FlatBuffers, karmem::Inline, karmem::Tables, msgpack::MessagePack, repr_c::ReprC,
    rkyv::Rkyv,
};
use std::alloc::{Layout, alloc, dealloc};

/// Messages start at a multiple of this, which is enough for every peer.
const ALIGN: usize = 16;

/// Room for `size` bytes, or null when there is none.
#[unsafe(no_mangle)]
pub extern "C" fn bench_alloc(size: usize) -> *mut u8 {
    match Layout::from_size_align(size.max(1), ALIGN) {
        // SAFETY: the layout has a size of at least 1.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => std::ptr::null_mut(),
    }
}

/// Gives back what [`bench_alloc`] gave.
///
/// # Safety
///
/// `at` came from [`bench_alloc`] with this `size` and has not been given back before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bench_free(at: *mut u8, size: usize) {
    if let Ok(layout) = Layout::from_size_align(size.max(1), ALIGN) {
        // SAFETY: the caller says that `at` was allocated with this layout.
        unsafe { dealloc(at, layout) }
    }
}

/// Three exports for one peer.
macro_rules! exports {
    ($($peer:ty: $sum:ident, $nine:ident, $verified:ident;)*) => {$(
        /// The sum, unchecked.
        ///
        /// # Safety
        ///
        /// At `at` lie `len` bytes that this peer wrote, aligned to 16.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $sum(at: *const u8, len: usize) -> f64 {
            // SAFETY: the caller says that the bytes are there.
            let message = unsafe { std::slice::from_raw_parts(at, len) };
            // SAFETY: the caller says who wrote them and how they are aligned.
            unsafe { <$peer>::sum(message) }
        }

        /// Nine fields of each monster, unchecked.
        ///
        /// # Safety
        ///
        /// At `at` lie `len` bytes that this peer wrote, aligned to 16.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $nine(at: *const u8, len: usize) -> f64 {
            // SAFETY: the caller says that the bytes are there.
            let message = unsafe { std::slice::from_raw_parts(at, len) };
            // SAFETY: the caller says who wrote them and how they are aligned.
            unsafe { <$peer>::nine(message) }
        }

        /// The sum, after a check of the whole message.
        ///
        /// # Safety
        ///
        /// At `at` lie `len` bytes.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $verified(at: *const u8, len: usize) -> f64 {
            // SAFETY: the caller says that the bytes are there.
            let message = unsafe { std::slice::from_raw_parts(at, len) };
            <$peer>::verified_sum(message).unwrap_or(f64::NAN)
        }
    )*};
}

exports! {
    ReprC: repr_c_sum, repr_c_nine, repr_c_verified;
    Inline: karmem_inline_sum, karmem_inline_nine, karmem_inline_verified;
    Tables: karmem_sum, karmem_nine, karmem_verified;
    Rkyv: rkyv_sum, rkyv_nine, rkyv_verified;
    FlatBuffers: flatbuffers_sum, flatbuffers_nine, flatbuffers_verified;
    MessagePack: msgpack_sum, msgpack_nine, msgpack_verified;
}
