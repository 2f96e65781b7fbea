use proptest::prelude::*;

use super::limits::MAX_METHODS;
use super::*;
use crate::testing::*;

/// The error of the game's section after a change of one text.
fn fault(from: &str, to: &str) -> String {
    let section = rehashed(&game_section(), |line| line.replace(from, to));
    match Schema::from_section(&section) {
        Ok(_) => panic!("`{to}` is accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn both_ways_give_the_same_types() {
    let mut built = Schema::from_types("game", &[COLOR, MONSTERS]);
    let mut read = Schema::from_section(&game_section()).expect("a good section");
    let sorted = |schema: &Schema| {
        let mut paths: Vec<_> = schema.types().iter().map(|def| def.path.clone()).collect();
        paths.sort();
        paths
    };
    assert_eq!(sorted(&built), sorted(&read));
    // The order of types follows the roots, so it is the same for the same roots.
    let roots: Vec<_> = [
        "test::Color",
        "test::MonsterData",
        "test::Monsters",
        "test::Team",
        "test::Vec3",
        "test::WeaponData",
    ]
    .map(|path| Type::Named(read.by_path(path).expect("a type")))
    .to_vec();
    assert_eq!(read.roots(), roots);
    built = Schema::from_types("game", &[COLOR, MONSTER, MONSTERS, TEAM, VEC3, WEAPON]);
    read = read.with_name("game");
    assert_eq!(built, read);
    let zoo = Schema::from_section(&zoo_section())
        .expect("a good section")
        .with_name("zoo");
    assert_eq!(Schema::from_types("zoo", zoo_roots()), zoo);
}

#[test]
fn dependencies_come_first() {
    let schema = Schema::from_types("game", &[MONSTERS]);
    let names: Vec<_> = schema.types().iter().map(|def| def.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Vec3",
            "Team",
            "Color",
            "WeaponData",
            "MonsterData",
            "Monsters"
        ]
    );
    assert_eq!(schema.find("Vec3"), Ok(TypeId(0)));
    let missing = schema.find("Vec4").expect_err("no such type").to_string();
    assert!(
        missing.starts_with("there is no type `Vec4`; there are `Vec3`, `Team`"),
        "{missing}"
    );
}

#[test]
fn two_types_of_one_name_are_kept_by_path() {
    let other = rehashed(&game_section(), |line| line.replace("test::", "other::"));
    let schema = Schema::from_section(&[game_section(), other].concat()).expect("a good section");
    assert_eq!(schema.types().len(), 12);
    assert!(schema.by_path("other::Vec3").is_some());
    assert_eq!(
        schema.find("test::Vec3"),
        Ok(schema.by_path("test::Vec3").expect("a type"))
    );
    let error = schema.find("Vec3").expect_err("two types").to_string();
    assert_eq!(
        error,
        "`Vec3` is the name of several types: use one of the paths `other::Vec3`, `test::Vec3`"
    );
}

#[test]
fn equal_lines_are_one_type() {
    let section = [game_section(), game_section()].concat();
    assert_eq!(
        Schema::from_section(&section),
        Schema::from_section(&game_section())
    );
}

#[test]
fn an_empty_section_has_no_types() {
    assert_eq!(
        Schema::from_section(b"")
            .expect("nothing is wrong")
            .types()
            .len(),
        0
    );
}

#[test]
fn damaged_sections_say_what_is_wrong() {
    let good = game_section();
    let error = |bytes: &[u8]| {
        Schema::from_section(bytes)
            .expect_err("a bad section")
            .to_string()
    };
    assert_eq!(
        error(&good[..good.len() - 1]),
        "section `karmem`, line 6: the line does not end: the section is cut off"
    );
    assert_eq!(
        error(&[&good[..], b"karmem2 struct\n"].concat()),
        "section `karmem`, line 7: it begins with `karmem2`, and only `karmem1` can be read: use a karmem that knows it"
    );
    assert!(error(&[b"\n", &good[..]].concat()).contains("line 1: it begins with ``"));
    assert!(error(&[&good[..], b"\0\0"].concat()).contains("line 7: it begins with `\\0\\0`"));
    assert!(error(b"karmem1 \xff\n").contains("line 1: this is not UTF-8 text"));
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    assert!(
        error(&flipped).contains("line 1: the line is damaged: its hash is "),
        "{}",
        error(&flipped)
    );
    let changed = rehashed(&good, |line| line.replace("Red=0", "Rot=0"));
    assert_eq!(
        error(&[good.clone(), changed].concat()),
        "section `karmem`, line 11: `test::Color` is described differently in line 5: build the module from one version of it"
    );
    assert!(error(&vec![b'a'; MAX_BYTES + 1]).contains("is the most that is read"));
}

#[test]
fn lies_name_the_field() {
    let prefix = "section `karmem`, line 2: ";
    let layout = |from, to| {
        let text = fault(from, to);
        text.strip_prefix(prefix).unwrap_or(&text).to_owned()
    };
    assert_eq!(
        layout("i16@24+2", "i16@20+2"),
        "`MonsterData.Mana` claims the offset 20, and the layout gives 24"
    );
    assert_eq!(
        layout("@8+16", "@8+12"),
        "`MonsterData.Pos` claims the size 12, and the layout gives 16"
    );
    assert_eq!(
        layout("padded 160 8", "padded 152 8"),
        "`MonsterData` claims the size 152, and the layout gives 160"
    );
    assert_eq!(
        layout("padded 160 8", "padded 160 4"),
        "`MonsterData` claims the alignment 4, and the layout gives 8"
    );
    assert_eq!(
        layout("i16@24+2", "i16@24+2?23"),
        "`MonsterData.Mana` has a presence byte that it does not need"
    );
    assert_eq!(
        layout("i16@24+2", "i16@24+2<9"),
        "`MonsterData.Mana` has a limit, but is no slice, map or text"
    );
    assert_eq!(
        layout("Mana:", "Pos:"),
        "`MonsterData.Pos` stands there twice"
    );
    assert_eq!(
        layout("Pos:test::Vec3", "Pos:test::Vec4"),
        "`test::MonsterData` refers to `test::Vec4`, which no line describes"
    );
    // The claims of an inner type are believed by the outer one, but not by its own line.
    assert_eq!(
        fault("inline padded 16 8", "inline padded 24 8"),
        "section `karmem`, line 2: `MonsterData.Pos` claims the size 16, and the layout gives 24"
    );
}

#[test]
fn impossible_types_are_refused() {
    let cases = [
        (
            "Red=0",
            "Red=3",
            "`Color` has no zero, which is the default",
        ),
        (
            "Green=1",
            "Green=0",
            "`Color.Green` has the value of another one",
        ),
        (
            "Green=1",
            "Green=256",
            "`Color.Green` has the value 256, which `u8` cannot hold",
        ),
        (
            "Green=1",
            "Green=-1",
            "`Color.Green` has the value -1, which `u8` cannot hold",
        ),
        (
            "Color Color u8",
            "Color Color f32",
            "`Color` is carried by `f32`, which is no integer",
        ),
        (
            "Name:text",
            "Name:??text",
            "`MonsterData.Name` is an optional value of an optional value",
        ),
        (
            "Name:text",
            "Name:{f32,text}",
            "`MonsterData.Name` is a map whose key is neither an integer, bool, char nor text",
        ),
        (
            "[5]f64",
            "[4294967295]f64",
            "`MonsterData.Hitbox` takes more than 4 GiB",
        ),
        (
            "Hitbox:[5]f64",
            "Hitbox:[][0]f64",
            "`MonsterData.Hitbox` is a slice whose elements have no size",
        ),
        (
            "X:f32@0+4",
            "X:test::Vec3@0+4",
            "`Vec3.X` claims the size 4, and the layout gives 16",
        ),
        (
            "MonsterData table",
            "Monster-Data table",
            "expected a name, found `Monster-Data`",
        ),
        (
            "table padded",
            "table dense",
            "expected `padded`, `c`, `packed` or `legacy`, found `dense`",
        ),
        (
            "padded 160",
            "padded 0160",
            "expected a size in bytes, found `0160`",
        ),
        (
            "padded 160",
            "padded  160",
            "expected a size in bytes, found ``",
        ),
        (
            "@24+2",
            "@+24+2",
            "expected a field like `Name:type@offset+size`, found `Mana:i16@+24+2`",
        ),
        (
            "enum test::Team",
            "enums test::Team",
            "expected `struct`, `enum`, `union` or `interface`, found `enums`",
        ),
        (
            "enum test::Team",
            "enum text",
            "expected the path of a type, found `text`",
        ),
    ];
    for (from, to, expected) in cases {
        let text = fault(from, to);
        assert!(text.ends_with(expected), "{to}: {text}");
    }
    let deep = format!("Name:{}u8", "[]".repeat(MAX_NESTING + 2));
    assert!(
        fault("Name:text", &deep)
            .ends_with("the type of `MonsterData.Name` is nested deeper than 32")
    );
}

#[test]
fn a_struct_in_itself_is_refused() {
    // Each size is right if one believes the other.
    let text = "karmem1 struct a::A A inline packed 4 1 - B:a::B@0+4\nkarmem1 struct a::B B inline packed 4 1 - A:a::A@0+4\n";
    let section: String = text
        .lines()
        .map(|line| format!("{line} #{:016x}\n", fnv1a(line.as_bytes())))
        .collect();
    let error = Schema::from_section(section.as_bytes())
        .expect_err("endless")
        .to_string();
    assert!(
        error.ends_with("contains itself in place, which has no size"),
        "{error}"
    );
}

#[test]
fn a_union_refers_to_tables() {
    let section = rehashed(&zoo_section(), |line| {
        line.replace("Circle=1:test::Circle", "Circle=1:test::Pixel")
    });
    let error = Schema::from_section(&section)
        .expect_err("no table")
        .to_string();
    assert!(
        error.ends_with("Circle` refers to `test::Pixel`, which is no table"),
        "{error}"
    );
    let section = rehashed(&zoo_section(), |line| {
        line.replace("test::Circle@8", "test::Circle@12")
    });
    let error = Schema::from_section(&section)
        .expect_err("a lie")
        .to_string();
    assert!(
        error.ends_with("`Shape.Circle` claims the offset 12, and the layout gives 8"),
        "{error}"
    );
}

#[test]
fn long_chains_cost_no_stack() {
    let count = MAX_TYPES;
    let line = |i: usize| {
        let body = format!(
            "karmem1 struct c::T{i} T{i} table packed 8 1 - Next:c::T{}@4+4",
            (i + 1) % count
        );
        format!("{body} #{:016x}\n", fnv1a(body.as_bytes()))
    };
    let section: String = (0..count).map(line).collect();
    let schema = Schema::from_section(section.as_bytes()).expect("a good section");
    assert_eq!(schema.types().len(), count);
    let id = schema.find("T0").expect("a type");
    let other = Schema::from_section(section.as_bytes()).expect("a good section");
    assert_eq!(schema.fingerprint(id), other.fingerprint(id));
    let side = |schema| crate::Side {
        label: "a",
        schema,
        ty: id,
    };
    assert_eq!(crate::differences(side(&schema), side(&other), 1), []);
    assert!(schema.with_name("chain").to_km().is_err(), "a circle");
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Schema::from_section(&bytes);
    }

    #[test]
    fn mutations_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut section = zoo_section();
        for (at, byte) in &changes {
            let i = at.index(section.len());
            section[i] = *byte;
        }
        prop_assert!(Schema::from_section(&section[..cut.index(section.len())]).is_err() || cut.index(section.len()) == 0 || section.starts_with(b"karmem1"));
        let _ = Schema::from_section(&section);
    }

    // Hashes that are right, so that the parser behind them is reached.
    #[test]
    fn rehashed_mutations_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[ -~]|[0-9]|[@:+<>?,{}\\[\\]=]|test::(Zoo|Node|Shape|Circle)"), 1..4),
    ) {
        let section = rehashed(&zoo_section(), |line| {
            let mut line = line.to_owned();
            for (at, text) in &changes {
                let i = 8 + at.index(line.len() - 8);
                line.replace_range(i..=i, text);
            }
            line
        });
        if let Ok(schema) = Schema::from_section(&section) {
            for id in schema.ids() {
                let _ = schema.fingerprint(id);
            }
            let _ = schema.with_name("zoo").to_km();
        }
    }
}

