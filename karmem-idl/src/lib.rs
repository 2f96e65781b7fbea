//! Schemas of karmem as values: `.km` export, fingerprints and comparison.
//!
//! A [`Schema`] is made from derived types ([`Schema::from_types`]) or from the custom section of a
//! wasm module ([`Schema::from_section`]); both give the same values. It can be printed for the
//! public Karmem compiler ([`Schema::to_km`]), hashed ([`Schema::fingerprint`]) and compared with
//! another one ([`differences`]).
#![forbid(unsafe_code)]

mod absent;
mod clash;
mod compat;
mod fingerprint;
pub mod golden;
mod interface;
mod lower;
mod names;
mod print;
mod resolve;
mod schema;
mod section;
#[cfg(test)]
mod testing;

pub use compat::{
    Cause, Comparison, Difference, Differences, Evolution, InterfaceSide, Side, Strictness,
    differences, evolution, interface_differences, interface_evolution,
};
pub use fingerprint::{Fingerprint, upstream_id};
pub use interface::{IMPORT_PREFIX, Interface, Method, Param, Pass, symbol};
pub use names::NameFault;
pub use print::{KmError, KmProblem, KmReason};
pub use schema::{
    Data, Enum, Field, LookupError, Schema, Spread, Struct, Type, TypeDef, TypeId, Union, Variant,
};
pub use section::{SectionError, SectionFault, limits};
