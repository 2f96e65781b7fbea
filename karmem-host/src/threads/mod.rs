//! One module on several threads, in one memory.

mod memory;
mod thread;

pub use memory::{Part, Threads, ThreadsBuilder};
pub use thread::Thread;
