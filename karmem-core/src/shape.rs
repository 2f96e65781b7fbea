//! What the derive implements for structs, and for the fields of each variant with data.

use core::fmt;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::error::{Bad, EncodeError};
use crate::held::{Held, is_large};
use crate::kind::below;
use crate::layout::Class;
use crate::raw::Raw;
use crate::rule::{Alignment, LayoutRule};
use crate::schema::{Named, Struct};
use crate::struct_builder::StructBuilder;
use crate::struct_view::{Inline, InlineMut, Table, TableMut};
use crate::verify::Verifier;
use crate::writer::Sink;

/// Fields that lie together: of a struct, or of a variant with data.
pub trait Shape: Sized + 'static {
    /// How the fields are placed.
    type Rule: LayoutRule;
    /// The bytes of all fields, with a table's size header.
    type Body: Raw;
    /// The alignment of the whole.
    type Align: Alignment;
    /// What schemas say of it.
    const SCHEMA: &'static Struct;
    /// The same behind a function, for types that refer to themselves.
    const NAMED: Named<Struct>;
    /// Whether all bytes are valid and refer to nothing.
    const ANY: bool;
    /// Whether no field refers to anything.
    const FIXED: bool;
    /// For an inline struct of one field that refers to a table: the bytes of that table.
    const TABLE: u32 = 0;

    /// Checks every field; the body lies at byte `base` of the message.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    fn verify(cx: &mut Verifier<'_>, body: &Self::Body, base: u32) -> Result<(), Bad>;
    /// Checks the fields that a table of an older version has; `table` is all that there is of it.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    fn verify_older(_cx: &mut Verifier<'_>, _table: &[u8], _base: u32) -> Result<(), Bad> {
        Ok(())
    }
    /// How many levels the defaults of the fields from `first` on take, as [`Limits::depth`] counts
    /// them; `None` if more than `left`. None unless a field holds a table in place.
    ///
    /// [`Limits::depth`]: crate::Limits::depth
    #[inline(always)]
    #[must_use]
    fn levels(_first: usize, _left: u32) -> Option<u32> {
        Some(0)
    }
    /// The bytes that a builder begins with: size header and null references.
    fn empty() -> Self::Body;

    /// How it is read in place.
    type View<'m>: fmt::Debug;
    /// How it is changed in place.
    type ViewMut<'m>;
    /// How it is written without an object.
    type Builder<'w, S: Sink + 'w>;
    /// Wraps the builder's core.
    fn builder<S: Sink>(core: StructBuilder<'_, S, Self>) -> Self::Builder<'_, S>;
}

/// How a `T` is read in place: `View<World>` is `WorldView`. As the parameter of a method of an
/// interface: a world that lies in a region, to be read there.
pub type View<'m, T> = <T as Shape>::View<'m>;

/// How a `T` is changed in place: `ViewMut<World>` is `WorldViewMut`. As the parameter of a method of
/// an interface: a world that lies in a region, to be changed there by nobody else meanwhile.
pub type ViewMut<'m, T> = <T as Shape>::ViewMut<'m>;

