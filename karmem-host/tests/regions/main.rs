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
#[cfg(target_os = "linux")]
mod panics;
mod rebuild;
#[cfg(target_os = "linux")]
mod reentry;
#[cfg(target_os = "linux")]
mod rogues;
mod states;
#[cfg(all(target_os = "linux", feature = "strict"))]
mod strict;
mod support;
mod volatile;
