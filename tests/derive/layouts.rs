//! Every layout, newtypes and tuples.

use karmem::{Karmem, Sink};

use crate::fields::{Leaf, Point, leaf};
use crate::round_trip_of;

/// The same fields in each layout.
macro_rules! in_layout {
    ($module:ident $layout:literal, [$($more:tt)*]) => {
        pub mod $module {
            use super::*;

            #[derive(Clone, Debug, PartialEq, Default, Karmem)]
            #[karmem(layout = $layout)]
            pub struct Inner {
                pub a: u8,
                pub b: f64,
                pub text: String,
            }

            #[derive(Clone, Debug, PartialEq, Default, Karmem)]
            #[karmem(table, layout = $layout)]
            pub struct Table {
                pub flag: bool,
                pub wide: u64,
                pub inner: Inner,
                pub inners: Vec<Inner>,
                pub pair: [Inner; 2],
                pub padded: Point,
                pub leaf: Leaf,
                pub leaves: Vec<Leaf>,
                pub next: Option<Box<Table>>,
                pub tables: Vec<Table>,
                pub number: Option<u32>,
                pub maybe: Option<Inner>,
                pub words: Option<String>,
                pub matrix: Vec<[u16; 3]>,
                pub map: std::collections::BTreeMap<u8, u64>,
                $($more)*
            }
        }
    };
}

in_layout!(padded "padded", [pub texts: Vec<String>, pub lists: Vec<Vec<u8>>, pub options: Vec<Option<u16>>,]);
in_layout!(c "c", [pub texts: Vec<String>, pub lists: Vec<Vec<u8>>, pub options: Vec<Option<u16>>,]);
in_layout!(packed "packed", [pub texts: Vec<String>, pub lists: Vec<Vec<u8>>, pub options: Vec<Option<u16>>,]);
in_layout!(legacy "legacy", []);

macro_rules! test_layout {
    ($module:ident, $alignment:literal, $inner:expr, $($field:ident: $value:expr),*) => {
        #[test]
        fn $module() {
            use $module::{Inner, Table};
            let inner = |a| Inner { a, b: 0.5, text: format!("inner {a}") };
            let value = Table {
                flag: true,
                wide: 1 << 40,
                inner: inner(1),
                inners: vec![inner(2), inner(3)],
                pair: [inner(4), inner(5)],
                padded: Point { x: 1, y: 2 },
                leaf: leaf(1),
                leaves: vec![leaf(2), leaf(3)],
                next: Some(Table { wide: 2, ..Table::default() }.into()),
                tables: vec![Table { wide: 3, ..Table::default() }],
                number: Some(4),
                maybe: Some(inner(6)),
                words: Some("words".into()),
                matrix: vec![[1, 2, 3], [4, 5, 6]],
                map: [(1, 1), (2, 2)].into(),
                $($field: $value,)*
            };
            round_trip_of(&value);
            assert_eq!(Table::LAYOUT.layout.align, $alignment);
            assert_eq!((Inner::LAYOUT.layout.size, Inner::LAYOUT.layout.align), $inner);

            let mut bytes = value.encode().unwrap();
            let view = Table::view(&bytes).unwrap();
            assert_eq!(view.inners().get(1).unwrap().text(), "inner 3");
            assert_eq!(view.next().unwrap().wide(), 2);
            assert_eq!(view.matrix().get(1).unwrap(), [4, 5, 6]);
            let view = Table::view_mut(&mut bytes).unwrap();
            view.inners().unwrap().get(1).unwrap().set_b(7.0);
            assert!(view.set_number(None) && view.next().unwrap().unwrap().set_wide(9));
            let changed = Table::decode(&bytes).unwrap();
            assert_eq!((changed.inners[1].b, changed.number), (7.0, None));
            assert_eq!(changed.next.unwrap().wide, 9);

            let mut bytes = Vec::new();
            let mut table = Table::build(&mut bytes).unwrap();
            table.flag(true).unwrap().words(Some("words")).unwrap().number(Some(4)).unwrap();
            table.build_inner().unwrap().a(1).unwrap().b(0.5).unwrap().text("inner 1").unwrap();
            let mut tables = table.build_tables(2).unwrap();
            tables.build(1).unwrap().wide(3).unwrap().words(None).unwrap();
            let built = Table::decode(&bytes).unwrap();
            assert_eq!((built.inner, built.words.as_deref()), (inner(1), Some("words")));
            assert_eq!((built.tables[0].wide, built.tables[1].wide), (0, 3));
        }
    };
}

test_layout!(padded, 8, (24, 8), texts: vec!["t".into(), "u".into()], lists: vec![vec![1], vec![]], options: vec![None, Some(1)]);
test_layout!(c, 8, (24, 8), texts: vec!["t".into(), "u".into()], lists: vec![vec![1], vec![]], options: vec![None, Some(1)]);
test_layout!(packed, 1, (17, 1), texts: vec!["t".into(), "u".into()], lists: vec![vec![1], vec![]], options: vec![None, Some(1)]);
test_layout!(legacy, 1, (24, 1),);

