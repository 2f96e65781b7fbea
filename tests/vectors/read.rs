//! Every message reads to its values: verified and unverified, in place and decoded, at every
//! alignment.

use karmem::{Cause, Limits};
use serde_json::{Map, Value};

use crate::data::{Vector, at_each_alignment, names, read_bytes, read_json, text, vectors};
use crate::is_pad;
use crate::json::{Message, Mismatch};
use crate::types::{dispatch, gamepad_direct};

#[track_caller]
pub(crate) fn fits(found: Result<(), Mismatch>, what: &str) {
    if let Err(mismatch) = found {
        panic!("{what}: {mismatch}");
    }
}

/// Checks every way to read a message whose root lies at `root`.
pub(crate) fn reads<T: Message>(name: &str, bytes: &[u8], root: u32, want: &Value) {
    let limits = Limits::default();
    at_each_alignment(bytes, |bytes, shift| {
        let what = |way: &str| format!("{name} at alignment {shift}, {way}");
        let view = T::view_at(bytes, root, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        fits(T::same_view(&view, want), &what("verified view"));
        let owned = T::own(&view).unwrap_or_else(|e| panic!("{name}: {e}"));
        fits(owned.same(want), &what("view made an object"));
        let unverified = T::view_unverified_at(bytes, root);
        fits(T::same_view(&unverified, want), &what("unverified view"));
        assert_eq!(T::debug_view(&view), T::debug_view(&unverified), "{name}");
        let decoded = T::decode_at(bytes, root, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        fits(decoded.same(want), &what("decoded"));
        if root == 0 {
            let view = T::view(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            fits(
                T::same_view(&view, want),
                &what("verified view of the root at 0"),
            );
            let decoded = T::decode(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
            fits(decoded.same(want), &what("decoded from the root at 0"));
        }
    });
}

/// A message with more elements than a field's `max`: a verified read reports it, and an
/// unverified view gives what lies there.
fn reads_over_limit<T: Message>(vector: &Vector) {
    let name = &vector.name;
    at_each_alignment(&vector.bytes, |bytes, _| {
        let error = T::decode(bytes).expect_err(name);
        assert_eq!(error.cause(), Cause::Limit, "{name}: {error}");
        assert_eq!(T::view(bytes).map(drop), Err(error));
        let view = T::view_unverified(bytes);
        fits(T::same_view(&view, &vector.json["Values"]), name);
        assert_eq!(T::own(&view).expect_err(name).cause(), Cause::Limit);
    });
}

/// What a reader sees of a message in `ok` or `aligned8`.
pub(crate) fn readback(json: &Value) -> &Value {
    match json["ReadbackEqual"].as_bool() {
        Some(false) => &json["Readback"],
        _ => &json["Values"],
    }
}

fn every_message_reads(folder: &str) -> usize {
    let all = vectors(folder);
    for vector in &all {
        let (schema, root) = vector.root();
        if vector.name.ends_with("_overlimit") {
            dispatch!(schema, root, reads_over_limit(vector));
        } else {
            let want = readback(&vector.json);
            dispatch!(schema, root, reads(&vector.name, &vector.bytes, 0, want));
        }
    }
    all.len()
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn messages_of_the_public_writer() {
    assert_eq!(every_message_reads("ok"), 50);
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn messages_of_the_public_writer_with_aligned_allocations() {
    assert_eq!(every_message_reads("aligned8"), 50);
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn root_behind_other_bytes() {
    let names = names("rootoffset", "bin");
    assert_eq!(names.len(), 2);
    for name in names {
        let json = read_json(&format!("{name}.json"));
        let bytes = read_bytes(&format!("{name}.bin"));
        let (schema, root) = text(&json, "Root").split_once('.').expect("schema.Root");
        let want = read_json(text(&json, "SameValuesAs"));
        assert_eq!(json["RootOffset"], 64);
        dispatch!(schema, root, reads(&name, &bytes, 64, &want["Values"]));
    }
}

/// Replaces every `Weight` by 0: the public readers read it from the root where the wrapper around
/// its table is missing, as they take offset 0 for the root.
fn without_weights(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_weights),
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "Weight" => *value = Value::from(0),
                    _ => without_weights(value),
                }
            }
        }
        _ => {}
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn other_versions() {
    let names = names("evolution", "json");
    assert_eq!(names.len(), 8);
    for name in names {
        let mut json = read_json(&format!("{name}.json"));
        let bytes = read_bytes(text(&json, "File"));
        if text(&json, "ReadAs").starts_with("evotwo.") {
            without_weights(&mut json["Values"]);
        }
        let (schema, root) = text(&json, "ReadAs").split_once('.').expect("schema.Root");
        dispatch!(schema, root, reads(&name, &bytes, 0, &json["Values"]));
    }
}

/// Puts the table in the place of the wrapper around it.
pub(crate) fn unwrapped(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(unwrapped).collect(),
        Value::Object(fields) => {
            let mut named = fields.iter().filter(|(name, _)| !is_pad(name));
            match (named.next(), named.next()) {
                (Some((name, table)), None) if name == "Data" => unwrapped(table),
                _ => {
                    let fields = fields.iter().map(|(name, v)| (name.clone(), unwrapped(v)));
                    Value::Object(fields.collect::<Map<_, _>>())
                }
            }
        }
        other => other.clone(),
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn slices_of_tables_read_wrappers() {
    let all = ["ok", "aligned8"].map(|folder| vectors(&format!("{folder}/gamepad")));
    assert_eq!(all.each_ref().map(Vec::len), [3, 3]);
    for vector in all.iter().flatten() {
        let want = unwrapped(&vector.json["Values"]);
        reads::<gamepad_direct::Monsters>(&vector.name, &vector.bytes, 0, &want);
    }
}

/// Decodes everything into one object, whatever that held before.
fn reuses<T: Message>(all: &[Vector]) {
    let first = all.first().expect("a message");
    let mut object = T::decode(&first.bytes).expect("a valid message");
    for vector in all.iter().chain(all.iter().rev()) {
        object
            .decode_into(&vector.bytes)
            .unwrap_or_else(|e| panic!("{}: {e}", vector.name));
        fits(object.same(readback(&vector.json)), &vector.name);
    }
}

#[test]
#[cfg_attr(miri, ignore = "reads files")]
fn objects_are_reused() {
    let mut all = vectors("ok");
    all.retain(|vector| !vector.name.ends_with("_overlimit"));
    let same_root = |a: &Vector, b: &Vector| a.root() == b.root();
    for group in all.chunk_by(same_root) {
        let (schema, root) = group[0].root();
        dispatch!(schema, root, reuses(group));
    }
}
