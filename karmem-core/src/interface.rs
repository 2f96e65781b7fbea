//! How parameters and results of interfaces travel: what `#[karmem::interface]` calls, on both sides
//! of a call.
//!
//! A number, `bool`, `char` or field-less enum is itself a wasm number; everything else is one `i64`,
//! the handle of a region and an offset in it. A side that writes messages implements [`Outgoing`], a
//! side that reads them [`Incoming`]; what can travel implements [`Value`], by the kind of field that
//! it is. [`Output`] is what a method may return: a value, or a `Result` of values.
//!
//! # The record of a `Result`
//!
//! A `Result` leads to 16 bytes in the region of its messages, all little-endian: a `u32` that is 0
//! for `Ok` and 1 for `Err`, a `u32` with the offset of the message in the same region (0 if it is
//! none), and a `u64` with the bits of the scalar, zero-extended (0 if it is none).

use core::borrow::Borrow;

use zerocopy::FromBytes;

use crate::error::{Cause, Limits, Path, VerifyError};
use crate::kind::{InlineStruct, Newtype, Scalar, ScalarValue, TableStruct, Transparent};
use crate::message::Karmem;
use crate::raw::Raw;
use crate::schema::{self, Pass, Type};
use crate::shared::Shared;
use crate::verify::bad;
use crate::wire::Field;

/// What `#[karmem::interface]` knows of a trait; implemented by `PhysicsInterface` for `Physics`.
pub trait Interface {
    /// The methods with their parameters and results.
    const INTERFACE: &'static schema::Interface;
}

/// Where messages are written that go out: the outbox of a guest, or a region of the host.
pub trait Outgoing {
    /// Why one cannot be written.
    type Error;

    /// Writes a message and gives its handle and offset, as [`Shared::to_i64`].
    ///
    /// # Errors
    ///
    /// If there is no place for it.
    fn put<T: Karmem>(&mut self, value: &T) -> Result<i64, Self::Error>;

    /// Writes the record of a `Result`, to the same region as the messages, and gives its handle and
    /// offset.
    ///
    /// # Errors
    ///
    /// If there is no place for it.
    fn record(&mut self, record: [u8; 16]) -> Result<i64, Self::Error>;
}

/// Where messages are read that came in: the regions of a guest, or of a system.
pub trait Incoming {
    /// Why one cannot be read.
    type Error: From<VerifyError>;

    /// Gives the region that `message` leads to, and the offset in it, to `f`.
    ///
    /// # Errors
    ///
    /// If there is no such region or offset, or what `f` says.
    fn read<R>(
        &self,
        message: i64,
        f: impl FnOnce(&[u8], u32) -> Result<R, VerifyError>,
    ) -> Result<R, Self::Error>;
}

/// A wasm number: `i32`, `i64`, `f32` or `f64`.
pub trait Number: Copy + 'static + sealed::Sealed {
    /// The number whose low bits are these.
    fn from_bits(bits: u64) -> Self;
    /// Its bits, zero-extended.
    fn bits(self) -> u64;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($ty:ident: |$bits:ident| $from:expr, |$number:ident| $to:expr;)*) => {$(
        impl sealed::Sealed for $ty {}
        impl Number for $ty {
            #[inline(always)]
            fn from_bits($bits: u64) -> Self {
                $from
            }
            #[inline(always)]
            fn bits(self) -> u64 {
                let $number = self;
                $to
            }
        }
    )*};
}
numbers! {
    i32: |bits| bits as i32, |number| u64::from(number as u32);
    i64: |bits| bits as i64, |number| number as u64;
    f32: |bits| f32::from_bits(bits as u32), |number| u64::from(number.to_bits());
    f64: |bits| f64::from_bits(bits), |number| number.to_bits();
}

