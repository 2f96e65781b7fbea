//! Exchange structured data with WebAssembly modules in place.
#![cfg_attr(not(feature = "std"), no_std)]

pub use karmem_core::*;
pub use karmem_derive::Karmem;
