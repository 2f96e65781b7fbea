//! Regions in systems: who sees what, and when; what a guest can do to others (nothing), and files.
#![allow(missing_docs, unused_crate_dependencies)]

mod copied;
mod files;
#[cfg(target_os = "linux")]
mod hostile;
mod mapped;
#[cfg(target_os = "linux")]
mod panics;
#[cfg(target_os = "linux")]
mod reentry;
#[cfg(target_os = "linux")]
mod rogues;
mod states;
#[cfg(target_os = "linux")]
mod strict;
mod support;
mod volatile;
