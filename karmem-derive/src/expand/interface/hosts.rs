//! The host's side: a client for what a module exports, and the glue for an implementation in Rust.

use super::*;

/// `PhysicsClient` and `PhysicsProvider`, where the host is compiled.
pub(super) fn hosts(input: &Interface) -> TokenStream {
    let krate = &input.krate;
    let (client, provider) = (client(input), provider(input));
    quote! {
        #krate::__host! {
            #client
            #provider
        }
    }
}

fn client(input: &Interface) -> TokenStream {
    let (krate, trait_ident) = (&input.krate, &input.item.ident);
    let vis = quiet(&input.item.vis);
    let ident = derived(trait_ident, "Client");
    let interface = derived(trait_ident, "Interface");
    let about = doc(&format!(
        "Calls the module of a system that provides [`{trait_ident}`]."
    ));
    let idents: Vec<_> = input.methods.iter().map(|method| &method.ident).collect();
    let names = input.methods.iter().map(|method| &method.name);
    let types = input.methods.iter().map(|method| {
        let numbers = method.params.iter().map(|param| abi(input, param));
        let result = result_abi(input, method);
        quote!(#krate::host::Method<(#(#numbers,)*), #result>)
    });
    let calls = input
        .methods
        .iter()
        .map(|method| call(input, method, false));
    let awaited = input.methods.iter().map(|method| call(input, method, true));
    let (link, lints) = (local("link"), lints(input));
    quote! {
        #about
        #[allow(dead_code, clippy::type_complexity)]
        #lints
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #vis struct #ident {
            #(#idents: #types,)*
        }

        #[automatically_derived]
        impl #krate::host::Client for #ident {
            type Interface = #interface;
            fn bind(#link: &mut #krate::host::Link<'_>) -> #krate::host::Result<Self> {
                ::core::result::Result::Ok(Self {
                    #(#idents: #link.method(#names)?,)*
                })
            }
        }

        #[allow(dead_code, clippy::too_many_arguments)]
        #lints
        impl #ident {
            #(#calls)*
            #krate::__host_async! {
                #(#awaited)*
            }
        }
    }
}

/// A method of the client.
fn call(input: &Interface, method: &Method, awaited: bool) -> TokenStream {
    let krate = &input.krate;
    let (field, result) = (&method.ident, &method.result);
    let (word, ident, invoke, dot_await) = if awaited {
        let ident = format_ident!("{}_async", method.name, span = field.span());
        (
            Some(quote!(async)),
            ident,
            "invoke_async",
            Some(quote!(.await)),
        )
    } else {
        (None, field.clone(), "invoke", None)
    };
    let docs = docs_and(
        &method.docs,
        "Fails if the call does, and not for what the method itself says.",
    );
    let (invoke, system) = (local(invoke), local("system"));
    let (out, number, from) = (local("out"), local("number"), local("from"));
    let names = method.params.iter().map(|param| &param.ident);
    let types = method.params.iter().map(|param| client_type(input, param));
    let lowered = method
        .params
        .iter()
        .map(|param| lowered(input, param, &out));
    let out_pattern = if method.params.is_empty() {
        quote!(_)
    } else {
        quote!(#out)
    };
    quote! {
        #docs
        pub #word fn #ident(
            &self,
            #system: &mut #krate::host::System,
            #(#names: #types),*
        ) -> #krate::host::Result<#result> {
            #system.#invoke(
                &self.#field,
                |#out_pattern| ::core::result::Result::Ok((#(#lowered,)*)),
                |#number, #from| <#result as #krate::interface::Output>::lift_output(#number, #from),
            )#dot_await
        }
    }
}

