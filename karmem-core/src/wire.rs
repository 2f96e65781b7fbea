//! What a type needs to be a field: its bytes, and the ways to read, check, make and write it.
//!
//! A type says by [`Field::Kind`] which of the [kinds](crate::kind) it is; a kind implements
//! [`Codec`] for all its types and layouts. [`Wire`] is the two together.

use core::cell::Cell;
use core::fmt;

use crate::cast;
use crate::error::{Bad, EncodeError};
use crate::held::{Held, is_large, load_and_hold, load_over, put_whole};
use crate::layout::{At, Layout, Part};
use crate::raw::{self, Raw};
use crate::rule::{Alignment, LayoutRule};
use crate::schema::{self, Type};
use crate::verify::Verifier;
use crate::writer::Sink;

/// A type that can be a field of a message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no place in a karmem message",
    label = "cannot be a field",
    note = "numbers, bool, char, String, Vec, arrays, Option, BTreeMap and HashMap can, and every type with `#[derive(karmem::Karmem)]`"
)]
pub trait Field: Sized + 'static {
    /// What kind of field it is: one of [`crate::kind`].
    type Kind;
}

/// The bytes of a field, and its presence byte if it has one.
#[derive(Clone, Copy, Debug)]
pub struct Slot<'m, R> {
    /// The presence byte; the value's first byte for a field without one.
    pub flag: u8,
    /// The value.
    pub raw: &'m R,
}

/// The bytes of a field that can be changed.
#[allow(missing_debug_implementations, reason = "a pair of cells")]
pub struct SlotMut<'m, R> {
    /// The presence byte; any byte of the value for a field without one.
    pub flag: &'m Cell<u8>,
    /// The value.
    pub raw: &'m Cell<R>,
}

impl<R> Clone for SlotMut<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for SlotMut<'_, R> {}

/// How the fields of one kind lie on the wire: implemented by the kind for its types.
pub trait Codec<T, L: LayoutRule>: Sized {
    /// Its bytes as a field.
    type Raw: Raw;
    /// Its bytes as an element of a slice or array.
    type Item: Raw;
    /// Its natural alignment in this layout.
    type Align: Alignment;
    /// What schemas say of it.
    const TYPE: Type;
    /// Whether a presence byte goes before it.
    const FLAG: bool = false;
    /// Whether all bytes are a valid value and refer to nothing.
    const ANY: bool = false;
    /// Whether it refers to nothing.
    const FIXED: bool = false;
    /// The bytes of the table if the item is one reference to a table, else 0. Such tables are
    /// written side by side.
    const TABLE: u32 = 0;

    /// Whether a null reference says that it is absent, so that an `Option` needs no presence byte.
    const NULLABLE: bool = false;
    /// Whether it is an `Option`, or lies as one: then there is no `Option` of it.
    const OPTIONAL: bool = false;
    /// Whether a builder of several allocates their tables side by side and at once.
    const SIDE_BY_SIDE: bool = false;
    /// Its bytes as an element that is an `Option` of it.
    type OptionItem: Raw;

