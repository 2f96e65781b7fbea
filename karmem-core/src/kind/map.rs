//! `BTreeMap` and `HashMap`: entries sorted by key, so that a view finds a key by binary search.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::Cell;
use core::cmp::Ordering;
use core::fmt;

use super::{ScalarValue, ValueBuilder, below};
use crate::cast;
use crate::error::{Bad, Cause, EncodeError};
use crate::held::is_large;
use crate::layout::{At, Class, Placed, place};
use crate::raw::{self, Flagged};
use crate::rule::{Align, Alignment, LayoutRule, Padded};
use crate::schema::Type;
use crate::text::Text;
use crate::verify::{Verifier, bad};
use crate::wire::{Codec, Field, Slot, SlotMut, Wire, shown};
use crate::writer::{Sink, length};

/// The kind of `BTreeMap` and `HashMap`.
#[derive(Debug)]
pub enum Map {}

/// A type that can be the key of a map: integers, `bool`, `char` and text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map in a karmem message",
    note = "keys are integers, bool, char, String or Box<str>"
)]
pub trait MapKey: Field + Ord {
    /// The key as it is read in place.
    type Seen<'m>: Ord;
    /// What a key is looked up by.
    type Lookup: ?Sized;
    /// Reads the key with which an entry begins.
    fn read<'m, L: LayoutRule>(mem: &'m [u8], entry: &'m [u8]) -> Self::Seen<'m>;
    /// Compares a key in a message with another.
    fn compare(seen: &Self::Seen<'_>, key: &Self::Lookup) -> Ordering;
}

macro_rules! scalar_keys {
    ($($ty:ty)*) => {$(
        impl MapKey for $ty {
            type Seen<'m> = $ty;
            type Lookup = $ty;
            #[inline(always)]
            fn read<L: LayoutRule>(_: &[u8], entry: &[u8]) -> $ty {
                <$ty>::from_wire(*raw::part(entry, 0))
            }
            #[inline(always)]
            fn compare(seen: &$ty, key: &$ty) -> Ordering {
                seen.cmp(key)
            }
        }
    )*};
}
scalar_keys!(bool char u8 i8 u16 i16 u32 i32 u64 i64);

macro_rules! text_keys {
    ($($ty:ty)*) => {$(
        impl MapKey for $ty {
            type Seen<'m> = Text<'m>;
            type Lookup = str;
            #[inline(always)]
            fn read<'m, L: LayoutRule>(mem: &'m [u8], entry: &'m [u8]) -> Text<'m> {
                let (offset, len) = L::slice(raw::part(entry, 0));
                Text::new(raw::items(mem, offset, len).unwrap_or_default())
            }
            #[inline(always)]
            fn compare(seen: &Text<'_>, key: &str) -> Ordering {
                seen.as_bytes().cmp(key.as_bytes())
            }
        }
    )*};
}
text_keys!(String alloc::boxed::Box<str>);

/// A Rust type that owns a map.
pub trait OwnedMap: Field<Kind = Map> {
    /// The keys.
    type Key: MapKey;
    /// The values.
    type Value: Field;
    /// The number of entries.
    fn count(&self) -> usize;
    /// Calls `f` with all entries in the order of their keys.
    ///
    /// # Errors
    ///
    /// The first error of `f`.
    fn sorted<E>(&self, f: impl FnMut(&Self::Key, &Self::Value) -> Result<(), E>) -> Result<(), E>;
    /// Collects entries, which come in the order of their keys.
    ///
    /// # Errors
    ///
    /// The first error of an entry.
    fn collect<E>(
        entries: impl Iterator<Item = Result<(Self::Key, Self::Value), E>>,
    ) -> Result<Self, E>;
}

impl<K: MapKey, V: Field> Field for BTreeMap<K, V> {
    type Kind = Map;
}

impl<K: MapKey, V: Field> OwnedMap for BTreeMap<K, V> {
    type Key = K;
    type Value = V;

    fn count(&self) -> usize {
        self.len()
    }

    fn sorted<E>(&self, mut f: impl FnMut(&K, &V) -> Result<(), E>) -> Result<(), E> {
        self.iter().try_for_each(|(key, value)| f(key, value))
    }

