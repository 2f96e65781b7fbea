//! Values on their way into an object that are too large for the stack.
//!
//! Reading a message recurses as deep as its references nest, and each call has a stack frame for what
//! it returns. So values beyond [`LARGE`] bytes are made on the heap where calls nest, and moved once by
//! functions that call nothing which nests.

use crate::error::{Bad, EncodeError, Limits};
use crate::layout::At;
use crate::rule::LayoutRule;
use crate::verify::Verifier;
use crate::wire::{Codec, Wire};
use crate::writer::Sink;

/// How many bytes a value may take in stack frames that nest.
pub(crate) const LARGE: usize = 512;

/// Whether a value takes too much stack.
#[inline(always)]
#[must_use]
pub(crate) const fn is_large<T>() -> bool {
    size_of::<T>() > LARGE
}

/// A value on the heap; in place without `alloc`, where no type holds itself, so that calls do not nest.
#[derive(Debug)]
pub struct Held<T>(
    #[cfg(feature = "alloc")] alloc::boxed::Box<T>,
    #[cfg(not(feature = "alloc"))] T,
);

impl<T> Held<T> {
    /// Makes a value in a stack frame that nothing else is called from.
    #[inline(never)]
    pub fn make(make: impl FnOnce() -> T) -> Self {
        #[cfg(feature = "alloc")]
        return Held(alloc::boxed::Box::new(make()));
        #[cfg(not(feature = "alloc"))]
        Held(make())
    }

    /// The value.
    #[inline(always)]
    #[must_use]
    pub fn take(self) -> T {
        #[cfg(feature = "alloc")]
        return *self.0;
        #[cfg(not(feature = "alloc"))]
        self.0
    }

    /// Replaces a value, in a stack frame that nothing else is called from.
    #[inline(never)]
    pub(crate) fn replace(self, value: &mut T) {
        *value = self.take();
    }
}

#[cfg(feature = "alloc")]
impl<T> From<alloc::boxed::Box<T>> for Held<T> {
    #[inline(always)]
    fn from(value: alloc::boxed::Box<T>) -> Self {
        Held(value)
    }
}

#[cfg(feature = "alloc")]
impl<T> Held<T> {
    /// The value where it is.
    #[inline(always)]
    #[must_use]
    pub fn into_box(self) -> alloc::boxed::Box<T> {
        self.0
    }
}

/// A field of a large struct: on the heap, or checked and still to be made.
#[derive(Debug)]
pub struct Late<T>(Option<Held<T>>);

impl<T> Late<T> {
    pub(crate) fn held(value: Held<T>) -> Self {
        Late(Some(value))
    }

    pub(crate) fn later() -> Self {
        Late(None)
    }

    /// The value of the field at `at` of `body`, from which it was made or will be.
    #[inline]
    #[must_use]
    pub fn take<L: LayoutRule>(self, body: &[u8], at: At) -> T
    where
        T: Wire<L>,
    {
        match self.0 {
            Some(value) => value.take(),
            None if const { is_late::<T, L>() } => fixed::<T, L>(body, at),
            None => unreachable!("it was made at once"),
        }
    }
}

/// Whether a field is made when its struct is put together: it needs no calls and no room.
#[inline(always)]
#[must_use]
pub(crate) const fn is_late<T: Wire<L>, L: LayoutRule>() -> bool {
    T::FIXED && !is_large::<T>()
}

/// A value that refers to nothing and was checked.
#[inline(always)]
fn fixed<T: Wire<L>, L: LayoutRule>(body: &[u8], at: At) -> T {
    let slot = T::slot(body, at);
    match T::load(
        &mut Verifier::new(&[], &Limits::default()),
        slot.flag,
        slot.raw,
        0,
    ) {
        Ok(value) => value,
        Err(_) => unreachable!("it was checked and refers to nothing"),
    }
}

/// Makes a value that is not large on the heap.
///
/// The compiler gives a function the stack for all its branches, also for those that constants exclude.
/// So what has a value in its frame is a function of its own, which is not even compiled where it is not
/// called.
#[inline(always)]
pub(crate) fn load_and_hold<C, T, L>(
    cx: &mut Verifier<'_>,
    flag: u8,
    raw: &C::Raw,
    at: u32,
) -> Result<Held<T>, Bad>
where
    C: Codec<T, L>,
    L: LayoutRule,
{
    let value = C::load(cx, flag, raw, at)?;
    Ok(Held::make(|| value))
}

/// Makes a value that is not large in place of another.
#[inline(always)]
pub(crate) fn load_over<C, T, L>(
    value: &mut T,
    cx: &mut Verifier<'_>,
    flag: u8,
    raw: &C::Raw,
    at: u32,
) -> Result<(), Bad>
where
    C: Codec<T, L>,
    L: LayoutRule,
{
    *value = C::load(cx, flag, raw, at)?;
    Ok(())
}

/// Writes a value whose bytes are not many, as [`Codec::put`].
#[inline(always)]
pub(crate) fn put_whole<C, T, L, S>(value: &T, sink: &mut S, at: At) -> Result<(), EncodeError>
where
    C: Codec<T, L>,
    L: LayoutRule,
    S: Sink,
{
    let (flag, raw) = C::encode(value, sink)?;
    if C::FLAG {
        sink.store(at.flag, &flag);
    }
    sink.store(at.at, &raw);
    Ok(())
}
