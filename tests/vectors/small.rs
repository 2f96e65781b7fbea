//! Small messages, built into the test so that it needs no files: what Miri runs.
//!
//! ```text
//! cargo +nightly miri test --test vectors
//! ```

use crate::json::Message;
use crate::malformed::walks;
use crate::types::dispatch;

macro_rules! small {
    ($($schema:literal $root:literal $kind:literal,)*) => {
        &[$((
            $schema,
            $root,
            include_bytes!(concat!("data/", $kind, ".bin")).as_slice(),
        )),*]
    };
}

const VALID: &[(&str, &str, &[u8])] = small![
    "amplify" "AData" "ok/amplify/adata_rand1",
    "evotwo" "Doc" "ok/evotwo/doc_rand1",
    "evotwo" "Doc" "ok/evoone/doc_rand1",
    "evoone" "Doc" "ok/evotwo/doc_rand1",
    "game" "MonsterData" "ok/game/monsterdata_rand1",
    "inroot" "Flat" "ok/inroot/flat_rand1",
    "pscalar" "Mixed" "ok/pscalar/mixed_max",
    "pscalar" "Scalars" "malformed/pscalar/scalars_size20",
    "pslice" "Slices" "ok/pslice/slices_rand1",
    "pslice" "Slices" "malformed/pslice/slices_offUnaligned",
];

const BROKEN: &[(&str, &str, &[u8])] = small![
    "amplify" "AData" "malformed/amplify/adata_selfslice",
    "amplify" "AData" "malformed/amplify/adata_shared4",
    "game" "Monsters" "malformed/game/monsters_monstersOff0",
    "game" "Monsters" "malformed/game/monsters_trunc20",
    "game" "Monsters" "malformed/game/monsters_truncHalf",
    "pscalar" "Mixed" "malformed/pscalar/mixed_truncLast",
    "pscalar" "Scalars" "malformed/pscalar/scalars_badBoolEnum",
    "pscalar" "Scalars" "malformed/pscalar/scalars_empty",
    "pscalar" "Scalars" "malformed/pscalar/scalars_size0",
    "pscalar" "Scalars" "malformed/pscalar/scalars_size3",
    "pscalar" "Scalars" "malformed/pscalar/scalars_sizeMax",
    "pscalar" "Scalars" "malformed/pscalar/scalars_sizePlus8short",
    "pscalar" "Scalars" "malformed/pscalar/scalars_trunc3",
    "pscalar" "Scalars" "malformed/pscalar/scalars_trunc4",
    "pscalar" "Scalars" "malformed/pscalar/scalars_truncLast",
    "pslice" "Slices" "malformed/pslice/slices_limOver",
    "pslice" "Slices" "malformed/pslice/slices_off0",
    "pslice" "Slices" "malformed/pslice/slices_offAtEndSize1",
    "pslice" "Slices" "malformed/pslice/slices_offMaxSizeMax",
    "pslice" "Slices" "malformed/pslice/slices_sizeMax",
    "pslice" "Slices" "malformed/pslice/slices_sizeNotMultiple",
];

fn accepts<T: Message>(bytes: &[u8]) {
    let decoded = T::decode(bytes).expect("a valid message");
    let again = decoded.encode().expect("values within their limits");
    let mut reused = decoded;
    reused.decode_into(&again).expect("a message of ours");
    assert_eq!(reused.encode().as_ref(), Ok(&again));
    // Mutable views take their own way to the bytes.
    let mut bytes = bytes.to_vec();
    assert!(T::view_mut(&mut bytes).is_ok());
}

fn rejects<T: Message>(bytes: &[u8]) {
    assert!(T::decode(bytes).is_err());
    assert!(T::view(bytes).is_err());
    assert!(T::view_mut(&mut bytes.to_vec()).is_err());
}

#[test]
fn small_messages_read_and_write() {
    for (schema, root, bytes) in VALID {
        dispatch!(*schema, *root, accepts(bytes));
        dispatch!(*schema, *root, walks(bytes));
    }
}

#[test]
fn small_broken_messages_stay_inside() {
    for (schema, root, bytes) in BROKEN {
        dispatch!(*schema, *root, rejects(bytes));
        dispatch!(*schema, *root, walks(bytes));
    }
}
