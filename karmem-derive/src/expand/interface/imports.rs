//! The client of a module that imports the interface.

use super::*;

/// `PhysicsImport`.
pub(super) fn client(input: &Interface) -> TokenStream {
    let trait_ident = &input.item.ident;
    let vis = quiet(&input.item.vis);
    let ident = derived(trait_ident, "Import");
    let methods = input.methods.iter().map(|method| of_method(input, method));
    let about = doc(&format!(
        "Calls whoever provides [`{trait_ident}`] to this module: another module, or the host."
    ));
    let lints = lints(input);
    quote! {
        #about
        ///
        /// The module imports those methods that are called somewhere in it.
        #[allow(dead_code)]
        #[derive(::core::clone::Clone, ::core::default::Default, ::core::fmt::Debug)]
        #vis struct #ident;

        #[allow(dead_code, clippy::too_many_arguments)]
        #lints
        impl #ident {
            #(#methods)*
        }
    }
}

fn of_method(input: &Interface, method: &Method) -> TokenStream {
    let krate = &input.krate;
    let (ident, result) = (&method.ident, &method.result);
    let docs = docs_and(
        &method.docs,
        "Fails if the call does not happen, or gives nothing that can be used.",
    );
    let names: Vec<_> = method.params.iter().map(|param| &param.ident).collect();
    let types = method.params.iter().map(|param| client_type(input, param));
    let numbers: Vec<_> = method
        .params
        .iter()
        .map(|param| abi(input, param))
        .collect();
    let (out, import) = (local("out"), local("import"));
    let lowered = method
        .params
        .iter()
        .map(|param| lowered(input, param, &out));
    let out_pattern = if method.params.is_empty() {
        quote!(_)
    } else {
        quote!(#out)
    };
    let module = format!("karmem:{}/{}@{}", input.package, input.name, input.version);
    let symbol = symbol(input, method);
    let returned = returned(input, method);
    quote! {
        #docs
        pub fn #ident(&self, #(#names: #types),*) -> ::core::result::Result<#result, #krate::guest::CallError> {
            #[cfg(target_family = "wasm")]
            {
                #[link(wasm_import_module = #module)]
                unsafe extern "C" {
                    #[link_name = #symbol]
                    safe fn #import(#(#names: #numbers),*) #returned;
                }
                #krate::guest::call::<_, #result>(
                    |#out_pattern| ::core::result::Result::Ok((#(#lowered,)*)),
                    |(#(#names,)*)| #import(#(#names),*),
                )
            }
            #[cfg(not(target_family = "wasm"))]
            {
                #(let _ = #names;)*
                ::core::result::Result::Err(#krate::guest::CallError::NotWasm)
            }
        }
    }
}
