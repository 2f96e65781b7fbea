//! Enums with data: a kind, and a reference to the table with the chosen variant's fields.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use zerocopy::IntoBytes;

use crate::error::{Bad, Cause, EncodeError};
use crate::held::{Held, is_large, load_and_hold};
use crate::layout::{At, NULL};
use crate::raw::{self, Flagged, Raw};
use crate::rule::{Alignment, LayoutRule};
use crate::schema::{Named, Type, Union};
use crate::shape::Shape;
use crate::struct_builder::StructBuilder;
use crate::verify::{Verifier, bad};
use crate::wire::{Codec, Field, Slot, SlotMut};
use crate::writer::Sink;

/// The kind of enums with data.
#[derive(Debug)]
pub enum UnionKind {}

/// The offset of the reference in the slot of a union that is not spread.
const REFERENCE: u32 = 4;

/// An enum with data.
pub trait UnionShape: Field<Kind = UnionKind> {
    /// Its bytes: one 64-bit slot, or a spread struct.
    type Body: Raw;
    /// Its natural alignment.
    type Align: Alignment;
    /// What schemas say of it.
    const SCHEMA: &'static Union;
    /// The same behind a function, for types that refer to themselves.
    const NAMED: Named<Union>;

    /// How it is read in place.
    type View<'m>: fmt::Debug;
    /// Reads the variant of this kind, whose fields are at `offset`; an unknown kind reads as the
    /// variant of kind 0.
    fn view(kind: u32, mem: &[u8], offset: u32) -> Self::View<'_>;
    /// How it is changed in place.
    type ViewMut<'m>;
    /// As [`Self::view`], to change the fields.
    fn view_mut(kind: u32, mem: &[Cell<u8>], offset: u32) -> Self::ViewMut<'_>;
    /// Checks the kind and the variant's fields.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    fn verify(cx: &mut Verifier<'_>, kind: u32, offset: u32, at: u32) -> Result<(), Bad>;
    /// Checks them and makes the value.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    fn load(cx: &mut Verifier<'_>, kind: u32, offset: u32, at: u32) -> Result<Self, Bad>;
    /// As [`Self::load`], on the heap: for enums that are too large for the stack.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    fn hold(cx: &mut Verifier<'_>, kind: u32, offset: u32, at: u32) -> Result<Held<Self>, Bad>;
    /// How many levels the variant whose kind is 0 takes with defaults; `None` if more than `left`.
    #[must_use]
    fn levels(left: u32) -> Option<u32>;
    /// Writes the variant's fields and gives its kind and the offset of the fields.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit is passed.
    fn encode<S: Sink>(&self, sink: &mut S) -> Result<(u32, u32), EncodeError>;
    /// How it is written without an object.
    type Builder<'w, S: Sink + 'w>;
    /// Wraps the builder's core.
    fn builder<S: Sink>(core: UnionBuilder<'_, S, Self>) -> Self::Builder<'_, S>;
}

/// How many levels the default of a variant's fields takes, which are in a table; `None` if more than `left`.
#[inline]
#[must_use]
pub fn levels_of_variant<T: Shape>(left: u32) -> Option<u32> {
    Some(1 + T::levels(0, left.checked_sub(1)?)?)
}

/// The kind, and the offset of the fields of the variant of that kind.
#[inline(always)]
fn split<T: UnionShape>(body: &T::Body) -> (u32, u32) {
    let bytes = body.as_bytes();
    let kind = match T::SCHEMA.repr.size() {
        1 => u32::from(*raw::part::<u8>(bytes, 0)),
        2 => u32::from(u16::from_le_bytes(*raw::part(bytes, 0))),
        _ => u32::from_le_bytes(*raw::part(bytes, 0)),
    };
    match reference_at::<T>(kind) {
        Some(at) => (kind, u32::from_le_bytes(*raw::part(bytes, at))),
        None => (kind, NULL),
    }
}

/// Where the reference of the variant of this kind lies.
#[inline(always)]
fn reference_at<T: UnionShape>(kind: u32) -> Option<u32> {
    let Some(spread) = &T::SCHEMA.spread else {
        return Some(REFERENCE);
    };
    let mut with_data = T::SCHEMA.variants.iter().filter(|v| v.table.is_some());
    let index = with_data.position(|v| v.value == kind)?;
    spread.at.get(index).map(|at| at.at)
}

/// The bytes of a union.
#[inline(always)]
fn join<T: UnionShape>(kind: u32, offset: u32) -> T::Body {
    let mut body = T::Body::ZERO;
    let bytes = body.as_mut_bytes();
    match &T::SCHEMA.spread {
        None => raw::put(bytes, REFERENCE, &NULL.to_le_bytes()),
        Some(spread) => {
            for at in spread.at {
                raw::put(bytes, at.at, &NULL.to_le_bytes());
            }
        }
    }
    if let Some(at) = reference_at::<T>(kind) {
        raw::put(bytes, at, &offset.to_le_bytes());
    }
    match T::SCHEMA.repr.size() {
        1 => raw::put(bytes, 0, &(kind as u8).to_le_bytes()),
        2 => raw::put(bytes, 0, &(kind as u16).to_le_bytes()),
        _ => raw::put(bytes, 0, &kind.to_le_bytes()),
    }
    body
}

impl Verifier<'_> {
    /// Checks the fields of a variant with data.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    #[inline]
    pub fn variant<T: Shape>(&mut self, offset: u32, at: u32) -> Result<(), Bad> {
        match self.table(offset, at)? {
            Some(table) => self.check_table::<T>(table, offset),
            None => self.absent::<T>(offset),
        }
    }

