use super::*;
use crate::testing::*;

fn all(left: &[u8], right: &[u8], name: &str, limit: usize) -> Vec<String> {
    let [left, right] =
        [left, right].map(|section| Schema::from_section(section).expect("a good section"));
    let (host, guest) = ("host", "guest");
    let ids = [&left, &right].map(|schema| schema.find(name).expect("a type"));
    let found = differences(
        Side {
            label: host,
            schema: &left,
            ty: ids[0],
        },
        Side {
            label: guest,
            schema: &right,
            ty: ids[1],
        },
        limit,
    );
    // The other way round finds as much, and fingerprints agree with it.
    let back = differences(
        Side {
            label: guest,
            schema: &right,
            ty: ids[1],
        },
        Side {
            label: host,
            schema: &left,
            ty: ids[0],
        },
        limit,
    );
    assert_eq!(found.len(), back.len());
    assert_eq!(
        found.is_empty(),
        left.fingerprint(ids[0]) == right.fingerprint(ids[1])
    );
    found.iter().map(ToString::to_string).collect()
}

fn changed(from: &str, to: &str) -> Vec<String> {
    let game = game_section();
    let other = rehashed(&game, |line| line.replace(from, to));
    assert_ne!(game, other, "nothing to replace");
    all(&game, &other, "Monsters", 10)
}

#[test]
fn equal_types_have_none() {
    assert_eq!(
        all(&game_section(), &game_section(), "Monsters", 10),
        [""; 0]
    );
    assert_eq!(all(&zoo_section(), &zoo_section(), "Node", 10), [""; 0]);
    assert_eq!(all(&zoo_section(), &zoo_section(), "Zoo", 10), [""; 0]);
    assert_eq!(changed("test::", "other::"), [""; 0]);
}

#[test]
fn differences_name_path_and_cause() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "X:f32",
            "X:u32",
            &["Monsters.Monsters[].Pos.X: `f32` in host, `u32` in guest"],
        ),
        (
            "<512",
            "<511",
            &["Monsters.Monsters[].Name: limit 512 in host, 511 in guest"],
        ),
        (
            "<512",
            "",
            &["Monsters.Monsters[].Name: limit 512 in host, none in guest"],
        ),
        (
            "Mana:",
            "Mojo:",
            &["Monsters.Monsters[].Mana: named `Mana` in host, `Mojo` in guest"],
        ),
        (
            "Green=1",
            "Green=3",
            &["Monsters.Monsters[].Color.Green: value 1 in host, 3 in guest"],
        ),
        (
            "Aliens=4",
            "Aliens=4 Cats=5",
            &["Monsters.Monsters[].Team.Cats: only in guest, missing in host"],
        ),
        (
            " Aliens=4",
            "",
            &["Monsters.Monsters[].Team.Aliens: only in host, missing in guest"],
        ),
        (
            "Team u8",
            "Team i8",
            &["Monsters.Monsters[].Team: u8 in host, i8 in guest"],
        ),
        (
            "Name:text",
            "Name:[]u8",
            &["Monsters.Monsters[].Name: text in host, a slice in guest"],
        ),
        (
            "WeaponData WeaponData table padded 24 8",
            "WeaponData WeaponData table c 20 4",
            &["Monsters.Monsters[].Weapons[]: size 24 in host, 20 in guest"],
        ),
        (
            "Vec3 Vec3 ",
            "Vec3 Point ",
            &[
                "Monsters.Monsters[].Pos: inline struct `Vec3` in host, inline struct `Point` in guest",
            ],
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(changed(from, to), *expected, "{from} to {to}");
    }
}

