//! Strategies: random values of every type of the zoo.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;

use super::zoo::*;

/// A type with random values. They nest at most `depth` levels of tables that hold themselves.
pub trait Any: Sized + Clone + std::fmt::Debug + 'static {
    fn any(depth: u32) -> BoxedStrategy<Self>;
}

/// How long lists and texts become.
const LEN: usize = 4;

macro_rules! scalars {
    ($($ty:ident)*) => {$(
        impl Any for $ty {
            fn any(_: u32) -> BoxedStrategy<$ty> {
                any::<$ty>().boxed()
            }
        }
    )*};
}
scalars!(bool u8 i8 u16 i16 u32 i32 u64 i64 char);

// No NaN, which is equal to nothing.
impl Any for f32 {
    fn any(_: u32) -> BoxedStrategy<f32> {
        use proptest::num::f32::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
        (NORMAL | SUBNORMAL | ZERO | INFINITE | POSITIVE | NEGATIVE).boxed()
    }
}

impl Any for f64 {
    fn any(_: u32) -> BoxedStrategy<f64> {
        use proptest::num::f64::{INFINITE, NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
        (NORMAL | SUBNORMAL | ZERO | INFINITE | POSITIVE | NEGATIVE).boxed()
    }
}

impl Any for Team {
    fn any(_: u32) -> BoxedStrategy<Team> {
        prop_oneof![Just(Team::Humans), Just(Team::Orcs), Just(Team::Zombies)].boxed()
    }
}

impl Any for Colour {
    fn any(_: u32) -> BoxedStrategy<Colour> {
        prop_oneof![Just(Colour::Red), Just(Colour::None), Just(Colour::Blue)].boxed()
    }
}

impl Any for String {
    fn any(_: u32) -> BoxedStrategy<String> {
        text(3 * LEN)
    }
}

/// Text of at most `max` bytes.
fn text(max: usize) -> BoxedStrategy<String> {
    vec(any::<char>(), 0..=max)
        .prop_map(move |chars| {
            let mut text = String::new();
            for c in chars {
                if text.len() + c.len_utf8() <= max {
                    text.push(c);
                }
            }
            text
        })
        .boxed()
}

impl Any for Box<str> {
    fn any(depth: u32) -> BoxedStrategy<Box<str>> {
        String::any(depth).prop_map(Into::into).boxed()
    }
}

impl<T: Any> Any for Vec<T> {
    fn any(depth: u32) -> BoxedStrategy<Vec<T>> {
        vec(T::any(depth), 0..=LEN).boxed()
    }
}

impl<T: Any> Any for Box<[T]> {
    fn any(depth: u32) -> BoxedStrategy<Box<[T]>> {
        Vec::<T>::any(depth).prop_map(Into::into).boxed()
    }
}

impl<T: Any> Any for Box<T> {
    fn any(depth: u32) -> BoxedStrategy<Box<T>> {
        T::any(depth).prop_map(Box::new).boxed()
    }
}

impl<T: Any> Any for Option<T> {
    fn any(depth: u32) -> BoxedStrategy<Option<T>> {
        proptest::option::of(T::any(depth)).boxed()
    }
}

impl<T: Any, const N: usize> Any for [T; N] {
    fn any(depth: u32) -> BoxedStrategy<[T; N]> {
        vec(T::any(depth), N)
            .prop_map(|values| values.try_into().expect("of this length"))
            .boxed()
    }
}

impl<K: Any + Ord, V: Any> Any for BTreeMap<K, V> {
    fn any(depth: u32) -> BoxedStrategy<BTreeMap<K, V>> {
        btree_map(K::any(depth), V::any(depth), 0..=LEN).boxed()
    }
}

impl<K: Any + Hash + Eq, V: Any> Any for HashMap<K, V> {
    fn any(depth: u32) -> BoxedStrategy<HashMap<K, V>> {
        hash_map(K::any(depth), V::any(depth), 0..=LEN).boxed()
    }
}

/// Structs, by the names of their fields: the compiler finds the types.
macro_rules! structs {
    ($($ty:ident { $($field:tt $var:ident),* })*) => {$(
        impl Any for $ty {
            fn any(depth: u32) -> BoxedStrategy<$ty> {
                $(let $var = Any::any(depth);)*
                ($($var,)*).prop_map(|($($var,)*)| $ty { $($field: $var),* }).boxed()
            }
        }
    )*};
}
structs! {
    Vec3 { x a, y b, z c }
    Numbers { a a, b b, c c, d d, e e, f f, g g, h h, i i, j j, k k, l l }
    Pair { 0 a, 1 b }
    Id { 0 a }
    Label { 0 a }
    Leaf { age a, name b }
    Holder { leaf a }
    Perch { leaf a }
    Arrays {
        small a, rows b, points c, teams d, names e, perhaps f, lists g, leaves h, boxed i, figures j,
        pairs k, ids l
    }
    Lists {
        bytes a, bools b, doubles c, chars d, teams e, points f, names g, words h, grid i, perhaps j,
        labels k, pairs l
    }
    Tables {
        leaf a, boxed b, leaves c, boxes d, gaps e, nested f, holders g, perches h, figures i, orders j,
        maps k, numbers l
    }
    Options {
        bool a, wide b, team c, point d, text e, list f, array g, leaf h, boxed i, figure j, map k, id l
    }
    Maps { counts a, names b, bytes c, leaves d, perhaps e, figures f, points g }
    PaddedPart { small a, wide b, text c, maybe d, words e, names f, rows g, leaf h, order i }
    CPart { small a, wide b, text c, maybe d, words e, names f, rows g, leaf h, order i }
    PackedPart { small a, wide b, text c, maybe d, words e, names f, rows g, leaf h, order i }
    LegacyPart { small a, wide b, text c, maybe d, words e, names f, rows g, leaf h, order i }
    Odd { value a }
    Word { bytes a }
    Mixed { packed a, legacy b, c c, tables d, old e }
}

/// Tables that hold themselves as `$child` and in `$children`.
macro_rules! nodes {
    ($($ty:ident { $child:ident, $children:ident; $($field:ident),* })*) => {$(
        impl Any for $ty {
            fn any(depth: u32) -> BoxedStrategy<$ty> {
                let below = depth.saturating_sub(1);
                let family = match depth {
                    0 => (Just(None).boxed(), Just(Vec::new()).boxed()),
                    _ => (Any::any(below), vec($ty::any(below), 0..=2).boxed()),
                };
                $(let $field = Any::any(below);)*
                (family, ($($field,)*))
                    .prop_map(|(($child, $children), ($($field,)*))| $ty { $child, $children, $($field),* })
                    .boxed()
            }
        }
    )*};
}
nodes! {
    Node { next, children; value, figure, order, colour, label }
    PaddedTable { child, herd; flag, wide, small, name, team, part, pair, odds, figure, parts }
    CTable { child, herd; flag, wide, small, name, team, part, pair, odds, figure, parts }
    PackedTable { child, herd; flag, wide, small, name, team, part, pair, odds, figure, parts }
    LegacyTable { child, herd; flag, wide, small, name, team, part, pair, odds, figure, parts }
}

impl Any for Figure {
    fn any(depth: u32) -> BoxedStrategy<Figure> {
        let flat = prop_oneof![
            Just(Figure::Empty),
            (f32::any(0), Vec3::any(0))
                .prop_map(|(radius, centre)| Figure::Circle { radius, centre }),
            String::any(0).prop_map(Figure::Named),
        ];
        if depth == 0 {
            return flat.boxed();
        }
        let group = (vec(Figure::any(depth - 1), 0..=2), Option::any(0))
            .prop_map(|(figures, number)| Figure::Group(figures, number));
        prop_oneof![flat, group].boxed()
    }
}

impl Any for Order {
    fn any(_: u32) -> BoxedStrategy<Order> {
        prop_oneof![
            Vec3::any(0).prop_map(|to| Order::Move { to }),
            <Box<str>>::any(0).prop_map(Order::Say),
            Just(Order::Wait),
        ]
        .boxed()
    }
}

impl Any for Limited {
    fn any(_: u32) -> BoxedStrategy<Limited> {
        let perhaps = proptest::option::of(vec(Leaf::any(0), 0..=2));
        let map = btree_map(any::<u8>(), String::any(0), 0..=3);
        (vec(any::<u32>(), 0..=4), text(6), perhaps, map)
            .prop_map(|(list, text, perhaps, map)| Limited {
                list,
                text,
                perhaps,
                map,
            })
            .boxed()
    }
}
