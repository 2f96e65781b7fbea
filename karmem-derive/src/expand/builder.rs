//! The builder: writing straight into memory.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::views::unboxed;
use super::{Group, Slot, debug_as, doc, docs_and};
use crate::ast::{Shape, Ty};

impl Group<'_> {
    pub(super) fn builder(&self) -> TokenStream {
        let Group { krate, .. } = self;
        let (builder, s) = (self.named("Builder"), &self.names.s);
        let writers = self.fields.iter().map(|slot| self.writer(slot));
        let nested = self.fields.iter().map(|slot| self.nested(slot));
        let debug = debug_as(&quote!(<#s>), &quote!(#builder<'_, #s>));
        quote! {
            impl<'w, #s: #krate::Sink> #builder<'w, #s> {
                #(#writers #nested)*
            }

            #debug
        }
    }

    /// Writes a field from a value.
    fn writer(&self, slot: &Slot<'_>) -> TokenStream {
        let krate = self.krate;
        let (vis, accessor, at, name, max) =
            (&slot.vis, &slot.accessor, &slot.at, &slot.name, slot.max());
        let of = unboxed(&slot.field.ty);
        let (ty, short) = (&of.ty, slot.unboxed());
        let (value, call) = match &of.shape {
            Shape::Scalar(_) => (quote!(#ty), quote!(set::<#ty>(#at, &value))),
            Shape::Str => (quote!(&str), quote!(set_text(#at, value, #name, #max))),
            Shape::List(element) => {
                let element = &element.ty;
                (
                    quote!(&[#element]),
                    quote!(set_slice::<#element>(#at, value, #name, #max)),
                )
            }
            Shape::Option(inner) if matches!(inner.shape, Shape::Scalar(_)) => {
                (quote!(#ty), quote!(set::<#ty>(#at, &value)))
            }
            Shape::Option(inner) if matches!(inner.shape, Shape::Str) => (
                quote!(::core::option::Option<&str>),
                quote!(set_optional_text(#at, value, #name, #max)),
            ),
            _ if slot.field.max.is_some() => (
                quote!(&#ty),
                quote!(set_limited::<#short>(#at, value, #name, #max)),
            ),
            _ => (quote!(&#ty), quote!(set::<#short>(#at, value))),
        };
        let limit = match slot.field.max {
            Some(max) => format!(", of at most {max} elements"),
            None => String::new(),
        };
        let docs = docs_and(slot.docs(), &format!("Writes `{name}`{limit}."));
        quote! {
            #docs
            #[inline]
            #vis fn #accessor(&mut self, value: #value) -> ::core::result::Result<&mut Self, #krate::EncodeError> {
                self.0.#call?;
                ::core::result::Result::Ok(self)
            }
        }
    }

    /// Writes a field piece by piece.
    fn nested(&self, slot: &Slot<'_>) -> Option<TokenStream> {
        let Group { krate, names, .. } = self;
        let (l, s) = (&names.l, &names.s);
        let (vis, at, name, hidden) = (&slot.vis, &slot.at, &slot.name, slot.hidden());
        let build = format!("build_{}", slot.stem);
        if !self.is_free(&build) {
            return None;
        }
        let build = format_ident!("{build}", span = slot.field.span);
        let of = unboxed(&slot.field.ty);
        if let Shape::List(element) = &of.shape {
            let (element, max) = (&element.ty, slot.max());
            let limit = slot
                .field
                .max
                .map(|max| format!(", at most {max},"))
                .unwrap_or_default();
            let docs = doc(&format!(
                "Allocates `len` elements of `{name}`{limit} all empty, to be written one by one."
            ));
            return Some(quote! {
                #docs
                #(#hidden)*
                #[inline]
                #vis fn #build(
                    &mut self,
                    len: usize,
                ) -> ::core::result::Result<#krate::Items<'_, #s, #element, #l>, #krate::EncodeError> {
                    self.0.build_slice::<#element>(#at, len, #name, #max)
                }
            });
        }
        if !is_nested(of) || slot.field.max.is_some() {
            return None;
        }
        let (builder, short) = (self.of("BuilderOf", &quote!('_, #s), of), slot.unboxed());
        let docs = doc(&format!(
            "Begins to write `{name}`, without a value in Rust."
        ));
        Some(quote! {
            #docs
            #(#hidden)*
            #[inline]
            #vis fn #build(
                &mut self,
            ) -> ::core::result::Result<#builder, #krate::EncodeError> {
                self.0.build::<#short>(#at)
            }
        })
    }
}

/// Whether it is more than one value.
fn is_nested(ty: &Ty) -> bool {
    match &ty.shape {
        Shape::Path | Shape::Array(..) | Shape::List(_) => true,
        Shape::Option(inner) | Shape::Boxed(inner) => is_nested(inner),
        Shape::Scalar(_) | Shape::Str | Shape::Map(..) => false,
    }
}
