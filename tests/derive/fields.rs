//! Every type of field.

use std::collections::{BTreeMap, HashMap};

use karmem::Karmem;

use crate::round_trip_of;

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
pub struct Scalars {
    pub bool: bool,
    pub u8: u8,
    pub i8: i8,
    pub u16: u16,
    pub i16: i16,
    pub u32: u32,
    pub i32: i32,
    pub u64: u64,
    pub i64: i64,
    pub f32: f32,
    pub f64: f64,
    pub char: char,
}

fn scalars() -> Scalars {
    Scalars {
        bool: true,
        u8: 200,
        i8: -100,
        u16: 60_000,
        i16: -30_000,
        u32: 4_000_000_000,
        i32: -2_000_000_000,
        u64: u64::MAX - 1,
        i64: i64::MIN + 1,
        f32: 1.5,
        f64: -2.5e300,
        char: 'ß',
    }
}

#[test]
fn scalars_read_and_change() {
    let value = scalars();
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    let view = Scalars::view(&bytes).unwrap();
    assert!(!view.is_absent());
    assert_eq!(
        (view.bool(), view.u8(), view.i8(), view.char()),
        (true, 200, -100, 'ß')
    );
    assert_eq!((view.u64(), view.f64()), (u64::MAX - 1, -2.5e300));
    let view = Scalars::view_mut(&mut bytes).unwrap();
    assert!(view.set_bool(false) && view.set_char('x') && view.set_f64(0.25) && view.set_i8(7));
    assert_eq!(
        (view.bool(), view.char(), view.f64(), view.i8()),
        (false, 'x', 0.25, 7)
    );
    let expected = Scalars {
        bool: false,
        char: 'x',
        f64: 0.25,
        i8: 7,
        ..value
    };
    assert_eq!(Scalars::decode(&bytes).unwrap(), expected);
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
struct Pair {
    point: Point,
    leaves: Vec<Leaf>,
}

#[test]
fn views_make_values_also_through_references() {
    let value = Pair {
        point: Point { x: 1, y: 2 },
        leaves: vec![leaf(3), leaf(4)],
    };
    let bytes = value.encode().unwrap();
    let view = &Pair::view(&bytes).unwrap();
    let made: Pair = view.to_owned().unwrap();
    assert_eq!(made, value);
    let limits = karmem::Limits::default();
    assert_eq!(view.to_owned_with(&limits).unwrap(), value);
    let point: Point = view.point().to_owned().unwrap();
    assert_eq!(point, value.point);
    let leaves: Result<Vec<Leaf>, _> = view.leaves().iter().map(|leaf| leaf.to_owned()).collect();
    assert_eq!(leaves.unwrap(), value.leaves);
    let views: Vec<_> = view.leaves().iter().collect();
    let leaves: Result<Vec<Leaf>, _> = views.iter().map(|leaf| leaf.to_owned()).collect();
    assert_eq!(leaves.unwrap(), value.leaves);
}

#[test]
fn a_shorter_table_reads_as_zero_and_cannot_be_set() {
    let mut bytes = vec![8, 0, 0, 0, 1, 9, 0, 0];
    let view = Scalars::view(&bytes).unwrap();
    assert_eq!(
        (view.bool(), view.u8(), view.u32(), view.char()),
        (true, 9, 0, '\0')
    );
    assert_eq!(
        view.to_owned().unwrap(),
        Scalars {
            bool: true,
            u8: 9,
            ..Scalars::default()
        }
    );
    let view = Scalars::view_mut(&mut bytes).unwrap();
    assert!(view.set_u8(10) && !view.set_u32(1) && !view.set_char('x'));
    assert_eq!(
        (view.u8(), view.u32(), view.char(), view.f32()),
        (10, 0, '\0', 0.0)
    );
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
pub struct Point {
    pub x: i32,
    pub y: i16,
}

#[derive(Clone, Copy, Debug, PartialEq, Default, Karmem)]
#[repr(u16)]
pub enum Colour {
    #[default]
    Red,
    Green = 700,
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
pub struct Leaf {
    pub n: u16,
    pub name: String,
}

pub fn leaf(n: u16) -> Leaf {
    Leaf {
        n,
        name: format!("leaf {n}"),
    }
}

/// Whatever may be inside of something.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
pub struct All {
    pub text: String,
    pub boxed_text: Box<str>,
    pub point: Point,
    pub leaf: Leaf,
    pub boxed_leaf: Box<Leaf>,
    pub colour: Colour,
    pub bytes: Vec<u8>,
    pub boxed_bytes: Box<[u16]>,
    pub texts: Vec<String>,
    pub points: Vec<Point>,
    pub leaves: Vec<Leaf>,
    pub colours: Vec<Colour>,
    pub lists: Vec<Vec<u16>>,
    pub deep: Vec<Vec<Vec<String>>>,
    pub options: Vec<Option<u32>>,
    pub option_texts: Vec<Option<String>>,
    pub option_leaves: Vec<Option<Leaf>>,
    pub array: [u16; 3],
    pub arrays: [[i8; 2]; 2],
    pub array_texts: [String; 2],
    pub array_points: [Point; 2],
    pub array_leaves: [Leaf; 2],
    pub array_options: [Option<u16>; 2],
    pub array_lists: [Vec<u8>; 2],
}

fn all() -> All {
    All {
        text: "Grüße".into(),
        boxed_text: "boxed".into(),
        point: Point { x: -1, y: 2 },
        leaf: leaf(1),
        boxed_leaf: leaf(2).into(),
        colour: Colour::Green,
        bytes: vec![1, 2, 3],
        boxed_bytes: vec![4, 5].into(),
        texts: vec!["a".into(), String::new(), "ccc".into()],
        points: vec![Point { x: 1, y: 1 }, Point { x: 2, y: 2 }],
        leaves: vec![leaf(3), leaf(4)],
        colours: vec![Colour::Red, Colour::Green],
        lists: vec![vec![1], vec![], vec![2, 3]],
        deep: vec![vec![vec!["x".into()], vec![]], vec![]],
        options: vec![Some(1), None, Some(3)],
        option_texts: vec![None, Some("t".into()), Some(String::new())],
        option_leaves: vec![Some(leaf(5)), None, Some(leaf(6))],
        array: [7, 8, 9],
        arrays: [[1, 2], [-3, -4]],
        array_texts: ["one".into(), "two".into()],
        array_points: [Point { x: 5, y: 5 }, Point { x: 6, y: 6 }],
        array_leaves: [leaf(7), leaf(8)],
        array_options: [None, Some(9)],
        array_lists: [vec![], vec![1, 2]],
    }
}

#[test]
fn everything_reads_in_place() {
    let value = all();
    round_trip_of(&value);
    let bytes = value.encode().unwrap();
    let view = All::view(&bytes).unwrap();
    assert_eq!(view.text(), "Grüße");
    assert_eq!(view.boxed_text(), "boxed");
    assert_eq!((view.point().x(), view.point().y()), (-1, 2));
    assert_eq!(view.leaf().name(), "leaf 1");
    assert_eq!(view.boxed_leaf().n(), 2);
    assert_eq!(view.colour(), Colour::Green);
    assert_eq!(view.bytes(), [1, 2, 3]);
    assert_eq!(view.boxed_bytes(), [4, 5]);
    assert_eq!(view.texts(), ["a", "", "ccc"]);
    assert_eq!(view.points().iter().map(|p| p.x()).sum::<i32>(), 3);
    assert_eq!(view.leaves().get(1).unwrap().name(), "leaf 4");
    assert_eq!(view.colours(), [Colour::Red, Colour::Green]);
    assert_eq!(view.lists().get(2).unwrap(), [2, 3]);
    assert_eq!(view.deep().get(0).unwrap().get(0).unwrap(), ["x"]);
    assert_eq!(view.options(), [Some(1), None, Some(3)]);
    assert_eq!(view.option_texts().get(1).unwrap().unwrap(), "t");
    assert!(view.option_leaves().get(1).unwrap().is_none());
    assert_eq!(view.option_leaves().get(2).unwrap().unwrap().n(), 6);
    assert_eq!(view.array(), [7, 8, 9]);
    assert_eq!(view.arrays().get(1).unwrap(), [-3, -4]);
    assert_eq!(view.array_texts(), ["one", "two"]);
    assert_eq!(view.array_leaves().get(1).unwrap().n(), 8);
    assert_eq!(view.array_options(), [None, Some(9)]);
    assert_eq!(view.array_lists().get(1).unwrap(), [1, 2]);
    assert_eq!(view.to_owned().unwrap(), value);
    assert!(
        view.to_owned_with(&karmem::Limits {
            depth: 1,
            ..Default::default()
        })
        .is_err()
    );
}

#[test]
fn everything_changes_in_place() {
    let mut value = all();
    let mut bytes = value.encode().unwrap();
    let view = All::view_mut(&mut bytes).unwrap();
    assert!(view.text().unwrap().set("gruesse"));
    assert!(!view.boxed_text().unwrap().set("longer"));
    view.point().unwrap().set_x(50);
    assert!(view.set_array_points([Point { x: 9, y: 9 }, Point { x: 8, y: 8 }]));
    assert!(view.leaf().unwrap().set_n(51));
    assert!(view.boxed_leaf().unwrap().set_n(52));
    assert!(view.set_colour(Colour::Red));
    assert!(view.bytes().unwrap().set(1, &99) && !view.bytes().unwrap().set(3, &99));
    view.points().unwrap().get(0).unwrap().set_y(53);
    assert!(view.leaves().unwrap().get(1).unwrap().set_n(54));
    view.lists()
        .unwrap()
        .get(2)
        .unwrap()
        .get(0)
        .unwrap()
        .set(55);
    view.options().unwrap().get(0).unwrap().unwrap().set(56);
    assert!(view.options().unwrap().set(1, &Some(57)));
    assert!(view.set_array([1, 2, 3]));
    assert!(view.set_arrays([[5, 6], [7, 8]]));
    assert!(view.set_array_options([Some(1), None]));
    assert!(view.array_leaves().unwrap().get(0).unwrap().set_n(58));

    value.text = "gruesse".into();
    value.point.x = 50;
    value.array_points = [Point { x: 9, y: 9 }, Point { x: 8, y: 8 }];
    value.leaf.n = 51;
    value.boxed_leaf.n = 52;
    value.colour = Colour::Red;
    value.bytes[1] = 99;
    value.points[0].y = 53;
    value.leaves[1].n = 54;
    value.lists[2][0] = 55;
    value.options[0] = Some(56);
    value.options[1] = Some(57);
    value.array = [1, 2, 3];
    value.arrays = [[5, 6], [7, 8]];
    value.array_options = [Some(1), None];
    value.array_leaves[0].n = 58;
    assert_eq!(All::decode(&bytes).unwrap(), value);
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
pub struct Options {
    pub bool: Option<bool>,
    pub u64: Option<u64>,
    pub char: Option<char>,
    pub text: Option<String>,
    pub boxed_text: Option<Box<str>>,
    pub point: Option<Point>,
    pub boxed_point: Option<Box<Point>>,
    pub colour: Option<Colour>,
    pub leaf: Option<Leaf>,
    pub boxed_leaf: Option<Box<Leaf>>,
    pub list: Option<Vec<u8>>,
    pub boxed_list: Option<Box<[Leaf]>>,
    pub texts: Option<Vec<String>>,
    pub array: Option<[u32; 2]>,
    pub array_leaves: Option<[Leaf; 2]>,
    pub map: Option<BTreeMap<u8, String>>,
}

#[test]
fn options_of_everything() {
    let value = Options {
        bool: Some(false),
        u64: Some(0),
        char: Some('c'),
        text: Some(String::new()),
        boxed_text: Some("b".into()),
        point: Some(Point { x: 1, y: 2 }),
        boxed_point: Some(Point { x: 3, y: 4 }.into()),
        colour: Some(Colour::Green),
        leaf: Some(leaf(1)),
        boxed_leaf: Some(leaf(2).into()),
        list: Some(vec![]),
        boxed_list: Some(vec![leaf(3)].into()),
        texts: Some(vec!["a".into()]),
        array: Some([5, 6]),
        array_leaves: Some([leaf(4), leaf(5)]),
        map: Some([(1, "one".into())].into()),
    };
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    let view = Options::view(&bytes).unwrap();
    assert_eq!((view.bool(), view.u64()), (Some(false), Some(0)));
    assert_eq!(view.text().unwrap(), "");
    assert_eq!(view.leaf().unwrap().name(), "leaf 1");
    assert_eq!(view.array().unwrap(), [5, 6]);
    assert_eq!(view.map().unwrap().get(&1).unwrap(), "one");
    let absent = Options::default().encode().unwrap();
    let view = Options::view(&absent).unwrap();
    assert!(view.text().is_none() && view.leaf().is_none() && view.map().is_none());
    assert!(view.array_leaves().is_none() && view.boxed_point().is_none());

    let view = Options::view_mut(&mut bytes).unwrap();
    assert!(view.set_bool(None) && view.set_u64(Some(4)) && view.set_point(None::<Point>));
    assert!(view.set_array(Some([7, 8])) && view.set_colour(Some(Colour::Red)));
    assert!(view.leaf().unwrap().unwrap().set_n(9));
    let changed = Options::decode(&bytes).unwrap();
    assert_eq!(
        (changed.bool, changed.u64, changed.point),
        (None, Some(4), None)
    );
    assert_eq!(
        (changed.array, changed.colour),
        (Some([7, 8]), Some(Colour::Red))
    );
    assert_eq!(changed.leaf.unwrap().n, 9);
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(table)]
pub struct Maps {
    pub bool: BTreeMap<bool, u8>,
    pub u8: BTreeMap<u8, bool>,
    pub i8: BTreeMap<i8, char>,
    pub u16: BTreeMap<u16, f32>,
    pub i16: BTreeMap<i16, f64>,
    pub u32: BTreeMap<u32, String>,
    pub i32: BTreeMap<i32, Vec<u8>>,
    pub u64: BTreeMap<u64, Point>,
    pub i64: BTreeMap<i64, Leaf>,
    pub char: BTreeMap<char, Option<u8>>,
    pub text: BTreeMap<String, Option<Leaf>>,
    pub boxed: BTreeMap<Box<str>, [Colour; 2]>,
    pub hash: HashMap<String, BTreeMap<u8, u8>>,
}

#[test]
fn maps_with_every_key() {
    let value = Maps {
        bool: [(false, 1), (true, 2)].into(),
        u8: [(200, true), (3, false)].into(),
        i8: [(-3, 'x'), (3, 'y')].into(),
        u16: [(60_000, 1.5)].into(),
        i16: [(-2, 0.5), (-1, 0.25)].into(),
        u32: [(7, "seven".into()), (8, String::new())].into(),
        i32: [(-7, vec![1]), (9, vec![])].into(),
        u64: [(u64::MAX, Point { x: 1, y: 2 })].into(),
        i64: [(i64::MIN, leaf(1)), (0, leaf(2))].into(),
        char: [('ä', None), ('a', Some(1))].into(),
        text: [("b".into(), Some(leaf(3))), ("a".into(), None)].into(),
        boxed: [("k".into(), [Colour::Green, Colour::Red])].into(),
        hash: [
            ("one".into(), [(1, 1)].into()),
            ("two".into(), [(2, 2), (3, 3)].into()),
        ]
        .into(),
    };
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    let view = Maps::view(&bytes).unwrap();
    assert_eq!(view.bool().get(&true), Some(2));
    assert_eq!(view.u32().get(&7).unwrap(), "seven");
    assert_eq!(view.i64().get(&0).unwrap().name(), "leaf 2");
    assert_eq!(view.char().get(&'a'), Some(Some(1)));
    assert!(view.text().get("a").unwrap().is_none() && view.text().get("c").is_none());
    assert_eq!(view.hash().get("two").unwrap().get(&3), Some(3));
    let view = Maps::view_mut(&mut bytes).unwrap();
    view.u8().unwrap().value(0).unwrap().set(true);
    assert!(Maps::decode(&bytes).unwrap().u8[&3]);
}
