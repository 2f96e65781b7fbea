//! From the validated model to tokens; cannot fail.
//!
//! People read what comes out, in `cargo expand`: constants with the offsets and small accessors. Whatever
//! is more than that belongs into the runtime.

use std::collections::HashSet;

use heck::ToUpperCamelCase;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Path, Visibility};

use crate::ast::{Class, Data, Field, Input, Rule, Shape, Style, Ty};
use crate::attr;

mod builder;
mod enums;
mod interface;
mod structs;
mod unions;
mod views;

pub(crate) use interface::{Exports, expand_exports, interface, macro_rules};

#[cfg(test)]
mod snapshot;

/// What the derive adds to the item.
pub(crate) fn derive(input: &Input) -> TokenStream {
    match &input.data {
        Data::Struct(data) if data.transparent => structs::newtype(input, data),
        Data::Struct(data) => structs::derive(input, data),
        Data::Enum(data) => enums::derive(input, data),
        Data::Union(data) => unions::derive(input, data),
    }
}

/// Fields that lie together: of a struct, or of a variant with data.
struct Group<'a> {
    krate: &'a Path,
    vis: TokenStream,
    /// The struct, or the type that stands for the variant.
    ident: Ident,
    /// How documentation calls it: `Monster`, `Shape::Circle`.
    title: String,
    km: &'a str,
    class: Class,
    rule: Rule,
    style: Style,
    id: Option<u64>,
    /// A struct, with values in Rust; a variant's fields have none of their own.
    record: bool,
    hidden: Vec<&'a Attribute>,
    fields: Vec<Slot<'a>>,
    names: Names,
}

/// A field with its names in generated code.
struct Slot<'a> {
    field: &'a Field,
    /// The name in paths of errors: `name`, or `0`.
    name: String,
    /// The name in `set_…` and `build_…`.
    stem: String,
    accessor: Ident,
    /// The constant with its offset.
    at: Ident,
    /// Another name of its type, where that need not be one that can be a field. It is no type at all
    /// then, and the compiler says so once and not of everything that is done with it.
    alias: Option<Ident>,
    vis: TokenStream,
}

/// Names of generated code that no type of a field mentions.
struct Names {
    /// The layout.
    l: Ident,
    /// A sink.
    s: Ident,
    /// The value of a setter.
    v: Ident,
    /// The result of `place`.
    placed: Ident,
    /// What remembers the levels of defaults.
    levels: Ident,
}

/// What [`Group::new`] needs besides the input and the fields.
struct About<'a> {
    ident: Ident,
    title: String,
    km: &'a str,
    class: Class,
    rule: Rule,
    style: Style,
    id: Option<u64>,
    record: bool,
    hidden: Vec<&'a Attribute>,
}

impl<'a> Group<'a> {
    fn new(input: &'a Input, about: About<'a>, fields: &'a [Field]) -> Self {
        let mut taken = Taken::default();
        taken.words(input.ident.to_token_stream());
        taken.words(about.ident.to_token_stream());
        taken.words(input.krate.to_token_stream());
        taken.words(quote!(Self));
        for suffix in ["View", "ViewMut", "Builder"] {
            taken.words(derived(&about.ident, suffix).to_token_stream());
        }
        for field in fields {
            taken.words(field.ty.ty.to_token_stream());
        }
        let names = Names::new(&mut taken);
        let fields = fields
            .iter()
            .map(|field| Slot::new(field, &mut taken))
            .collect();
        let About {
            ident,
            title,
            km,
            class,
            rule,
            style,
            id,
            record,
            hidden,
        } = about;
        let (krate, vis) = (&input.krate, quiet(&input.vis));
        Group {
            krate,
            vis,
            ident,
            title,
            km,
            class,
            rule,
            style,
            id,
            record,
            hidden,
            fields,
            names,
        }
    }

    fn is_table(&self) -> bool {
        self.class == Class::Table
    }

    /// The name of a generated type, such as `MonsterView`.
    fn named(&self, suffix: &str) -> Ident {
        derived(&self.ident, suffix)
    }

