// What the derive adds to `physics.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

#[derive(Clone, Debug, PartialEq)]
pub struct World {
    pub frame: u32,
}
/// A [`World`] read in place.
#[allow(dead_code, deprecated)]
pub struct WorldView<'m>(::karmem::Table<'m, World>);
/// A [`World`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct WorldViewMut<'m>(::karmem::TableMut<'m, World>);
/// A [`World`] that is being written.
#[allow(dead_code, deprecated)]
pub struct WorldBuilder<'w, S>(::karmem::StructBuilder<'w, S, World>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    const PLACED: ::karmem::layout::Placed<1> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Table,
        [<u32 as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_FRAME: ::karmem::layout::At = PLACED.at[0];
    #[automatically_derived]
    impl ::karmem::shape::Shape for World {
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
                    u32,
                    L,
                >("Frame", "frame", AT_FRAME, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "World",
                path: ::core::concat!(::core::module_path!(), "::World"),
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
            cx.field::<u32, L>(body, base, AT_FRAME, "frame")
        }
        fn verify_older(
            cx: &mut ::karmem::Verifier<'_>,
            table: &[u8],
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            let _ = cx.older_field::<u32, L>(table, base, AT_FRAME, "frame", u32::MAX)?;
            ::core::result::Result::Ok(())
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<u32, L>(&mut body, AT_FRAME);
            body
        }
        type View<'m> = WorldView<'m>;
        type ViewMut<'m> = WorldViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = WorldBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> WorldBuilder<'_, S> {
            WorldBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::TableShape for World {
        #[inline]
        fn view(core: ::karmem::Table<'_, Self>) -> WorldView<'_> {
            WorldView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::TableMut<'_, Self>) -> WorldViewMut<'_> {
            WorldViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for World {
        type Kind = ::karmem::kind::TableStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for World {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<u32, L, S>(&mut body, AT_FRAME, &self.frame, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                u32,
                L,
                S,
            >(sink, base, AT_FRAME, &self.frame, "frame", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(World {
                frame: cx.load::<u32, L>(body, base, AT_FRAME, "frame", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<u32, L>(body, base, AT_FRAME, "frame", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || World {
                    frame: ::karmem::Late::<u32>::take::<L>(held_0, body, AT_FRAME),
                }),
            )
        }
        fn update_body(
            &mut self,
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.update::<u32, L>(&mut self.frame, body, base, AT_FRAME, "frame", u32::MAX)
        }
    }
    impl<'m> WorldView<'m> {
        /// Reads `frame` in place.
        #[inline]
        pub fn frame(self) -> u32 {
            self.0.get::<u32>(AT_FRAME)
        }
        /// Makes the [`World`] that this reads; an error only if that was not verified.
        pub fn to_owned(&self) -> ::core::result::Result<World, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<World, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
        /// Whether there is no table: its reference is null or leads outside. All its fields then read as zero, empty or absent.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for WorldView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for WorldView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for WorldView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("World")
                .field("frame", &self.0.show::<u32>(AT_FRAME))
                .finish()
        }
    }
    impl<'m> WorldViewMut<'m> {
        /// Reads `frame`; `0` if the table is of an older version without it.
        #[inline]
        pub fn frame(self) -> u32 {
            self.0.get::<u32>(AT_FRAME).map_or(0, |value| value.get())
        }
        /// Changes `frame` in place; `false` if the table is of an older version without it.
        #[inline]
        pub fn set_frame(self, value: u32) -> bool {
            self.0.set::<u32>(AT_FRAME, &value)
        }
        /// Whether there is no table: its reference is null or leads outside. Then nothing can be changed.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for WorldViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for WorldViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for WorldViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> WorldBuilder<'w, S> {
        /// Writes `frame`.
        #[inline]
        pub fn frame(
            &mut self,
            value: u32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<u32>(AT_FRAME, &value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for WorldBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <World as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::World:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub moved: u32,
}
/// A [`Report`] read in place.
#[allow(dead_code, deprecated)]
pub struct ReportView<'m>(::karmem::Inline<'m, Report>);
/// A [`Report`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct ReportViewMut<'m>(::karmem::InlineMut<'m, Report>);
/// A [`Report`] that is being written.
#[allow(dead_code, deprecated)]
pub struct ReportBuilder<'w, S>(::karmem::StructBuilder<'w, S, Report>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    const PLACED: ::karmem::layout::Placed<1> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Inline,
        [<u32 as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_MOVED: ::karmem::layout::At = PLACED.at[0];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Report {
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
                    u32,
                    L,
                >("Moved", "moved", AT_MOVED, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Report",
                path: ::core::concat!(::core::module_path!(), "::Report"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = <u32 as ::karmem::wire::Wire<L>>::ANY;
        const FIXED: bool = <u32 as ::karmem::wire::Wire<L>>::FIXED;
        const TABLE: u32 = ::karmem::wire::table_size::<u32, L>();
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.field::<u32, L>(body, base, AT_MOVED, "moved")
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<u32, L>(&mut body, AT_MOVED);
            body
        }
        type View<'m> = ReportView<'m>;
        type ViewMut<'m> = ReportViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = ReportBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> ReportBuilder<'_, S> {
            ReportBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::InlineShape for Report {
        #[inline]
        fn view(core: ::karmem::Inline<'_, Self>) -> ReportView<'_> {
            ReportView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::InlineMut<'_, Self>) -> ReportViewMut<'_> {
            ReportViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for Report {
        type Kind = ::karmem::kind::InlineStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Report {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<u32, L, S>(&mut body, AT_MOVED, &self.moved, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                u32,
                L,
                S,
            >(sink, base, AT_MOVED, &self.moved, "moved", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(Report {
                moved: cx.load::<u32, L>(body, base, AT_MOVED, "moved", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<u32, L>(body, base, AT_MOVED, "moved", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Report {
                    moved: ::karmem::Late::<u32>::take::<L>(held_0, body, AT_MOVED),
                }),
            )
        }
        fn update_body(
            &mut self,
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.update::<u32, L>(&mut self.moved, body, base, AT_MOVED, "moved", u32::MAX)
        }
        #[inline]
        fn is_present(&self) -> bool {
            ::karmem::wire::is_present::<u32, L>(&self.moved)
        }
        #[inline]
        fn fill<S: ::karmem::Sink>(
            &self,
            offset: u32,
            sink: &mut S,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::fill::<u32, L, S>(&self.moved, offset, sink)
        }
    }
    impl<'m> ReportView<'m> {
        /// Reads `moved` in place.
        #[inline]
        pub fn moved(self) -> u32 {
            self.0.get::<u32>(AT_MOVED)
        }
        /// Makes the [`Report`] that this reads; an error only if that was not verified.
        pub fn to_owned(&self) -> ::core::result::Result<Report, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Report, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ReportView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ReportView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ReportView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Report")
                .field("moved", &self.0.show::<u32>(AT_MOVED))
                .finish()
        }
    }
    impl<'m> ReportViewMut<'m> {
        /// Reads `moved`.
        #[inline]
        pub fn moved(self) -> u32 {
            self.0.get::<u32>(AT_MOVED).get()
        }
        /// Changes `moved` in place.
        #[inline]
        pub fn set_moved(self, value: u32) {
            self.0.set::<u32>(AT_MOVED, &value);
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ReportViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ReportViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ReportViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> ReportBuilder<'w, S> {
        /// Writes `moved`.
        #[inline]
        pub fn moved(
            &mut self,
            value: u32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<u32>(AT_MOVED, &value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for ReportBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Report as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Report:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
#[derive(Clone, Debug, PartialEq)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
}
#[allow(deprecated)]
const _: () = {
    const SCHEMA: &::karmem::schema::Enum = &::karmem::schema::Enum {
        name: ::karmem::schema::Name {
            km: "Team",
            path: ::core::concat!(::core::module_path!(), "::Team"),
        },
        repr: ::karmem::schema::Scalar::U8,
        values: &[("Humans", 0), ("Orcs", 1)],
    };
    #[automatically_derived]
    impl ::karmem::wire::Field for Team {
        type Kind = ::karmem::kind::Scalar;
    }
    #[automatically_derived]
    impl ::karmem::kind::ScalarValue for Team {
        type Bytes = [u8; 1];
        type Align = ::karmem::rule::Align<1>;
        type Abi = i32;
        const TYPE: ::karmem::schema::Type = ::karmem::schema::Type::Enum(::karmem::schema::Named {
            name: SCHEMA.name,
            get: || SCHEMA,
        });
        const CAUSE: ::core::option::Option<::karmem::Cause> = ::core::option::Option::Some(
            ::karmem::Cause::Enumerator,
        );
        #[inline]
        fn is_valid(bytes: [u8; 1]) -> bool {
            ::core::matches!(u8::from_le_bytes(bytes), 0 | 1)
        }
        #[inline]
        fn from_wire(bytes: [u8; 1]) -> Self {
            match u8::from_le_bytes(bytes) {
                1 => Team::Orcs,
                _ => Team::Humans,
            }
        }
        #[inline]
        fn to_wire(&self) -> [u8; 1] {
            let value: u8 = match self {
                Team::Humans => 0,
                Team::Orcs => 1,
            };
            value.to_le_bytes()
        }
        fn debug(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let name = match self {
                Team::Humans => "Humans",
                Team::Orcs => "Orcs",
            };
            f.write_str(name)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Enum(SCHEMA);
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Team:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
#[derive(Clone, Debug, PartialEq)]
#[repr(u8)]
pub enum Fault {
    Unknown,
    Full,
}
#[allow(deprecated)]
const _: () = {
    const SCHEMA: &::karmem::schema::Enum = &::karmem::schema::Enum {
        name: ::karmem::schema::Name {
            km: "Fault",
            path: ::core::concat!(::core::module_path!(), "::Fault"),
        },
        repr: ::karmem::schema::Scalar::U8,
        values: &[("Unknown", 0), ("Full", 1)],
    };
    #[automatically_derived]
    impl ::karmem::wire::Field for Fault {
        type Kind = ::karmem::kind::Scalar;
    }
    #[automatically_derived]
    impl ::karmem::kind::ScalarValue for Fault {
        type Bytes = [u8; 1];
        type Align = ::karmem::rule::Align<1>;
        type Abi = i32;
        const TYPE: ::karmem::schema::Type = ::karmem::schema::Type::Enum(::karmem::schema::Named {
            name: SCHEMA.name,
            get: || SCHEMA,
        });
        const CAUSE: ::core::option::Option<::karmem::Cause> = ::core::option::Option::Some(
            ::karmem::Cause::Enumerator,
        );
        #[inline]
        fn is_valid(bytes: [u8; 1]) -> bool {
            ::core::matches!(u8::from_le_bytes(bytes), 0 | 1)
        }
        #[inline]
        fn from_wire(bytes: [u8; 1]) -> Self {
            match u8::from_le_bytes(bytes) {
                1 => Fault::Full,
                _ => Fault::Unknown,
            }
        }
        #[inline]
        fn to_wire(&self) -> [u8; 1] {
            let value: u8 = match self {
                Fault::Unknown => 0,
                Fault::Full => 1,
            };
            value.to_le_bytes()
        }
        fn debug(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            let name = match self {
                Fault::Unknown => "Unknown",
                Fault::Full => "Full",
            };
            f.write_str(name)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Enum(SCHEMA);
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Fault:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
/// Moves what is in the world.
pub(crate) trait Physics {
    /// Moves everything by `dt` seconds.
    fn step(
        &mut self,
        world: karmem::ViewMut<World>,
        old: karmem::View<World>,
        team: Team,
        dt: f32,
    ) -> Report;
    /// Looks something up.
    fn find(
        &self,
        at: karmem::Shared<World>,
        name: &World,
    ) -> Result<karmem::Shared<World>, Fault>;
    fn ping(&mut self);
}
/// The methods of [`Physics`], for those who link it.
#[allow(dead_code)]
#[derive(::core::fmt::Debug)]
pub(crate) enum PhysicsInterface {}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::Interface for PhysicsInterface {
    const INTERFACE: &'static ::karmem::schema::Interface = &::karmem::schema::Interface {
        package: "game",
        name: "physics",
        version: 2,
        methods: &[
            ::karmem::schema::Method {
                name: "step",
                params: &[
                    ::karmem::schema::Param {
                        name: "world",
                        pass: ::karmem::schema::Pass::ViewMut(
                            <World as ::karmem::Karmem>::TYPE,
                        ),
                    },
                    ::karmem::schema::Param {
                        name: "old",
                        pass: ::karmem::schema::Pass::View(
                            <World as ::karmem::Karmem>::TYPE,
                        ),
                    },
                    ::karmem::schema::Param {
                        name: "team",
                        pass: ::karmem::interface::parameter::<Team>(),
                    },
                    ::karmem::schema::Param {
                        name: "dt",
                        pass: ::karmem::interface::parameter::<f32>(),
                    },
                ],
                ok: <Report as ::karmem::interface::Output>::OK,
                err: <Report as ::karmem::interface::Output>::ERR,
            },
            ::karmem::schema::Method {
                name: "find",
                params: &[
                    ::karmem::schema::Param {
                        name: "at",
                        pass: ::karmem::interface::parameter::<karmem::Shared<World>>(),
                    },
                    ::karmem::schema::Param {
                        name: "name",
                        pass: ::karmem::interface::parameter::<World>(),
                    },
                ],
                ok: <Result<
                    karmem::Shared<World>,
                    Fault,
                > as ::karmem::interface::Output>::OK,
                err: <Result<
                    karmem::Shared<World>,
                    Fault,
                > as ::karmem::interface::Output>::ERR,
            },
            ::karmem::schema::Method {
                name: "ping",
                params: &[],
                ok: <() as ::karmem::interface::Output>::OK,
                err: <() as ::karmem::interface::Output>::ERR,
            },
        ],
    };
}
#[cfg(target_family = "wasm")]
const _: () = {
    const INTERFACE: &::karmem::schema::Interface = <PhysicsInterface as ::karmem::Interface>::INTERFACE;
    #[unsafe(link_section = "karmem")]
    static SECTION: [u8; ::karmem::section::interface_len(INTERFACE)] = ::karmem::section::interface_fragment(
        INTERFACE,
    );
    #[unsafe(export_name = "karmem_interface game/physics@2")]
    extern "C" fn keep() {}
};
/// Calls whoever provides [`Physics`] to this module: another module, or the host.
///
/// The module imports those methods that are called somewhere in it.
#[allow(dead_code)]
#[derive(::core::clone::Clone, ::core::default::Default, ::core::fmt::Debug)]
pub(crate) struct PhysicsImport;
#[allow(dead_code, clippy::too_many_arguments)]
#[allow(deprecated)]
impl PhysicsImport {
    /// Moves everything by `dt` seconds.
    ///
    /// Fails if the call does not happen, or gives nothing that can be used.
    pub fn step(
        &self,
        world: ::karmem::Shared<World>,
        old: ::karmem::Shared<World>,
        team: ::karmem::interface::Arg<'_, Team>,
        dt: f32,
    ) -> ::core::result::Result<Report, ::karmem::guest::CallError> {
        #[cfg(target_family = "wasm")]
        {
            #[link(wasm_import_module = "karmem:game/physics@2")]
            unsafe extern "C" {
                #[link_name = "game_physics__step"]
                safe fn import(
                    world: i64,
                    old: i64,
                    team: <Team as ::karmem::interface::Value>::Abi,
                    dt: f32,
                ) -> <Report as ::karmem::interface::Output>::Abi;
            }
            ::karmem::guest::call::<
                _,
                Report,
            >(
                |out| ::core::result::Result::Ok((
                    ::karmem::interface::Value::lower(&world, out)?,
                    ::karmem::interface::Value::lower(&old, out)?,
                    ::karmem::interface::send::<Team, _>(team, out)?,
                    ::karmem::interface::Value::lower(&dt, out)?,
                )),
                |(world, old, team, dt)| import(world, old, team, dt),
            )
        }
        #[cfg(not(target_family = "wasm"))]
        {
            let _ = world;
            let _ = old;
            let _ = team;
            let _ = dt;
            ::core::result::Result::Err(::karmem::guest::CallError::NotWasm)
        }
    }
    /// Looks something up.
    ///
    /// Fails if the call does not happen, or gives nothing that can be used.
    pub fn find(
        &self,
        at: karmem::Shared<World>,
        name: ::karmem::interface::Arg<'_, World>,
    ) -> ::core::result::Result<
        Result<karmem::Shared<World>, Fault>,
        ::karmem::guest::CallError,
    > {
        #[cfg(target_family = "wasm")]
        {
            #[link(wasm_import_module = "karmem:game/physics@2")]
            unsafe extern "C" {
                #[link_name = "game_physics__find"]
                safe fn import(
                    at: i64,
                    name: <World as ::karmem::interface::Value>::Abi,
                ) -> <Result<
                    karmem::Shared<World>,
                    Fault,
                > as ::karmem::interface::Output>::Abi;
            }
            ::karmem::guest::call::<
                _,
                Result<karmem::Shared<World>, Fault>,
            >(
                |out| ::core::result::Result::Ok((
                    ::karmem::interface::Value::lower(&at, out)?,
                    ::karmem::interface::send::<World, _>(name, out)?,
                )),
                |(at, name)| import(at, name),
            )
        }
        #[cfg(not(target_family = "wasm"))]
        {
            let _ = at;
            let _ = name;
            ::core::result::Result::Err(::karmem::guest::CallError::NotWasm)
        }
    }
    /// Fails if the call does not happen, or gives nothing that can be used.
    pub fn ping(&self) -> ::core::result::Result<(), ::karmem::guest::CallError> {
        #[cfg(target_family = "wasm")]
        {
            #[link(wasm_import_module = "karmem:game/physics@2")]
            unsafe extern "C" {
                #[link_name = "game_physics__ping"]
                safe fn import();
            }
            ::karmem::guest::call::<
                _,
                (),
            >(|_| ::core::result::Result::Ok(()), |()| import())
        }
        #[cfg(not(target_family = "wasm"))]
        { ::core::result::Result::Err(::karmem::guest::CallError::NotWasm) }
    }
}
#[allow(dead_code, clippy::too_many_arguments)]
#[allow(deprecated)]
impl dyn Physics {
    #[doc(hidden)]
    #[inline(never)]
    pub fn __karmem_step<T: Physics + ::core::default::Default>(
        instance: &::karmem::guest::Instance<T>,
        world: i64,
        old: i64,
        team: <Team as ::karmem::interface::Value>::Abi,
        dt: f32,
    ) -> <Report as ::karmem::interface::Output>::Abi {
        ::karmem::guest::serve(
            instance,
            "game/physics.step",
            |it, from| {
                let mut world_region = ::karmem::Shared::<World>::from_i64(world)
                    .open_mut()?;
                let world = world_region.view_mut_unverified()?;
                let old_region = ::karmem::Shared::<World>::from_i64(old).open()?;
                let old = old_region.view()?;
                ::core::result::Result::Ok(
                    Physics::step(
                        it,
                        world,
                        old,
                        <Team as ::karmem::interface::Value>::lift(team, from)?,
                        <f32 as ::karmem::interface::Value>::lift(dt, from)?,
                    ),
                )
            },
        )
    }
    #[doc(hidden)]
    #[inline(never)]
    pub fn __karmem_find<T: Physics + ::core::default::Default>(
        instance: &::karmem::guest::Instance<T>,
        at: i64,
        name: <World as ::karmem::interface::Value>::Abi,
    ) -> <Result<karmem::Shared<World>, Fault> as ::karmem::interface::Output>::Abi {
        ::karmem::guest::serve(
            instance,
            "game/physics.find",
            |it, from| {
                ::core::result::Result::Ok(
                    Physics::find(
                        it,
                        <karmem::Shared<
                            World,
                        > as ::karmem::interface::Value>::lift(at, from)?,
                        &<World as ::karmem::interface::Value>::lift(name, from)?,
                    ),
                )
            },
        )
    }
    #[doc(hidden)]
    #[inline(never)]
    pub fn __karmem_ping<T: Physics + ::core::default::Default>(
        instance: &::karmem::guest::Instance<T>,
    ) {
        ::karmem::guest::serve(
            instance,
            "game/physics.ping",
            |it, _| {
                Physics::ping(it);
                ::core::result::Result::Ok(())
            },
        )
    }
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<0, 0> for dyn Physics {
    type Abi = i64;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<0, 1> for dyn Physics {
    type Abi = i64;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<0, 2> for dyn Physics {
    type Abi = <Team as ::karmem::interface::Value>::Abi;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<0, 3> for dyn Physics {
    type Abi = f32;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<0, 4> for dyn Physics {
    type Abi = <Report as ::karmem::interface::Output>::Abi;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<1, 0> for dyn Physics {
    type Abi = i64;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<1, 1> for dyn Physics {
    type Abi = <World as ::karmem::interface::Value>::Abi;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<1, 2> for dyn Physics {
    type Abi = <Result<
        karmem::Shared<World>,
        Fault,
    > as ::karmem::interface::Output>::Abi;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::interface::Slot<2, 0> for dyn Physics {
    type Abi = ();
}
/// Exports the methods of [`Physics`] from a module: write it once, where the trait is in scope, with a type that implements it and `Default`.
#[allow(unused_macros)]
macro_rules! export_physics {
    ($ty:ty) => {
        ::karmem::__export! { (::karmem) Physics { $ty } __karmem_step
        "game_physics__step" 4; __karmem_find "game_physics__find" 2; __karmem_ping
        "game_physics__ping" 0; }
    };
}
::karmem::__host! {
    #[doc = " Calls the module of a system that provides [`Physics`]."]
    #[allow(dead_code, clippy::type_complexity)] #[allow(deprecated)]
    #[derive(::core::clone::Clone, ::core::fmt::Debug)] pub (crate) struct PhysicsClient
    { step : ::karmem::host::Method < (i64, i64, < Team as ::karmem::interface::Value >
    ::Abi, f32,), < Report as ::karmem::interface::Output > ::Abi >, find :
    ::karmem::host::Method < (i64, < World as ::karmem::interface::Value > ::Abi,), <
    Result < karmem::Shared < World >, Fault > as ::karmem::interface::Output > ::Abi >,
    ping : ::karmem::host::Method < (), () >, } #[automatically_derived] impl
    ::karmem::host::Client for PhysicsClient { type Interface = PhysicsInterface; fn
    bind(link : & mut ::karmem::host::Link < '_ >) -> ::karmem::host::Result < Self > {
    ::core::result::Result::Ok(Self { step : link.method("step") ?, find : link
    .method("find") ?, ping : link.method("ping") ?, }) } } #[allow(dead_code,
    clippy::too_many_arguments)] #[allow(deprecated)] impl PhysicsClient { #[doc =
    " Moves everything by `dt` seconds."] #[doc = ""] #[doc =
    " Fails if the call does, and not for what the method itself says."] pub fn step(&
    self, system : & mut ::karmem::host::System, world : ::karmem::Shared < World >, old
    : ::karmem::Shared < World >, team : ::karmem::interface::Arg < '_, Team >, dt : f32)
    -> ::karmem::host::Result < Report > { system.invoke(& self.step, | out |
    ::core::result::Result::Ok((::karmem::interface::Value::lower(& world, out) ?,
    ::karmem::interface::Value::lower(& old, out) ?, ::karmem::interface::send:: < Team,
    _ > (team, out) ?, ::karmem::interface::Value::lower(& dt, out) ?,)), | number, from
    | < Report as ::karmem::interface::Output > ::lift_output(number, from),) } #[doc =
    " Looks something up."] #[doc = ""] #[doc =
    " Fails if the call does, and not for what the method itself says."] pub fn find(&
    self, system : & mut ::karmem::host::System, at : karmem::Shared < World >, name :
    ::karmem::interface::Arg < '_, World >) -> ::karmem::host::Result < Result <
    karmem::Shared < World >, Fault > > { system.invoke(& self.find, | out |
    ::core::result::Result::Ok((::karmem::interface::Value::lower(& at, out) ?,
    ::karmem::interface::send:: < World, _ > (name, out) ?,)), | number, from | < Result
    < karmem::Shared < World >, Fault > as ::karmem::interface::Output >
    ::lift_output(number, from),) } #[doc =
    " Fails if the call does, and not for what the method itself says."] pub fn ping(&
    self, system : & mut ::karmem::host::System,) -> ::karmem::host::Result < () > {
    system.invoke(& self.ping, | _ | ::core::result::Result::Ok(()), | number, from | <
    () as ::karmem::interface::Output > ::lift_output(number, from),) }
    ::karmem::__host_async! { #[doc = " Moves everything by `dt` seconds."] #[doc = ""]
    #[doc = " Fails if the call does, and not for what the method itself says."] pub
    async fn step_async(& self, system : & mut ::karmem::host::System, world :
    ::karmem::Shared < World >, old : ::karmem::Shared < World >, team :
    ::karmem::interface::Arg < '_, Team >, dt : f32) -> ::karmem::host::Result < Report >
    { system.invoke_async(& self.step, | out |
    ::core::result::Result::Ok((::karmem::interface::Value::lower(& world, out) ?,
    ::karmem::interface::Value::lower(& old, out) ?, ::karmem::interface::send:: < Team,
    _ > (team, out) ?, ::karmem::interface::Value::lower(& dt, out) ?,)), | number, from
    | < Report as ::karmem::interface::Output > ::lift_output(number, from),). await }
    #[doc = " Looks something up."] #[doc = ""] #[doc =
    " Fails if the call does, and not for what the method itself says."] pub async fn
    find_async(& self, system : & mut ::karmem::host::System, at : karmem::Shared < World
    >, name : ::karmem::interface::Arg < '_, World >) -> ::karmem::host::Result < Result
    < karmem::Shared < World >, Fault > > { system.invoke_async(& self.find, | out |
    ::core::result::Result::Ok((::karmem::interface::Value::lower(& at, out) ?,
    ::karmem::interface::send:: < World, _ > (name, out) ?,)), | number, from | < Result
    < karmem::Shared < World >, Fault > as ::karmem::interface::Output >
    ::lift_output(number, from),). await } #[doc =
    " Fails if the call does, and not for what the method itself says."] pub async fn
    ping_async(& self, system : & mut ::karmem::host::System,) -> ::karmem::host::Result
    < () > { system.invoke_async(& self.ping, | _ | ::core::result::Result::Ok(()), |
    number, from | < () as ::karmem::interface::Output > ::lift_output(number, from),).
    await } } } #[doc =
    " Provides a [`Physics`] of the host's to the modules of a system."]
    #[allow(dead_code)] #[derive(::core::fmt::Debug)] pub (crate) struct PhysicsProvider
    < T > (pub T); #[automatically_derived] #[allow(deprecated)] impl < T : Physics +
    ::core::marker::Send + 'static > ::karmem::host::Provider for PhysicsProvider < T > {
    type Interface = PhysicsInterface; fn define(self, host : & mut
    ::karmem::host::Definer < '_ >) -> ::karmem::host::Result < () > { let this =
    ::karmem::host::provided(self.0); host.method("step", { let this =
    ::core::clone::Clone::clone(& this); move | caller : ::karmem::host::Caller < '_ >,
    world : i64, old : i64, team : < Team as ::karmem::interface::Value > ::Abi, dt : f32
    | { this.serve(caller, | it, cx : & mut ::karmem::host::Serving < '_ > | { let team =
    < Team as ::karmem::interface::Value > ::lift(team, & * cx) ?; let dt = < f32 as
    ::karmem::interface::Value > ::lift(dt, & * cx) ?; let [world, old] = cx
    .open([(world, true), (old, false)]) ?; let world = world.view_mut:: < World > () ?;
    let old = old.view_verified:: < World > () ?; let output = Physics::step(it, world,
    old, team, dt); < Report as ::karmem::interface::Output > ::lower_output(& output,
    cx) }) } }) ?; host.method("find", { let this = ::core::clone::Clone::clone(& this);
    move | caller : ::karmem::host::Caller < '_ >, at : i64, name : < World as
    ::karmem::interface::Value > ::Abi | { this.serve(caller, | it, cx : & mut
    ::karmem::host::Serving < '_ > | { let at = < karmem::Shared < World > as
    ::karmem::interface::Value > ::lift(at, & * cx) ?; let name = & < World as
    ::karmem::interface::Value > ::lift(name, & * cx) ?; let output = Physics::find(it,
    at, name); < Result < karmem::Shared < World >, Fault > as
    ::karmem::interface::Output > ::lower_output(& output, cx) }) } }) ?; host
    .method("ping", { let this = ::core::clone::Clone::clone(& this); move | caller :
    ::karmem::host::Caller < '_ >, | { this.serve(caller, | it, cx : & mut
    ::karmem::host::Serving < '_ > | { Physics::ping(it,); < () as
    ::karmem::interface::Output > ::lower_output(& (), cx) }) } }) ?;
    ::core::result::Result::Ok(()) } }
}
