//! Bytes that nobody wrote: nothing panics, nothing outside is read, and what is accepted is sound.

use karmem::Limits;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;

use super::pen::Root;
use super::values::Any;
use super::zoo::*;
use super::{config, exercise};

fn exercise<T: Root>(bytes: &[u8], root: u32) {
    exercise::read::<T>(bytes, root);
    exercise::decode::<T>(bytes, root);
    exercise::change::<T>(bytes, root);
}

/// Values at which arithmetic goes wrong.
fn words() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(4),
        Just(u32::MAX),
        Just(u32::MAX - 3),
        Just(u32::MAX / 2),
        Just(1 << 31),
        0..300u32,
        any::<u32>(),
    ]
}

/// A change of a message.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Byte(Index, u8),
    Word(Index, u32),
    Copy(Index, Index, usize),
    Cut(Index),
    Append(Vec<u8>),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let index = any::<Index>;
    let change = prop_oneof![
        1 => (index(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => (index(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        3 => (index(), words()).prop_map(|(at, word)| Change::Word(at, word)),
        1 => (index(), index(), 0..64usize).prop_map(|(from, to, len)| Change::Copy(from, to, len)),
        1 => index().prop_map(Change::Cut),
        1 => prop::collection::vec(any::<u8>(), 0..32).prop_map(Change::Append),
    ];
    prop::collection::vec(change, 1..5)
}

fn apply(bytes: &mut Vec<u8>, change: Change) {
    if bytes.is_empty() {
        return;
    }
    let len = bytes.len();
    match change {
        Change::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
        Change::Byte(at, byte) => bytes[at.index(len)] = byte,
        Change::Word(at, word) => {
            let at = at.index(len) / 4 * 4;
            for (to, from) in bytes[at..].iter_mut().zip(word.to_le_bytes()) {
                *to = from;
            }
        }
        Change::Copy(from, to, count) => {
            let (from, to) = (from.index(len), to.index(len));
            let count = count.min(len - from).min(len - to);
            bytes.copy_within(from..from + count, to);
        }
        Change::Cut(at) => bytes.truncate(at.index(len)),
        Change::Append(more) => bytes.extend(more),
    }
}

#[test]
fn random_bytes_are_harmless() {
    fn check<T: Root>() {
        // Random bytes rarely refer to each other, so some are words of small numbers.
        let word = prop_oneof![any::<u32>(), words(), (0..40u32).prop_map(|n| n * 8)];
        let bytes = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(word, 0..120)
                .prop_map(|words| words.into_iter().flat_map(u32::to_le_bytes).collect()),
        ];
        TestRunner::new(config(96))
            .run(&(bytes, words()), |(bytes, root)| {
                exercise::<T>(&bytes, 0);
                exercise::<T>(&bytes, root);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
    }
    for check in of_each_root!(check) {
        check();
    }
}

#[test]
fn changed_messages_are_harmless() {
    fn check<T: Root + Any>() {
        TestRunner::new(config(64))
            .run(&(T::any(2), changes()), |(value, changes)| {
                let mut bytes = value.encode().unwrap();
                for change in changes {
                    apply(&mut bytes, change);
                    exercise::<T>(&bytes, 0);
                }
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
    }
    for check in of_each_root!(check) {
        check();
    }
}

/// A failed `decode_into` leaves a value that can be used.
#[test]
fn a_failed_update_leaves_a_value() {
    fn check<T: Root + Any>() {
        TestRunner::new(config(32))
            .run(
                &(T::any(1), T::any(1), changes()),
                |(mut value, other, changes)| {
                    let mut bytes = other.encode().unwrap();
                    for change in changes {
                        apply(&mut bytes, change);
                    }
                    if value.decode_into(&bytes).is_err() {
                        // Half of it may be of the other value, and limits are of each field alone.
                        let written = value.encode().unwrap();
                        let again = T::decode(&written).unwrap();
                        prop_assert_eq!(again.encode().unwrap(), written);
                    }
                    value.decode_into(&other.encode().unwrap()).unwrap();
                    prop_assert_eq!(value, other);
                    Ok(())
                },
            )
            .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
    }
    for check in of_each_root!(check) {
        check();
    }
}

/// Any roots and limits, also absurd ones.
#[test]
fn roots_and_limits_of_all_sizes() {
    fn check<T: Root + Any>() {
        let limits = (words(), proptest::option::of(any::<u64>()));
        TestRunner::new(config(32))
            .run(
                &(T::any(1), words(), limits),
                |(value, root, (depth, bytes))| {
                    // Deeper recursion than the stack bears is the caller's choice, so not any depth.
                    let limits = Limits {
                        depth: depth % 1000,
                        bytes,
                        ..Limits::default()
                    };
                    let message = value.encode().unwrap();
                    let verified = T::verify_at(&message, root, &limits);
                    prop_assert_eq!(
                        verified.is_ok(),
                        T::decode_at(&message, root, &limits).is_ok()
                    );
                    Ok(())
                },
            )
            .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
    }
    for check in of_each_root!(check) {
        check();
    }
}

/// A message of an older version: every table may end earlier.
#[test]
fn shorter_tables_read_defaults() {
    fn check<T: Root + Any>() {
        TestRunner::new(config(32))
            .run(&(T::any(1), any::<Index>()), |(value, cut)| {
                let mut bytes = value.encode().unwrap();
                let full = u32::from_le_bytes(bytes[..4].try_into().unwrap());
                let size = 4 + cut.index(full as usize - 3) as u32;
                bytes[..4].copy_from_slice(&size.to_le_bytes());
                let older =
                    T::decode(&bytes).expect("fields are left out, and all else is as it was");
                prop_assert_eq!(
                    T::show(&T::view_unverified(&bytes)),
                    T::show(&T::view(&bytes).unwrap())
                );
                let written = older.encode().unwrap();
                let again = T::decode(&written).unwrap();
                prop_assert_eq!(again, older);
                exercise::<T>(&bytes, 0);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
    }
    check::<Lists>();
    check::<Tables>();
    check::<Options>();
    check::<Maps>();
    check::<Limited>();
    check::<Node>();
    check::<PaddedTable>();
    check::<CTable>();
    check::<PackedTable>();
    check::<LegacyTable>();
    check::<Mixed>();
}
