//! What the derive writes, written by hand: types to test the runtime without the macro.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::eq_op,
    clippy::wrong_self_convention,
    reason = "it repeats itself as a macro does, and not all tests use all of it"
)]

use karmem_core as karmem;
use karmem_core::zerocopy::{FromBytes, Immutable, IntoBytes};

// ---- an inline struct -----------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Default, FromBytes, IntoBytes, Immutable)]
#[zerocopy(crate = "karmem_core::zerocopy")]
#[repr(C)]
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

/// A [`Vec3`] read in place.
#[derive(Clone, Copy)]
pub struct Vec3View<'m>(karmem::Inline<'m, Vec3>);

/// A [`Vec3`] that is changed in place.
#[derive(Clone, Copy)]
pub struct Vec3ViewMut<'m>(karmem::InlineMut<'m, Vec3>);

/// A [`Vec3`] that is being written.
pub struct Vec3Builder<'w, S>(karmem::StructBuilder<'w, S, Vec3>);

const _: () = {
    type L = karmem::rule::C;
    const PLACED: karmem::layout::Placed<3> = karmem::layout::place(
        karmem::layout::Rule::C,
        karmem::layout::Class::Inline,
        [
            <f32 as karmem::wire::Wire<L>>::PART,
            <f32 as karmem::wire::Wire<L>>::PART,
            <f32 as karmem::wire::Wire<L>>::PART,
        ],
    );
    const X: karmem::layout::At = PLACED.at[0];
    const Y: karmem::layout::At = PLACED.at[1];
    const Z: karmem::layout::At = PLACED.at[2];

    // Only with #[repr(C)] and layout = "c", where every field is a scalar.
    const _: () = {
        assert!(core::mem::offset_of!(Vec3, x) == X.at as usize);
        assert!(core::mem::offset_of!(Vec3, y) == Y.at as usize);
        assert!(core::mem::offset_of!(Vec3, z) == Z.at as usize);
        assert!(size_of::<Vec3>() == PLACED.layout.size as usize);
    };

    impl karmem::wire::Field for Vec3 {
        type Kind = karmem::kind::InlineStruct;
    }

    impl karmem::shape::Shape for Vec3 {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static karmem::schema::Struct = &karmem::schema::Struct {
            name: Self::NAMED.name,
            class: karmem::layout::Class::Inline,
            rule: karmem::layout::Rule::C,
            layout: PLACED.layout,
            id: None,
            fields: &[
                karmem::wire::field::<f32, L>("X", "x", X, None),
                karmem::wire::field::<f32, L>("Y", "y", Y, None),
                karmem::wire::field::<f32, L>("Z", "z", Z, None),
            ],
        };
        const NAMED: karmem::schema::Named<karmem::schema::Struct> = karmem::schema::Named {
            name: karmem::schema::Name {
                km: "Vec3",
                path: concat!(module_path!(), "::Vec3"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = <f32 as karmem::wire::Wire<L>>::ANY
            && <f32 as karmem::wire::Wire<L>>::ANY
            && <f32 as karmem::wire::Wire<L>>::ANY;
        const FIXED: bool = <f32 as karmem::wire::Wire<L>>::FIXED
            && <f32 as karmem::wire::Wire<L>>::FIXED
            && <f32 as karmem::wire::Wire<L>>::FIXED;

        fn verify(
            cx: &mut karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> Result<(), karmem::Bad> {
            cx.field::<f32, L>(body, base, X, "x")?;
            cx.field::<f32, L>(body, base, Y, "y")?;
            cx.field::<f32, L>(body, base, Z, "z")
        }

        fn empty() -> Self::Body {
            let mut body = karmem::shape::header::<Self>();
            karmem::wire::put_empty::<f32, L>(&mut body, X);
            karmem::wire::put_empty::<f32, L>(&mut body, Y);
            karmem::wire::put_empty::<f32, L>(&mut body, Z);
            body
        }

        type View<'m> = Vec3View<'m>;
        type ViewMut<'m> = Vec3ViewMut<'m>;
        type Builder<'w, S: karmem::Sink + 'w> = Vec3Builder<'w, S>;
        fn builder<S: karmem::Sink>(
            core: karmem::StructBuilder<'_, S, Self>,
        ) -> Vec3Builder<'_, S> {
            Vec3Builder(core)
        }
    }

    impl karmem::shape::InlineShape for Vec3 {
        #[inline]
        fn view(core: karmem::Inline<'_, Self>) -> Vec3View<'_> {
            Vec3View(core)
        }
        #[inline]
        fn view_mut(core: karmem::InlineMut<'_, Self>) -> Vec3ViewMut<'_> {
            Vec3ViewMut(core)
        }
    }

    impl karmem::shape::Record for Vec3 {
        #[inline]
        fn encode_body<S: karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> Result<Self::Body, karmem::EncodeError> {
            let mut body = karmem::shape::header::<Self>();
            karmem::wire::put::<f32, L, S>(&mut body, X, &self.x, sink)?;
            karmem::wire::put::<f32, L, S>(&mut body, Y, &self.y, sink)?;
            karmem::wire::put::<f32, L, S>(&mut body, Z, &self.z, sink)?;
            Ok(body)
        }

        fn encode_at<S: karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> Result<(), karmem::EncodeError> {
            karmem::wire::put_at::<f32, L, S>(sink, base, X, &self.x, "x", u32::MAX)?;
            karmem::wire::put_at::<f32, L, S>(sink, base, Y, &self.y, "y", u32::MAX)?;
            karmem::wire::put_at::<f32, L, S>(sink, base, Z, &self.z, "z", u32::MAX)
        }

        fn hold_body(
            cx: &mut karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> Result<karmem::Held<Self>, karmem::Bad> {
            let x = cx.hold::<f32, L>(body, base, X, "x", u32::MAX)?;
            let y = cx.hold::<f32, L>(body, base, Y, "y", u32::MAX)?;
            let z = cx.hold::<f32, L>(body, base, Z, "z", u32::MAX)?;
            Ok(karmem::Held::make(move || Vec3 {
                x: x.take::<L>(body, X),
                y: y.take::<L>(body, Y),
                z: z.take::<L>(body, Z),
            }))
        }

        fn load_body(
            cx: &mut karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> Result<Self, karmem::Bad> {
            Ok(Vec3 {
                x: cx.load::<f32, L>(body, base, X, "x", u32::MAX)?,
                y: cx.load::<f32, L>(body, base, Y, "y", u32::MAX)?,
                z: cx.load::<f32, L>(body, base, Z, "z", u32::MAX)?,
            })
        }

        fn update_body(
            &mut self,
            cx: &mut karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> Result<(), karmem::Bad> {
            cx.update::<f32, L>(&mut self.x, body, base, X, "x", u32::MAX)?;
            cx.update::<f32, L>(&mut self.y, body, base, Y, "y", u32::MAX)?;
            cx.update::<f32, L>(&mut self.z, body, base, Z, "z", u32::MAX)
        }
    }

    impl<'m> Vec3View<'m> {
        /// Reads `x`, at offset 0.
        #[inline]
        pub fn x(self) -> f32 {
            self.0.get::<f32>(X)
        }
        #[inline]
        pub fn y(self) -> f32 {
            self.0.get::<f32>(Y)
        }
        #[inline]
        pub fn z(self) -> f32 {
            self.0.get::<f32>(Z)
        }
        /// Makes the [`Vec3`].
        pub fn to_owned(&self) -> Result<Vec3, karmem::VerifyError> {
            self.0.to_owned(&karmem::Limits::default())
        }
    }

    impl core::fmt::Debug for Vec3View<'_> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.debug_struct("Vec3")
                .field("x", &self.x())
                .field("y", &self.y())
                .field("z", &self.z())
                .finish()
        }
    }

    impl<'m> Vec3ViewMut<'m> {
        #[inline]
        pub fn x(self) -> f32 {
            self.0.get::<f32>(X).get()
        }
        #[inline]
        pub fn set_x(self, value: f32) {
            self.0.set::<f32>(X, &value);
        }
        #[inline]
        pub fn set_y(self, value: f32) {
            self.0.set::<f32>(Y, &value);
        }
    }

    impl<'w, S: karmem::Sink> Vec3Builder<'w, S> {
        #[inline]
        pub fn x(&mut self, value: f32) -> Result<&mut Self, karmem::EncodeError> {
            self.0.set::<f32>(X, &value)?;
            Ok(self)
        }
    }
};

// ---- a field-less enum ----------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
    Zombies = 255,
}

const _: () = {
    impl karmem::wire::Field for Team {
        type Kind = karmem::kind::Scalar;
    }

    impl karmem::kind::ScalarValue for Team {
        type Bytes = [u8; 1];
        type Align = karmem::rule::Align<1>;
        type Abi = i32;
        const TYPE: karmem::schema::Type = karmem::schema::Type::Enum(karmem::schema::Named {
            name: karmem::schema::Name {
                km: "Team",
                path: concat!(module_path!(), "::Team"),
            },
            get: || {
                &const {
                    karmem::schema::Enum {
                        name: karmem::schema::Name {
                            km: "Team",
                            path: concat!(module_path!(), "::Team"),
                        },
                        repr: karmem::schema::Scalar::U8,
                        values: &[("Humans", 0), ("Orcs", 1), ("Zombies", 255)],
                    }
                }
            },
        });
        const CAUSE: Option<karmem::Cause> = Some(karmem::Cause::Enumerator);

        #[inline]
        fn is_valid(bytes: [u8; 1]) -> bool {
            matches!(u8::from_le_bytes(bytes), 0 | 1 | 255)
        }
        #[inline]
        fn from_wire(bytes: [u8; 1]) -> Self {
            match u8::from_le_bytes(bytes) {
                1 => Team::Orcs,
                255 => Team::Zombies,
                _ => Team::Humans,
            }
        }
        #[inline]
        fn to_wire(&self) -> [u8; 1] {
            let value: u8 = match self {
                Team::Humans => 0,
                Team::Orcs => 1,
                Team::Zombies => 255,
            };
            value.to_le_bytes()
        }
        fn debug(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            f.write_str(match self {
                Team::Humans => "Humans",
                Team::Orcs => "Orcs",
                Team::Zombies => "Zombies",
            })
        }
    }
};

// ---- a table --------------------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub struct Monster {
    pub pos: Vec3,
    pub mana: i16,
    pub name: String,
    pub team: Team,
    pub inventory: Vec<u8>,
    pub hitbox: [f64; 2],
    pub path: Vec<Vec3>,
    pub luck: Option<u32>,
    pub friend: Option<Box<Monster>>,
    pub herd: Vec<Monster>,
    pub tags: std::collections::BTreeMap<String, u32>,
    pub shape: Shape,
}

#[derive(Clone, Copy)]
pub struct MonsterView<'m>(karmem::Table<'m, Monster>);
#[derive(Clone, Copy)]
pub struct MonsterViewMut<'m>(karmem::TableMut<'m, Monster>);
pub struct MonsterBuilder<'w, S>(karmem::StructBuilder<'w, S, Monster>);

/// Some of what the derive repeats for every field.
macro_rules! monster {
    ($($field:ident $name:literal $ty:ty, $at:ident $i:literal $max:expr;)*) => {
        const _: () = {
            type L = karmem::rule::Padded;
            const PLACED: karmem::layout::Placed<12> = karmem::layout::place(
                karmem::layout::Rule::Padded,
                karmem::layout::Class::Table,
                [$(<$ty as karmem::wire::Wire<L>>::PART),*],
            );
            $(const $at: karmem::layout::At = PLACED.at[$i];)*

            impl karmem::wire::Field for Monster {
                type Kind = karmem::kind::TableStruct;
            }

            impl karmem::shape::Shape for Monster {
                type Rule = L;
                type Body = [u8; PLACED.layout.size as usize];
                type Align = karmem::rule::Align<{ PLACED.layout.align }>;
                const SCHEMA: &'static karmem::schema::Struct = &karmem::schema::Struct {
                    name: Self::NAMED.name,
                    class: karmem::layout::Class::Table,
                    rule: karmem::layout::Rule::Padded,
                    layout: PLACED.layout,
                    id: None,
                    fields: &[$(karmem::wire::field::<$ty, L>($name, stringify!($field), $at, $max)),*],
                };
                const NAMED: karmem::schema::Named<karmem::schema::Struct> = karmem::schema::Named {
                    name: karmem::schema::Name { km: "Monster", path: concat!(module_path!(), "::Monster") },
                    get: || Self::SCHEMA,
                };
                const ANY: bool = false;
                const FIXED: bool = false;

                fn verify(cx: &mut karmem::Verifier<'_>, body: &Self::Body, base: u32) -> Result<(), karmem::Bad> {
                    $(
                        match $max {
                            Some(max) => cx.limited::<$ty, L>(body, base, $at, stringify!($field), max)?,
                            None => cx.field::<$ty, L>(body, base, $at, stringify!($field))?,
                        }
                    )*
                    Ok(())
                }
                fn verify_older(cx: &mut karmem::Verifier<'_>, table: &[u8], base: u32) -> Result<(), karmem::Bad> {
                    let _ = $(cx.older_field::<$ty, L>(table, base, $at, stringify!($field), $max.unwrap_or(u32::MAX))?)&&*;
                    Ok(())
                }
                fn levels(first: usize, left: u32) -> Option<u32> {
                    static LEVELS: karmem::shape::Levels<12> = karmem::shape::Levels::new();
                    LEVELS.of(first, left, &[$(<$ty as karmem::wire::Wire<L>>::levels),*])
                }
                fn empty() -> Self::Body {
                    let mut body = karmem::shape::header::<Self>();
                    $(karmem::wire::put_empty::<$ty, L>(&mut body, $at);)*
                    body
                }
                type View<'m> = MonsterView<'m>;
                type ViewMut<'m> = MonsterViewMut<'m>;
                type Builder<'w, S: karmem::Sink + 'w> = MonsterBuilder<'w, S>;
                fn builder<S: karmem::Sink>(core: karmem::StructBuilder<'_, S, Self>) -> MonsterBuilder<'_, S> {
                    MonsterBuilder(core)
                }
            }

            impl karmem::shape::TableShape for Monster {
                #[inline]
                fn view(core: karmem::Table<'_, Self>) -> MonsterView<'_> {
                    MonsterView(core)
                }
                #[inline]
                fn view_mut(core: karmem::TableMut<'_, Self>) -> MonsterViewMut<'_> {
                    MonsterViewMut(core)
                }
            }

            impl karmem::shape::Record for Monster {
                fn encode_body<S: karmem::Sink>(&self, sink: &mut S) -> Result<Self::Body, karmem::EncodeError> {
                    let mut body = karmem::shape::header::<Self>();
                    $(match $max {
                        Some(max) => karmem::wire::put_limited::<$ty, L, S>(&mut body, $at, &self.$field, sink, stringify!($field), max)?,
                        None => karmem::wire::put::<$ty, L, S>(&mut body, $at, &self.$field, sink)?,
                    })*
                    Ok(body)
                }
                fn encode_at<S: karmem::Sink>(&self, sink: &mut S, base: u32) -> Result<(), karmem::EncodeError> {
                    $(karmem::wire::put_at::<$ty, L, S>(sink, base, $at, &self.$field, stringify!($field), $max.unwrap_or(u32::MAX))?;)*
                    Ok(())
                }
                fn hold_body(cx: &mut karmem::Verifier<'_>, body: &Self::Body, base: u32) -> Result<karmem::Held<Self>, karmem::Bad> {
                    $(let $field = cx.hold::<$ty, L>(body, base, $at, stringify!($field), $max.unwrap_or(u32::MAX))?;)*
                    Ok(karmem::Held::make(move || Monster {
                        $($field: $field.take::<L>(body, $at),)*
                    }))
                }
                fn load_body(cx: &mut karmem::Verifier<'_>, body: &Self::Body, base: u32) -> Result<Self, karmem::Bad> {
                    Ok(Monster {
                        $($field: cx.load::<$ty, L>(body, base, $at, stringify!($field), $max.unwrap_or(u32::MAX))?,)*
                    })
                }
                fn update_body(&mut self, cx: &mut karmem::Verifier<'_>, body: &Self::Body, base: u32) -> Result<(), karmem::Bad> {
                    $(cx.update::<$ty, L>(&mut self.$field, body, base, $at, stringify!($field), $max.unwrap_or(u32::MAX))?;)*
                    Ok(())
                }
            }

            impl<'m> MonsterView<'m> {
                $(
                    #[inline]
                    pub fn $field(self) -> karmem::wire::ViewOf<'m, $ty, L> {
                        self.0.get::<$ty>($at)
                    }
                )*
                pub fn to_owned(&self) -> Result<Monster, karmem::VerifyError> {
                    self.0.to_owned(&karmem::Limits::default())
                }
            }

            impl core::fmt::Debug for MonsterView<'_> {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    f.debug_struct("Monster")$(.field(stringify!($field), &self.0.show::<$ty>($at)))*.finish()
                }
            }

            impl<'m> MonsterViewMut<'m> {
                /// Changes `mana`; `false` if the table is of an older version without it.
                #[inline]
                pub fn set_mana(self, value: i16) -> bool {
                    self.0.set::<i16>(MANA, &value)
                }
                #[inline]
                pub fn mana(self) -> i16 {
                    match self.0.get::<i16>(MANA) {
                        Some(mana) => mana.get(),
                        None => 0,
                    }
                }
                /// For a type that the derive cannot judge.
                #[inline]
                pub fn set_pos<V: karmem::wire::Is<Vec3>>(self, value: V) -> bool {
                    self.0.set::<Vec3>(POS, &value.is())
                }
                #[inline]
                pub fn pos(self) -> Option<karmem::wire::ViewMutOf<'m, Vec3, L>> {
                    self.0.get::<Vec3>(POS)
                }
                #[inline]
                pub fn path(self) -> Option<karmem::wire::ViewMutOf<'m, Vec<Vec3>, L>> {
                    self.0.get::<Vec<Vec3>>(PATH)
                }
                #[inline]
                pub fn herd(self) -> Option<karmem::wire::ViewMutOf<'m, Vec<Monster>, L>> {
                    self.0.get::<Vec<Monster>>(HERD)
                }
                #[inline]
                pub fn shape(self) -> Option<karmem::wire::ViewMutOf<'m, Shape, L>> {
                    self.0.get::<Shape>(SHAPE)
                }
                #[inline]
                pub fn luck(self) -> Option<karmem::wire::ViewMutOf<'m, Option<u32>, L>> {
                    self.0.get::<Option<u32>>(LUCK)
                }
                #[inline]
                pub fn set_luck(self, value: Option<u32>) -> bool {
                    self.0.set::<Option<u32>>(LUCK, &value)
                }
            }

            impl<'w, S: karmem::Sink> MonsterBuilder<'w, S> {
                #[inline]
                pub fn mana(&mut self, value: i16) -> Result<&mut Self, karmem::EncodeError> {
                    self.0.set::<i16>(MANA, &value)?;
                    Ok(self)
                }
                #[inline]
                pub fn pos(&mut self, value: &Vec3) -> Result<&mut Self, karmem::EncodeError> {
                    self.0.set::<Vec3>(POS, value)?;
                    Ok(self)
                }
                #[inline]
                pub fn build_pos(&mut self) -> Result<karmem::wire::BuilderOf<'_, S, Vec3, L>, karmem::EncodeError> {
                    self.0.build::<Vec3>(POS)
                }
                #[inline]
                pub fn name(&mut self, value: &str) -> Result<&mut Self, karmem::EncodeError> {
                    self.0.set_text(NAME, value, "name", u32::MAX)?;
                    Ok(self)
                }
                #[inline]
                pub fn inventory(&mut self, values: &[u8]) -> Result<&mut Self, karmem::EncodeError> {
                    self.0.set_slice::<u8>(INVENTORY, values, "inventory", 8)?;
                    Ok(self)
                }
                #[inline]
                pub fn path(&mut self, values: &[Vec3]) -> Result<&mut Self, karmem::EncodeError> {
                    self.0.set_slice::<Vec3>(PATH, values, "path", u32::MAX)?;
                    Ok(self)
                }
                #[inline]
                pub fn build_herd(&mut self, len: usize) -> Result<karmem::Items<'_, S, Monster, L>, karmem::EncodeError> {
                    self.0.build::<Vec<Monster>>(HERD)?.len(len)
                }
                #[inline]
                pub fn build_friend(&mut self) -> Result<karmem::wire::BuilderOf<'_, S, Option<Box<Monster>>, L>, karmem::EncodeError> {
                    self.0.build::<Option<Box<Monster>>>(FRIEND)
                }
                #[inline]
                pub fn build_shape(&mut self) -> Result<karmem::wire::BuilderOf<'_, S, Shape, L>, karmem::EncodeError> {
                    self.0.build::<Shape>(SHAPE)
                }
            }
        };
    };
}

