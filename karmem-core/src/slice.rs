//! Slices and arrays in a message.

use core::cell::Cell;
use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::cast;
use crate::layout::At;
use crate::rule::{LayoutRule, Padded};
use crate::wire::{Codec, Wire, shown};

/// Values that lie side by side in a message: a slice or an array, read in place.
///
/// ```
/// use karmem_core::{Sink, Slice};
/// fn total(values: Slice<'_, f32>) -> f32 {
///     values.iter().sum()
/// }
/// ```
pub struct Slice<'m, T: Wire<L>, L: LayoutRule = Padded> {
    mem: &'m [u8],
    items: &'m [T::Item],
}

impl<T: Wire<L>, L: LayoutRule> Clone for Slice<'_, T, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Wire<L>, L: LayoutRule> Copy for Slice<'_, T, L> {}

impl<'m, T: Wire<L>, L: LayoutRule> Slice<'m, T, L> {
    #[inline(always)]
    pub(crate) fn new(mem: &'m [u8], items: &'m [T::Item]) -> Self {
        Slice { mem, items }
    }

    /// The number of elements.
    #[inline(always)]
    #[must_use]
    pub fn len(self) -> usize {
        self.items.len()
    }

    /// Whether there are no elements.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.items.is_empty()
    }

    /// The element at `index`, or `None` beyond the end.
    #[inline(always)]
    #[must_use]
    pub fn get(self, index: usize) -> Option<T::View<'m>> {
        self.items
            .get(index)
            .map(|item| T::view_item(self.mem, item))
    }

    /// The first element.
    #[inline(always)]
    #[must_use]
    pub fn first(self) -> Option<T::View<'m>> {
        self.get(0)
    }

    /// The last element.
    #[inline(always)]
    #[must_use]
    pub fn last(self) -> Option<T::View<'m>> {
        self.items.last().map(|item| T::view_item(self.mem, item))
    }

    /// The elements of a range of indices, or `None` beyond the end.
    #[inline(always)]
    #[must_use]
    pub fn slice(self, range: Range<usize>) -> Option<Self> {
        self.items.get(range).map(|items| Slice {
            mem: self.mem,
            items,
        })
    }

    /// All elements in order. Works at every alignment.
    #[inline(always)]
    #[must_use]
    pub fn iter(self) -> Iter<'m, T, L> {
        Iter {
            mem: self.mem,
            items: self.items.iter(),
        }
    }

    /// The elements as they lie in the message.
    #[inline(always)]
    #[must_use]
    pub fn as_bytes(self) -> &'m [u8] {
        self.items.as_bytes()
    }

    /// The elements as a slice of Rust values, for numbers and for `#[repr(C)]` structs in
    /// `layout = "c"` that derive zerocopy's `FromBytes` and `Immutable`.
    ///
    /// `None` if they do not lie aligned for `T` (they do in every message that was written by
    /// this library into an aligned buffer) or if this machine is big-endian.
    #[inline(always)]
    #[must_use]
    pub fn as_slice(self) -> Option<&'m [T]>
    where
        T: FromBytes + Immutable,
    {
        const {
            assert!(
                size_of::<T>() == size_of::<T::Item>(),
                "this type lies differently in Rust: use #[repr(C)] and #[karmem(layout = \"c\")]"
            )
        };
        if cfg!(target_endian = "big") && size_of::<T>() > 1 {
            return None;
        }
        <[T]>::ref_from_bytes(self.items.as_bytes()).ok()
    }

    /// Where the elements lie in the message, in bytes from its base; `None` for an array of an
    /// absent table.
    #[must_use]
    pub fn range(self) -> Option<Range<usize>> {
        let bytes = self.items.as_bytes();
        if bytes.is_empty() {
            return Some(0..0);
        }
        let start = bytes
            .as_ptr()
            .addr()
            .checked_sub(self.mem.as_ptr().addr())?;
        let end = start.checked_add(bytes.len())?;
        (end <= self.mem.len()).then_some(start..end)
    }
}

impl<'m, T: Wire<L>, L: LayoutRule> IntoIterator for Slice<'m, T, L> {
    type Item = T::View<'m>;
    type IntoIter = Iter<'m, T, L>;

    #[inline(always)]
    fn into_iter(self) -> Iter<'m, T, L> {
        self.iter()
    }
}

impl<T: Wire<L>, L: LayoutRule> fmt::Debug for Slice<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(shown::<T, L>))
            .finish()
    }
}

impl<'m, T: Wire<L>, L: LayoutRule, U> PartialEq<[U]> for Slice<'m, T, L>
where
    T::View<'m>: PartialEq<U>,
{
    fn eq(&self, other: &[U]) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a == *b)
    }
}

