// What the derive adds to `vec3.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

/// A vector that lies in Rust as it does in a message.
#[derive(Clone, Debug, PartialEq)]
#[repr(C)]
pub struct Vec3 {
    /// To the right.
    pub x: f32,
    pub y: f32,
    pub z: f32,
}
/// A [`Vec3`] read in place.
#[allow(dead_code, deprecated)]
pub struct Vec3View<'m>(::karmem::Inline<'m, Vec3>);
/// A [`Vec3`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct Vec3ViewMut<'m>(::karmem::InlineMut<'m, Vec3>);
/// A [`Vec3`] that is being written.
#[allow(dead_code, deprecated)]
pub struct Vec3Builder<'w, S>(::karmem::StructBuilder<'w, S, Vec3>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::C;
    const PLACED: ::karmem::layout::Placed<3> = ::karmem::layout::place(
        ::karmem::layout::Rule::C,
        ::karmem::layout::Class::Inline,
        [
            <f32 as ::karmem::wire::Wire<L>>::PART,
            <f32 as ::karmem::wire::Wire<L>>::PART,
            <f32 as ::karmem::wire::Wire<L>>::PART,
        ],
    );
    const AT_X: ::karmem::layout::At = PLACED.at[0];
    const AT_Y: ::karmem::layout::At = PLACED.at[1];
    const AT_Z: ::karmem::layout::At = PLACED.at[2];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Vec3 {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Struct = &::karmem::schema::Struct {
            name: Self::NAMED.name,
            class: ::karmem::layout::Class::Inline,
            rule: ::karmem::layout::Rule::C,
            layout: PLACED.layout,
            id: ::core::option::Option::None,
            fields: &[
                ::karmem::wire::field::<
                    f32,
                    L,
                >("X", "x", AT_X, ::core::option::Option::None),
                ::karmem::wire::field::<
                    f32,
                    L,
                >("Y", "y", AT_Y, ::core::option::Option::None),
                ::karmem::wire::field::<
                    f32,
                    L,
                >("Z", "z", AT_Z, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Vec3",
                path: ::core::concat!(::core::module_path!(), "::Vec3"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = <f32 as ::karmem::wire::Wire<L>>::ANY;
        const FIXED: bool = <f32 as ::karmem::wire::Wire<L>>::FIXED;
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.field::<f32, L>(body, base, AT_X, "x")?;
            cx.field::<f32, L>(body, base, AT_Y, "y")?;
            cx.field::<f32, L>(body, base, AT_Z, "z")
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<f32, L>(&mut body, AT_X);
            ::karmem::wire::put_empty::<f32, L>(&mut body, AT_Y);
            ::karmem::wire::put_empty::<f32, L>(&mut body, AT_Z);
            body
        }
        type View<'m> = Vec3View<'m>;
        type ViewMut<'m> = Vec3ViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = Vec3Builder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> Vec3Builder<'_, S> {
            Vec3Builder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::InlineShape for Vec3 {
        #[inline]
        fn view(core: ::karmem::Inline<'_, Self>) -> Vec3View<'_> {
            Vec3View(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::InlineMut<'_, Self>) -> Vec3ViewMut<'_> {
            Vec3ViewMut(core)
        }
    }
    const _: () = {
        let offsets = [
            ::core::mem::offset_of!(Vec3, x),
            ::core::mem::offset_of!(Vec3, y),
            ::core::mem::offset_of!(Vec3, z),
        ];
        ::karmem::shape::assert_own_wire_form::<Vec3>(&offsets);
    };
    #[automatically_derived]
    impl ::karmem::wire::Field for Vec3 {
        type Kind = ::karmem::kind::InlineStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Vec3 {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<f32, L, S>(&mut body, AT_X, &self.x, sink)?;
            ::karmem::wire::put::<f32, L, S>(&mut body, AT_Y, &self.y, sink)?;
            ::karmem::wire::put::<f32, L, S>(&mut body, AT_Z, &self.z, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                f32,
                L,
                S,
            >(sink, base, AT_X, &self.x, "x", u32::MAX)?;
            ::karmem::wire::put_at::<
                f32,
                L,
                S,
            >(sink, base, AT_Y, &self.y, "y", u32::MAX)?;
            ::karmem::wire::put_at::<f32, L, S>(sink, base, AT_Z, &self.z, "z", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(Vec3 {
                x: cx.load::<f32, L>(body, base, AT_X, "x", u32::MAX)?,
                y: cx.load::<f32, L>(body, base, AT_Y, "y", u32::MAX)?,
                z: cx.load::<f32, L>(body, base, AT_Z, "z", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<f32, L>(body, base, AT_X, "x", u32::MAX)?;
            let held_1 = cx.hold::<f32, L>(body, base, AT_Y, "y", u32::MAX)?;
            let held_2 = cx.hold::<f32, L>(body, base, AT_Z, "z", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Vec3 {
                    x: ::karmem::Late::<f32>::take::<L>(held_0, body, AT_X),
                    y: ::karmem::Late::<f32>::take::<L>(held_1, body, AT_Y),
                    z: ::karmem::Late::<f32>::take::<L>(held_2, body, AT_Z),
                }),
            )
        }
        fn update_body(
            &mut self,
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.update::<f32, L>(&mut self.x, body, base, AT_X, "x", u32::MAX)?;
            cx.update::<f32, L>(&mut self.y, body, base, AT_Y, "y", u32::MAX)?;
            cx.update::<f32, L>(&mut self.z, body, base, AT_Z, "z", u32::MAX)
        }
        #[inline]
        fn as_wire(values: &[Self]) -> ::core::option::Option<&[u8]> {
            use ::karmem::shape::UnknownBytes as _;
            ::karmem::shape::BytesOf(values).known()
        }
    }
    impl<'m> Vec3View<'m> {
        /// To the right.
        ///
        /// Reads `x` in place.
        #[inline]
        pub fn x(self) -> f32 {
            self.0.get::<f32>(AT_X)
        }
        /// Reads `y` in place.
        #[inline]
        pub fn y(self) -> f32 {
            self.0.get::<f32>(AT_Y)
        }
        /// Reads `z` in place.
        #[inline]
        pub fn z(self) -> f32 {
            self.0.get::<f32>(AT_Z)
        }
        /// Makes the [`Vec3`] that this reads; an error only if that was not verified.
        pub fn to_owned(&self) -> ::core::result::Result<Vec3, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Vec3, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for Vec3View<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for Vec3View<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for Vec3View<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Vec3")
                .field("x", &self.0.show::<f32>(AT_X))
                .field("y", &self.0.show::<f32>(AT_Y))
                .field("z", &self.0.show::<f32>(AT_Z))
                .finish()
        }
    }
    impl<'m> Vec3ViewMut<'m> {
        /// To the right.
        ///
        /// Reads `x`.
        #[inline]
        pub fn x(self) -> f32 {
            self.0.get::<f32>(AT_X).get()
        }
        /// Changes `x` in place.
        #[inline]
        pub fn set_x(self, value: f32) {
            self.0.set::<f32>(AT_X, &value);
        }
        /// Reads `y`.
        #[inline]
        pub fn y(self) -> f32 {
            self.0.get::<f32>(AT_Y).get()
        }
        /// Changes `y` in place.
        #[inline]
        pub fn set_y(self, value: f32) {
            self.0.set::<f32>(AT_Y, &value);
        }
        /// Reads `z`.
        #[inline]
        pub fn z(self) -> f32 {
            self.0.get::<f32>(AT_Z).get()
        }
        /// Changes `z` in place.
        #[inline]
        pub fn set_z(self, value: f32) {
            self.0.set::<f32>(AT_Z, &value);
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for Vec3ViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for Vec3ViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for Vec3ViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> Vec3Builder<'w, S> {
        /// To the right.
        ///
        /// Writes `x`.
        #[inline]
        pub fn x(
            &mut self,
            value: f32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<f32>(AT_X, &value)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `y`.
        #[inline]
        pub fn y(
            &mut self,
            value: f32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<f32>(AT_Y, &value)?;
            ::core::result::Result::Ok(self)
        }
        /// Writes `z`.
        #[inline]
        pub fn z(
            &mut self,
            value: f32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<f32>(AT_Z, &value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for Vec3Builder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Vec3 as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Vec3:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
