//! Structs written straight into memory: what generated builders are made of.

use core::fmt;
use core::marker::PhantomData;

use crate::error::EncodeError;
use crate::layout::At;
use crate::raw;
use crate::rule::LayoutRule;
use crate::shape::Shape;
use crate::slice::Items;
use crate::wire::{Codec, Wire};
use crate::writer::Sink;

/// A struct that is being written: the core of its builder.
pub struct StructBuilder<'w, S, T> {
    sink: &'w mut S,
    base: u32,
    shape: PhantomData<fn() -> T>,
}

impl<S, T> fmt::Debug for StructBuilder<'_, S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StructBuilder")
            .field("offset", &self.base)
            .finish_non_exhaustive()
    }
}

impl<'w, S: Sink, T: Shape> StructBuilder<'w, S, T> {
    /// Allocates the struct with all fields absent or zero.
    #[inline(always)]
    pub(crate) fn alloc(sink: &'w mut S) -> Result<Self, EncodeError> {
        let base = sink.alloc(<T::Body as raw::Raw>::SIZE)?;
        sink.store(base, &T::empty());
        Ok(Self::at(sink, base))
    }

    /// The struct at `base`, whose bytes are [`Shape::empty`].
    #[inline(always)]
    pub(crate) fn at(sink: &'w mut S, base: u32) -> Self {
        StructBuilder {
            sink,
            base,
            shape: PhantomData,
        }
    }

    /// The offset of the struct in the message.
    #[must_use]
    pub fn offset(&self) -> u32 {
        self.base
    }

    /// Writes the field at `at`.
    ///
    /// # Errors
    ///
    /// If the sink is full or a limit below it is passed.
    #[inline(always)]
    pub fn set<F: Wire<T::Rule>>(&mut self, at: At, value: &F) -> Result<(), EncodeError> {
        set::<F, T::Rule, S>(self.sink, self.absolute(at), value)
    }

    /// Writes a field that is a text.
    ///
    /// # Errors
    ///
    /// If the sink is full, or the text has more than `max` bytes.
    #[inline(always)]
    pub fn set_text(
        &mut self,
        at: At,
        value: &str,
        name: &'static str,
        max: u32,
    ) -> Result<(), EncodeError> {
        limit(value.len(), name, max)?;
        let raw = crate::kind::encode_text::<T::Rule, S>(value, self.sink)?;
        self.sink.store(self.base + at.at, &raw);
        Ok(())
    }

    /// Writes a field that is a text or absent.
    ///
    /// # Errors
    ///
    /// As [`Self::set_text`].
    #[inline(always)]
    pub fn set_optional_text(
        &mut self,
        at: At,
        value: Option<&str>,
        name: &'static str,
        max: u32,
    ) -> Result<(), EncodeError> {
        match value {
            Some(value) => self.set_text(at, value, name, max)?,
            None => {
                let none = <<T::Rule as LayoutRule>::SliceRef as raw::Raw>::ZERO;
                self.sink.store(self.base + at.at, &none);
            }
        }
        self.sink
            .store(self.base + at.flag, &u8::from(value.is_some()));
        Ok(())
    }

    /// As [`Self::set`], for a field with a `max`.
    ///
    /// # Errors
    ///
    /// Also if the value has more than `max` elements.
    #[inline(always)]
    pub fn set_limited<F: Wire<T::Rule>>(
        &mut self,
        at: At,
        value: &F,
        name: &'static str,
        max: u32,
    ) -> Result<(), EncodeError> {
        limit(value.count_of(), name, max)?;
        self.set::<F>(at, value)
    }

    /// Writes a field that is a slice.
    ///
    /// # Errors
    ///
    /// If the sink is full, or the slice has more than `max` elements.
    #[inline(always)]
    pub fn set_slice<F: Wire<T::Rule>>(
        &mut self,
        at: At,
        values: &[F],
        name: &'static str,
        max: u32,
    ) -> Result<(), EncodeError> {
        limit(values.len(), name, max)?;
        let raw = crate::kind::encode_slice::<F, T::Rule, S>(values, self.sink)?;
        self.sink.store(self.base + at.at, &raw);
        Ok(())
    }

    /// Begins to write a field that is a slice of `len` elements, all empty.
    ///
    /// # Errors
    ///
    /// If the sink is full, or `len` is more than `max`.
    #[inline(always)]
    pub fn build_slice<F: Wire<T::Rule>>(
        &mut self,
        at: At,
        len: usize,
        name: &'static str,
        max: u32,
    ) -> Result<Items<'_, S, F, T::Rule>, EncodeError> {
        limit(len, name, max)?;
        crate::kind::ListBuilder::new(self.sink, self.base + at.at).len(len)
    }

    /// Begins to write the field at `at` without an object.
    ///
    /// # Errors
    ///
    /// If the sink is full.
    #[inline(always)]
    pub fn build<F: Wire<T::Rule>>(&mut self, at: At) -> Result<F::Builder<'_, S>, EncodeError> {
        let at = self.absolute(at);
        F::build(self.sink, at)
    }

    #[inline(always)]
    fn absolute(&self, at: At) -> At {
        At {
            flag: self.base + at.flag,
            at: self.base + at.at,
        }
    }
}

/// Writes a value whose place is allocated.
#[inline(always)]
pub(crate) fn set<F: Wire<L>, L: crate::rule::LayoutRule, S: Sink>(
    sink: &mut S,
    at: At,
    value: &F,
) -> Result<(), EncodeError> {
    F::Codec::put(value, sink, at)
}

#[inline(always)]
pub(crate) fn limit(len: usize, field: &'static str, max: u32) -> Result<(), EncodeError> {
    if len > max as usize {
        core::hint::cold_path();
        return Err(EncodeError::Limit { field, max });
    }
    Ok(())
}
