use std::path::PathBuf;

use karmem_core::layout::{Placed, Rule};
use karmem_core::schema::{Enum, Field, Name, Named, Scalar, Struct, Type};

use super::*;
use crate::golden;
use crate::testing::*;

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(file)
}

fn problems(types: &[Type]) -> String {
    Schema::from_types("bad", types)
        .to_km()
        .expect_err("it has no spelling")
        .to_string()
}

/// The public project's own benchmark schema, padded: equal but for the names of what we generate.
#[test]
fn the_game_is_spelt_as_by_hand() {
    let hand = std::fs::read_to_string(path("vectors/schemas/gamepad.km")).expect("a vector");
    let ours = Schema::from_types("gamepad", &[COLOR, MONSTERS])
        .to_km()
        .expect("a spelling");
    let ours = ours
        .replace("WeaponDataRef", "Weapon")
        .replace("MonsterDataRef", "Monster")
        .replace("[<128]uint8", "[<128]byte");
    // In the vector, enums come in the order in which they are first used by hand.
    let sorted = |text: &str| {
        let mut parts: Vec<_> = text.trim().split("\n\n").map(str::to_owned).collect();
        parts[1..].sort();
        parts
    };
    assert_eq!(sorted(&ours), sorted(&hand));
    let structs = |text: &str| {
        text.find("struct Vec3")
            .map(|at| text[at..].trim().to_owned())
    };
    assert_eq!(
        structs(&ours),
        structs(&hand),
        "structs are in the same order"
    );
}

#[test]
fn every_composite_form_is_lowered() {
    let km = Schema::from_types("zoo", &[ZOO])
        .to_km()
        .expect("a spelling");
    golden::assert_km(&km, &path("expected/zoo.km"));
}

#[test]
fn what_is_printed_has_the_right_sizes() {
    for (name, ty) in [
        ("zoo", ZOO),
        ("game", MONSTERS),
        ("oldzoo", OLD_ZOO),
        ("mixed", MIXED),
    ] {
        let schema = Schema::from_types(name, &[ty]);
        let km = schema.to_km().expect("a spelling");
        let sizes = sizes(&km);
        for def in schema.types() {
            let expected = match &def.data {
                crate::Data::Struct(it) => it.layout.size,
                crate::Data::Union(it) => it.spread.expect("a spread union").layout.size,
                crate::Data::Enum(_) => continue,
            };
            assert_eq!(sizes[&def.name], expected, "{}: {km}", def.name);
        }
    }
}

/// Sizes of all structs by the rules of the public compiler: no alignment, packed or legacy.
fn sizes(km: &str) -> std::collections::HashMap<String, u32> {
    let mut sizes = std::collections::HashMap::new();
    let mut tables = std::collections::HashSet::new();
    for (name, size) in [
        ("bool", 1),
        ("byte", 1),
        ("char", 1),
        ("uint8", 1),
        ("int8", 1),
        ("uint16", 2),
        ("int16", 2),
        ("uint32", 4),
        ("int32", 4),
        ("float32", 4),
        ("uint64", 8),
        ("int64", 8),
        ("float64", 8),
    ] {
        sizes.insert(name.to_owned(), size);
    }
    let mut blocks = km.split("\n\n");
    let header = blocks.next().expect("a header").contains("@packed(true)");
    for block in blocks {
        let mut lines = block.lines();
        let head: Vec<_> = lines.next().expect("a first line").split(' ').collect();
        if head[0] == "enum" {
            sizes.insert(head[1].to_owned(), sizes[head[2]]);
            continue;
        }
        let packed = header || head.contains(&"@packed(true)");
        let table = head[2] == "table";
        let mut size = if table { 4 } else { 0 };
        for line in lines.take_while(|line| *line != "}") {
            let (_, ty) = line
                .trim()
                .trim_end_matches(';')
                .split_once(' ')
                .expect("a name and a type");
            size += match ty.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                None if tables.contains(ty) => 4,
                None => *sizes
                    .get(ty)
                    .unwrap_or_else(|| panic!("{ty} is used before its declaration")),
                Some((count, element)) => {
                    assert!(!tables.contains(element), "a slice or array of tables");
                    assert!(
                        sizes.contains_key(element),
                        "{element} is used before its declaration"
                    );
                    match count.parse::<u32>() {
                        Ok(count) => count * sizes[element],
                        Err(_) if packed => 8,
                        Err(_) => 12,
                    }
                }
            };
        }
        if !packed && !table {
            size += 8 - size % 8;
        }
        if table {
            tables.insert(head[1].to_owned());
        }
        assert!(
            sizes.insert(head[1].to_owned(), size).is_none(),
            "{} is declared twice",
            head[1]
        );
    }
    sizes
}

