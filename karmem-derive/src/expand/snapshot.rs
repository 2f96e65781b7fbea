//! What the derive writes, as files that people read and that the facade's tests compile.
//!
//! `KARMEM_BLESS=1 cargo test -p karmem-derive` writes them anew.

use std::path::Path;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, DeriveInput, Item, Meta, parse_quote};

/// The item as it is without karmem, and what the derive adds.
fn expand(mut item: Item) -> TokenStream {
    if let Item::Trait(item) = &mut item {
        let mut args = TokenStream::new();
        item.attrs.retain(|attr| match &attr.meta {
            Meta::List(list)
                if attr
                    .path()
                    .segments
                    .last()
                    .is_some_and(|s| s.ident == "interface") =>
            {
                args = list.tokens.clone();
                false
            }
            _ => true,
        });
        let valid = crate::valid::validate_interface(args, item).expect("a valid trait");
        return super::interface(&valid);
    }
    let Ok(mut input) = syn::parse2::<DeriveInput>(item.to_token_stream()) else {
        return TokenStream::new(); // the import of the derive
    };
    let valid = crate::valid::validate(&input).expect("a valid input");
    let added = super::derive(&valid);
    without_karmem(&mut input.attrs);
    match &mut input.data {
        syn::Data::Struct(data) => data
            .fields
            .iter_mut()
            .for_each(|field| without_karmem(&mut field.attrs)),
        syn::Data::Enum(data) => data
            .variants
            .iter_mut()
            .for_each(|variant| without_karmem(&mut variant.attrs)),
        syn::Data::Union(_) => {}
    }
    let mut tokens = input.into_token_stream();
    tokens.extend(added);
    tokens
}

fn without_karmem(attrs: &mut Vec<Attribute>) {
    attrs.retain(|attr| !attr.path().is_ident("karmem"));
    for attr in attrs
        .iter_mut()
        .filter(|attr| attr.path().is_ident("derive"))
    {
        if let Meta::List(list) = &attr.meta {
            let tokens = list.tokens.to_string().replace(", Karmem", "");
            let tokens: TokenStream = tokens.parse().expect("a list of derives");
            *attr = parse_quote!(#[derive(#tokens)]);
        }
    }
}

#[test]
fn expansions() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the folder of the facade's tests") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name")
            .to_owned();
        if !name.ends_with(".rs") || name.ends_with(".expanded.rs") {
            continue;
        }
        count += 1;
        let input = syn::parse_file(&fs::read_to_string(&path).expect("the input")).expect("Rust");
        let tokens = input.items.into_iter().map(expand).collect::<TokenStream>();
        let output = prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is Rust"));
        let output = format!(
            "// What the derive adds to `{name}`. Blessed by `KARMEM_BLESS=1 cargo test -p karmem-derive`.\n\n{output}"
        );
        // A derived `Copy` expands to unsafe code on some compilers.
        // The attributes of the section stand for wasm only, and the language words them so.
        let plain = output.split_whitespace().collect::<Vec<_>>().join(" ");
        let plain = plain
            .replace("#[unsafe(link_section", "")
            .replace("#[unsafe(export_name", "")
            .replace("#[unsafe( export_name", "")
            .replace("unsafe extern \"C\" {", "");
        for word in ["unsafe", "::core::marker::Copy)", "::core::marker::Copy,"] {
            assert!(!plain.contains(word), "{name} expands to `{word}`");
        }
        let expected = path.with_extension("expanded.rs");
        if env::var_os("KARMEM_BLESS").is_some() {
            fs::write(&expected, output).expect("write the expansion");
            continue;
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if let Some((line, (new, old))) = output
            .lines()
            .zip(expected.lines())
            .enumerate()
            .find(|(_, (new, old))| new != old)
        {
            panic!(
                "{name} expands differently in line {}:\n- {old}\n+ {new}\nbless it with KARMEM_BLESS=1",
                line + 1
            );
        }
        assert_eq!(
            output.len(),
            expected.len(),
            "{name} expands to more or less; bless it with KARMEM_BLESS=1"
        );
    }
    assert!(count >= 6, "found {count} inputs");
}