impl<'m, T: Wire<L>, L: LayoutRule, U, const N: usize> PartialEq<[U; N]> for Slice<'m, T, L>
where
    T::View<'m>: PartialEq<U>,
{
    fn eq(&self, other: &[U; N]) -> bool {
        *self == other[..]
    }
}

/// Elements of a message as a slice of Rust values that can be changed: `range` is what
/// [`Slice::range`] gave for these bytes.
///
/// `None` if the range is outside, no whole number of elements, or not aligned for `T`, or if this
/// machine is big-endian.
///
/// ```
/// let mut samples = [0u8; 8];
/// if let Some(samples) = karmem_core::slice_mut::<u16>(&mut samples, 0..8) {
///     samples.fill(7);
/// }
/// ```
#[must_use]
pub fn slice_mut<T: FromBytes + IntoBytes>(
    bytes: &mut [u8],
    range: Range<usize>,
) -> Option<&mut [T]> {
    if cfg!(target_endian = "big") && size_of::<T>() > 1 {
        return None;
    }
    <[T]>::mut_from_bytes(bytes.get_mut(range)?).ok()
}

/// The elements of a [`Slice`].
pub struct Iter<'m, T: Wire<L>, L: LayoutRule = Padded> {
    mem: &'m [u8],
    items: core::slice::Iter<'m, T::Item>,
}

impl<T: Wire<L>, L: LayoutRule> Clone for Iter<'_, T, L> {
    fn clone(&self) -> Self {
        Iter {
            mem: self.mem,
            items: self.items.clone(),
        }
    }
}

impl<T: Wire<L>, L: LayoutRule> fmt::Debug for Iter<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("left", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl<'m, T: Wire<L>, L: LayoutRule> Iterator for Iter<'m, T, L> {
    type Item = T::View<'m>;

    #[inline(always)]
    fn next(&mut self) -> Option<T::View<'m>> {
        let mem = self.mem;
        self.items.next().map(|item| T::view_item(mem, item))
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }

    #[inline(always)]
    fn nth(&mut self, n: usize) -> Option<T::View<'m>> {
        let mem = self.mem;
        self.items.nth(n).map(|item| T::view_item(mem, item))
    }

    #[inline(always)]
    fn fold<B, F: FnMut(B, T::View<'m>) -> B>(self, init: B, mut f: F) -> B {
        let mem = self.mem;
        self.items
            .fold(init, |acc, item| f(acc, T::view_item(mem, item)))
    }
}

impl<T: Wire<L>, L: LayoutRule> DoubleEndedIterator for Iter<'_, T, L> {
    #[inline(always)]
    fn next_back(&mut self) -> Option<Self::Item> {
        let mem = self.mem;
        self.items.next_back().map(|item| T::view_item(mem, item))
    }
}

impl<T: Wire<L>, L: LayoutRule> ExactSizeIterator for Iter<'_, T, L> {}
impl<T: Wire<L>, L: LayoutRule> FusedIterator for Iter<'_, T, L> {}

/// Values that lie side by side in a message and can be changed in place.
pub struct SliceMut<'m, T: Wire<L>, L: LayoutRule = Padded> {
    mem: &'m [Cell<u8>],
    items: &'m [Cell<T::Item>],
}

impl<T: Wire<L>, L: LayoutRule> Clone for SliceMut<'_, T, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Wire<L>, L: LayoutRule> Copy for SliceMut<'_, T, L> {}

impl<T: Wire<L>, L: LayoutRule> fmt::Debug for SliceMut<'_, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SliceMut")
            .field("len", &self.items.len())
            .finish_non_exhaustive()
    }
}

impl<'m, T: Wire<L>, L: LayoutRule> SliceMut<'m, T, L> {
    #[inline(always)]
    pub(crate) fn new(mem: &'m [Cell<u8>], items: &'m [Cell<T::Item>]) -> Self {
        SliceMut { mem, items }
    }

    /// The number of elements.
    #[inline(always)]
    #[must_use]
    pub fn len(self) -> usize {
        self.items.len()
    }

