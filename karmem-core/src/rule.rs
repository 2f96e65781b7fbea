//! The four layouts as types, so that the compiler knows the size of a reference.

use zerocopy::IntoBytes;

use crate::layout::Rule;
use crate::raw::{Raw, part, put};

/// A layout as a type: what differs between them besides the placement of fields.
pub trait LayoutRule: Copy + Send + Sync + 'static {
    /// The same as a value.
    const RULE: Rule;
    /// A slice's reference: offset and length in bytes.
    type SliceRef: Raw;
    /// A slice's reference as an element of another slice or array.
    type SliceItem: Raw;
    /// A table's reference: its offset.
    type TableRef: Raw;
    /// A table's reference as an element of a slice or array.
    type TableItem: Raw;
    /// What becomes of a natural alignment in this layout.
    type Align<A: Alignment>: Alignment;

    /// Splits a slice's reference into offset and length in bytes.
    #[inline(always)]
    #[must_use]
    fn slice(raw: &Self::SliceRef) -> (u32, u32) {
        // Both at once, as one 64-bit word.
        let word = u64::from_le_bytes(*part(raw.as_bytes(), 0));
        (word as u32, (word >> 32) as u32)
    }
    /// Makes a slice's reference. Where it has room for a third word, that is the size of an element.
    #[inline(always)]
    #[must_use]
    fn slice_ref(offset: u32, len: u32, item: u32) -> Self::SliceRef {
        let word = u64::from(offset) | u64::from(len) << 32;
        let mut raw = Self::SliceRef::ZERO;
        put(raw.as_mut_bytes(), 0, &word.to_le_bytes());
        if size_of::<Self::SliceRef>() > 8 {
            put(raw.as_mut_bytes(), 8, &item.to_le_bytes());
        }
        raw
    }
    /// The offset in a table's reference.
    #[inline(always)]
    #[must_use]
    fn table(raw: &Self::TableRef) -> u32 {
        u32::from_le_bytes(*part(raw.as_bytes(), 0))
    }
    /// Makes a table's reference.
    #[inline(always)]
    #[must_use]
    fn table_ref(offset: u32) -> Self::TableRef {
        let mut raw = Self::TableRef::ZERO;
        put(raw.as_mut_bytes(), 0, &offset.to_le_bytes());
        raw
    }
    /// The reference in an element, which begins with it.
    #[inline(always)]
    #[must_use]
    fn slice_of_item(item: &Self::SliceItem) -> &Self::SliceRef {
        part(item.as_bytes(), 0)
    }
    /// The element that holds a reference.
    #[inline(always)]
    #[must_use]
    fn slice_item(raw: Self::SliceRef) -> Self::SliceItem {
        let mut item = Self::SliceItem::ZERO;
        put(item.as_mut_bytes(), 0, &raw);
        item
    }
    /// The reference in an element, which begins with it.
    #[inline(always)]
    #[must_use]
    fn table_of_item(item: &Self::TableItem) -> &Self::TableRef {
        part(item.as_bytes(), 0)
    }
    /// The element that holds a reference.
    #[inline(always)]
    #[must_use]
    fn table_item(raw: Self::TableRef) -> Self::TableItem {
        let mut item = Self::TableItem::ZERO;
        put(item.as_mut_bytes(), 0, &raw);
        item
    }
}

/// An alignment as a type.
pub trait Alignment: 'static {
    /// In bytes.
    const ALIGN: u32;
    /// A presence byte and the padding up to a value of this alignment.
    type Flag: Raw + AsRef<[u8]> + AsMut<[u8]>;
}

/// An alignment of `N` bytes: 1, 2, 4 or 8.
#[derive(Clone, Copy, Debug)]
pub struct Align<const N: u32>;

macro_rules! alignments {
    ($($n:literal)*) => {$(
        impl Alignment for Align<$n> {
            const ALIGN: u32 = $n;
            type Flag = [u8; $n];
        }
    )*};
}
alignments!(1 2 4 8);

/// Natural alignment, every struct a multiple of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Padded;
/// Natural alignment, as `#[repr(C)]`.
#[derive(Clone, Copy, Debug)]
pub struct C;
/// No padding.
#[derive(Clone, Copy, Debug)]
pub struct Packed;
/// Existing schemas without `@packed`.
#[derive(Clone, Copy, Debug)]
pub struct Legacy;

macro_rules! layouts {
    ($($(#[$doc:meta])* $name:ident: slice $slice:literal in $slice_item:literal,
        table $table:literal in $table_item:literal, align $a:ident $align:ty;)*) => {$(
        $(#[$doc])*
        impl LayoutRule for $name {
            const RULE: Rule = Rule::$name;
            type SliceRef = [u8; $slice];
            type SliceItem = [u8; $slice_item];
            type TableRef = [u8; $table];
            type TableItem = [u8; $table_item];
            type Align<$a: Alignment> = $align;
        }
    )*};
}

// Bytes of each reference, alone and as an element.
layouts! {
    Padded: slice 8 in 8, table 8 in 8, align A A;
    C: slice 8 in 8, table 8 in 8, align A A;
    Packed: slice 8 in 8, table 4 in 4, align A Align<1>;
    /// Elements are inline wrappers with the tail that the public compiler gives them.
    Legacy: slice 12 in 16, table 4 in 8, align A Align<1>;
}
