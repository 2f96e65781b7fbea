//! Runs WebAssembly modules in [wasmtime] and works with them on the same bytes.
//!
//! A guest exports its memory and an allocator; the host asks it for a [`Block`], builds a message
//! in it, passes the message as one `i64`, and reads the result where the guest left it. Nothing is
//! serialised in between and nothing is copied.
//!
//! ```
//! use karmem_host::{Engine, Instance, Limits, Module};
//!
//! # fn main() -> Result<(), karmem_host::Error> {
//! # let wasm = wat::parse_str(r#"(module
//! #     (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))"#).unwrap();
//! let engine = Engine::new()?;
//! let module = Module::from_bytes_untyped(&engine, &wasm)?;
//! let mut guest = Instance::new(&module, Limits::default())?;
//! let sum: i32 = guest.call("add", (2, 3))?;
//! assert_eq!(sum, 5);
//! # Ok(())
//! # }
//! ```
//!
//! Several modules that call each other make a [`System`], and a [`Region`] is memory that they and the
//! host see at the same time: `docs/systems.md` and `docs/regions.md` in the repository tell of both.
//!
//! A guest is not trusted: one that traps, loops or grows too large gives an [`Error`] from the call
//! that did it, and the host goes on. See [`Limits`] for what a guest may use and
//! [`Instance`] for the state in which a trap leaves it.
#![deny(unsafe_code)]

mod budget;
mod call;
mod context;
mod engine;
mod error;
mod facts;
mod imported;
mod imports;
mod instance;
mod limits;
mod message;
mod module;
mod owned;
mod prepared;
mod problems;
mod recent;
mod region;
mod schema;
mod section;
mod shown;
mod signature;
mod sys;
mod system;
mod threads;
mod trap;
#[cfg(all(target_os = "linux", feature = "strict"))]
mod trap_table;
mod typed;

pub use call::Func;
pub use context::Context;
pub use engine::{Engine, TICK};
pub use error::{Error, Result};
pub use imported::{CommonBuilder, CommonMemory};
pub use imports::Imports;
pub use instance::{Instance, Stats};
pub use limits::Limits;
pub use message::{Block, Message};
pub use module::{MAX_IMPORTS, Module};
pub use prepared::{Builder, Prepared};
pub use region::{Access, MAX_REGION, REGION_PAGE, Region, Sealed};
pub use signature::{Params, Results};
pub use system::{
    Caller, Client, Definer, Description, Implementation, Link, Method, Open, Provider, RECOVERY,
    Receiving, Removed, Sending, Serving, System, SystemBuilder, SystemStats, provided,
};
pub use threads::{Part, Thread, Threads, ThreadsBuilder};
pub use trap::{Frame, Reason, Trap};
pub use typed::Place;
/// The engine underneath, in the version that this crate uses.
pub use wasmtime;
