//! Const models written by hand, as the derive would write them, for the tests of this crate.

use karmem_core::layout::{Class, Layout, Part, Placed, Rule, place};
use karmem_core::schema::{
    Enum, Field, Interface, Method, Name, Named, Param, Pass, Scalar, Spread, Struct, Type, Union,
    Variant,
};
use karmem_core::section::{self, Item};

/// A field by its name, type, size, alignment, and whether it has a presence byte.
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) ty: Type,
    pub(crate) size: u32,
    pub(crate) align: u32,
    pub(crate) flag: bool,
    pub(crate) max: Option<u32>,
}

pub(crate) const fn plain(name: &'static str, ty: Type, size: u32, align: u32) -> Plan {
    Plan {
        name,
        ty,
        size,
        align,
        flag: false,
        max: None,
    }
}

/// A field that is one 64-bit slot.
pub(crate) const fn slot(name: &'static str, ty: Type) -> Plan {
    plain(name, ty, 8, 8)
}

pub(crate) const fn limited(name: &'static str, ty: Type, max: u32) -> Plan {
    Plan {
        max: Some(max),
        ..slot(name, ty)
    }
}

pub(crate) const fn flagged(plan: Plan) -> Plan {
    Plan { flag: true, ..plan }
}

pub(crate) const fn scalar(name: &'static str, scalar: Scalar) -> Plan {
    plain(name, Type::Scalar(scalar), scalar.size(), scalar.size())
}

pub(crate) const fn places<const N: usize>(
    rule: Rule,
    class: Class,
    plans: &[Plan; N],
) -> Placed<N> {
    let mut parts = [Part {
        layout: Layout { size: 0, align: 1 },
        flag: false,
    }; N];
    let mut i = 0;
    while i < N {
        let plan = &plans[i];
        parts[i] = Part {
            layout: Layout {
                size: plan.size,
                align: plan.align,
            },
            flag: plan.flag,
        };
        i += 1;
    }
    place(rule, class, parts)
}

pub(crate) const fn field<const N: usize>(
    plans: &[Plan; N],
    placed: &Placed<N>,
    i: usize,
) -> Field {
    let plan = &plans[i];
    Field {
        name: plan.name,
        rust_name: plan.name,
        ty: plan.ty,
        at: placed.at[i],
        size: plan.size,
        flag: plan.flag,
        max: plan.max,
    }
}

/// A struct with its static, its named reference and its line of a section.
macro_rules! structure {
    ($static:ident $named:ident, $name:literal, $class:ident $rule:ident, $id:expr, [$($plan:expr),* $(,)?]) => {
        pub(crate) static $static: Struct = {
            const PLANS: &[Plan; [$(stringify!($plan)),*].len()] = &[$($plan),*];
            const PLACED: Placed<{ PLANS.len() }> = places(Rule::$rule, Class::$class, PLANS);
            Struct {
                name: Name { km: $name, path: concat!("test::", $name) },
                class: Class::$class,
                rule: Rule::$rule,
                layout: PLACED.layout,
                id: $id,
                fields: {
                    const FIELDS: [Field; PLANS.len()] = {
                        let mut i = 0;
                        [$({
                            let _: &str = stringify!($plan);
                            i += 1;
                            field(PLANS, &PLACED, i - 1)
                        }),*]
                    };
                    &FIELDS
                },
            }
        };
        pub(crate) const $named: Type =
            Type::Struct(Named { name: Name { km: $name, path: concat!("test::", $name) }, get: || &$static });
    };
}
pub(crate) use structure;

/// A field-less enum.
macro_rules! enumeration {
    ($static:ident $named:ident, $name:literal, $repr:ident, [$($value:literal = $number:expr),* $(,)?]) => {
        pub(crate) static $static: Enum = Enum {
            name: Name { km: $name, path: concat!("test::", $name) },
            repr: Scalar::$repr,
            values: &[$(($value, $number)),*],
        };
        pub(crate) const $named: Type =
            Type::Enum(Named { name: Name { km: $name, path: concat!("test::", $name) }, get: || &$static });
    };
}
pub(crate) use enumeration;

const F32: Type = Type::Scalar(Scalar::F32);

enumeration!(COLOR_ENUM COLOR, "Color", U8, ["Red" = 0, "Green" = 1, "Blue" = 2]);
enumeration!(TEAM_ENUM TEAM, "Team", U8,
    ["Humans" = 0, "Orcs" = 1, "Zombies" = 2, "Robots" = 3, "Aliens" = 4]);
structure!(VEC3_STRUCT VEC3, "Vec3", Inline Padded, None,
    [scalar("X", Scalar::F32), scalar("Y", Scalar::F32), scalar("Z", Scalar::F32)]);