    fn collect<E>(entries: impl Iterator<Item = Result<(K, V), E>>) -> Result<Self, E> {
        entries.collect()
    }
}

#[cfg(feature = "std")]
impl<K, V, H> Field for std::collections::HashMap<K, V, H>
where
    K: MapKey + core::hash::Hash,
    V: Field,
    H: core::hash::BuildHasher + Default + 'static,
{
    type Kind = Map;
}

#[cfg(feature = "std")]
impl<K, V, H> OwnedMap for std::collections::HashMap<K, V, H>
where
    K: MapKey + core::hash::Hash,
    V: Field,
    H: core::hash::BuildHasher + Default + 'static,
{
    type Key = K;
    type Value = V;

    fn count(&self) -> usize {
        self.len()
    }

    fn sorted<E>(&self, mut f: impl FnMut(&K, &V) -> Result<(), E>) -> Result<(), E> {
        let mut entries: Vec<(&K, &V)> = self.iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(b.0));
        entries
            .into_iter()
            .try_for_each(|(key, value)| f(key, value))
    }

    fn collect<E>(entries: impl Iterator<Item = Result<(K, V), E>>) -> Result<Self, E> {
        entries.collect()
    }
}

/// The inline struct `{Key; Value}`.
struct Entry<K, V, L>(core::marker::PhantomData<Types<K, V, L>>);

/// Types without values.
type Types<K, V, L> = fn() -> (K, V, L);

impl<K: Wire<L>, V: Wire<L>, L: LayoutRule> Entry<K, V, L> {
    const PLACED: Placed<2> = place(L::RULE, Class::Inline, [K::PART, V::PART]);
    const SIZE: u32 = Self::PLACED.layout.size;

    #[inline(always)]
    fn key(entry: &[u8]) -> Slot<'_, K::Raw> {
        K::slot(entry, Self::PLACED.at[0])
    }

    #[inline(always)]
    fn value(entry: &[u8]) -> Slot<'_, V::Raw> {
        V::slot(entry, Self::PLACED.at[1])
    }
}

/// A map read in place.
///
/// ```
/// use karmem_core::{MapView, Text};
/// fn price(prices: MapView<'_, String, f64>) -> Option<f64> {
///     prices.get("apple")
/// }
/// ```
pub struct MapView<'m, K, V, L = Padded> {
    mem: &'m [u8],
    entries: &'m [u8],
    entry: core::marker::PhantomData<Entry<K, V, L>>,
}

impl<K, V, L> Clone for MapView<'_, K, V, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, L> Copy for MapView<'_, K, V, L> {}

impl<'m, K: MapKey + Wire<L>, V: Wire<L>, L: LayoutRule> MapView<'m, K, V, L> {
    /// The number of entries.
    #[must_use]
    pub fn len(self) -> usize {
        raw::count(self.entries.len() as u32, Entry::<K, V, L>::SIZE).0 as usize
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    fn entry(self, index: usize) -> Option<&'m [u8]> {
        let size = Entry::<K, V, L>::SIZE as usize;
        self.entries.get(index.checked_mul(size)?..)?.get(..size)
    }

    /// The entry at `index` in the order of keys.
    #[must_use]
    pub fn at(self, index: usize) -> Option<(K::View<'m>, V::View<'m>)> {
        let entry = self.entry(index)?;
        Some((
            K::view(self.mem, Entry::<K, V, L>::key(entry)),
            V::view(self.mem, Entry::<K, V, L>::value(entry)),
        ))
    }

    /// The value of `key`, by binary search.
    #[must_use]
    pub fn get(self, key: &K::Lookup) -> Option<V::View<'m>> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.entry(middle)?;
            match K::compare(&K::read::<L>(self.mem, entry), key) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => {
                    return Some(V::view(self.mem, Entry::<K, V, L>::value(entry)));
                }
            }
        }
        None
    }

    /// All entries in the order of keys.
    pub fn iter(self) -> impl Iterator<Item = (K::View<'m>, V::View<'m>)> {
        let mem = self.mem;
        self.entries
            .chunks_exact(Entry::<K, V, L>::SIZE as usize)
            .map(move |entry| {
                (
                    K::view(mem, Entry::<K, V, L>::key(entry)),
                    V::view(mem, Entry::<K, V, L>::value(entry)),
                )
            })
    }
}

impl<K: MapKey + Wire<L>, V: Wire<L>, L: LayoutRule> fmt::Debug for MapView<'_, K, V, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self
            .iter()
            .map(|(key, value)| (shown::<K, L>(key), shown::<V, L>(value)));
        f.debug_map().entries(entries).finish()
    }
}

