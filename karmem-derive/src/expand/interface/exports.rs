//! The exports of a module that provides the interface.
//!
//! They name the type that implements the trait, which is only known where `export_physics!` is
//! called, possibly in another crate. There, only the trait is sure to be in scope; so what the exports
//! need is reached through `dyn Physics`, for which the crate of the trait implements it. The macro hands over
//! to a procedural one, because what that writes is no `unsafe` code of the user's to the lints.

use syn::parse::{Parse, ParseStream};
use syn::{ItemTrait, LitInt, LitStr, Path, Token, Visibility, braced, parenthesized};

use super::*;

/// `export_physics!`, and what serves each method.
pub(super) fn exports(input: &Interface) -> TokenStream {
    let trait_ident = &input.item.ident;
    let served = served(input);
    let slots = input
        .methods
        .iter()
        .enumerate()
        .map(|(index, method)| slots(input, index, method));
    let methods = input.methods.iter().map(|method| {
        let (helper, symbol) = (helper(method), symbol(input, method));
        let count = Literal::usize_unsuffixed(method.params.len());
        quote!(#helper #symbol #count)
    });
    let tokens = quote!(#trait_ident { $ty } #(#methods;)*);
    let about = doc(&format!(
        "Exports the methods of [`{trait_ident}`] from a module: write it once, where the trait is in scope, with a type that implements it and `Default`."
    ));
    let krate = in_macro(&input.krate);
    let tokens = quote!(#krate::__export! { (#krate) #tokens });
    let body = macro_rules(&input.item, &input.name, Some(&tokens));
    quote! {
        #served
        #(#slots)*
        #about
        #body
    }
}

/// `export_physics!` with this body.
pub(crate) fn macro_rules(item: &ItemTrait, name: &str, body: Option<&TokenStream>) -> TokenStream {
    let name = format_ident!("export_{name}", span = item.ident.span());
    let public = matches!(item.vis, Visibility::Public(_));
    let public = public.then(|| quote!(#[macro_export]));
    quote! {
        #public
        #[allow(unused_macros)]
        macro_rules! #name {
            ($ty:ty) => { #body };
        }
    }
}

/// A path as it is written in a `macro_rules!`, which other crates may call.
fn in_macro(path: &Path) -> TokenStream {
    let mut segments = path.segments.iter().peekable();
    let first = segments.peek().map(|first| first.ident == "crate");
    if path.leading_colon.is_some() || first != Some(true) {
        return path.to_token_stream();
    }
    segments.next();
    quote!($crate #(:: #segments)*)
}

fn helper(method: &Method) -> Ident {
    format_ident!("__karmem_{}", method.name, span = Span::call_site())
}

/// The functions that serve calls.
fn served(input: &Interface) -> TokenStream {
    let trait_ident = &input.item.ident;
    let mut taken = Taken::default();
    taken.words(input.item.to_token_stream());
    let of = taken.fresh("T");
    let methods = input
        .methods
        .iter()
        .map(|method| of_method(input, method, &of));
    let lints = lints(input);
    quote! {
        #[allow(dead_code, clippy::too_many_arguments)]
        #lints
        impl dyn #trait_ident {
            #(#methods)*
        }
    }
}

fn of_method(input: &Interface, method: &Method, of: &Ident) -> TokenStream {
    let (krate, trait_ident) = (&input.krate, &input.item.ident);
    let (helper, ident) = (helper(method), &method.ident);
    let names: Vec<_> = method.params.iter().map(|param| &param.ident).collect();
    let numbers = method.params.iter().map(|param| abi(input, param));
    let returned = returned(input, method);
    let (instance, it, from) = (local("instance"), local("it"), local("from"));
    let opened = method.params.iter().map(|param| opened(input, param));
    let from_tokens = from.to_token_stream();
    let lifted = method
        .params
        .iter()
        .map(|param| lifted(input, param, &from_tokens));
    let from = if reads(method) {
        from_tokens.clone()
    } else {
        quote!(_)
    };
    let title = title(input, method);
    let result = quote!(#trait_ident::#ident(#it, #(#lifted),*));
    let result = match returned {
        Some(_) => quote!(::core::result::Result::Ok(#result)),
        None => quote!(#result; ::core::result::Result::Ok(())),
    };
    quote! {
        #[doc(hidden)]
        #[inline(never)]
        pub fn #helper<#of: #trait_ident + ::core::default::Default>(
            #instance: &#krate::guest::Instance<#of>,
            #(#names: #numbers),*
        ) #returned {
            #krate::guest::serve(#instance, #title, |#it, #from| {
                #(#opened)*
                #result
            })
        }
    }
}

/// Opens the region of a view, which stays open until the method returns.
fn opened(input: &Interface, param: &Param) -> Option<TokenStream> {
    let (krate, ident) = (&input.krate, &param.ident);
    let region = format_ident!("{}_region", param.name, span = Span::mixed_site());
    let (mutable, open, ty, view) = match &param.pass {
        Pass::View(ty, true) => (None, "open", ty, quote!(view()?)),
        Pass::View(ty, false) => (None, "open", ty, quote!(view_unverified())),
        Pass::ViewMut(ty, true) => (Some(quote!(mut)), "open_mut", ty, quote!(view_mut()?)),
        Pass::ViewMut(ty, false) => {
            let view = quote!(view_mut_unverified()?);
            (Some(quote!(mut)), "open_mut", ty, view)
        }
        Pass::Scalar(..) | Pass::Value { .. } | Pass::Shared(_) => return None,
    };
    let open = local(open);
    Some(quote_spanned! {at(ty)=>
        let #mutable #region = #krate::Shared::<#ty>::from_i64(#ident).#open()?;
        let #ident = #region.#view;
    })
}

/// The numbers of a method's parameters and of its result, which comes last.
fn slots(input: &Interface, index: usize, method: &Method) -> TokenStream {
    let (krate, trait_ident) = (&input.krate, &input.item.ident);
    let index = Literal::usize_unsuffixed(index);
    let numbers = method.params.iter().map(|param| abi(input, param));
    let numbers = numbers.chain([result_abi(input, method)]);
    let lints = lints(input);
    let slots = numbers.enumerate().map(|(place, number)| {
        let place = Literal::usize_unsuffixed(place);
        quote! {
            #[automatically_derived]
            #lints
            impl #krate::interface::Slot<#index, #place> for dyn #trait_ident {
                type Abi = #number;
            }
        }
    });
    quote!(#(#slots)*)
}

/// What `export_physics!` hands over: the facade, the trait, the type, and of each method the function
/// that serves it, the name of its export, and the number of its parameters.
pub(crate) struct Exports {
    krate: TokenStream,
    trait_ident: Ident,
    ty: Type,
    methods: Vec<(Ident, LitStr, usize)>,
}

impl Parse for Exports {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (krate, ty);
        parenthesized!(krate in input);
        let krate = krate.parse()?;
        let trait_ident = input.parse()?;
        braced!(ty in input);
        let ty = ty.parse()?;
        let mut methods = Vec::new();
        while !input.is_empty() {
            let (helper, symbol) = (input.parse()?, input.parse()?);
            let count = input.parse::<LitInt>()?.base10_parse()?;
            input.parse::<Token![;]>()?;
            methods.push((helper, symbol, count));
        }
        Ok(Exports {
            krate,
            trait_ident,
            ty,
            methods,
        })
    }
}

/// The exports of a module.
pub(crate) fn expand(exports: &Exports) -> TokenStream {
    let Exports {
        krate,
        trait_ident,
        ty,
        methods,
    } = exports;
    let instance = local("INSTANCE");
    let functions = methods
        .iter()
        .enumerate()
        .map(|(index, (helper, symbol, count))| {
            let slot = |place: usize| {
                let (index, place) = (
                    Literal::usize_unsuffixed(index),
                    Literal::usize_unsuffixed(place),
                );
                quote!(<dyn #trait_ident as #krate::interface::Slot<#index, #place>>::Abi)
            };
            let name = format_ident!("method_{index}", span = Span::mixed_site());
            let names: Vec<_> = (0..*count)
                .map(|place| format_ident!("param_{place}", span = Span::mixed_site()))
                .collect();
            let types = (0..*count).map(slot);
            let result = slot(*count);
            quote! {
                #[unsafe(export_name = #symbol)]
                extern "C" fn #name(#(#names: #types),*) -> #result {
                    <dyn #trait_ident>::#helper::<#ty>(&#instance, #(#names),*)
                }
            }
        });
    quote! {
        #[cfg(target_family = "wasm")]
        const _: () = {
            static #instance: #krate::guest::Instance<#ty> = #krate::guest::Instance::new();
            #(#functions)*
        };
        #[cfg(not(target_family = "wasm"))]
        const _: fn(&#ty) -> &dyn #trait_ident = |it| {
            #krate::interface::assert_default(it);
            it
        };
    }
}
