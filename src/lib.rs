#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]
#![forbid(unsafe_code)]

mod schemas;

pub use karmem_core::*;
#[doc(hidden)]
pub use karmem_derive::__export;
pub use karmem_derive::{Karmem, interface};
#[cfg(feature = "host")]
pub use karmem_host as host;
#[cfg(feature = "idl")]
pub use karmem_idl as idl;
pub use schemas::Schema;

/// What only a host needs: its content with the feature `host`, nothing without.
#[cfg(feature = "host")]
#[doc(hidden)]
#[macro_export]
macro_rules! __host {
    ($($code:tt)*) => { $($code)* };
}

/// What only a host needs: its content with the feature `host`, nothing without.
#[cfg(not(feature = "host"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __host {
    ($($code:tt)*) => {};
}

/// What only a host needs that awaits calls: its content with the feature `async`, nothing without.
#[cfg(feature = "async")]
#[doc(hidden)]
#[macro_export]
macro_rules! __host_async {
    ($($code:tt)*) => { $($code)* };
}

/// What only a host needs that awaits calls: its content with the feature `async`, nothing without.
#[cfg(not(feature = "async"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __host_async {
    ($($code:tt)*) => {};
}

/// The code of the other documents is tested too.
#[cfg(doctest)]
#[doc = include_str!("../docs/layouts.md")]
struct Layouts;

/// What needs a host.
#[cfg(all(doctest, feature = "host"))]
#[doc = include_str!("../docs/systems.md")]
struct Systems;

/// What needs a host.
#[cfg(all(doctest, feature = "host"))]
#[doc = include_str!("../docs/regions.md")]
struct Regions;

/// What needs a host.
#[cfg(all(doctest, feature = "host"))]
#[doc = include_str!("../docs/isolation.md")]
struct Isolation;
