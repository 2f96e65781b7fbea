//! Levels of references are counted by one rule: by verifying, by decoding and by encoding.

use std::collections::BTreeMap;
use std::fmt::Debug;

use karmem::{Cause, EncodeError, Karmem, Limits, VerifyError};

const DEPTH: u32 = Limits::DEPTH;

#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
struct Chain {
    next: Option<Box<Chain>>,
    bytes: Vec<u8>,
    numbers: BTreeMap<u8, u8>,
    names: BTreeMap<String, String>,
    texts: Vec<String>,
}

/// Inline, so that the root is too.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
struct Inline {
    next: Option<Box<Chain>>,
}

#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
struct Tables {
    list: Vec<Tables>,
}

#[derive(Karmem, Clone, Debug, PartialEq, Default)]
struct Places {
    list: Vec<Places>,
}

#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
struct Maps {
    map: BTreeMap<u8, Maps>,
}

#[derive(Karmem, Clone, Debug, PartialEq)]
enum Json {
    Null,
    List(Vec<Json>),
    Object { fields: BTreeMap<String, Json> },
}

#[derive(Karmem, Clone, Debug, PartialEq)]
struct Document {
    json: Json,
}

/// The levels that a reader needs, found by trying all limits; verifying, decoding and `to_owned` must
/// agree on it, and writers on whether it is within the default.
fn levels<T: Karmem + Clone + PartialEq + Debug>(value: &T) -> u32 {
    let mut bytes = Vec::new();
    value.encode_in(&mut bytes).unwrap();
    let reads = |depth| {
        let limits = Limits {
            depth,
            ..Limits::default()
        };
        let verified = T::verify_at(&bytes, 0, &limits);
        let decoded = T::decode_at(&bytes, 0, &limits);
        match (&verified, &decoded) {
            (Ok(()), Ok(again)) => assert_eq!(again, value),
            (Err(one), Err(two)) => {
                assert_eq!(one, two);
                assert_eq!(one.cause(), Cause::Depth);
            }
            _ => panic!("verified {verified:?}, decoded {decoded:?}"),
        }
        verified.is_ok()
    };
    let levels = (0..300).find(|depth| reads(*depth)).unwrap();
    assert!((levels..300).all(reads));

    let expected = if levels <= DEPTH {
        Ok(bytes.len())
    } else {
        Err(EncodeError::Depth)
    };
    assert_eq!(value.encode().map(|bytes| bytes.len()), expected);
    assert_eq!(value.encoded_len(), expected);
    assert_eq!(value.encode_to(&mut vec![0; bytes.len()]), expected);
    assert_eq!(value.encode_into(&mut Vec::new()).is_ok(), expected.is_ok());
    assert_eq!(T::decode(&bytes).is_ok(), expected.is_ok());
    levels
}

/// `count` values, each in the one before.
fn nested<T: Default>(count: u32, mut around: impl FnMut(T) -> T) -> T {
    (0..count).fold(T::default(), |inner, _| around(inner))
}

fn chain(count: u32) -> Chain {
    nested(count, |next| Chain {
        next: Some(Box::new(next)),
        ..Chain::default()
    })
}

#[test]
fn the_root_is_no_level_be_it_a_table_or_not() {
    assert_eq!(levels(&Chain::default()), 0);
    assert_eq!(levels(&Inline::default()), 0);
    for count in [1, 2, DEPTH - 1, DEPTH, DEPTH + 1, DEPTH + 2] {
        assert_eq!(levels(&chain(count)), count);
        let inline = Inline {
            next: Some(Box::new(chain(count - 1))),
        };
        assert_eq!(levels(&inline), count);
    }
}

#[test]
fn what_refers_to_nothing_is_no_level() {
    let full = |chain: Chain| Chain {
        bytes: vec![1, 2],
        numbers: [(1, 2)].into(),
        ..chain
    };
    assert_eq!(levels(&full(Chain::default())), 0);
    assert_eq!(levels(&full(chain(DEPTH))), DEPTH);
    let last = Chain {
        texts: vec!["text".into()],
        ..Chain::default()
    };
    assert_eq!(levels(&last), 1);
    let last = Chain {
        names: [("key".into(), String::new())].into(),
        ..Chain::default()
    };
    assert_eq!(levels(&last), 1);
}

#[test]
fn lists_and_maps_of_tables_are_two_levels() {
    for count in [0, 1, 7, DEPTH / 2, DEPTH / 2 + 1] {
        assert_eq!(
            levels(&nested(count, |inner| Tables { list: vec![inner] })),
            2 * count
        );
        assert_eq!(
            levels(&nested(count, |inner| Maps {
                map: [(1, inner)].into()
            })),
            2 * count
        );
    }
    for count in [0, 1, DEPTH, DEPTH + 1] {
        assert_eq!(
            levels(&nested(count, |inner| Places { list: vec![inner] })),
            count
        );
    }
}