#[derive(Clone, Copy, Debug, PartialEq, Default, Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
struct Small {
    a: u8,
    b: [u16; 2],
    c: Tiny,
    d: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Default, Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
struct Tiny {
    a: bool,
    b: char,
}

/// With `#[repr(C)]`, but not what lies in a message: no assertion may speak.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
struct NotInPlace {
    text: String,
    flag: Option<bool>,
    number: u16,
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Smalls {
    list: Vec<Small>,
    others: Vec<NotInPlace>,
}

#[test]
fn a_repr_c_struct_is_its_own_wire_form() {
    assert_eq!(Small::LAYOUT.layout.size as usize, size_of::<Small>());
    let small = Small {
        a: 1,
        b: [2, 3],
        c: Tiny { a: true, b: 'x' },
        d: 4,
    };
    let other = NotInPlace {
        text: "t".into(),
        flag: Some(true),
        number: 3,
    };
    round_trip_of(&Smalls {
        list: vec![small; 3],
        others: vec![other.clone(), other],
    });
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Metres(f32);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Names(Vec<String>);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Wrapped(Leaf);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Maybe(Option<u16>);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Twice(Metres);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Pair(u8, pub String);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Single(u16);

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Reference {
    leaf: Option<Box<Leaf>>,
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Texts {
    list: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Newtypes {
    length: Metres,
    names: Names,
    leaf: Wrapped,
    leaves: Vec<Wrapped>,
    maybe: Maybe,
    maybes: Vec<Maybe>,
    twice: [Twice; 2],
    option: Option<Metres>,
    option_leaf: Option<Wrapped>,
    pair: Pair,
    pairs: Vec<Pair>,
    single: Single,
    references: Vec<Reference>,
    texts: Vec<Texts>,
}

#[test]
fn newtypes_and_tuples() {
    let value = Newtypes {
        length: Metres(1.5),
        names: Names(vec!["a".into()]),
        leaf: Wrapped(leaf(1)),
        leaves: vec![Wrapped(leaf(2)), Wrapped(leaf(3))],
        maybe: Maybe(Some(4)),
        maybes: vec![Maybe(None), Maybe(Some(5))],
        twice: [Twice(Metres(1.0)), Twice(Metres(2.0))],
        option: Some(Metres(0.0)),
        option_leaf: Some(Wrapped(leaf(6))),
        pair: Pair(7, "seven".into()),
        pairs: vec![Pair(8, "eight".into())],
        single: Single(9),
        references: vec![
            Reference { leaf: None },
            Reference {
                leaf: Some(leaf(7).into()),
            },
            Reference {
                leaf: Some(leaf(8).into()),
            },
        ],
        texts: vec![Texts {
            list: vec!["x".into()],
        }],
    };
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    let view = Newtypes::view(&bytes).unwrap();
    assert_eq!(view.length(), 1.5);
    assert_eq!(view.leaves().get(1).unwrap().n(), 3);
    assert_eq!(view.maybes().get(1).unwrap(), Some(5));
    assert_eq!((view.pair().f0(), view.single().f0()), (7, 9));
    assert_eq!(view.references().get(2).unwrap().leaf().unwrap().n(), 8);
    assert_eq!(format!("{:?}", view.pair()), r#"Pair(7, "seven")"#);
    assert_eq!(Pair::LAYOUT.fields[1].name, "F1");
    let view = Newtypes::view_mut(&mut bytes).unwrap();
    assert!(
        view.set_length(Metres(3.0)) && view.set_twice([Twice(Metres(4.0)), Twice(Metres(5.0))])
    );
    view.pair().unwrap().set_f0(70);
    assert!(view.single().unwrap().set_f0(90));
    let changed = Newtypes::decode(&bytes).unwrap();
    assert_eq!(
        (changed.length, changed.pair.0, changed.single),
        (Metres(3.0), 70, Single(90))
    );
    assert_eq!(changed.twice[1], Twice(Metres(5.0)));
}

/// The tables of a slice lie side by side, also if their references are wrapped.
#[test]
fn wrapped_tables_lie_side_by_side() {
    let references = |n| {
        (0..n)
            .map(|n| Reference {
                leaf: Some(leaf(n).into()),
            })
            .collect()
    };
    let value = Newtypes {
        references: references(3),
        ..Newtypes::default()
    };
    let bytes = value.encode().unwrap();
    let offsets = bytes
        .chunks_exact(8)
        .enumerate()
        .filter(|(_, word)| word[..4] == Leaf::LAYOUT.layout.size.to_le_bytes())
        .map(|(index, _)| index * 8)
        .collect::<Vec<_>>();
    let stride = Leaf::LAYOUT.layout.size as usize;
    assert!(
        offsets
            .windows(3)
            .any(|at| at[1] == at[0] + stride && at[2] == at[1] + stride),
        "{offsets:?}"
    );
}

#[test]
fn a_message_may_follow_another() {
    let mut bytes = vec![1, 2, 3];
    let root = Point { x: 4, y: 5 }.encode_in(&mut bytes).unwrap();
    assert_eq!(root, 8);
    assert_eq!(Sink::bytes(&mut bytes).len(), 16);
    assert_eq!(
        Point::decode_at(&bytes, root, &karmem::Limits::default()).unwrap(),
        Point { x: 4, y: 5 }
    );
}
