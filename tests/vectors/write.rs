//! The values encode to the canonical bytes.

use karmem::{EncodeError, Karmem};
use serde_json::Value;

use crate::canonical;
use crate::data::{Vector, vectors};
use crate::json::{FromJson, Message};
use crate::read::{fits, reads, unwrapped};
use crate::types::{dispatch, gamepad_direct, inroot};

/// All ways to encode give the same bytes.
fn encoded<T: Message>(name: &str, value: &T) -> Vec<u8> {
    let bytes = value.encode().unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(value.encoded_len(), Ok(bytes.len()), "{name}");

    let mut reused = vec![0xa5; 3 * bytes.len() + 1];
    value
        .encode_into(&mut reused)
        .unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(reused, bytes, "{name}");

    // A fixed buffer that held something else: every byte is written, and none behind the end.
    let mut fixed = vec![0xa5; bytes.len() + 8];
    assert_eq!(value.encode_to(&mut fixed), Ok(bytes.len()), "{name}");
    assert_eq!(fixed[..bytes.len()], bytes, "{name}");
    assert_eq!(fixed[bytes.len()..], [0xa5; 8], "{name}");
    let short = value.encode_to(&mut fixed[..bytes.len() - 1]);
    assert!(
        matches!(short, Err(EncodeError::Full { .. })),
        "{name}: {short:?}"
    );

    // A view makes the same object as the values.
    let view = T::view(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    let owned = T::own(&view).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(owned.encode().as_ref(), Ok(&bytes), "{name}");
    drop(view);
    bytes
}

/// What is known of how a message was written.
#[derive(Default)]
struct Seen {
    /// Messages of schemas without slices or arrays of tables, whose bytes are those of `aligned8`.
    exact: Vec<String>,
    /// Those of them that have empty slices.
    with_empty: usize,
    /// Slices and arrays of several tables that lie side by side.
    rows: usize,
}

/// Checks that the values of a message in `aligned8` encode to its bytes, or where tables lie in
/// slices or arrays, to canonical bytes of the same values.
fn writes<T: Message>(vector: &Vector, seen: &mut Seen) {
    let name = &vector.name;
    let want = &vector.json["Values"];
    let value = T::from_json(want);
    fits(value.same(want), name);
    if name.ends_with("_overlimit") {
        let error = value.encode().expect_err(name);
        assert!(
            matches!(error, EncodeError::Limit { .. }),
            "{name}: {error}"
        );
        return;
    }
    let bytes = encoded(name, &value);
    let canonical = canonical::check(&bytes, T::LAYOUT);
    reads::<T>(name, &bytes, 0, want);
    if canonical::has_rows_of_tables(T::LAYOUT) {
        seen.rows += canonical.rows;
        return;
    }
    let mut theirs = if name == "aligned8/inroot/nested_rand1" {
        nested(want) // the public writer wrote it wrongly
    } else {
        vector.bytes.clone()
    };
    // To the public writer an empty slice is an allocation of no bytes, so its reference has the
    // offset of the next allocation; ours is {0, 0}. Both are empty to everybody.
    for at in &canonical.empty {
        assert_eq!(
            theirs[at + 4..at + 8],
            [0; 4],
            "{name}: an empty slice at {at}"
        );
        theirs[*at..at + 4].fill(0);
    }
    assert_eq!(bytes.len(), theirs.len(), "{name}");
    // Padding that is not zero can be written by nobody who has no field for it.
    let padded = name.ends_with("_pads");
    let masked = theirs
        .iter()
        .zip(&canonical.used)
        .map(|(b, used)| if *used { *b } else { 0 });
    let masked: Vec<u8> = masked.collect();
    assert_eq!(padded, masked != theirs, "{name}");
    assert_eq!(bytes, masked, "{name}");
    seen.exact.push(name.clone());
    seen.with_empty += usize::from(!canonical.empty.is_empty());
}

/// What the schema says of `inroot.Nested`.
fn nested(want: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in ["X", "Y"] {
        bytes.extend(f64::from_json(&want["V"][part]).to_le_bytes());
    }
    bytes.extend(u64::from_json(&want["A"]).to_le_bytes());
    bytes
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn values_encode_to_canonical_bytes() {
    let mut seen = Seen::default();
    for vector in &vectors("aligned8") {
        let (schema, root) = vector.root();
        dispatch!(schema, root, writes(vector, &mut seen));
    }
    let of = |prefix: &str| {
        let prefix = format!("aligned8/{prefix}");
        seen.exact
            .iter()
            .filter(|name| name.starts_with(&prefix))
            .count()
    };
    // All messages of roots without slices or arrays of tables; see the schemas.
    let counts = [
        ("pscalar/", 10),
        ("pslice/", 6),
        ("inroot/", 3),
        ("evoone/recdata", 1),
        ("evotwo/recdata", 1),
        ("game/vec3", 2),
        ("game/weapondata", 3),
    ];
    for (prefix, count) in counts {
        assert_eq!(of(prefix), count, "{prefix}: {:?}", seen.exact);
    }
    assert_eq!(
        seen.exact.len(),
        counts.iter().map(|(_, n)| n).sum::<usize>()
    );
    // Of these, only as many have empty slices, which are compared but for their offsets.
    assert_eq!(seen.with_empty, 8);
    assert!(
        seen.rows > 100,
        "only {} slices of tables were seen",
        seen.rows
    );
}

fn reencodes<T: Message>(vector: &Vector) {
    let name = &vector.name;
    let decoded = T::decode(&vector.bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    let made = T::from_json(crate::read::readback(&vector.json));
    assert_eq!(encoded(name, &decoded), encoded(name, &made), "{name}");
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn messages_of_the_public_writer_encode_as_their_values() {
    for vector in vectors("ok")
        .iter()
        .filter(|vector| !vector.name.ends_with("_overlimit"))
    {
        let (schema, root) = vector.root();
        dispatch!(schema, root, reencodes(vector));
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn slices_of_tables_write_wrappers() {
    let all = vectors("aligned8/gamepad");
    assert_eq!(all.len(), 3);
    for vector in &all {
        let name = &vector.name;
        let want = &vector.json["Values"];
        let wrapped = crate::types::gamepad::Monsters::from_json(want);
        let direct = gamepad_direct::Monsters::from_json(&unwrapped(want));
        let bytes = encoded(name, &direct);
        assert_eq!(bytes, encoded(name, &wrapped), "{name}");
        canonical::check(&bytes, gamepad_direct::Monsters::LAYOUT);
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn the_check_tells_other_orders_apart() {
    let all = vectors("aligned8/gamepad");
    let several = all.iter().find(|vector| vector.name.ends_with("bench3x5"));
    let mut bytes = several
        .expect("a message with several monsters")
        .bytes
        .clone();
    let root = gamepad_direct::Monsters::LAYOUT;
    let canonical = |bytes: &[u8]| std::panic::catch_unwind(|| canonical::check(bytes, root).rows);
    assert!(
        canonical(&bytes).is_err(),
        "the public writer lets tables and their parts alternate"
    );
    let value = gamepad_direct::Monsters::decode(&bytes).expect("a valid message");
    bytes = value.encode().expect("values within their limits");
    assert!(canonical(&bytes).is_ok_and(|rows| rows == 4));
    bytes[4] = 1; // padding
    assert!(canonical(&bytes).is_err());
}

#[test]
fn other_values_are_other_bytes() {
    // The comparisons above could pass if encoding ignored the values.
    let of = |x| inroot::Vec { x, y: 1.0 }.encode();
    assert_ne!(of(1.0), of(2.0));
}