    /// Whether no field is called so, so that a generated method can be.
    fn is_free(&self, name: &str) -> bool {
        self.fields.iter().all(|slot| slot.accessor.unraw() != name)
    }

    /// What `ViewOf` and the like give for a type.
    fn of(&self, alias: &str, first: &TokenStream, ty: &Ty) -> TokenStream {
        let (krate, l) = (self.krate, &self.names.l);
        let (alias, tokens) = (Ident::new(alias, Span::mixed_site()), &ty.ty);
        quote!(#krate::wire::#alias<#first, #tokens, #l>)
    }

    /// `Padded` of `Rule::Padded` and `rule::Padded`.
    fn rule(&self) -> Ident {
        rule(self.rule)
    }
}

impl<'a> Slot<'a> {
    fn new(field: &'a Field, taken: &mut Taken) -> Self {
        let accessor = field.accessor();
        let stem = accessor.unraw().to_string();
        let name = match &field.member {
            syn::Member::Named(_) => stem.clone(),
            syn::Member::Unnamed(index) => index.index.to_string(),
        };
        let at = taken.fresh(&format!("AT_{}", stem.to_uppercase()));
        let alias = unknown(&field.ty).map(|span| {
            let mut alias = taken.fresh(&format!("{}Field", stem.to_upper_camel_case()));
            alias.set_span(span);
            alias
        });
        Slot {
            vis: quiet(&field.vis),
            field,
            name,
            stem,
            accessor,
            at,
            alias,
        }
    }

    /// Its type.
    fn ty(&self) -> TokenStream {
        self.alias.as_ref().map_or_else(
            || self.field.ty.ty.to_token_stream(),
            ToTokens::to_token_stream,
        )
    }

    /// Its type, or what a box holds.
    fn unboxed(&self) -> TokenStream {
        self.alias.as_ref().map_or_else(
            || views::unboxed(&self.field.ty).ty.to_token_stream(),
            ToTokens::to_token_stream,
        )
    }

    /// As the last argument of methods of the runtime.
    fn max(&self) -> TokenStream {
        match self.field.max {
            Some(max) => proc_macro2::Literal::u32_unsuffixed(max).to_token_stream(),
            None => quote!(u32::MAX),
        }
    }

    /// The name of a variable, parameter or pattern that holds it.
    fn binding(&self) -> Ident {
        match self.stem.as_str() {
            "base" | "body" | "sink" => format_ident!("{}_", self.stem),
            _ => self.accessor.clone(),
        }
    }

    /// The field's own comments.
    fn docs(&self) -> &[Attribute] {
        &self.field.docs
    }