structure!(WEAPON_STRUCT WEAPON, "WeaponData", Table Padded, None, [
    scalar("Damage", Scalar::I32),
    scalar("Ammo", Scalar::U16),
    scalar("ClipSize", Scalar::U8),
    scalar("ReloadTime", Scalar::F32),
    scalar("Range", Scalar::I32),
]);
structure!(MONSTER_STRUCT MONSTER, "MonsterData", Table Padded, None, [
    plain("Pos", VEC3, 16, 8),
    scalar("Mana", Scalar::I16),
    scalar("Health", Scalar::I16),
    limited("Name", Type::Text, 512),
    plain("Team", TEAM, 1, 1),
    limited("Inventory", Type::Slice(&Type::Scalar(Scalar::U8)), 128),
    plain("Color", COLOR, 1, 1),
    plain("Hitbox", Type::Array(&Type::Scalar(Scalar::F64), 5), 40, 8),
    limited("Status", Type::Slice(&Type::Scalar(Scalar::I32)), 10),
    plain("Weapons", Type::Array(&WEAPON, 4), 32, 8),
    limited("Path", Type::Slice(&VEC3), 2000),
    scalar("IsAlive", Scalar::Bool),
]);
structure!(MONSTERS_STRUCT MONSTERS, "Monsters", Table Padded, None,
    [limited("Monsters", Type::Slice(&MONSTER), 2000)]);

// A tree, so that types refer to each other in a circle.
structure!(NODE_STRUCT NODE, "Node", Table Padded, Some(77), [
    slot("Next", Type::Option(&NODE)),
    slot("Children", Type::Slice(&NODE)),
    flagged(plain("Weight", Type::Option(&Type::Scalar(Scalar::F64)), 8, 8)),
]);

structure!(CIRCLE_STRUCT CIRCLE, "Circle", Table Padded, None, [scalar("Radius", Scalar::F32)]);
structure!(BOX_STRUCT BOX, "BoxShape", Table Padded, None, [slot("Sides", Type::Slice(&F32))]);
const CIRCLE_NAMED: Named<Struct> = Named {
    name: Name {
        km: "Circle",
        path: "test::Circle",
    },
    get: || &CIRCLE_STRUCT,
};
const BOX_NAMED: Named<Struct> = Named {
    name: Name {
        km: "BoxShape",
        path: "test::BoxShape",
    },
    get: || &BOX_STRUCT,
};

pub(crate) static SHAPE_UNION: Union = Union {
    name: Name {
        km: "Shape",
        path: "test::Shape",
    },
    repr: Scalar::U8,
    variants: &[
        Variant {
            name: "Nothing",
            value: 0,
            table: None,
        },
        Variant {
            name: "Circle",
            value: 1,
            table: Some(CIRCLE_NAMED),
        },
        Variant {
            name: "BoxShape",
            value: 7,
            table: Some(BOX_NAMED),
        },
    ],
    spread: Some(Spread {
        rule: Rule::Padded,
        layout: SHAPE_PLACED.layout,
        at: &[SHAPE_PLACED.at[1], SHAPE_PLACED.at[2]],
    }),
};
const SHAPE_PLACED: Placed<3> = places(
    Rule::Padded,
    Class::Inline,
    &[
        scalar("Kind", Scalar::U8),
        slot("Circle", CIRCLE),
        slot("BoxShape", BOX),
    ],
);
pub(crate) const SHAPE: Type = Type::Union(Named {
    name: Name {
        km: "Shape",
        path: "test::Shape",
    },
    get: || &SHAPE_UNION,
});

pub(crate) static SLOT_UNION: Union = Union {
    name: Name {
        km: "Either",
        path: "test::Either",
    },
    repr: Scalar::U8,
    variants: &[
        Variant {
            name: "Nothing",
            value: 0,
            table: None,
        },
        Variant {
            name: "Circle",
            value: 1,
            table: Some(CIRCLE_NAMED),
        },
    ],
    spread: None,
};
pub(crate) const EITHER: Type = Type::Union(Named {
    name: Name {
        km: "Either",
        path: "test::Either",
    },
    get: || &SLOT_UNION,
});

const TEXTS: Type = Type::Slice(&Type::Text);
const PAIRS: Type = Type::Array(&F32, 2);
structure!(PIXEL_STRUCT PIXEL, "Pixel", Inline C, None,
    [scalar("R", Scalar::U8), scalar("G", Scalar::U8), scalar("B", Scalar::U8)]);

