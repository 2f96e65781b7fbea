//! The work of comparing schemas is in proportion to their size, whatever they look like.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::*;
use crate::testing::hashed;

/// A schema whose lines `line` writes, without their hashes.
fn schema(lines: impl IntoIterator<Item = String>) -> Schema {
    Schema::from_section(&hashed(lines)).expect("a good section")
}

/// A table of numbers, and of references to other tables.
fn table(path: &str, name: &str, numbers: u32, references: &[String]) -> String {
    let size = (8 + 8 * (numbers + references.len() as u32)).next_multiple_of(8);
    let mut line = format!("karmem1 struct {path} {name} table padded {size} 8 -");
    for i in 0..numbers {
        write!(line, " N{i}:u64@{}+8", 8 + 8 * i).unwrap();
    }
    for (i, to) in (numbers..).zip(references) {
        write!(line, " R{i}:?{to}@{}+8", 8 + 8 * i).unwrap();
    }
    line
}

/// Tables of which each refers to the next.
fn chain(n: u32, numbers: u32) -> Schema {
    schema((0..n).map(|i| {
        let next = (i + 1 < n).then(|| format!("p::T{}", i + 1));
        table(
            &format!("p::T{i}"),
            &format!("T{i}"),
            numbers,
            next.as_slice(),
        )
    }))
}

/// Work of comparing all types of the same names, and what was found.
fn work(left: &Schema, right: &Schema, strictness: Strictness) -> ([usize; 3], Differences) {
    let mut comparison = Comparison::new(("old", left), ("new", right), strictness);
    let found = comparison.same_names();
    (comparison.work(), found)
}

/// Asserts that four times the size is about four times the work.
fn linear(what: &str, mut work: impl FnMut(u32) -> [usize; 3]) {
    let (small, large) = (work(250), work(1000));
    for (small, large) in small.into_iter().zip(large) {
        assert!(large <= 5 * small + 50, "{what}: {small} to {large}");
    }
}

#[test]
fn all_types_of_a_chain_are_compared_once() {
    linear("same", |n| {
        let (work, found) = work(&chain(n, 1), &chain(n, 1), Strictness::Evolution);
        assert!(found.is_empty());
        assert_eq!(work[0], n as usize);
        assert_eq!(work[2], 0, "no texts");
        work
    });
}

#[test]
fn few_texts_are_made_of_what_is_accepted() {
    linear("accepted", |n| {
        let (left, right) = (chain(n, 1), schema_with_longer_tables(n));
        let (work, found) = work(&left, &right, Strictness::Evolution);
        assert!(found.is_empty(), "{found:?}");
        assert!(work[2] <= SHOWN, "{work:?}");
        work
    });
}

/// As a chain of tables of one number, with another number at the end of each.
fn schema_with_longer_tables(n: u32) -> Schema {
    schema((0..n).map(|i| {
        let (size, next) = match i + 1 < n {
            true => (32, format!(" R1:?p::T{}@16+8", i + 1)),
            false => (24, String::new()),
        };
        let end = size - 8;
        format!(
            "karmem1 struct p::T{i} T{i} table padded {size} 8 - N0:u64@8+8{next} More:u64@{end}+8"
        )
    }))
}

#[test]
fn differences_are_counted_and_few_are_told() {
    linear("differences", |n| {
        let (work, found) = work(&chain(n, 1), &chain(n, 2), Strictness::Exact);
        assert_eq!(found.listed.len(), SHOWN);
        assert!(found.more >= n as usize - SHOWN, "{}", found.more);
        assert_eq!(work[2], SHOWN);
        // Also a single walk along the chain makes no text longer than a screen.
        let (left, right) = (chain(n, 1), chain(n, 2));
        let [left, right] = [&left, &right].map(|schema| Side {
            label: "host",
            schema,
            ty: schema.find("T0").expect("a type"),
        });
        let found = evolution(left, right).expect_err("differences");
        assert!(found.iter().all(|it| it.path.len() < 500), "{found:?}");
        work
    });
}

#[test]
fn many_interfaces_over_the_same_types_are_one_walk() {
    linear("interfaces", |n| {
        let tables = (0..n).map(|i| {
            let next = (i + 1 < n).then(|| format!("p::T{}", i + 1));
            table(&format!("p::T{i}"), &format!("T{i}"), 1, next.as_slice())
        });
        let interfaces = (0..n).map(|i| format!("karmem1 interface p/i{i}@1 f{{a:view+p::T0}}"));
        let schema = schema(tables.chain(interfaces));
        let mut comparison =
            Comparison::new(("a", &schema), ("b", &schema), Strictness::ExactTypes);
        for interface in schema.interfaces() {
            assert!(comparison.interfaces(interface, interface).is_empty());
        }
        comparison.work()
    });
}

/// Many types of one name and shape on both sides, and as many pairs of them as there are fields that
/// reach them: pairs could be as many as fields times types.
#[test]
fn pairs_are_bounded() {
    let chains = |copies: u32, length: u32, first: bool| {
        let tables = (0..copies * length).map(|i| {
            let (copy, at) = (i / length, i % length);
            let next = (at + 1 < length).then(|| format!("c{copy}::L{}", at + 1));
            table(
                &format!("c{copy}::L{at}"),
                &format!("L{at}"),
                1,
                next.as_slice(),
            )
        });
        let references: Vec<_> = (0..copies * copies)
            .map(|i| format!("c{}::L0", if first { i / copies } else { i % copies }))
            .collect();
        schema(tables.chain([table("p::Root", "Root", 1, &references)]))
    };
    for (copies, length) in [(4, 10), (10, 50), (30, 100)] {
        let (left, right) = (chains(copies, length, true), chains(copies, length, false));
        let (work, found) = work(&left, &right, Strictness::Exact);
        let types = left.types().len();
        assert!(work[0] <= 4 * types, "{work:?} of {types}");
        let all = (copies * copies * length) as usize + 1;
        if all <= 4 * types {
            assert!(found.is_empty(), "{found:?}");
        } else {
            let causes: BTreeSet<_> = found
                .listed
                .iter()
                .map(|it| format!("{:?}", it.cause))
                .collect();
            assert!(
                causes.iter().all(|cause| cause.contains("Split")),
                "{causes:?}"
            );
        }
    }
}

/// One type that stands where two stand on the other side is no difference of two schemas.
#[test]
fn a_type_may_become_two() {
    let one = |second: &str| {
        schema([
            table("a::P", "P", 1, &[]),
            table("b::P", "P", 1, &[]),
            table("p::A", "A", 1, &["a::P".into()]),
            table("p::B", "B", 1, &[second.into()]),
        ])
    };
    let (left, right) = (one("a::P"), one("b::P"));
    for (left, right) in [(&left, &right), (&right, &left)] {
        assert!(work(left, right, Strictness::Exact).1.is_empty());
    }
}
