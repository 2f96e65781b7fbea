//! One pass over a message from elsewhere: everything reachable from the root is checked.
//!
//! The same checks serve [`decode`](crate::Karmem::decode), which builds the object as it goes.

use zerocopy::FromBytes;

use crate::error::{Bad, Cause, Limits, Path, Segment};
#[cfg(feature = "alloc")]
use crate::held::LARGE;
use crate::held::{Late, is_late};
use crate::layout::{At, NULL, SIZE_HEADER};
use crate::raw::{self, Raw};
use crate::rule::LayoutRule;
use crate::shape::Shape;
use crate::wire::{Codec, Wire};

/// The state of a verification: the message, what is left of the limits, and the path of an error.
#[derive(Debug)]
pub struct Verifier<'m> {
    mem: &'m [u8],
    budget: u64,
    /// What the objects may still take that are built on the way.
    memory: u64,
    depth: u32,
    path: Path,
}

// Without optimisation, what is inlined by force adds to the stack of its caller for each field, and
// callers nest: then the functions for fields are calls.
impl<'m> Verifier<'m> {
    pub(crate) fn new(mem: &'m [u8], limits: &Limits) -> Self {
        Verifier {
            mem,
            budget: limits.bytes.unwrap_or(mem.len() as u64),
            memory: limits.memory_of(mem.len()),
            depth: limits.depth,
            path: Path::default(),
        }
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn mem(&self) -> &'m [u8] {
        self.mem
    }

    pub(crate) fn into_path(self) -> Path {
        self.path
    }

