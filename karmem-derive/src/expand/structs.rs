//! Structs, and what they have in common with the fields of a variant.

use std::collections::HashSet;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::{About, Group, hidden, lints, name, section};
use crate::ast::{Class, Input, Rule, Shape, Struct, Style, Ty};

/// A newtype: written as the field that it holds.
pub(super) fn newtype(input: &Input, data: &Struct) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    data.fields
        .iter()
        .map(|field| {
            let ty = &field.ty.ty;
            quote! {
                #[automatically_derived]
                #[allow(deprecated)]
                impl #krate::wire::Field for #ident {
                    type Kind = #krate::kind::Transparent;
                }

                #[automatically_derived]
                #[allow(deprecated)]
                impl #krate::kind::Newtype for #ident {
                    type Inner = #ty;
                    #[inline]
                    fn inner(&self) -> &#ty {
                        &self.0
                    }
                    #[inline]
                    fn inner_mut(&mut self) -> &mut #ty {
                        &mut self.0
                    }
                    #[inline]
                    fn wrap(inner: #ty) -> Self {
                        #ident(inner)
                    }
                }
            }
        })
        .collect()
}

pub(super) fn derive(input: &Input, data: &Struct) -> TokenStream {
    let about = About {
        ident: input.ident.clone(),
        title: input.ident.to_string(),
        km: &input.km,
        class: data.class,
        rule: data.rule,
        style: data.style,
        id: data.id,
        record: true,
        hidden: hidden(&input.docs),
    };
    let group = Group::new(input, about, &data.fields);
    let (krate, ident) = (&input.krate, &input.ident);
    let kind = match data.class {
        Class::Inline => quote!(InlineStruct),
        Class::Table => quote!(TableStruct),
    };
    let as_in_rust = data.rule == Rule::C && data.class == Class::Inline && data.repr_c;
    let checks = as_in_rust.then(|| group.checks());
    let (types, shape, record) = (group.types(), group.shape(), group.record(as_in_rust));
    let (view, view_mut, builder) = (group.view(), group.view_mut(), group.builder());
    let section = group.section();
    let lints = lints(&input.docs);
    quote! {
        #types

        #[allow(dead_code, deprecated)]
        #(#lints)*
        const _: () = {
            #shape
            #checks

            #[automatically_derived]
            impl #krate::wire::Field for #ident {
                type Kind = #krate::kind::#kind;
            }

            #record
            #view
            #view_mut
            #builder
            #section
        };
    }
}