/// A map whose values can be changed in place; its keys stay.
pub struct MapMut<'m, K, V, L = Padded> {
    mem: &'m [Cell<u8>],
    entries: &'m [Cell<u8>],
    entry: core::marker::PhantomData<Entry<K, V, L>>,
}

impl<K, V, L> Clone for MapMut<'_, K, V, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, L> Copy for MapMut<'_, K, V, L> {}

impl<K, V, L> fmt::Debug for MapMut<'_, K, V, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapMut")
            .field("bytes", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl<'m, K: MapKey + Wire<L>, V: Wire<L>, L: LayoutRule> MapMut<'m, K, V, L> {
    /// The number of entries.
    #[must_use]
    pub fn len(self) -> usize {
        raw::count(self.entries.len() as u32, Entry::<K, V, L>::SIZE).0 as usize
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value at `index` in the order of keys.
    #[must_use]
    pub fn value(self, index: usize) -> Option<V::ViewMut<'m>> {
        let size = Entry::<K, V, L>::SIZE as usize;
        let entry = self.entries.get(index.checked_mul(size)?..)?.get(..size)?;
        Some(V::view_mut(
            self.mem,
            V::slot_mut(entry, Entry::<K, V, L>::PLACED.at[1])?,
        ))
    }

    /// All values in the order of their keys.
    pub fn values(self) -> impl Iterator<Item = V::ViewMut<'m>> {
        (0..self.len()).map_while(move |index| self.value(index))
    }
}

/// The bytes of the entries that a map's reference leads to.
#[inline(always)]
fn entries<'m>(
    cx: &mut Verifier<'m>,
    (offset, len): (u32, u32),
    size: u32,
    at: u32,
) -> Result<&'m [u8], Bad> {
    if !raw::count(len, size).1 {
        return Err(bad(at, Cause::PartialElement));
    }
    cx.items::<u8>(offset, len, at)
}

/// Whether entries may refer to something, which takes a level.
const fn nests<K: Wire<L>, V: Wire<L>, L: LayoutRule>() -> bool {
    !(K::FIXED && V::FIXED)
}