/// What a parameter or a result can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter or a result of an interface",
    label = "cannot travel between modules",
    note = "numbers, bool, char, field-less enums, structs with `#[derive(karmem::Karmem)]` and `karmem::Shared` can; put anything else into a struct"
)]
pub trait Value: Sized {
    /// The wasm number that carries it; `()` for `()`.
    type Abi: Copy;
    /// What schemas say of it; `None` for `()`.
    const PASS: Option<Pass>;
    /// How a caller hands a `T` over that is of this kind: scalars as they are, messages as `&T`.
    type By<'a, T: 'a>: Borrow<T>;

    /// Makes it the number that travels.
    ///
    /// # Errors
    ///
    /// If it is a message and there is no place for it.
    fn lower<O: Outgoing>(&self, out: &mut O) -> Result<Self::Abi, O::Error>;
    /// Makes it of what travelled, and checks it.
    ///
    /// # Errors
    ///
    /// If it is none: a message that is not valid, or a number that is no value of the type.
    fn lift<I: Incoming>(abi: Self::Abi, from: &I) -> Result<Self, I::Error>;

    /// Makes it the offset and the bits that the record of a `Result` holds.
    ///
    /// # Errors
    ///
    /// As [`Self::lower`].
    fn lower_part<O: Outgoing>(&self, out: &mut O) -> Result<(u32, u64), O::Error>;
    /// Makes it of what a record of region `handle` holds.
    ///
    /// # Errors
    ///
    /// As [`Self::lift`].
    fn lift_part<I: Incoming>(
        handle: u32,
        offset: u32,
        bits: u64,
        from: &I,
    ) -> Result<Self, I::Error>;
}

/// What a method may return: a [`Value`], or a `Result` of two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a method of an interface",
    label = "cannot travel between modules",
    note = "a method may return `()`, numbers, bool, char, field-less enums, structs with `#[derive(karmem::Karmem)]`, `karmem::Shared`, or a `Result` of these"
)]
pub trait Output: Sized {
    /// The wasm number that carries it; `()` for `()`.
    type Abi: Copy;
    /// What schemas say of it, or of what is in an `Ok`; `None` for `()`.
    const OK: Option<Pass>;
    /// What schemas say of what is in an `Err`; `None` if it is no `Result`.
    const ERR: Option<Pass>;

    /// As [`Value::lower`].
    ///
    /// # Errors
    ///
    /// As [`Value::lower`].
    fn lower_output<O: Outgoing>(&self, out: &mut O) -> Result<Self::Abi, O::Error>;
    /// As [`Value::lift`].
    ///
    /// # Errors
    ///
    /// As [`Value::lift`].
    fn lift_output<I: Incoming>(abi: Self::Abi, from: &I) -> Result<Self, I::Error>;
}

/// How a caller hands over a `T`: scalars as they are, messages as `&T`.
pub type Arg<'a, T> = <T as Value>::By<'a, T>;

/// Makes an argument the number that travels.
///
/// # Errors
///
/// As [`Value::lower`].
#[inline]
pub fn send<T: Value, O: Outgoing>(value: Arg<'_, T>, out: &mut O) -> Result<T::Abi, O::Error> {
    value.borrow().lower(out)
}

/// What schemas say of a parameter of type `T`.
///
/// # Panics
///
/// If it is `()`; in a constant this is a compile error.
#[must_use]
pub const fn parameter<T: Value>() -> Pass {
    match T::PASS {
        Some(pass) => pass,
        None => panic!("a parameter of type `()` carries nothing; remove it"),
    }
}

/// The wasm number of a parameter of the method with this index, or behind the parameters that of its
/// result: implemented for `dyn Physics`.
pub trait Slot<const METHOD: usize, const PLACE: usize> {
    /// The number; `()` for a method without a result.
    type Abi;
}

/// Where a module's exports are not compiled: says what else the type needs that serves them.
pub fn assert_default<T: Default>(_: &T) {}