impl Group<'_> {
    /// The constants, and what the runtime needs to know of the fields.
    pub(super) fn shape(&self) -> TokenStream {
        let Group { krate, ident, .. } = self;
        let (l, s, placed) = (&self.names.l, &self.names.s, &self.names.placed);
        let (view, view_mut, builder) = (
            self.named("View"),
            self.named("ViewMut"),
            self.named("Builder"),
        );
        let rule = self.rule();
        let class = match self.class {
            Class::Inline => quote!(Inline),
            Class::Table => quote!(Table),
        };
        let (count, index) = (
            Literal::usize_unsuffixed(self.fields.len()),
            (0..self.fields.len()).map(Literal::usize_unsuffixed),
        );
        let aliases = self.fields.iter().filter_map(|slot| {
            let (alias, ty) = (slot.alias.as_ref()?, &slot.field.ty.ty);
            Some(quote!(type #alias = #krate::wire::Same<#ty, #l>;))
        });
        let ty: Vec<_> = self.fields.iter().map(|slot| slot.ty()).collect();
        let at: Vec<_> = self.fields.iter().map(|slot| &slot.at).collect();
        let (any, fixed) = match self.class {
            Class::Table => (quote!(false), quote!(false)),
            Class::Inline => {
                let mut types = ty.clone();
                let mut seen = HashSet::new();
                types.retain(|ty| seen.insert(ty.to_token_stream().to_string()));
                (
                    quote!(#(<#types as #krate::wire::Wire<#l>>::ANY)&&*),
                    quote!(#(<#types as #krate::wire::Wire<#l>>::FIXED)&&*),
                )
            }
        };
        let table = self.only_field().map(|slot| {
            let ty = slot.ty();
            quote!(const TABLE: u32 = #krate::wire::table_size::<#ty, #l>();)
        });
        let id = option(
            self.id
                .map(|id| Literal::u64_unsuffixed(id).to_token_stream()),
        );
        let fields = self.fields.iter().map(|slot| {
            let (km, name, ty, at) = (&slot.field.km, &slot.name, slot.ty(), &slot.at);
            let max = option(
                slot.field
                    .max
                    .map(|max| Literal::u32_unsuffixed(max).to_token_stream()),
            );
            quote!(#krate::wire::field::<#ty, #l>(#km, #name, #at, #max))
        });
        let verify = in_a_row(self.fields.iter().map(|slot| {
            let (name, ty, at) = (&slot.name, slot.ty(), &slot.at);
            match slot.field.max {
                Some(_) => {
                    let max = slot.max();
                    quote!(cx.limited::<#ty, #l>(body, base, #at, #name, #max))
                }
                None => quote!(cx.field::<#ty, #l>(body, base, #at, #name)),
            }
        }));
        let (older, levels) = (self.verify_older(), self.levels());
        let name = name(krate, ident, self.km);
        let (placed_trait, core, core_mut) = match self.class {
            Class::Inline => (quote!(InlineShape), quote!(Inline), quote!(InlineMut)),
            Class::Table => (quote!(TableShape), quote!(Table), quote!(TableMut)),
        };
        quote! {
            type #l = #krate::rule::#rule;
            #(#aliases)*
            const #placed: #krate::layout::Placed<#count> = #krate::layout::place(
                #krate::layout::Rule::#rule,
                #krate::layout::Class::#class,
                [#(<#ty as #krate::wire::Wire<#l>>::PART),*],
            );
            #(const #at: #krate::layout::At = #placed.at[#index];)*

            #[automatically_derived]
            impl #krate::shape::Shape for #ident {
                type Rule = #l;
                type Body = [u8; #placed.layout.size as usize];
                type Align = #krate::rule::Align<{ #placed.layout.align }>;
                const SCHEMA: &'static #krate::schema::Struct = &#krate::schema::Struct {
                    name: Self::NAMED.name,
                    class: #krate::layout::Class::#class,
                    rule: #krate::layout::Rule::#rule,
                    layout: #placed.layout,
                    id: #id,
                    fields: &[#(#fields),*],
                };
                const NAMED: #krate::schema::Named<#krate::schema::Struct> = #krate::schema::Named {
                    name: #name,
                    get: || Self::SCHEMA,
                };
                const ANY: bool = #any;
                const FIXED: bool = #fixed;
                #table

                fn verify(
                    cx: &mut #krate::Verifier<'_>,
                    body: &Self::Body,
                    base: u32,
                ) -> ::core::result::Result<(), #krate::Bad> {
                    #verify
                }
                #older
                #levels
                fn empty() -> Self::Body {
                    let mut body = #krate::shape::header::<Self>();
                    #(#krate::wire::put_empty::<#ty, #l>(&mut body, #at);)*
                    body
                }

                type View<'m> = #view<'m>;
                type ViewMut<'m> = #view_mut<'m>;
                type Builder<'w, #s: #krate::Sink + 'w> = #builder<'w, #s>;
                #[inline]
                fn builder<#s: #krate::Sink>(core: #krate::StructBuilder<'_, #s, Self>) -> #builder<'_, #s> {
                    #builder(core)
                }
            }

            #[automatically_derived]
            impl #krate::shape::#placed_trait for #ident {
                #[inline]
                fn view(core: #krate::#core<'_, Self>) -> #view<'_> {
                    #view(core)
                }
                #[inline]
                fn view_mut(core: #krate::#core_mut<'_, Self>) -> #view_mut<'_> {
                    #view_mut(core)
                }
            }
        }
    }

    /// Checks the fields that a table of an older version has, up to the first that it has not.
    fn verify_older(&self) -> Option<TokenStream> {
        let Group { krate, .. } = self;
        let l = &self.names.l;
        let fields = self.fields.iter().map(|slot| {
            let (name, ty, at, max) = (&slot.name, slot.ty(), &slot.at, slot.max());
            quote!(cx.older_field::<#ty, #l>(table, base, #at, #name, #max)?)
        });
        (self.class == Class::Table).then(|| {
            quote! {
                fn verify_older(
                    cx: &mut #krate::Verifier<'_>,
                    table: &[u8],
                    base: u32,
                ) -> ::core::result::Result<(), #krate::Bad> {
                    let _ = #(#fields)&&*;
                    ::core::result::Result::Ok(())
                }
            }
        })
    }

    /// How many levels of references the defaults of the fields take; nothing where none can hold a table.
    fn levels(&self) -> Option<TokenStream> {
        let Group { krate, .. } = self;
        let (l, levels) = (&self.names.l, &self.names.levels);
        let count = Literal::usize_unsuffixed(self.fields.len());
        let fields = self.fields.iter().map(|slot| {
            let ty = slot.ty();
            quote!(<#ty as #krate::wire::Wire<#l>>::levels)
        });
        let nests = self
            .fields
            .iter()
            .any(|slot| may_hold_a_table(&slot.field.ty));
        nests.then(|| {
            quote! {
                fn levels(first: usize, left: u32) -> ::core::option::Option<u32> {
                    static #levels: #krate::shape::Levels<#count> = #krate::shape::Levels::new();
                    #levels.of(first, left, &[#(#fields),*])
                }
            }
        })
    }

    /// What a module carries of it.
    pub(super) fn section(&self) -> TokenStream {
        let Group { krate, ident, .. } = self;
        section(
            krate,
            ident,
            "Struct",
            &quote!(<#ident as #krate::shape::Shape>::SCHEMA),
        )
    }

    /// Between the struct and its bytes.
    fn record(&self, as_in_rust: bool) -> TokenStream {
        let Group { krate, ident, .. } = self;
        let (l, s) = (&self.names.l, &self.names.s);
        let put = self.fields.iter().map(|slot| {
            let member = &slot.field.member;
            self.put(slot, &quote!(&mut body), &quote!(&self.#member))
        });
        let put_at = self.put_at(|slot| {
            let member = &slot.field.member;
            quote!(&self.#member)
        });
        let load = self.load(&quote!(#ident));
        let hold = self.hold(&quote!(#ident));
        let update = in_a_row(self.fields.iter().map(|slot| {
            let (name, ty, at, max, member) = (
                &slot.name,
                slot.ty(),
                &slot.at,
                slot.max(),
                &slot.field.member,
            );
            quote!(cx.update::<#ty, #l>(&mut self.#member, body, base, #at, #name, #max))
        }));
        let fill = self.only_field().map(|slot| {
            let (ty, member) = (slot.ty(), &slot.field.member);
            quote! {
                #[inline]
                fn is_present(&self) -> bool {
                    #krate::wire::is_present::<#ty, #l>(&self.#member)
                }
                #[inline]
                fn fill<#s: #krate::Sink>(
                    &self,
                    offset: u32,
                    sink: &mut #s,
                ) -> ::core::result::Result<(), #krate::EncodeError> {
                    #krate::wire::fill::<#ty, #l, #s>(&self.#member, offset, sink)
                }
            }
        });
        let as_wire = as_in_rust.then(|| {
            quote! {
                #[inline]
                fn as_wire(values: &[Self]) -> ::core::option::Option<&[u8]> {
                    use #krate::shape::UnknownBytes as _;
                    #krate::shape::BytesOf(values).known()
                }
            }
        });
        quote! {
            #[automatically_derived]
            impl #krate::shape::Record for #ident {
                #[inline]
                fn encode_body<#s: #krate::Sink>(
                    &self,
                    sink: &mut #s,
                ) -> ::core::result::Result<Self::Body, #krate::EncodeError> {
                    let mut body = #krate::shape::header::<Self>();
                    #(#put?;)*
                    ::core::result::Result::Ok(body)
                }
                fn encode_at<#s: #krate::Sink>(
                    &self,
                    sink: &mut #s,
                    base: u32,
                ) -> ::core::result::Result<(), #krate::EncodeError> {
                    #put_at
                }
                fn load_body(
                    cx: &mut #krate::Verifier<'_>,
                    body: &Self::Body,
                    base: u32,
                ) -> ::core::result::Result<Self, #krate::Bad> {
                    ::core::result::Result::Ok(#load)
                }
                #[inline]
                fn hold_body(
                    cx: &mut #krate::Verifier<'_>,
                    body: &Self::Body,
                    base: u32,
                ) -> ::core::result::Result<#krate::Held<Self>, #krate::Bad> {
                    #hold
                }
                fn update_body(
                    &mut self,
                    cx: &mut #krate::Verifier<'_>,
                    body: &Self::Body,
                    base: u32,
                ) -> ::core::result::Result<(), #krate::Bad> {
                    #update
                }
                #as_wire
                #fill
            }
        }
    }

    /// Writes a field's value into `body`; without `?`.
    pub(super) fn put(
        &self,
        slot: &super::Slot<'_>,
        body: &TokenStream,
        value: &TokenStream,
    ) -> TokenStream {
        let Group { krate, .. } = self;
        let (l, s, ty, at) = (&self.names.l, &self.names.s, slot.ty(), &slot.at);
        match slot.field.max {
            Some(_) => {
                let (name, max) = (&slot.name, slot.max());
                quote!(#krate::wire::put_limited::<#ty, #l, #s>(#body, #at, #value, sink, #name, #max))
            }
            None => quote!(#krate::wire::put::<#ty, #l, #s>(#body, #at, #value, sink)),
        }
    }

    /// Writes all values to `base` of `sink`; `value` refers to that of a field.
    pub(super) fn put_at(&self, value: impl Fn(&super::Slot<'_>) -> TokenStream) -> TokenStream {
        let Group { krate, .. } = self;
        let (l, s) = (&self.names.l, &self.names.s);
        in_a_row(self.fields.iter().map(|slot| {
            let (ty, at, name, max) = (slot.ty(), &slot.at, &slot.name, slot.max());
            let value = value(slot);
            quote!(#krate::wire::put_at::<#ty, #l, #s>(sink, base, #at, #value, #name, #max))
        }))
    }

    /// The value `path { … }` on the heap, from `cx`, `body` and `base`: fields that take calls first,
    /// so that no call nests in the stack frame that holds the whole value.
    pub(super) fn hold(&self, path: &TokenStream) -> TokenStream {
        let Group { krate, .. } = self;
        let l = &self.names.l;
        let held: Vec<_> = (0..self.fields.len())
            .map(|index| format_ident!("held_{index}", span = Span::mixed_site()))
            .collect();
        let makes = self.fields.iter().map(|slot| {
            let (name, ty, at, max) = (&slot.name, slot.ty(), &slot.at, slot.max());
            quote!(cx.hold::<#ty, #l>(body, base, #at, #name, #max)?)
        });
        let values = self.fields.iter().zip(&held).map(|(slot, held)| {
            // Names the type, so that the compiler points at it where it cannot be a field.
            let (ty, at) = (slot.ty(), &slot.at);
            quote!(#krate::Late::<#ty>::take::<#l>(#held, body, #at))
        });
        let value = self.value(path, values);
        quote! {
            #(let #held = #makes;)*
            ::core::result::Result::Ok(#krate::Held::make(move || #value))
        }
    }

    /// The value `path { … }` from `cx`, `body` and `base`.
    pub(super) fn load(&self, path: &TokenStream) -> TokenStream {
        let l = &self.names.l;
        let values = self.fields.iter().map(|slot| {
            let (name, ty, at, max) = (&slot.name, slot.ty(), &slot.at, slot.max());
            quote!(cx.load::<#ty, #l>(body, base, #at, #name, #max)?)
        });
        self.value(path, values)
    }

    /// The value `path { … }` of the values of its fields.
    fn value(&self, path: &TokenStream, values: impl Iterator<Item = TokenStream>) -> TokenStream {
        match self.style {
            Style::Tuple => quote!(#path(#(#values),*)),
            Style::Named | Style::Unit => {
                let members = self.fields.iter().map(|slot| &slot.field.member);
                quote!(#path { #(#members: #values),* })
            }
        }
    }

    /// The field of an inline struct that has no other: it may refer to a table, and slices of such
    /// structs have their tables side by side.
    fn only_field(&self) -> Option<&super::Slot<'_>> {
        match self.fields.as_slice() {
            [slot] if self.class == Class::Inline => Some(slot),
            _ => None,
        }
    }

    /// The assertion that a `#[repr(C)]` struct is its own wire form.
    fn checks(&self) -> TokenStream {
        let Group { krate, ident, .. } = self;
        let members = self.fields.iter().map(|slot| &slot.field.member);
        quote! {
            const _: () = {
                let offsets = [#(::core::mem::offset_of!(#ident, #members)),*];
                #krate::shape::assert_own_wire_form::<#ident>(&offsets);
            };
        }
    }
}

/// Whether a field of this type may hold a table that is not optional.
fn may_hold_a_table(ty: &Ty) -> bool {
    match &ty.shape {
        Shape::Path => true,
        Shape::Array(inner) | Shape::Boxed(inner) => may_hold_a_table(inner),
        Shape::Option(_) | Shape::Scalar(_) | Shape::Str | Shape::List(_) | Shape::Map(..) => false,
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

/// Fallible calls one after another; the last is the result.
pub(super) fn in_a_row(calls: impl Iterator<Item = TokenStream>) -> TokenStream {
    let calls: Vec<_> = calls.collect();
    match calls.split_last() {
        Some((last, before)) => quote!(#(#before?;)* #last),
        None => quote!(::core::result::Result::Ok(())),
    }
}
