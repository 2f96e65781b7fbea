//! Regions in systems: who sees what, and when; what a guest can do to others (nothing), and files.
#![allow(missing_docs, unused_crate_dependencies)]

#[cfg(target_os = "linux")]
mod callbacks;
mod copied;
mod files;
#[cfg(target_os = "linux")]
mod hostile;
mod mapped;
#[cfg(not(feature = "strict"))]
mod no_strict;
mod rebuild;
mod states;
#[cfg(all(target_os = "linux", feature = "strict"))]
mod strict;
mod support;
