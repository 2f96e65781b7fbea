// What the derive adds to `spread.rs`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.

#[derive(Clone, Debug, PartialEq)]
#[repr(u16)]
pub enum Order {
    Stay,
    Go { to: u32 },
}
/// A [`Order`] read in place.
#[allow(dead_code, deprecated)]
pub enum OrderView<'m> {
    /// As [`Order::Stay`].
    Stay,
    /// As [`Order::Go`].
    Go(OrderGoView<'m>),
}
/// A [`Order`] whose fields are changed in place.
#[allow(dead_code, deprecated)]
pub enum OrderViewMut<'m> {
    /// As [`Order::Stay`].
    Stay,
    /// As [`Order::Go`].
    Go(OrderGoViewMut<'m>),
}
/// A [`Order`] that is being written: choose its variant.
#[allow(dead_code, deprecated)]
pub struct OrderBuilder<'w, S>(::karmem::kind::UnionBuilder<'w, S, Order>);
/// The fields of [`Order::Go`]: a name for their table, without values.
#[allow(dead_code)]
#[derive(::core::fmt::Debug)]
pub enum OrderGo {}
/// The fields of [`Order::Go`], read in place.
#[allow(dead_code, deprecated)]
pub struct OrderGoView<'m>(::karmem::Table<'m, OrderGo>);
/// The fields of [`Order::Go`], to be changed in place.
#[allow(dead_code, deprecated)]
pub struct OrderGoViewMut<'m>(::karmem::TableMut<'m, OrderGo>);
/// The fields of [`Order::Go`], being written.
#[allow(dead_code, deprecated)]
pub struct OrderGoBuilder<'w, S>(::karmem::StructBuilder<'w, S, OrderGo>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Packed;
    const PLACED: ::karmem::layout::Placed<1> = ::karmem::layout::place(
        ::karmem::layout::Rule::Packed,
        ::karmem::layout::Class::Table,
        [<u32 as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_TO: ::karmem::layout::At = PLACED.at[0];
    #[automatically_derived]
    impl ::karmem::shape::Shape for OrderGo {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Struct = &::karmem::schema::Struct {
            name: Self::NAMED.name,
            class: ::karmem::layout::Class::Table,
            rule: ::karmem::layout::Rule::Packed,
            layout: PLACED.layout,
            id: ::core::option::Option::None,
            fields: &[
                ::karmem::wire::field::<
                    u32,
                    L,
                >("To", "to", AT_TO, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "OrderGo",
                path: ::core::concat!(::core::module_path!(), "::OrderGo"),
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
            cx.field::<u32, L>(body, base, AT_TO, "to")
        }
        fn verify_older(
            cx: &mut ::karmem::Verifier<'_>,
            table: &[u8],
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            let _ = cx.older_field::<u32, L>(table, base, AT_TO, "to", u32::MAX)?;
            ::core::result::Result::Ok(())
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<u32, L>(&mut body, AT_TO);
            body
        }
        type View<'m> = OrderGoView<'m>;
        type ViewMut<'m> = OrderGoViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = OrderGoBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> OrderGoBuilder<'_, S> {
            OrderGoBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::TableShape for OrderGo {
        #[inline]
        fn view(core: ::karmem::Table<'_, Self>) -> OrderGoView<'_> {
            OrderGoView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::TableMut<'_, Self>) -> OrderGoViewMut<'_> {
            OrderGoViewMut(core)
        }
    }
    impl OrderGo {
        fn load(
            cx: &mut ::karmem::Verifier<'_>,
            body: &<Self as ::karmem::shape::Shape>::Body,
            base: u32,
        ) -> ::core::result::Result<Order, ::karmem::Bad> {
            ::core::result::Result::Ok(Order::Go {
                to: cx.load::<u32, L>(body, base, AT_TO, "to", u32::MAX)?,
            })
        }
        #[inline]
        fn hold(
            cx: &mut ::karmem::Verifier<'_>,
            body: &<Self as ::karmem::shape::Shape>::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Order>, ::karmem::Bad> {
            let held_0 = cx.hold::<u32, L>(body, base, AT_TO, "to", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Order::Go {
                    to: ::karmem::Late::<u32>::take::<L>(held_0, body, AT_TO),
                }),
            )
        }
        fn encode<S: ::karmem::Sink>(
            sink: &mut S,
            to: &u32,
        ) -> ::core::result::Result<u32, ::karmem::EncodeError> {
            ::karmem::shape::write_variant::<
                Self,
                S,
            >(
                sink,
                |body, sink| { ::karmem::wire::put::<u32, L, S>(body, AT_TO, to, sink) },
                |sink, base| {
                    ::karmem::wire::put_at::<
                        u32,
                        L,
                        S,
                    >(sink, base, AT_TO, to, "to", u32::MAX)
                },
            )
        }
    }
    impl<'m> OrderGoView<'m> {
        /// Reads `to` in place.
        #[inline]
        pub fn to(self) -> u32 {
            self.0.get::<u32>(AT_TO)
        }
        /// Whether there is no table: its reference is null or leads outside. All its fields then read as zero, empty or absent.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrderGoView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for OrderGoView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderGoView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Go").field("to", &self.0.show::<u32>(AT_TO)).finish()
        }
    }
    impl<'m> OrderGoViewMut<'m> {
        /// Reads `to`; `0` if the table is of an older version without it.
        #[inline]
        pub fn to(self) -> u32 {
            self.0.get::<u32>(AT_TO).map_or(0, |value| value.get())
        }
        /// Changes `to` in place; `false` if the table is of an older version without it.
        #[inline]
        pub fn set_to(self, value: u32) -> bool {
            self.0.set::<u32>(AT_TO, &value)
        }
        /// Whether there is no table: its reference is null or leads outside. Then nothing can be changed.
        #[inline]
        pub fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrderGoViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for OrderGoViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderGoViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> OrderGoBuilder<'w, S> {
        /// Writes `to`.
        #[inline]
        pub fn to(
            &mut self,
            value: u32,
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set::<u32>(AT_TO, &value)?;
            ::core::result::Result::Ok(self)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for OrderGoBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <OrderGo as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::OrderGo:",
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
    type L = ::karmem::rule::Packed;
    const PLACED: ::karmem::layout::Placed<2> = ::karmem::layout::place(
        ::karmem::layout::Rule::Packed,
        ::karmem::layout::Class::Inline,
        [<u16 as ::karmem::wire::Wire<L>>::PART, ::karmem::wire::reference::<L>()],
    );
    #[automatically_derived]
    impl ::karmem::wire::Field for Order {
        type Kind = ::karmem::kind::UnionKind;
    }
    #[automatically_derived]
    impl ::karmem::kind::UnionShape for Order {
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Union = &::karmem::schema::Union {
            name: Self::NAMED.name,
            repr: ::karmem::schema::Scalar::U16,
            variants: &[
                ::karmem::schema::Variant {
                    name: "Stay",
                    value: 0,
                    table: ::core::option::Option::None,
                },
                ::karmem::schema::Variant {
                    name: "Go",
                    value: 1,
                    table: ::core::option::Option::Some(
                        <OrderGo as ::karmem::shape::Shape>::NAMED,
                    ),
                },
            ],
            spread: ::core::option::Option::Some(::karmem::schema::Spread {
                rule: ::karmem::layout::Rule::Packed,
                layout: PLACED.layout,
                at: &[PLACED.at[1]],
            }),
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Union> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "Order",
                path: ::core::concat!(::core::module_path!(), "::Order"),
            },
            get: || Self::SCHEMA,
        };
        type View<'m> = OrderView<'m>;
        #[inline]
        fn view(kind: u32, mem: &[u8], offset: u32) -> OrderView<'_> {
            match kind {
                1 => OrderView::Go(OrderGoView(::karmem::Table::referred(mem, offset))),
                _ => OrderView::Stay,
            }
        }
        type ViewMut<'m> = OrderViewMut<'m>;
        #[inline]
        fn view_mut(
            kind: u32,
            mem: &[::core::cell::Cell<u8>],
            offset: u32,
        ) -> OrderViewMut<'_> {
            match kind {
                1 => {
                    OrderViewMut::Go(
                        OrderGoViewMut(::karmem::TableMut::referred(mem, offset)),
                    )
                }
                _ => OrderViewMut::Stay,
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
                1 => cx.variant::<OrderGo>(offset, at),
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
                0 => ::core::result::Result::Ok(Order::Stay),
                1 => {
                    cx.load_variant::<
                            OrderGo,
                            Self,
                        >(offset, at, |cx, body| OrderGo::load(cx, body, offset))
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
                0 => ::core::result::Result::Ok(::karmem::Held::make(|| Order::Stay)),
                1 => {
                    cx.load_variant::<
                            OrderGo,
                            ::karmem::Held<Self>,
                        >(offset, at, |cx, body| OrderGo::hold(cx, body, offset))
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
                Order::Stay => ::core::result::Result::Ok((0, ::karmem::layout::NULL)),
                Order::Go { to } => {
                    ::core::result::Result::Ok((1, OrderGo::encode(sink, to)?))
                }
            }
        }
        type Builder<'w, S: ::karmem::Sink + 'w> = OrderBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::kind::UnionBuilder<'_, S, Self>,
        ) -> OrderBuilder<'_, S> {
            OrderBuilder(core)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Union(
            <Order as ::karmem::kind::UnionShape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Order:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
    #[automatically_derived]
    impl ::core::clone::Clone for OrderView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for OrderView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                OrderView::Stay => f.write_str("Stay"),
                OrderView::Go(fields) => ::core::fmt::Debug::fmt(fields, f),
            }
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrderViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for OrderViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for OrderViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            match self {
                OrderViewMut::Stay => f.write_str("Stay"),
                OrderViewMut::Go(fields) => ::core::fmt::Debug::fmt(fields, f),
            }
        }
    }
    impl<'w, S: ::karmem::Sink> OrderBuilder<'w, S> {
        /// Chooses [`Order::Stay`].
        #[inline]
        pub fn stay(self) {
            self.0.unit(0);
        }
        /// Chooses [`Order::Go`] and begins to write its fields.
        #[inline]
        pub fn go(
            self,
        ) -> ::core::result::Result<OrderGoBuilder<'w, S>, ::karmem::EncodeError> {
            self.0.variant::<OrderGo>(1)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for OrderBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
};
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Orders {
    pub(crate) list: Vec<Order>,
}
/// A [`Orders`] read in place.
#[allow(dead_code, deprecated)]
pub(crate) struct OrdersView<'m>(::karmem::Table<'m, Orders>);
/// A [`Orders`] that is changed in place.
#[allow(dead_code, deprecated)]
pub(crate) struct OrdersViewMut<'m>(::karmem::TableMut<'m, Orders>);
/// A [`Orders`] that is being written.
#[allow(dead_code, deprecated)]
pub(crate) struct OrdersBuilder<'w, S>(::karmem::StructBuilder<'w, S, Orders>);
#[allow(dead_code, deprecated)]
const _: () = {
    type L = ::karmem::rule::Packed;
    type ListField = ::karmem::wire::Same<Vec<Order>, L>;
    const PLACED: ::karmem::layout::Placed<1> = ::karmem::layout::place(
        ::karmem::layout::Rule::Packed,
        ::karmem::layout::Class::Table,
        [<ListField as ::karmem::wire::Wire<L>>::PART],
    );
    const AT_LIST: ::karmem::layout::At = PLACED.at[0];
    #[automatically_derived]
    impl ::karmem::shape::Shape for Orders {
        type Rule = L;
        type Body = [u8; PLACED.layout.size as usize];
        type Align = ::karmem::rule::Align<{ PLACED.layout.align }>;
        const SCHEMA: &'static ::karmem::schema::Struct = &::karmem::schema::Struct {
            name: Self::NAMED.name,
            class: ::karmem::layout::Class::Table,
            rule: ::karmem::layout::Rule::Packed,
            layout: PLACED.layout,
            id: ::core::option::Option::Some(7),
            fields: &[
                ::karmem::wire::field::<
                    ListField,
                    L,
                >("Entries", "list", AT_LIST, ::core::option::Option::None),
            ],
        };
        const NAMED: ::karmem::schema::Named<::karmem::schema::Struct> = ::karmem::schema::Named {
            name: ::karmem::schema::Name {
                km: "OrderBook",
                path: ::core::concat!(::core::module_path!(), "::Orders"),
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
            cx.field::<ListField, L>(body, base, AT_LIST, "list")
        }
        fn verify_older(
            cx: &mut ::karmem::Verifier<'_>,
            table: &[u8],
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::Bad> {
            let _ = cx
                .older_field::<ListField, L>(table, base, AT_LIST, "list", u32::MAX)?;
            ::core::result::Result::Ok(())
        }
        fn empty() -> Self::Body {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put_empty::<ListField, L>(&mut body, AT_LIST);
            body
        }
        type View<'m> = OrdersView<'m>;
        type ViewMut<'m> = OrdersViewMut<'m>;
        type Builder<'w, S: ::karmem::Sink + 'w> = OrdersBuilder<'w, S>;
        #[inline]
        fn builder<S: ::karmem::Sink>(
            core: ::karmem::StructBuilder<'_, S, Self>,
        ) -> OrdersBuilder<'_, S> {
            OrdersBuilder(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::shape::TableShape for Orders {
        #[inline]
        fn view(core: ::karmem::Table<'_, Self>) -> OrdersView<'_> {
            OrdersView(core)
        }
        #[inline]
        fn view_mut(core: ::karmem::TableMut<'_, Self>) -> OrdersViewMut<'_> {
            OrdersViewMut(core)
        }
    }
    #[automatically_derived]
    impl ::karmem::wire::Field for Orders {
        type Kind = ::karmem::kind::TableStruct;
    }
    #[automatically_derived]
    impl ::karmem::shape::Record for Orders {
        #[inline]
        fn encode_body<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
        ) -> ::core::result::Result<Self::Body, ::karmem::EncodeError> {
            let mut body = ::karmem::shape::header::<Self>();
            ::karmem::wire::put::<
                ListField,
                L,
                S,
            >(&mut body, AT_LIST, &self.list, sink)?;
            ::core::result::Result::Ok(body)
        }
        fn encode_at<S: ::karmem::Sink>(
            &self,
            sink: &mut S,
            base: u32,
        ) -> ::core::result::Result<(), ::karmem::EncodeError> {
            ::karmem::wire::put_at::<
                ListField,
                L,
                S,
            >(sink, base, AT_LIST, &self.list, "list", u32::MAX)
        }
        fn load_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<Self, ::karmem::Bad> {
            ::core::result::Result::Ok(Orders {
                list: cx.load::<ListField, L>(body, base, AT_LIST, "list", u32::MAX)?,
            })
        }
        #[inline]
        fn hold_body(
            cx: &mut ::karmem::Verifier<'_>,
            body: &Self::Body,
            base: u32,
        ) -> ::core::result::Result<::karmem::Held<Self>, ::karmem::Bad> {
            let held_0 = cx.hold::<ListField, L>(body, base, AT_LIST, "list", u32::MAX)?;
            ::core::result::Result::Ok(
                ::karmem::Held::make(move || Orders {
                    list: ::karmem::Late::<ListField>::take::<L>(held_0, body, AT_LIST),
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
                    ListField,
                    L,
                >(&mut self.list, body, base, AT_LIST, "list", u32::MAX)
        }
    }
    impl<'m> OrdersView<'m> {
        /// Reads `list` in place.
        #[inline]
        pub(crate) fn list(self) -> ::karmem::Slice<'m, Order, L> {
            self.0.get::<ListField>(AT_LIST)
        }
        /// Makes the [`Orders`] that this reads; an error only if that was not verified.
        pub(crate) fn to_owned(
            &self,
        ) -> ::core::result::Result<Orders, ::karmem::VerifyError> {
            self.0.to_owned(&<::karmem::Limits as ::core::default::Default>::default())
        }
        /// As `to_owned`, within other limits than the default.
        pub(crate) fn to_owned_with(
            &self,
            limits: &::karmem::Limits,
        ) -> ::core::result::Result<Orders, ::karmem::VerifyError> {
            self.0.to_owned(limits)
        }
        /// Whether there is no table: its reference is null or leads outside. All its fields then read as zero, empty or absent.
        #[inline]
        pub(crate) fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrdersView<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for OrdersView<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for OrdersView<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            f.debug_struct("Orders")
                .field("list", &self.0.show::<ListField>(AT_LIST))
                .finish()
        }
    }
    impl<'m> OrdersViewMut<'m> {
        /// Gives access to change `list` in place; `None` if the table is of an older version without it.
        #[inline]
        pub(crate) fn list(
            self,
        ) -> ::core::option::Option<::karmem::wire::ViewMutOf<'m, Vec<Order>, L>> {
            self.0.get::<ListField>(AT_LIST)
        }
        /// Whether there is no table: its reference is null or leads outside. Then nothing can be changed.
        #[inline]
        pub(crate) fn is_absent(self) -> bool {
            self.0.is_absent()
        }
    }
    #[automatically_derived]
    impl ::core::clone::Clone for OrdersViewMut<'_> {
        fn clone(&self) -> Self {
            *self
        }
    }
    #[automatically_derived]
    impl ::core::marker::Copy for OrdersViewMut<'_> {}
    #[automatically_derived]
    impl ::core::fmt::Debug for OrdersViewMut<'_> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    impl<'w, S: ::karmem::Sink> OrdersBuilder<'w, S> {
        /// Writes `list`.
        #[inline]
        pub(crate) fn list(
            &mut self,
            value: &[Order],
        ) -> ::core::result::Result<&mut Self, ::karmem::EncodeError> {
            self.0.set_slice::<Order>(AT_LIST, value, "list", u32::MAX)?;
            ::core::result::Result::Ok(self)
        }
        /// Allocates `len` elements of `list` all empty, to be written one by one.
        #[inline]
        pub(crate) fn build_list(
            &mut self,
            len: usize,
        ) -> ::core::result::Result<
            ::karmem::Items<'_, S, Order, L>,
            ::karmem::EncodeError,
        > {
            self.0.build_slice::<Order>(AT_LIST, len, "list", u32::MAX)
        }
    }
    #[automatically_derived]
    impl<S> ::core::fmt::Debug for OrdersBuilder<'_, S> {
        fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
            ::core::fmt::Debug::fmt(&self.0, f)
        }
    }
    #[cfg(target_family = "wasm")]
    const _: () = {
        const ITEM: ::karmem::section::Item = ::karmem::section::Item::Struct(
            <Orders as ::karmem::shape::Shape>::SCHEMA,
        );
        #[unsafe(link_section = "karmem")]
        static SECTION: [u8; ::karmem::section::len(&ITEM)] = ::karmem::section::fragment(
            &ITEM,
        );
        #[unsafe(
            export_name = ::core::concat!(
                "karmem_type ",
                ::core::module_path!(),
                "::Orders:",
                ::core::line!(),
                ":",
                ::core::column!()
            )
        )]
        extern "C" fn keep() {}
    };
};