    /// Counts `len` visited bytes.
    #[inline(always)]
    pub(crate) fn visit(&mut self, len: u32, at: u32) -> Result<(), Bad> {
        match self.budget.checked_sub(u64::from(len)) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(bad(at, Cause::Budget)),
        }
    }

    /// Counts `count` objects of type `V` before they are built.
    #[inline(always)]
    pub(crate) fn build<V>(&mut self, count: usize, at: u32) -> Result<(), Bad> {
        let bytes = (count as u64).checked_mul(size_of::<V>() as u64);
        match bytes.and_then(|bytes| self.memory.checked_sub(bytes)) {
            Some(left) => {
                self.memory = left;
                Ok(())
            }
            None => Err(bad(at, Cause::Memory)),
        }
    }

    /// For how many of `count` elements, which take `bytes` in the message, memory is reserved before the
    /// first is seen: for as many as what is left of the message can pay for. More of them are
    /// made one by one.
    #[cfg(feature = "alloc")]
    #[inline(always)]
    pub(crate) fn earned<V>(&self, count: usize, bytes: usize) -> usize {
        let paid = (bytes as u64).saturating_add(self.budget).saturating_mul(4);
        let elements = (paid / (size_of::<V>() as u64).max(1)).saturating_add(4);
        count.min(usize::try_from(elements).unwrap_or(usize::MAX))
    }

    /// Goes one reference deeper; [`Self::leave`] comes back.
    #[inline(always)]
    pub(crate) fn enter(&mut self, at: u32) -> Result<(), Bad> {
        match self.depth.checked_sub(1) {
            Some(left) => {
                self.depth = left;
                Ok(())
            }
            None => Err(bad(at, Cause::Depth)),
        }
    }

    #[inline(always)]
    pub(crate) fn leave(&mut self) {
        self.depth += 1;
    }

    /// The elements that a slice's reference leads to; `at` is where the reference lies.
    #[inline(always)]
    pub(crate) fn items<R: Raw>(&mut self, offset: u32, len: u32, at: u32) -> Result<&'m [R], Bad> {
        if len == 0 {
            return Ok(&[]);
        }
        if offset == 0 {
            return Err(bad(at, Cause::NullSlice));
        }
        if !raw::count(len, R::SIZE).1 {
            return Err(bad(at, Cause::PartialElement));
        }
        let Some(items) = raw::items(self.mem, offset, len) else {
            return Err(bad(at, Cause::OutOfBounds));
        };
        self.visit(len, at)?;
        Ok(items)
    }

    /// The table at `offset`, its size header included; `None` if the reference is null.
    #[inline(always)]
    pub(crate) fn table(&mut self, offset: u32, at: u32) -> Result<Option<&'m [u8]>, Bad> {
        if offset == 0 || offset == NULL {
            return Ok(None);
        }
        self.table_at(offset, at).map(Some)
    }

    /// The table at `offset`, which may be 0.
    #[inline(always)]
    pub(crate) fn table_at(&mut self, offset: u32, at: u32) -> Result<&'m [u8], Bad> {
        let Some(rest) = self.mem.get(offset as usize..) else {
            return Err(bad(at, Cause::OutOfBounds));
        };
        let Some(header) = rest.first_chunk::<{ SIZE_HEADER as usize }>() else {
            return Err(bad(at, Cause::OutOfBounds));
        };
        let size = u32::from_le_bytes(*header);
        if size < SIZE_HEADER {
            return Err(bad(offset, Cause::TableSize));
        }
        let Some(table) = rest.get(..size as usize) else {
            return Err(bad(offset, Cause::OutOfBounds));
        };
        self.visit(size, offset)?;
        Ok(table)
    }

    /// The table that is the root.
    #[inline(always)]
    pub(crate) fn root_table(&mut self, offset: u32) -> Result<&'m [u8], Bad> {
        if (self.mem.len() as u64) < u64::from(offset) + u64::from(SIZE_HEADER) {
            return Err(bad(offset, Cause::Truncated));
        }
        self.table_at(offset, offset)
    }

    /// Checks the fields of a table, one level deeper.
    #[inline(always)]
    pub(crate) fn check_table<T: Shape>(&mut self, table: &[u8], offset: u32) -> Result<(), Bad> {
        self.enter(offset)?;
        self.check_fields::<T>(table, offset)?;
        self.leave();
        Ok(())
    }

    /// Checks the fields of a table.
    #[inline(always)]
    pub(crate) fn check_fields<T: Shape>(&mut self, table: &[u8], offset: u32) -> Result<(), Bad> {
        match T::Body::ref_from_prefix(table) {
            Ok((body, _)) => T::verify(self, body, offset),
            Err(_) => self.check_older::<T>(table, offset),
        }
    }

    /// Checks a table of an older version: the fields that it has.
    #[cold]
    #[inline(never)]
    fn check_older<T: Shape>(&mut self, table: &[u8], offset: u32) -> Result<(), Bad> {
        self.room_for_defaults::<T>(Known::of::<T>(table.len()).fields, offset)?;
        T::verify_older(self, table, offset)
    }

    /// Checks that the defaults of the fields from `first` on are within the depth: a table that is absent
    /// where it is not optional takes a level as any table does, and a default may have no end.
    fn room_for_defaults<T: Shape>(&self, first: usize, offset: u32) -> Result<(), Bad> {
        match T::levels(first, self.depth) {
            Some(_) => Ok(()),
            None => Err(bad(offset, Cause::Depth)),
        }
    }

    /// Checks a table that is absent where it is not optional, so that reading makes its default.
    #[cold]
    #[inline(never)]
    pub(crate) fn absent<T: Shape>(&mut self, offset: u32) -> Result<(), Bad> {
        self.enter(offset)?;
        self.room_for_defaults::<T>(0, offset)?;
        self.leave();
        Ok(())
    }

    /// Gives the fields of a table to `f`, one level deeper.
    #[inline(always)]
    pub(crate) fn body<T: Shape, V>(
        &mut self,
        table: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Self, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        self.enter(offset)?;
        let value = self.fields::<T, V>(table, offset, f)?;
        self.leave();
        Ok(value)
    }

    /// Gives the fields of a table to `f`.
    #[inline(always)]
    pub(crate) fn fields<T: Shape, V>(
        &mut self,
        table: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Self, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        match T::Body::ref_from_prefix(table) {
            Ok((body, _)) => f(self, body),
            Err(_) => self.older::<T, V>(table, offset, f),
        }
    }

    /// Gives the fields of a table of an older version to `f`, continued with zeros, which is every
    /// type's default.
    #[cold]
    #[inline(never)]
    fn older<T: Shape, V>(
        &mut self,
        table: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Self, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        let known = Known::of::<T>(table.len());
        self.room_for_defaults::<T>(known.fields, offset)?;
        if known.fields == 0 {
            return f(self, raw::zero());
        }
        let known = table.get(..known.bytes).unwrap_or_default();
        // Calls nest, and so do their stack frames: what is large is not in one. Without `alloc` nothing
        // holds itself, so that calls nest no deeper than types do.
        #[cfg(feature = "alloc")]
        {
            let mut large;
            let mut small = [0; LARGE];
            let body = match small.get_mut(..size_of::<T::Body>()) {
                Some(body) => body,
                None => {
                    large = alloc::vec![0; size_of::<T::Body>()];
                    large.as_mut_slice()
                }
            };
            raw::put_bytes(body, 0, known);
            f(self, raw::part(body, 0))
        }
        #[cfg(not(feature = "alloc"))]
        {
            let mut body = T::Body::ZERO;
            raw::put_bytes(zerocopy::IntoBytes::as_mut_bytes(&mut body), 0, known);
            f(self, &body)
        }
    }

    /// Checks the field at `at` of a struct that lies at byte `base` of the message.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the field or with what it refers to.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub fn field<F: Wire<L>, L: LayoutRule>(
        &mut self,
        body: &[u8],
        base: u32,
        at: At,
        name: &'static str,
    ) -> Result<(), Bad> {
        if F::ANY {
            return Ok(());
        }
        let slot = F::slot(body, at);
        match F::verify(self, slot.flag, slot.raw, base.wrapping_add(at.at)) {
            Ok(()) => Ok(()),
            Err(bad) => Err(self.in_field(bad, name)),
        }
    }

    /// As [`Self::field`], and no more than `max` elements.
    ///
    /// # Errors
    ///
    /// Also if there are more than `max` elements.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub fn limited<F: Wire<L>, L: LayoutRule>(
        &mut self,
        body: &[u8],
        base: u32,
        at: At,
        name: &'static str,
        max: u32,
    ) -> Result<(), Bad> {
        self.limit::<F, L>(body, base, at, name, max)?;
        self.field::<F, L>(body, base, at, name)
    }

    /// Checks the field at `at` of a table of an older version; `false` if it has none.
    ///
    /// # Errors
    ///
    /// As [`Self::limited`].
    #[inline(never)]
    pub fn older_field<F: Wire<L>, L: LayoutRule>(
        &mut self,
        table: &[u8],
        base: u32,
        at: At,
        name: &'static str,
        max: u32,
    ) -> Result<bool, Bad> {
        if u64::from(at.at) + u64::from(F::Raw::SIZE) > table.len() as u64 {
            return Ok(false);
        }
        self.limited::<F, L>(table, base, at, name, max)?;
        Ok(true)
    }

    #[inline(always)]
    fn limit<F: Wire<L>, L: LayoutRule>(
        &mut self,
        body: &[u8],
        base: u32,
        at: At,
        name: &'static str,
        max: u32,
    ) -> Result<(), Bad> {
        let slot = F::slot(body, at);
        if F::count(slot.flag, slot.raw) > max {
            let bad = bad(base.wrapping_add(at.at), Cause::Limit);
            return Err(self.in_field(bad, name));
        }
        Ok(())
    }

    /// Checks the field and makes its value.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the field or with what it refers to.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub fn load<F: Wire<L>, L: LayoutRule>(
        &mut self,
        body: &[u8],
        base: u32,
        at: At,
        name: &'static str,
        max: u32,
    ) -> Result<F, Bad> {
        self.limit::<F, L>(body, base, at, name, max)?;
        let slot = F::slot(body, at);
        match F::load(self, slot.flag, slot.raw, base.wrapping_add(at.at)) {
            Ok(value) => Ok(value),
            Err(bad) => Err(self.in_field(bad, name)),
        }
    }

    /// As [`Self::load`], for a field of a struct that is too large for the stack: values that may refer to
    /// others, which takes calls, and large ones are made on the heap, and all else
    /// when the struct is put together.
    ///
    /// # Errors
    ///
    /// As [`Self::load`].
    #[inline]
    pub fn hold<F: Wire<L>, L: LayoutRule>(
        &mut self,
        body: &[u8],
        base: u32,
        at: At,
        name: &'static str,
        max: u32,
    ) -> Result<Late<F>, Bad> {
        if const { is_late::<F, L>() } {
            self.limited::<F, L>(body, base, at, name, max)?;
            return Ok(Late::later());
        }
        self.limit::<F, L>(body, base, at, name, max)?;
        let slot = F::slot(body, at);
        match F::Codec::hold(self, slot.flag, slot.raw, base.wrapping_add(at.at)) {
            Ok(value) => Ok(Late::held(value)),
            Err(bad) => Err(self.in_field(bad, name)),
        }
    }

    /// Checks the field and stores its value in `value`, reusing what that has allocated.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the field or with what it refers to; `value` is then unspecified but
    /// valid.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub fn update<F: Wire<L>, L: LayoutRule>(
        &mut self,
        value: &mut F,
        body: &[u8],
        base: u32,
        at: At,
        name: &'static str,
        max: u32,
    ) -> Result<(), Bad> {
        self.limit::<F, L>(body, base, at, name, max)?;
        let slot = F::slot(body, at);
        match value.update(self, slot.flag, slot.raw, base.wrapping_add(at.at)) {
            Ok(()) => Ok(()),
            Err(bad) => Err(self.in_field(bad, name)),
        }
    }

    #[cold]
    pub(crate) fn in_field(&mut self, bad: Bad, name: &'static str) -> Bad {
        self.path.push(Segment::Field(name));
        bad
    }

    #[cold]
    pub(crate) fn in_element(&mut self, bad: Bad, index: usize) -> Bad {
        self.path.push(Segment::Index(index as u32));
        bad
    }
}