    /// How it is read in place.
    type View<'m>;
    /// Reads it.
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Self::View<'m>;
    /// Reads it, or `None` if absence is part of its bytes and it is absent: a null reference.
    #[inline(always)]
    fn view_nullable<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Option<Self::View<'m>> {
        Some(Self::view(mem, slot))
    }
    /// The field in an element.
    fn slot_of_item(item: &Self::Item) -> Slot<'_, Self::Raw>;
    /// Prints it for people who debug; `T` itself need not be `Debug`.
    ///
    /// # Errors
    ///
    /// If the formatter fails.
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// How it is changed in place.
    type ViewMut<'m>;
    /// Gives access to change it.
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, Self::Raw>) -> Self::ViewMut<'m>;
    /// As [`Self::view_nullable`], to change it.
    #[inline(always)]
    fn view_mut_nullable<'m>(
        mem: &'m [Cell<u8>],
        slot: SlotMut<'m, Self::Raw>,
    ) -> Option<Self::ViewMut<'m>> {
        Some(Self::view_mut(mem, slot))
    }
    /// The field in an element that can be changed.
    fn slot_of_item_mut(item: &Cell<Self::Item>) -> SlotMut<'_, Self::Raw>;

    /// Where [`Self::NULLABLE`]: whether it is absent.
    #[inline(always)]
    fn is_null(_raw: &Self::Raw) -> bool {
        false
    }
    /// Checks it and all that it refers to; `at` is where it lies in the message.
    fn verify(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<(), Bad>;
    /// Checks it and makes the value.
    fn load(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<T, Bad>;
    /// Checks it and makes the value on the heap: for values that are too large for the stack.
    #[inline(always)]
    fn hold(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<Held<T>, Bad> {
        load_and_hold::<Self, T, L>(cx, flag, raw, at)
    }
    /// Checks it and stores it in `value`, reusing allocations.
    #[inline(always)]
    fn update(
        value: &mut T,
        cx: &mut Verifier<'_>,
        flag: u8,
        raw: &Self::Raw,
        at: u32,
    ) -> Result<(), Bad> {
        if const { is_large::<T>() } {
            Self::hold(cx, flag, raw, at)?.replace(value);
            Ok(())
        } else {
            load_over::<Self, T, L>(value, cx, flag, raw, at)
        }
    }
    /// How many levels its default takes, as [`Limits::depth`](crate::Limits::depth) counts them; `None`
    /// if more than `left`. None but for tables that are not optional.
    #[inline(always)]
    fn levels(_left: u32) -> Option<u32> {
        Some(0)
    }
    /// The number of elements (of a text: bytes) that a `max` limits.
    #[inline(always)]
    fn count(_flag: u8, _raw: &Self::Raw) -> u32 {
        0
    }
    /// The number of elements (of a text: bytes) that a `max` limits.
    #[inline(always)]
    fn count_of(_value: &T) -> usize {
        0
    }

    /// Writes what it refers to, and gives its presence byte and its own bytes.
    fn encode<S: Sink>(value: &T, sink: &mut S) -> Result<(u8, Self::Raw), EncodeError>;
    /// Writes it, and what it refers to, to `at` of the sink, which is zero: for values whose bytes are too many
    /// for the stack.
    #[inline(always)]
    fn put<S: Sink>(value: &T, sink: &mut S, at: At) -> Result<(), EncodeError> {
        put_whole::<Self, T, L, S>(value, sink, at)
    }
    /// Puts the field into an element.
    fn item(flag: u8, raw: Self::Raw) -> Self::Item;
    /// The values as they lie on the wire, if their bytes in Rust are the same.
    #[inline(always)]
    fn as_wire(_values: &[T]) -> Option<&[u8]> {
        None
    }
    /// Where [`Self::TABLE`] is not 0: whether there is a table.
    #[inline(always)]
    fn is_present(_value: &T) -> bool {
        true
    }
    /// Where [`Self::TABLE`] is not 0: an element that refers to a table at `offset`.
    #[inline(always)]
    fn reference(_offset: u32) -> Self::Item {
        Self::Item::ZERO
    }
    /// Where [`Self::TABLE`] is not 0: writes the table itself to `offset`, which was allocated, a level deeper
    /// than its caller began.
    #[inline(always)]
    fn fill<S: Sink>(_value: &T, _offset: u32, _sink: &mut S) -> Result<(), EncodeError> {
        Ok(())
    }

    /// The bytes that a builder begins with: zero, but null references.
    #[inline(always)]
    fn empty() -> Self::Raw {
        Self::Raw::ZERO
    }
    /// How it is written without an object.
    type Builder<'w, S: Sink + 'w>;
    /// Begins to write it at `at`, an absolute position.
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError>;
    /// Where [`Self::SIDE_BY_SIDE`]: makes the table at `offset` empty, `stride` bytes with padding.
    #[inline(always)]
    fn clear<S: Sink>(_sink: &mut S, _offset: u32, _stride: u32) {}
    /// Where [`Self::SIDE_BY_SIDE`]: begins to write the table at `offset`.
    fn build_table<'w, S: Sink>(
        sink: &'w mut S,
        offset: u32,
    ) -> Result<Self::Builder<'w, S>, EncodeError> {
        Self::build(
            sink,
            At {
                flag: offset,
                at: offset,
            },
        )
    }
    /// Where the field lies in an element that lies at `at`.
    fn at_of_item(at: u32) -> At {
        At { flag: at, at }
    }
    /// The bytes of an element that a builder begins with.
    #[inline(always)]
    fn empty_item() -> Self::Item {
        Self::item(0, Self::empty())
    }
}