#[test]
fn an_inner_difference_comes_before_what_moves_because_of_it() {
    let game = game_section();
    let other = rehashed(&game, |line| {
        let line = line.replace(
            "Vec3 inline padded 16 8 - X:f32@0+4 Y:f32@4+4 Z:f32@8+4",
            "Vec3 inline packed 13 1 - W:u8@0+1 X:f32@1+4 Y:f32@5+4 Z:f32@9+4",
        );
        line.replace("@8+16", "@5+13")
            .replace(
                "table padded 160 8 - Pos:test::Vec3@5+13",
                "table c 160 8 - Pos:test::Vec3@4+13",
            )
            .replace(
                "Mana:i16@24+2 Health:i16@26+2",
                "Mana:i16@18+2 Health:i16@20+2",
            )
            .replace("Name:text@32", "Name:text@24")
            .replace("Team:test::Team@40", "Team:test::Team@32")
            .replace("Inventory:[]u8@48", "Inventory:[]u8@40")
            .replace("Color:test::Color@56", "Color:test::Color@48")
            .replace("Hitbox:[5]f64@64", "Hitbox:[5]f64@56")
            .replace("Status:[]i32@104", "Status:[]i32@96")
            .replace(
                "Weapons:[4]test::WeaponData@112",
                "Weapons:[4]test::WeaponData@104",
            )
            .replace("Path:[]test::Vec3@144", "Path:[]test::Vec3@136")
            .replace("IsAlive:bool@152", "IsAlive:bool@144")
            .replace("table c 160", "table c 152")
    });
    let found = all(&game, &other, "Monsters", 4);
    assert_eq!(
        found,
        [
            "Monsters.Monsters[].Pos.X: named `X` in host, `W` in guest",
            "Monsters.Monsters[].Pos: offset 8 in host, 4 in guest",
            "Monsters.Monsters[].Pos: size 16 in host, 13 in guest",
            "Monsters.Monsters[].Mana: offset 24 in host, 18 in guest",
        ]
    );
    assert!(
        all(&game, &other, "Monsters", 100).contains(
            &"Monsters.Monsters[].Path[]: element size 16 in host, 13 in guest".to_owned()
        )
    );
}

#[test]
fn composite_elements_are_compared() {
    let zoo = zoo_section();
    let changed = |from: &str, to: &str| {
        let other = rehashed(&zoo, |line| line.replace(from, to));
        assert_ne!(zoo, other, "nothing to replace");
        all(&zoo, &other, "Zoo", 10)
    };
    assert_eq!(
        changed("Holes:[]?f64", "Holes:[]?f32"),
        [
            "Zoo.Holes[]: `f64` in host, `f32` in guest",
            "Zoo.Holes[]: value at 8 in host, 4 in guest",
            "Zoo.Holes[]: element size 16 in host, 8 in guest",
        ]
    );
    assert_eq!(
        changed("{text,?u16}", "{text,u16}"),
        [
            "Zoo.Scores[value]: an optional value in host, `u16` in guest",
            "Zoo.Scores[value]: offset 10 in host, 8 in guest",
        ]
    );
    assert_eq!(
        changed("{u8,test::WeaponData}", "{u16,test::WeaponData}"),
        ["Zoo.ByTeam[][key]: `u8` in host, `u16` in guest"]
    );
    assert_eq!(
        changed(
            " BoxShape=7:test::BoxShape@16",
            " BoxShape=8:test::BoxShape@16"
        ),
        ["Zoo.Shape.BoxShape: value 7 in host, 8 in guest"]
    );
}

#[test]
fn an_unrolled_type_is_not_the_recursive_one() {
    let once = rehashed(&zoo_section(), str::to_owned);
    let node = String::from_utf8(zoo_section()).expect("text");
    let node = node
        .lines()
        .find(|line| line.contains(" Node table"))
        .expect("the node")
        .to_owned()
        + "\n";
    // A second `Node` that refers to the first, which refers to it.
    let second = rehashed(node.as_bytes(), |line| {
        line.replace("struct test::Node", "struct test::Other")
    });
    let first = rehashed(&once, |line| {
        if line.contains(" Node table") {
            line.replace("?test::Node", "?test::Other")
        } else {
            line.to_owned()
        }
    });
    let both = [first, second].concat();
    let left = Schema::from_section(&once).expect("a good section");
    let right = Schema::from_section(&both).expect("a good section");
    let a = left.by_path("test::Node").expect("a type");
    let b = right.by_path("test::Node").expect("a type");
    assert_ne!(left.fingerprint(a), right.fingerprint(b));
    let found = differences(
        Side {
            label: "host",
            schema: &left,
            ty: a,
        },
        Side {
            label: "guest",
            schema: &right,
            ty: b,
        },
        10,
    );
    assert!(
        found
            .iter()
            .any(|d| d.cause == Cause::Split("Node".to_owned())),
        "{found:?}"
    );
    assert!(
        found[0].to_string().starts_with("Node.Next: "),
        "{}",
        found[0]
    );
}
