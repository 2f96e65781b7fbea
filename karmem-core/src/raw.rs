//! Bytes on the wire, as types: arrays of bytes of a size that the compiler knows.
//!
//! A struct of `n` bytes is read through `&[u8; n]`: one check of bounds makes the reference, and
//! every offset inside is a constant, so that the accesses need no further check.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of a known size and of alignment 1.
pub trait Raw:
    Copy + FromBytes + IntoBytes + Unaligned + Immutable + KnownLayout + 'static
{
    /// All zero: what every absent field reads as.
    const ZERO: Self;
    /// The size in bytes. It fits, because [`crate::layout::place`] refuses larger structs.
    const SIZE: u32 = size_of::<Self>() as u32;
}

impl Raw for u8 {
    const ZERO: Self = 0;
}

impl<R: Raw, const N: usize> Raw for [R; N] {
    const ZERO: Self = [R::ZERO; N];
}

/// A value behind its presence byte, as an element: the flag is padded to the value's alignment.
#[derive(Clone, Copy, FromBytes, IntoBytes, Unaligned, Immutable, KnownLayout)]
#[repr(C)]
pub struct Flagged<F, R> {
    pub(crate) flag: F,
    pub(crate) raw: R,
}

impl<F: Raw, R: Raw> Raw for Flagged<F, R> {
    const ZERO: Self = Flagged {
        flag: F::ZERO,
        raw: R::ZERO,
    };
}

/// The `R` at byte `at` of `bytes`; zeros where `bytes` ends before it does.
#[inline(always)]
pub(crate) fn part<R: Raw>(bytes: &[u8], at: u32) -> &R {
    let at = at as usize;
    match bytes.get(at..).map(R::ref_from_prefix) {
        Some(Ok((raw, _))) => raw,
        _ => {
            core::hint::cold_path();
            zero()
        }
    }
}

/// The zeros that an absent field or table is read from.
#[inline(always)]
pub(crate) fn zero<R: Raw>() -> &'static R {
    match R::ref_from_prefix(Zeros::<R>::BYTES) {
        Ok((raw, _)) => raw,
        Err(_) => unreachable!("the constant is long enough"),
    }
}

/// A constant cannot borrow a value of a generic type, as it might have interior mutability; it
/// can borrow one of several arrays of bytes.
struct Zeros<R>(core::marker::PhantomData<R>);

impl<R: Raw> Zeros<R> {
    const BYTES: &'static [u8] = match size_of::<R>() {
        0..=0x40 => &[0; 0x40],
        0x41..=0x100 => &[0; 0x100],
        0x101..=0x400 => &[0; 0x400],
        0x401..=0x1000 => &[0; 0x1000],
        0x1001..=0x4000 => &[0; 0x4000],
        0x4001..=0x1_0000 => &[0; 0x1_0000],
        0x1_0001..=0x10_0000 => &[0; 0x10_0000],
        0x10_0001..=0x100_0000 => &[0; 0x100_0000],
        _ => panic!("a field takes at most 16 MiB in place: use a Vec"),
    };
}

/// Copies `raw` to byte `at` of `bytes`, where there is room for it.
#[inline(always)]
pub(crate) fn put<R: Raw>(bytes: &mut [u8], at: u32, raw: &R) {
    put_bytes(bytes, at, raw.as_bytes());
}

/// Copies `from` to byte `at` of `bytes`, where there is room for it. Past the end nothing is
/// written, which would lose the value: a defect of this library that debug builds report.
#[inline(always)]
pub(crate) fn put_bytes(bytes: &mut [u8], at: u32, from: &[u8]) {
    let to = bytes
        .get_mut(at as usize..)
        .and_then(|b| b.get_mut(..from.len()));
    debug_assert!(to.is_some(), "{} bytes at {at} are outside", from.len());
    if let Some(to) = to {
        to.copy_from_slice(from);
    }
}

/// How many elements of `size` bytes `len` bytes hold, and whether they are filled exactly.
///
/// wasm compilers keep a division by a constant, so this multiplies by the inverse of the odd part
/// of `size` modulo 2³², which is exact whenever `len` is a multiple (Hacker's Delight, 10-16).
#[inline(always)]
pub(crate) const fn count(len: u32, size: u32) -> (u32, bool) {
    let shift = size.trailing_zeros();
    let odd = size >> shift;
    let n = (len >> shift).wrapping_mul(inverse(odd));
    if n as u64 * size as u64 == len as u64 {
        (n, true)
    } else {
        core::hint::cold_path();
        (len / size, false)
    }
}

/// The inverse of an odd number modulo 2³², by Newton's iteration (each step doubles the bits).
const fn inverse(odd: u32) -> u32 {
    let mut x = odd;
    let mut i = 0;
    while i < 5 {
        x = x.wrapping_mul(2u32.wrapping_sub(odd.wrapping_mul(x)));
        i += 1;
    }
    x
}

/// The `len` bytes at `offset` of `mem` as elements; `None` if they are not all inside.
/// Bytes after the last whole element are left out.
#[inline(always)]
pub(crate) fn items<R: Raw>(mem: &[u8], offset: u32, len: u32) -> Option<&[R]> {
    let end = u64::from(offset) + u64::from(len);
    if end > mem.len() as u64 {
        return None;
    }
    mem.get(offset as usize..end as usize)
        .map(crate::cast::items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_is_division() {
        // Miri interprets, and there is nothing for it to find here.
        let (sizes, lens) = if cfg!(miri) { (20, 50) } else { (200, 5000) };
        for size in 1..sizes {
            for len in (0..lens).chain(u32::MAX - lens / 16..=u32::MAX) {
                assert_eq!(
                    count(len, size),
                    (len / size, len % size == 0),
                    "{len} / {size}"
                );
            }
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic = "8 bytes at 4 are outside"]
    fn a_value_is_not_lost_in_silence() {
        put(&mut [0; 8], 4, &[1u8; 8]);
    }

    #[test]
    fn items_stay_inside() {
        let mem = [7u8; 20];
        assert_eq!(items::<[u8; 12]>(&mem, 8, 12).map(<[_]>::len), Some(1));
        assert_eq!(items::<[u8; 12]>(&mem, 9, 12), None);
        assert_eq!(items::<[u8; 12]>(&mem, u32::MAX, u32::MAX), None);
        assert_eq!(items::<[u8; 12]>(&mem, 0, 20).map(<[_]>::len), Some(1));
        assert_eq!(items::<[u8; 12]>(&mem, 20, 0).map(<[_]>::len), Some(0));
    }
}