// One field of every composite form.
structure!(ZOO_STRUCT ZOO, "Zoo", Table Padded, None, [
    scalar("Pad0", Scalar::U8),
    flagged(plain("Nick", Type::Option(&Type::Text), 8, 8)),
    flagged(plain("Age", Type::Option(&Type::Scalar(Scalar::U32)), 4, 4)),
    slot("Weapon", Type::Option(&WEAPON)),
    slot("Best", WEAPON),
    slot("Teams", Type::Slice(&TEAM)),
    slot("Names", TEXTS),
    slot("Grid", Type::Slice(&Type::Slice(&F32))),
    slot("Lines", Type::Slice(&TEXTS)),
    plain("Matrix", Type::Array(&PAIRS, 3), 24, 4),
    slot("Holes", Type::Slice(&Type::Option(&Type::Scalar(Scalar::F64)))),
    slot("Spare", Type::Slice(&Type::Option(&WEAPON))),
    limited("Scores", Type::Map(&Type::Text, &Type::Option(&Type::Scalar(Scalar::U16))), 9),
    slot("ByTeam", Type::Slice(&Type::Map(&Type::Scalar(Scalar::U8), &WEAPON))),
    plain("Shape", SHAPE, 24, 8),
    slot("Shapes", Type::Slice(&SHAPE)),
    scalar("Letter", Scalar::Char),
    slot("Image", Type::Slice(&PIXEL)),
    plain("Dot", PIXEL, 3, 1),
]);

/// The lines of types as the linker would put them into a section.
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

/// The section of a module with `Monsters`.
pub(crate) fn game_section() -> Vec<u8> {
    section_of![
        Item::Struct(&MONSTERS_STRUCT),
        Item::Struct(&MONSTER_STRUCT),
        Item::Struct(&WEAPON_STRUCT),
        Item::Struct(&VEC3_STRUCT),
        Item::Enum(&COLOR_ENUM),
        Item::Enum(&TEAM_ENUM),
    ]
}

/// The section of a module with `Zoo`, `Node` and `Either`.
pub(crate) fn zoo_section() -> Vec<u8> {
    section_of![
        Item::Union(&SLOT_UNION),
        Item::Struct(&ZOO_STRUCT),
        Item::Struct(&NODE_STRUCT),
        Item::Union(&SHAPE_UNION),
        Item::Struct(&CIRCLE_STRUCT),
        Item::Struct(&BOX_STRUCT),
        Item::Struct(&PIXEL_STRUCT),
        Item::Struct(&WEAPON_STRUCT),
        Item::Enum(&TEAM_ENUM),
    ]
}

/// The same lines, changed by `change`, with hashes that are right again.
pub(crate) fn rehashed(section: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let text = std::str::from_utf8(section).expect("a section is text");
    hashed(text.lines().map(|line| {
        let (body, _) = line.rsplit_once(" #").expect("a line has a hash");
        change(body)
    }))
}

/// A section of lines, each with its hash.
pub(crate) fn hashed(lines: impl IntoIterator<Item = String>) -> Vec<u8> {
    let lines = lines.into_iter().map(|body| {
        let hash = section::fnv1a(body.as_bytes());
        format!("{body} #{hash:016x}\n")
    });
    lines.collect::<String>().into_bytes()
}

/// The types of [`zoo_section`] in the order of their paths.
pub(crate) fn zoo_roots() -> &'static [Type] {
    &[BOX, CIRCLE, EITHER, NODE, PIXEL, SHAPE, TEAM, WEAPON, ZOO]
}

/// An interface with every way to pass something.
pub(crate) static PHYSICS: Interface = Interface {
    package: "game",
    name: "rigid_physics",
    version: 2,
    methods: &[
        Method {
            name: "step",
            params: &[
                Param {
                    name: "world",
                    pass: Pass::ViewMut(MONSTERS),
                },
                Param {
                    name: "dt",
                    pass: Pass::Scalar(F32),
                },
            ],
            ok: Some(Pass::Message(WEAPON)),
            err: None,
        },
        Method {
            name: "find",
            params: &[
                Param {
                    name: "world",
                    pass: Pass::View(MONSTERS),
                },
                Param {
                    name: "near",
                    pass: Pass::Message(VEC3),
                },
                Param {
                    name: "last",
                    pass: Pass::Shared(MONSTER),
                },
            ],
            ok: Some(Pass::Shared(MONSTER)),
            err: Some(Pass::Scalar(TEAM)),
        },
        Method {
            name: "reset",
            params: &[],
            ok: None,
            err: None,
        },
    ],
};

/// The game's types and [`PHYSICS`].
pub(crate) fn physics_section() -> Vec<u8> {
    const LEN: usize = section::interface_len(&PHYSICS);
    let mut bytes = section::interface_fragment::<LEN>(&PHYSICS).to_vec();
    bytes.extend(game_section());
    bytes
}
