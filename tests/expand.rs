//! The snapshots of expansions are real code: they compile without the derive, and write and read the
//! same bytes as the derived types.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::wrong_self_convention,
    reason = "inputs and expansions are as users have them"
)]

use karmem::Karmem;

/// The types of an input by the derive and by its checked-in expansion.
macro_rules! expansions {
    ($($name:ident)*) => {
        mod derived {
            $(pub mod $name { include!(concat!("expand/", stringify!($name), ".rs")); })*
        }
        mod expanded {
            $(pub mod $name { include!(concat!("expand/", stringify!($name), ".expanded.rs")); })*
        }
    };
}
expansions!(vec3 team monster shape spread tuples physics);

/// The same value of both.
macro_rules! same {
    ($module:ident, $root:ident, $value:expr) => {{
        let derived = {
            use derived::$module::*;
            $value
        };
        let expanded = {
            use expanded::$module::*;
            $value
        };
        let bytes = derived.encode().unwrap();
        assert_eq!(bytes, expanded.encode().unwrap());
        assert_eq!(expanded::$module::$root::decode(&bytes).unwrap(), expanded);
        let (one, other) = (
            derived::$module::$root::view(&bytes).unwrap(),
            expanded::$module::$root::view(&bytes).unwrap(),
        );
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        let (one, other) = (
            derived::$module::$root::LAYOUT,
            expanded::$module::$root::LAYOUT,
        );
        assert_eq!(
            (one.layout, one.id, one.class, one.rule),
            (other.layout, other.id, other.class, other.rule)
        );
        let fields = |all: &'static karmem::schema::Struct| {
            all.fields
                .iter()
                .map(|f| (f.name, f.at))
                .collect::<Vec<_>>()
        };
        assert_eq!(fields(one), fields(other));
    }};
}

#[test]
fn a_struct_of_fixed_fields() {
    same!(
        vec3,
        Vec3,
        Vec3 {
            x: 1.0,
            y: 2.0,
            z: 3.0
        }
    );
}

#[test]
fn an_enum_without_data() {
    use karmem::kind::ScalarValue;
    for (derived, expanded) in [
        (derived::team::Team::Humans, expanded::team::Team::Humans),
        (derived::team::Team::Orcs, expanded::team::Team::Orcs),
        (derived::team::Team::Zombies, expanded::team::Team::Zombies),
    ] {
        assert_eq!(derived.to_wire(), expanded.to_wire());
        assert_eq!(expanded::team::Team::from_wire(derived.to_wire()), expanded);
    }
}

#[test]
fn a_table() {
    same!(monster, Monster, {
        let orc = |name: &str| Monster {
            name: name.into(),
            mana: 3,
            position: Position { x: 1, y: 2 },
            inventory: vec![1, 2],
            hitbox: [0.5, 1.5],
            luck: Some(7),
            title: None,
            friend: None,
            herd: vec![],
            prices: [("axe".into(), 5)].into(),
        };
        Monster {
            herd: vec![orc("a"), orc("b")],
            friend: Some(orc("c").into()),
            title: Some("king".into()),
            ..orc("d")
        }
    });
}

#[test]
fn tuples_and_newtypes() {
    same!(tuples, Pair, Pair(Metres(1.5), vec![1, 2, 3]));
}

#[test]
fn an_interface() {
    use karmem::Interface;
    use karmem::section::{interface_fragment, interface_len};
    const DERIVED: &karmem::schema::Interface = derived::physics::PhysicsInterface::INTERFACE;
    const EXPANDED: &karmem::schema::Interface = expanded::physics::PhysicsInterface::INTERFACE;
    const DERIVED_LINE: [u8; interface_len(DERIVED)] = interface_fragment(DERIVED);
    const EXPANDED_LINE: [u8; interface_len(EXPANDED)] = interface_fragment(EXPANDED);
    let [derived, expanded] = [&DERIVED_LINE[..], &EXPANDED_LINE].map(|line| {
        let line = std::str::from_utf8(line).unwrap();
        // Paths of types differ, and with them the hash.
        let line = line
            .replace("::derived::", "::")
            .replace("::expanded::", "::");
        line.split_once(" #").unwrap().0.to_owned()
    });
    assert_eq!(derived, expanded);
    assert_eq!(
        derived.replace("expand::physics::", ""),
        "karmem1 interface game/physics@2 step{world:viewmut+World,old:view+World,team:Team,dt:f32}=Report \
         find{at:shared+World,name:World}=shared+World?Fault ping{}"
    );
}

#[test]
fn enums_with_data() {
    same!(
        spread,
        Orders,
        Orders {
            list: vec![Order::Stay, Order::Go { to: 7 }]
        }
    );
    let mut bytes = Vec::new();
    derived::shape::Holder::build(&mut bytes)
        .unwrap()
        .build_shape()
        .unwrap()
        .polygon()
        .unwrap()
        .f0(&[1.0])
        .unwrap();
    same!(
        shape,
        Holder,
        Holder {
            shape: Shape::Circle { radius: 1.0 }
        }
    );
    same!(
        shape,
        Holder,
        Holder {
            shape: Shape::Polygon(vec![1.0], Some("p".into()))
        }
    );
    same!(
        shape,
        Holder,
        Holder {
            shape: Shape::Empty
        }
    );
    let expanded = expanded::shape::Holder::decode(&bytes).unwrap();
    assert_eq!(
        expanded.shape,
        expanded::shape::Shape::Polygon(vec![1.0], None)
    );
}
