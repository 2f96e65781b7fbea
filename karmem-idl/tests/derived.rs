//! Derived types against this crate: what rustc placed by traits is what the schema's rule gives, and
//! the description that goes into a module says the same as the one that a program walks.

#![allow(dead_code, reason = "the types are only described")]

use std::collections::BTreeMap;

use karmem_core::section::{self, Item};
use karmem_core::shape::Shape;
use karmem_core::wire::Wire;
use karmem_derive::Karmem;
use karmem_idl::Schema;

macro_rules! section_of {
    ($($item:expr),* $(,)?) => {{
        let mut bytes: Vec<u8> = Vec::new();
        $({
            const ITEM: Item = $item;
            bytes.extend(section::fragment::<{ section::len(&ITEM) }>(&ITEM));
        })*
        bytes
    }};
}

/// Every kind of field in every layout.
macro_rules! layouts {
    ($($module:ident $rule:literal $wire:ident $nested:meta;)*) => {$(
        mod $module {
            use super::*;

            #[derive(Karmem, Clone, Copy, Debug, Default)]
            #[karmem(crate = "::karmem_core")]
            #[repr(u16)]
            enum Team {
                #[default]
                Humans,
                Orcs = 300,
            }

            #[derive(Karmem, Default)]
            #[karmem(crate = "::karmem_core", layout = $rule)]
            struct Point {
                x: f32,
                y: u8,
            }

            #[derive(Karmem, Default)]
            #[karmem(crate = "::karmem_core", layout = $rule, table)]
            struct Leaf {
                a: u64,
                b: u16,
            }

            #[derive(Karmem, Default)]
            #[karmem(crate = "::karmem_core", layout = $rule, table)]
            struct Every {
                a: u8,
                text: String,
                b: bool,
                point: Point,
                c: char,
                leaf: Leaf,
                d: u8,
                maybe_leaf: Option<Leaf>,
                maybe_text: Option<String>,
                maybe_number: Option<u64>,
                maybe_point: Option<Point>,
                maybe_pair: Option<[u16; 2]>,
                team: Team,
                teams: [Team; 3],
                leaves: [Leaf; 2],
                #[cfg($nested)]
                texts: [String; 2],
                e: u8,
                #[cfg($nested)]
                holes: [Option<u32>; 3],
                #[cfg($nested)]
                spare: [Option<Leaf>; 2],
                #[cfg($nested)]
                maybe_texts: [Option<String>; 2],
                #[cfg($nested)]
                maybe_points: [Option<Point>; 2],
                matrix: [[u16; 3]; 2],
                #[cfg($nested)]
                lists: [Vec<u8>; 2],
                #[cfg($nested)]
                list: Vec<Vec<Leaf>>,
                #[karmem(max = 9)]
                map: BTreeMap<u16, Option<Leaf>>,
                #[cfg($nested)]
                maps: [BTreeMap<String, Point>; 2],
                points: [Point; 2],
                last: u8,
            }

            #[test]
            fn the_section_of_the_module_is_believed() {
                let mut section = section_of![
                    Item::Struct(<Every as Shape>::SCHEMA),
                    Item::Struct(<Leaf as Shape>::SCHEMA),
                    Item::Struct(<Point as Shape>::SCHEMA),
                ];
                // An enum shows its schema only to code that runs.
                let team = concat!("karmem1 enum ", module_path!(), "::Team Team u16 Humans=0 Orcs=300");
                section.extend(format!("{team} #{:016x}\n", section::fnv1a(team.as_bytes())).bytes());
                let read = match Schema::from_section(&section) {
                    Ok(schema) => schema,
                    Err(error) => panic!("{error}\n{}", String::from_utf8_lossy(&section)),
                };
                let every = <Every as Wire<karmem_core::rule::$wire>>::TYPE;
                let built = Schema::from_types("every", &[every]);
                let [a, b] = [&read, &built].map(|schema| schema.find("Every").expect("a type"));
                assert_eq!(read.fingerprint(a), built.fingerprint(b));
                let side = |label, schema, ty| karmem_idl::Side { label, schema, ty };
                assert_eq!(karmem_idl::differences(side("module", &read, a), side("program", &built, b), 1), []);
            }
        }
    )*};
}

layouts! {
    padded "padded" Padded all();
    c "c" C all();
    packed "packed" Packed all();
    // The derive refuses lists of what needs a wrapper there.
    legacy "legacy" Legacy any();
}
