//! The runtime of karmem: layouts, views, verification and writers, without `std`.
//!
//! Use it through the facade crate `karmem`, which adds the derive. Here is what the derive's code
//! stands on: [`layout`] places fields, [`wire`] says what a field needs, [`kind`] knows how each
//! kind of field is read, checked and written, [`Karmem`] is a struct as a message.
#![no_std]
#![deny(unsafe_code)]
#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod arena;
mod cast;
mod error;
#[cfg(feature = "alloc")]
pub mod guest;
mod held;
pub mod interface;
pub mod kind;
pub mod layout;
mod message;
pub mod raw;
pub mod rule;
pub mod schema;
pub mod section;
pub mod shape;
mod shared;
mod slice;
mod struct_builder;
mod struct_view;
#[cfg(target_has_atomic = "32")]
pub mod sync;
mod text;
mod verify;
pub mod wire;
mod writer;

pub use arena::{Arena, Mark};
pub use error::{Bad, Cause, EncodeError, Limits, VerifyError};
pub use held::{Held, Late};
pub use interface::Interface;
#[cfg(feature = "alloc")]
pub use kind::{MapMut, MapView};
pub use message::Karmem;
pub use shape::{View, ViewMut};
pub use shared::Shared;
pub use slice::{Items, Iter, Slice, SliceMut, slice_mut};
pub use struct_builder::StructBuilder;
pub use struct_view::{Inline, InlineMut, Table, TableMut};
pub use text::{Text, TextMut};
pub use verify::Verifier;
pub use writer::{FixedWriter, Sink};
pub use zerocopy;
