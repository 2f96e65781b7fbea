use std::collections::HashSet;

use super::*;
use crate::testing::*;

/// The fingerprint of `Monsters` after a change of the first place with this text.
fn changed(from: &str, to: &str) -> Fingerprint {
    let section = rehashed(&game_section(), |line| line.replace(from, to));
    of(&section)
}

fn of(section: &[u8]) -> Fingerprint {
    let schema = Schema::from_section(section).expect("a good section");
    schema.fingerprint(schema.find("Monsters").expect("a type"))
}

#[test]
fn both_ways_give_the_same_fingerprint() {
    let built = Schema::from_types("game", &[COLOR, MONSTERS]);
    let read = Schema::from_section(&game_section()).expect("a good section");
    for def in built.types() {
        let [a, b] = [&built, &read].map(|schema| schema.find(&def.name).expect("a type"));
        assert_eq!(built.fingerprint(a), read.fingerprint(b), "{}", def.name);
    }
    let all: HashSet<_> = built.ids().map(|id| built.fingerprint(id)).collect();
    assert_eq!(all.len(), built.types().len(), "different types differ");
}

#[test]
fn recursive_types_have_one() {
    let zoo = Schema::from_section(&zoo_section()).expect("a good section");
    let built = Schema::from_types("zoo", &[NODE]);
    let [a, b] =
        [&zoo, &built].map(|schema| schema.fingerprint(schema.find("Node").expect("a type")));
    assert_eq!(a, b);
}

#[test]
fn every_change_of_bytes_changes_it() {
    let changes = [
        ("Mana:i16", "Mana:u16"),
        ("Mana:", "Mojo:"),
        ("<2000 ", "<1999 "),
        ("<512", ""),
        ("Green=1", "Green=3"),
        ("Green=1 Blue=2", "Blue=1 Green=2"),
        ("Aliens=4", "Aliens=4 Cats=5"),
        ("test::Team Team u8", "test::Team Team i8"),
        ("Name:text", "Name:[]u8"),
        ("Name:text", "Name:[]i8"),
        ("[5]f64", "[5]i64"),
        (
            "Weapons:[4]test::WeaponData",
            "Weapons:[4]?test::WeaponData",
        ),
        ("Status:[]i32", "Status:{i32,i32}"),
        ("Status:[]i32", "Status:{i32,?i16}"),
        ("WeaponData WeaponData", "WeaponData WeaponDatum"),
        (
            "WeaponData WeaponData table padded 24 8",
            "WeaponData WeaponData table c 20 4",
        ),
        ("X:f32@0+4 Y:f32@4+4", "Y:f32@0+4 X:f32@4+4"),
    ];
    let mut seen = HashSet::from([of(&game_section())]);
    for (from, to) in changes {
        assert!(seen.insert(changed(from, to)), "{from} to {to}");
    }
}

#[test]
fn what_does_not_change_bytes_does_not_change_it() {
    let plain = of(&game_section());
    assert_eq!(changed("test::", "other::place::"), plain, "paths");
    assert_eq!(
        changed(
            "Vec3 Vec3 inline padded 16 8 -",
            "Vec3 Vec3 inline padded 16 8 42"
        ),
        plain,
        "ids"
    );
    let text = String::from_utf8(game_section()).expect("text");
    let reversed: String = text.lines().rev().flat_map(|line| [line, "\n"]).collect();
    assert_eq!(of(reversed.as_bytes()), plain, "the order of lines");
}

/// Fingerprints of modules that exist must stay what they are.
#[test]
fn they_are_stable() {
    expect_test::expect!["ed7a7a911682bcf9"].assert_eq(&of(&game_section()).to_string());
}

/// The public compiler's ids of all structs without `@id`.
#[test]
fn ids_are_those_of_the_public_compiler() {
    let mut count = 0;
    for file in [
        "amplify", "evoone", "evotwo", "game", "gamepad", "inroot", "pscalar", "pslice",
    ] {
        let path = format!(
            "{}/tests/vectors/layout/{file}.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = std::fs::read_to_string(path).expect("a vector");
        let value = |line: &str, key: &str| {
            line.trim()
                .strip_prefix(key)
                .map(|rest| rest.trim_matches([' ', ':', '"', ',']).to_owned())
        };
        let mut name = String::new();
        for line in text.lines() {
            // The name of a struct stands before its id, and fields have none.
            if let Some(found) = value(line, "\"Name\"") {
                name = found;
            }
            if let Some(id) = value(line, "\"ID\"") {
                assert_eq!(upstream_id(&name, None).to_string(), id, "{file}: {name}");
                count += 1;
            }
        }
    }
    assert_eq!(count, 39);
}

#[test]
fn a_key_changes_the_id() {
    // BLAKE2b with a digest of 8 bytes, keyed by the BLAKE2b-256 of `secret`, by another implementation.
    assert_eq!(upstream_id("Vec3", Some("secret")), KEYED);
}

const KEYED: u64 = 222_982_470_219_196_187;
