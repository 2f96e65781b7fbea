//! What is derived raises no lint of its own: none about what the item itself is marked with, and none
//! that the item allows.
#![deny(warnings, non_snake_case, non_camel_case_types, deprecated)]
#![allow(dead_code, reason = "most types are only described")]

/// Deprecated items, which nothing here uses but the derive.
mod deprecated {
    use karmem::Karmem;

    #[deprecated = "use something newer"]
    #[derive(Karmem)]
    pub struct Inline {
        pub x: u8,
    }

    #[deprecated]
    #[derive(Karmem)]
    #[karmem(table)]
    pub struct Table {
        pub x: u8,
        pub list: Vec<u16>,
    }

    #[deprecated]
    #[derive(Karmem)]
    #[karmem(layout = "c")]
    #[repr(C)]
    pub struct InRust {
        pub x: f32,
    }

    #[deprecated]
    #[derive(Karmem)]
    pub struct Newtype(pub u32);

    #[deprecated]
    #[derive(Karmem)]
    #[repr(u8)]
    pub enum Kind {
        Zero,
        One,
    }

    #[deprecated]
    #[derive(Karmem)]
    pub enum Slot {
        Nothing,
        Some(u8),
        Named { x: u16 },
    }

    #[deprecated]
    #[derive(Karmem)]
    #[karmem(spread)]
    pub enum Spread {
        Nothing,
        Some(u8),
    }

    #[derive(Karmem)]
    #[repr(u8)]
    pub enum Team {
        Humans,
        #[deprecated(since = "1.0.0", note = "they are gone")]
        Orcs,
    }

    #[derive(Karmem)]
    pub enum Shape {
        Nothing,
        #[deprecated]
        Circle(f32),
        #[deprecated]
        Square {
            side: f32,
            #[deprecated]
            colour: u8,
        },
        #[deprecated]
        Point,
    }

    #[derive(Karmem)]
    #[karmem(table)]
    pub struct Field {
        #[deprecated]
        pub old: String,
        pub new: Team,
    }

    // A use of a deprecated type is said once, where it is written, and may be allowed there.
    #[derive(Karmem)]
    #[karmem(table)]
    pub struct Uses {
        #[allow(deprecated)]
        pub one: Table,
        #[expect(deprecated)]
        pub more: Vec<Inline>,
        #[allow(deprecated)]
        pub maybe: Option<Slot>,
    }

    #[derive(Karmem)]
    #[expect(deprecated)]
    pub struct Wrapped(pub Spread);

    /// Its methods too.
    #[allow(deprecated)]
    #[karmem::interface(package = "lints")]
    pub(crate) trait Old {
        fn kind(&self, kind: Kind) -> Kind;
        fn send(&mut self, table: Table, by: &Inline) -> Result<Table, Kind>;
        fn look(&self, at: karmem::View<Table>) -> u32;
    }

    #[deprecated]
    #[karmem::interface(package = "lints")]
    pub(crate) trait Older {
        fn kind(&self) -> u8;
    }
}

/// Names that are not in Rust's style, where the item says that they may be.
mod style {
    use karmem::Karmem;

    #[derive(Karmem)]
    #[allow(non_snake_case)]
    #[karmem(table)]
    pub struct Camel {
        pub isAlive: bool,
        pub someList: Vec<u8>,
        pub nested: Option<Small>,
    }

    #[derive(Karmem)]
    #[expect(non_snake_case, reason = "as in the C header")]
    pub struct Small {
        pub posX: f32,
    }

    #[derive(Karmem)]
    #[allow(non_camel_case_types)]
    #[karmem(table, rename = "Vec3")]
    pub struct vec_3 {
        pub x: f32,
    }

    #[derive(Karmem)]
    #[expect(non_camel_case_types)]
    #[karmem(rename = "Meters")]
    pub struct meters {
        pub value: f32,
    }

    #[derive(Karmem)]
    #[expect(non_camel_case_types)]
    pub struct newtype_t(pub f32);

