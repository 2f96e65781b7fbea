//! The fuzz target `hostile` with inputs that are the same in each run: those that found something once, and some
//! that look random. A binary of its own, as it counts what this process has mapped.
#![allow(
    missing_docs,
    unused_crate_dependencies,
    unreachable_pub,
    reason = "tests"
)]
#![cfg(target_os = "linux")]

mod common;
#[path = "../../fuzz/src/hostile/mod.rs"]
mod hostile;

#[test]
fn nothing_breaks_a_promise() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds-hostile");
    let mut files: Vec<_> = std::fs::read_dir(seeds)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        println!("{}", file.display());
        hostile::run(&std::fs::read(file).unwrap());
    }
    let runs = std::env::var("KARMEM_HOSTILE_RUNS").map_or(100, |runs| runs.parse().unwrap());
    for seed in 0..runs {
        println!("seed {seed}");
        let mut random = common::Rng::new(seed);
        let input: Vec<u8> = (0..256).flat_map(|_| random.next().to_le_bytes()).collect();
        hostile::run(&input);
    }
}
