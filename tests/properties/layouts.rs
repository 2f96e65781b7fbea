//! The laws of the placement of fields, on random structs.

use karmem::layout::{At, Class, Layout, Part, Placed, Rule, align_up, place, place_into};
use proptest::prelude::*;

use super::config;

const RULES: [Rule; 4] = [Rule::Padded, Rule::C, Rule::Packed, Rule::Legacy];

fn rules() -> impl Strategy<Value = Rule> {
    proptest::sample::select(&RULES[..])
}

fn classes() -> impl Strategy<Value = Class> {
    prop_oneof![Just(Class::Inline), Just(Class::Table)]
}

/// A field: its size is a multiple of its alignment, as of all types.
fn parts() -> impl Strategy<Value = Part> {
    (0..4u32, 1..20u32, any::<bool>()).prop_map(|(log, count, flag)| {
        let align = 1 << log;
        Part {
            layout: Layout {
                size: align * count,
                align,
            },
            flag,
        }
    })
}

fn placed(rule: Rule, class: Class, parts: &[Part]) -> (Vec<At>, Layout) {
    let mut at = vec![At { flag: 0, at: 0 }; parts.len()];
    let layout = place_into(rule, class, parts, &mut at).expect("small structs fit");
    (at, layout)
}

/// The first byte of a field, its presence byte included.
fn start(part: &Part, at: At) -> u32 {
    if part.flag { at.flag } else { at.at }
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn fields_follow_each_other_aligned(
        rule in rules(), class in classes(), parts in prop::collection::vec(parts(), 1..20),
    ) {
        let (at, layout) = placed(rule, class, &parts);
        let mut end = if class == Class::Table { 4 } else { 0 };
        for (part, at) in parts.iter().zip(&at) {
            // In order, without overlap, and no further than alignment asks.
            prop_assert_eq!(start(part, *at), if part.flag { end } else { at.at });
            prop_assert!(at.at >= end + u32::from(part.flag));
            prop_assert!(at.at - end - u32::from(part.flag) < rule.align_of(part.layout.align));
            prop_assert_eq!(at.at % rule.align_of(part.layout.align), 0);
            end = at.at + part.layout.size;
        }
        prop_assert!(layout.size >= end);
        let tail = layout.size - end;
        match (rule, class) {
            (Rule::Padded, _) => {
                prop_assert_eq!((layout.align, layout.size % 8), (8, 0));
                prop_assert!(tail < 8);
            }
            (Rule::C, _) => {
                let header = if class == Class::Table { 4 } else { 1 };
                let largest = parts.iter().map(|part| part.layout.align).fold(header, u32::max);
                prop_assert_eq!((layout.align, layout.size % largest), (largest, 0));
                prop_assert!(tail < largest);
            }
            (Rule::Packed, _) | (Rule::Legacy, Class::Table) => prop_assert_eq!((layout.align, tail), (1, 0)),
            (Rule::Legacy, Class::Inline) => {
                prop_assert_eq!((layout.align, layout.size % 8), (1, 0));
                prop_assert!((1..=8).contains(&tail));
            }
        }
    }

    #[test]
    fn packed_has_no_gaps(class in classes(), parts in prop::collection::vec(parts(), 1..20)) {
        let (_, layout) = placed(Rule::Packed, class, &parts);
        let header = if class == Class::Table { 4 } else { 0 };
        let bytes: u32 = parts.iter().map(|part| part.layout.size + u32::from(part.flag)).sum();
        prop_assert_eq!(layout.size, header + bytes);
    }

    #[test]
    fn an_appended_field_moves_nothing(
        rule in rules(), class in classes(), parts in prop::collection::vec(parts(), 2..20),
    ) {
        let (all, whole) = placed(rule, class, &parts);
        for n in 1..parts.len() {
            let (some, part) = placed(rule, class, &parts[..n]);
            prop_assert_eq!(&some[..], &all[..n]);
            prop_assert!(part.size <= whole.size);
        }
    }

    #[test]
    fn a_constant_is_placed_by_the_same_rule(
        rule in rules(), class in classes(), parts in prop::array::uniform5(parts()),
    ) {
        let Placed { at, layout } = place(rule, class, parts);
        prop_assert_eq!((at.to_vec(), layout), placed(rule, class, &parts));
    }

    #[test]
    fn what_does_not_fit_is_refused(
        rule in rules(), class in classes(), size in u32::MAX - 24.., parts in prop::collection::vec(parts(), 1..4),
    ) {
        let huge = Part { layout: Layout { size, align: 1 }, flag: false };
        let all: Vec<_> = parts.iter().chain([&huge]).chain(&parts).chain(&parts).copied().collect();
        let mut at = vec![At { flag: 0, at: 0 }; all.len()];
        let needed: u64 = all.iter().map(|part| u64::from(part.layout.size) + u64::from(part.flag)).sum();
        let placed = place_into(rule, class, &all, &mut at);
        if needed > u64::from(u32::MAX) {
            prop_assert_eq!(placed, None);
        }
        if let Some(layout) = placed {
            prop_assert!(u64::from(layout.size) >= needed);
        }
        prop_assert_eq!(place_into(rule, class, &parts, &mut at[..parts.len() - 1]), None, "no room for the offsets");
    }

    #[test]
    fn align_up_is_the_next_multiple(offset: u32, log in 0..4u32) {
        let align = 1u32 << log;
        match align_up(offset, align) {
            Some(up) => {
                prop_assert_eq!(up % align, 0);
                prop_assert!(up >= offset && up - offset < align);
            }
            None => prop_assert!(offset > u32::MAX - align),
        }
    }
}

/// What the compiler does with the same fields in the same order.
#[test]
fn c_is_the_layout_of_the_compiler() {
    macro_rules! same {
        ($($name:ident { $($field:ident: $ty:ty),* })*) => {$(
            #[repr(C)]
            struct $name { $($field: $ty),* }
            let parts = [$(Part {
                layout: Layout { size: size_of::<$ty>() as u32, align: align_of::<$ty>() as u32 },
                flag: false,
            }),*];
            let (at, layout) = placed(Rule::C, Class::Inline, &parts);
            let expected = [$(std::mem::offset_of!($name, $field) as u32),*];
            assert_eq!(at.iter().map(|at| at.at).collect::<Vec<_>>(), expected, stringify!($name));
            let own = (size_of::<$name>() as u32, align_of::<$name>() as u32);
            assert_eq!((layout.size, layout.align), own, stringify!($name));
        )*};
    }
    // `u64` has the alignment 4 on some 32-bit machines, and 8 in every message.
    #[cfg(target_pointer_width = "64")]
    same! {
        Wide { a: u8, b: u64, c: u16 }
        Late { a: [u16; 3], b: f64, c: bool }
    }
    same! {
        One { a: u8 }
        Odd { a: u8, b: u16, c: u8 }
        Words { a: u16, b: u32, c: u8, d: u8, e: u16 }
        Row { a: [u8; 5], b: f32, c: [u8; 3] }
    }
}
