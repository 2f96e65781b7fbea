//! `#[karmem(…)]` and `#[repr(…)]`, as written: each option once, of the right kind of value.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitInt, LitStr, Meta, Path, Token, token};

use crate::ast::{Rule, Scalar};
use crate::ctxt::Ctxt;
use crate::names;

/// The options of a struct or enum.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) table: Option<Ident>,
    pub(crate) inline: Option<Ident>,
    pub(crate) spread: Option<Ident>,
    /// The word `layout`, and the value if it is a known one.
    pub(crate) layout: Option<(Ident, Option<Rule>)>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) id: Option<(Ident, u64)>,
    pub(crate) krate: Option<Path>,
}

/// The options of a field.
#[derive(Default)]
pub(crate) struct Field {
    pub(crate) max: Option<LitInt>,
    pub(crate) rename: Option<LitStr>,
}

/// The options of a variant.
#[derive(Default)]
pub(crate) struct Variant {
    pub(crate) rename: Option<LitStr>,
}

/// `#[repr(…)]`
#[derive(Default)]
pub(crate) struct Repr {
    /// The integer type; `Err` if karmem has none such.
    pub(crate) int: Option<(Ident, Result<Scalar, ()>)>,
    pub(crate) c: Option<Ident>,
    pub(crate) packed: Option<Ident>,
    pub(crate) align: Option<Ident>,
    pub(crate) transparent: Option<Ident>,
}

/// The options of a trait: `#[karmem::interface(…)]`.
#[derive(Default)]
pub(crate) struct Interface {
    pub(crate) package: Option<LitStr>,
    pub(crate) version: Option<u32>,
    pub(crate) krate: Option<Path>,
}

/// Where an option stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Container,
    Field,
    Variant,
    Interface,
    Param,
}

impl Place {
    const ALL: [Place; 5] = [
        Place::Container,
        Place::Field,
        Place::Variant,
        Place::Interface,
        Place::Param,
    ];

    fn name(self) -> &'static str {
        match self {
            Place::Container => "struct or enum",
            Place::Field => "field",
            Place::Variant => "variant",
            Place::Interface => "trait",
            Place::Param => "parameter",
        }
    }

    fn options(self) -> &'static [&'static str] {
        match self {
            Place::Container => &[
                "table", "inline", "layout", "rename", "id", "spread", "crate",
            ],
            Place::Field => &["max", "rename"],
            Place::Variant => &["rename"],
            Place::Interface => &["package", "version", "crate"],
            Place::Param => &["verify"],
        }
    }
}

/// `key`, `key = value` or `key(…)`.
struct Item {
    key: Ident,
    value: Option<Expr>,
    /// `key(…)`: always an error, reported for the key and not as a stray token.
    list: bool,
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = input.call(Ident::parse_any)?;
        let mut item = Item {
            key,
            value: None,
            list: false,
        };
        if input.peek(token::Paren) {
            input.parse::<proc_macro2::Group>()?;
            item.list = true;
        } else if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                let key = &item.key;
                let message = format!("`{key}` has no value; write one after `=`");
                return Err(syn::Error::new(key.span(), message));
            }
            item.value = Some(input.parse()?);
        }
        Ok(item)
    }
}

/// The options of a struct or enum.
pub(crate) fn container(cx: &mut Ctxt, attrs: &[Attribute]) -> Container {
    let mut all = Container::default();
    for item in items(cx, attrs, Place::Container) {
        match item.key.to_string().as_str() {
            "table" => all.table = flag(cx, item),
            "inline" => all.inline = flag(cx, item),
            "spread" => all.spread = flag(cx, item),
            "layout" => {
                let rule = text(cx, &item, "layout = \"c\"").map(|value| rule(cx, &value));
                all.layout = rule.map(|rule| (item.key, rule));
            }
            "rename" => all.rename = text(cx, &item, "rename = \"Name\""),
            "id" => all.id = id(cx, &item).map(|id| (item.key, id)),
            "crate" => all.krate = krate(cx, &item),
            _ => {}
        }
    }
    all
}

