//! Writes the types that the test compiles, from the seed in the environment.

use std::path::Path;
use std::{env, fs, process};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the library, which uses more of it"
)]
#[path = "src/generator.rs"]
mod generator;
#[allow(
    dead_code,
    unreachable_pub,
    reason = "shared with the library, which uses more of it"
)]
#[path = "src/numbers.rs"]
mod numbers;

/// The seed and the number of types of an ordinary test run.
const SEED: u64 = 1;
const COUNT: u64 = 24;

fn main() {
    let number = |variable: &str, otherwise: u64| {
        println!("cargo::rerun-if-env-changed={variable}");
        let Some(text) = env::var_os(variable) else {
            return otherwise;
        };
        text.to_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(|| {
                println!("cargo::error={variable} is {text:?}: give a number, or leave it unset");
                process::exit(1)
            })
    };
    let seed = number("KARMEM_RANDOM_TYPES_SEED", SEED);
    let count = number("KARMEM_RANDOM_TYPES_COUNT", COUNT);
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src");
    let out = env::var_os("OUT_DIR").expect("cargo names a directory to build scripts");
    let file = Path::new(&out).join("types.rs");
    fs::write(&file, generator::source(seed, count)).expect("the directory can be written to");
}