/// A [`Field`] in the layout `L`: what generated code and generic code are written against.
pub trait Wire<L: LayoutRule>: Sized + 'static {
    /// Its bytes as a field.
    type Raw: Raw;
    /// Its bytes as an element of a slice or array.
    type Item: Raw;
    /// The codec of its kind.
    type Codec: Codec<Self, L, Raw = Self::Raw, Item = Self::Item>;
    /// `Self`; see [`Same`].
    type Same: Wire<L>;
    /// How it is read in place.
    type View<'m>;
    /// How it is changed in place.
    type ViewMut<'m>;
    /// How it is written without an object.
    type Builder<'w, S: Sink + 'w>;
    /// What schemas say of it.
    const TYPE: Type;
    /// Size, natural alignment and presence byte: what [`crate::layout::place`] takes.
    const PART: Part;
    /// Size and alignment as an element.
    const ITEM: Layout;
    /// Whether all bytes are a valid value and refer to nothing.
    const ANY: bool;
    /// Whether it refers to nothing.
    const FIXED: bool;

    /// Its bytes in those of a struct; zeros where the struct ends before.
    fn slot(body: &[u8], at: At) -> Slot<'_, Self::Raw>;
    /// Reads it.
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Self::View<'m>;
    /// Reads it, or `None` for a null reference.
    fn view_nullable<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Option<Self::View<'m>>;
    /// Reads an element.
    fn view_item<'m>(mem: &'m [u8], item: &'m Self::Item) -> Self::View<'m>;
    /// Prints it for people who debug.
    ///
    /// # Errors
    ///
    /// If the formatter fails.
    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result;
    /// Gives access to change it.
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, Self::Raw>) -> Self::ViewMut<'m>;
    /// Gives access to change it, or `None` for a null reference.
    fn view_mut_nullable<'m>(
        mem: &'m [Cell<u8>],
        slot: SlotMut<'m, Self::Raw>,
    ) -> Option<Self::ViewMut<'m>>;
    /// Gives access to change an element.
    fn view_item_mut<'m>(mem: &'m [Cell<u8>], item: &'m Cell<Self::Item>) -> Self::ViewMut<'m>;
    /// Its bytes in those of a struct, to be changed; `None` where the struct ends before.
    fn slot_mut(body: &[Cell<u8>], at: At) -> Option<SlotMut<'_, Self::Raw>>;
    /// Checks it and all that it refers to.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn verify(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<(), Bad>;
    /// Checks it and makes the value.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn load(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<Self, Bad>;
    /// Checks it and stores it in `self`, reusing allocations.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn update(
        &mut self,
        cx: &mut Verifier<'_>,
        flag: u8,
        raw: &Self::Raw,
        at: u32,
    ) -> Result<(), Bad>;
    /// How many levels its default takes; `None` if more than `left`.
    fn levels(left: u32) -> Option<u32>;
    /// The number of elements that a `max` limits.
    fn count(flag: u8, raw: &Self::Raw) -> u32;
    /// The number of elements that a `max` limits.
    fn count_of(&self) -> usize;
    /// Writes what it refers to, and gives its presence byte and its own bytes.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit is passed.
    fn encode<S: Sink>(&self, sink: &mut S) -> Result<(u8, Self::Raw), EncodeError>;
    /// The bytes that a builder begins with.
    fn empty() -> Self::Raw;
    /// Begins to write it without an object.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError>;
    /// Begins to write one of several tables that lie side by side.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    fn build_table<'w, S: Sink>(
        sink: &'w mut S,
        offset: u32,
    ) -> Result<Self::Builder<'w, S>, EncodeError>;
}

