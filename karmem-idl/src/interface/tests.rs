use super::*;
use crate::testing::*;
use crate::{InterfaceSide, Side, evolution, interface_differences, interface_evolution};

fn read(section: &[u8]) -> Schema {
    Schema::from_section(section).expect("a good section")
}

/// The error of the section after a change of one text.
fn fault(from: &str, to: &str) -> String {
    let before = physics_section();
    let section = rehashed(&before, |line| line.replace(from, to));
    assert_ne!(section, before, "nothing to replace");
    match Schema::from_section(&section) {
        Ok(_) => panic!("`{to}` is accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn both_ways_give_the_same_interface() {
    let built = Schema::from_interfaces("game", &[&PHYSICS]);
    let read = read(&physics_section());
    let [one] = built.interfaces() else {
        panic!("one interface")
    };
    let [other] = read.interfaces() else {
        panic!("one interface")
    };
    assert_eq!(one.to_string(), "game/rigid_physics@2");
    assert_eq!(one.title(), "RigidPhysics");
    assert_eq!(one.import_module(), "karmem:game/rigid_physics@2");
    assert_eq!(one.symbol("step"), "game_rigid_physics__step");
    let sides =
        [("built", &built, one), ("read", &read, other)].map(|(label, schema, interface)| {
            InterfaceSide {
                label,
                schema,
                interface,
            }
        });
    assert_eq!(interface_differences(sides[0], sides[1], 10), []);
    assert_eq!(
        built.interface_fingerprint(one),
        read.interface_fingerprint(other)
    );
    assert!(read.interface("game", "rigid_physics", 2).is_some());
    assert!(read.interface("game", "rigid_physics", 1).is_none());
    let (params, result) = other.method("step").expect("a method").signature(&read);
    assert_eq!(
        (params, result),
        (vec![Number::I64, Number::F32], Some(Number::I64))
    );
    let (params, result) = other.method("reset").expect("a method").signature(&read);
    assert_eq!((params, result), (vec![], None));
    let err = &other.method("find").expect("a method").err;
    assert_eq!(err.as_ref().map(|err| err.number(&read)), Some(Number::I32));
}

#[test]
fn damaged_lines_are_refused() {
    let cases = [
        (
            "game/rigid_physics@2",
            "game/rigid_physics",
            "line 1: expected an interface like",
        ),
        (
            "game/rigid_physics@2",
            "game@2",
            "expected an interface like",
        ),
        (
            "game/rigid_physics@2",
            "ga__me/x@2",
            "expected an interface like",
        ),
        (
            "game/rigid_physics@2",
            "game/rigid__physics@2",
            "expected an interface like",
        ),
        (
            "game/rigid_physics@2",
            "game/1x@2",
            "expected an interface like",
        ),
        ("physics@2", "physics@02", "expected an interface like"),
        (
            "physics@2",
            "physics@4294967296",
            "expected an interface like",
        ),
        ("reset{}", "re__set{}", "expected a method like"),
        ("reset{}", "reset", "expected a method like"),
        ("reset{}", "{}", "expected a method like"),
        ("reset{}", "reset{", "expected a parameter like"),
        (
            "reset{}",
            "reset{}x",
            "expected the end of the method, found `x`",
        ),
        (
            "reset{}",
            "reset{}?u8=u8",
            "expected the end of the method, found `=u8`",
        ),
        (
            "reset{}",
            "step{}",
            "`game/rigid_physics@2.step` stands there twice",
        ),
        (
            "dt:f32",
            "world:f32",
            "`game/rigid_physics@2.step` has two parameters `world`",
        ),
        (
            "dt:f32",
            "dt:f33",
            "refers to `f33`, which no line describes",
        ),
        (
            "dt:f32",
            "dt:text",
            "takes or gives what is neither a scalar, an enum nor a struct",
        ),
        (
            "dt:f32",
            "dt:[]f32",
            "takes or gives what is neither a scalar",
        ),
        (
            "dt:f32",
            "dt:view+f32",
            "takes or gives a view of what is no struct",
        ),
        (
            "dt:f32",
            "dt:shared+test::Team",
            "takes or gives a place in a region of what is no struct",
        ),
        (
            "dt:f32",
            "dt:look+f32",
            "refers to `look`, which no line describes",
        ),
        ("dt:f32", "dt:f32,", "expected a parameter like `name:type`"),
        ("dt:f32", "dt:f32;x:u8", "refers to `f32;x:u8`"),
        ("dt:f32", "dt", "expected a parameter like `name:type`"),
        (
            "=test::WeaponData",
            "=view+test::WeaponData",
            "gives back a view, which ends with the call",
        ),
        (
            "?test::Team",
            "?viewmut+test::MonsterData",
            "gives back a view",
        ),
        ("interface ", "interfaces ", "the path of a type"),
    ];
    for (from, to, expected) in cases {
        let error = fault(from, to);
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    }
    let nested = format!("dt:{}f32", "[]".repeat(40));
    assert!(fault("dt:f32", &nested).contains("is nested deeper than"));
    let all = " step{world:viewmut+test::Monsters,dt:f32}=test::WeaponData find{world:view+test::Monsters,near:test::Vec3,last:shared+test::MonsterData}=shared+test::MonsterData?test::Team reset{}";
    assert!(fault(all, "").contains("`game/rigid_physics@2` has no methods"));
}

#[test]
fn every_cut_and_flipped_bit_is_an_error() {
    let section = physics_section();
    let line = section
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line")
        + 1;
    for end in 1..line {
        assert!(
            Schema::from_section(&section[..end]).is_err(),
            "cut at {end}"
        );
    }
    for at in 0..line {
        for bit in 0..8 {
            let mut section = section.clone();
            section[at] ^= 1 << bit;
            assert!(Schema::from_section(&section).is_err(), "bit {bit} of {at}");
        }
    }
}

#[test]
fn the_same_line_twice_is_one_interface_and_another_is_a_conflict() {
    let section = physics_section();
    let twice = [section.clone(), section.clone()].concat();
    assert_eq!(read(&twice).interfaces().len(), 1);
    let other = rehashed(&section, |line| line.replace(" reset{}", ""));
    let error = Schema::from_section(&[section.clone(), other].concat()).expect_err("a conflict");
    assert!(
        error
            .to_string()
            .contains("`game/rigid_physics@2` is described differently in line 1"),
        "{error}"
    );
    let other = rehashed(&section, |line| {
        line.replace("rigid_physics@2", "rigid_physics@1")
    });
    let both = read(&[section, other].concat());
    let versions: Vec<_> = both.interfaces().iter().map(|it| it.version).collect();
    assert_eq!(versions, [1, 2]);
}

/// What differs after a change of one text, both ways, and whether it is an evolution.
fn changed(from: &str, to: &str) -> (Vec<String>, Result<Vec<String>, Vec<String>>) {
    let before = physics_section();
    let after = rehashed(&before, |line| line.replace(from, to));
    assert_ne!(before, after, "nothing to replace");
    let schemas = [read(&before), read(&after)];
    let side = |i: usize| InterfaceSide {
        label: ["game", "ai"][i],
        schema: &schemas[i],
        interface: &schemas[i].interfaces()[0],
    };
    let show = |found: Vec<crate::Difference>| found.iter().map(ToString::to_string).collect();
    let found = interface_differences(side(0), side(1), 10);
    assert_eq!(
        found.len(),
        interface_differences(side(1), side(0), 10).len()
    );
    let prints = [0, 1].map(|i| schemas[i].interface_fingerprint(side(i).interface));
    assert_eq!(found.is_empty(), prints[0] == prints[1]);
    let evolved = interface_evolution(side(0), side(1));
    if let Ok(evolution) = &evolved {
        assert_eq!(evolution.added, found);
        assert_eq!(evolution.is_same(), found.is_empty());
    }
    let evolved = evolved.map(|e| show(e.added)).map_err(show);
    (show(found), evolved)
}

#[test]
fn differences_name_the_path() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "rigid_physics@2",
            "rigid_physics@3",
            "RigidPhysics: version 2 in game, 3 in ai",
        ),
        (
            "game/rigid",
            "toy/rigid",
            "RigidPhysics: package `game` in game, package `toy` in ai",
        ),
        (
            " reset{}",
            "",
            "RigidPhysics.reset: only in game, missing in ai",
        ),
        (
            "dt:f32",
            "dt:f64",
            "RigidPhysics.step(dt): `f32` in game, `f64` in ai",
        ),
        (
            "dt:f32",
            "time:f32",
            "RigidPhysics.step(dt): named `dt` in game, `time` in ai",
        ),
        (
            ",dt:f32",
            "",
            "RigidPhysics.step(dt): only in game, missing in ai",
        ),
        (
            "reset{}",
            "reset{hard:bool}",
            "RigidPhysics.reset(hard): only in ai, missing in game",
        ),
        (
            "reset{}",
            "reset{}=u8",
            "RigidPhysics.reset(): nothing in game, a value in ai",
        ),
        (
            "reset{}",
            "reset{}?u8",
            "RigidPhysics.reset(): no `Result` in game, a `Result` in ai",
        ),
        (
            "viewmut+",
            "view+",
            "RigidPhysics.step(world): a view to change in game, a view in ai",
        ),
        (
            "?test::Team",
            "?u8",
            "RigidPhysics.find().Err: enum `Team` in game, `u8` in ai",
        ),
        (
            "=shared+test::MonsterData",
            "=test::MonsterData",
            "RigidPhysics.find().Ok: a place in a region in game, a value in ai",
        ),
        (
            "X:f32",
            "X:u32",
            "RigidPhysics.step(world).Monsters[].Pos.X: `f32` in game, `u32` in ai",
        ),
        (
            "Ammo:u16",
            "Ammo:i16",
            "RigidPhysics.step(world).Monsters[].Weapons[].Ammo: `u16` in game, `i16` in ai",
        ),
    ];
    for (from, to, expected) in cases {
        let (found, evolved) = changed(from, to);
        assert_eq!(found.first().map(String::as_str), Some(*expected));
        assert_eq!(evolved, Err(found), "{to}");
    }
    assert_eq!(changed("test::", "other::"), (vec![], Ok(vec![])));
}