/// The options of a field.
pub(crate) fn field(cx: &mut Ctxt, attrs: &[Attribute]) -> Field {
    let mut all = Field::default();
    for item in items(cx, attrs, Place::Field) {
        match item.key.to_string().as_str() {
            "max" => all.max = integer(cx, &item, "max = 128"),
            "rename" => all.rename = text(cx, &item, "rename = \"Name\""),
            _ => {}
        }
    }
    all
}

/// The options of a variant.
pub(crate) fn variant(cx: &mut Ctxt, attrs: &[Attribute]) -> Variant {
    let mut all = Variant::default();
    for item in items(cx, attrs, Place::Variant) {
        if item.key == "rename" {
            all.rename = text(cx, &item, "rename = \"Name\"");
        }
    }
    all
}

/// What is in the parentheses of `#[karmem::interface(…)]`.
pub(crate) fn interface(cx: &mut Ctxt, args: TokenStream) -> Interface {
    let mut all = Interface::default();
    let list = match Punctuated::<Item, Token![,]>::parse_terminated.parse2(args) {
        Ok(list) => list,
        Err(error) => {
            cx.push(error);
            return all;
        }
    };
    let mut items = Vec::new();
    checked(cx, &mut items, list, Place::Interface);
    for item in items {
        match item.key.to_string().as_str() {
            "package" => all.package = text(cx, &item, "package = \"game\""),
            "version" => all.version = version(cx, &item),
            "crate" => all.krate = krate(cx, &item),
            _ => {}
        }
    }
    all
}

/// Whether the parameter of a method says `#[karmem(verify)]`.
pub(crate) fn param(cx: &mut Ctxt, attrs: &[Attribute]) -> Option<Ident> {
    let items = items(cx, attrs, Place::Param);
    items.into_iter().find_map(|item| flag(cx, item))
}

/// `#[repr(…)]`; what rustc refuses itself is passed over.
pub(crate) fn repr(attrs: &[Attribute]) -> Repr {
    let mut repr = Repr::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("repr")) {
        let Ok(list) = attr.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated) else {
            continue;
        };
        for ident in list.iter().filter_map(|meta| meta.path().get_ident()) {
            let ident = ident.clone();
            match ident.to_string().as_str() {
                "C" => repr.c = Some(ident),
                "packed" => repr.packed = Some(ident),
                "align" => repr.align = Some(ident),
                "transparent" => repr.transparent = Some(ident),
                "usize" | "isize" | "u128" | "i128" => repr.int = Some((ident, Err(()))),
                name => {
                    if let Some(int) = Scalar::parse(name).filter(|s| s.largest().is_some()) {
                        repr.int = Some((ident, Ok(int)));
                    }
                }
            }
        }
    }
    repr
}

/// The comments of an item, and the lints that it allows: what holds for the item holds for what is
/// made of it.
pub(crate) fn docs(attrs: &[Attribute]) -> Vec<Attribute> {
    let kept = |attr: &&Attribute| attr.path().is_ident("doc") || is_lint(attr);
    let mut docs: Vec<_> = attrs.iter().filter(kept).cloned().collect();
    for attr in &mut docs {
        // What is expected of the item need not happen in what is made of it.
        if let (true, Meta::List(list)) = (attr.path().is_ident("expect"), &mut attr.meta) {
            list.path = syn::parse_quote!(allow);
        }
    }
    docs
}

/// Whether an attribute silences lints.
pub(crate) fn is_lint(attr: &Attribute) -> bool {
    attr.path().is_ident("allow") || attr.path().is_ident("expect")
}

