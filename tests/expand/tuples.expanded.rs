// What the derive adds to `tuples.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

#[derive(Clone, Debug, PartialEq)]
pub struct Metres(pub f32);
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::wire::Field for Metres {
    type Kind = ::karmem::kind::Transparent;
}
#[automatically_derived]
#[allow(deprecated)]
impl ::karmem::kind::Newtype for Metres {
    type Inner = f32;
    #[inline]
    fn inner(&self) -> &f32 {
        &self.0
    }
    #[inline]
    fn inner_mut(&mut self) -> &mut f32 {
        &mut self.0
    }
    #[inline]
    fn wrap(inner: f32) -> Self {
        Metres(inner)
    }
}
#[derive(Clone, Debug, PartialEq)]
pub struct Pair(pub Metres, #[doc(hidden)] pub Vec<u16>);
/// A [`Pair`] read in place.
#[allow(dead_code, deprecated)]
pub struct PairView<'m>(::karmem::Inline<'m, Pair>);
/// A [`Pair`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct PairViewMut<'m>(::karmem::InlineMut<'m, Pair>);
/// A [`Pair`] that is being written.
#[allow(dead_code, deprecated)]
pub struct PairBuilder<'w, S>(::karmem::StructBuilder<'w, S, Pair>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Legacy;
    type F0Field = ::karmem::wire::Same<Metres, L>;
    const PLACED: ::karmem::layout::Placed<2> = ::karmem::layout::place(
        ::karmem::layout::Rule::Legacy,
        ::karmem::layout::Class::Inline,
        [
            <F0Field as ::karmem::wire::Wire<L>>::PART,
            <Vec<u16> as ::karmem::wire::Wire<L>>::PART,
        ],
    );
    const AT_F0: ::karmem::layout::At = PLACED.at[0];
    const AT_F1: ::karmem::layout::At = PLACED.at[1];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Pair {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Struct = &::karmem::schema::Struct {
            name: Self::NAMED.name,
            class: ::karmem::layout::Class::Inline,
            rule: ::karmem::layout::Rule::Legacy,
            layout: PLACED.layout,
            id: ::core::option::Option::None,
            fields: &[
                ::karmem::wire::field::<
                    F0Field,
                    L,
                >("F0", "0", AT_F0, ::core::option::Option::None),
                ::karmem::wire::field::<
                    Vec<u16>,
                    L,
                >("F1", "1", AT_F1, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Pair",
                path: ::core::concat!(::core::module_path!(), "::Pair"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = <F0Field as ::karmem::wire::Wire<L>>::ANY
            && <Vec<u16> as ::karmem::wire::Wire<L>>::ANY;
        const FIXED: bool = <F0Field as ::karmem::wire::Wire<L>>::FIXED
            && <Vec<u16> as ::karmem::wire::Wire<L>>::FIXED;
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.field::<F0Field, L>(body, base, AT_F0, "0")?;
            cx.field::<Vec<u16>, L>(body, base, AT_F1, "1")
        }
        fn levels(first: usize, left: u32) -> ::core::option::Option<u32> {
            static LEVELS: ::karmem::shape::Levels<2> = ::karmem::shape::Levels::new();
            LEVELS
                .of(
                    first,
                    left,
                    &[
                        <F0Field as ::karmem::wire::Wire<L>>::levels,
                        <Vec<u16> as ::karmem::wire::Wire<L>>::levels,
                    ],
                )
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<F0Field, L>(&mut body, AT_F0);
            ::karmem::wire::put_empty::<Vec<u16>, L>(&mut body, AT_F1);
            body
        }
        type View<'m> = PairView<'m>;
        type ViewMut<'m> = PairViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = PairBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> PairBuilder<'_, S> {
            PairBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::InlineShape for Pair {
        #[inline]
        fn view(core: ::karmem::Inline<'_, Self>) -> PairView<'_> {
            PairView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::InlineMut<'_, Self>) -> PairViewMut<'_> {
            PairViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for Pair {
        type Kind = ::karmem::kind::InlineStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Pair {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<F0Field, L, S>(&mut body, AT_F0, &self.0, sink)?;
            ::karmem::wire::put::<Vec<u16>, L, S>(&mut body, AT_F1, &self.1, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                F0Field,
                L,
                S,
            >(sink, base, AT_F0, &self.0, "0", u32::MAX)?;
            ::karmem::wire::put_at::<
                Vec<u16>,
                L,
                S,
            >(sink, base, AT_F1, &self.1, "1", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(
                Pair(
                    cx.load::<F0Field, L>(body, base, AT_F0, "0", u32::MAX)?,
                    cx.load::<Vec<u16>, L>(body, base, AT_F1, "1", u32::MAX)?,
                ),
            )
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<F0Field, L>(body, base, AT_F0, "0", u32::MAX)?;
            let held_1 = cx.hold::<Vec<u16>, L>(body, base, AT_F1, "1", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Pair(
                    ::karmem::Late::<F0Field>::take::<L>(held_0, body, AT_F0),
                    ::karmem::Late::<Vec<u16>>::take::<L>(held_1, body, AT_F1),
                )),
            )
        }
        fn update_body(
            &mut self,
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.update::<F0Field, L>(&mut self.0, body, base, AT_F0, "0", u32::MAX)?;
            cx.update::<Vec<u16>, L>(&mut self.1, body, base, AT_F1, "1", u32::MAX)
        }
    }
    impl<'m> PairView<'m> {
        /// Reads `0` in place.
        #[inline]
        pub fn f0(self) -> ::karmem::wire::ViewOf<'m, Metres, L> {
            self.0.get::<F0Field>(AT_F0)
        }
        #[doc(hidden)]
        /// Reads `1` in place.
        #[inline]
        pub fn f1(self) -> ::karmem::Slice<'m, u16, L> {
            self.0.get::<Vec<u16>>(AT_F1)
        }
        /// Makes the [`Pair`] that this reads; an error only if that was not verified.
        pub fn to_owned(&self) -> ::core::result::Result<Pair, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Pair, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for PairView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for PairView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PairView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_tuple("Pair")
                .field(&self.0.show::<F0Field>(AT_F0))
                .field(&self.0.show::<Vec<u16>>(AT_F1))
                .finish()
        }
    }
    impl<'m> PairViewMut<'m> {
        /// Gives access to change `0` in place.
        #[inline]
        pub fn f0(self) -> ::karmem::wire::ViewMutOf<'m, Metres, L> {
            self.0.get::<F0Field>(AT_F0)
        }
        /// Changes `0` in place. A compile error if it refers to something.
        #[inline]
        pub fn set_f0<V: ::karmem::wire::Is<Metres>>(self, value: V) {
            self.0.set::<F0Field>(AT_F0, &value.is());
        }
        #[doc(hidden)]
        /// Gives access to change `1` in place.
        #[inline]
        pub fn f1(self) -> ::karmem::wire::ViewMutOf<'m, Vec<u16>, L> {
            self.0.get::<Vec<u16>>(AT_F1)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for PairViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for PairViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for PairViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> PairBuilder<'w, S> {
        /// Writes `0`.
        #[inline]
        pub fn f0(
            &mut self,
            value: &Metres,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<F0Field>(AT_F0, value)?;
            ::core::result::Result::Ok(self)
        }
        /// Begins to write `0`, without a value in Rust.
        #[inline]
        pub fn build_f0(
            &mut self,
        ) -> ::core::result::Result<
            ::karmem::wire::BuilderOf<'_, S, Metres, L>,
            ::karmem::EncodeError,
        > {
            self.0.build::<F0Field>(AT_F0)
        }
        #[doc(hidden)]
        /// Writes `1`.
        #[inline]
        pub fn f1(
            &mut self,
            value: &[u16],
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_slice::<u16>(AT_F1, value, "1", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
        /// Allocates `len` elements of `1` all empty, to be written one by one.
        #[doc(hidden)]
        #[inline]
        pub fn build_f1(
            &mut self,
            len: usize,
        ) -> ::core::result::Result<
            ::karmem::Items<'_, S, u16, L>,
            ::karmem::EncodeError,
        > {
            self.0.build_slice::<u16>(AT_F1, len, "1", u32::MAX)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for PairBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Pair as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Pair:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
