//! Broken messages: the verified read says what is wrong and where, the unverified view stays
//! inside of the bytes.

use karmem::Cause;
use serde_json::{Value, json};

use crate::data::{Vector, at_each_alignment, text, vectors};
use crate::json::Message;
use crate::read::{fits, reads};
use crate::types::dispatch;

/// What we say of a message.
#[derive(Clone, Copy)]
enum Verdict {
    /// It is read to the `Result` of its description.
    Legal,
    /// It is refused for this cause, on this path.
    Bad(Cause, &'static str),
}

/// The verdict on each message, and why it is so.
const VERDICTS: &[(&str, Verdict)] = {
    use Cause::*;
    use Verdict::*;
    &[
        // 32 references of offset 0, which is null: 32 absent tables.
        ("amplify/adata_selfbig", Legal),
        // A slice that begins at offset 0, where only the root can lie.
        ("amplify/adata_selfslice", Bad(NullSlice, "AData.items")),
        // Subtables that are shared amount to more bytes than the message has. The shared parts
        // are met again in the second element, or where the bytes have run out.
        (
            "amplify/adata_shared24",
            Bad(Budget, "AData.items[0].data.items[0].data.items["),
        ),
        (
            "amplify/adata_shared4",
            Bad(Budget, "AData.items[0].data.items["),
        ),
        (
            "game/monsters_monstersOff0",
            Bad(NullSlice, "Monsters.monsters"),
        ),
        // 2100 elements, where the schema allows 2000.
        ("game/monsters_over2000", Bad(Limit, "Monsters.monsters")),
        // The bytes end before the slice does.
        (
            "game/monsters_trunc20",
            Bad(OutOfBounds, "Monsters.monsters"),
        ),
        // They end in what the second monster refers to.
        (
            "game/monsters_truncHalf",
            Bad(OutOfBounds, "Monsters.monsters[1].data."),
        ),
        // An inline root has no header: it is there or not.
        ("pscalar/mixed_truncLast", Bad(Truncated, "Mixed")),
        // The bool is before the enumerator.
        ("pscalar/scalars_badBoolEnum", Bad(Bool, "Scalars.flag")),
        ("pscalar/scalars_empty", Bad(Truncated, "Scalars")),
        // A size header counts itself, so it is at least 4.
        ("pscalar/scalars_size0", Bad(TableSize, "Scalars")),
        ("pscalar/scalars_size3", Bad(TableSize, "Scalars")),
        // What an older version wrote.
        ("pscalar/scalars_size20", Legal),
        // The size header leads behind the end.
        ("pscalar/scalars_sizeMax", Bad(OutOfBounds, "Scalars")),
        (
            "pscalar/scalars_sizePlus8short",
            Bad(OutOfBounds, "Scalars"),
        ),
        ("pscalar/scalars_trunc4", Bad(OutOfBounds, "Scalars")),
        ("pscalar/scalars_truncLast", Bad(OutOfBounds, "Scalars")),
        // What a newer version wrote.
        ("pscalar/scalars_sizePlus8", Legal),
        // There is not even a size header.
        ("pscalar/scalars_trunc3", Bad(Truncated, "Scalars")),
        ("pslice/slices_limOver", Bad(Limit, "Slices.lim")),
        ("pslice/slices_off0", Bad(NullSlice, "Slices.u64s")),
        // Empty, wherever it begins.
        ("pslice/slices_offAtEndSize0", Legal),
        (
            "pslice/slices_offAtEndSize1",
            Bad(OutOfBounds, "Slices.u8s"),
        ),
        // 0xFFFFFFFF bytes are no whole number of 8-byte elements, which is told first.
        (
            "pslice/slices_offMaxSizeMax",
            Bad(PartialElement, "Slices.u64s"),
        ),
        ("pslice/slices_sizeMax", Bad(PartialElement, "Slices.u64s")),
        // Alignment is nobody's duty.
        ("pslice/slices_offUnaligned", Legal),
        (
            "pslice/slices_sizeNotMultiple",
            Bad(PartialElement, "Slices.u64s"),
        ),
    ]
};

/// Messages of which an unverified view reads what the public readers do not: they take a table at
/// offset 0 for the root, an unknown enumerator for itself, and clamp slices to their limits.
const OTHERWISE: [&str; 4] = [
    "amplify/adata_selfslice",
    "game/monsters_monstersOff0",
    "pscalar/scalars_badBoolEnum",
    "pslice/slices_limOver",
];

pub(crate) fn refuses<T: Message>(name: &str, bytes: &[u8], cause: Cause, path: &str) {
    at_each_alignment(bytes, |bytes, _| {
        let error = T::decode(bytes).expect_err(name);
        assert_eq!(error.cause(), cause, "{name}: {error}");
        assert!(
            error.path().to_string().starts_with(path),
            "{name}: {error}"
        );
        assert!(error.offset() as usize <= bytes.len(), "{name}: {error}");
        assert_eq!(T::view(bytes).map(drop), Err(error), "{name}");
    });
}

/// Calls every accessor of an unverified view.
pub(crate) fn walks<T: Message>(bytes: &[u8]) {
    at_each_alignment(bytes, |bytes, _| {
        let view = T::view_unverified(bytes);
        assert!(!T::debug_view(&view).is_empty());
        drop(T::own(&view));
    });
}

fn views_as<T: Message>(name: &str, bytes: &[u8], want: &Value) {
    fits(T::same_view(&T::view_unverified(bytes), want), name);
}

/// The values that a legal message is read to.
fn result(vector: &Vector) -> Value {
    if vector.name.ends_with("adata_selfbig") {
        let absent = json!({ "Data": { "Items": [] } });
        return json!({ "Items": vec![absent; 32] });
    }
    vector.json["Result"].clone()
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn every_broken_message_is_judged() {
    let all = vectors("malformed");
    assert_eq!(all.len(), VERDICTS.len());
    for vector in &all {
        let name = vector
            .name
            .strip_prefix("malformed/")
            .expect("a name in the folder");
        let verdict = VERDICTS.iter().find(|(known, _)| *known == name);
        let (_, verdict) = verdict.unwrap_or_else(|| panic!("no verdict on {name}"));
        let (schema, root) = vector.root();
        let note = text(&vector.json, "Note");
        match *verdict {
            Verdict::Legal => {
                dispatch!(schema, root, reads(note, &vector.bytes, 0, &result(vector)));
            }
            Verdict::Bad(cause, path) => {
                dispatch!(schema, root, refuses(note, &vector.bytes, cause, path));
            }
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn unverified_views_stay_inside() {
    for vector in &vectors("malformed") {
        let (schema, root) = vector.root();
        dispatch!(schema, root, walks(&vector.bytes));
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn unverified_views_read_what_the_public_readers_do() {
    let all = vectors("malformed");
    let comparable = all.iter().filter(|vector| {
        !vector.json["Result"].is_null() && !OTHERWISE.iter().any(|o| vector.name.ends_with(o))
    });
    let mut compared = 0;
    for vector in comparable {
        let (schema, root) = vector.root();
        dispatch!(
            schema,
            root,
            views_as(&vector.name, &vector.bytes, &vector.json["Result"])
        );
        compared += 1;
    }
    assert_eq!(compared, 21);
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn every_cut_of_a_message_stays_inside() {
    fn cuts<T: Message>(vector: &Vector) {
        // Our own bytes end with the last one that is needed; the public writer's may not.
        let value = T::decode(&vector.bytes).expect("a valid message");
        let bytes = value.encode().expect("values within their limits");
        for len in 0..bytes.len() {
            assert!(
                T::view(&bytes[..len]).is_err(),
                "{} cut to {len}",
                vector.name
            );
            assert!(!T::debug_view(&T::view_unverified(&bytes[..len])).is_empty());
        }
        for len in 0..vector.bytes.len() {
            assert!(!T::debug_view(&T::view_unverified(&vector.bytes[..len])).is_empty());
        }
    }
    let all = vectors("aligned8");
    for vector in all
        .iter()
        .filter(|v| v.bytes.len() < 2000 && !v.name.ends_with("_overlimit"))
    {
        let (schema, root) = vector.root();
        dispatch!(schema, root, cuts(vector));
    }
}
