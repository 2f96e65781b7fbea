//! Enums with data: a kind, and a table with the fields of the chosen variant.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};

use super::{
    About, Group, Names, Taken, derived, doc, hidden, lints, name, named_after, rule, section,
};
use crate::ast::{Class, Input, Style, Union, Variant};
use crate::attr::is_lint;

mod types;

/// A variant; with its table if it has data.
struct Choice<'a> {
    variant: &'a Variant,
    value: Literal,
    table: Option<Group<'a>>,
}

pub(super) fn derive(input: &Input, data: &Union) -> TokenStream {
    let choices: Vec<_> = data
        .variants
        .iter()
        .map(|variant| choice(input, data, variant))
        .collect();
    let mut taken = Taken::default();
    taken.words(input.ident.to_token_stream());
    taken.words(input.krate.to_token_stream());
    let names = Names::new(&mut taken);
    let types = types::types(input, &names, &choices);
    let tables = choices.iter().filter_map(|choice| {
        let group = choice.table.as_ref()?;
        Some(table(input, choice.variant, group))
    });
    let shape = shape(input, data, &names, &choices);
    let views = types::views(input, &choices);
    let builder = types::builder(input, &names, &choices);
    let lints = lints(&input.docs);
    quote! {
        #types
        #(#tables)*
        #[allow(dead_code, deprecated)]
        #(#lints)*
        const _: () = {
            #shape
            #views
            #builder
        };
    }
}

fn choice<'a>(input: &'a Input, data: &'a Union, variant: &'a Variant) -> Choice<'a> {
    let table = (!variant.fields.is_empty()).then(|| {
        let about = About {
            ident: variant.table.clone(),
            title: format!("{}::{}", input.ident, variant.ident),
            km: &variant.table_km,
            class: Class::Table,
            rule: data.rule,
            style: variant.style,
            id: None,
            record: false,
            hidden: hidden(&input.docs)
                .into_iter()
                .chain(lints(&variant.docs))
                .collect(),
        };
        Group::new(input, about, &variant.fields)
    });
    Choice {
        variant,
        value: Literal::u32_unsuffixed(variant.value),
        table,
    }
}

