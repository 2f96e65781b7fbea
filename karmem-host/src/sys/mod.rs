//! Everything in this crate that the compiler cannot check: pages that are mapped over a guest's memory,
//! the signals that strict grants lead to, locks of files, and accesses to memory that several threads use.
#![allow(
    unsafe_code,
    reason = "the only module with unsafe code: mappings, signals, locks and shared memory, argued at each block"
)]

#[cfg(target_os = "linux")]
pub(crate) mod lock;
#[cfg(target_os = "linux")]
mod pages;
pub(crate) mod shared;
#[cfg(all(target_os = "linux", feature = "strict"))]
mod strict;
#[cfg(not(all(target_os = "linux", feature = "strict")))]
#[path = "no_strict.rs"]
mod strict;

#[cfg(target_os = "linux")]
pub(crate) use pages::{Pages, Protection, Source, discard, overlay, zero};
pub(crate) use strict::Strict;
