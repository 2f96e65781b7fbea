//! What `#[karmem::interface]` adds to a trait: its description, the client of a module that imports
//! it, the exports of a module that provides it, and both for the host.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::{Taken, derived, doc, docs_and, quiet};
use crate::ast::{Interface, Method, Param, Pass, Scalar, Shape};
use crate::attr;

mod exports;
mod hosts;
mod imports;

pub(crate) use exports::{Exports, expand as expand_exports, macro_rules};

/// What silences lints in what is made of a trait: its own attributes, and that of `deprecated`, which
/// speaks of the trait and its types where they are written.
fn lints(input: &Interface) -> TokenStream {
    let docs = attr::docs(&input.item.attrs);
    let lints = super::lints(&docs);
    quote!(#[allow(deprecated)] #(#lints)*)
}

/// The trait and everything around it.
pub(crate) fn interface(input: &Interface) -> TokenStream {
    let item = &input.item;
    let described = described(input);
    let client = imports::client(input);
    let exports = exports::exports(input);
    let hosts = hosts::hosts(input);
    quote! {
        #item
        #described
        #client
        #exports
        #hosts
    }
}

/// `PhysicsInterface`, and its line in the custom section.
fn described(input: &Interface) -> TokenStream {
    let (krate, trait_ident) = (&input.krate, &input.item.ident);
    let vis = quiet(&input.item.vis);
    let ident = derived(trait_ident, "Interface");
    let (package, name) = (&input.package, &input.name);
    let version = Literal::u32_unsuffixed(input.version);
    let methods = input.methods.iter().map(|method| {
        let name = &method.name;
        let params = method.params.iter().map(|param| {
            let (name, pass) = (&param.name, pass(input, param));
            quote!(#krate::schema::Param { name: #name, pass: #pass })
        });
        let result = &method.result;
        let result = quote_spanned!(at(result)=> <#result as #krate::interface::Output>);
        quote! {
            #krate::schema::Method {
                name: #name,
                params: &[#(#params),*],
                ok: #result::OK,
                err: #result::ERR,
            }
        }
    });
    let about = doc(&format!(
        "The methods of [`{trait_ident}`], for those who link it."
    ));
    let keep = format!("karmem_interface {package}/{name}@{}", input.version);
    let lints = lints(input);
    quote! {
        #about
        #[allow(dead_code)]
        #[derive(::core::fmt::Debug)]
        #vis enum #ident {}

        #[automatically_derived]
        #lints
        impl #krate::Interface for #ident {
            const INTERFACE: &'static #krate::schema::Interface = &#krate::schema::Interface {
                package: #package,
                name: #name,
                version: #version,
                methods: &[#(#methods),*],
            };
        }

        #[cfg(target_family = "wasm")]
        const _: () = {
            const INTERFACE: &#krate::schema::Interface = <#ident as #krate::Interface>::INTERFACE;
            #[unsafe(link_section = "karmem")]
            static SECTION: [u8; #krate::section::interface_len(INTERFACE)] =
                #krate::section::interface_fragment(INTERFACE);
            #[unsafe(export_name = #keep)]
            extern "C" fn keep() {}
        };
    }
}

/// What schemas say of a parameter.
fn pass(input: &Interface, param: &Param) -> TokenStream {
    let krate = &input.krate;
    let in_region = |way: &str, ty: &Type| {
        let way = Ident::new(way, Span::mixed_site());
        quote_spanned!(at(ty)=> #krate::schema::Pass::#way(<#ty as #krate::Karmem>::TYPE))
    };
    match &param.pass {
        Pass::View(ty, _) => in_region("View", ty),
        Pass::ViewMut(ty, _) => in_region("ViewMut", ty),
        Pass::Scalar(_, ty) | Pass::Value { ty, .. } | Pass::Shared(ty) => {
            quote_spanned!(at(ty)=> #krate::interface::parameter::<#ty>())
        }
    }
}

/// The name of a method's export, which is also that of its import.
fn symbol(input: &Interface, method: &Method) -> String {
    format!("{}_{}__{}", input.package, input.name, method.name)
}

/// The wasm number of a scalar.
fn number(scalar: Scalar) -> TokenStream {
    match scalar {
        Scalar::F32 => quote!(f32),
        Scalar::F64 => quote!(f64),
        Scalar::U64 | Scalar::I64 => quote!(i64),
        _ => quote!(i32),
    }
}

/// The wasm number that carries a parameter.
fn abi(input: &Interface, param: &Param) -> TokenStream {
    let krate = &input.krate;
    match &param.pass {
        Pass::Scalar(scalar, _) => number(*scalar),
        Pass::Value { ty, .. } => {
            quote_spanned!(at(ty)=> <#ty as #krate::interface::Value>::Abi)
        }
        Pass::View(..) | Pass::ViewMut(..) | Pass::Shared(_) => quote!(i64),
    }
}

/// The wasm number that carries the result; `()` for none.
fn result_abi(input: &Interface, method: &Method) -> TokenStream {
    let krate = &input.krate;
    match (&method.result_shape, &method.result) {
        (Shape::Scalar(scalar), _) => number(*scalar),
        (_, Type::Tuple(_)) => quote!(()),
        (_, ty) => quote_spanned!(at(ty)=> <#ty as #krate::interface::Output>::Abi),
    }
}

/// `-> i64`, or nothing.
fn returned(input: &Interface, method: &Method) -> Option<TokenStream> {
    let unit = matches!(method.result, Type::Tuple(_));
    let number = result_abi(input, method);
    (!unit).then(|| quote!(-> #number))
}

/// Whether a parameter is made of what travelled, as opposed to opened where it lies.
fn reads(method: &Method) -> bool {
    let mut params = method.params.iter();
    params.any(|param| !matches!(param.pass, Pass::View(..) | Pass::ViewMut(..)))
}

/// The type of a client's parameter.
fn client_type(input: &Interface, param: &Param) -> TokenStream {
    let krate = &input.krate;
    match &param.pass {
        Pass::Scalar(_, ty) | Pass::Shared(ty) => ty.to_token_stream(),
        Pass::Value { ty, .. } => quote_spanned!(at(ty)=> #krate::interface::Arg<'_, #ty>),
        Pass::View(ty, _) | Pass::ViewMut(ty, _) => quote!(#krate::Shared<#ty>),
    }
}

/// How a client makes an argument into a number.
fn lowered(input: &Interface, param: &Param, out: &Ident) -> TokenStream {
    let (krate, ident) = (&input.krate, &param.ident);
    match &param.pass {
        Pass::Value { ty, .. } => {
            quote_spanned!(at(ty)=> #krate::interface::send::<#ty, _>(#ident, #out)?)
        }
        _ => quote!(#krate::interface::Value::lower(&#ident, #out)?),
    }
}

/// The number of a parameter as the value that the trait's method takes; `from` reads messages.
fn lifted(input: &Interface, param: &Param, from: &TokenStream) -> TokenStream {
    let (krate, ident) = (&input.krate, &param.ident);
    let (ty, by_ref) = match &param.pass {
        Pass::Value { ty, by_ref } => (ty, by_ref.then(|| quote!(&))),
        Pass::Scalar(_, ty) | Pass::Shared(ty) => (ty, None),
        Pass::View(..) | Pass::ViewMut(..) => return ident.to_token_stream(),
    };
    quote_spanned!(at(ty)=> #by_ref <#ty as #krate::interface::Value>::lift(#ident, #from)?)
}

/// What errors call a method: `game/physics.step`.
fn title(input: &Interface, method: &Method) -> String {
    format!("{}/{}.{}", input.package, input.name, method.name)
}

/// Where errors of generated code about this type point.
fn at(ty: &Type) -> Span {
    Span::mixed_site().located_at(ty.span())
}

/// A local name of generated code, which is no parameter of anybody.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
