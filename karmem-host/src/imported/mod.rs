//! One memory, made by the host and imported by several modules.

mod build;
mod common;
mod placement;
pub(crate) mod plan;

pub use build::CommonBuilder;
pub use common::CommonMemory;
pub(crate) use placement::Placement;
