//! The runtime of karmem: layouts, views, verification and writers, without `std`.
#![no_std]
#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod layout;
pub mod schema;