monster! {
    pos "Pos" Vec3, POS 0 None;
    mana "Mana" i16, MANA 1 None;
    name "Name" String, NAME 2 None;
    team "Team" Team, TEAM 3 None;
    inventory "Inventory" Vec<u8>, INVENTORY 4 Some(8u32);
    hitbox "Hitbox" [f64; 2], HITBOX 5 None;
    path "Path" Vec<Vec3>, PATH 6 None;
    luck "Luck" Option<u32>, LUCK 7 None;
    friend "Friend" Option<Box<Monster>>, FRIEND 8 None;
    herd "Herd" Vec<Monster>, HERD 9 None;
    tags "Tags" std::collections::BTreeMap<String, u32>, TAGS 10 None;
    shape "Shape" Shape, SHAPE 11 None;
}

// ---- an enum with data ----------------------------------------------------------------------

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Empty,
    Circle { radius: f32 },
    Named(String),
}

#[derive(Clone, Copy, Debug)]
pub enum ShapeView<'m> {
    Empty,
    Circle(ShapeCircleView<'m>),
    Named(ShapeNamedView<'m>),
}

#[derive(Clone, Copy)]
pub enum ShapeViewMut<'m> {
    Empty,
    Circle(ShapeCircleViewMut<'m>),
    Named(ShapeNamedViewMut<'m>),
}

pub struct ShapeBuilder<'w, S>(karmem::kind::UnionBuilder<'w, S, Shape>);

/// The fields of [`Shape::Circle`]: a name for the derive, without values.
#[derive(Clone, Copy, Debug)]
pub enum ShapeCircle {}
#[derive(Clone, Copy, Debug)]
pub enum ShapeNamed {}

macro_rules! variant {
    ($shape:ident $view:ident $view_mut:ident $builder:ident $km:literal, $field:ident $name:literal $ty:ty) => {
        #[derive(Clone, Copy)]
        pub struct $view<'m>(karmem::Table<'m, $shape>);
        #[derive(Clone, Copy)]
        pub struct $view_mut<'m>(karmem::TableMut<'m, $shape>);
        pub struct $builder<'w, S>(karmem::StructBuilder<'w, S, $shape>);

        impl karmem::shape::Shape for $shape {
            type Rule = karmem::rule::Padded;
            type Body = [u8; {
                place_variant(<$ty as karmem::wire::Wire<karmem::rule::Padded>>::PART)
                    .layout
                    .size
            } as usize];
            type Align = karmem::rule::Align<8>;
            const SCHEMA: &'static karmem::schema::Struct = &karmem::schema::Struct {
                name: Self::NAMED.name,
                class: karmem::layout::Class::Table,
                rule: karmem::layout::Rule::Padded,
                layout: place_variant(<$ty as karmem::wire::Wire<karmem::rule::Padded>>::PART)
                    .layout,
                id: None,
                fields: &[karmem::wire::field::<$ty, karmem::rule::Padded>(
                    $name,
                    stringify!($field),
                    Self::AT,
                    None,
                )],
            };
            const NAMED: karmem::schema::Named<karmem::schema::Struct> = karmem::schema::Named {
                name: karmem::schema::Name {
                    km: $km,
                    path: concat!(module_path!(), "::", $km),
                },
                get: || Self::SCHEMA,
            };
            const ANY: bool = false;
            const FIXED: bool = false;
            fn verify(
                cx: &mut karmem::Verifier<'_>,
                body: &Self::Body,
                base: u32,
            ) -> Result<(), karmem::Bad> {
                cx.field::<$ty, karmem::rule::Padded>(body, base, Self::AT, stringify!($field))
            }
            fn verify_older(
                cx: &mut karmem::Verifier<'_>,
                table: &[u8],
                base: u32,
            ) -> Result<(), karmem::Bad> {
                let (at, name) = (Self::AT, stringify!($field));
                cx.older_field::<$ty, karmem::rule::Padded>(table, base, at, name, u32::MAX)?;
                Ok(())
            }
            fn empty() -> Self::Body {
                karmem::shape::header::<Self>()
            }
            type View<'m> = $view<'m>;
            type ViewMut<'m> = $view_mut<'m>;
            type Builder<'w, S: karmem::Sink + 'w> = $builder<'w, S>;
            fn builder<S: karmem::Sink>(
                core: karmem::StructBuilder<'_, S, Self>,
            ) -> $builder<'_, S> {
                $builder(core)
            }
        }
        impl $shape {
            const AT: karmem::layout::At =
                place_variant(<$ty as karmem::wire::Wire<karmem::rule::Padded>>::PART).at[0];
        }
        impl karmem::shape::TableShape for $shape {
            fn view(core: karmem::Table<'_, Self>) -> $view<'_> {
                $view(core)
            }
            fn view_mut(core: karmem::TableMut<'_, Self>) -> $view_mut<'_> {
                $view_mut(core)
            }
        }
        impl<'m> $view<'m> {
            pub fn $field(self) -> karmem::wire::ViewOf<'m, $ty, karmem::rule::Padded> {
                self.0.get::<$ty>($shape::AT)
            }
        }
        impl core::fmt::Debug for $view<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct($km)
                    .field(stringify!($field), &self.$field())
                    .finish()
            }
        }
        impl<'m> $view_mut<'m> {
            pub fn $field(self) -> Option<karmem::wire::ViewMutOf<'m, $ty, karmem::rule::Padded>> {
                self.0.get::<$ty>($shape::AT)
            }
        }
        impl<'w, S: karmem::Sink> $builder<'w, S> {
            pub fn set(&mut self, value: &$ty) -> Result<&mut Self, karmem::EncodeError> {
                self.0.set::<$ty>($shape::AT, value)?;
                Ok(self)
            }
        }
    };
}

