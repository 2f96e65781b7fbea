//! The schemas of the vectors as Rust types: the derive alone has to find every offset.

pub(crate) mod amplify;
pub(crate) mod evoone;
pub(crate) mod evotwo;
pub(crate) mod game;
pub(crate) mod gamepad;
pub(crate) mod gamepad_direct;
pub(crate) mod inroot;
pub(crate) mod kmparser;
pub(crate) mod pscalar;
pub(crate) mod pslice;

use karmem::Karmem;
use karmem::schema::Struct;

/// Calls a generic function with the type of a root: `dispatch!(schema, root, f(arguments))`.
macro_rules! dispatch {
    ($schema:expr, $root:expr, $run:ident($($arg:expr),*)) => {{
        use crate::types::*;
        match ($schema, $root) {
            ("amplify", "AData") => $run::<amplify::AData>($($arg),*),
            ("evoone", "Doc") => $run::<evoone::Doc>($($arg),*),
            ("evoone", "RecData") => $run::<evoone::RecData>($($arg),*),
            ("evotwo", "Doc") => $run::<evotwo::Doc>($($arg),*),
            ("evotwo", "RecData") => $run::<evotwo::RecData>($($arg),*),
            ("game", "Vec3") => $run::<game::Vec3>($($arg),*),
            ("game", "WeaponData") => $run::<game::WeaponData>($($arg),*),
            ("game", "MonsterData") => $run::<game::MonsterData>($($arg),*),
            ("game", "Monsters") => $run::<game::Monsters>($($arg),*),
            ("gamepad", "Monsters") => $run::<gamepad::Monsters>($($arg),*),
            ("inroot", "Flat") => $run::<inroot::Flat>($($arg),*),
            ("inroot", "Nested") => $run::<inroot::Nested>($($arg),*),
            ("kmparser", "Content") => $run::<kmparser::Content>($($arg),*),
            ("pscalar", "Mixed") => $run::<pscalar::Mixed>($($arg),*),
            ("pscalar", "Scalars") => $run::<pscalar::Scalars>($($arg),*),
            ("pscalar", "Tiny") => $run::<pscalar::Tiny>($($arg),*),
            ("pslice", "Slices") => $run::<pslice::Slices>($($arg),*),
            (schema, root) => panic!("no type for {schema}.{root}: add it here"),
        }
    }};
}
pub(crate) use dispatch;

macro_rules! layouts {
    ($module:ident: $($ty:ident)*) => { &[$($module::$ty::LAYOUT),*] };
}

/// All structs of a schema, in its order.
pub(crate) fn structs(schema: &str) -> &'static [&'static Struct] {
    match schema {
        "amplify" => layouts!(amplify: DData D CData C BData B AData),
        "evoone" => layouts!(evoone: RecData Rec Doc),
        "evotwo" => layouts!(evotwo: ExtraData Extra RecData Rec Doc),
        "game" => layouts!(game: Vec3 WeaponData Weapon MonsterData Monster Monsters),
        "gamepad" => layouts!(gamepad: Vec3 WeaponData Weapon MonsterData Monster Monsters),
        "inroot" => layouts!(inroot: Vec Flat Nested),
        "kmparser" => layouts!(kmparser: Type PaddingType Tag StructSize StructFieldSize
            EnumFieldData EnumField EnumData Enumeration StructFieldData StructField StructData
            Structure ContentSize ContentOptions Content),
        "pscalar" => layouts!(pscalar: Point Small Mixed Scalars Tiny),
        "pslice" => layouts!(pslice: Pair Cell Row Slices),
        _ => panic!("no types for {schema}: add them here"),
    }
}