/// How fields of one kind travel: implemented by the kind for its types.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be a parameter or a result of an interface by itself",
    label = "cannot travel between modules",
    note = "put it into a struct with `#[derive(karmem::Karmem)]`, and pass that"
)]
pub trait Passing<T> {
    /// See [`Value::Abi`].
    type Abi: Copy;
    /// See [`Value::PASS`].
    const PASS: Option<Pass>;
    /// See [`Value::By`].
    type By<'a, U: 'a>: Borrow<U>;
    /// See [`Value::lower`].
    ///
    /// # Errors
    ///
    /// As there.
    fn lower<O: Outgoing>(value: &T, out: &mut O) -> Result<Self::Abi, O::Error>;
    /// See [`Value::lift`].
    ///
    /// # Errors
    ///
    /// As there.
    fn lift<I: Incoming>(abi: Self::Abi, from: &I) -> Result<T, I::Error>;
    /// See [`Value::lower_part`].
    ///
    /// # Errors
    ///
    /// As there.
    fn lower_part<O: Outgoing>(value: &T, out: &mut O) -> Result<(u32, u64), O::Error>;
    /// See [`Value::lift_part`].
    ///
    /// # Errors
    ///
    /// As there.
    fn lift_part<I: Incoming>(handle: u32, offset: u32, bits: u64, from: &I)
    -> Result<T, I::Error>;
}

impl<T: Field<Kind: Passing<T>>> Value for T {
    type Abi = <T::Kind as Passing<T>>::Abi;
    const PASS: Option<Pass> = <T::Kind as Passing<T>>::PASS;
    type By<'a, U: 'a> = <T::Kind as Passing<T>>::By<'a, U>;

    #[inline]
    fn lower<O: Outgoing>(&self, out: &mut O) -> Result<Self::Abi, O::Error> {
        <T::Kind as Passing<T>>::lower(self, out)
    }
    #[inline]
    fn lift<I: Incoming>(abi: Self::Abi, from: &I) -> Result<Self, I::Error> {
        <T::Kind as Passing<T>>::lift(abi, from)
    }
    #[inline]
    fn lower_part<O: Outgoing>(&self, out: &mut O) -> Result<(u32, u64), O::Error> {
        <T::Kind as Passing<T>>::lower_part(self, out)
    }
    #[inline]
    fn lift_part<I: Incoming>(
        handle: u32,
        offset: u32,
        bits: u64,
        from: &I,
    ) -> Result<Self, I::Error> {
        <T::Kind as Passing<T>>::lift_part(handle, offset, bits, from)
    }
}

/// The bits of a scalar, zero-extended.
fn bits_of<R: Raw>(bytes: &R) -> u64 {
    let mut word = [0; 8];
    if let Some(low) = word.get_mut(..size_of::<R>()) {
        low.copy_from_slice(bytes.as_bytes());
    }
    u64::from_le_bytes(word)
}

/// The scalar with these bits; those above it do not count.
fn of_bits<T: ScalarValue>(bits: u64) -> Result<T, VerifyError> {
    let bytes = match T::Bytes::read_from_prefix(&bits.to_le_bytes()) {
        Ok((bytes, _)) => bytes,
        Err(_) => T::Bytes::ZERO, // no scalar has more than 8 bytes
    };
    match T::CAUSE {
        Some(cause) if !T::is_valid(bytes) => {
            let name = match &T::TYPE {
                Type::Scalar(scalar) => scalar.name(),
                Type::Enum(named) => named.name.km,
                _ => "scalar",
            };
            Err(VerifyError::new(name, Path::default(), bad(0, cause)))
        }
        _ => Ok(T::from_wire(bytes)),
    }
}

impl<T: ScalarValue + Field<Kind = Scalar>> Passing<T> for Scalar {
    type Abi = T::Abi;
    const PASS: Option<Pass> = Some(Pass::Scalar(T::TYPE));
    type By<'a, U: 'a> = U;