/// All options in all `#[karmem(…)]`, each known here and given once.
fn items(cx: &mut Ctxt, attrs: &[Attribute], place: Place) -> Vec<Item> {
    let mut all = Vec::<Item>::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("karmem")) {
        if !matches!(attr.meta, Meta::List(_)) {
            let (what, known) = (place.name(), listed(place.options()));
            cx.error(
                attr,
                format!("expected `#[karmem(…)]` with options of a {what}: {known}"),
            );
            continue;
        }
        let list = match attr.parse_args_with(Punctuated::<Item, Token![,]>::parse_terminated) {
            Ok(list) => list,
            Err(error) => {
                cx.push(error);
                continue;
            }
        };
        checked(cx, &mut all, list, place);
    }
    all
}

/// Adds the options of a list, each known here and given once.
fn checked(cx: &mut Ctxt, all: &mut Vec<Item>, list: Punctuated<Item, Token![,]>, place: Place) {
    for item in list {
        if !place.options().iter().any(|known| item.key == known) {
            unknown(cx, &item.key, place);
        } else if item.list {
            let key = &item.key;
            cx.error(
                key,
                format!("write the value of `{key}` after `=`, not in parentheses"),
            );
        } else if all.iter().any(|other| other.key == item.key) {
            cx.error(
                &item.key,
                format!("`{}` is given twice; remove one", item.key),
            );
        } else {
            all.push(item);
        }
    }
}

fn unknown(cx: &mut Ctxt, key: &Ident, place: Place) {
    let word = key.to_string();
    let elsewhere = Place::ALL
        .into_iter()
        .find(|other| other.options().contains(&word.as_str()));
    let what = match (elsewhere, names::nearest(&word, place.options())) {
        (Some(other), _) => format!("`{word}` belongs on a {};", other.name()),
        (None, Some(near)) => format!("unknown option `{word}`, did you mean `{near}`?"),
        (None, None) => format!("unknown option `{word}`;"),
    };
    cx.error(
        key,
        format!(
            "{what} a {} takes {}",
            place.name(),
            listed(place.options())
        ),
    );
}

/// `a`, `b`, `c`
fn listed(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn flag(cx: &mut Ctxt, item: Item) -> Option<Ident> {
    if let Some(value) = &item.value {
        cx.error(
            value,
            format!("`{0}` takes no value; write `#[karmem({0})]`", item.key),
        );
    }
    Some(item.key)
}

fn text(cx: &mut Ctxt, item: &Item, example: &str) -> Option<LitStr> {
    match item.value.as_ref().map(literal) {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        })) => Some(text.clone()),
        value => wrong(cx, item, value, "a text in quotes", example),
    }
}

fn integer(cx: &mut Ctxt, item: &Item, example: &str) -> Option<LitInt> {
    match item.value.as_ref().map(literal) {
        Some(Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        })) => Some(int.clone()),
        value => wrong(cx, item, value, "an integer literal", example),
    }
}

/// What a `macro_rules!` passes on is in a group that nobody wrote.
fn literal(expr: &Expr) -> &Expr {
    match expr {
        Expr::Group(group) => literal(&group.expr),
        _ => expr,
    }
}

fn wrong<T>(
    cx: &mut Ctxt,
    item: &Item,
    value: Option<&Expr>,
    kind: &str,
    example: &str,
) -> Option<T> {
    let key = &item.key;
    let attr = match Place::Interface.options().iter().any(|known| key == known) {
        true if key != "crate" => "karmem::interface",
        _ => "karmem",
    };
    let message = format!("`{key}` needs {kind}; write `#[{attr}({example})]`");
    match value {
        Some(value) => cx.error(value, message),
        None => cx.error(&item.key, message),
    }
    None
}

fn rule(cx: &mut Ctxt, value: &LitStr) -> Option<Rule> {
    let word = value.value();
    let rule = Rule::ALL.into_iter().find(|rule| rule.name() == word);
    if rule.is_none() {
        let known = Rule::ALL.map(Rule::name);
        let near = match names::nearest(&word, &known) {
            Some(near) => format!(", did you mean \"{near}\"?"),
            None => ";".to_owned(),
        };
        let known = known.map(|name| format!("\"{name}\"")).join(", ");
        cx.error(
            value,
            format!("unknown layout \"{word}\"{near} choose one of {known}"),
        );
    }
    rule
}