    /// Whether there are no elements.
    #[inline(always)]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.items.is_empty()
    }

    /// The element at `index`, or `None` beyond the end.
    #[inline(always)]
    #[must_use]
    pub fn get(self, index: usize) -> Option<T::ViewMut<'m>> {
        self.items
            .get(index)
            .map(|item| T::view_item_mut(self.mem, item))
    }

    /// Sets the element at `index`; `false` beyond the end. For elements that refer to nothing; a
    /// compile error for others.
    #[inline(always)]
    pub fn set(self, index: usize, value: &T) -> bool {
        let Some(item) = self.items.get(index) else {
            return false;
        };
        crate::struct_view::set::<T, L>(
            cast::bytes_of(item),
            <T::Codec as Codec<T, L>>::at_of_item(0),
            value,
        )
    }

    /// All elements in order.
    #[inline(always)]
    pub fn iter(self) -> impl DoubleEndedIterator<Item = T::ViewMut<'m>> + ExactSizeIterator {
        let mem = self.mem;
        self.items
            .iter()
            .map(move |item| T::view_item_mut(mem, item))
    }

    /// The elements as cells of Rust values; as [`Slice::as_slice`].
    #[inline(always)]
    #[must_use]
    pub fn as_cells(self) -> Option<&'m [Cell<T>]>
    where
        T: FromBytes + IntoBytes,
    {
        const {
            assert!(
                size_of::<T>() == size_of::<T::Item>(),
                "this type lies differently in Rust: use #[repr(C)] and #[karmem(layout = \"c\")]"
            )
        };
        cast::typed_cells(cast::bytes_of_all(self.items))
    }
}

/// Elements of a slice or array that is being written.
pub struct Items<'w, S, T: Wire<L>, L: LayoutRule = Padded> {
    sink: &'w mut S,
    base: u32,
    len: usize,
    /// Where the tables of the elements lie, if they lie side by side.
    tables: u32,
    element: core::marker::PhantomData<fn() -> (T, L)>,
}

impl<S, T: Wire<L>, L: LayoutRule> fmt::Debug for Items<'_, S, T, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl<'w, S: crate::Sink, T: Wire<L>, L: LayoutRule> Items<'w, S, T, L> {
    /// Elements at `base`, which is allocated. Makes all of them empty.
    pub(crate) fn new(sink: &'w mut S, base: u32, len: usize) -> Result<Self, crate::EncodeError> {
        let mut items = Items {
            sink,
            base,
            len,
            tables: 0,
            element: core::marker::PhantomData,
        };
        let size = <T::Item as crate::raw::Raw>::SIZE;
        if <T::Codec as Codec<T, L>>::SIDE_BY_SIDE && len > 0 {
            let table = <T::Codec as Codec<T, L>>::TABLE;
            let stride = crate::kind::stride(table)?;
            items.tables = items.sink.alloc(crate::kind::block(len, stride, table)?)?;
            let mut offset = items.tables;
            for i in 0..len as u32 {
                items.sink.store(
                    base + i * size,
                    &<T::Codec as Codec<T, L>>::reference(offset),
                );
                <T::Codec as Codec<T, L>>::clear(items.sink, offset, stride);
                offset = offset.wrapping_add(stride);
            }
        } else {
            let empty = <T::Codec as Codec<T, L>>::empty_item();
            for i in 0..len as u32 {
                items.sink.store(base + i * size, &empty);
            }
        }
        Ok(items)
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn at(&self, index: usize) -> Result<At, crate::EncodeError> {
        if index >= self.len {
            core::hint::cold_path();
            return Err(crate::EncodeError::Index {
                index,
                len: self.len,
            });
        }
        let size = <T::Item as crate::raw::Raw>::SIZE;
        Ok(<T::Codec as Codec<T, L>>::at_of_item(
            self.base + index as u32 * size,
        ))
    }

    /// Begins to write the element at `index`.
    ///
    /// # Errors
    ///
    /// If there is no such element, or the sink is full.
    #[inline(always)]
    pub fn build(&mut self, index: usize) -> Result<T::Builder<'_, S>, crate::EncodeError> {
        let at = self.at(index)?;
        if <T::Codec as Codec<T, L>>::SIDE_BY_SIDE {
            let stride = crate::kind::stride(<T::Codec as Codec<T, L>>::TABLE)?;
            let offset = self.tables + index as u32 * stride;
            T::build_table(self.sink, offset)
        } else {
            T::build(self.sink, at)
        }
    }

    /// Writes the element at `index`.
    ///
    /// # Errors
    ///
    /// If there is no such element, the sink is full, or a limit is passed.
    #[inline(always)]
    pub fn set(&mut self, index: usize, value: &T) -> Result<(), crate::EncodeError> {
        let at = self.at(index)?;
        if <T::Codec as Codec<T, L>>::SIDE_BY_SIDE {
            let stride = crate::kind::stride(<T::Codec as Codec<T, L>>::TABLE)?;
            <T::Codec as Codec<T, L>>::fill(value, self.tables + index as u32 * stride, self.sink)
        } else {
            crate::struct_builder::set::<T, L, S>(self.sink, at, value)
        }
    }
}
