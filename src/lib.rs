//! karmem

pub use karmem_derive::Karmem;
