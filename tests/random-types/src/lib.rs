//! Types that nobody thought of: `build.rs` writes them from a seed, and the test compiles them and
//! exchanges random values of them in every way.
//!
//! `cargo xtask random-types [SEED [COUNT]]` tries other types than those of an ordinary test run.

pub mod checks;
pub mod generator;
pub mod numbers;
pub mod values;
