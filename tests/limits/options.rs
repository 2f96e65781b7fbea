//! Options keep what they hold, whatever is between them and the value.

use std::collections::BTreeMap;

use karmem::Karmem;
use proptest::prelude::*;

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Leaf {
    n: u32,
}

/// Transparent around a table: null is `None`.
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Twig(Leaf);

/// Transparent around numbers and lists: a presence byte.
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Age(u32);
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Ages(Vec<Option<Age>>);

/// What an `Option` of an `Option` is written as.
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Inner {
    value: Option<u32>,
}
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Perch {
    leaf: Option<Box<Leaf>>,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
enum Choice {
    Nothing,
    Number(Option<Inner>),
    Table {
        perch: Option<Perch>,
        twig: Option<Box<Twig>>,
    },
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct All {
    inner: Option<Inner>,
    boxed: Option<Box<Inner>>,
    perch: Option<Perch>,
    twig: Option<Twig>,
    ages: Option<Ages>,
    inners: Vec<Option<Inner>>,
    perches: Vec<Option<Perch>>,
    twigs: Vec<Option<Box<Twig>>>,
    pair: [Option<Perch>; 2],
    map: BTreeMap<u8, Option<Perch>>,
    choice: Choice,
    choices: Vec<Option<Choice>>,
}

fn inner() -> impl Strategy<Value = Inner> {
    any::<Option<u32>>().prop_map(|value| Inner { value })
}

fn leaf() -> impl Strategy<Value = Leaf> {
    any::<u32>().prop_map(|n| Leaf { n })
}

fn perch() -> impl Strategy<Value = Option<Perch>> {
    let leaf = prop::option::of(leaf().prop_map(Box::new));
    prop::option::of(leaf.prop_map(|leaf| Perch { leaf }))
}

fn twig() -> impl Strategy<Value = Option<Twig>> {
    prop::option::of(leaf().prop_map(Twig))
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        prop::option::of(inner()).prop_map(Choice::Number),
        (perch(), twig()).prop_map(|(perch, twig)| Choice::Table {
            perch,
            twig: twig.map(Box::new)
        }),
    ]
}

fn ages() -> impl Strategy<Value = Option<Ages>> {
    let age = prop::option::of(any::<u32>().prop_map(Age));
    prop::option::of(prop::collection::vec(age, 0..4).prop_map(Ages))
}

fn all() -> impl Strategy<Value = All> {
    let inners = || prop::option::of(inner());
    let many = (
        prop::collection::vec(inners(), 0..4),
        prop::collection::vec(perch(), 0..4),
        prop::collection::vec(twig().prop_map(|twig| twig.map(Box::new)), 0..4),
        prop::array::uniform2(perch()),
        prop::collection::btree_map(any::<u8>(), perch(), 0..4),
        prop::collection::vec(prop::option::of(choice()), 0..4),
    );
    (inners(), inners(), perch(), twig(), ages(), choice(), many).prop_map(
        |(inner, boxed, perch, twig, ages, choice, many)| All {
            inner,
            boxed: boxed.map(Box::new),
            perch,
            twig,
            ages,
            inners: many.0,
            perches: many.1,
            twigs: many.2,
            pair: many.3,
            map: many.4,
            choice,
            choices: many.5,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn options_keep_what_they_hold(value in all(), mut other in all()) {
        let bytes = value.encode().unwrap();
        prop_assert_eq!(&All::decode(&bytes).unwrap(), &value);
        prop_assert_eq!(&All::view(&bytes).unwrap().to_owned().unwrap(), &value);
        other.decode_into(&bytes).unwrap();
        prop_assert_eq!(&other, &value);
        prop_assert_eq!(value.encoded_len().unwrap(), bytes.len());
    }
}
