//! Everything in this crate that the compiler cannot check: pages that are mapped over a guest's memory,
//! and the signals that strict grants lead to.
#![allow(
    unsafe_code,
    reason = "the only module with unsafe code: mappings and signals, argued at each block"
)]

#[cfg(target_os = "linux")]
mod pages;
#[cfg(target_os = "linux")]
mod strict;

#[cfg(target_os = "linux")]
pub(crate) use pages::{Pages, Protection, Source, overlay, zero};
#[cfg(target_os = "linux")]
pub(crate) use strict::Strict;
