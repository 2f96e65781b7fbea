#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

mod schemas;

pub use karmem_core::*;
pub use karmem_derive::Karmem;
#[cfg(feature = "host")]
pub use karmem_host as host;
#[cfg(feature = "idl")]
pub use karmem_idl as idl;
pub use schemas::Schema;

/// The code of the other documents is tested too.
#[cfg(doctest)]
#[doc = include_str!("../docs/layouts.md")]
struct Layouts;