/// Checks the entries' order, and each entry by `f`.
fn walk<K: MapKey + Wire<L>, V: Wire<L>, L: LayoutRule>(
    cx: &mut Verifier<'_>,
    reference: (u32, u32),
    at: u32,
    mut f: impl FnMut(&mut Verifier<'_>, &[u8], u32) -> Result<(), Bad>,
) -> Result<(), Bad> {
    let size = Entry::<K, V, L>::SIZE;
    let entries = entries(cx, reference, size, at)?;
    let below = nests::<K, V, L>() && !entries.is_empty();
    if below {
        cx.enter(at)?;
    }
    let mem = cx.mem();
    let mut last: Option<&[u8]> = None;
    for (i, entry) in entries.chunks_exact(size as usize).enumerate() {
        let base = reference.0.wrapping_add(i as u32 * size);
        if let Err(bad) = f(cx, entry, base) {
            return Err(cx.in_element(bad, i));
        }
        if let Some(last) = last
            && K::read::<L>(mem, last) >= K::read::<L>(mem, entry)
        {
            return Err(cx.in_element(bad(base, Cause::KeyOrder), i));
        }
        last = Some(entry);
    }
    if below {
        cx.leave();
    }
    Ok(())
}

impl<M, K, V, L> Codec<M, L> for Map
where
    M: OwnedMap<Key = K, Value = V>,
    K: MapKey + Wire<L>,
    V: Wire<L>,
    L: LayoutRule,
{
    type Raw = L::SliceRef;
    type Item = L::SliceItem;
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, L::SliceRef>;
    type Align = L::Align<Align<8>>;
    const TYPE: Type = Type::Map(&<K as Wire<L>>::TYPE, &<V as Wire<L>>::TYPE);
    const FLAG: bool = super::no_flag::<V, L>();

    type View<'m> = MapView<'m, K, V, L>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, L::SliceRef>) -> MapView<'m, K, V, L> {
        let (offset, len) = L::slice(slot.raw);
        let entries = raw::items(mem, offset, len).unwrap_or_default();
        MapView {
            mem,
            entries,
            entry: core::marker::PhantomData,
        }
    }
    #[inline(always)]
    fn slot_of_item(item: &L::SliceItem) -> Slot<'_, L::SliceRef> {
        Slot {
            flag: 0,
            raw: L::slice_of_item(item),
        }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(view, f)
    }

    type ViewMut<'m> = MapMut<'m, K, V, L>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, L::SliceRef>) -> MapMut<'m, K, V, L> {
        let (offset, len) = L::slice(&slot.raw.get());
        let entries = cast::bytes_of_all(super::list::cells::<u8>(mem, offset, len));
        MapMut {
            mem,
            entries,
            entry: core::marker::PhantomData,
        }
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<L::SliceItem>) -> SlotMut<'_, L::SliceRef> {
        super::list::part_slot(item)
    }

    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &L::SliceRef, at: u32) -> Result<(), Bad> {
        let [key_at, value_at] = Entry::<K, V, L>::PLACED.at;
        walk::<K, V, L>(cx, L::slice(raw), at, |cx, entry, base| {
            cx.field::<K, L>(entry, base, key_at, "key")?;
            cx.field::<V, L>(entry, base, value_at, "value")
        })
    }
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &L::SliceRef, at: u32) -> Result<M, Bad> {
        let [key_at, value_at] = Entry::<K, V, L>::PLACED.at;
        if const { is_large::<V>() } {
            let mut pairs = Vec::new();
            walk::<K, V, L>(cx, L::slice(raw), at, |cx, entry, base| {
                cx.build::<(K, V)>(1, base)?;
                let key = cx.load::<K, L>(entry, base, key_at, "key", u32::MAX)?;
                let value = cx.hold::<V, L>(entry, base, value_at, "value", u32::MAX)?;
                pairs.push((key, value));
                Ok(())
            })?;
            let pairs = pairs.into_iter();
            return M::collect(pairs.map(|(key, value)| Ok((key, value.take::<L>(&[], value_at)))));
        }
        let mut pairs = Vec::new();
        walk::<K, V, L>(cx, L::slice(raw), at, |cx, entry, base| {
            cx.build::<(K, V)>(1, base)?;
            let key = cx.load::<K, L>(entry, base, key_at, "key", u32::MAX)?;
            let value = cx.load::<V, L>(entry, base, value_at, "value", u32::MAX)?;
            pairs.push(Ok((key, value)));
            Ok(())
        })?;
        M::collect(pairs.into_iter())
    }
    #[inline(always)]
    fn count(_: u8, raw: &L::SliceRef) -> u32 {
        raw::count(L::slice(raw).1, Entry::<K, V, L>::SIZE).0
    }
    #[inline(always)]
    fn count_of(value: &M) -> usize {
        value.count()
    }

    fn encode<S: Sink>(value: &M, sink: &mut S) -> Result<(u8, L::SliceRef), EncodeError> {
        let [key_at, value_at] = Entry::<K, V, L>::PLACED.at;
        let size = Entry::<K, V, L>::SIZE;
        let bytes = value
            .count()
            .checked_mul(size as usize)
            .ok_or(EncodeError::TooLong)?;
        let bytes = length(bytes)?;
        if bytes == 0 {
            return Ok((0, L::slice_ref(0, 0, size)));
        }
        let offset = sink.alloc(bytes)?;
        if let Some(block) = sink.block(offset, bytes) {
            block.fill(0);
        }
        let mut base = offset;
        let entries = |sink: &mut S| {
            value.sorted(|key, value| {
                let at = |at: At| At {
                    flag: base + at.flag,
                    at: base + at.at,
                };
                crate::struct_builder::set::<K, L, S>(sink, at(key_at), key)?;
                crate::struct_builder::set::<V, L, S>(sink, at(value_at), value)?;
                base = base.wrapping_add(size);
                Ok(())
            })
        };
        if nests::<K, V, L>() {
            below(sink, entries)?;
        } else {
            let mut entries = entries;
            entries(sink)?;
        }
        Ok((0, L::slice_ref(offset, bytes, size)))
    }
    #[inline(always)]
    fn item(_: u8, raw: L::SliceRef) -> L::SliceItem {
        L::slice_item(raw)
    }

    type Builder<'w, S: Sink + 'w> = ValueBuilder<'w, S, M, L>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(ValueBuilder::new(sink, at))
    }
}
