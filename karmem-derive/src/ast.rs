//! The validated model of the input: everything that expansion needs, and nothing that can be wrong.

use proc_macro2::Span;
use quote::format_ident;
use syn::{Attribute, Ident, ItemTrait, Member, Path, Type, Visibility};

/// A container that `#[derive(Karmem)]` accepts. It has no generic parameters.
pub(crate) struct Input {
    /// The name in Rust.
    pub(crate) ident: Ident,
    /// Its visibility, which the generated types take over.
    pub(crate) vis: Visibility,
    /// Its `///` comments, and the lints that it allows.
    pub(crate) docs: Vec<Attribute>,
    /// The name in a `.km`. Not checked for a transparent struct, which has no name there.
    pub(crate) km: String,
    /// The path of the facade crate.
    pub(crate) krate: Path,
    /// What it holds.
    pub(crate) data: Data,
}

/// A trait that `#[karmem::interface]` accepts.
pub(crate) struct Interface {
    /// The trait without attributes of karmem.
    pub(crate) item: ItemTrait,
    /// The path of the facade crate.
    pub(crate) krate: Path,
    /// In front of the name: who defines it.
    pub(crate) package: String,
    /// The name of the trait in snake case.
    pub(crate) name: String,
    pub(crate) version: u32,
    /// At least one, in declaration order.
    pub(crate) methods: Vec<Method>,
}

/// A method of an [`Interface`].
pub(crate) struct Method {
    pub(crate) ident: Ident,
    /// Without `r#`.
    pub(crate) name: String,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) params: Vec<Param>,
    /// The type of the result; `()` if none is written.
    pub(crate) result: Type,
    /// What the result looks like.
    pub(crate) result_shape: Shape,
}

/// A parameter of a [`Method`].
pub(crate) struct Param {
    pub(crate) ident: Ident,
    /// Without `r#`.
    pub(crate) name: String,
    pub(crate) pass: Pass,
}

/// How a parameter is written.
pub(crate) enum Pass {
    /// A scalar, by its name.
    Scalar(Scalar, Type),
    /// Any other type by value, or behind `&`.
    Value { ty: Type, by_ref: bool },
    /// `View<T>`: the `T`, and whether it is checked at each call.
    View(Type, bool),
    /// `ViewMut<T>`: the `T`, and whether it is checked at each call.
    ViewMut(Type, bool),
    /// `Shared<T>`: the whole type.
    Shared(Type),
}

/// The three kinds of containers.
pub(crate) enum Data {
    Struct(Struct),
    Enum(Enum),
    Union(Union),
}

/// A struct with at least one field.
pub(crate) struct Struct {
    pub(crate) class: Class,
    pub(crate) rule: Rule,
    pub(crate) style: Style,
    /// A newtype: one unnamed field, inline. It is written as that field.
    pub(crate) transparent: bool,
    /// `#[repr(C)]` is written.
    pub(crate) repr_c: bool,
    /// `id = …`
    pub(crate) id: Option<u64>,
    pub(crate) fields: Vec<Field>,
}

/// A field-less enum. Exactly one enumerator is 0; none is negative or out of the repr's range.
pub(crate) struct Enum {
    pub(crate) repr: Scalar,
    /// At least one, in declaration order.
    pub(crate) values: Vec<Enumerator>,
    /// The index in `values` of the enumerator that is 0.
    pub(crate) zero: usize,
}

/// An enumerator of an [`Enum`].
pub(crate) struct Enumerator {
    pub(crate) ident: Ident,
    pub(crate) km: String,
    pub(crate) value: i128,
    /// Declared as `Name()`, `Name {}` or `Name`.
    pub(crate) style: Style,
}

/// An enum with data. Exactly one variant has the kind 0.
pub(crate) struct Union {
    /// The kind: `U8`, `U16` or `U32`.
    pub(crate) repr: Scalar,
    /// How the variants' tables are laid out, and the inline struct of a spread union.
    pub(crate) rule: Rule,
    /// `spread`: no variant with data is called `Kind`.
    pub(crate) spread: bool,
    /// At least one, in declaration order.
    pub(crate) variants: Vec<Variant>,
    /// The index in `variants` of the variant whose kind is 0.
    pub(crate) zero: usize,
}

