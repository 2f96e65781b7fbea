//! The types of `inroot.km`, padded by the default rule.

use karmem::Karmem;

use crate::json::record;

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Vec {
    pub(crate) x: f64,
    pub(crate) y: f64,
}
record!(Vec, VecView { x, y });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Flat {
    pub(crate) a: u64,
    pub(crate) b: u32,
    pub(crate) v: Vec,
    pub(crate) name: String,
}
record!(Flat, FlatView { a, b, v, name });

#[derive(Karmem, Clone, Debug, PartialEq)]
pub(crate) struct Nested {
    pub(crate) v: Vec,
    pub(crate) a: u64,
}
record!(Nested, NestedView { v, a });