    #[derive(Karmem)]
    #[allow(non_camel_case_types)]
    #[karmem(rename = "Team")]
    #[repr(u8)]
    pub enum team_t {
        #[karmem(rename = "Humans")]
        team_humans,
    }

    #[derive(Karmem)]
    #[allow(non_camel_case_types, non_snake_case)]
    #[karmem(rename = "Shape")]
    pub enum shape_t {
        #[karmem(rename = "Nothing")]
        shape_nothing,
        #[karmem(rename = "Circle")]
        shape_circle { theRadius: f32 },
    }

    #[derive(Karmem)]
    pub enum Variant {
        Nothing,
        #[allow(non_camel_case_types)]
        #[karmem(rename = "Circle")]
        a_circle(f32),
        #[expect(non_camel_case_types)]
        #[karmem(rename = "Unit")]
        a_unit,
    }

    /// The same for a trait.
    #[allow(non_snake_case)]
    #[karmem::interface(package = "style")]
    pub(crate) trait Engine {
        fn step(&mut self, byMillis: u32) -> u32;
    }
}

/// Without the names that Rust brings into every module.
mod bare {
    #![no_implicit_prelude]

    use ::karmem::Karmem;
    use ::std::boxed::Box;
    use ::std::collections::BTreeMap;
    use ::std::option::Option;
    use ::std::string::String;
    use ::std::vec::Vec;

    #[derive(Karmem)]
    #[karmem(layout = "c")]
    #[repr(C)]
    pub struct Point {
        pub x: f32,
    }

    #[derive(Karmem)]
    pub struct Meters(pub f32);

    #[derive(Karmem)]
    #[repr(u16)]
    pub enum Team {
        Humans,
        Orcs = 300,
    }

    #[derive(Karmem)]
    pub enum Shape {
        Nothing,
        Circle(f32),
        Box { sides: Vec<f32> },
    }

    #[derive(Karmem)]
    #[karmem(spread, layout = "packed")]
    pub enum Spread {
        Nothing,
        Circle(f32),
    }

    #[derive(Karmem)]
    #[karmem(table)]
    pub struct Everything {
        #[karmem(max = 3)]
        pub points: Vec<Point>,
        pub name: String,
        pub nick: Option<String>,
        pub length: Meters,
        pub team: Team,
        pub shape: Shape,
        pub spread: Spread,
        pub map: BTreeMap<String, Option<Point>>,
        pub own: Option<Box<Everything>>,
        pub grid: [[u8; 2]; 3],
    }

    #[::karmem::interface(package = "bare")]
    pub(crate) trait Engine {
        fn step(&mut self, world: ::karmem::ViewMut<Everything>, by: Point) -> Everything;
        fn team(&self, team: Team) -> u32;
    }
}

#[test]
fn what_is_derived_without_the_prelude_works() {
    use karmem::Karmem;

    let value = bare::Everything {
        points: vec![bare::Point { x: 1.0 }],
        name: "n".into(),
        nick: None,
        length: bare::Meters(2.0),
        team: bare::Team::Orcs,
        shape: bare::Shape::Box { sides: vec![3.0] },
        spread: bare::Spread::Circle(4.0),
        map: [("k".into(), None)].into(),
        own: None,
        grid: [[5; 2]; 3],
    };
    let bytes = value.encode().expect("encode");
    let view = bare::Everything::view(&bytes).expect("view");
    let owned = view.to_owned().expect("to_owned");
    assert_eq!(owned.encode().expect("encode"), bytes);
}

#[test]
fn names_of_any_style_are_accessors() {
    use karmem::Karmem;

    let value = style::Camel {
        isAlive: true,
        someList: vec![1],
        nested: Some(style::Small { posX: 2.0 }),
    };
    let bytes = value.encode().expect("encode");
    let view = style::Camel::view(&bytes).expect("view");
    assert!(view.isAlive() && view.nested().is_some_and(|nested| nested.posX() == 2.0));
}