structure!(TINY_STRUCT TINY, "Tiny", Inline Legacy, None, [scalar("A", Scalar::U8)]);
structure!(OLD_STRUCT OLD, "Old", Table Legacy, Some(5), [
    plain("Name", Type::Text, 12, 8),
    plain("Tiny", TINY, 8, 1),
    flagged(scalar_option("Count", &Type::Scalar(Scalar::U32), 4)),
]);
structure!(OLD_ZOO_STRUCT OLD_ZOO, "OldZoo", Table Legacy, None, [
    plain("Best", OLD, 4, 8),
    plain("Olds", Type::Slice(&OLD), 12, 8),
    plain("Pair", Type::Array(&OLD, 2), 16, 8),
    plain("Texts", Type::Array(&Type::Text, 3), 48, 8),
    plain("Teams", Type::Array(&TEAM, 5), 5, 1),
    plain("Grid", Type::Array(&Type::Array(&Type::Scalar(Scalar::U16), 3), 2), 12, 2),
    plain("Holes", Type::Array(&Type::Option(&Type::Scalar(Scalar::U32)), 2), 10, 4),
    plain("Map", Type::Map(&Type::Text, &OLD), 12, 8),
]);
structure!(TIGHT_STRUCT TIGHT, "Tight", Table Packed, None, [
    scalar("A", Scalar::U8),
    plain("Old", OLD, 4, 8),
    plain("Olds", Type::Array(&OLD, 2), 8, 8),
    slot("Texts", Type::Slice(&Type::Text)),
]);
structure!(MIXED_STRUCT MIXED, "Mixed", Table Padded, None, [
    scalar("A", Scalar::U8),
    slot("Tight", TIGHT),
    plain("Tiny", TINY, 8, 1),
    slot("Olds", Type::Slice(&OLD)),
    plain("Dot", PIXEL, 3, 1),
]);

const fn scalar_option(name: &'static str, inner: &'static Type, size: u32) -> Plan {
    plain(name, Type::Option(inner), size, size)
}

#[test]
fn legacy_and_packed_stand_side_by_side() {
    let km = Schema::from_types("mixed", &[MIXED])
        .to_km()
        .expect("a spelling");
    golden::assert_km(&km, &path("expected/mixed.km"));
}

// Names that collide with what is generated.
structure!(REF_STRUCT REF, "WeaponDataRef", Inline Padded, None, [scalar("A", Scalar::U8)]);
structure!(CLASH_STRUCT CLASH, "Clash", Table Padded, None, [
    scalar("Pad0", Scalar::U8),
    scalar("Pad2", Scalar::U64),
    scalar("HasAge", Scalar::U8),
    flagged(scalar_option("Age", &Type::Scalar(Scalar::U32), 4)),
    plain("Ref", REF, 8, 8),
    slot("Weapons", Type::Slice(&WEAPON)),
    slot("Spares", Type::Slice(&Type::Option(&WEAPON))),
]);