#[test]
fn enums_with_data_are_a_level_for_their_fields() {
    let document = |count, around: fn(Json) -> Json| Document {
        json: (0..count).fold(Json::Null, |inner, _| around(inner)),
    };
    for count in [0, 1, DEPTH / 2, DEPTH / 2 + 1] {
        assert_eq!(
            levels(&document(count, |inner| Json::List(vec![inner]))),
            2 * count
        );
        let object = |inner| Json::Object {
            fields: [("key".into(), inner)].into(),
        };
        assert_eq!(levels(&document(count, object)), 2 * count);
    }
    // An empty list and an empty map lead nowhere.
    assert_eq!(
        levels(&Document {
            json: Json::List(vec![])
        }),
        1
    );
    assert_eq!(
        levels(&Document {
            json: Json::Object {
                fields: BTreeMap::new()
            }
        }),
        1
    );
}

/// A writer that is used again after an error has all its levels again.
#[test]
fn an_error_does_not_use_levels_up() {
    let mut memory = vec![0; 1 << 16];
    let mut writer = karmem::FixedWriter::new(&mut memory);
    for _ in 0..3 {
        assert_eq!(
            chain(DEPTH + 1).encode_in(&mut writer),
            Err(EncodeError::Depth)
        );
        chain(DEPTH).encode_in(&mut writer).unwrap();
    }
    let mut arena = karmem::Arena::new(&mut memory);
    for _ in 0..3 {
        assert_eq!(arena.put(&chain(DEPTH + 1)), Err(EncodeError::Depth));
        arena.put(&chain(DEPTH)).unwrap();
    }
}

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Top {
    a: Middle,
    number: u8,
    b: [Box<Middle>; 2],
}
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Middle {
    number: u8,
    holder: Holder,
}
#[derive(Karmem, Clone, Debug, PartialEq)]
struct Holder {
    bottom: Box<Bottom>,
}
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Bottom {
    number: u8,
    names: Vec<String>,
}

fn read(bytes: &[u8], depth: u32) -> Result<(), VerifyError> {
    let limits = Limits {
        depth,
        ..Limits::default()
    };
    let verified = Top::verify_at(bytes, 0, &limits);
    assert_eq!(Top::decode_at(bytes, 0, &limits).map(drop), verified);
    verified
}

/// Tables that are absent where they are not optional are as deep as their defaults.
#[test]
fn defaults_take_levels() {
    // Nothing but a size; the first table; its number too.
    for (words, needed) in [
        (vec![4], 2),
        (vec![16, 0, 16, 0, 4], 2),
        (vec![16, 0, 16, 0, 8, 0], 2),
    ] {
        let bytes: Vec<u8> = words
            .iter()
            .flat_map(|word: &u32| word.to_le_bytes())
            .collect();
        for depth in 0..5 {
            assert_eq!(
                read(&bytes, depth).is_ok(),
                depth >= needed,
                "{words:?} at {depth}"
            );
        }
    }
}

/// The default of `Sum` has no end, as that of `Term` begins with another.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
struct Sum {
    term: Term,
    note: Option<String>,
}
#[derive(Karmem, Clone, Debug, PartialEq)]
enum Term {
    Sum(Box<Sum>, Box<Sum>),
    Number(i64),
}

#[test]
fn a_default_without_an_end_is_refused_where_it_is_needed() {
    let number = |n| Sum {
        term: Term::Number(n),
        note: None,
    };
    let value = Sum {
        term: Term::Sum(Box::new(number(1)), Box::new(number(2))),
        note: None,
    };
    let bytes = value.encode().unwrap();
    assert_eq!(Sum::decode(&bytes).unwrap(), value);

    // A table of an older version without the note has all that it needs.
    let mut older = bytes.clone();
    let size = u32::from_le_bytes(older[..4].try_into().unwrap());
    older[..4].copy_from_slice(&(size - 8).to_le_bytes());
    Sum::view(&older).unwrap();
    assert_eq!(Sum::decode(&older).unwrap(), value);

    let empty = 4u32.to_le_bytes();
    for depth in [0, 1, 64, 1000, u32::MAX] {
        let limits = Limits {
            depth,
            ..Limits::default()
        };
        let error = Sum::verify_at(&empty, 0, &limits).unwrap_err();
        assert_eq!(error.cause(), Cause::Depth);
        assert_eq!(Sum::decode_at(&empty, 0, &limits).unwrap_err(), error);
    }
}
