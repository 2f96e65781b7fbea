//! Names: of fields, of types that a user hides, of the crate.

use std::collections::BTreeMap;

use karmem::Karmem;

use crate::round_trip_of;

/// Fields called as something in the expansion.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Words {
    l: u8,
    s: u16,
    placed: String,
    sink: Vec<u8>,
    body: u32,
    base: u32,
    cx: u32,
    self_: u8,
    value: u8,
    view: String,
    f: u8,
    at: u8,
    mem: u8,
    kind: u8,
    offset: u8,
    limits: u8,
    r#type: u8,
    r#fn: Vec<String>,
    r#match: Option<String>,
}

/// Fields called as a method of the expansion, or as one that every type has.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Methods {
    to_owned: u8,
    to_owned_with: u8,
    is_absent: u8,
    x: u8,
    set_x: u8,
    build_y: Vec<u8>,
    y: Vec<u8>,
    clone: u32,
    fmt: u32,
    get: u32,
    set: u32,
    build: u32,
    borrow: String,
    into: u32,
    eq: u32,
}

#[test]
fn fields_may_be_called_anything() {
    round_trip_of(&Words {
        l: 1,
        sink: vec![1],
        body: 2,
        r#type: 3,
        r#fn: vec!["f".into()],
        ..Words::default()
    });
    let value = Methods {
        to_owned: 1,
        set_x: 2,
        y: vec![3],
        clone: 4,
        fmt: 5,
        into: 6,
        ..Methods::default()
    };
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    let view = Methods::view(&bytes).unwrap();
    assert_eq!(
        (
            view.to_owned(),
            view.set_x(),
            view.clone(),
            view.is_absent()
        ),
        (1, 2, 4, 0)
    );
    assert!(format!("{view:?}").contains("clone: 4, fmt: 5"));
    let view = Methods::view_mut(&mut bytes).unwrap();
    assert_eq!(
        (view.set_x(), view.set_set_x(7), view.set_x()),
        (2, true, 7)
    );
    let mut bytes = Vec::new();
    let mut words = Words::build(&mut bytes).unwrap();
    words
        .r#type(9)
        .unwrap()
        .r#match(Some("m"))
        .unwrap()
        .build_fn(1)
        .unwrap();
    assert!(Words::view_mut(&mut bytes).unwrap().set_type(8));
    let words = Words::decode(&bytes).unwrap();
    assert_eq!(
        (words.r#type, words.r#match.as_deref(), words.r#fn.len()),
        (8, Some("m"), 1)
    );
    assert_eq!(
        Words::LAYOUT.field("type").map(|field| field.name),
        Some("Type")
    );
}

/// Types called as something in the expansion.
mod types {
    use karmem::Karmem;

    pub const PLACED: usize = 2;
    pub const AT_X: usize = 3;

    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    pub struct L {
        pub x: [u8; AT_X],
        pub at_x: u8,
    }

    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    #[karmem(table)]
    pub struct S {
        pub l: L,
        pub ls: Vec<L>,
        pub v: [V; PLACED],
        pub next: Option<Box<S>>,
    }

    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    #[karmem(layout = "packed")]
    pub struct V {
        pub l: L,
        pub option: Option<L>,
    }

    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    pub enum T {
        #[default]
        L,
        S(S, V),
    }
}

#[test]
fn types_may_be_called_anything() {
    let value = types::S {
        ls: vec![types::L {
            x: [1, 2, 3],
            at_x: 4,
        }],
        ..types::S::default()
    };
    round_trip_of(&value);
    round_trip_of(&types::V {
        option: Some(types::L::default()),
        ..types::V::default()
    });
    round_trip_of(&Holder {
        it: types::T::S(value, types::V::default()),
    });
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Holder {
    it: types::T,
}

/// A module where the prelude's names mean something else.
mod shadowed {
    #![allow(dead_code, non_camel_case_types, unused_macros)]
    pub struct Result;
    pub struct Option2;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Copy;
    pub struct Clone;
    pub struct Debug;
    pub struct Sized;
    mod core {}
    mod std {}
    macro_rules! assert {
        () => {};
    }
    macro_rules! concat {
        () => {};
    }
    macro_rules! matches {
        () => {};
    }

    #[derive(
        ::core::default::Default, ::core::cmp::PartialEq, ::core::fmt::Debug, ::karmem::Karmem,
    )]
    #[karmem(layout = "c")]
    #[repr(C)]
    pub struct Point {
        pub x: f32,
    }

    #[derive(
        ::core::default::Default, ::core::cmp::PartialEq, ::core::fmt::Debug, ::karmem::Karmem,
    )]
    #[repr(u8)]
    pub enum Team {
        #[default]
        Orcs,
        Humans,
    }

    #[derive(
        ::core::default::Default, ::core::cmp::PartialEq, ::core::fmt::Debug, ::karmem::Karmem,
    )]
    pub enum Shape {
        #[default]
        Ok,
        Some(u8),
    }

    #[derive(
        ::core::default::Default, ::core::cmp::PartialEq, ::core::fmt::Debug, ::karmem::Karmem,
    )]
    #[karmem(table)]
    pub struct Table {
        #[karmem(max = 3)]
        pub points: Vec<Point>,
        pub team: Team,
        pub shape: Shape,
        pub option: ::core::option::Option<String>,
    }
}

#[test]
fn the_prelude_may_be_hidden() {
    round_trip_of(&shadowed::Table {
        points: vec![shadowed::Point { x: 1.0 }],
        team: shadowed::Team::Humans,
        shape: shadowed::Shape::Some(1),
        option: Some("o".into()),
    });
}