#[test]
fn generated_names_give_way() {
    let km = Schema::from_types("clash", &[CLASH])
        .to_km()
        .expect("a spelling");
    let block = |name: &str| {
        let start = km.find(&format!("struct {name} ")).expect("a struct");
        km[start..]
            .split("\n\n")
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    assert_eq!(
        block("WeaponDataRef1"),
        "struct WeaponDataRef1 inline {\n    Data WeaponData;\n    Pad0 [4]byte;\n}"
    );
    assert_eq!(
        block("Clash"),
        "struct Clash table {\n    Pad0 uint8;\n    Pad1 [3]byte;\n    Pad2 uint64;\n    HasAge uint8;\n    \
         HasAge1 bool;\n    Pad3 [2]byte;\n    Age uint32;\n    Ref WeaponDataRef;\n    \
         Weapons []WeaponDataRef1;\n    Spares []WeaponDataRef1;\n}"
    );
}

enumeration!(GAPS_ENUM GAPS, "Gaps", U16, ["Zero" = 0, "One" = 1, "Mid" = 300, "Three" = 3]);
structure!(GAP_STRUCT GAP, "Gap", Inline Packed, None, [plain("G", GAPS, 2, 2)]);

#[test]
fn values_are_spelt_from_the_first_gap_on() {
    let km = Schema::from_types("gaps", &[GAP])
        .to_km()
        .expect("a spelling");
    assert_eq!(
        km,
        "karmem gaps @packed(true);\n\nenum Gaps uint16 {\n    Zero;\n    One;\n    Mid = 300;\n    Three = 3;\n}\n\n\
         struct Gap inline {\n    G Gaps;\n}\n"
    );
}

enumeration!(BELOW_ENUM BELOW, "Below2", I8, ["Zero" = 1, "Minus" = -1]);
structure!(BAD_STRUCT BAD, "bad", Table Legacy, Some(9), [
    scalar("Snake_Case", Scalar::U8),
    plain("Below", BELOW, 1, 1),
]);
structure!(SAME_STRUCT SAME, "Same", Inline Padded, Some(9), [
    plain("None", Type::Array(&Type::Scalar(Scalar::U8), 0), 0, 1),
    scalar("A", Scalar::U8),
    scalar("A", Scalar::U8),
]);
static SAME_OTHER: Struct = Struct {
    name: Name {
        km: "Same",
        path: "other::Same",
    },
    ..copy(&VEC3_STRUCT)
};
const OTHER: Type = Type::Struct(Named {
    name: SAME_OTHER.name,
    get: || &SAME_OTHER,
});
structure!(ID_STRUCT ID, "Id", Inline Padded, Some(10_268_726_485_798_425_099), [plain("V", VEC3, 16, 8)]);

const fn copy(it: &Struct) -> Struct {
    Struct {
        name: it.name,
        class: it.class,
        rule: it.rule,
        layout: it.layout,
        id: it.id,
        fields: it.fields,
    }
}

#[test]
fn problems_say_where_and_what_to_do() {
    expect_test::expect![[r#"
        the schema has no spelling in a .km of the public compiler
          Below2: the name of an enum is an uppercase letter, then letters only: choose another by `#[karmem(rename = "…")]`
          bad: a name is an uppercase letter, then letters and digits: choose another by `#[karmem(rename = "…")]`
          Same: `test::Same` and `other::Same` have this name: rename one by `#[karmem(rename = "…")]`
          Below2.Minus: the value -1 is negative, which the public compiler does not take: use values from 0
          Below2: no enumerator has the value 0: add one
          bad.Snake_Case: a name is an uppercase letter, then letters and digits: choose another by `#[karmem(rename = "…")]`
          bad: a legacy table of 6 bytes cannot be read by the public code: it needs at least 8
          Same.A: this name stands there twice: rename one by `#[karmem(rename = "…")]`
          Same.None: the public compiler cannot take an array of 0 elements: use a `Vec` with `#[karmem(max = …)]`"#]].assert_eq(&problems(&[BAD, SAME, OTHER]));
    expect_test::expect![[r#"
        the schema has no spelling in a .km of the public compiler
          Id: it has the id 10268726485798425099 of `Vec3`: give one of them another by `#[karmem(id = …)]`"#]].assert_eq(&problems(&[ID]));
    expect_test::expect![[r#"
        the schema has no spelling in a .km of the public compiler
          Node.Next: this leads back to `Node`, and the public compiler knows no recursive types: refer to it by an index or key
          Node.Children: this leads back to `Node`, and the public compiler knows no recursive types: refer to it by an index or key
          Either: an enum with data in one slot is unknown to the public compiler: mark it `#[karmem(spread)]`"#]].assert_eq(&problems(&[NODE, EITHER]));
    let section = Schema::from_section(&game_section()).expect("a good section");
    expect_test::expect![[r#"
        the schema has no spelling in a .km of the public compiler
          schema: it has no name, which becomes the package: give it one by `with_name`"#]]
    .assert_eq(&section.to_km().expect_err("no name").to_string());
    expect_test::expect![[r#"
        the schema has no spelling in a .km of the public compiler
          game2: a package name consists of the letters a to z and A to Z: name the schema so"#]]
    .assert_eq(
        &section
            .with_name("game2")
            .to_km()
            .expect_err("a bad name")
            .to_string(),
    );
}
