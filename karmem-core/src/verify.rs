//! One pass over a message from elsewhere: everything reachable from the root is checked.
//!
//! The same checks serve [`decode`](crate::Karmem::decode), which builds the object as it goes.

use crate::error::{Bad, Cause, Limits, Path, Segment};
use crate::layout::{At, NULL, SIZE_HEADER};
use crate::raw::{self, Raw};
use crate::rule::LayoutRule;
use crate::shape::Shape;
use crate::wire::Wire;

/// The state of a verification: the message, what is left of the limits, and the path of an error.
#[derive(Debug)]
pub struct Verifier<'m> {
    mem: &'m [u8],
    budget: u64,
    depth: u32,
    path: Path,
}

impl<'m> Verifier<'m> {
    pub(crate) fn new(mem: &'m [u8], limits: &Limits) -> Self {
        Verifier {
            mem,
            budget: limits.bytes.unwrap_or(mem.len() as u64),
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

    /// Gives the fields of a table to `f`, one level deeper. A table of an older version is
    /// continued with zeros, which is every type's default.
    #[inline(always)]
    pub(crate) fn body<T: Shape, V>(
        &mut self,
        table: &[u8],
        offset: u32,
        f: impl FnOnce(&mut Self, &T::Body) -> Result<V, Bad>,
    ) -> Result<V, Bad> {
        use zerocopy::{FromBytes, IntoBytes};
        self.enter(offset)?;
        let value = match T::Body::ref_from_prefix(table) {
            Ok((body, _)) => f(self, body)?,
            Err(_) => {
                core::hint::cold_path();
                let mut body = T::Body::ZERO;
                let known = exists::<T>(table.len());
                if let (Some(to), Some(from)) =
                    (body.as_mut_bytes().get_mut(..known), table.get(..known))
                {
                    to.copy_from_slice(from);
                }
                f(self, &body)?
            }
        };
        self.leave();
        Ok(value)
    }

    /// Checks a table that is absent where it is not optional, so that reading makes its default:
    /// that takes a level of depth as any table does, and never ends for a table that holds itself.
    #[cold]
    #[inline(never)]
    pub(crate) fn absent<T: Shape>(&mut self, offset: u32) -> Result<(), Bad> {
        self.body::<T, ()>(&[], offset, |cx, body| T::verify(cx, body, offset))
    }

    /// Checks the field at `at` of a struct that lies at byte `base` of the message.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the field or with what it refers to.
    #[inline(always)]
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
    #[inline(always)]
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
    #[inline(always)]
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

    /// Checks the field and stores its value in `value`, reusing what that has allocated.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with the field or with what it refers to; `value` is then unspecified but
    /// valid.
    #[inline(always)]
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

/// How many bytes of a table of `len` bytes hold whole fields: a field that is cut off by the size
/// header does not exist.
fn exists<T: Shape>(len: usize) -> usize {
    let mut end = SIZE_HEADER as usize;
    for field in T::SCHEMA.fields {
        let field_end = field.at.at as usize + field.size as usize;
        if field_end > len {
            break;
        }
        end = field_end;
    }
    end.min(len)
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
