//! Builds guests for WebAssembly, from Rust and from C, with the linker's flags that each way of
//! giving a module its memory needs.
//!
//! ```no_run
//! use karmem_build::{Guest, Slots};
//!
//! // Two modules that will lie in one memory, each in its place.
//! let mut slots = Slots::new();
//! let physics = Guest::package("physics").release().imported_memory(slots.next(1 << 20)?).build()?;
//! let ai = Guest::c(["ai.c"]).imported_memory(slots.next(1 << 20)?).build()?;
//! println!("{} {}", physics.display(), ai.display());
//! # Ok::<(), karmem_build::Error>(())
//! ```
//!
//! Nothing here panics: a tool that is missing is an [`Error`] that says which, and how to get it.
#![forbid(unsafe_code)]

mod c;
mod error;
mod flags;
mod guest;
mod rust;
mod slots;
mod tool;

pub use error::{Error, Result};
pub use guest::{Guest, modules};
pub use rust::ensure_target;
pub use slots::{GAP, PAGE, Slot, Slots};

/// The target that guests are built for.
pub const TARGET: &str = "wasm32-unknown-unknown";