impl<T, L> Wire<L> for T
where
    T: Field,
    L: LayoutRule,
    T::Kind: Codec<T, L>,
{
    type Raw = <T::Kind as Codec<T, L>>::Raw;
    type Item = <T::Kind as Codec<T, L>>::Item;
    type Codec = T::Kind;
    type Same = T;
    type View<'m> = <T::Kind as Codec<T, L>>::View<'m>;
    type ViewMut<'m> = <T::Kind as Codec<T, L>>::ViewMut<'m>;
    type Builder<'w, S: Sink + 'w> = <T::Kind as Codec<T, L>>::Builder<'w, S>;
    const TYPE: Type = T::Kind::TYPE;
    const PART: Part = Part {
        layout: Layout {
            size: <T::Kind as Codec<T, L>>::Raw::SIZE,
            align: <T::Kind as Codec<T, L>>::Align::ALIGN,
        },
        flag: T::Kind::FLAG,
    };
    const ITEM: Layout = Layout {
        size: <T::Kind as Codec<T, L>>::Item::SIZE,
        align: <T::Kind as Codec<T, L>>::Align::ALIGN,
    };
    const ANY: bool = T::Kind::ANY;
    const FIXED: bool = T::Kind::FIXED;

    #[inline(always)]
    fn slot(body: &[u8], at: At) -> Slot<'_, Self::Raw> {
        if at.at as u64 + u64::from(Self::Raw::SIZE) > body.len() as u64 {
            core::hint::cold_path();
            return Slot {
                flag: 0,
                raw: raw::zero(),
            };
        }
        Slot {
            flag: if T::Kind::FLAG {
                *raw::part(body, at.flag)
            } else {
                0
            },
            raw: raw::part(body, at.at),
        }
    }

    #[inline(always)]
    fn view<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Self::View<'m> {
        T::Kind::view(mem, slot)
    }

    #[inline(always)]
    fn view_nullable<'m>(mem: &'m [u8], slot: Slot<'m, Self::Raw>) -> Option<Self::View<'m>> {
        T::Kind::view_nullable(mem, slot)
    }

    #[inline(always)]
    fn view_item<'m>(mem: &'m [u8], item: &'m Self::Item) -> Self::View<'m> {
        T::Kind::view(mem, T::Kind::slot_of_item(item))
    }

    fn debug(view: &Self::View<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::Kind::debug(view, f)
    }

    #[inline(always)]
    fn view_mut<'m>(mem: &'m [Cell<u8>], slot: SlotMut<'m, Self::Raw>) -> Self::ViewMut<'m> {
        T::Kind::view_mut(mem, slot)
    }

    #[inline(always)]
    fn view_mut_nullable<'m>(
        mem: &'m [Cell<u8>],
        slot: SlotMut<'m, Self::Raw>,
    ) -> Option<Self::ViewMut<'m>> {
        T::Kind::view_mut_nullable(mem, slot)
    }

    #[inline(always)]
    fn view_item_mut<'m>(mem: &'m [Cell<u8>], item: &'m Cell<Self::Item>) -> Self::ViewMut<'m> {
        T::Kind::view_mut(mem, T::Kind::slot_of_item_mut(item))
    }

    #[inline(always)]
    fn slot_mut(body: &[Cell<u8>], at: At) -> Option<SlotMut<'_, Self::Raw>> {
        Some(SlotMut {
            flag: body.get(at.flag as usize)?,
            raw: cast::cell(body, at.at)?,
        })
    }

    #[inline(always)]
    fn verify(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<(), Bad> {
        T::Kind::verify(cx, flag, raw, at)
    }

    #[inline(always)]
    fn load(cx: &mut Verifier<'_>, flag: u8, raw: &Self::Raw, at: u32) -> Result<Self, Bad> {
        T::Kind::load(cx, flag, raw, at)
    }

    #[inline(always)]
    fn update(
        &mut self,
        cx: &mut Verifier<'_>,
        flag: u8,
        raw: &Self::Raw,
        at: u32,
    ) -> Result<(), Bad> {
        T::Kind::update(self, cx, flag, raw, at)
    }

    #[inline]
    fn levels(left: u32) -> Option<u32> {
        T::Kind::levels(left)
    }

    #[inline(always)]
    fn count(flag: u8, raw: &Self::Raw) -> u32 {
        T::Kind::count(flag, raw)
    }

    #[inline(always)]
    fn count_of(&self) -> usize {
        T::Kind::count_of(self)
    }

    #[inline(always)]
    fn encode<S: Sink>(&self, sink: &mut S) -> Result<(u8, Self::Raw), EncodeError> {
        T::Kind::encode(self, sink)
    }

    #[inline(always)]
    fn empty() -> Self::Raw {
        T::Kind::empty()
    }

    #[inline(always)]
    fn build<'w, S: Sink>(sink: &'w mut S, at: At) -> Result<Self::Builder<'w, S>, EncodeError> {
        T::Kind::build(sink, at)
    }

    #[inline(always)]
    fn build_table<'w, S: Sink>(
        sink: &'w mut S,
        offset: u32,
    ) -> Result<Self::Builder<'w, S>, EncodeError> {
        T::Kind::build_table(sink, offset)
    }
}

/// `T` itself, if it can be a field of a struct of layout `L`. Generated code calls types so that it has
/// not seen: the compiler then reports one that cannot, and nothing that is done with it.
pub type Same<T, L> = <T as Wire<L>>::Same;
/// How `T` is read in place in a struct of layout `L`.
pub type ViewOf<'m, T, L> = <T as Wire<L>>::View<'m>;
/// How `T` is changed in place in a struct of layout `L`.
pub type ViewMutOf<'m, T, L> = <T as Wire<L>>::ViewMut<'m>;
/// How `T` is written without an object in a struct of layout `L`.
pub type BuilderOf<'w, S, T, L> = <T as Wire<L>>::Builder<'w, S>;