/// What a section of these lines is refused for.
fn refused(lines: impl IntoIterator<Item = String>) -> SectionFault {
    let section = hashed(lines);
    assert!(section.len() <= MAX_BYTES);
    Schema::from_section(&section).expect_err("too much").fault
}

#[test]
fn a_section_has_limits() {
    let types = |n: usize| (0..n).map(|i| format!("karmem1 enum p::E{i} E{i} u8 A=0"));
    let read = |lines: Vec<String>| Schema::from_section(&hashed(lines)).map(|_| ());
    let too_many = |what, most| SectionFault::TooMany { what, most };
    assert_eq!(read(types(MAX_TYPES).collect()), Ok(()));
    let fault = refused(types(MAX_TYPES + 1));
    assert_eq!(fault, too_many("types and interfaces", MAX_TYPES));
    assert_eq!(
        fault.to_string(),
        "the section has more than 16384 types and interfaces: split the module"
    );

    // Members of all types count together.
    let values = |of: usize, n: usize| {
        let values = (0..n).map(|i| format!(" V{i}={i}")).collect::<String>();
        format!("karmem1 enum p::E{of} E{of} u32{values}")
    };
    let half = MAX_MEMBERS / 2;
    assert_eq!(read(vec![values(0, half), values(1, half)]), Ok(()));
    assert_eq!(
        refused([values(0, half), values(1, half + 1)]),
        too_many("fields, variants and parameters", MAX_MEMBERS)
    );
    let methods = |of: usize, n: usize| {
        let methods = (0..n).map(|i| format!(" f{i}{{}}")).collect::<String>();
        format!("karmem1 interface p/i{of}@1{methods}")
    };
    let half = MAX_METHODS / 2;
    assert_eq!(read(vec![methods(0, half), methods(1, half)]), Ok(()));
    assert_eq!(
        refused([methods(0, half), methods(1, half + 1)]),
        too_many("methods", MAX_METHODS)
    );

    let name = |len: usize| "N".repeat(len);
    let named = |name: String| {
        [
            format!("karmem1 enum p::{} E u8 A=0", &name[3..]),
            format!("karmem1 enum p::E {name} u8 A=0"),
            format!("karmem1 enum p::E E u8 {name}=0"),
            format!("karmem1 struct p::S S table padded 16 8 - {name}:u64@8+8"),
            format!("karmem1 interface p/i@1 {name}{{}}"),
            format!("karmem1 interface p/i@1 f{{{name}:u8}}"),
            format!("karmem1 interface p/{}@1 f{{}}", &name[4..]),
        ]
    };
    for line in named(name(MAX_NAME)) {
        assert_eq!(read(vec![line]), Ok(()));
    }
    for line in named(name(MAX_NAME + 1)) {
        let fault = refused([line.clone()]);
        assert!(
            matches!(fault, SectionFault::LongName { bytes, .. } if bytes == MAX_NAME + 1),
            "{fault} for {line}"
        );
        assert!(fault.to_string().len() < 200);
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| {
        let ty = "[]".repeat(depth);
        format!("karmem1 struct p::S S table padded 16 8 - A:{ty}u8@8+8")
    };
    assert!(Schema::from_section(&hashed([nested(MAX_NESTING)])).is_ok());
    assert_eq!(
        refused([nested(MAX_NESTING + 1)]),
        SectionFault::Nesting {
            field: "S.A".to_owned()
        }
    );
}
