//! All `unsafe` of this crate.
#![allow(unsafe_code, reason = "argued at each place")]

pub(crate) mod shared;
