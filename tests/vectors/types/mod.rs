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
use karmem::schema::{Struct, Type};

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

macro_rules! types {
    ($module:ident: $($ty:ident)*) => { &[$($module::$ty::TYPE),*] };
}

/// All structs of a schema, in its order.
pub(crate) fn types(schema: &str) -> &'static [Type] {
    match schema {
        "amplify" => types!(amplify: DData D CData C BData B AData),
        "evoone" => types!(evoone: RecData Rec Doc),
        "evotwo" => types!(evotwo: ExtraData Extra RecData Rec Doc),
        "game" => types!(game: Vec3 WeaponData Weapon MonsterData Monster Monsters),
        "gamepad" => types!(gamepad: Vec3 WeaponData Weapon MonsterData Monster Monsters),
        "inroot" => types!(inroot: Vec Flat Nested),
        "kmparser" => types!(kmparser: Type PaddingType Tag StructSize StructFieldSize
            EnumFieldData EnumField EnumData Enumeration StructFieldData StructField StructData
            Structure ContentSize ContentOptions Content),
        "pscalar" => types!(pscalar: Point Small Mixed Scalars Tiny),
        "pslice" => types!(pslice: Pair Cell Row Slices),
        _ => panic!("no types for {schema}: add them here"),
    }
}

/// The layouts of [`types`].
pub(crate) fn structs(schema: &str) -> Vec<&'static Struct> {
    let layout = |ty: &Type| match ty {
        Type::Struct(named) => (named.get)(),
        other => panic!("{other:?} is no struct"),
    };
    types(schema).iter().map(layout).collect()
}