    fn hidden(&self) -> Vec<&Attribute> {
        hidden(&self.field.docs)
    }
}

/// Where a type has a part that the macro does not know; not in a box, which is read as what it holds.
fn unknown(ty: &Ty) -> Option<Span> {
    match &ty.shape {
        Shape::Path => Some(match &ty.ty {
            syn::Type::Path(path) => path.path.segments.last()?.ident.span(),
            ty => ty.span(),
        }),
        Shape::List(inner) | Shape::Array(inner) | Shape::Option(inner) | Shape::Map(inner) => {
            match &inner.shape {
                Shape::Boxed(inner) => unknown(inner),
                _ => unknown(inner),
            }
        }
        Shape::Scalar(_) | Shape::Str | Shape::Boxed(_) => None,
    }
}

impl Names {
    fn new(taken: &mut Taken) -> Self {
        Names {
            l: taken.fresh("L"),
            s: taken.fresh("S"),
            v: taken.fresh("V"),
            placed: taken.fresh("PLACED"),
            levels: taken.fresh("LEVELS"),
        }
    }
}

/// Words that generated names must not be, for they would hide what a field's type mentions.
#[derive(Default)]
struct Taken(HashSet<String>);

impl Taken {
    fn words(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    self.0.insert(ident.to_string());
                }
                TokenTree::Group(group) => self.words(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// `name`, with underscores until nothing else is called so.
    fn fresh(&mut self, name: &str) -> Ident {
        let mut name = name.to_owned();
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        Ident::new(&name, Span::mixed_site())
    }
}

fn rule(rule: Rule) -> Ident {
    let name = match rule {
        Rule::Padded => "Padded",
        Rule::C => "C",
        Rule::Packed => "Packed",
        Rule::Legacy => "Legacy",
    };
    Ident::new(name, Span::mixed_site())
}

fn derived(ident: &Ident, suffix: &str) -> Ident {
    format_ident!("{}{}", ident.unraw(), suffix, span = ident.span())
}

/// A visibility for generated items, about which lints are silent: they speak of the type itself.
fn quiet(vis: &Visibility) -> TokenStream {
    respan(vis.to_token_stream(), &|_| Span::mixed_site())
}

/// The declaration of a type that is named after `ident`, and what points at that: when the name is
/// taken, the compiler shows after what it is made.
fn named_after(ident: &Ident, declaration: TokenStream) -> TokenStream {
    respan(declaration, &|span| span.located_at(ident.span()))
}

fn respan(tokens: TokenStream, change: &dyn Fn(Span) -> Span) -> TokenStream {
    let respan = |mut token: TokenTree| {
        let span = change(token.span());
        if let TokenTree::Group(group) = &token {
            let inner = respan(group.stream(), change);
            token = proc_macro2::Group::new(group.delimiter(), inner).into();
        }
        token.set_span(span);
        token
    };
    tokens.into_iter().map(respan).collect()
}

/// The lints that an item allows.
fn lints(docs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    docs.iter().filter(|attr| attr::is_lint(attr))
}

/// Of the comments only `#[doc(hidden)]` and the like, and the lints.
fn hidden(docs: &[Attribute]) -> Vec<&Attribute> {
    docs.iter()
        .filter(|attr| matches!(attr.meta, Meta::List(_)))
        .collect()
}

/// A line of documentation.
fn doc(text: &str) -> TokenStream {
    let text = format!(" {text}");
    quote!(#[doc = #text])
}

/// A field's own comments, then a line of ours.
fn docs_and(own: &[Attribute], text: &str) -> TokenStream {
    let line = doc(text);
    let gap = own
        .iter()
        .any(|attr| matches!(attr.meta, Meta::NameValue(_)))
        .then(|| quote!(#[doc = ""]));
    quote!(#(#own)* #gap #line)
}

/// `Clone` and `Copy`, spelt out: a derived `Copy` expands to more than that on some compilers.
fn copies(ty: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl ::core::clone::Clone for #ty {
            fn clone(&self) -> Self {
                *self
            }
        }
        #[automatically_derived]
        impl ::core::marker::Copy for #ty {}
    }
}

/// `Debug` of a type around one value: that value's.
fn debug_as(generics: &TokenStream, ty: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl #generics ::core::fmt::Debug for #ty {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }
    }
}

/// The `Named` of a type's schema.
fn name(krate: &Path, ident: &Ident, km: &str) -> TokenStream {
    let path = format!("::{}", ident.unraw());
    quote! {
        #krate::schema::Name { km: #km, path: ::core::concat!(::core::module_path!(), #path) }
    }
}

/// What a module made of this carries in its custom section. Not `#[used]`: that would put it into the
/// module's memory too.
///
/// A linker takes only those objects of a library that are referred to, and code that is inlined
/// elsewhere refers to nothing. Exported functions are always taken, with the object around them; so
/// each section has one beside it, in the same module of the crate and thus in the same object. No two
/// types have one name: in one module, those of the same identifier stand in different places.
fn section(krate: &Path, ident: &Ident, kind: &str, schema: &TokenStream) -> TokenStream {
    let path = format!("::{}:", ident.unraw());
    let kind = Ident::new(kind, Span::mixed_site());
    quote! {
        #[cfg(target_family = "wasm")]
        const _: () = {
            const ITEM: #krate::section::Item = #krate::section::Item::#kind(#schema);
            #[unsafe(link_section = "karmem")]
            static SECTION: [u8; #krate::section::len(&ITEM)] = #krate::section::fragment(&ITEM);
            #[unsafe(export_name = ::core::concat!(
                "karmem_type ", ::core::module_path!(), #path, ::core::line!(), ":", ::core::column!()
            ))]
            extern "C" fn keep() {}
        };
    }
}
