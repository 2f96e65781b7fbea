//! The views: reading in place and changing in place.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{Group, Slot, copies, debug_as, doc, docs_and, named_after};
use crate::ast::{Rule, Scalar, Shape, Style, Ty};

/// Whether a value refers to nothing, as far as its type tells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fixed {
    Yes,
    /// Some other type decides.
    Perhaps,
    No,
}

fn fixed(ty: &Ty) -> Fixed {
    match &ty.shape {
        Shape::Scalar(_) => Fixed::Yes,
        Shape::Path => Fixed::Perhaps,
        Shape::Array(inner) | Shape::Option(inner) | Shape::Boxed(inner) => fixed(inner),
        Shape::Str | Shape::List(_) | Shape::Map(..) => Fixed::No,
    }
}

/// What a missing field reads as.
fn zero(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::Bool => quote!(false),
        Scalar::F32 | Scalar::F64 => quote!(0.0),
        Scalar::Char => quote!('\0'),
        _ => quote!(0),
    }
}

impl Group<'_> {
    /// The types themselves, which stand beside the struct.
    pub(super) fn types(&self) -> TokenStream {
        let Group {
            krate,
            vis,
            ident,
            title,
            hidden,
            ..
        } = self;
        let s = &self.names.s;
        let (view, view_mut, builder) = (
            self.named("View"),
            self.named("ViewMut"),
            self.named("Builder"),
        );
        let (core, core_mut) = if self.is_table() {
            (quote!(Table), quote!(TableMut))
        } else {
            (quote!(Inline), quote!(InlineMut))
        };
        let what = if self.record {
            format!("A [`{title}`]")
        } else {
            format!("The fields of [`{title}`],")
        };
        let reads = doc(&format!("{what} read in place."));
        let (changes, builds) = if self.record {
            (
                doc(&format!("{what} that is changed in place.")),
                doc(&format!("{what} that is being written.")),
            )
        } else {
            (
                doc(&format!("{what} to be changed in place.")),
                doc(&format!("{what} being written.")),
            )
        };
        let types = quote! {
            #reads
            #(#hidden)*
            #[allow(dead_code, deprecated)]
            #vis struct #view<'m>(#krate::#core<'m, #ident>);

            #changes
            #(#hidden)*
            #[allow(dead_code, deprecated)]
            #vis struct #view_mut<'m>(#krate::#core_mut<'m, #ident>);

            #builds
            #(#hidden)*
            #[allow(dead_code, deprecated)]
            #vis struct #builder<'w, #s>(#krate::StructBuilder<'w, #s, #ident>);
        };
        named_after(ident, types)
    }

    pub(super) fn view(&self) -> TokenStream {
        let Group {
            krate,
            ident,
            vis,
            title,
            ..
        } = self;
        let view = self.named("View");
        let accessors = self.fields.iter().map(|slot| {
            let docs = docs_and(slot.docs(), &format!("Reads `{}` in place.", slot.name));
            let (vis, accessor, at) = (&slot.vis, &slot.accessor, &slot.at);
            let ty = unboxed(&slot.field.ty);
            let (output, ty) = (self.view_of(ty), slot.unboxed());
            quote! {
                #docs
                #[inline]
                #vis fn #accessor(self) -> #output {
                    self.0.get::<#ty>(#at)
                }
            }
        });
        let absent = self.is_absent("All its fields then read as zero, empty or absent.");
        let to_owned = (self.record && self.is_free("to_owned")).then(|| {
            let docs = doc(&format!(
                "Makes the [`{title}`] that this reads; an error only if that was not verified."
            ));
            quote! {
                #docs
                #vis fn to_owned(&self) -> ::core::result::Result<#ident, #krate::VerifyError> {
                    self.0.to_owned(&<#krate::Limits as ::core::default::Default>::default())
                }
            }
        });
        let to_owned_with = (self.record && self.is_free("to_owned_with")).then(|| {
            quote! {
                /// As `to_owned`, within other limits than the default.
                #vis fn to_owned_with(
                    &self,
                    limits: &#krate::Limits,
                ) -> ::core::result::Result<#ident, #krate::VerifyError> {
                    self.0.to_owned(limits)
                }
            }
        });
        let (copies, debug) = (copies(&quote!(#view<'_>)), self.debug());
        quote! {
            impl<'m> #view<'m> {
                #(#accessors)*
                #to_owned
                #to_owned_with
                #absent
            }

            #copies

            #debug
        }
    }

    fn debug(&self) -> TokenStream {
        let view = self.named("View");
        let title = self
            .title
            .rsplit("::")
            .next()
            .unwrap_or_default()
            .trim_start_matches("r#");
        let shown = self.fields.iter().map(|slot| {
            let (ty, at) = (slot.unboxed(), &slot.at);
            quote!(&self.0.show::<#ty>(#at))
        });
        let fields = match self.style {
            Style::Tuple => quote!(f.debug_tuple(#title)#(.field(#shown))*),
            Style::Named | Style::Unit => {
                let name = self.fields.iter().map(|slot| &slot.name);
                quote!(f.debug_struct(#title)#(.field(#name, #shown))*)
            }
        };
        quote! {
            #[automatically_derived]
            impl ::core::fmt::Debug for #view<'_> {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #fields.finish()
                }
            }
        }
    }

    fn is_absent(&self, more: &str) -> Option<TokenStream> {
        let vis = &self.vis;
        let docs = doc(&format!(
            "Whether there is no table: its reference is null or leads outside. {more}"
        ));
        (self.is_table() && self.is_free("is_absent")).then(|| {
            quote! {
                #docs
                #[inline]
                #vis fn is_absent(self) -> bool {
                    self.0.is_absent()
                }
            }
        })
    }

    /// How a type is read, spelt out where the macro knows it.
    fn view_of(&self, ty: &Ty) -> TokenStream {
        let Group { krate, names, .. } = self;
        let l = &names.l;
        match &ty.shape {
            Shape::Scalar(_) => {
                let ty = &ty.ty;
                quote!(#ty)
            }
            Shape::Str => quote!(#krate::Text<'m>),
            Shape::List(element) | Shape::Array(element) => {
                let element = &element.ty;
                match self.rule {
                    Rule::Padded => quote!(#krate::Slice<'m, #element>),
                    _ => quote!(#krate::Slice<'m, #element, #l>),
                }
            }
            Shape::Option(value) => {
                let value = self.view_of(value);
                quote!(::core::option::Option<#value>)
            }
            Shape::Boxed(value) => self.view_of(value),
            Shape::Map(..) | Shape::Path => self.of("ViewOf", &quote!('m), ty),
        }
    }

    pub(super) fn view_mut(&self) -> TokenStream {
        let view_mut = self.named("ViewMut");
        let accessors = self.fields.iter().map(|slot| self.accessor_mut(slot));
        let setters = self.fields.iter().map(|slot| self.setter(slot));
        let absent = self.is_absent("Then nothing can be changed.");
        let ty = quote!(#view_mut<'_>);
        let (copies, debug) = (copies(&ty), debug_as(&quote!(), &ty));
        quote! {
            impl<'m> #view_mut<'m> {
                #(#accessors #setters)*
                #absent
            }

            #copies
            #debug
        }
    }

    fn accessor_mut(&self, slot: &Slot<'_>) -> TokenStream {
        let (vis, accessor, at, name) = (&slot.vis, &slot.accessor, &slot.at, &slot.name);
        let ty = unboxed(&slot.field.ty);
        let of = self.of("ViewMutOf", &quote!('m), ty);
        let (shape, short) = (&ty.shape, slot.unboxed());
        let (docs, output, value) = match (shape, self.is_table()) {
            (Shape::Scalar(scalar), true) => {
                let zero = zero(*scalar);
                (
                    format!(
                        "Reads `{name}`; `{zero}` if the table is of an older version without it."
                    ),
                    quote!(#short),
                    quote!(self.0.get::<#short>(#at).map_or(#zero, |value| value.get())),
                )
            }
            (Shape::Scalar(_), false) => (
                format!("Reads `{name}`."),
                quote!(#short),
                quote!(self.0.get::<#short>(#at).get()),
            ),
            (_, true) => (
                format!(
                    "Gives access to change `{name}` in place; `None` if the table is of an older version without it."
                ),
                quote!(::core::option::Option<#of>),
                quote!(self.0.get::<#short>(#at)),
            ),
            (_, false) => (
                format!("Gives access to change `{name}` in place."),
                of,
                quote!(self.0.get::<#short>(#at)),
            ),
        };
        let docs = docs_and(slot.docs(), &docs);
        quote! {
            #docs
            #[inline]
            #vis fn #accessor(self) -> #output {
                #value
            }
        }
    }

    fn setter(&self, slot: &Slot<'_>) -> Option<TokenStream> {
        let Group { krate, names, .. } = self;
        let (vis, at, v, name, hidden) = (&slot.vis, &slot.at, &names.v, &slot.name, slot.hidden());
        let setter = format!("set_{}", slot.stem);
        let ty = unboxed(&slot.field.ty);
        let fixed = fixed(ty);
        if fixed == Fixed::No || !self.is_free(&setter) {
            return None;
        }
        let setter = format_ident!("{setter}", span = slot.field.span);
        let (ty, short) = (&ty.ty, slot.unboxed());
        let (generics, value, reference) = match fixed {
            Fixed::Perhaps => (
                quote!(<#v: #krate::wire::Is<#ty>>),
                quote!(#v),
                quote!(&value.is()),
            ),
            Fixed::Yes | Fixed::No => (quote!(), quote!(#ty), quote!(&value)),
        };
        let mut docs = format!("Changes `{name}` in place");
        let (output, end) = if self.is_table() {
            docs += "; `false` if the table is of an older version without it";
            (Some(quote!(-> bool)), None)
        } else {
            (None, Some(quote!(;)))
        };
        docs += ".";
        if fixed == Fixed::Perhaps {
            docs += " A compile error if it refers to something.";
        }
        let docs = doc(&docs);
        Some(quote! {
            #docs
            #(#hidden)*
            #[inline]
            #vis fn #setter #generics(self, value: #value) #output {
                self.0.set::<#short>(#at, #reference) #end
            }
        })
    }
}

/// What a box holds, which lies and is read as that.
pub(super) fn unboxed(ty: &Ty) -> &Ty {
    match &ty.shape {
        Shape::Boxed(inner) => unboxed(inner),
        _ => ty,
    }
}