    #[inline]
    fn lower<O: Outgoing>(value: &T, _: &mut O) -> Result<T::Abi, O::Error> {
        let bits = bits_of(&value.to_wire());
        let signed = match &T::TYPE {
            Type::Scalar(scalar) => scalar.is_signed(),
            Type::Enum(named) => (named.get)().repr.is_signed(),
            _ => false,
        };
        // As C compilers pass them: extended to the whole number by its sign.
        let above = 64 - 8 * T::Bytes::SIZE;
        Ok(T::Abi::from_bits(if signed {
            ((bits << above) as i64 >> above) as u64
        } else {
            bits
        }))
    }
    #[inline]
    fn lift<I: Incoming>(abi: T::Abi, _: &I) -> Result<T, I::Error> {
        Ok(of_bits(abi.bits())?)
    }
    #[inline]
    fn lower_part<O: Outgoing>(value: &T, _: &mut O) -> Result<(u32, u64), O::Error> {
        Ok((0, bits_of(&value.to_wire())))
    }
    #[inline]
    fn lift_part<I: Incoming>(_: u32, _: u32, bits: u64, _: &I) -> Result<T, I::Error> {
        Ok(of_bits(bits)?)
    }
}

macro_rules! messages {
    ($($kind:ident)*) => {$(
        impl<T: Karmem<Kind = $kind>> Passing<T> for $kind {
            type Abi = i64;
            const PASS: Option<Pass> = Some(Pass::Message(T::TYPE));
            type By<'a, U: 'a> = &'a U;

            #[inline]
            fn lower<O: Outgoing>(value: &T, out: &mut O) -> Result<i64, O::Error> {
                out.put(value)
            }
            #[inline]
            fn lift<I: Incoming>(abi: i64, from: &I) -> Result<T, I::Error> {
                from.read(abi, |region, root| {
                    T::decode_at(region, root, &Limits::default())
                })
            }
            #[inline]
            fn lower_part<O: Outgoing>(value: &T, out: &mut O) -> Result<(u32, u64), O::Error> {
                let message = out.put(value)?;
                Ok((Shared::<T>::from_i64(message).offset(), 0))
            }
            #[inline]
            fn lift_part<I: Incoming>(
                handle: u32,
                offset: u32,
                _: u64,
                from: &I,
            ) -> Result<T, I::Error> {
                Self::lift(Shared::<T>::new(handle, offset).to_i64(), from)
            }
        }
    )*};
}
messages!(TableStruct InlineStruct);

impl<T: Newtype<Inner: Value>> Passing<T> for Transparent {
    type Abi = <T::Inner as Value>::Abi;
    const PASS: Option<Pass> = <T::Inner as Value>::PASS;
    type By<'a, U: 'a> = <T::Inner as Value>::By<'a, U>;

    #[inline]
    fn lower<O: Outgoing>(value: &T, out: &mut O) -> Result<Self::Abi, O::Error> {
        value.inner().lower(out)
    }
    #[inline]
    fn lift<I: Incoming>(abi: Self::Abi, from: &I) -> Result<T, I::Error> {
        <T::Inner as Value>::lift(abi, from).map(T::wrap)
    }
    #[inline]
    fn lower_part<O: Outgoing>(value: &T, out: &mut O) -> Result<(u32, u64), O::Error> {
        value.inner().lower_part(out)
    }
    #[inline]
    fn lift_part<I: Incoming>(
        handle: u32,
        offset: u32,
        bits: u64,
        from: &I,
    ) -> Result<T, I::Error> {
        <T::Inner as Value>::lift_part(handle, offset, bits, from).map(T::wrap)
    }
}

impl<T: Karmem> Value for Shared<T> {
    type Abi = i64;
    const PASS: Option<Pass> = Some(Pass::Shared(T::TYPE));
    type By<'a, U: 'a> = U;