/// The table with the fields of a variant.
fn table(input: &Input, variant: &Variant, group: &Group<'_>) -> TokenStream {
    let Group {
        krate,
        vis,
        ident,
        title,
        hidden,
        ..
    } = group;
    let (owner, s) = (&input.ident, &group.names.s);
    let docs = doc(&format!(
        "The fields of [`{title}`]: a name for their table, without values."
    ));
    let (types, shape) = (group.types(), group.shape());
    let (view, view_mut, builder) = (group.view(), group.view_mut(), group.builder());
    let section = group.section();
    let name = &variant.ident;
    let load = group.load(&quote!(#owner::#name));
    let hold = group.hold(&quote!(#owner::#name));
    let bindings: Vec<_> = group.fields.iter().map(super::Slot::binding).collect();
    let tys = group.fields.iter().map(super::Slot::ty);
    let puts: Vec<_> = group
        .fields
        .iter()
        .zip(&bindings)
        .map(|(slot, binding)| group.put(slot, &quote!(body), &quote!(#binding)))
        .collect();
    let puts = super::structs::in_a_row(puts.into_iter());
    let put_at = group.put_at(|slot| slot.binding().to_token_stream());
    let lints = hidden.iter().filter(|attr| is_lint(attr));
    let declared = quote! {
        #docs
        #(#hidden)*
        #[allow(dead_code)]
        #[derive(::core::fmt::Debug)]
        #vis enum #ident {}
    };
    let declared = named_after(ident, declared);
    quote! {
        #declared

        #types

        #[allow(dead_code, deprecated)]
        #(#lints)*
        const _: () = {
            #shape

            impl #ident {
                fn load(
                    cx: &mut #krate::Verifier<'_>,
                    body: &<Self as #krate::shape::Shape>::Body,
                    base: u32,
                ) -> ::core::result::Result<#owner, #krate::Bad> {
                    ::core::result::Result::Ok(#load)
                }
                #[inline]
                fn hold(
                    cx: &mut #krate::Verifier<'_>,
                    body: &<Self as #krate::shape::Shape>::Body,
                    base: u32,
                ) -> ::core::result::Result<#krate::Held<#owner>, #krate::Bad> {
                    #hold
                }
                fn encode<#s: #krate::Sink>(
                    sink: &mut #s,
                    #(#bindings: &#tys,)*
                ) -> ::core::result::Result<u32, #krate::EncodeError> {
                    #krate::shape::write_variant::<Self, #s>(
                        sink,
                        |body, sink| { #puts },
                        |sink, base| { #put_at },
                    )
                }
            }

            #view
            #view_mut
            #builder
            #section
        };
    }
}

fn shape(input: &Input, data: &Union, names: &Names, choices: &[Choice<'_>]) -> TokenStream {
    let Input { krate, ident, .. } = input;
    let (s, l, placed) = (&names.s, &names.l, &names.placed);
    let (view, view_mut, builder) = (
        derived(ident, "View"),
        derived(ident, "ViewMut"),
        derived(ident, "Builder"),
    );
    let repr = super::enums::scalar(data.repr);
    let name = name(krate, ident, &input.km);
    let variants = choices.iter().map(|choice| {
        let (km, value) = (&choice.variant.km, &choice.value);
        let table = match &choice.table {
            Some(group) => {
                let table = &group.ident;
                quote!(::core::option::Option::Some(<#table as #krate::shape::Shape>::NAMED))
            }
            None => quote!(::core::option::Option::None),
        };
        quote!(#krate::schema::Variant { name: #km, value: #value, table: #table })
    });

    let (consts, body, align, spread) = if data.spread {
        let (rule, kind) = (rule(data.rule), Ident::new(data.repr.name(), ident.span()));
        let refs: Vec<_> = choices
            .iter()
            .filter(|choice| choice.table.is_some())
            .collect();
        let count = Literal::usize_unsuffixed(refs.len() + 1);
        let parts = refs.iter().map(|_| quote!(#krate::wire::reference::<#l>()));
        let at = (1..=refs.len()).map(Literal::usize_unsuffixed);
        (
            quote! {
                type #l = #krate::rule::#rule;
                const #placed: #krate::layout::Placed<#count> = #krate::layout::place(
                    #krate::layout::Rule::#rule,
                    #krate::layout::Class::Inline,
                    [<#kind as #krate::wire::Wire<#l>>::PART, #(#parts),*],
                );
            },
            quote!([u8; #placed.layout.size as usize]),
            quote!({ #placed.layout.align }),
            quote! {
                ::core::option::Option::Some(#krate::schema::Spread {
                    rule: #krate::layout::Rule::#rule,
                    layout: #placed.layout,
                    at: &[#(#placed.at[#at]),*],
                })
            },
        )
    } else {
        (
            quote!(),
            quote!([u8; 8]),
            quote!(8),
            quote!(::core::option::Option::None),
        )
    };

    let view_arms = arms(data, choices, |choice| {
        let variant = &choice.variant.ident;
        match &choice.table {
            Some(group) => {
                let fields = group.named("View");
                quote!(#view::#variant(#fields(#krate::Table::referred(mem, offset))))
            }
            None => quote!(#view::#variant),
        }
    });
    let view_mut_arms = arms(data, choices, |choice| {
        let variant = &choice.variant.ident;
        match &choice.table {
            Some(group) => {
                let fields = group.named("ViewMut");
                quote!(#view_mut::#variant(#fields(#krate::TableMut::referred(mem, offset))))
            }
            None => quote!(#view_mut::#variant),
        }
    });
    let verify = choices.iter().map(|choice| {
        let value = &choice.value;
        match &choice.table {
            Some(group) => {
                let table = &group.ident;
                quote!(#value => cx.variant::<#table>(offset, at))
            }
            None => quote!(#value => ::core::result::Result::Ok(())),
        }
    });
    let load = choices.iter().map(|choice| {
        let value = &choice.value;
        match &choice.table {
            Some(group) => {
                let table = &group.ident;
                quote! {
                    #value => cx.load_variant::<#table, Self>(offset, at, |cx, body| #table::load(cx, body, offset))
                }
            }
            None => {
                let made = unit(ident, choice.variant);
                quote!(#value => ::core::result::Result::Ok(#made))
            }
        }
    });
    let hold = choices.iter().map(|choice| {
        let value = &choice.value;
        match &choice.table {
            Some(group) => {
                let table = &group.ident;
                quote! {
                    #value => cx.load_variant::<#table, #krate::Held<Self>>(offset, at, |cx, body| #table::hold(cx, body, offset))
                }
            }
            None => {
                let made = unit(ident, choice.variant);
                quote!(#value => ::core::result::Result::Ok(#krate::Held::make(|| #made)))
            }
        }
    });
    let levels = choices
        .get(data.zero)
        .and_then(|choice| choice.table.as_ref());
    let levels = match levels {
        Some(group) => {
            let table = &group.ident;
            quote!(#krate::kind::levels_of_variant::<#table>(left))
        }
        None => quote! {
            let _ = left;
            ::core::option::Option::Some(0)
        },
    };
    let encode = choices.iter().map(|choice| {
        let (value, variant) = (&choice.value, &choice.variant.ident);
        match &choice.table {
            Some(group) => {
                let table = &group.ident;
                let bindings: Vec<_> = group.fields.iter().map(super::Slot::binding).collect();
                let pattern = match group.style {
                    Style::Tuple => quote!(#ident::#variant(#(#bindings),*)),
                    Style::Named | Style::Unit => {
                        let fields = group.fields.iter().zip(&bindings).map(|(slot, binding)| {
                            let member = &slot.accessor;
                            if member == binding { quote!(#member) } else { quote!(#member: #binding) }
                        });
                        quote!(#ident::#variant { #(#fields),* })
                    }
                };
                quote!(#pattern => ::core::result::Result::Ok((#value, #table::encode(sink, #(#bindings),*)?)))
            }
            None => {
                let pattern = unit(ident, choice.variant);
                quote!(#pattern => ::core::result::Result::Ok((#value, #krate::layout::NULL)))
            }
        }
    });
    let section = section(
        krate,
        ident,
        "Union",
        &quote!(<#ident as #krate::kind::UnionShape>::SCHEMA),
    );
    quote! {
        #consts

        #[automatically_derived]
        impl #krate::wire::Field for #ident {
            type Kind = #krate::kind::UnionKind;
        }

        #[automatically_derived]
        impl #krate::kind::UnionShape for #ident {
            type Body = #body;
            type Align = #krate::rule::Align<#align>;
            const SCHEMA: &'static #krate::schema::Union = &#krate::schema::Union {
                name: Self::NAMED.name,
                repr: #krate::schema::Scalar::#repr,
                variants: &[#(#variants),*],
                spread: #spread,
            };
            const NAMED: #krate::schema::Named<#krate::schema::Union> = #krate::schema::Named {
                name: #name,
                get: || Self::SCHEMA,
            };

            type View<'m> = #view<'m>;
            #[inline]
            fn view(kind: u32, mem: &[u8], offset: u32) -> #view<'_> {
                match kind {
                    #view_arms
                }
            }
            type ViewMut<'m> = #view_mut<'m>;
            #[inline]
            fn view_mut(kind: u32, mem: &[::core::cell::Cell<u8>], offset: u32) -> #view_mut<'_> {
                match kind {
                    #view_mut_arms
                }
            }
            #[inline]
            fn verify(
                cx: &mut #krate::Verifier<'_>,
                kind: u32,
                offset: u32,
                at: u32,
            ) -> ::core::result::Result<(), #krate::Bad> {
                match kind {
                    #(#verify,)*
                    _ => cx.unknown_kind(at),
                }
            }
            fn load(
                cx: &mut #krate::Verifier<'_>,
                kind: u32,
                offset: u32,
                at: u32,
            ) -> ::core::result::Result<Self, #krate::Bad> {
                match kind {
                    #(#load,)*
                    _ => cx.unknown_kind(at),
                }
            }
            #[inline]
            fn hold(
                cx: &mut #krate::Verifier<'_>,
                kind: u32,
                offset: u32,
                at: u32,
            ) -> ::core::result::Result<#krate::Held<Self>, #krate::Bad> {
                match kind {
                    #(#hold,)*
                    _ => cx.unknown_kind(at),
                }
            }
            fn levels(left: u32) -> ::core::option::Option<u32> {
                #levels
            }
            fn encode<#s: #krate::Sink>(
                &self,
                sink: &mut #s,
            ) -> ::core::result::Result<(u32, u32), #krate::EncodeError> {
                match self {
                    #(#encode,)*
                }
            }
            type Builder<'w, #s: #krate::Sink + 'w> = #builder<'w, #s>;
            #[inline]
            fn builder<#s: #krate::Sink>(core: #krate::kind::UnionBuilder<'_, #s, Self>) -> #builder<'_, #s> {
                #builder(core)
            }
        }

        #section
    }
}

/// An arm per variant; the variant whose kind is 0 stands for unknown kinds too.
fn arms(
    data: &Union,
    choices: &[Choice<'_>],
    made: impl Fn(&Choice<'_>) -> TokenStream,
) -> TokenStream {
    let (mut all, mut last) = (TokenStream::new(), TokenStream::new());
    for (index, choice) in choices.iter().enumerate() {
        let (value, made) = (&choice.value, made(choice));
        if index == data.zero {
            last = quote!(_ => #made,);
        } else {
            all.extend(quote!(#value => #made,));
        }
    }
    all.extend(last);
    all
}

fn unit(ident: &Ident, variant: &Variant) -> TokenStream {
    let name = &variant.ident;
    match variant.style {
        Style::Unit => quote!(#ident::#name),
        Style::Tuple => quote!(#ident::#name()),
        Style::Named => quote!(#ident::#name {}),
    }
}
