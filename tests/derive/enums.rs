//! Enums, with data and without.

use std::collections::BTreeMap;

use karmem::Karmem;

use crate::fields::{Leaf, Point, leaf};
use crate::{round_trip, round_trip_of};

/// Neither `Copy` nor in order.
#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[repr(i64)]
enum Big {
    Last = 0x7fff_ffff_ffff_ffff,
    #[default]
    Zero = 0,
    Odd(),
    Curly {},
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[repr(i8)]
enum Only {
    #[default]
    One,
}

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
struct Enums {
    big: Big,
    bigs: Vec<Big>,
    option: Option<Big>,
    array: [Big; 4],
    only: Only,
}

#[test]
fn enums_without_data() {
    let array = [Big::Last, Big::Zero, Big::Odd(), Big::Curly {}];
    let value = Enums {
        big: Big::Odd(),
        bigs: array.to_vec(),
        option: Some(Big::Last),
        array,
        only: Only::One,
    };
    round_trip_of(&value);
    let mut bytes = value.encode().unwrap();
    let view = Enums::view_mut(&mut bytes).unwrap();
    view.set_big(Big::Curly {});
    view.set_option(Some(Big::Zero));
    assert_eq!(view.array().get(2).unwrap().get(), Big::Odd());
    let view = Enums::view(&bytes).unwrap();
    assert_eq!(
        (view.big(), view.option()),
        (Big::Curly {}, Some(Big::Zero))
    );
    let karmem::schema::Type::Enum(schema) = Enums::LAYOUT.fields[0].ty else {
        panic!("no enum")
    };
    let values = [
        ("Last", i64::MAX.into()),
        ("Zero", 0),
        ("Odd", 1),
        ("Curly", 2),
    ];
    assert_eq!((schema.get)().values, values);
}

#[test]
fn unknown_enumerators_are_refused_and_read_as_zero() {
    let mut bytes = Enums::default().encode().unwrap();
    bytes[0] = 9;
    let error = Enums::view(&bytes).unwrap_err();
    assert_eq!(error.cause(), karmem::Cause::Enumerator);
    assert!(error.to_string().contains("Enums.big"), "{error}");
    assert_eq!(Enums::view_unverified(&bytes).big(), Big::Zero);
}

/// Derives nothing else.
#[derive(Karmem)]
#[repr(u8)]
enum Bare {
    Nothing,
    #[karmem(rename = "Renamed")]
    Something,
    r#Else(),
}

#[derive(Karmem)]
struct BareId(Bare);

#[derive(Karmem)]
enum BareChoice {
    Unit,
    Tuple(Bare, u8),
    Named { bare: Bare },
}

#[derive(Karmem)]
#[karmem(table)]
struct Bares {
    one: Bare,
    id: BareId,
    boxed: Box<Bare>,
    option: Option<Bare>,
    none: Option<Bare>,
    list: Vec<Bare>,
    array: [Bare; 2],
    map: BTreeMap<u8, Bare>,
    choices: Vec<BareChoice>,
}

#[test]
fn an_enum_need_not_derive_anything_else() {
    let value = Bares {
        one: Bare::Something,
        id: BareId(Bare::Else()),
        boxed: Box::new(Bare::Something),
        option: Some(Bare::Something),
        none: None,
        list: vec![Bare::Nothing, Bare::Else()],
        array: [Bare::Nothing, Bare::Something],
        map: [(7, Bare::Something)].into(),
        choices: vec![
            BareChoice::Unit,
            BareChoice::Tuple(Bare::Something, 5),
            BareChoice::Named {
                bare: Bare::Nothing,
            },
        ],
    };
    let mut bytes = value.encode().unwrap();
    assert_eq!(
        format!("{:?}", Bares::view(&bytes).unwrap()),
        "Bares { one: Something, id: Else, boxed: Something, option: Some(Something), none: None, \
         list: [Nothing, Else], array: [Nothing, Something], map: {7: Something}, \
         choices: [Unit, Tuple(Something, 5), Named { bare: Nothing }] }"
    );
    let view = Bares::view_mut(&mut bytes).unwrap();
    assert!(view.set_one(Bare::Nothing) && view.set_option(None));
    let first = view.list().unwrap().get(0).unwrap();
    first.set(Bare::Something);
    assert_eq!(format!("{first:?}"), "Something");
    let read = Bares::decode(&bytes).unwrap();
    assert!(matches!(
        (read.one, read.option, &*read.list),
        (Bare::Nothing, None, [Bare::Something, Bare::Else()])
    ));
    let id = read.id;
    assert!(matches!(id.0, Bare::Else()));
}

macro_rules! union {
    ($module:ident $(#[$attr:meta])*) => {
        mod $module {
            use super::*;

            #[derive(Clone, Debug, PartialEq, Default, Karmem)]
            $(#[$attr])*
            pub enum Shape {
                Circle { radius: f32, sink: Option<u8>, body: Vec<u8> } = 9,
                #[default]
                Empty = 0,
                Named(String, #[karmem(max = 2)] Vec<u16>),
                Leaf(Leaf),
                Leaves(Vec<Leaf>, BTreeMap<String, Point>),
                Group { shapes: Vec<Shape>, first: Option<Box<Self>> },
                Hollow {},
            }

            #[derive(Clone, Debug, PartialEq, Default, Karmem)]
            #[karmem(table)]
            pub struct Scene {
                pub shape: Shape,
                pub shapes: Vec<Shape>,
                pub option: Option<Shape>,
                pub options: Vec<Option<Shape>>,
                pub array: [Shape; 2],
                pub map: BTreeMap<u8, Shape>,
            }

            #[test]
            fn round_trips() {
                let circle = Shape::Circle { radius: 1.5, sink: Some(1), body: vec![2, 3] };
                let named = Shape::Named("n".into(), vec![4, 5]);
                let leaves = Shape::Leaves(vec![leaf(1), leaf(2)], [("p".into(), Point { x: 1, y: 2 })].into());
                let group = Shape::Group {
                    shapes: vec![circle.clone(), Shape::Hollow {}, named.clone()],
                    first: Some(named.clone().into()),
                };
                let scene = Scene {
                    shape: circle.clone(),
                    shapes: vec![Shape::Empty, group, leaves, Shape::Leaf(leaf(3))],
                    option: Some(Shape::Empty),
                    options: vec![None, Some(named.clone())],
                    array: [circle, named.clone()],
                    map: [(1, named)].into(),
                };
                round_trip_of(&scene);

                let mut bytes = scene.encode().unwrap();
                let view = Scene::view(&bytes).unwrap();
                let ShapeView::Circle(circle) = view.shape() else { panic!("{view:?}") };
                assert_eq!((circle.radius(), circle.sink()), (1.5, Some(1)));
                assert_eq!(circle.body(), [2, 3]);
                assert_eq!(format!("{circle:?}"), "Circle { radius: 1.5, sink: Some(1), body: [2, 3] }");
                let Some(ShapeView::Group(group)) = view.shapes().get(1) else { panic!("{view:?}") };
                assert_eq!(group.shapes().len(), 3);
                assert!(matches!(group.first(), Some(ShapeView::Named(named)) if named.f0() == "n"));
                assert!(matches!(view.option(), Some(ShapeView::Empty)));

                let view = Scene::view_mut(&mut bytes).unwrap();
                let Some(ShapeViewMut::Circle(circle)) = view.shape() else { panic!("no circle") };
                assert!(circle.set_radius(2.5) && circle.set_sink(None) && !circle.is_absent());
                let Shape::Circle { radius, sink, .. } = Scene::decode(&bytes).unwrap().shape else { panic!() };
                assert_eq!((radius, sink), (2.5, None));
            }

            #[test]
            fn builds() {
                let mut bytes = Vec::new();
                let mut scene = Scene::build(&mut bytes).unwrap();
                let shape = scene.build_shape().unwrap();
                shape.named().unwrap().f0("built").unwrap().f1(&[1, 2]).unwrap();
                let mut shapes = scene.build_shapes(3).unwrap();
                shapes.build(0).unwrap().circle().unwrap().radius(4.0).unwrap();
                shapes.build(1).unwrap().hollow();
                scene.build_option().unwrap().some().unwrap().leaf().unwrap().build_f0().unwrap().n(6).unwrap();
                let mut more = scene.build_array().unwrap();
                let mut named = more.build(0).unwrap().named().unwrap();
                assert!(named.f1(&[1, 2, 3]).is_err() && named.build_f1(3).is_err());
                let scene = Scene::decode(&bytes).unwrap();
                assert_eq!(scene.shape, Shape::Named("built".into(), vec![1, 2]));
                let circle = Shape::Circle { radius: 4.0, sink: None, body: vec![] };
                assert_eq!(scene.shapes, [circle, Shape::Hollow {}, Shape::Empty]);
                assert!(matches!(scene.option, Some(Shape::Leaf(leaf)) if leaf.n == 6));
            }

            #[test]
            fn unknown_kinds_are_refused_and_read_as_zero() {
                let mut bytes = Scene { shape: Shape::Hollow {}, ..Scene::default() }.encode().unwrap();
                let at = Scene::LAYOUT.fields[0].at.at as usize;
                bytes[at] = 77;
                assert_eq!(Scene::decode(&bytes).unwrap_err().cause(), karmem::Cause::Enumerator);
                assert!(matches!(Scene::view_unverified(&bytes).shape(), ShapeView::Empty));
            }
        }
    };
}

union!(slot #[repr(u8)]);
union!(wide #[repr(u32)] #[karmem(layout = "packed")]);
union!(spread #[repr(u8)] #[karmem(spread)]);
union!(spread_packed #[repr(u16)] #[karmem(spread, layout = "packed")]);
union!(spread_c #[repr(u8)] #[karmem(spread, layout = "c")]);

#[test]
fn a_spread_union_has_a_reference_per_variant() {
    let karmem::schema::Type::Union(schema) = spread_packed::Scene::LAYOUT.fields[0].ty else {
        panic!("no union")
    };
    let spread = (schema.get)().spread.as_ref().unwrap();
    assert_eq!(
        (spread.layout.size, spread.at.len(), spread.at[0].at),
        (2 + 5 * 4, 5, 2)
    );
    let karmem::schema::Type::Union(schema) = spread::Scene::LAYOUT.fields[0].ty else {
        panic!("no union")
    };
    let spread = (schema.get)().spread.as_ref().unwrap();
    assert_eq!(
        (spread.layout.size, spread.layout.align, spread.at[4].at),
        (48, 8, 40)
    );
    assert_eq!(spread::Scene::LAYOUT.fields[0].size, 48);
    assert_eq!(slot::Scene::LAYOUT.fields[0].size, 8);
}

/// The variant that is 0 has data.
#[derive(Clone, Debug, PartialEq, Karmem)]
enum Id {
    Number(u32),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(table)]
struct Ids {
    id: Id,
    more: Vec<Id>,
}

#[test]
fn the_default_variant_may_have_data() {
    let value = Ids {
        id: Id::Text("t".into()),
        more: vec![Id::Number(1), Id::Text("u".into())],
    };
    round_trip(
        &value,
        Ids {
            id: Id::Number(5),
            more: vec![],
        },
    );
    let empty = Ids::decode(&[4, 0, 0, 0]).unwrap();
    assert_eq!(
        empty,
        Ids {
            id: Id::Number(0),
            more: vec![]
        }
    );
    assert!(matches!(Ids::view(&[4, 0, 0, 0]).unwrap().id(), IdView::Number(id) if id.f0() == 0));
}
