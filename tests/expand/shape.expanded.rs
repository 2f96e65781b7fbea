// What the derive adds to `shape.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

/// What it looks like.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Empty,
    /// Round.
    Circle { radius: f32 },
    Polygon(Vec<f32>, Option<String>),
}
/// A [`Shape`] read in place.
#[allow(dead_code, deprecated)]
pub enum ShapeView<'m> {
    /// As [`Shape::Empty`].
    Empty,
    /// Round.
    ///
    /// As [`Shape::Circle`].
    Circle(ShapeCircleView<'m>),
    /// As [`Shape::Polygon`].
    Polygon(ShapePolygonView<'m>),
}
/// A [`Shape`] whose fields are changed in place.
#[allow(dead_code, deprecated)]
pub enum ShapeViewMut<'m> {
    /// As [`Shape::Empty`].
    Empty,
    /// Round.
    ///
    /// As [`Shape::Circle`].
    Circle(ShapeCircleViewMut<'m>),
    /// As [`Shape::Polygon`].
    Polygon(ShapePolygonViewMut<'m>),
}
/// A [`Shape`] that is being written: choose its variant.
#[allow(dead_code, deprecated)]
pub struct ShapeBuilder<'w, S>(::karmem::kind::UnionBuilder<'w, S, Shape>);
/// The fields of [`Shape::Circle`]: a name for their table, without values.
#[allow(dead_code)]
#[derive(::core::fmt::Debug)]
pub enum ShapeCircle {}
/// The fields of [`Shape::Circle`], read in place.
#[allow(dead_code, deprecated)]
pub struct ShapeCircleView<'m>(::karmem::Table<'m, ShapeCircle>);
/// The fields of [`Shape::Circle`], to be changed in place.
#[allow(dead_code, deprecated)]
pub struct ShapeCircleViewMut<'m>(::karmem::TableMut<'m, ShapeCircle>);
/// The fields of [`Shape::Circle`], being written.
#[allow(dead_code, deprecated)]
pub struct ShapeCircleBuilder<'w, S>(::karmem::StructBuilder<'w, S, ShapeCircle>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    const PLACED: ::karmem::layout::Placed<1> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Table,
        [<f32 as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_RADIUS: ::karmem::layout::At = PLACED.at[0];
    #[automatically_derived]
    impl ::karmem::shape::Shape for ShapeCircle {
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
                    f32,
                    L,
                >("Radius", "radius", AT_RADIUS, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "ShapeCircle",
                path: ::core::concat!(::core::module_path!(), "::ShapeCircle"),
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
            cx.field::<f32, L>(body, base, AT_RADIUS, "radius")
        }
        fn verify_older(
            cx: &mut ::karmem::Verifier<'_>,
            table: &[u8],
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            let _ = cx
                .older_field::<f32, L>(table, base, AT_RADIUS, "radius", u32::MAX)?;
            ::core::result::Result::Ok(())
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<f32, L>(&mut body, AT_RADIUS);
            body
        }
        type View<'m> = ShapeCircleView<'m>;
        type ViewMut<'m> = ShapeCircleViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = ShapeCircleBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> ShapeCircleBuilder<'_, S> {
            ShapeCircleBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::TableShape for ShapeCircle {
        #[inline]
        fn view(core: ::karmem::Table<'_, Self>) -> ShapeCircleView<'_> {
            ShapeCircleView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::TableMut<'_, Self>) -> ShapeCircleViewMut<'_> {
            ShapeCircleViewMut(core)
        }
    }
    impl ShapeCircle {
        fn load(
            cx: &mut ::karmem::Verifier<'_>,
            body: &<Self as ::karmem::shape::Shape>::Body,
            base: u32,
        ) -> ::core::result::Result<Shape, ::karmem::Bad> {
            ::core::result::Result::Ok(Shape::Circle {
                radius: cx.load::<f32, L>(body, base, AT_RADIUS, "radius", u32::MAX)?,
            })
        }
        #[inline]
        fn hold(
            cx: &mut ::karmem::Verifier<'_>,
            body: &<Self as ::karmem::shape::Shape>::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Shape>, ::karmem::Bad> {
            let held_0 = cx.hold::<f32, L>(body, base, AT_RADIUS, "radius", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Shape::Circle {
                    radius: ::karmem::Late::<f32>::take::<L>(held_0, body, AT_RADIUS),
                }),
            )
        }
        fn encode<S: ::karmem::Sink>(
            sink: &mut S,
            radius: &f32,
        ) -> ::core::result::Result<u32, ::karmem::EncodeError> {
            ::karmem::shape::write_variant::<
                Self,
                S,
            >(
                sink,
                |body, sink| {
                    ::karmem::wire::put::<f32, L, S>(body, AT_RADIUS, radius, sink)
                },
                |sink, base| {
                    ::karmem::wire::put_at::<
                        f32,
                        L,
                        S,
                    >(sink, base, AT_RADIUS, radius, "radius", u32::MAX)
                },
            )
        }
    }
    impl<'m> ShapeCircleView<'m> {
        /// Reads `radius` in place.
        #[inline]
        pub fn radius(self) -> f32 {
            self.0.get::<f32>(AT_RADIUS)
        }
        /// Whether there is no table: its reference is null or leads outside. All its fields then read as zero, empty or absent.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ShapeCircleView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ShapeCircleView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ShapeCircleView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Circle")
                .field("radius", &self.0.show::<f32>(AT_RADIUS))
                .finish()
        }
    }
    impl<'m> ShapeCircleViewMut<'m> {
        /// Reads `radius`; `0.0` if the table is of an older version without it.
        #[inline]
        pub fn radius(self) -> f32 {
            self.0.get::<f32>(AT_RADIUS).map_or(0.0, |value| value.get())
        }
        /// Changes `radius` in place; `false` if the table is of an older version without it.
        #[inline]
        pub fn set_radius(self, value: f32) -> bool {
            self.0.set::<f32>(AT_RADIUS, &value)
        }
        /// Whether there is no table: its reference is null or leads outside. Then nothing can be changed.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ShapeCircleViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ShapeCircleViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ShapeCircleViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> ShapeCircleBuilder<'w, S> {
        /// Writes `radius`.
        #[inline]
        pub fn radius(
            &mut self,
            value: f32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<f32>(AT_RADIUS, &value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for ShapeCircleBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <ShapeCircle as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::ShapeCircle:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
/// The fields of [`Shape::Polygon`]: a name for their table, without values.
#[allow(dead_code)]
#[derive(::core::fmt::Debug)]
pub enum ShapePolygon {}
/// The fields of [`Shape::Polygon`], read in place.
#[allow(dead_code, deprecated)]
pub struct ShapePolygonView<'m>(::karmem::Table<'m, ShapePolygon>);
/// The fields of [`Shape::Polygon`], to be changed in place.
#[allow(dead_code, deprecated)]
pub struct ShapePolygonViewMut<'m>(::karmem::TableMut<'m, ShapePolygon>);
/// The fields of [`Shape::Polygon`], being written.
#[allow(dead_code, deprecated)]
pub struct ShapePolygonBuilder<'w, S>(::karmem::StructBuilder<'w, S, ShapePolygon>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    const PLACED: ::karmem::layout::Placed<2> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Table,
        [
            <Vec<f32> as ::karmem::wire::Wire<L>>::PART,
            <Option<String> as ::karmem::wire::Wire<L>>::PART,
        ],
    );
    const AT_F0: ::karmem::layout::At = PLACED.at[0];
    const AT_F1: ::karmem::layout::At = PLACED.at[1];
    #[automatically_derived]
    impl ::karmem::shape::Shape for ShapePolygon {
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
                    Vec<f32>,
                    L,
                >("F0", "0", AT_F0, ::core::option::Option::None),
                ::karmem::wire::field::<
                    Option<String>,
                    L,
                >("F1", "1", AT_F1, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "ShapePolygon",
                path: ::core::concat!(::core::module_path!(), "::ShapePolygon"),
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
            cx.field::<Vec<f32>, L>(body, base, AT_F0, "0")?;
            cx.field::<Option<String>, L>(body, base, AT_F1, "1")
        }
        fn verify_older(
            cx: &mut ::karmem::Verifier<'_>,
            table: &[u8],
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            let _ = cx.older_field::<Vec<f32>, L>(table, base, AT_F0, "0", u32::MAX)?
                && cx
                    .older_field::<
                        Option<String>,
                        L,
                    >(table, base, AT_F1, "1", u32::MAX)?;
            ::core::result::Result::Ok(())
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<Vec<f32>, L>(&mut body, AT_F0);
            ::karmem::wire::put_empty::<Option<String>, L>(&mut body, AT_F1);
            body
        }
        type View<'m> = ShapePolygonView<'m>;
        type ViewMut<'m> = ShapePolygonViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = ShapePolygonBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> ShapePolygonBuilder<'_, S> {
            ShapePolygonBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::TableShape for ShapePolygon {
        #[inline]
        fn view(core: ::karmem::Table<'_, Self>) -> ShapePolygonView<'_> {
            ShapePolygonView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::TableMut<'_, Self>) -> ShapePolygonViewMut<'_> {
            ShapePolygonViewMut(core)
        }
    }
    impl ShapePolygon {
        fn load(
            cx: &mut ::karmem::Verifier<'_>,
            body: &<Self as ::karmem::shape::Shape>::Body,
            base: u32,
        ) -> ::core::result::Result<Shape, ::karmem::Bad> {
            ::core::result::Result::Ok(
                Shape::Polygon(
                    cx.load::<Vec<f32>, L>(body, base, AT_F0, "0", u32::MAX)?,
                    cx.load::<Option<String>, L>(body, base, AT_F1, "1", u32::MAX)?,
                ),
            )
        }
        #[inline]
        fn hold(
            cx: &mut ::karmem::Verifier<'_>,
            body: &<Self as ::karmem::shape::Shape>::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Shape>, ::karmem::Bad> {
            let held_0 = cx.hold::<Vec<f32>, L>(body, base, AT_F0, "0", u32::MAX)?;
            let held_1 = cx.hold::<Option<String>, L>(body, base, AT_F1, "1", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Shape::Polygon(
                    ::karmem::Late::<Vec<f32>>::take::<L>(held_0, body, AT_F0),
                    ::karmem::Late::<Option<String>>::take::<L>(held_1, body, AT_F1),
                )),
            )
        }
        fn encode<S: ::karmem::Sink>(
            sink: &mut S,
            f0: &Vec<f32>,
            f1: &Option<String>,
        ) -> ::core::result::Result<u32, ::karmem::EncodeError> {
            ::karmem::shape::write_variant::<
                Self,
                S,
            >(
                sink,
                |body, sink| {
                    ::karmem::wire::put::<Vec<f32>, L, S>(body, AT_F0, f0, sink)?;
                    ::karmem::wire::put::<Option<String>, L, S>(body, AT_F1, f1, sink)
                },
                |sink, base| {
                    ::karmem::wire::put_at::<
                        Vec<f32>,
                        L,
                        S,
                    >(sink, base, AT_F0, f0, "0", u32::MAX)?;
                    ::karmem::wire::put_at::<
                        Option<String>,
                        L,
                        S,
                    >(sink, base, AT_F1, f1, "1", u32::MAX)
                },
            )
        }
    }
    impl<'m> ShapePolygonView<'m> {
        /// Reads `0` in place.
        #[inline]
        pub fn f0(self) -> ::karmem::Slice<'m, f32> {
            self.0.get::<Vec<f32>>(AT_F0)
        }
        /// Reads `1` in place.
        #[inline]
        pub fn f1(self) -> ::core::option::Option<::karmem::Text<'m>> {
            self.0.get::<Option<String>>(AT_F1)
        }
        /// Whether there is no table: its reference is null or leads outside. All its fields then read as zero, empty or absent.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ShapePolygonView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ShapePolygonView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ShapePolygonView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_tuple("Polygon")
                .field(&self.0.show::<Vec<f32>>(AT_F0))
                .field(&self.0.show::<Option<String>>(AT_F1))
                .finish()
        }
    }
    impl<'m> ShapePolygonViewMut<'m> {
        /// Gives access to change `0` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn f0(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Vec<f32>, L>> {
            self.0.get::<Vec<f32>>(AT_F0)
        }
        /// Gives access to change `1` in place; `None` if the table is of an older version without it.
        #[inline]
        pub fn f1(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Option<String>, L>> {
            self.0.get::<Option<String>>(AT_F1)
        }
        /// Whether there is no table: its reference is null or leads outside. Then nothing can be changed.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ShapePolygonViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ShapePolygonViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ShapePolygonViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> ShapePolygonBuilder<'w, S> {
        /// Writes `0`.
        #[inline]
        pub fn f0(
            &mut self,
            value: &[f32],
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_slice::<f32>(AT_F0, value, "0", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
        /// Allocates `len` elements of `0` all empty, to be written one by one.
        #[inline]
        pub fn build_f0(
            &mut self,
            len: usize,
        ) -> ::core::result::Result<
            ::karmem::Items<'_, S, f32, L>,
            ::karmem::EncodeError,
        > {
            self.0.build_slice::<f32>(AT_F0, len, "0", u32::MAX)
        }
        /// Writes `1`.
        #[inline]
        pub fn f1(
            &mut self,
            value: ::core::option::Option<&str>,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_optional_text(AT_F1, value, "1", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for ShapePolygonBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <ShapePolygon as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::ShapePolygon:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
#[allow(dead_code, deprecated)]
const _: () = {
    #[automatically_derived]
    impl ::karmem::wire::Field for Shape {
        type Kind = ::karmem::kind::UnionKind;
    }
    #[automatically_derived]
    impl ::karmem::kind::UnionShape for Shape {
        type Body = [u8; 8];
        type Align = ::karmem::rule::Align<8>;
        const SCHEMA: &'static ::karmem::schema::Union = &::karmem::schema::Union {
            name: Self::NAMED.name,
            repr: ::karmem::schema::Scalar::U8,
            variants: &[
                ::karmem::schema::Variant {
                    name: "Empty",
                    value: 0,
                    table: ::core::option::Option::None,
                },
                ::karmem::schema::Variant {
                    name: "Circle",
                    value: 1,
                    table: ::core::option::Option::Some(
                        <ShapeCircle as ::karmem::shape::Shape>::NAMED,
                    ),
                },
                ::karmem::schema::Variant {
                    name: "Polygon",
                    value: 2,
                    table: ::core::option::Option::Some(
                        <ShapePolygon as ::karmem::shape::Shape>::NAMED,
                    ),
                },
            ],
            spread: ::core::option::Option::None,
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Union> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Shape",
                path: ::core::concat!(::core::module_path!(), "::Shape"),
            },
            get: || Self::SCHEMA,
        };
        type View<'m> = ShapeView<'m>;
        #[inline]
        fn view(kind: u32, mem: &[u8], offset: u32) -> ShapeView<'_> {
            match kind {
                1 => {
                    ShapeView::Circle(
                        ShapeCircleView(::karmem::Table::referred(mem, offset)),
                    )
                }
                2 => {
                    ShapeView::Polygon(
                        ShapePolygonView(::karmem::Table::referred(mem, offset)),
                    )
                }
                _ => ShapeView::Empty,
            }
        }
        type ViewMut<'m> = ShapeViewMut<'m>;
        #[inline]
        fn view_mut(
            kind: u32,
            mem: &[::core::cell::Cell<u8>],
            offset: u32,
        ) -> ShapeViewMut<'_> {
            match kind {
                1 => {
                    ShapeViewMut::Circle(
                        ShapeCircleViewMut(::karmem::TableMut::referred(mem, offset)),
                    )
                }
                2 => {
                    ShapeViewMut::Polygon(
                        ShapePolygonViewMut(::karmem::TableMut::referred(mem, offset)),
                    )
                }
                _ => ShapeViewMut::Empty,
            }
        }
        #[inline]
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            kind: u32,
            offset: u32,
            at: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            match kind {
                0 => ::core::result::Result::Ok(()),
                1 => cx.variant::<ShapeCircle>(offset, at),
                2 => cx.variant::<ShapePolygon>(offset, at),
                _ => cx.unknown_kind(at),
            }
        }
        fn load(
            cx: &mut ::karmem::Verifier<'_>,
            kind: u32,
            offset: u32,
            at: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            match kind {
                0 => ::core::result::Result::Ok(Shape::Empty),
                1 => {
                    cx.load_variant::<
                            ShapeCircle,
                            Self,
                        >(offset, at, |cx, body| ShapeCircle::load(cx, body, offset))
                }
                2 => {
                    cx.load_variant::<
                            ShapePolygon,
                            Self,
                        >(offset, at, |cx, body| ShapePolygon::load(cx, body, offset))
                }
                _ => cx.unknown_kind(at),
            }
        }
        #[inline]
        fn hold(
            cx: &mut ::karmem::Verifier<'_>,
            kind: u32,
            offset: u32,
            at: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            match kind {
                0 => ::core::result::Result::Ok(::karmem::Held::make(|| Shape::Empty)),
                1 => {
                    cx.load_variant::<
                            ShapeCircle,
                            ::karmem::Held<Self>,
                        >(offset, at, |cx, body| ShapeCircle::hold(cx, body, offset))
                }
                2 => {
                    cx.load_variant::<
                            ShapePolygon,
                            ::karmem::Held<Self>,
                        >(offset, at, |cx, body| ShapePolygon::hold(cx, body, offset))
                }
                _ => cx.unknown_kind(at),
            }
        }
        fn levels(left: u32) -> ::core::option::Option<u32> {
            let _ = left;
            ::core::option::Option::Some(0)
        }
        fn encode<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<(u32, u32), ::karmem::EncodeError> {
            match self {
                Shape::Empty => ::core::result::Result::Ok((0, ::karmem::layout::NULL)),
                Shape::Circle { radius } => {
                    ::core::result::Result::Ok((1, ShapeCircle::encode(sink, radius)?))
                }
                Shape::Polygon(f0, f1) => {
                    ::core::result::Result::Ok((2, ShapePolygon::encode(sink, f0, f1)?))
                }
            }
        }
        type Builder<'w, S: ::karmem::Sink + 'w> = ShapeBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::kind::UnionBuilder<'_, S, Self>,
        ) -> ShapeBuilder<'_, S> {
            ShapeBuilder(core)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Union(
            <Shape as ::karmem::kind::UnionShape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Shape:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
    #[automatically_derived]
    impl ::core::clone::Clone for ShapeView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ShapeView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ShapeView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                ShapeView::Empty => f.write_str("Empty"),
                ShapeView::Circle(fields) => ::core::fmt::Debug::fmt(fields, f),
                ShapeView::Polygon(fields) => ::core::fmt::Debug::fmt(fields, f),
            }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for ShapeViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for ShapeViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for ShapeViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                ShapeViewMut::Empty => f.write_str("Empty"),
                ShapeViewMut::Circle(fields) => ::core::fmt::Debug::fmt(fields, f),
                ShapeViewMut::Polygon(fields) => ::core::fmt::Debug::fmt(fields, f),
            }
        }
    }
    impl<'w, S: ::karmem::Sink> ShapeBuilder<'w, S> {
        /// Chooses [`Shape::Empty`].
        #[inline]
        pub fn empty(self) {
            self.0.unit(0);
        }
        /// Chooses [`Shape::Circle`] and begins to write its fields.
        #[inline]
        pub fn circle(
            self,
        ) -> ::core::result::Result<ShapeCircleBuilder<'w, S>, ::karmem::EncodeError> {
            self.0.variant::<ShapeCircle>(1)
        }
        /// Chooses [`Shape::Polygon`] and begins to write its fields.
        #[inline]
        pub fn polygon(
            self,
        ) -> ::core::result::Result<ShapePolygonBuilder<'w, S>, ::karmem::EncodeError> {
            self.0.variant::<ShapePolygon>(2)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for ShapeBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
};
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    pub shape: Shape,
}
/// A [`Holder`] read in place.
#[allow(dead_code, deprecated)]
pub struct HolderView<'m>(::karmem::Inline<'m, Holder>);
/// A [`Holder`] that is changed in place.
#[allow(dead_code, deprecated)]
pub struct HolderViewMut<'m>(::karmem::InlineMut<'m, Holder>);
/// A [`Holder`] that is being written.
#[allow(dead_code, deprecated)]
pub struct HolderBuilder<'w, S>(::karmem::StructBuilder<'w, S, Holder>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Padded;
    type ShapeField = ::karmem::wire::Same<Shape, L>;
    const PLACED: ::karmem::layout::Placed<1> = ::karmem::layout::place(
        ::karmem::layout::Rule::Padded,
        ::karmem::layout::Class::Inline,
        [<ShapeField as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_SHAPE: ::karmem::layout::At = PLACED.at[0];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Holder {
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
                    ShapeField,
                    L,
                >("Shape", "shape", AT_SHAPE, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Holder",
                path: ::core::concat!(::core::module_path!(), "::Holder"),
            },
            get: || Self::SCHEMA,
        };
        const ANY: bool = <ShapeField as ::karmem::wire::Wire<L>>::ANY;
        const FIXED: bool = <ShapeField as ::karmem::wire::Wire<L>>::FIXED;
        const TABLE: u32 = ::karmem::wire::table_size::<ShapeField, L>();
        fn verify(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            cx.field::<ShapeField, L>(body, base, AT_SHAPE, "shape")
        }
        fn levels(first: usize, left: u32) -> ::core::option::Option<u32> {
            static LEVELS: ::karmem::shape::Levels<1> = ::karmem::shape::Levels::new();
            LEVELS.of(first, left, &[<ShapeField as ::karmem::wire::Wire<L>>::levels])
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<ShapeField, L>(&mut body, AT_SHAPE);
            body
        }
        type View<'m> = HolderView<'m>;
        type ViewMut<'m> = HolderViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = HolderBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> HolderBuilder<'_, S> {
            HolderBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::InlineShape for Holder {
        #[inline]
        fn view(core: ::karmem::Inline<'_, Self>) -> HolderView<'_> {
            HolderView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::InlineMut<'_, Self>) -> HolderViewMut<'_> {
            HolderViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for Holder {
        type Kind = ::karmem::kind::InlineStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Holder {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<
                ShapeField,
                L,
                S,
            >(&mut body, AT_SHAPE, &self.shape, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                ShapeField,
                L,
                S,
            >(sink, base, AT_SHAPE, &self.shape, "shape", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(Holder {
                shape: cx.load::<ShapeField, L>(body, base, AT_SHAPE, "shape", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx
                .hold::<ShapeField, L>(body, base, AT_SHAPE, "shape", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Holder {
                    shape: ::karmem::Late::<
                        ShapeField,
                    >::take::<L>(held_0, body, AT_SHAPE),
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
                    ShapeField,
                    L,
                >(&mut self.shape, body, base, AT_SHAPE, "shape", u32::MAX)
        }
        #[inline]
        fn is_present(&self) -> bool {
            ::karmem::wire::is_present::<ShapeField, L>(&self.shape)
        }
        #[inline]
        fn fill<S: ::karmem::Sink>(
            &self,
            offset: u32,
            sink: &mut S,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::fill::<ShapeField, L, S>(&self.shape, offset, sink)
        }
    }
    impl<'m> HolderView<'m> {
        /// Reads `shape` in place.
        #[inline]
        pub fn shape(self) -> ::karmem::wire::ViewOf<'m, Shape, L> {
            self.0.get::<ShapeField>(AT_SHAPE)
        }
        /// Makes the [`Holder`] that this reads; an error only if that was not verified.
        pub fn to_owned(&self) -> ::core::result::Result<Holder, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Holder, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for HolderView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for HolderView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for HolderView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Holder")
                .field("shape", &self.0.show::<ShapeField>(AT_SHAPE))
                .finish()
        }
    }
    impl<'m> HolderViewMut<'m> {
        /// Gives access to change `shape` in place.
        #[inline]
        pub fn shape(self) -> ::karmem::wire::ViewMutOf<'m, Shape, L> {
            self.0.get::<ShapeField>(AT_SHAPE)
        }
        /// Changes `shape` in place. A compile error if it refers to something.
        #[inline]
        pub fn set_shape<V: ::karmem::wire::Is<Shape>>(self, value: V) {
            self.0.set::<ShapeField>(AT_SHAPE, &value.is());
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for HolderViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for HolderViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for HolderViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> HolderBuilder<'w, S> {
        /// Writes `shape`.
        #[inline]
        pub fn shape(
            &mut self,
            value: &Shape,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<ShapeField>(AT_SHAPE, value)?;
            ::core::result::Result::Ok(self)
        }
        /// Begins to write `shape`, without a value in Rust.
        #[inline]
        pub fn build_shape(
            &mut self,
        ) -> ::core::result::Result<
            ::karmem::wire::BuilderOf<'_, S, Shape, L>,
            ::karmem::EncodeError,
        > {
            self.0.build::<ShapeField>(AT_SHAPE)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for HolderBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Holder as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Holder:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
