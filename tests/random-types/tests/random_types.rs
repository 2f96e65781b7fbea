//! Random types from a seed: written, read, and damaged.

use std::panic;

use karmem_tests_random_types::generator;

/// The types of this build.
#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::all,
    reason = "generated"
)]
mod types {
    use std::collections::{BTreeMap, HashMap};

    use karmem_tests_random_types::checks::check;
    use karmem_tests_random_types::values::{Pen, Random};

    include!(concat!(env!("OUT_DIR"), "/types.rs"));
}

#[test]
fn random_types_are_exchanged_in_every_way() {
    println!("{} messages of seed {}", types::ROOTS.len(), types::SEED);
    let failed = |(name, check): &(&'static str, fn(&str, u64))| {
        let checked = panic::catch_unwind(|| check(name, types::SEED));
        checked.is_err().then_some(*name)
    };
    let failed: Vec<_> = types::ROOTS.iter().filter_map(failed).collect();
    assert!(
        failed.is_empty(),
        "{failed:?}: `cargo xtask random-types {} {}` shows it again; the types are in {}",
        types::SEED,
        types::COUNT,
        concat!(env!("OUT_DIR"), "/types.rs")
    );
}

/// What the generator leaves out is not tried; so it must get to everything that the derive accepts.
#[test]
fn generated_types_have_all_shapes() {
    let all: String = (0..40).map(|seed| generator::source(seed, 40)).collect();
    for shape in [
        "#[karmem(table)]",
        "#[karmem(inline)]",
        "#[karmem(table, layout = \"c\")]",
        "#[karmem(table, layout = \"packed\")]",
        "#[karmem(table, layout = \"legacy\")]",
        "#[karmem(layout = \"legacy\")]",
        "#[karmem(spread)]",
        "#[karmem(spread, layout = \"packed\")]",
        "#[repr(C)]",
        "#[repr(i64)]",
        "#[repr(u16)]",
        "max = 1)]",
        "pub struct T0(",
        "(pub Option<",
        "Option<Box<T",
        "Option<Box<[",
        "Option<Vec<Option<",
        "Option<[",
        "Option<HashMap<",
        "Option<E",
        "Vec<Vec<Vec<",
        "Vec<[Option<",
        "Vec<Option<T",
        "Vec<HashMap<",
        "Vec<Box<str>>",
        "[[",
        "[Vec<",
        "Box<[Box<[",
        "Box<Option<",
        "Box<Box<",
        "BTreeMap<Box<str>, BTreeMap<",
        "BTreeMap<char, Option<",
        "HashMap<i8, E",
        "pen.again()",
        "pen.is_deep()",
    ] {
        assert!(all.contains(shape), "no type has `{shape}`");
    }
    for refused in [
        "Option<Option<",
        "Option<Box<Option<",
        "Option<Box<Box<Option<",
    ] {
        assert!(!all.contains(refused), "the derive refuses `{refused}`");
    }
}

#[test]
fn a_seed_always_gives_the_same_types() {
    assert_eq!(generator::source(7, 20), generator::source(7, 20));
    assert_ne!(generator::source(7, 20), generator::source(8, 20));
}
