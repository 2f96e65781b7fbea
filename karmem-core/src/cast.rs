//! The casts between bytes and what lies in them: the `unsafe` of this crate besides [`crate::guest`].
#![allow(unsafe_code, reason = "the casts of shared cells, each argued below")]

use core::cell::Cell;
#[cfg(target_has_atomic = "32")]
use core::sync::atomic::AtomicU32;

use zerocopy::{FromBytes, IntoBytes};

use crate::raw::Raw;

/// The `R` at byte `at` of `bytes`, if it is all inside.
#[inline(always)]
pub(crate) fn cell<R: Raw>(bytes: &[Cell<u8>], at: u32) -> Option<&Cell<R>> {
    let part = bytes.get(at as usize..)?.get(..size_of::<R>())?;
    let pointer = part.as_ptr().cast::<Cell<R>>();
    // SAFETY: `part` is borrowed for the lifetime of the result and has `size_of::<R>()` bytes.
    // `Cell<T>` has the same memory layout as `T` (documented of `Cell`), so `pointer` points to
    // as many bytes as a `Cell<R>` takes; `R: Unaligned` has alignment 1. All bytes are a valid
    // `R` (`FromBytes`) and every `R` is valid bytes (`IntoBytes`), so that writes through either
    // type are fine for the other; both are cells, so that the aliasing is allowed.
    Some(unsafe { &*pointer })
}

/// The whole elements in `bytes`. Exactly `count(bytes.len(), size)` is known to fit, so that no
/// second comparison is needed, which would turn the address into a conditional move that every
/// load waits for.
#[inline(always)]
pub(crate) fn items<R: Raw>(bytes: &[u8]) -> &[R] {
    let (count, _) = crate::raw::count(bytes.len() as u32, R::SIZE);
    let pointer = bytes.as_ptr().cast::<R>();
    // SAFETY: `count * size_of::<R>()` is at most the low 32 bits of `bytes.len()`, so all elements
    // are inside of `bytes`, which is borrowed for the lifetime of the result; `R` has alignment 1
    // (`Unaligned`), all bytes are a valid `R` (`FromBytes`), and it has no interior mutability
    // (`Immutable`).
    unsafe { core::slice::from_raw_parts(pointer, count as usize) }
}

/// The whole elements in `bytes`.
#[inline(always)]
pub(crate) fn cells<R: Raw>(bytes: &[Cell<u8>]) -> &[Cell<R>] {
    let (count, _) = crate::raw::count(bytes.len() as u32, R::SIZE);
    debug_assert!(
        u32::try_from(bytes.len()).is_ok(),
        "a message is below 4 GiB"
    );
    let pointer = bytes.as_ptr().cast::<Cell<R>>();
    // SAFETY: as in `cell` for each element; `count * size_of::<R>()` is at most the low 32 bits
    // of `bytes.len()`, so all elements are inside of `bytes`.
    unsafe { core::slice::from_raw_parts(pointer, count as usize) }
}

/// The bytes of a cell.
#[inline(always)]
pub(crate) fn bytes_of<R: Raw>(cell: &Cell<R>) -> &[Cell<u8>] {
    let pointer = core::ptr::from_ref(cell).cast::<Cell<u8>>();
    // SAFETY: as in `cell`, the other way round: `R: IntoBytes` has no padding.
    unsafe { core::slice::from_raw_parts(pointer, size_of::<R>()) }
}

/// The bytes of several cells.
#[inline(always)]
pub(crate) fn bytes_of_all<R: Raw>(cells: &[Cell<R>]) -> &[Cell<u8>] {
    let pointer = cells.as_ptr().cast::<Cell<u8>>();
    // SAFETY: as in `bytes_of`; elements of a slice lie without gaps.
    unsafe { core::slice::from_raw_parts(pointer, size_of_val(cells)) }
}

/// The bytes as values of `T`, if they are aligned for `T`, a whole number, and lie as they would
/// in Rust (little-endian).
#[inline(always)]
pub(crate) fn typed_cells<T: FromBytes + IntoBytes>(bytes: &[Cell<u8>]) -> Option<&[Cell<T>]> {
    let pointer = bytes.as_ptr().cast::<Cell<T>>();
    let size = size_of::<T>();
    if size == 0
        || cfg!(target_endian = "big") && size > 1
        || !bytes.len().is_multiple_of(size)
        || !pointer.is_aligned()
    {
        return None;
    }
    // SAFETY: the pointer is aligned, the elements fill `bytes` exactly, all bytes are a valid `T`
    // and every `T` is valid bytes, and both views are cells.
    Some(unsafe { core::slice::from_raw_parts(pointer, bytes.len() / size) })
}

/// A list of one element, which stays where it is.
#[cfg(feature = "alloc")]
pub(crate) fn list_of_one<T>(value: alloc::boxed::Box<T>) -> alloc::vec::Vec<T> {
    const { assert!(size_of::<T>() > 0) };
    let pointer = alloc::boxed::Box::into_raw(value);
    // SAFETY: a `Box` of a type with a size is memory of the global allocator with the layout of `T` (documented
    // of `Box`), which is that of an array of one, so that a `Vec` of capacity 1 may own it; it holds one valid
    // `T`, and nothing else owns it any more.
    unsafe { alloc::vec::Vec::from_raw_parts(pointer, 1, 1) }
}

/// The bytes as atomics, if they are aligned for them; bytes after the last whole one are left out.
#[cfg(target_has_atomic = "32")]
pub(crate) fn atomics(bytes: &mut [u8]) -> Option<&[AtomicU32]> {
    let count = bytes.len() / size_of::<AtomicU32>();
    let pointer = bytes.as_mut_ptr().cast::<AtomicU32>();
    if !pointer.is_aligned() {
        return None;
    }
    // SAFETY: the pointer is aligned, `count` whole numbers lie in `bytes`, which is borrowed
    // exclusively for the lifetime of the result, so that all accesses go through it. An `AtomicU32` has the
    // layout of a `u32` (documented), for which all bytes are valid, and as bytes all of them are valid again.
    Some(unsafe { core::slice::from_raw_parts(pointer, count) })
}

/// Structs that are nothing but one word, over a word that somebody has.
#[cfg(target_has_atomic = "32")]
macro_rules! over_a_word {
    ($($name:ident)*) => {$(
        #[allow(non_snake_case, reason = "named for what it makes")]
        pub(crate) const fn $name(word: &AtomicU32) -> &crate::sync::$name {
            let pointer = core::ptr::from_ref(word).cast::<crate::sync::$name>();
            // SAFETY: the struct is `repr(transparent)` over an `AtomicU32`, which `word` is, for the
            // lifetime of the result.
            unsafe { &*pointer }
        }
    )*};
}

#[cfg(target_has_atomic = "32")]
over_a_word! { Barrier Counter Flag }

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::boxed::Box;
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_list_of_one_owns_its_element() {
        let mut list = Vec::new();
        for text in ["one", "two", "three"] {
            list.append(&mut list_of_one(Box::new(String::from(text))));
        }
        assert_eq!(list, ["one", "two", "three"]);
        let mut one = list_of_one(Box::new([7u64; 100]));
        one.push([8; 100]);
        assert_eq!(one, [[7; 100], [8; 100]]);
        drop(list_of_one(Box::new(0u8)));
    }
}