/// What a table of another version has of the fields of this one: a field that is cut off by the
/// size header does not exist.
struct Known {
    /// How many fields there are.
    fields: usize,
    /// Where the last of them ends.
    bytes: usize,
}

impl Known {
    /// For a table of `len` bytes. Looks at no more fields than that has room for.
    fn of<T: Shape>(len: usize) -> Self {
        let mut known = Known {
            fields: 0,
            bytes: len.min(SIZE_HEADER as usize),
        };
        for field in T::SCHEMA.fields {
            let end = field.at.at as usize + field.size as usize;
            if end > len {
                break;
            }
            known = Known {
                fields: known.fields + 1,
                bytes: end,
            };
        }
        known
    }
}

#[inline(always)]
pub(crate) const fn bad(offset: u32, cause: Cause) -> Bad {
    Bad { offset, cause }
}

/// Borrows text.
#[inline(always)]
pub(crate) fn text(bytes: &[u8], at: u32) -> Result<&str, Bad> {
    core::str::from_utf8(bytes).map_err(|_| bad(at, Cause::Utf8))
}

/// Checks text, by words as long as it is ASCII.
#[inline(always)]
pub(crate) fn check_text(bytes: &[u8], at: u32) -> Result<(), Bad> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut seen = 0;
    match bytes.last_chunk::<8>() {
        // The last word may overlap the one before.
        Some(last) => {
            let (words, _) = bytes.as_chunks::<8>();
            for word in words {
                seen |= u64::from_ne_bytes(*word);
            }
            seen |= u64::from_ne_bytes(*last);
        }
        None => {
            for byte in bytes {
                seen |= u64::from(*byte);
            }
        }
    }
    if seen & HIGH == 0 {
        return Ok(());
    }
    core::hint::cold_path();
    text(bytes, at).map(drop)
}