const fn place_variant(part: karmem::layout::Part) -> karmem::layout::Placed<1> {
    karmem::layout::place(
        karmem::layout::Rule::Padded,
        karmem::layout::Class::Table,
        [part],
    )
}

variant!(ShapeCircle ShapeCircleView ShapeCircleViewMut ShapeCircleBuilder "ShapeCircle", radius "Radius" f32);
variant!(ShapeNamed ShapeNamedView ShapeNamedViewMut ShapeNamedBuilder "ShapeNamed", f0 "F0" String);

const _: () = {
    type L = karmem::rule::Padded;

    impl karmem::wire::Field for Shape {
        type Kind = karmem::kind::UnionKind;
    }

    impl karmem::kind::UnionShape for Shape {
        type Body = [u8; 8];
        type Align = karmem::rule::Align<8>;
        const SCHEMA: &'static karmem::schema::Union = &karmem::schema::Union {
            name: Self::NAMED.name,
            repr: karmem::schema::Scalar::U8,
            variants: &[
                karmem::schema::Variant {
                    name: "Empty",
                    value: 0,
                    table: None,
                },
                karmem::schema::Variant {
                    name: "Circle",
                    value: 1,
                    table: Some(<ShapeCircle as karmem::shape::Shape>::NAMED),
                },
                karmem::schema::Variant {
                    name: "Named",
                    value: 2,
                    table: Some(<ShapeNamed as karmem::shape::Shape>::NAMED),
                },
            ],
            spread: None,
        };
        const NAMED: karmem::schema::Named<karmem::schema::Union> = karmem::schema::Named {
            name: karmem::schema::Name {
                km: "Shape",
                path: concat!(module_path!(), "::Shape"),
            },
            get: || Self::SCHEMA,
        };

        type View<'m> = ShapeView<'m>;
        #[inline]
        fn view(kind: u32, mem: &[u8], offset: u32) -> ShapeView<'_> {
            match kind {
                1 => ShapeView::Circle(ShapeCircleView(karmem::Table::referred(mem, offset))),
                2 => ShapeView::Named(ShapeNamedView(karmem::Table::referred(mem, offset))),
                _ => ShapeView::Empty,
            }
        }
        type ViewMut<'m> = ShapeViewMut<'m>;
        #[inline]
        fn view_mut(kind: u32, mem: &[core::cell::Cell<u8>], offset: u32) -> ShapeViewMut<'_> {
            match kind {
                1 => ShapeViewMut::Circle(ShapeCircleViewMut(karmem::TableMut::referred(
                    mem, offset,
                ))),
                2 => {
                    ShapeViewMut::Named(ShapeNamedViewMut(karmem::TableMut::referred(mem, offset)))
                }
                _ => ShapeViewMut::Empty,
            }
        }
        fn verify(
            cx: &mut karmem::Verifier<'_>,
            kind: u32,
            offset: u32,
            at: u32,
        ) -> Result<(), karmem::Bad> {
            match kind {
                0 => Ok(()),
                1 => cx.variant::<ShapeCircle>(offset, at),
                2 => cx.variant::<ShapeNamed>(offset, at),
                _ => cx.unknown_kind(at),
            }
        }
        fn load(
            cx: &mut karmem::Verifier<'_>,
            kind: u32,
            offset: u32,
            at: u32,
        ) -> Result<Self, karmem::Bad> {
            match kind {
                0 => Ok(Shape::Empty),
                1 => cx.load_variant::<ShapeCircle, Self>(offset, at, |cx, body| {
                    Ok(Shape::Circle {
                        radius: cx.load::<f32, L>(
                            body,
                            offset,
                            ShapeCircle::AT,
                            "radius",
                            u32::MAX,
                        )?,
                    })
                }),
                2 => cx.load_variant::<ShapeNamed, Self>(offset, at, |cx, body| {
                    Ok(Shape::Named(cx.load::<String, L>(
                        body,
                        offset,
                        ShapeNamed::AT,
                        "0",
                        u32::MAX,
                    )?))
                }),
                _ => cx.unknown_kind(at),
            }
        }
        fn hold(
            cx: &mut karmem::Verifier<'_>,
            kind: u32,
            offset: u32,
            at: u32,
        ) -> Result<karmem::Held<Self>, karmem::Bad> {
            let value = Self::load(cx, kind, offset, at)?;
            Ok(karmem::Held::make(|| value))
        }
        fn levels(_left: u32) -> Option<u32> {
            Some(0)
        }
        fn encode<S: karmem::Sink>(&self, sink: &mut S) -> Result<(u32, u32), karmem::EncodeError> {
            match self {
                Shape::Empty => Ok((0, karmem::layout::NULL)),
                Shape::Circle { radius } => {
                    let fields = karmem::shape::write_variant::<ShapeCircle, S>(
                        sink,
                        |body, sink| {
                            karmem::wire::put::<f32, L, S>(body, ShapeCircle::AT, radius, sink)
                        },
                        |sink, base| {
                            karmem::wire::put_at::<f32, L, S>(
                                sink,
                                base,
                                ShapeCircle::AT,
                                radius,
                                "radius",
                                u32::MAX,
                            )
                        },
                    )?;
                    Ok((1, fields))
                }
                Shape::Named(f0) => {
                    let fields = karmem::shape::write_variant::<ShapeNamed, S>(
                        sink,
                        |body, sink| {
                            karmem::wire::put::<String, L, S>(body, ShapeNamed::AT, f0, sink)
                        },
                        |sink, base| {
                            karmem::wire::put_at::<String, L, S>(
                                sink,
                                base,
                                ShapeNamed::AT,
                                f0,
                                "0",
                                u32::MAX,
                            )
                        },
                    )?;
                    Ok((2, fields))
                }
            }
        }
        type Builder<'w, S: karmem::Sink + 'w> = ShapeBuilder<'w, S>;
        fn builder<S: karmem::Sink>(
            core: karmem::kind::UnionBuilder<'_, S, Self>,
        ) -> ShapeBuilder<'_, S> {
            ShapeBuilder(core)
        }
    }

    impl<'w, S: karmem::Sink> ShapeBuilder<'w, S> {
        /// Chooses [`Shape::Empty`].
        pub fn empty(self) {
            self.0.unit(0);
        }
        /// Chooses [`Shape::Circle`] and begins to write its fields.
        pub fn circle(self) -> Result<ShapeCircleBuilder<'w, S>, karmem::EncodeError> {
            self.0.variant::<ShapeCircle>(1)
        }
    }
};
