//! The const model of types: what a derived type says about itself.
//!
//! Named types are referred to by function pointer, because a plain `&'static` in a constant
//! cannot describe a recursive type (rustc reports E0391).

use crate::layout::{At, Class, Layout, Rule};

/// A scalar as it lies on the wire, little-endian.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each variant is the Rust type of its name")]
pub enum Scalar {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
    /// A `char`: a Unicode scalar value in 4 bytes, `uint32` in a `.km`.
    Char,
}

/// A type of a field.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// A number, `bool` or `char`.
    Scalar(Scalar),
    /// UTF-8 text behind a reference.
    Text,
    /// A field-less enum.
    Enum(Named<Enum>),
    /// A struct laid out in place, or a reference to a table, as its class says.
    Struct(Named<Struct>),
    /// An enum with data.
    Union(Named<Union>),
    /// So many values in place.
    Array(&'static Type, u32),
    /// Any number of values behind a reference.
    Slice(&'static Type),
    /// A value that may be absent.
    Option(&'static Type),
    /// Entries sorted by key behind a reference.
    Map(&'static Type, &'static Type),
}

/// How a named type is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name {
    /// The name in a `.km`: what both sides of a link compare.
    pub km: &'static str,
    /// The path in Rust (`game::world::Monster`): unique within one module.
    pub path: &'static str,
}

/// A reference to a named type: its name, which a constant can read, and the rest behind a
/// function, which a constant cannot call.
#[derive(Debug)]
pub struct Named<T: 'static> {
    /// How the type is called.
    pub name: Name,
    /// Gives the type.
    pub get: fn() -> &'static T,
}

impl<T> Clone for Named<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Named<T> {}

/// A derived struct, or the fields of one variant of an enum with data.
#[derive(Debug)]
pub struct Struct {
    /// How it is called.
    pub name: Name,
    /// In place or behind a reference.
    pub class: Class,
    /// How its fields are placed.
    pub rule: Rule,
    /// Size and alignment of the fields together (for a table: of what the reference leads to).
    pub layout: Layout,
    /// `#[karmem(id = …)]`, if given.
    pub id: Option<u64>,
    /// The fields in declaration order.
    pub fields: &'static [Field],
}

/// A field of a [`Struct`].
#[derive(Debug)]
pub struct Field {
    /// The name in a `.km`.
    pub name: &'static str,
    /// The name in Rust.
    pub rust_name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Where it lies.
    pub at: At,
    /// Bytes of the value at `at.at`.
    pub size: u32,
    /// Whether a presence byte lies at `at.flag`.
    pub flag: bool,
    /// `#[karmem(max = …)]`: elements of a slice or map, bytes of a text.
    pub max: Option<u32>,
}

/// A field-less enum.
#[derive(Debug)]
pub struct Enum {
    /// How it is called.
    pub name: Name,
    /// The integer that carries it.
    pub repr: Scalar,
    /// The enumerators and their values, in declaration order.
    pub values: &'static [(&'static str, i128)],
}

/// An enum with data.
#[derive(Debug)]
pub struct Union {
    /// How it is called.
    pub name: Name,
    /// The unsigned integer that carries the kind.
    pub repr: Scalar,
    /// The variants, in declaration order.
    pub variants: &'static [Variant],
    /// `None`: one 64-bit slot. `Some`: `#[karmem(spread)]`, an inline struct that holds the kind
    /// and one reference per variant with data.
    pub spread: Option<Spread>,
}

/// A variant of a [`Union`].
#[derive(Debug)]
pub struct Variant {
    /// The name in a `.km`.
    pub name: &'static str,
    /// The value of the kind.
    pub value: u32,
    /// The table with the variant's fields, if it has any.
    pub table: Option<Named<Struct>>,
}

/// The inline struct of a spread union: kind first, then the references.
#[derive(Debug)]
pub struct Spread {
    /// How its fields are placed.
    pub rule: Rule,
    /// Size and alignment.
    pub layout: Layout,
    /// Where the references lie, in the order of the variants with data.
    pub at: &'static [At],
}

/// Functions that one module, or the host, offers to others: what `#[karmem::interface]` says of a
/// trait.
#[derive(Debug)]
pub struct Interface {
    /// Who defined it: the crate with the trait, unless the attribute says otherwise.
    pub package: &'static str,
    /// The name of the trait in snake case.
    pub name: &'static str,
    /// Distinguishes interfaces that have the same name and are not compatible.
    pub version: u32,
    /// The methods in declaration order.
    pub methods: &'static [Method],
}

