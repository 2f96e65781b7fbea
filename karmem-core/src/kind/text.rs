//! `String` and `Box<str>`.

use core::cell::Cell;
use core::fmt;

use super::ValueBuilder;
use crate::error::{Bad, EncodeError};
use crate::layout::At;
use crate::raw::{self, Flagged};
use crate::rule::{Align, Alignment, LayoutRule};
use crate::schema::Type;
use crate::text::{Text, TextMut};
use crate::verify::{Verifier, check_text, text};
use crate::wire::{Codec, Field, Slot, SlotMut};
use crate::writer::Sink;

/// The kind of `String` and `Box<str>`.
#[derive(Debug)]
pub enum TextKind {}

/// A Rust type that owns text.
pub trait OwnedText: Field<Kind = TextKind> + AsRef<str> {
    /// A copy of `text`.
    fn copy(text: &str) -> Self;
    /// Becomes a copy of `text`, reusing the allocation.
    fn replace(&mut self, text: &str);
}

#[cfg(feature = "alloc")]
impl Field for alloc::string::String {
    type Kind = TextKind;
}

#[cfg(feature = "alloc")]
impl OwnedText for alloc::string::String {
    fn copy(text: &str) -> Self {
        text.into()
    }

    fn replace(&mut self, text: &str) {
        self.clear();
        self.push_str(text);
    }
}

#[cfg(feature = "alloc")]
impl Field for alloc::boxed::Box<str> {
    type Kind = TextKind;
}

#[cfg(feature = "alloc")]
impl OwnedText for alloc::boxed::Box<str> {
    fn copy(text: &str) -> Self {
        text.into()
    }

    fn replace(&mut self, text: &str) {
        *self = text.into();
    }
}

/// Writes a text and gives its reference.
#[inline(always)]
pub(crate) fn encode_text<L: LayoutRule, S: Sink>(
    text: &str,
    sink: &mut S,
) -> Result<L::SliceRef, EncodeError> {
    if text.is_empty() {
        return Ok(L::slice_ref(0, 0, 1));
    }
    let offset = sink.append(text.as_bytes())?;
    Ok(L::slice_ref(offset, text.len() as u32, 1))
}

impl<T: OwnedText, L: LayoutRule> Codec<T, L> for TextKind {
    type Raw = L::SliceRef;
    type Item = L::SliceItem;
    type OptionItem = Flagged<<Self::Align as Alignment>::Flag, L::SliceRef>;
    type Align = L::Align<Align<8>>;
    const TYPE: Type = Type::Text;

    type View<'m> = Text<'m>;
    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, L::SliceRef>) -> Text<'m> {
        let (offset, len) = L::slice(slot.raw);
        Text::new(raw::items(mem, offset, len).unwrap_or_else(|| {
            core::hint::cold_path();
            &[]
        }))
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

    type ViewMut<'m> = TextMut<'m>;
    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, L::SliceRef>) -> TextMut<'m> {
        let (offset, len) = L::slice(&slot.raw.get());
        TextMut::new(super::list::cells(mem, offset, len))
    }
    #[inline(always)]
    fn slot_of_item_mut(item: &Cell<L::SliceItem>) -> SlotMut<'_, L::SliceRef> {
        super::list::part_slot(item)
    }

    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, _: u8, raw: &L::SliceRef, at: u32) -> Result<(), Bad> {
        let (offset, len) = L::slice(raw);
        check_text(cx.items(offset, len, at)?, offset)
    }
    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, _: u8, raw: &L::SliceRef, at: u32) -> Result<T, Bad> {
        let (offset, len) = L::slice(raw);
        let text = text(cx.items(offset, len, at)?, offset)?;
        cx.build::<u8>(len as usize, at)?;
        Ok(T::copy(text))
    }
    #[inline(always)]
    fn update(
        value: &mut T,
        cx: &mut Verifier<'_>,
        _: u8,
        raw: &L::SliceRef,
        at: u32,
    ) -> Result<(), Bad> {
        let (offset, len) = L::slice(raw);
        let text = text(cx.items(offset, len, at)?, offset)?;
        cx.build::<u8>(len as usize, at)?;
        value.replace(text);
        Ok(())
    }
    #[inline(always)]
    fn count(_: u8, raw: &L::SliceRef) -> u32 {
        L::slice(raw).1
    }
    #[inline(always)]
    fn count_of(value: &T) -> usize {
        value.as_ref().len()
    }

    #[inline(always)]
    fn encode<S: Sink>(value: &T, sink: &mut S) -> Result<(u8, L::SliceRef), EncodeError> {
        Ok((0, encode_text::<L, S>(value.as_ref(), sink)?))
    }
    #[inline(always)]
    fn item(_: u8, raw: L::SliceRef) -> L::SliceItem {
        L::slice_item(raw)
    }

    type Builder<'w, S: Sink + 'w> = ValueBuilder<'w, S, T, L>;
    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        Ok(ValueBuilder::new(sink, at))
    }
}