mod engine {
    pub mod wire {
        pub use karmem::*;
    }
}

/// The crate is known by another path.
mod renamed {
    #[allow(unused_extern_crates)]
    mod karmem {}

    #[derive(Clone, Debug, PartialEq, Default, ::karmem::Karmem)]
    #[karmem(table, crate = "crate::names::engine::wire")]
    pub struct Table {
        pub list: Vec<Team>,
        pub shape: Shape,
    }

    #[derive(Clone, Debug, PartialEq, Default, ::karmem::Karmem)]
    #[karmem(crate = "super::engine::wire")]
    #[repr(u8)]
    pub enum Team {
        #[default]
        Orcs,
        Humans,
    }

    #[derive(Clone, Debug, PartialEq, Default, ::karmem::Karmem)]
    #[karmem(crate = "super::engine::wire", spread)]
    pub enum Shape {
        #[default]
        Empty,
        Circle(f32),
    }
}

#[test]
fn the_crate_may_be_renamed() {
    round_trip_of(&renamed::Table {
        list: vec![renamed::Team::Humans],
        shape: renamed::Shape::Circle(1.0),
    });
}

mod visibility {
    #![deny(
        private_interfaces,
        private_bounds,
        dead_code,
        missing_docs,
        unreachable_pub
    )]

    use karmem::Karmem;

    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    struct Private {
        secret: u8,
    }

    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    enum Choice {
        #[default]
        Nothing,
        Something(Private),
    }

    /// Its views are as visible as it is, and its accessors as its fields.
    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    #[karmem(table)]
    pub(crate) struct Table {
        private: Private,
        list: Vec<Private>,
        choice: Choice,
        pub(super) open: u8,
        /// Nobody's business.
        #[doc(hidden)]
        pub(in crate::names) hidden: u8,
    }

    impl Table {
        pub(crate) fn new() -> Self {
            let private = Private { secret: 1 };
            Table {
                list: vec![private.clone()],
                choice: Choice::Something(private),
                ..Table::default()
            }
        }

        pub(crate) fn secret(view: TableView<'_>) -> u8 {
            view.private().secret() + view.list().len() as u8
        }
    }
}

#[test]
fn private_types_stay_private() {
    let value = visibility::Table::new();
    round_trip_of(&value);
    let bytes = value.encode().unwrap();
    let view = visibility::Table::view(&bytes).unwrap();
    assert_eq!(
        (view.open(), view.hidden(), visibility::Table::secret(view)),
        (0, 0, 1)
    );
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(rename = "Beast", id = 77, table)]
struct Renamed {
    #[karmem(rename = "Kind")]
    what: u8,
    map: BTreeMap<u8, u8>,
}

/// Variants whose methods would be keywords, or the same.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
enum Keyword {
    #[default]
    Crate,
    Type(u8),
    AB,
    Ab,
    Match {
        r#fn: u8,
    },
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Keywords {
    list: Vec<Keyword>,
}

#[test]
fn schemas_have_the_names_of_a_km() {
    let schema = Renamed::LAYOUT;
    assert_eq!((schema.name.km, schema.id), ("Beast", Some(77)));
    assert_eq!(schema.name.path, "derive::names::Renamed");
    assert_eq!(
        (schema.fields[0].name, schema.fields[0].rust_name),
        ("Kind", "what")
    );
    round_trip_of(&Renamed {
        what: 1,
        map: [(1, 2)].into(),
    });
}

#[test]
fn variants_may_be_called_anything() {
    let mut bytes = Vec::new();
    let mut table = Keywords::build(&mut bytes).unwrap();
    let mut list = table.build_list(5).unwrap();
    list.build(0).unwrap().crate_();
    list.build(1).unwrap().r#type().unwrap().f0(3).unwrap();
    list.build(2).unwrap().ab();
    list.build(3).unwrap().ab_();
    list.build(4).unwrap().r#match().unwrap().r#fn(4).unwrap();
    let list = vec![
        Keyword::Crate,
        Keyword::Type(3),
        Keyword::AB,
        Keyword::Ab,
        Keyword::Match { r#fn: 4 },
    ];
    assert_eq!(Keywords::decode(&bytes).unwrap().list, list);
    round_trip_of(&Keywords { list });
}

#[test]
fn types_in_functions() {
    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    struct Local {
        x: u8,
        list: Vec<Local>,
    }
    round_trip_of(&Local {
        x: 1,
        list: vec![Local::default()],
    });
}

/// Fields whose names give those of the types that the derive makes or names.
#[test]
fn fields_may_give_the_names_of_types() {
    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    struct AField(u8);
    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    struct B {
        a: AField,
        b: Option<AField>,
    }
    #[derive(Clone, Debug, PartialEq, Default, Karmem)]
    #[karmem(table)]
    struct FieldOf {
        a: B,
        #[karmem(rename = "A2")]
        a_: Vec<AField>,
        b: [B; 2],
        field_of: Option<AField>,
        self_: AField,
    }
    let value = FieldOf {
        a: B {
            a: AField(1),
            b: Some(AField(2)),
        },
        a_: vec![AField(3)],
        b: Default::default(),
        field_of: Some(AField(4)),
        self_: AField(5),
    };
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    assert!(FieldOf::view_mut(&mut bytes).unwrap().set_self_(AField(6)));
    assert_eq!(FieldOf::view(&bytes).unwrap().self_(), 6);
}
