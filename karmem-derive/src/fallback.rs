//! What is emitted for an input that was refused.

use heck::ToSnakeCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, ItemTrait, Path, Type, parse_quote};

use crate::ctxt::Ctxt;
use crate::{attr, expand, valid};

/// The errors as `compile_error!`s, and impls with which the type can be used all the same, so that the
/// user sees what is wrong with it and not that it is missing elsewhere.
pub(crate) fn derive(item: &DeriveInput, errors: &syn::Error) -> TokenStream {
    let mut tokens = errors.to_compile_error();
    // What is generic or has no size cannot be used in a message anyhow.
    if item.generics.params.is_empty() && is_sized(item) {
        let krate = attr::container(&mut Ctxt::default(), &item.attrs).krate;
        let krate = krate.unwrap_or_else(|| parse_quote!(::karmem));
        tokens.extend(match &item.data {
            Data::Enum(data)
                if data
                    .variants
                    .iter()
                    .all(|variant| variant.fields.is_empty()) =>
            {
                scalar(item, &krate)
            }
            _ => record(item, &krate),
        });
    }
    tokens
}

/// Whether the compiler would take the type as a value.
fn is_sized(item: &DeriveInput) -> bool {
    let Data::Struct(data) = &item.data else {
        return true;
    };
    match data.fields.iter().last().map(|field| &field.ty) {
        Some(Type::Slice(_) | Type::TraitObject(_)) => false,
        Some(Type::Path(path)) => !path.path.is_ident("str"),
        _ => true,
    }
}

/// An enum without data.
fn scalar(item: &DeriveInput, krate: &Path) -> TokenStream {
    let ident = &item.ident;
    quote! {
        #[automatically_derived]
        impl #krate::wire::Field for #ident {
            type Kind = #krate::kind::Scalar;
        }

        #[automatically_derived]
        impl #krate::kind::ScalarValue for #ident {
            type Bytes = [u8; 1];
            type Align = #krate::rule::Align<1>;
            type Abi = i32;
            const TYPE: #krate::schema::Type = #krate::schema::Type::Scalar(#krate::schema::Scalar::U8);
            fn from_wire(_: [u8; 1]) -> Self {
                ::core::unreachable!("the derive refused this type")
            }
            fn to_wire(&self) -> [u8; 1] {
                ::core::unreachable!("the derive refused this type")
            }
            fn debug(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::unreachable!("the derive refused this type")
            }
        }
    }
}

/// A message without fields.
fn record(item: &DeriveInput, krate: &Path) -> TokenStream {
    let (ident, vis) = (&item.ident, &item.vis);
    let view = format_ident!("{ident}View");
    let view_mut = format_ident!("{ident}ViewMut");
    let builder = format_ident!("{ident}Builder");
    let name = ident.to_string();
    quote! {
        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #view<'m>(#krate::Inline<'m, #ident>);
        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #vis struct #view_mut<'m>(#krate::InlineMut<'m, #ident>);
        #[allow(dead_code)]
        #[derive(::core::fmt::Debug)]
        #vis struct #builder<'w, Sink>(#krate::StructBuilder<'w, Sink, #ident>);

        #[automatically_derived]
        impl #krate::wire::Field for #ident {
            type Kind = #krate::kind::InlineStruct;
        }

        #[automatically_derived]
        impl #krate::shape::Shape for #ident {
            type Rule = #krate::rule::Padded;
            type Body = [u8; 8];
            type Align = #krate::rule::Align<8>;
            const SCHEMA: &'static #krate::schema::Struct = &#krate::schema::Struct {
                name: Self::NAMED.name,
                class: #krate::layout::Class::Inline,
                rule: #krate::layout::Rule::Padded,
                layout: #krate::layout::Layout { size: 8, align: 8 },
                id: ::core::option::Option::None,
                fields: &[],
            };
            const NAMED: #krate::schema::Named<#krate::schema::Struct> = #krate::schema::Named {
                name: #krate::schema::Name { km: #name, path: #name },
                get: || Self::SCHEMA,
            };
            const ANY: bool = true;
            const FIXED: bool = true;
            fn verify(
                _: &mut #krate::Verifier<'_>,
                _: &Self::Body,
                _: u32,
            ) -> ::core::result::Result<(), #krate::Bad> {
                ::core::unreachable!("the derive refused this type")
            }
            fn empty() -> Self::Body {
                [0; 8]
            }
            type View<'m> = #view<'m>;
            type ViewMut<'m> = #view_mut<'m>;
            type Builder<'w, Sink: #krate::Sink + 'w> = #builder<'w, Sink>;
            fn builder<Sink: #krate::Sink>(core: #krate::StructBuilder<'_, Sink, Self>) -> #builder<'_, Sink> {
                #builder(core)
            }
        }

        #[automatically_derived]
        impl #krate::shape::InlineShape for #ident {
            fn view(core: #krate::Inline<'_, Self>) -> #view<'_> {
                #view(core)
            }
            fn view_mut(core: #krate::InlineMut<'_, Self>) -> #view_mut<'_> {
                #view_mut(core)
            }
        }

        #[automatically_derived]
        impl #krate::shape::Record for #ident {
            fn encode_body<Sink: #krate::Sink>(
                &self,
                _: &mut Sink,
            ) -> ::core::result::Result<Self::Body, #krate::EncodeError> {
                ::core::unreachable!("the derive refused this type")
            }
            fn encode_at<Sink: #krate::Sink>(
                &self,
                _: &mut Sink,
                _: u32,
            ) -> ::core::result::Result<(), #krate::EncodeError> {
                ::core::unreachable!("the derive refused this type")
            }
            fn load_body(
                _: &mut #krate::Verifier<'_>,
                _: &Self::Body,
                _: u32,
            ) -> ::core::result::Result<Self, #krate::Bad> {
                ::core::unreachable!("the derive refused this type")
            }
            fn hold_body(
                _: &mut #krate::Verifier<'_>,
                _: &Self::Body,
                _: u32,
            ) -> ::core::result::Result<#krate::Held<Self>, #krate::Bad> {
                ::core::unreachable!("the derive refused this type")
            }
            fn update_body(
                &mut self,
                _: &mut #krate::Verifier<'_>,
                _: &Self::Body,
                _: u32,
            ) -> ::core::result::Result<(), #krate::Bad> {
                ::core::unreachable!("the derive refused this type")
            }
        }
    }
}

/// The errors of a trait, the trait itself, and an interface of this name without methods.
pub(crate) fn interface(item: &ItemTrait, errors: &syn::Error) -> TokenStream {
    let mut tokens = errors.to_compile_error();
    let item = valid::cleaned(item);
    let (ident, vis) = (&item.ident, &item.vis);
    let named = |suffix| format_ident!("{ident}{suffix}");
    let [interface, import] = [named("Interface"), named("Import")];
    let macro_rules = expand::macro_rules(&item, &ident.unraw().to_string().to_snake_case(), None);
    tokens.extend(quote! {
        #item

        #[derive(::core::fmt::Debug)]
        #vis enum #interface {}

        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::default::Default, ::core::fmt::Debug)]
        #vis struct #import;

        #macro_rules
    });
    tokens
}