fn provider(input: &Interface) -> TokenStream {
    let (krate, trait_ident) = (&input.krate, &input.item.ident);
    let vis = quiet(&input.item.vis);
    let ident = derived(trait_ident, "Provider");
    let interface = derived(trait_ident, "Interface");
    let mut taken = Taken::default();
    taken.words(input.item.to_token_stream());
    let of = taken.fresh("T");
    let about = doc(&format!(
        "Provides a [`{trait_ident}`] of the host's to the modules of a system."
    ));
    let (host, this, lints) = (local("host"), local("this"), lints(input));
    let methods = input
        .methods
        .iter()
        .map(|method| served(input, method, &host, &this));
    quote! {
        #about
        #[allow(dead_code)]
        #[derive(::core::fmt::Debug)]
        #vis struct #ident<#of>(pub #of);

        #[automatically_derived]
        #lints
        impl<#of: #trait_ident + ::core::marker::Send + 'static> #krate::host::Provider for #ident<#of> {
            type Interface = #interface;
            fn define(self, #host: &mut #krate::host::Definer<'_>) -> #krate::host::Result<()> {
                let #this = #krate::host::provided(self.0);
                #(#methods)*
                ::core::result::Result::Ok(())
            }
        }
    }
}

/// Defines a method of the provider.
fn served(input: &Interface, method: &Method, host: &Ident, this: &Ident) -> TokenStream {
    let (krate, trait_ident) = (&input.krate, &input.item.ident);
    let (ident, name) = (&method.ident, &method.name);
    let result = &method.result;
    let (caller, it, cx, output) = (local("caller"), local("it"), local("cx"), local("output"));
    let params = method.params.iter().map(|param| {
        let (ident, number) = (&param.ident, abi(input, param));
        quote!(#ident: #number)
    });
    // Values are read first, because views lend what they are read from.
    let from = quote!(&*#cx);
    let values = method.params.iter().filter_map(|param| match &param.pass {
        Pass::View(..) | Pass::ViewMut(..) => None,
        Pass::Scalar(..) | Pass::Value { .. } | Pass::Shared(_) => {
            let (ident, value) = (&param.ident, lifted(input, param, &from));
            Some(quote!(let #ident = #value;))
        }
    });
    let views: Vec<_> = method
        .params
        .iter()
        .filter_map(|param| match &param.pass {
            Pass::View(ty, checked) => Some((&param.ident, ty, *checked, false)),
            Pass::ViewMut(ty, checked) => Some((&param.ident, ty, *checked, true)),
            Pass::Scalar(..) | Pass::Value { .. } | Pass::Shared(_) => None,
        })
        .collect();
    let opened = (!views.is_empty()).then(|| {
        let open = local("open");
        let idents: Vec<_> = views.iter().map(|(ident, ..)| ident).collect();
        let messages = views
            .iter()
            .map(|(ident, _, _, change)| quote!((#ident, #change)));
        let views = views
            .iter()
            .map(|(ident, ty, checked, change)| match (change, checked) {
                (false, false) => quote!(let #ident = #ident.view::<#ty>();),
                (false, true) => quote!(let #ident = #ident.view_verified::<#ty>()?;),
                (true, false) => quote!(let #ident = #ident.view_mut::<#ty>()?;),
                (true, true) => quote!(let #ident = #ident.view_mut_verified::<#ty>()?;),
            });
        quote! {
            let [#(#idents),*] = #cx.#open([#(#messages),*])?;
            #(#views)*
        }
    });
    let passed = method.params.iter().map(|param| &param.ident);
    let called = quote!(#trait_ident::#ident(#it, #(#passed),*));
    let (output, value) = match returned(input, method) {
        Some(_) => (quote!(let #output = #called;), output.to_token_stream()),
        None => (quote!(#called;), quote!(())),
    };
    quote! {
            #host.method(#name, {
                let #this = ::core::clone::Clone::clone(&#this);
                move |#caller: #krate::host::Caller<'_>, #(#params),*| {
                    #this.serve(#caller, |#it, #cx: &mut #krate::host::Serving<'_>| {
    #(#values)*
                        #opened
                        #output
                        <#result as #krate::interface::Output>::lower_output(&#value, #cx)
                    })
                }
            })?;
        }
}
