//! The text of the last panic, for the host: a trap by itself says only that there was one.

use ::alloc::boxed::Box;
use ::alloc::string::String;
use core::fmt::Display;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The text of the last panic that nobody has read; null if there is none. It comes from a box.
static NOTED: AtomicPtr<String> = AtomicPtr::new(ptr::null_mut());
/// The text that the host was given last.
static SHOWN: AtomicPtr<String> = AtomicPtr::new(ptr::null_mut());

/// Puts a text into one of the two places, and frees what was there.
fn replace(place: &AtomicPtr<String>, text: *mut String) {
    let old = place.swap(text, Ordering::AcqRel);
    if !old.is_null() {
        // SAFETY: it came from a box, and the swap took it out of its only place.
        drop(unsafe { Box::from_raw(old) });
    }
}

/// `karmem_init`: from now on the text of a panic is kept for the host. Without `std` there is no
/// hook: call [`note_panic`] in the panic handler.
pub fn init() {
    #[cfg(feature = "std")]
    std::panic::set_hook(Box::new(|info| note_panic(info)));
}

/// Keeps the text of a panic for the host: for the `#[panic_handler]` of a module without `std`.
pub fn note_panic(text: &dyn Display) {
    let text = Box::new(::alloc::format!("{text}"));
    replace(&NOTED, Box::into_raw(text));
}

/// `karmem_panic`: where the text of the last panic lies, as address and length in the two halves;
/// 0 if there was none since the last call. It lies there until the next call.
#[must_use]
pub fn take_panic() -> i64 {
    let text = NOTED.swap(ptr::null_mut(), Ordering::AcqRel);
    replace(&SHOWN, text);
    if text.is_null() {
        return 0;
    }
    // SAFETY: it came from a box and stays in `SHOWN` until the next call of this function.
    let text = unsafe { &*text };
    super::join(text.as_ptr().expose_provenance() as u32, text.len() as u32)
}