    /// Gives the fields of a variant with data to `f`, which makes the value.
    ///
    /// # Errors
    ///
    /// What is wrong with them.
    #[inline]
    pub fn load_variant<T: Shape, V>(
        &mut self,
        offset: u32,
        at: u32,
        f: impl FnOnce(&mut Self, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        let table = self.table(offset, at)?.unwrap_or_default();
        self.body::<T, V>(table, offset, f)
    }

    /// The error for a kind that no variant has.
    ///
    /// # Errors
    ///
    /// Always.
    #[cold]
    pub fn unknown_kind<V>(&self, at: u32) -> Result<V, Bad> {
        Err(bad(at, Cause::Enumerator))
    }
}

/// An enum with data that is being written.
pub struct UnionBuilder<'w, S, T> {
    sink: &'w mut S,
    at: u32,
    shape: PhantomData<fn() -> T>,
}

impl<S, T> fmt::Debug for UnionBuilder<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnionBuilder")
            .field("offset", &self.at)
            .finish_non_exhaustive()
    }
}

impl<'w, S: Sink, T: UnionShape> UnionBuilder<'w, S, T> {
    /// Chooses a variant without data.
    #[inline(always)]
    pub fn unit(self, kind: u32) {
        self.sink.store(self.at, &join::<T>(kind, NULL));
    }

    /// Chooses a variant with data and begins to write its fields.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    #[inline(always)]
    pub fn variant<V: Shape>(self, kind: u32) -> Result<V::Builder<'w, S>, EncodeError> {
        let fields = self.sink.alloc(V::Body::SIZE)?;
        self.sink.store(self.at, &join::<T>(kind, fields));
        self.sink.store(fields, &V::empty());
        Ok(V::builder(StructBuilder::at(self.sink, fields)))
    }
}

impl<T: UnionShape, L: LayoutRule> Codec<T, L> for UnionKind {
    type Raw = T::Body;
    type Item = T::Body;
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, T::Body>;
    type Align = L::Align<T::Align>;
    const TYPE: Type = Type::Union(T::NAMED);

    type View<'m> = T::View<'m>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, T::Body>) -> T::View<'m> {
        let (kind, offset) = split::<T>(slot.raw);
        T::view(kind, mem, offset)
    }
    #[inline(always)]
    fn slot_of_item(item: &T::Body) -> Slot<'_, T::Body> {
        Slot { flag: 0, raw: item }
    }
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(view, f)
    }

    type ViewMut<'m> = T::ViewMut<'m>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, T::Body>) -> T::ViewMut<'m> {
        let (kind, offset) = split::<T>(&slot.raw.get());
        T::view_mut(kind, mem, offset)
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<T::Body>) -> SlotMut<'_, T::Body> {
        super::list::plain_slot(item)
    }

    #[inline]
    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &T::Body, at: u32) -> Result<(), Bad> {
        let (kind, offset) = split::<T>(raw);
        T::verify(cx, kind, offset, at)
    }
    #[inline]
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &T::Body, at: u32) -> Result<T, Bad> {
        let (kind, offset) = split::<T>(raw);
        T::load(cx, kind, offset, at)
    }
    #[inline]
    fn hold(cx: &mut Verifier<'_>, _: u8, raw: &T::Body, at: u32) -> Result<Held<T>, Bad> {
        if const { is_large::<T>() } {
            let (kind, offset) = split::<T>(raw);
            T::hold(cx, kind, offset, at)
        } else {
            load_and_hold::<Self, T, L>(cx, 0, raw, at)
        }
    }
    #[inline]
    fn levels(left: u32) -> Option<u32> {
        T::levels(left)
    }

    #[inline]
    fn encode<S: Sink>(value: &T, sink: &mut S) -> Result<(u8, T::Body), EncodeError> {
        let (kind, offset) = value.encode(sink)?;
        Ok((0, join::<T>(kind, offset)))
    }
    #[inline(always)]
    fn item(_: u8, raw: T::Body) -> T::Body {
        raw
    }

    #[inline(always)]
    fn empty() -> T::Body {
        join::<T>(0, NULL)
    }
    type Builder<'w, S: Sink + 'w> = T::Builder<'w, S>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(T::builder(UnionBuilder {
            sink,
            at: at.at,
            shape: PhantomData,
        }))
    }
}
