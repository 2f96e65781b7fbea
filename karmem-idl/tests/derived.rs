//! Derived types against this crate: what rustc placed by traits is what the schema's rule gives, and
//! the description that goes into a module says the same as the one that a program walks.

#![allow(dead_code, reason = "the types are only described")]

use std::collections::BTreeMap;

use karmem_core::schema::Type;
use karmem_core::section::{self, Item};
use karmem_core::shape::Shape;
use karmem_core::wire::Wire;
use karmem_derive::Karmem;
use karmem_idl::Schema;

/// Every kind of field in every layout.
macro_rules! layouts {
    ($($module:ident $rule:literal $wire:ident)*) => {$(
        mod $module {
            use super::*;

            #[derive(Karmem, Clone, Copy, Default)]
            #[karmem(crate = "::karmem_core")]
            #[repr(u16)]
            pub enum Team {
                #[default]
                Humans,
                Orcs = 300,
            }

            #[derive(Karmem, Default)]
            #[karmem(crate = "::karmem_core", layout = $rule)]
            #[cfg_attr(any(), repr(C))]
            pub struct Point {
                pub x: f32,
                pub y: u8,
            }

            #[derive(Karmem, Default)]
            #[karmem(crate = "::karmem_core", layout = $rule, table)]
            pub struct Leaf {
                pub a: u64,
                pub b: u16,
            }

            #[derive(Karmem, Default)]
            #[karmem(crate = "::karmem_core", layout = $rule, table)]
            pub struct Every {
                pub a: u8,
                pub text: String,
                pub b: bool,
                pub point: Point,
                pub c: char,
                pub leaf: Leaf,
                pub d: u8,
                pub maybe_leaf: Option<Leaf>,
                pub maybe_text: Option<String>,
                pub maybe_number: Option<u64>,
                pub maybe_point: Option<Point>,
                pub maybe_pair: Option<[u16; 2]>,
                pub team: Team,
                pub teams: [Team; 3],
                pub leaves: [Leaf; 2],
                pub texts: [String; 2],
                pub e: u8,
                pub holes: [Option<u32>; 3],
                pub spare: [Option<Leaf>; 2],
                pub maybe_texts: [Option<String>; 2],
                pub maybe_points: [Option<Point>; 2],
                pub matrix: [[u16; 3]; 2],
                pub lists: [Vec<u8>; 2],
                pub list: Vec<Vec<Leaf>>,
                #[karmem(max = 9)]
                pub map: BTreeMap<u16, Option<Leaf>>,
                pub maps: [BTreeMap<String, Point>; 2],
                pub points: [Point; 2],
                pub last: u8,
            }

            #[test]
            fn the_section_of_the_module_is_believed() {
                let section = section_of![
                    Item::Struct(<Every as Shape>::SCHEMA),
                    Item::Struct(<Leaf as Shape>::SCHEMA),
                    Item::Struct(<Point as Shape>::SCHEMA),
                    Item::Enum((TEAM.get)()),
                ];
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

fn main() {}