#[test]
fn a_provider_may_have_more() {
    let more = "RigidPhysics.pause: only in ai, missing in game".to_owned();
    assert_eq!(
        changed(" reset{}", " reset{} pause{}"),
        (vec![more.clone()], Ok(vec![more]))
    );
}

#[test]
fn tables_may_have_more_fields_at_any_depth_on_both_sides() {
    let grown = "WeaponData table padded 32 8";
    let section = physics_section();
    let after = rehashed(&section, |line| {
        match line.contains("WeaponData WeaponData table padded 24 8") {
            true => line
                .replace("WeaponData table padded 24 8", grown)
                .replace("Range:i32@16+4", "Range:i32@16+4 Worn:u64@24+8"),
            false => line.to_owned(),
        }
    });
    assert_ne!(section, after);
    let schemas = [read(&section), read(&after)];
    for (left, right) in [(0, 1), (1, 0)] {
        let side = |i: usize| InterfaceSide {
            label: ["old", "new"][i],
            schema: &schemas[i],
            interface: &schemas[i].interfaces()[0],
        };
        assert_eq!(interface_differences(side(left), side(right), 10).len(), 1);
        let evolved = interface_evolution(side(left), side(right)).expect("an evolution");
        let [added] = evolved.added.as_slice() else {
            panic!("{evolved:?}")
        };
        assert_eq!(
            added.to_string(),
            "RigidPhysics.step(world).Monsters[].Weapons[].Worn: only in new, missing in old"
        );
        let ty = |i: usize| Side {
            label: ["old", "new"][i],
            schema: &schemas[i],
            ty: schemas[i].find("Monsters").expect("a type"),
        };
        let evolved = evolution(ty(left), ty(right)).expect("an evolution");
        assert_eq!(evolved.added[0].path, "Monsters.Monsters[].Weapons[].Worn");
        assert!(evolution(ty(left), ty(left)).expect("the same").is_same());
    }
}

#[test]
fn what_lies_in_place_may_not_grow() {
    // An enumerator, which old readers do not know.
    let (found, evolved) = changed("Aliens=4", "Aliens=4 Cats=5");
    assert_eq!(evolved, Err(found));
    // A field of an inline struct, which moves all others.
    let section = physics_section();
    let after = rehashed(&section, |line| {
        line.replace("Z:f32@8+4", "Z:f32@8+4 W:f32@12+4")
    });
    assert_ne!(section, after);
    let schemas = [read(&section), read(&after)];
    let side = |i: usize| Side {
        label: ["old", "new"][i],
        schema: &schemas[i],
        ty: schemas[i].find("Monsters").expect("a type"),
    };
    let found = evolution(side(0), side(1)).expect_err("another layout");
    assert_eq!(
        found[0].to_string(),
        "Monsters.Monsters[].Pos.W: only in new, missing in old"
    );
}