fn id(cx: &mut Ctxt, item: &Item) -> Option<u64> {
    let literal = integer(cx, item, "id = 123")?;
    let value = literal
        .base10_parse()
        .ok()
        .filter(|_| matches!(literal.suffix(), "" | "u64"));
    if value.is_none() {
        cx.error(
            &literal,
            "`id` is a `u64`; write a number from 0 to 18446744073709551615",
        );
    }
    value
}

fn version(cx: &mut Ctxt, item: &Item) -> Option<u32> {
    let literal = integer(cx, item, "version = 2")?;
    let value = literal
        .base10_parse()
        .ok()
        .filter(|_| matches!(literal.suffix(), "" | "u32"));
    if value.is_none() {
        cx.error(
            &literal,
            "`version` is a `u32`; write a number from 0 to 4294967295",
        );
    }
    value
}

fn krate(cx: &mut Ctxt, item: &Item) -> Option<Path> {
    let text = text(cx, item, "crate = \"some::path\"")?;
    match text.parse_with(Path::parse_mod_style) {
        Ok(path) => Some(path),
        Err(_) => {
            let message = "`crate` is the path of the crate `karmem`, such as \"::karmem\" or \"engine::karmem\"";
            cx.push(syn::Error::new(text.span(), message));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn messages(cx: Ctxt) -> Vec<String> {
        let errors = cx.finish().err().into_iter().flatten();
        errors.map(|error| error.to_string()).collect()
    }

    #[test]
    fn every_container_option() {
        let mut cx = Ctxt::default();
        let all = container(
            &mut cx,
            &[
                parse_quote!(#[karmem(table, layout = "packed", rename = "A")]),
                parse_quote!(#[karmem(id = 7u64, crate = "a::b",)]),
            ],
        );
        assert!(messages(cx).is_empty());
        assert!(all.table.is_some() && all.inline.is_none() && all.spread.is_none());
        assert_eq!(all.layout.and_then(|(_, rule)| rule), Some(Rule::Packed));
        assert_eq!(
            all.rename.map(|rename| rename.value()).as_deref(),
            Some("A")
        );
        assert_eq!(all.id.map(|(_, id)| id), Some(7));
        assert_eq!(all.krate.map(|path| path.segments.len()), Some(2));
    }

    #[test]
    fn all_errors_at_once() {
        let mut cx = Ctxt::default();
        let attrs: [Attribute; 2] = [
            parse_quote!(#[karmem(tabel, max = 3, id = -1, layout = "padding")]),
            parse_quote!(#[karmem(inline, inline, rename, crate = "a b", table = true)]),
        ];
        container(&mut cx, &attrs);
        let messages = messages(cx);
        let expected = [
            "did you mean `table`",
            "`max` belongs on a field",
            "`inline` is given twice",
            "`id` needs an integer",
            "did you mean \"padded\"",
            "`rename` needs a text",
            "`crate` is the path",
            "`table` takes no value",
        ];
        assert_eq!(messages.len(), expected.len(), "{messages:#?}");
        for (message, expected) in messages.iter().zip(expected) {
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn reprs() {
        let found = repr(&[
            parse_quote!(#[repr(C, u16)]),
            parse_quote!(#[repr(align(8))]),
        ]);
        assert!(found.c.is_some() && found.align.is_some() && found.packed.is_none());
        assert_eq!(found.int.and_then(|(_, int)| int.ok()), Some(Scalar::U16));
        let found = repr(&[parse_quote!(#[repr(u128)])]);
        assert!(matches!(found.int, Some((_, Err(())))));
    }
}
