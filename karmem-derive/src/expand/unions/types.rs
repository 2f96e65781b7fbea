//! What users see of an enum with data: its views and its builder.

use heck::ToSnakeCase;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;

use super::super::{
    Names, Taken, copies, debug_as, derived, doc, docs_and, hidden, named_after, quiet,
};
use super::Choice;
use crate::ast::Input;

/// The views and the builder of the enum itself.
pub(super) fn types(input: &Input, names: &Names, choices: &[Choice<'_>]) -> TokenStream {
    let (krate, ident, vis) = (&input.krate, &input.ident, quiet(&input.vis));
    let (view, view_mut, builder) = (
        derived(ident, "View"),
        derived(ident, "ViewMut"),
        derived(ident, "Builder"),
    );
    let (s, hidden) = (&names.s, hidden(&input.docs));
    let variants = |suffix: &'static str| {
        choices.iter().map(move |choice| {
            let (variant, docs) = (
                &choice.variant.ident,
                docs_and(
                    &choice.variant.docs,
                    &format!("As [`{ident}::{}`].", choice.variant.ident),
                ),
            );
            match &choice.table {
                Some(group) => {
                    let fields = group.named(suffix);
                    quote!(#docs #variant(#fields<'m>))
                }
                None => quote!(#docs #variant),
            }
        })
    };
    let (views, view_muts) = (variants("View"), variants("ViewMut"));
    let reads = doc(&format!("A [`{ident}`] read in place."));
    let changes = doc(&format!("A [`{ident}`] whose fields are changed in place."));
    let builds = doc(&format!(
        "A [`{ident}`] that is being written: choose its variant."
    ));
    let types = quote! {
        #reads
        #(#hidden)*
        #[allow(dead_code, deprecated)]
        #vis enum #view<'m> {
            #(#views,)*
        }

        #changes
        #(#hidden)*
        #[allow(dead_code, deprecated)]
        #vis enum #view_mut<'m> {
            #(#view_muts,)*
        }

        #builds
        #(#hidden)*
        #[allow(dead_code, deprecated)]
        #vis struct #builder<'w, #s>(#krate::kind::UnionBuilder<'w, #s, #ident>);
    };
    named_after(ident, types)
}

/// What the views are besides their variants.
pub(super) fn views(input: &Input, choices: &[Choice<'_>]) -> TokenStream {
    let views = ["View", "ViewMut"].iter().map(|suffix| {
        let view = derived(&input.ident, suffix);
        let copies = copies(&quote!(#view<'_>));
        let arms = choices.iter().map(|choice| {
            let variant = &choice.variant.ident;
            let name = variant.unraw().to_string();
            match choice.table {
                Some(_) => quote!(#view::#variant(fields) => ::core::fmt::Debug::fmt(fields, f)),
                None => quote!(#view::#variant => f.write_str(#name)),
            }
        });
        quote! {
            #copies
            #[automatically_derived]
            impl ::core::fmt::Debug for #view<'_> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    match self {
                        #(#arms,)*
                    }
                }
            }
        }
    });
    quote!(#(#views)*)
}

/// The ways to choose a variant.
pub(super) fn builder(input: &Input, names: &Names, choices: &[Choice<'_>]) -> TokenStream {
    let (krate, ident, vis) = (&input.krate, &input.ident, quiet(&input.vis));
    let (builder, s) = (derived(ident, "Builder"), &names.s);
    let mut taken = Taken::default();
    let methods = choices.iter().map(|choice| {
        let (variant, value) = (&choice.variant.ident, &choice.value);
        let method = method(&mut taken, variant);
        let hidden = hidden(&choice.variant.docs);
        match &choice.table {
            Some(group) => {
                let docs = doc(&format!("Chooses [`{ident}::{variant}`] and begins to write its fields."));
                let (table, fields) = (&group.ident, group.named("Builder"));
                quote! {
                    #docs
                    #(#hidden)*
                    #[inline]
                    #vis fn #method(self) -> ::core::result::Result<#fields<'w, #s>, #krate::EncodeError> {
                        self.0.variant::<#table>(#value)
                    }
                }
            }
            None => {
                let docs = doc(&format!("Chooses [`{ident}::{variant}`]."));
                quote! {
                    #docs
                    #(#hidden)*
                    #[inline]
                    #vis fn #method(self) {
                        self.0.unit(#value);
                    }
                }
            }
        }
    });
    let debug = debug_as(&quote!(<#s>), &quote!(#builder<'_, #s>));
    quote! {
        impl<'w, #s: #krate::Sink> #builder<'w, #s> {
            #(#methods)*
        }

        #debug
    }
}

/// `Circle` gives `circle`, `Type` gives `r#type`, and `Crate`, which has no raw form, `crate_`.
fn method(taken: &mut Taken, variant: &Ident) -> Ident {
    let name = variant.unraw().to_string().to_snake_case();
    let name = taken
        .fresh(if name.is_empty() { "variant" } else { &name })
        .to_string();
    match syn::parse_str::<Ident>(&name) {
        Ok(_) => format_ident!("{name}", span = variant.span()),
        Err(_) if matches!(name.as_str(), "crate" | "self" | "super") => {
            format_ident!("{name}_", span = variant.span())
        }
        Err(_) => Ident::new_raw(&name, variant.span()),
    }
}