/// A [`Shape`] that is reached through a reference.
pub trait TableShape: Shape {
    /// Wraps the view's core.
    fn view(core: Table<'_, Self>) -> Self::View<'_>;
    /// Wraps the mutable view's core.
    fn view_mut(core: TableMut<'_, Self>) -> Self::ViewMut<'_>;
}

/// A [`Shape`] that is laid out in place.
pub trait InlineShape: Shape {
    /// Wraps the view's core.
    fn view(core: Inline<'_, Self>) -> Self::View<'_>;
    /// Wraps the mutable view's core.
    fn view_mut(core: InlineMut<'_, Self>) -> Self::ViewMut<'_>;
}

/// A [`Shape`] with values in Rust: a struct.
pub trait Record: Shape {
    /// Writes what the fields refer to and gives their bytes.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit is passed.
    fn encode_body<S: Sink>(&self, sink: &mut S) -> Result<Self::Body, EncodeError>;
    /// As [`Self::encode_body`], with the bytes at `base` of the sink, which are zero: for structs that are too
    /// large for the stack.
    ///
    /// # Errors
    ///
    /// As [`Self::encode_body`].
    fn encode_at<S: Sink>(&self, sink: &mut S, base: u32) -> Result<(), EncodeError>;
    /// Checks the fields and makes the struct.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them.
    fn load_body(cx: &mut Verifier<'_>, body: &Self::Body, base: u32) -> Result<Self, Bad>;
    /// As [`Self::load_body`], on the heap: for structs that are too large for the stack.
    ///
    /// # Errors
    ///
    /// As [`Self::load_body`].
    fn hold_body(cx: &mut Verifier<'_>, body: &Self::Body, base: u32) -> Result<Held<Self>, Bad>;
    /// Checks the fields and stores them in `self`, reusing allocations.
    ///
    /// # Errors
    ///
    /// What is wrong with one of them; `self` is then unspecified but valid.
    fn update_body(
        &mut self,
        cx: &mut Verifier<'_>,
        body: &Self::Body,
        base: u32,
    ) -> Result<(), Bad>;
    /// The bytes of the values, if they are those that [`Self::encode_body`] would give: for a struct
    /// that is its own wire form and whose bytes zerocopy vouches for.
    #[inline(always)]
    fn as_wire(_values: &[Self]) -> Option<&[u8]> {
        None
    }
    /// Where [`Shape::TABLE`] is not 0: whether there is a table.
    #[inline(always)]
    fn is_present(&self) -> bool {
        true
    }
    /// Where [`Shape::TABLE`] is not 0: writes the table to `offset`, which was allocated.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit is passed.
    #[inline(always)]
    fn fill<S: Sink>(&self, _offset: u32, _sink: &mut S) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// Checks that a `#[repr(C)]` struct in the layout `c` lies in Rust as it does in a message, if it can:
/// nothing in it is behind a reference or has a presence byte, and this target aligns a `u64` to 8
/// bytes. `offsets` are those of its fields in Rust.
///
/// # Panics
///
/// If it lies elsewhere; meant for constants, where that is a compile error.
#[track_caller]
pub const fn assert_own_wire_form<T: Shape>(offsets: &[usize]) {
    const TO_DO: &str = "`#[repr(C)]` and `layout = \"c\"` too, or remove `#[repr(C)]` here";
    let Struct { name, fields, .. } = T::SCHEMA;
    let own = can_be_own_wire_form::<T>();
    let mut i = 0;
    while own && i < fields.len() {
        if offsets[i] != fields[i].at.at as usize {
            complain(&[
                "`",
                fields[i].rust_name,
                "` of `",
                name.path,
                "` lies elsewhere in Rust than in a message: give the types of the fields up to it ",
                TO_DO,
            ]);
        }
        i += 1;
    }
    if own && size_of::<T>() != T::Body::SIZE as usize {
        complain(&[
            "`",
            name.path,
            "` has another size in Rust than in a message: give the types of its fields ",
            TO_DO,
        ]);
    }
}

/// Whether a struct in the layout `c` has nothing that lies elsewhere in Rust by its nature.
pub(crate) const fn can_be_own_wire_form<T: Shape>() -> bool {
    let mut own = T::FIXED && align_of::<u64>() == 8;
    let mut i = 0;
    while i < T::SCHEMA.fields.len() {
        own &= !T::SCHEMA.fields[i].flag;
        i += 1;
    }
    own
}

/// Panics with a message of several parts, in a constant.
#[track_caller]
const fn complain(parts: &[&str]) -> ! {
    let mut message = [0; 512];
    let (mut len, mut i) = (0, 0);
    while i < parts.len() {
        let (part, mut j) = (parts[i].as_bytes(), 0);
        while j < part.len() && len < message.len() {
            message[len] = part[j];
            (len, j) = (len + 1, j + 1);
        }
        i += 1;
    }
    match core::str::from_utf8(message.split_at(len).0) {
        Ok(message) => panic!("{}", message),
        Err(_) => panic!("it lies elsewhere in Rust than in a message"),
    }
}

/// The bytes of a struct with nothing in them but a table's size header.
#[inline(always)]
#[must_use]
pub fn header<T: Shape>() -> T::Body {
    let mut body = T::Body::ZERO;
    if let Class::Table = T::SCHEMA.class {
        crate::raw::put(
            zerocopy::IntoBytes::as_mut_bytes(&mut body),
            0,
            &T::Body::SIZE.to_le_bytes(),
        );
    }
    body
}

/// Writes the fields of a variant to a new table and gives its offset: by `f` into bytes on the stack, or by
/// `large` to a place in the sink, which is zero.
///
/// # Errors
///
/// If the sink is full or a limit is passed.
#[inline(always)]
pub fn write_variant<T: Shape, S: Sink>(
    sink: &mut S,
    f: impl FnOnce(&mut T::Body, &mut S) -> Result<(), EncodeError>,
    large: impl FnOnce(&mut S, u32) -> Result<(), EncodeError>,
) -> Result<u32, EncodeError> {
    let offset = sink.alloc(T::Body::SIZE)?;
    below(sink, |sink| {
        if const { is_large::<T::Body>() } {
            clear::<T, S>(sink, offset);
            return large(sink, offset);
        }
        write_small::<T, S>(sink, offset, f)
    })?;
    Ok(offset)
}

/// Writes bytes that are made on the stack to `offset`, which was allocated.
#[inline(always)]
fn write_small<T: Shape, S: Sink>(
    sink: &mut S,
    offset: u32,
    f: impl FnOnce(&mut T::Body, &mut S) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let mut body = header::<T>();
    f(&mut body, sink)?;
    sink.store(offset, &body);
    Ok(())
}

/// Writes a struct to `offset`, which was allocated.
#[inline(always)]
pub(crate) fn write_body<T: Record, S: Sink>(
    value: &T,
    offset: u32,
    sink: &mut S,
) -> Result<(), EncodeError> {
    if const { is_large::<T::Body>() } {
        clear::<T, S>(sink, offset);
        return value.encode_at(sink, offset);
    }
    write_small_body(value, offset, sink)
}

/// As [`write_small`], for the bytes of a value.
#[inline(always)]
fn write_small_body<T: Record, S: Sink>(
    value: &T,
    offset: u32,
    sink: &mut S,
) -> Result<(), EncodeError> {
    let body = value.encode_body(sink)?;
    sink.store(offset, &body);
    Ok(())
}

/// Makes a struct zero but for a table's size header.
fn clear<T: Shape, S: Sink>(sink: &mut S, offset: u32) {
    if let Some(block) = sink.block(offset, T::Body::SIZE) {
        block.fill(0);
    }
    if let Class::Table = T::SCHEMA.class {
        sink.store(offset, &T::Body::SIZE.to_le_bytes());
    }
}

/// How many levels the default of a type's `N` fields takes, remembered: for each field, of those from it
/// on.
#[derive(Debug)]
pub struct Levels<const N: usize>([AtomicU8; N]);

impl<const N: usize> Default for Levels<N> {
    fn default() -> Self {
        Levels::new()
    }
}

impl<const N: usize> Levels<N> {
    /// Nothing is known.
    #[must_use]
    pub const fn new() -> Self {
        Levels([const { AtomicU8::new(0) }; N])
    }

    /// The levels of the fields from `first` on, each of which says those of its own default; `None` if more
    /// than `left` or if there is no end.
    #[inline]
    #[must_use]
    pub fn of(&self, first: usize, left: u32, fields: &[fn(u32) -> Option<u32>; N]) -> Option<u32> {
        let Some(levels) = self.0.get(first) else {
            return Some(0);
        };
        match levels.load(Relaxed).checked_sub(1) {
            Some(known) => (u32::from(known) <= left).then_some(known.into()),
            None => self.learn(first, left, fields),
        }
    }

    /// What is within `left` is remembered one more than it is, as 0 says that nothing is known. What is
    /// not may have no end, and ends whatever asked.
    #[cold]
    #[inline(never)]
    fn learn(&self, first: usize, left: u32, fields: &[fn(u32) -> Option<u32>; N]) -> Option<u32> {
        let left = left.min(u32::from(u8::MAX) - 1);
        let mut most = 0;
        for (levels, field) in self.0.iter().zip(fields).skip(first).rev() {
            most = most.max(field(left)?);
            levels.store(most as u8 + 1, Relaxed);
        }
        Some(most)
    }
}

/// Values whose bytes are asked for: `known` is the one of these two that fits the type, as inherent
/// methods go before those of a trait.
#[derive(Clone, Copy, Debug)]
pub struct BytesOf<'v, T>(pub &'v [T]);

impl<'v, T: zerocopy::IntoBytes + zerocopy::Immutable> BytesOf<'v, T> {
    /// The bytes, where `T` derives zerocopy's `IntoBytes` and `Immutable`.
    #[inline(always)]
    #[must_use]
    pub fn known(self) -> Option<&'v [u8]> {
        Some(zerocopy::IntoBytes::as_bytes(self.0))
    }
}

/// The other case of [`BytesOf`].
pub trait UnknownBytes<'v> {
    /// Nothing is known.
    fn known(self) -> Option<&'v [u8]>;
}

impl<'v, T> UnknownBytes<'v> for BytesOf<'v, T> {
    #[inline(always)]
    fn known(self) -> Option<&'v [u8]> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_those_of_the_deepest_default() {
        fn of<const N: u32>(left: u32) -> Option<u32> {
            (N <= left).then_some(N)
        }
        let fields: [fn(u32) -> Option<u32>; 4] = [of::<0>, of::<7>, of::<3>, of::<0>];
        let levels = Levels::new();
        // In any order, and the second time from memory.
        for _ in 0..2 {
            for (first, most) in [(2, 3), (4, 0), (0, 7), (3, 0), (1, 7), (9, 0)] {
                for left in 0..10 {
                    let expected = (most <= left).then_some(most);
                    assert_eq!(levels.of(first, left, &fields), expected, "{first} {left}");
                }
            }
        }
    }

    #[test]
    fn levels_without_an_end_end() {
        static LEVELS: Levels<1> = Levels::new();
        fn endless(left: u32) -> Option<u32> {
            Some(1 + LEVELS.of(0, left.checked_sub(1)?, &[endless])?)
        }
        for left in [0, 1, 64, 254, 255, u32::MAX, 64] {
            assert_eq!(LEVELS.of(0, left, &[endless]), None);
        }
    }
}