    #[inline]
    fn lower<O: Outgoing>(&self, _: &mut O) -> Result<i64, O::Error> {
        Ok(self.to_i64())
    }
    #[inline]
    fn lift<I: Incoming>(abi: i64, _: &I) -> Result<Self, I::Error> {
        Ok(Shared::from_i64(abi))
    }
    #[inline]
    fn lower_part<O: Outgoing>(&self, _: &mut O) -> Result<(u32, u64), O::Error> {
        Ok((0, self.to_i64() as u64))
    }
    #[inline]
    fn lift_part<I: Incoming>(_: u32, _: u32, bits: u64, _: &I) -> Result<Self, I::Error> {
        Ok(Shared::from_i64(bits as i64))
    }
}

impl Value for () {
    type Abi = ();
    const PASS: Option<Pass> = None;
    type By<'a, U: 'a> = U;

    #[inline]
    fn lower<O: Outgoing>(&self, _: &mut O) -> Result<(), O::Error> {
        Ok(())
    }
    #[inline]
    fn lift<I: Incoming>((): (), _: &I) -> Result<(), I::Error> {
        Ok(())
    }
    #[inline]
    fn lower_part<O: Outgoing>(&self, _: &mut O) -> Result<(u32, u64), O::Error> {
        Ok((0, 0))
    }
    #[inline]
    fn lift_part<I: Incoming>(_: u32, _: u32, _: u64, _: &I) -> Result<(), I::Error> {
        Ok(())
    }
}

impl<T: Value> Output for T {
    type Abi = T::Abi;
    const OK: Option<Pass> = T::PASS;
    const ERR: Option<Pass> = None;

    #[inline]
    fn lower_output<O: Outgoing>(&self, out: &mut O) -> Result<T::Abi, O::Error> {
        Value::lower(self, out)
    }
    #[inline]
    fn lift_output<I: Incoming>(abi: T::Abi, from: &I) -> Result<T, I::Error> {
        Value::lift(abi, from)
    }
}

const OK: u32 = 0;
const ERR: u32 = 1;

impl<T: Value, E: Value> Output for Result<T, E> {
    type Abi = i64;
    const OK: Option<Pass> = T::PASS;
    const ERR: Option<Pass> = match E::PASS {
        Some(pass) => Some(pass),
        None => panic!("an error of type `()` says nothing; use an enum"),
    };

    fn lower_output<O: Outgoing>(&self, out: &mut O) -> Result<i64, O::Error> {
        let (tag, (offset, bits)) = match self {
            Ok(value) => (OK, value.lower_part(out)?),
            Err(error) => (ERR, error.lower_part(out)?),
        };
        let mut record = [0; 16];
        crate::raw::put(&mut record, 0, &tag.to_le_bytes());
        crate::raw::put(&mut record, 4, &offset.to_le_bytes());
        crate::raw::put(&mut record, 8, &bits.to_le_bytes());
        out.record(record)
    }

    fn lift_output<I: Incoming>(abi: i64, from: &I) -> Result<Self, I::Error> {
        let (tag, offset, bits) = from.read(abi, |region, at| {
            let refuse = |cause| Err(VerifyError::new("Result", Path::default(), bad(at, cause)));
            let record = region.get(at as usize..).unwrap_or_default();
            let Ok(([tag, offset, low, high], _)) = <[[u8; 4]; 4]>::read_from_prefix(record) else {
                return refuse(Cause::Truncated);
            };
            let [tag, offset, low, high] = [tag, offset, low, high].map(u32::from_le_bytes);
            match tag {
                OK | ERR => Ok((tag, offset, u64::from(high) << 32 | u64::from(low))),
                _ => refuse(Cause::Enumerator),
            }
        })?;
        let handle = Shared::<()>::from_i64(abi).handle();
        Ok(match tag {
            OK => Ok(T::lift_part(handle, offset, bits, from)?),
            _ => Err(E::lift_part(handle, offset, bits, from)?),
        })
    }
}
