// What the derive adds to `monster.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    pub x: i32,
    pub y: i32,
}
/// A [`Position`] read in place.
#[allow(dead_code, deprecated)]
pub struct PositionView<'m>(::karmem::Inline<'m, Position>);
/// A [`Position`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct PositionViewMut<'m>(::karmem::InlineMut<'m, Position>);
/// A [`Position`] that is being written.
#[allow(dead_code, deprecated)]
pub struct PositionBuilder<'w, S>(::karmem::StructBuilder<'w, S, Position>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    const PLACED: ::karmem::layout::Placed<2> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Inline,
        [<i32 as ::karmem::wire::Wire<L>>::PART, <i32 as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_X: ::karmem::layout::At = PLACED.at[0];
    const AT_Y: ::karmem::layout::At = PLACED.at[1];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Position {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Struct = &::karmem::schema::Struct {
            name: Self::NAMED.name,
            class: ::karmem::layout::Class::Inline,
            rule: ::karmem::layout::Rule::Padded,
            layout: PLACED.layout,
            id: ::core::option::Option::None,
            fields: &[
                ::karmem::wire::field::<
                    i32,
                    L,
                >("X", "x", AT_X, ::core::option::Option::None),
                ::karmem::wire::field::<
                    i32,
                    L,
                >("Y", "y", AT_Y, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Position",
                path: ::core::concat!(::core::module_path!(), "::Position"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = <i32 as ::karmem::wire::Wire<L>>::ANY;
        const FIXED: bool = <i32 as ::karmem::wire::Wire<L>>::FIXED;
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.field::<i32, L>(body, base, AT_X, "x")?;
            cx.field::<i32, L>(body, base, AT_Y, "y")
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<i32, L>(&mut body, AT_X);
            ::karmem::wire::put_empty::<i32, L>(&mut body, AT_Y);
            body
        }
        type View<'m> = PositionView<'m>;
        type ViewMut<'m> = PositionViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = PositionBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> PositionBuilder<'_, S> {
            PositionBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::InlineShape for Position {
        #[inline]
        fn view(core: ::karmem::Inline<'_, Self>) -> PositionView<'_> {
            PositionView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::InlineMut<'_, Self>) -> PositionViewMut<'_> {
            PositionViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for Position {
        type Kind = ::karmem::kind::InlineStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Position {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<i32, L, S>(&mut body, AT_X, &self.x, sink)?;
            ::karmem::wire::put::<i32, L, S>(&mut body, AT_Y, &self.y, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                i32,
                L,
                S,
            >(sink, base, AT_X, &self.x, "x", u32::MAX)?;
            ::karmem::wire::put_at::<i32, L, S>(sink, base, AT_Y, &self.y, "y", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(Position {
                x: cx.load::<i32, L>(body, base, AT_X, "x", u32::MAX)?,
                y: cx.load::<i32, L>(body, base, AT_Y, "y", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<i32, L>(body, base, AT_X, "x", u32::MAX)?;
            let held_1 = cx.hold::<i32, L>(body, base, AT_Y, "y", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Position {
                    x: ::karmem::Late::<i32>::take::<L>(held_0, body, AT_X),
                    y: ::karmem::Late::<i32>::take::<L>(held_1, body, AT_Y),
                }),
            )
        }
        fn update_body(
            &mut self,
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.update::<i32, L>(&mut self.x, body, base, AT_X, "x", u32::MAX)?;
            cx.update::<i32, L>(&mut self.y, body, base, AT_Y, "y", u32::MAX)
        }
    }
    impl<'m> PositionView<'m> {
        /// Reads `x` in place.
        #[inline]
        pub fn x(self) -> i32 {
            self.0.get::<i32>(AT_X)
        }
        /// Reads `y` in place.
        #[inline]
        pub fn y(self) -> i32 {
            self.0.get::<i32>(AT_Y)
        }
        /// Makes the [`Position`] that this reads; an error only if that was not verified.
        pub fn to_owned(
            &self,
        ) -> ::core::result::Result<Position, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Position, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for PositionView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for PositionView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PositionView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Position")
                .field("x", &self.0.show::<i32>(AT_X))
                .field("y", &self.0.show::<i32>(AT_Y))
                .finish()
        }
    }
    impl<'m> PositionViewMut<'m> {
        /// Reads `x`.
        #[inline]
        pub fn x(self) -> i32 {
            self.0.get::<i32>(AT_X).get()
        }
        /// Changes `x` in place.
        #[inline]
        pub fn set_x(self, value: i32) {
            self.0.set::<i32>(AT_X, &value);
        }
        /// Reads `y`.
        #[inline]
        pub fn y(self) -> i32 {
            self.0.get::<i32>(AT_Y).get()
        }
        /// Changes `y` in place.
        #[inline]
        pub fn set_y(self, value: i32) {
            self.0.set::<i32>(AT_Y, &value);
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for PositionViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for PositionViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PositionViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> PositionBuilder<'w, S> {
        /// Writes `x`.
        #[inline]
        pub fn x(
            &mut self,
            value: i32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<i32>(AT_X, &value)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `y`.
        #[inline]
        pub fn y(
            &mut self,
            value: i32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<i32>(AT_Y, &value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for PositionBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Position as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Position:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
/// Lives in a world.
#[derive(Clone, Debug, PartialEq)]
pub struct Monster {
    /// What it is called.
    pub name: String,
    pub mana: i16,
    pub position: Position,
    pub inventory: Vec<u8>,
    pub hitbox: [f64; 2],
    pub luck: Option<u32>,
    pub title: Option<String>,
    pub friend: Option<Box<Monster>>,
    pub herd: Vec<Monster>,
    pub prices: std::collections::BTreeMap<String, u32>,
}
/// A [`Monster`] read in place.
#[allow(dead_code, deprecated)]
pub struct MonsterView<'m>(::karmem::Table<'m, Monster>);
/// A [`Monster`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct MonsterViewMut<'m>(::karmem::TableMut<'m, Monster>);
/// A [`Monster`] that is being written.
#[allow(dead_code, deprecated)]
pub struct MonsterBuilder<'w, S>(::karmem::StructBuilder<'w, S, Monster>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    type PositionField = ::karmem::wire::Same<Position, L>;
    type FriendField = ::karmem::wire::Same<Option<Box<Monster>>, L>;
    type HerdField = ::karmem::wire::Same<Vec<Monster>, L>;
    const PLACED: ::karmem::layout::Placed<10> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Table,
        [
            <String as ::karmem::wire::Wire<L>>::PART,
            <i16 as ::karmem::wire::Wire<L>>::PART,
            <PositionField as ::karmem::wire::Wire<L>>::PART,
            <Vec<u8> as ::karmem::wire::Wire<L>>::PART,
            <[f64; 2] as ::karmem::wire::Wire<L>>::PART,
            <Option<u32> as ::karmem::wire::Wire<L>>::PART,
            <Option<String> as ::karmem::wire::Wire<L>>::PART,
            <FriendField as ::karmem::wire::Wire<L>>::PART,
            <HerdField as ::karmem::wire::Wire<L>>::PART,
            <std::collections::BTreeMap<String, u32> as ::karmem::wire::Wire<L>>::PART,
        ],
    );
    const AT_NAME: ::karmem::layout::At = PLACED.at[0];
    const AT_MANA: ::karmem::layout::At = PLACED.at[1];
    const AT_POSITION: ::karmem::layout::At = PLACED.at[2];
    const AT_INVENTORY: ::karmem::layout::At = PLACED.at[3];
    const AT_HITBOX: ::karmem::layout::At = PLACED.at[4];
    const AT_LUCK: ::karmem::layout::At = PLACED.at[5];
    const AT_TITLE: ::karmem::layout::At = PLACED.at[6];
    const AT_FRIEND: ::karmem::layout::At = PLACED.at[7];
    const AT_HERD: ::karmem::layout::At = PLACED.at[8];
    const AT_PRICES: ::karmem::layout::At = PLACED.at[9];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Monster {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Struct = &::karmem::schema::Struct {
            name: Self::NAMED.name,
            class: ::karmem::layout::Class::Table,
            rule: ::karmem::layout::Rule::Padded,
            layout: PLACED.layout,
            id: ::core::option::Option::None,
            fields: &[
                ::karmem::wire::field::<
                    String,
                    L,
                >("Name", "name", AT_NAME, ::core::option::Option::None),
                ::karmem::wire::field::<
                    i16,
                    L,
                >("Mana", "mana", AT_MANA, ::core::option::Option::None),
                ::karmem::wire::field::<
                    PositionField,
                    L,
                >("Position", "position", AT_POSITION, ::core::option::Option::None),
                ::karmem::wire::field::<
                    Vec<u8>,
                    L,
                >(
                    "Inventory",
                    "inventory",
                    AT_INVENTORY,
                    ::core::option::Option::Some(128),
                ),
                ::karmem::wire::field::<
                    [f64; 2],
                    L,
                >("Hitbox", "hitbox", AT_HITBOX, ::core::option::Option::None),
                ::karmem::wire::field::<
                    Option<u32>,
                    L,
                >("Luck", "luck", AT_LUCK, ::core::option::Option::None),
                ::karmem::wire::field::<
                    Option<String>,
                    L,
                >("Title", "title", AT_TITLE, ::core::option::Option::None),
                ::karmem::wire::field::<
                    FriendField,
                    L,
                >("Friend", "friend", AT_FRIEND, ::core::option::Option::None),
                ::karmem::wire::field::<
                    HerdField,
                    L,
                >("Herd", "herd", AT_HERD, ::core::option::Option::None),
                ::karmem::wire::field::<
                    std::collections::BTreeMap<String, u32>,
                    L,
                >("Prices", "prices", AT_PRICES, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Monster",
                path: ::core::concat!(::core::module_path!(), "::Monster"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = false;
        const FIXED: bool = false;
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.field::<String, L>(body, base, AT_NAME, "name")?;
            cx.field::<i16, L>(body, base, AT_MANA, "mana")?;
            cx.field::<PositionField, L>(body, base, AT_POSITION, "position")?;
            cx.limited::<Vec<u8>, L>(body, base, AT_INVENTORY, "inventory", 128)?;
            cx.field::<[f64; 2], L>(body, base, AT_HITBOX, "hitbox")?;
            cx.field::<Option<u32>, L>(body, base, AT_LUCK, "luck")?;
            cx.field::<Option<String>, L>(body, base, AT_TITLE, "title")?;
            cx.field::<FriendField, L>(body, base, AT_FRIEND, "friend")?;
            cx.field::<HerdField, L>(body, base, AT_HERD, "herd")?;
            cx.field::<
                    std::collections::BTreeMap<String, u32>,
                    L,
                >(body, base, AT_PRICES, "prices")
        }
        fn verify_older(
            cx: &mut ::karmem::Verifier<'_>,
            table: &[u8],
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            let _ = cx.older_field::<String, L>(table, base, AT_NAME, "name", u32::MAX)?
                && cx.older_field::<i16, L>(table, base, AT_MANA, "mana", u32::MAX)?
                && cx
                    .older_field::<
                        PositionField,
                        L,
                    >(table, base, AT_POSITION, "position", u32::MAX)?
                && cx
                    .older_field::<
                        Vec<u8>,
                        L,
                    >(table, base, AT_INVENTORY, "inventory", 128)?
                && cx
                    .older_field::<
                        [f64; 2],
                        L,
                    >(table, base, AT_HITBOX, "hitbox", u32::MAX)?
                && cx
                    .older_field::<
                        Option<u32>,
                        L,
                    >(table, base, AT_LUCK, "luck", u32::MAX)?
                && cx
                    .older_field::<
                        Option<String>,
                        L,
                    >(table, base, AT_TITLE, "title", u32::MAX)?
                && cx
                    .older_field::<
                        FriendField,
                        L,
                    >(table, base, AT_FRIEND, "friend", u32::MAX)?
                && cx
                    .older_field::<HerdField, L>(table, base, AT_HERD, "herd", u32::MAX)?
                && cx
                    .older_field::<
                        std::collections::BTreeMap<String, u32>,
                        L,
                    >(table, base, AT_PRICES, "prices", u32::MAX)?;
            ::core::result::Result::Ok(())
        }
        fn levels(first: usize, left: u32) -> ::core::option::Option<u32> {
            static LEVELS: ::karmem::shape::Levels<10> = ::karmem::shape::Levels::new();
            LEVELS
                .of(
                    first,
                    left,
                    &[
                        <String as ::karmem::wire::Wire<L>>::levels,
                        <i16 as ::karmem::wire::Wire<L>>::levels,
                        <PositionField as ::karmem::wire::Wire<L>>::levels,
                        <Vec<u8> as ::karmem::wire::Wire<L>>::levels,
                        <[f64; 2] as ::karmem::wire::Wire<L>>::levels,
                        <Option<u32> as ::karmem::wire::Wire<L>>::levels,
                        <Option<String> as ::karmem::wire::Wire<L>>::levels,
                        <FriendField as ::karmem::wire::Wire<L>>::levels,
                        <HerdField as ::karmem::wire::Wire<L>>::levels,
                        <std::collections::BTreeMap<
                            String,
                            u32,
                        > as ::karmem::wire::Wire<L>>::levels,
                    ],
                )
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<String, L>(&mut body, AT_NAME);
            ::karmem::wire::put_empty::<i16, L>(&mut body, AT_MANA);
            ::karmem::wire::put_empty::<PositionField, L>(&mut body, AT_POSITION);
            ::karmem::wire::put_empty::<Vec<u8>, L>(&mut body, AT_INVENTORY);
            ::karmem::wire::put_empty::<[f64; 2], L>(&mut body, AT_HITBOX);
            ::karmem::wire::put_empty::<Option<u32>, L>(&mut body, AT_LUCK);
            ::karmem::wire::put_empty::<Option<String>, L>(&mut body, AT_TITLE);
            ::karmem::wire::put_empty::<FriendField, L>(&mut body, AT_FRIEND);
            ::karmem::wire::put_empty::<HerdField, L>(&mut body, AT_HERD);
            ::karmem::wire::put_empty::<
                std::collections::BTreeMap<String, u32>,
                L,
            >(&mut body, AT_PRICES);
            body
        }
        type View<'m> = MonsterView<'m>;
        type ViewMut<'m> = MonsterViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = MonsterBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> MonsterBuilder<'_, S> {
            MonsterBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::TableShape for Monster {
        #[inline]
        fn view(core: ::karmem::Table<'_, Self>) -> MonsterView<'_> {
            MonsterView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::TableMut<'_, Self>) -> MonsterViewMut<'_> {
            MonsterViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for Monster {
        type Kind = ::karmem::kind::TableStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Monster {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<String, L, S>(&mut body, AT_NAME, &self.name, sink)?;
            ::karmem::wire::put::<i16, L, S>(&mut body, AT_MANA, &self.mana, sink)?;
            ::karmem::wire::put::<
                PositionField,
                L,
                S,
            >(&mut body, AT_POSITION, &self.position, sink)?;
            ::karmem::wire::put_limited::<
                Vec<u8>,
                L,
                S,
            >(&mut body, AT_INVENTORY, &self.inventory, sink, "inventory", 128)?;
            ::karmem::wire::put::<
                [f64; 2],
                L,
                S,
            >(&mut body, AT_HITBOX, &self.hitbox, sink)?;
            ::karmem::wire::put::<
                Option<u32>,
                L,
                S,
            >(&mut body, AT_LUCK, &self.luck, sink)?;
            ::karmem::wire::put::<
                Option<String>,
                L,
                S,
            >(&mut body, AT_TITLE, &self.title, sink)?;
            ::karmem::wire::put::<
                FriendField,
                L,
                S,
            >(&mut body, AT_FRIEND, &self.friend, sink)?;
            ::karmem::wire::put::<
                HerdField,
                L,
                S,
            >(&mut body, AT_HERD, &self.herd, sink)?;
            ::karmem::wire::put::<
                std::collections::BTreeMap<String, u32>,
                L,
                S,
            >(&mut body, AT_PRICES, &self.prices, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                String,
                L,
                S,
            >(sink, base, AT_NAME, &self.name, "name", u32::MAX)?;
            ::karmem::wire::put_at::<
                i16,
                L,
                S,
            >(sink, base, AT_MANA, &self.mana, "mana", u32::MAX)?;
            ::karmem::wire::put_at::<
                PositionField,
                L,
                S,
            >(sink, base, AT_POSITION, &self.position, "position", u32::MAX)?;
            ::karmem::wire::put_at::<
                Vec<u8>,
                L,
                S,
            >(sink, base, AT_INVENTORY, &self.inventory, "inventory", 128)?;
            ::karmem::wire::put_at::<
                [f64; 2],
                L,
                S,
            >(sink, base, AT_HITBOX, &self.hitbox, "hitbox", u32::MAX)?;
            ::karmem::wire::put_at::<
                Option<u32>,
                L,
                S,
            >(sink, base, AT_LUCK, &self.luck, "luck", u32::MAX)?;
            ::karmem::wire::put_at::<
                Option<String>,
                L,
                S,
            >(sink, base, AT_TITLE, &self.title, "title", u32::MAX)?;
            ::karmem::wire::put_at::<
                FriendField,
                L,
                S,
            >(sink, base, AT_FRIEND, &self.friend, "friend", u32::MAX)?;
            ::karmem::wire::put_at::<
                HerdField,
                L,
                S,
            >(sink, base, AT_HERD, &self.herd, "herd", u32::MAX)?;
            ::karmem::wire::put_at::<
                std::collections::BTreeMap<String, u32>,
                L,
                S,
            >(sink, base, AT_PRICES, &self.prices, "prices", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(Monster {
                name: cx.load::<String, L>(body, base, AT_NAME, "name", u32::MAX)?,
                mana: cx.load::<i16, L>(body, base, AT_MANA, "mana", u32::MAX)?,
                position: cx
                    .load::<
                        PositionField,
                        L,
                    >(body, base, AT_POSITION, "position", u32::MAX)?,
                inventory: cx
                    .load::<Vec<u8>, L>(body, base, AT_INVENTORY, "inventory", 128)?,
                hitbox: cx
                    .load::<[f64; 2], L>(body, base, AT_HITBOX, "hitbox", u32::MAX)?,
                luck: cx.load::<Option<u32>, L>(body, base, AT_LUCK, "luck", u32::MAX)?,
                title: cx
                    .load::<Option<String>, L>(body, base, AT_TITLE, "title", u32::MAX)?,
                friend: cx
                    .load::<FriendField, L>(body, base, AT_FRIEND, "friend", u32::MAX)?,
                herd: cx.load::<HerdField, L>(body, base, AT_HERD, "herd", u32::MAX)?,
                prices: cx
                    .load::<
                        std::collections::BTreeMap<String, u32>,
                        L,
                    >(body, base, AT_PRICES, "prices", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<String, L>(body, base, AT_NAME, "name", u32::MAX)?;
            let held_1 = cx.hold::<i16, L>(body, base, AT_MANA, "mana", u32::MAX)?;
            let held_2 = cx
                .hold::<
                    PositionField,
                    L,
                >(body, base, AT_POSITION, "position", u32::MAX)?;
            let held_3 = cx
                .hold::<Vec<u8>, L>(body, base, AT_INVENTORY, "inventory", 128)?;
            let held_4 = cx
                .hold::<[f64; 2], L>(body, base, AT_HITBOX, "hitbox", u32::MAX)?;
            let held_5 = cx
                .hold::<Option<u32>, L>(body, base, AT_LUCK, "luck", u32::MAX)?;
            let held_6 = cx
                .hold::<Option<String>, L>(body, base, AT_TITLE, "title", u32::MAX)?;
            let held_7 = cx
                .hold::<FriendField, L>(body, base, AT_FRIEND, "friend", u32::MAX)?;
            let held_8 = cx.hold::<HerdField, L>(body, base, AT_HERD, "herd", u32::MAX)?;
            let held_9 = cx
                .hold::<
                    std::collections::BTreeMap<String, u32>,
                    L,
                >(body, base, AT_PRICES, "prices", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Monster {
                    name: ::karmem::Late::<String>::take::<L>(held_0, body, AT_NAME),
                    mana: ::karmem::Late::<i16>::take::<L>(held_1, body, AT_MANA),
                    position: ::karmem::Late::<
                        PositionField,
                    >::take::<L>(held_2, body, AT_POSITION),
                    inventory: ::karmem::Late::<
                        Vec<u8>,
                    >::take::<L>(held_3, body, AT_INVENTORY),
                    hitbox: ::karmem::Late::<
                        [f64; 2],
                    >::take::<L>(held_4, body, AT_HITBOX),
                    luck: ::karmem::Late::<
                        Option<u32>,
                    >::take::<L>(held_5, body, AT_LUCK),
                    title: ::karmem::Late::<
                        Option<String>,
                    >::take::<L>(held_6, body, AT_TITLE),
                    friend: ::karmem::Late::<
                        FriendField,
                    >::take::<L>(held_7, body, AT_FRIEND),
                    herd: ::karmem::Late::<HerdField>::take::<L>(held_8, body, AT_HERD),
                    prices: ::karmem::Late::<
                        std::collections::BTreeMap<String, u32>,
                    >::take::<L>(held_9, body, AT_PRICES),
                }),
            )
        }
        fn update_body(
            &mut self,
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.update::<
                    String,
                    L,
                >(&mut self.name, body, base, AT_NAME, "name", u32::MAX)?;
            cx.update::<i16, L>(&mut self.mana, body, base, AT_MANA, "mana", u32::MAX)?;
            cx.update::<
                    PositionField,
                    L,
                >(&mut self.position, body, base, AT_POSITION, "position", u32::MAX)?;
            cx.update::<
                    Vec<u8>,
                    L,
                >(&mut self.inventory, body, base, AT_INVENTORY, "inventory", 128)?;
            cx.update::<
                    [f64; 2],
                    L,
                >(&mut self.hitbox, body, base, AT_HITBOX, "hitbox", u32::MAX)?;
            cx.update::<
                    Option<u32>,
                    L,
                >(&mut self.luck, body, base, AT_LUCK, "luck", u32::MAX)?;
            cx.update::<
                    Option<String>,
                    L,
                >(&mut self.title, body, base, AT_TITLE, "title", u32::MAX)?;
            cx.update::<
                    FriendField,
                    L,
                >(&mut self.friend, body, base, AT_FRIEND, "friend", u32::MAX)?;
            cx.update::<
                    HerdField,
                    L,
                >(&mut self.herd, body, base, AT_HERD, "herd", u32::MAX)?;
            cx.update::<
                    std::collections::BTreeMap<String, u32>,
                    L,
                >(&mut self.prices, body, base, AT_PRICES, "prices", u32::MAX)
        }
    }
    impl<'m> MonsterView<'m> {
        /// What it is called.
        ///
        /// Reads `name` in place.
        #[inline]
        pub fn name(self) -> ::karmem::Text<'m> {
            self.0.get::<String>(AT_NAME)
        }
        /// Reads `mana` in place.
        #[inline]
        pub fn mana(self) -> i16 {
            self.0.get::<i16>(AT_MANA)
        }
        /// Reads `position` in place.
        #[inline]
        pub fn position(self) -> ::karmem::wire::ViewOf<'m, Position, L> {
            self.0.get::<PositionField>(AT_POSITION)
        }
        /// Reads `inventory` in place.
        #[inline]
        pub fn inventory(self) -> ::karmem::Slice<'m, u8> {
            self.0.get::<Vec<u8>>(AT_INVENTORY)
        }
        /// Reads `hitbox` in place.
        #[inline]
        pub fn hitbox(self) -> ::karmem::Slice<'m, f64> {
            self.0.get::<[f64; 2]>(AT_HITBOX)
        }
        /// Reads `luck` in place.
        #[inline]
        pub fn luck(self) -> ::core::option::Option<u32> {
            self.0.get::<Option<u32>>(AT_LUCK)
        }
        /// Reads `title` in place.
        #[inline]
        pub fn title(self) -> ::core::option::Option<::karmem::Text<'m>> {
            self.0.get::<Option<String>>(AT_TITLE)
        }
        /// Reads `friend` in place.
        #[inline]
        pub fn friend(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewOf<'m, Monster, L>> {
            self.0.get::<FriendField>(AT_FRIEND)
        }
        /// Reads `herd` in place.
        #[inline]
        pub fn herd(self) -> ::karmem::Slice<'m, Monster> {
            self.0.get::<HerdField>(AT_HERD)
        }
        /// Reads `prices` in place.
        #[inline]
        pub fn prices(
            self,
        ) -> ::karmem::wire::ViewOf<'m, std::collections::BTreeMap<String, u32>, L> {
            self.0.get::<std::collections::BTreeMap<String, u32>>(AT_PRICES)
        }
        /// Makes the [`Monster`] that this reads; an error only if that was not verified.
        pub fn to_owned(
            &self,
        ) -> ::core::result::Result<Monster, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Monster, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
        /// Whether there is no table: its reference is null or leads outside. All its fields then read as zero, empty or absent.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for MonsterView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for MonsterView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for MonsterView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Monster")
                .field("name", &self.0.show::<String>(AT_NAME))
                .field("mana", &self.0.show::<i16>(AT_MANA))
                .field("position", &self.0.show::<PositionField>(AT_POSITION))
                .field("inventory", &self.0.show::<Vec<u8>>(AT_INVENTORY))
                .field("hitbox", &self.0.show::<[f64; 2]>(AT_HITBOX))
                .field("luck", &self.0.show::<Option<u32>>(AT_LUCK))
                .field("title", &self.0.show::<Option<String>>(AT_TITLE))
                .field("friend", &self.0.show::<FriendField>(AT_FRIEND))
                .field("herd", &self.0.show::<HerdField>(AT_HERD))
                .field(
                    "prices",
                    &self.0.show::<std::collections::BTreeMap<String, u32>>(AT_PRICES),
                )
                .finish()
        }
    }
    impl<'m> MonsterViewMut<'m> {
        /// What it is called.
        ///
        /// Gives access to change `name` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn name(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, String, L>> {
            self.0.get::<String>(AT_NAME)
        }
        /// Reads `mana`; `0` if the table is of an older version without it.
        #[inline]
        pub fn mana(self) -> i16 {
            self.0.get::<i16>(AT_MANA).map_or(0, |value| value.get())
        }
        /// Changes `mana` in place; `false` if the table is of an older version without it.
        #[inline]
        pub fn set_mana(self, value: i16) -> bool {
            self.0.set::<i16>(AT_MANA, &value)
        }
        /// Gives access to change `position` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn position(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Position, L>> {
            self.0.get::<PositionField>(AT_POSITION)
        }
        /// Changes `position` in place; `false` if the table is of an older version without it. A compile error if it refers to something.
        #[inline]
        pub fn set_position<V: ::karmem::wire::Is<Position>>(self, value: V) -> bool {
            self.0.set::<PositionField>(AT_POSITION, &value.is())
        }
        /// Gives access to change `inventory` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn inventory(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Vec<u8>, L>> {
            self.0.get::<Vec<u8>>(AT_INVENTORY)
        }
        /// Gives access to change `hitbox` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn hitbox(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, [f64; 2], L>> {
            self.0.get::<[f64; 2]>(AT_HITBOX)
        }
        /// Changes `hitbox` in place; `false` if the table is of an older version without it.
        #[inline]
        pub fn set_hitbox(self, value: [f64; 2]) -> bool {
            self.0.set::<[f64; 2]>(AT_HITBOX, &value)
        }
        /// Gives access to change `luck` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn luck(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Option<u32>, L>> {
            self.0.get::<Option<u32>>(AT_LUCK)
        }
        /// Changes `luck` in place; `false` if the table is of an older version without it.
        #[inline]
        pub fn set_luck(self, value: Option<u32>) -> bool {
            self.0.set::<Option<u32>>(AT_LUCK, &value)
        }
        /// Gives access to change `title` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn title(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Option<String>, L>> {
            self.0.get::<Option<String>>(AT_TITLE)
        }
        /// Gives access to change `friend` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn friend(
            self,
        ) -> ::core::option::Option<
            ::karmem::wire::ViewMutOf<'m, Option<Box<Monster>>, L>,
        > {
            self.0.get::<FriendField>(AT_FRIEND)
        }
        /// Changes `friend` in place; `false` if the table is of an older version without it. A compile error if it refers to something.
        #[inline]
        pub fn set_friend<V: ::karmem::wire::Is<Option<Box<Monster>>>>(
            self,
            value: V,
        ) -> bool {
            self.0.set::<FriendField>(AT_FRIEND, &value.is())
        }
        /// Gives access to change `herd` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn herd(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Vec<Monster>, L>> {
            self.0.get::<HerdField>(AT_HERD)
        }
        /// Gives access to change `prices` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn prices(
            self,
        ) -> ::core::option::Option<
            ::karmem::wire::ViewMutOf<'m, std::collections::BTreeMap<String, u32>, L>,
        > {
            self.0.get::<std::collections::BTreeMap<String, u32>>(AT_PRICES)
        }
        /// Whether there is no table: its reference is null or leads outside. Then nothing can be changed.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for MonsterViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for MonsterViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for MonsterViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> MonsterBuilder<'w, S> {
        /// What it is called.
        ///
        /// Writes `name`.
        #[inline]
        pub fn name(
            &mut self,
            value: &str,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_text(AT_NAME, value, "name", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `mana`.
        #[inline]
        pub fn mana(
            &mut self,
            value: i16,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<i16>(AT_MANA, &value)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `position`.
        #[inline]
        pub fn position(
            &mut self,
            value: &Position,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<PositionField>(AT_POSITION, value)?;
            ::core::result::Result::Ok(self)
        }
        /// Begins to write `position`, without a value in Rust.
        #[inline]
        pub fn build_position(
            &mut self,
        ) -> ::core::result::Result<
            ::karmem::wire::BuilderOf<'_, S, Position, L>,
            ::karmem::EncodeError,
        > {
            self.0.build::<PositionField>(AT_POSITION)
        }
        /// Writes `inventory`, of at most 128 elements.
        #[inline]
        pub fn inventory(
            &mut self,
            value: &[u8],
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_slice::<u8>(AT_INVENTORY, value, "inventory", 128)?;
            ::core::result::Result::Ok(self)
        }
        /// Allocates `len` elements of `inventory`, at most 128, all empty, to be written one by one.
        #[inline]
        pub fn build_inventory(
            &mut self,
            len: usize,
        ) -> ::core::result::Result<
            ::karmem::Items<'_, S, u8, L>,
            ::karmem::EncodeError,
        > {
            self.0.build_slice::<u8>(AT_INVENTORY, len, "inventory", 128)
        }
        /// Writes `hitbox`.
        #[inline]
        pub fn hitbox(
            &mut self,
            value: &[f64; 2],
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<[f64; 2]>(AT_HITBOX, value)?;
            ::core::result::Result::Ok(self)
        }
        /// Begins to write `hitbox`, without a value in Rust.
        #[inline]
        pub fn build_hitbox(
            &mut self,
        ) -> ::core::result::Result<
            ::karmem::wire::BuilderOf<'_, S, [f64; 2], L>,
            ::karmem::EncodeError,
        > {
            self.0.build::<[f64; 2]>(AT_HITBOX)
        }
        /// Writes `luck`.
        #[inline]
        pub fn luck(
            &mut self,
            value: Option<u32>,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<Option<u32>>(AT_LUCK, &value)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `title`.
        #[inline]
        pub fn title(
            &mut self,
            value: ::core::option::Option<&str>,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_optional_text(AT_TITLE, value, "title", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `friend`.
        #[inline]
        pub fn friend(
            &mut self,
            value: &Option<Box<Monster>>,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<FriendField>(AT_FRIEND, value)?;
            ::core::result::Result::Ok(self)
        }
        /// Begins to write `friend`, without a value in Rust.
        #[inline]
        pub fn build_friend(
            &mut self,
        ) -> ::core::result::Result<
            ::karmem::wire::BuilderOf<'_, S, Option<Box<Monster>>, L>,
            ::karmem::EncodeError,
        > {
            self.0.build::<FriendField>(AT_FRIEND)
        }
        /// Writes `herd`.
        #[inline]
        pub fn herd(
            &mut self,
            value: &[Monster],
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_slice::<Monster>(AT_HERD, value, "herd", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
        /// Allocates `len` elements of `herd` all empty, to be written one by one.
        #[inline]
        pub fn build_herd(
            &mut self,
            len: usize,
        ) -> ::core::result::Result<
            ::karmem::Items<'_, S, Monster, L>,
            ::karmem::EncodeError,
        > {
            self.0.build_slice::<Monster>(AT_HERD, len, "herd", u32::MAX)
        }
        /// Writes `prices`.
        #[inline]
        pub fn prices(
            &mut self,
            value: &std::collections::BTreeMap<String, u32>,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<std::collections::BTreeMap<String, u32>>(AT_PRICES, value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for MonsterBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Monster as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Monster:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