/// A view that prints itself, whether or not its type is `Debug`.
pub(crate) fn shown<'m, T: Wire<L>, L: LayoutRule>(view: T::View<'m>) -> impl fmt::Debug {
    fmt::from_fn(move |f| T::debug(&view, f))
}

/// `T` itself: lets generated setters exist for fields that turn out not to have any.
pub trait Is<T> {
    /// Gives it.
    fn is(self) -> T;
}

impl<T> Is<T> for T {
    #[inline(always)]
    fn is(self) -> T {
        self
    }
}

/// What the schema of a struct says of a field of type `F`.
#[must_use]
pub const fn field<F: Wire<L>, L: LayoutRule>(
    name: &'static str,
    rust_name: &'static str,
    at: At,
    max: Option<u32>,
) -> schema::Field {
    schema::Field {
        name,
        rust_name,
        ty: F::TYPE,
        at,
        size: F::PART.layout.size,
        flag: F::PART.flag,
        max,
    }
}

/// A reference to a table, in a spread union.
#[must_use]
pub const fn reference<L: LayoutRule>() -> Part {
    Part {
        layout: Layout {
            size: <L::TableRef as Raw>::SIZE,
            align: 8,
        },
        flag: false,
    }
}

/// Writes what a field refers to, and puts its bytes into those of its struct.
///
/// # Errors
///
/// If the sink is full or a limit is passed.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline)]
pub fn put<F: Wire<L>, L: LayoutRule, S: Sink>(
    body: &mut [u8],
    at: At,
    value: &F,
    sink: &mut S,
) -> Result<(), EncodeError> {
    let (flag, raw) = value.encode(sink)?;
    if F::PART.flag {
        raw::put(body, at.flag, &flag);
    }
    raw::put(body, at.at, &raw);
    Ok(())
}

/// As [`put`], to the bytes of a struct that lies at `base` of the sink and is zero.
///
/// # Errors
///
/// Also if there are more than `max` elements.
#[inline]
pub fn put_at<F: Wire<L>, L: LayoutRule, S: Sink>(
    sink: &mut S,
    base: u32,
    at: At,
    value: &F,
    name: &'static str,
    max: u32,
) -> Result<(), EncodeError> {
    crate::struct_builder::limit(value.count_of(), name, max)?;
    let at = At {
        flag: base + at.flag,
        at: base + at.at,
    };
    F::Codec::put(value, sink, at)
}

/// As [`put`], for a field with a `max`.
///
/// # Errors
///
/// Also if there are more than `max` elements.
#[cfg_attr(not(debug_assertions), inline(always))]
#[cfg_attr(debug_assertions, inline)]
pub fn put_limited<F: Wire<L>, L: LayoutRule, S: Sink>(
    body: &mut [u8],
    at: At,
    value: &F,
    sink: &mut S,
    name: &'static str,
    max: u32,
) -> Result<(), EncodeError> {
    crate::struct_builder::limit(value.count_of(), name, max)?;
    put::<F, L, S>(body, at, value, sink)
}

/// Puts the bytes that a builder begins with into those of its struct.
#[inline(always)]
pub fn put_empty<F: Wire<L>, L: LayoutRule>(body: &mut [u8], at: At) {
    raw::put(body, at.at, &F::empty());
}

/// For an inline struct whose only field is an `F`: the bytes of the table that it refers to, or 0.
#[must_use]
pub const fn table_size<F: Wire<L>, L: LayoutRule>() -> u32 {
    <F::Codec as Codec<F, L>>::TABLE
}

/// For an inline struct whose only field is an `F` with a table: whether there is a table.
#[inline(always)]
pub fn is_present<F: Wire<L>, L: LayoutRule>(value: &F) -> bool {
    <F::Codec as Codec<F, L>>::is_present(value)
}

/// For an inline struct whose only field is an `F` with a table: writes the table.
///
/// # Errors
///
/// If the sink is full or a limit is passed.
#[inline(always)]
pub fn fill<F: Wire<L>, L: LayoutRule, S: Sink>(
    value: &F,
    offset: u32,
    sink: &mut S,
) -> Result<(), EncodeError> {
    <F::Codec as Codec<F, L>>::fill(value, offset, sink)
}
