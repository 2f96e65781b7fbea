//! The four layouts as types, so that the compiler knows the size of a reference.

use crate::layout::Rule;
use crate::raw::Raw;

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
    fn slice(raw: &Self::SliceRef) -> (u32, u32);
    /// Makes a slice's reference; `item` is the size of an element.
    fn slice_ref(offset: u32, len: u32, item: u32) -> Self::SliceRef;
    /// The offset in a table's reference.
    fn table(raw: &Self::TableRef) -> u32;
    /// Makes a table's reference.
    fn table_ref(offset: u32) -> Self::TableRef;
    /// The reference in an element.
    fn slice_of_item(item: &Self::SliceItem) -> &Self::SliceRef;
    /// The element that holds a reference.
    fn slice_item(raw: Self::SliceRef) -> Self::SliceItem;
    /// The reference in an element.
    fn table_of_item(item: &Self::TableItem) -> &Self::TableRef;
    /// The element that holds a reference.
    fn table_item(raw: Self::TableRef) -> Self::TableItem;
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

#[inline(always)]
fn word(low: u32, high: u32) -> [u8; 8] {
    (u64::from(low) | u64::from(high) << 32).to_le_bytes()
}

/// Low and high half of one 64-bit word, read at once.
#[inline(always)]
fn halves(raw: &[u8; 8]) -> (u32, u32) {
    let word = u64::from_le_bytes(*raw);
    (word as u32, (word >> 32) as u32)
}

macro_rules! slot_layout {
    ($($name:ident)*) => {$(
        impl LayoutRule for $name {
            const RULE: Rule = Rule::$name;
            type SliceRef = [u8; 8];
            type SliceItem = [u8; 8];
            type TableRef = [u8; 8];
            type TableItem = [u8; 8];
            type Align<A: Alignment> = A;

            #[inline(always)]
            fn slice(raw: &[u8; 8]) -> (u32, u32) {
                halves(raw)
            }
            #[inline(always)]
            fn slice_ref(offset: u32, len: u32, _: u32) -> [u8; 8] {
                word(offset, len)
            }
            #[inline(always)]
            fn table(raw: &[u8; 8]) -> u32 {
                halves(raw).0
            }
            #[inline(always)]
            fn table_ref(offset: u32) -> [u8; 8] {
                word(offset, 0)
            }
            #[inline(always)]
            fn slice_of_item(item: &[u8; 8]) -> &[u8; 8] {
                item
            }
            #[inline(always)]
            fn slice_item(raw: [u8; 8]) -> [u8; 8] {
                raw
            }
            #[inline(always)]
            fn table_of_item(item: &[u8; 8]) -> &[u8; 8] {
                item
            }
            #[inline(always)]
            fn table_item(raw: [u8; 8]) -> [u8; 8] {
                raw
            }
        }
    )*};
}
slot_layout!(Padded C);

impl LayoutRule for Packed {
    const RULE: Rule = Rule::Packed;
    type SliceRef = [u8; 8];
    type SliceItem = [u8; 8];
    type TableRef = [u8; 4];
    type TableItem = [u8; 4];
    type Align<A: Alignment> = Align<1>;

    #[inline(always)]
    fn slice(raw: &[u8; 8]) -> (u32, u32) {
        halves(raw)
    }
    #[inline(always)]
    fn slice_ref(offset: u32, len: u32, _: u32) -> [u8; 8] {
        word(offset, len)
    }
    #[inline(always)]
    fn table(raw: &[u8; 4]) -> u32 {
        u32::from_le_bytes(*raw)
    }
    #[inline(always)]
    fn table_ref(offset: u32) -> [u8; 4] {
        offset.to_le_bytes()
    }
    #[inline(always)]
    fn slice_of_item(item: &[u8; 8]) -> &[u8; 8] {
        item
    }
    #[inline(always)]
    fn slice_item(raw: [u8; 8]) -> [u8; 8] {
        raw
    }
    #[inline(always)]
    fn table_of_item(item: &[u8; 4]) -> &[u8; 4] {
        item
    }
    #[inline(always)]
    fn table_item(raw: [u8; 4]) -> [u8; 4] {
        raw
    }
}

/// Elements of the legacy layout are inline wrappers with the tail that the public compiler gives
/// them: a reference of 4 bytes takes 8, one of 12 bytes takes 16.
impl LayoutRule for Legacy {
    const RULE: Rule = Rule::Legacy;
    type SliceRef = [u8; 12];
    type SliceItem = [u8; 16];
    type TableRef = [u8; 4];
    type TableItem = [u8; 8];
    type Align<A: Alignment> = Align<1>;

    #[inline(always)]
    fn slice(raw: &[u8; 12]) -> (u32, u32) {
        halves(crate::raw::part(raw, 0))
    }
    #[inline(always)]
    fn slice_ref(offset: u32, len: u32, item: u32) -> [u8; 12] {
        let mut raw = [0; 12];
        crate::raw::put(&mut raw, 0, &word(offset, len));
        crate::raw::put(&mut raw, 8, &item.to_le_bytes());
        raw
    }
    #[inline(always)]
    fn table(raw: &[u8; 4]) -> u32 {
        u32::from_le_bytes(*raw)
    }
    #[inline(always)]
    fn table_ref(offset: u32) -> [u8; 4] {
        offset.to_le_bytes()
    }
    #[inline(always)]
    fn slice_of_item(item: &[u8; 16]) -> &[u8; 12] {
        crate::raw::part(item, 0)
    }
    #[inline(always)]
    fn slice_item(raw: [u8; 12]) -> [u8; 16] {
        let mut item = [0; 16];
        crate::raw::put(&mut item, 0, &raw);
        item
    }
    #[inline(always)]
    fn table_of_item(item: &[u8; 8]) -> &[u8; 4] {
        crate::raw::part(item, 0)
    }
    #[inline(always)]
    fn table_item(raw: [u8; 4]) -> [u8; 8] {
        let mut item = [0; 8];
        crate::raw::put(&mut item, 0, &raw);
        item
    }
}
