//! Field-less enums.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;
use syn::ext::IdentExt;

use super::{name, section};
use crate::ast::{Enum, Enumerator, Input, Scalar, Style};

pub(super) fn derive(input: &Input, data: &Enum) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    let repr = Ident::new(data.repr.name(), ident.span());
    let size = Literal::usize_unsuffixed(size(data.repr));
    let abi = match data.repr {
        Scalar::U64 | Scalar::I64 => quote!(i64),
        _ => quote!(i32),
    };
    let kind = scalar(data.repr);
    let name = name(krate, ident, &input.km);
    let kms = data.values.iter().map(|value| &value.km);
    let numbers: Vec<_> = data
        .values
        .iter()
        .map(|value| Literal::i128_unsuffixed(value.value))
        .collect();
    let shown = data.values.iter().map(|value| {
        let (pattern, name) = (enumerator(ident, value), value.ident.unraw().to_string());
        quote!(#pattern => #name)
    });
    let patterns = data.values.iter().map(|value| enumerator(ident, value));
    let (mut others, mut zero) = (Vec::new(), TokenStream::new());
    for (index, value) in data.values.iter().enumerate() {
        let made = enumerator(ident, value);
        if index == data.zero {
            zero = made;
        } else {
            let number = Literal::i128_unsuffixed(value.value);
            others.push(quote!(#number => #made,));
        }
    }
    let section = section(krate, ident, "Enum", &quote!(SCHEMA));
    quote! {
        #[allow(deprecated)]
        const _: () = {
            const SCHEMA: &#krate::schema::Enum = &#krate::schema::Enum {
                name: #name,
                repr: #krate::schema::Scalar::#kind,
                values: &[#((#kms, #numbers)),*],
            };

            #[automatically_derived]
            impl #krate::wire::Field for #ident {
                type Kind = #krate::kind::Scalar;
            }

            #[automatically_derived]
            impl #krate::kind::ScalarValue for #ident {
                type Bytes = [u8; #size];
                type Align = #krate::rule::Align<#size>;
                type Abi = #abi;
                const TYPE: #krate::schema::Type = #krate::schema::Type::Enum(#krate::schema::Named {
                    name: SCHEMA.name,
                    get: || SCHEMA,
                });
                const CAUSE: ::core::option::Option<#krate::Cause> =
                    ::core::option::Option::Some(#krate::Cause::Enumerator);

                #[inline]
                fn is_valid(bytes: [u8; #size]) -> bool {
                    ::core::matches!(#repr::from_le_bytes(bytes), #(#numbers)|*)
                }
                #[inline]
                fn from_wire(bytes: [u8; #size]) -> Self {
                    match #repr::from_le_bytes(bytes) {
                        #(#others)*
                        _ => #zero,
                    }
                }
                #[inline]
                fn to_wire(&self) -> [u8; #size] {
                    let value: #repr = match self {
                        #(#patterns => #numbers,)*
                    };
                    value.to_le_bytes()
                }
                fn debug(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    let name = match self {
                        #(#shown,)*
                    };
                    f.write_str(name)
                }
            }

            #section
        };
    }
}

/// An enumerator, as a pattern and as a value.
fn enumerator(ident: &Ident, value: &Enumerator) -> TokenStream {
    let variant = &value.ident;
    match value.style {
        Style::Unit => quote!(#ident::#variant),
        Style::Tuple => quote!(#ident::#variant()),
        Style::Named => quote!(#ident::#variant {}),
    }
}

fn size(scalar: Scalar) -> usize {
    match scalar {
        Scalar::Bool | Scalar::U8 | Scalar::I8 => 1,
        Scalar::U16 | Scalar::I16 => 2,
        Scalar::U32 | Scalar::I32 | Scalar::F32 | Scalar::Char => 4,
        Scalar::U64 | Scalar::I64 | Scalar::F64 => 8,
    }
}

/// The name of the runtime's `schema::Scalar`.
pub(super) fn scalar(scalar: Scalar) -> Ident {
    let name = scalar.name();
    let (first, rest) = name.split_at(1);
    Ident::new(
        &format!("{}{rest}", first.to_uppercase()),
        proc_macro2::Span::mixed_site(),
    )
}
