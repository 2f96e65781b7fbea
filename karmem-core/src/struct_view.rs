//! Structs read and changed in place: what generated views are made of.

use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;

use zerocopy::{FromBytes, IntoBytes};

use crate::cast;
use crate::error::{Limits, VerifyError};
use crate::held::{Held, is_large};
use crate::layout::{At, NULL, SIZE_HEADER};
use crate::rule::LayoutRule;
use crate::shape::{Record, Shape};
use crate::verify::Verifier;
use crate::wire::{Slot, Wire};
use crate::writer::Nowhere;

/// A table in a message: the core of its view.
pub struct Table<'m, T> {
    mem: &'m [u8],
    /// From the size header on, as long as that says; empty if the table is absent.
    table: &'m [u8],
    shape: PhantomData<fn() -> T>,
}

impl<T> Clone for Table<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<'_, T> {}

impl<T> fmt::Debug for Table<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("len", &self.table.len())
            .finish_non_exhaustive()
    }
}

impl<'m, T: Shape> Table<'m, T> {
    /// The table at `offset` of `mem`, absent if it does not lie inside.
    #[inline(always)]
    pub(crate) fn at(mem: &'m [u8], offset: u32) -> Self {
        let table = table_at(mem, offset).unwrap_or_else(|| {
            core::hint::cold_path();
            &[]
        });
        Table {
            mem,
            table,
            shape: PhantomData,
        }
    }

    /// The table that a reference leads to, absent if it is null or leads outside.
    #[inline(always)]
    pub fn referred(mem: &'m [u8], offset: u32) -> Self {
        if offset == 0 || offset == NULL {
            core::hint::cold_path();
            return Table {
                mem,
                table: &[],
                shape: PhantomData,
            };
        }
        Self::at(mem, offset)
    }

    /// Whether there is no table: its reference is null or leads outside. All its fields read as
    /// their defaults.
    #[inline(always)]
    #[must_use]
    pub fn is_absent(self) -> bool {
        self.table.is_empty()
    }

    /// Reads the field at `at`.
    ///
    /// The one comparison with the full size is the same for all fields, so the compiler does it
    /// once; a table of an older version takes the cold way.
    #[inline(always)]
    pub fn get<F: Wire<T::Rule>>(self, at: At) -> F::View<'m> {
        match T::Body::ref_from_prefix(self.table) {
            Ok((body, _)) => F::view(self.mem, F::slot(body.as_bytes(), at)),
            Err(_) => short::<F, T::Rule>(self.mem, self.table, at),
        }
    }

    /// The field at `at` for people who debug.
    pub fn show<F: Wire<T::Rule>>(self, at: At) -> impl fmt::Debug {
        show::<F, T::Rule>(self.mem, F::slot(self.table, at))
    }

    /// Makes the struct that this reads.
    ///
    /// # Errors
    ///
    /// What is wrong with the message, which a verified read excludes; and if references nest
    /// deeper, or objects take more memory, than `limits` allow.
    pub fn to_owned(self, limits: &Limits) -> Result<T, VerifyError>
    where
        T: Record,
    {
        let offset = offset_in(self.mem, self.table);
        let mut cx = Verifier::new(self.mem, limits);
        let value = if const { is_large::<T>() } {
            cx.fields::<T, _>(self.table, offset, |cx, body| {
                T::hold_body(cx, body, offset)
            })
            .map(Held::take)
        } else {
            cx.fields::<T, T>(self.table, offset, |cx, body| {
                T::load_body(cx, body, offset)
            })
        };
        value.map_err(|bad| VerifyError::new(T::SCHEMA.name.km, cx.into_path(), bad))
    }
}

/// Where `part` lies in `mem`; 0 if it does not.
fn offset_in(mem: &[u8], part: &[u8]) -> u32 {
    let offset = part.as_ptr().addr().wrapping_sub(mem.as_ptr().addr());
    if offset < mem.len() { offset as u32 } else { 0 }
}

/// Reads a field of a table of an older version. Takes the slices apart, since a view given as a
/// whole would be stored to memory on the hot way too.
#[cold]
#[inline(never)]
fn short<'m, F: Wire<L>, L: LayoutRule>(mem: &'m [u8], table: &'m [u8], at: At) -> F::View<'m> {
    F::view(mem, F::slot(table, at))
}

#[inline(always)]
fn table_at(mem: &[u8], offset: u32) -> Option<&[u8]> {
    let rest = mem.get(offset as usize..)?;
    let header = rest.first_chunk::<{ SIZE_HEADER as usize }>()?;
    let size = u32::from_le_bytes(*header);
    if size < SIZE_HEADER {
        return None;
    }
    rest.get(..size as usize)
}

/// An inline struct in a message: the core of its view.
pub struct Inline<'m, T: Shape> {
    mem: &'m [u8],
    body: &'m T::Body,
}

impl<T: Shape> Clone for Inline<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Shape> Copy for Inline<'_, T> {}

impl<T: Shape> fmt::Debug for Inline<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inline")
            .field("len", &size_of::<T::Body>())
            .finish_non_exhaustive()
    }
}

impl<'m, T: Shape> Inline<'m, T> {
    #[inline(always)]
    pub(crate) fn new(mem: &'m [u8], body: &'m T::Body) -> Self {
        Inline { mem, body }
    }