/// A method of an [`Interface`].
#[derive(Debug)]
pub struct Method {
    /// The name in Rust.
    pub name: &'static str,
    /// The parameters without `self`.
    pub params: &'static [Param],
    /// What it gives back; `None` for `()`.
    pub ok: Option<Pass>,
    /// What it gives back instead if it fails; `None` if it is no `Result`.
    pub err: Option<Pass>,
}

/// A parameter of a [`Method`].
#[derive(Debug)]
pub struct Param {
    /// The name in Rust.
    pub name: &'static str,
    /// What is passed.
    pub pass: Pass,
}

/// What travels in a parameter or a result, and how.
#[derive(Clone, Copy, Debug)]
pub enum Pass {
    /// A number, `bool`, `char` or field-less enum: itself, as a wasm number.
    Scalar(Type),
    /// A struct, written to a region: its handle and offset.
    Message(Type),
    /// A struct that lies in a region, to be read there: its handle and offset.
    View(Type),
    /// A struct that lies in a region, to be changed there: its handle and offset.
    ViewMut(Type),
    /// Where a struct lies: its handle and offset.
    Shared(Type),
}

/// A type of wasm's own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each variant is the wasm type of its name")]
pub enum Number {
    I32,
    I64,
    F32,
    F64,
}

impl Pass {
    /// The type of what is passed.
    #[must_use]
    pub const fn ty(&self) -> &Type {
        match self {
            Pass::Scalar(ty)
            | Pass::Message(ty)
            | Pass::View(ty)
            | Pass::ViewMut(ty)
            | Pass::Shared(ty) => ty,
        }
    }

    /// The wasm type that carries it.
    ///
    /// ```
    /// use karmem_core::schema::{Number, Pass, Scalar, Type};
    /// assert_eq!(Pass::Scalar(Type::Scalar(Scalar::Bool)).number(), Number::I32);
    /// assert_eq!(Pass::View(Type::Scalar(Scalar::Bool)).number(), Number::I64);
    /// ```
    #[must_use]
    pub fn number(&self) -> Number {
        match self {
            Pass::Scalar(Type::Scalar(scalar)) => scalar.number(),
            Pass::Scalar(Type::Enum(named)) => (named.get)().repr.number(),
            _ => Number::I64,
        }
    }
}

impl Method {
    /// The wasm types of the parameters.
    pub fn numbers(&self) -> impl ExactSizeIterator<Item = Number> + use<> {
        self.params.iter().map(|param| param.pass.number())
    }

    /// The wasm type of the result, if it has one.
    #[must_use]
    pub fn result(&self) -> Option<Number> {
        match (&self.ok, &self.err) {
            (_, Some(_)) => Some(Number::I64),
            (ok, None) => ok.as_ref().map(Pass::number),
        }
    }
}

impl Scalar {
    /// The wasm type that carries it as a parameter or result.
    #[must_use]
    pub const fn number(self) -> Number {
        match self {
            Scalar::F32 => Number::F32,
            Scalar::F64 => Number::F64,
            Scalar::U64 | Scalar::I64 => Number::I64,
            _ => Number::I32,
        }
    }

    /// Whether it is an integer with a sign.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self, Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64)
    }

    /// Bytes on the wire, which is also the natural alignment.
    #[must_use]
    pub const fn size(self) -> u32 {
        match self {
            Scalar::Bool | Scalar::U8 | Scalar::I8 => 1,
            Scalar::U16 | Scalar::I16 => 2,
            Scalar::U32 | Scalar::I32 | Scalar::F32 | Scalar::Char => 4,
            Scalar::U64 | Scalar::I64 | Scalar::F64 => 8,
        }
    }

    /// The name in Rust.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scalar::Bool => "bool",
            Scalar::U8 => "u8",
            Scalar::I8 => "i8",
            Scalar::U16 => "u16",
            Scalar::I16 => "i16",
            Scalar::U32 => "u32",
            Scalar::I32 => "i32",
            Scalar::U64 => "u64",
            Scalar::I64 => "i64",
            Scalar::F32 => "f32",
            Scalar::F64 => "f64",
            Scalar::Char => "char",
        }
    }
}

impl Struct {
    /// The field with this name, in Rust or in a `.km`.
    ///
    /// ```
    /// # use karmem_core::schema::Struct;
    /// fn offset_of_mana(monster: &Struct) -> Option<u32> {
    ///     monster.field("mana").map(|field| field.at.at)
    /// }
    /// ```
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|f| f.rust_name == name || f.name == name)
    }
}