/// A variant of a [`Union`].
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) km: String,
    /// The value of the kind.
    pub(crate) value: u32,
    /// The generated table that holds the fields, `<Enum><Variant>`; its name in Rust and in a `.km`.
    /// Of no use if there are no fields.
    pub(crate) table: Ident,
    pub(crate) table_km: String,
    pub(crate) style: Style,
    /// Empty for a variant without data. Their visibility is the enum's.
    pub(crate) fields: Vec<Field>,
}

/// A field of a struct or of a variant.
pub(crate) struct Field {
    /// The name or the number in Rust.
    pub(crate) member: Member,
    pub(crate) vis: Visibility,
    pub(crate) docs: Vec<Attribute>,
    /// The name in a `.km`.
    pub(crate) km: String,
    /// Its type, as written and as recognised.
    pub(crate) ty: Ty,
    /// `max = …`, on text, a list or a map, or an option of these.
    pub(crate) max: Option<u32>,
    /// Where generated code for this field points.
    pub(crate) span: Span,
}

/// A type as written, and its shape.
pub(crate) struct Ty {
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
}

/// What a type looks like by its last path segment. A macro sees no types: an alias or a user's type
/// of the same name deceives it, so it must only serve nicer signatures and earlier errors.
pub(crate) enum Shape {
    Scalar(Scalar),
    /// `String`, `Box<str>`
    Str,
    /// `Vec<T>`, `Box<[T]>`
    List(Box<Ty>),
    /// `[T; N]`
    Array(Box<Ty>),
    /// `Option<T>`
    Option(Box<Ty>),
    /// `Box<T>`
    Boxed(Box<Ty>),
    /// `BTreeMap<K, V>`, `HashMap<K, V>`: the value
    Map(Box<Ty>),
    /// Anything else that has a path: another derived type, or an alias.
    Path,
}

/// A scalar type of Rust.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scalar {
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
    Char,
}

/// In place, or behind a reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Class {
    Inline,
    Table,
}

/// How fields are placed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    Padded,
    C,
    Packed,
    Legacy,
}

/// How fields are declared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Style {
    Named,
    Tuple,
    Unit,
}

impl Field {
    /// The name of accessors: the field's own, or `f0`, `f1`, … in a tuple.
    pub(crate) fn accessor(&self) -> Ident {
        match &self.member {
            Member::Named(ident) => ident.clone(),
            Member::Unnamed(index) => format_ident!("f{}", index.index, span = self.span),
        }
    }
}

impl Scalar {
    const ALL: [Scalar; 12] = [
        Scalar::Bool,
        Scalar::U8,
        Scalar::I8,
        Scalar::U16,
        Scalar::I16,
        Scalar::U32,
        Scalar::I32,
        Scalar::U64,
        Scalar::I64,
        Scalar::F32,
        Scalar::F64,
        Scalar::Char,
    ];

    /// The scalar with this name in Rust.
    pub(crate) fn parse(name: &str) -> Option<Scalar> {
        Self::ALL.into_iter().find(|scalar| scalar.name() == name)
    }

    /// The name in Rust.
    pub(crate) fn name(self) -> &'static str {
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

    /// The largest value that an integer of this kind holds; `None` if it is none.
    pub(crate) fn largest(self) -> Option<i128> {
        Some(match self {
            Scalar::U8 => u8::MAX.into(),
            Scalar::I8 => i8::MAX.into(),
            Scalar::U16 => u16::MAX.into(),
            Scalar::I16 => i16::MAX.into(),
            Scalar::U32 => u32::MAX.into(),
            Scalar::I32 => i32::MAX.into(),
            Scalar::U64 => u64::MAX.into(),
            Scalar::I64 => i64::MAX.into(),
            Scalar::Bool | Scalar::F32 | Scalar::F64 | Scalar::Char => return None,
        })
    }
}

impl Rule {
    pub(crate) const ALL: [Rule; 4] = [Rule::Padded, Rule::C, Rule::Packed, Rule::Legacy];

    /// The name in `layout = "…"`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Rule::Padded => "padded",
            Rule::C => "c",
            Rule::Packed => "packed",
            Rule::Legacy => "legacy",
        }
    }
}

impl Ty {
    /// The type below any number of `Option`s.
    pub(crate) fn below_options(&self) -> &Ty {
        match &self.shape {
            Shape::Option(inner) => inner.below_options(),
            _ => self,
        }
    }
}