    /// Reads the field at `at`.
    #[inline(always)]
    pub fn get<F: Wire<T::Rule>>(self, at: At) -> F::View<'m> {
        F::view(self.mem, F::slot(self.body.as_bytes(), at))
    }

    /// The field at `at` for people who debug.
    pub fn show<F: Wire<T::Rule>>(self, at: At) -> impl fmt::Debug {
        show::<F, T::Rule>(self.mem, F::slot(self.body.as_bytes(), at))
    }

    /// Makes the struct that this reads.
    ///
    /// # Errors
    ///
    /// As [`Table::to_owned`].
    pub fn to_owned(self, limits: &Limits) -> Result<T, VerifyError>
    where
        T: Record,
    {
        let offset = offset_in(self.mem, self.body.as_bytes());
        let mut cx = Verifier::new(self.mem, limits);
        let value = if const { is_large::<T>() } {
            T::hold_body(&mut cx, self.body, offset).map(Held::take)
        } else {
            T::load_body(&mut cx, self.body, offset)
        };
        value.map_err(|bad| VerifyError::new(T::SCHEMA.name.km, cx.into_path(), bad))
    }
}

/// Prints a field. Views may be of a message that nobody checked, whose references lead in a circle:
/// what does not pass the check with its limits is named instead of walked.
fn show<'m, F: Wire<L>, L: LayoutRule>(mem: &'m [u8], slot: Slot<'m, F::Raw>) -> impl fmt::Debug {
    fmt::from_fn(move |f| {
        let mut cx = Verifier::new(mem, &Limits::default());
        match F::verify(&mut cx, slot.flag, slot.raw, 0) {
            Ok(()) => F::debug(&F::view(mem, slot), f),
            Err(bad) => write!(f, "<{}>", bad.cause),
        }
    })
}

/// A table that can be changed in place: the core of its mutable view.
pub struct TableMut<'m, T> {
    mem: &'m [Cell<u8>],
    table: &'m [Cell<u8>],
    shape: PhantomData<fn() -> T>,
}

impl<T> Clone for TableMut<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TableMut<'_, T> {}

impl<T> fmt::Debug for TableMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableMut")
            .field("len", &self.table.len())
            .finish_non_exhaustive()
    }
}

impl<'m, T: Shape> TableMut<'m, T> {
    #[inline(always)]
    pub(crate) fn at(mem: &'m [Cell<u8>], offset: u32) -> Self {
        let table = || {
            let rest = mem.get(offset as usize..)?;
            let header = cast::cell::<[u8; SIZE_HEADER as usize]>(rest, 0)?;
            let size = u32::from_le_bytes(header.get());
            if size < SIZE_HEADER {
                return None;
            }
            rest.get(..size as usize)
        };
        TableMut {
            mem,
            table: table().unwrap_or_default(),
            shape: PhantomData,
        }
    }

    /// The table that a reference leads to, absent if it is null or leads outside.
    #[inline(always)]
    pub fn referred(mem: &'m [Cell<u8>], offset: u32) -> Self {
        if offset == 0 || offset == NULL {
            core::hint::cold_path();
            return TableMut {
                mem,
                table: &[],
                shape: PhantomData,
            };
        }
        Self::at(mem, offset)
    }

    /// Whether there is no table.
    #[inline(always)]
    #[must_use]
    pub fn is_absent(self) -> bool {
        self.table.is_empty()
    }

    /// Gives access to the field at `at`; `None` if the table is of an older version without it.
    #[inline(always)]
    pub fn get<F: Wire<T::Rule>>(self, at: At) -> Option<F::ViewMut<'m>> {
        let full = size_of::<T::Body>();
        let body = match self.table.get(..full) {
            Some(body) => body,
            None => {
                core::hint::cold_path();
                self.table
            }
        };
        Some(F::view_mut(self.mem, F::slot_mut(body, at)?))
    }

    /// Sets the field at `at`, which refers to nothing; `false` if the table is of an older
    /// version without it, and nothing was changed.
    #[inline(always)]
    pub fn set<F: Wire<T::Rule>>(self, at: At, value: &F) -> bool {
        set::<F, T::Rule>(self.table, at, value)
    }
}

/// An inline struct that can be changed in place: the core of its mutable view.
pub struct InlineMut<'m, T: Shape> {
    mem: &'m [Cell<u8>],
    body: &'m Cell<T::Body>,
}

impl<T: Shape> Clone for InlineMut<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Shape> Copy for InlineMut<'_, T> {}

impl<T: Shape> fmt::Debug for InlineMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InlineMut")
            .field("len", &size_of::<T::Body>())
            .finish_non_exhaustive()
    }
}

impl<'m, T: Shape> InlineMut<'m, T> {
    #[inline(always)]
    pub(crate) fn new(mem: &'m [Cell<u8>], body: &'m Cell<T::Body>) -> Self {
        InlineMut { mem, body }
    }

    /// Gives access to the field at `at`, one of the offsets of the derive.
    #[inline(always)]
    pub fn get<F: Wire<T::Rule>>(self, at: At) -> F::ViewMut<'m> {
        match F::slot_mut(cast::bytes_of(self.body), at) {
            Some(slot) => F::view_mut(self.mem, slot),
            None => unreachable!("the derive places every field inside of its struct"),
        }
    }

    /// Sets the field at `at`, which refers to nothing.
    #[inline(always)]
    pub fn set<F: Wire<T::Rule>>(self, at: At, value: &F) -> bool {
        set::<F, T::Rule>(cast::bytes_of(self.body), at, value)
    }
}

/// Stores a value that refers to nothing; a compile error for any other type.
#[inline(always)]
pub(crate) fn set<F: Wire<L>, L: LayoutRule>(body: &[Cell<u8>], at: At, value: &F) -> bool {
    const {
        assert!(
            F::FIXED,
            "a field that refers to something cannot be set in place: change what it refers to by its \
             accessor, or decode, change and encode"
        )
    };
    let Some(slot) = F::slot_mut(body, at) else {
        return false;
    };
    let Ok((flag, raw)) = value.encode(&mut Nowhere) else {
        return false;
    };
    if F::PART.flag {
        slot.flag.set(flag);
    }
    slot.raw.set(raw);
    true
}
