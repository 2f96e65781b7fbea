//! From the item as written to the model in [`ast`](crate::ast), or to all of its errors.
//!
//! After an error validation goes on with some value in its place: the model is only handed out when
//! there was no error.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Fields, GenericParam, Ident, LitStr, Member, Visibility, parse_quote};

use crate::ast::{Class, Data, Field, Input, Rule, Struct, Style, Ty};
use crate::attr::{self, Container, Repr};
use crate::ctxt::Ctxt;
use crate::names::{self, Fault, Kind};
use crate::shape;

mod enums;
mod interface;

pub(crate) use interface::{cleaned, validate as validate_interface};

/// Validates an item.
///
/// # Errors
///
/// All errors of the item, each on the token at fault.
pub(crate) fn validate(item: &DeriveInput) -> syn::Result<Input> {
    let mut cx = Ctxt::default();
    let attrs = attr::container(&mut cx, &item.attrs);
    check_generics(&mut cx, item);
    let data = match &item.data {
        syn::Data::Struct(data) => Data::Struct(of_struct(&mut cx, item, &attrs, &data.fields)),
        syn::Data::Enum(data) => enums::of_enum(&mut cx, item, &attrs, data),
        syn::Data::Union(data) => {
            let message = "a Rust union does not say what it holds; use an enum with data";
            cx.error(data.union_token, message);
            return Err(cx
                .finish()
                .err()
                .unwrap_or_else(|| syn::Error::new(item.ident.span(), message)));
        }
    };
    let kind = match &data {
        Data::Struct(data) if data.transparent => None,
        Data::Struct(_) => Some(Kind::Struct),
        Data::Enum(_) | Data::Union(_) => Some(Kind::Enum),
    };
    let km = match kind {
        Some(kind) => name(&mut cx, kind, &item.ident, attrs.rename.as_ref()),
        None => item.ident.unraw().to_string(),
    };
    cx.finish()?;
    Ok(Input {
        ident: item.ident.clone(),
        vis: item.vis.clone(),
        docs: attr::docs(&item.attrs),
        km,
        krate: attrs.krate.unwrap_or_else(|| parse_quote!(::karmem)),
        data,
    })
}

fn check_generics(cx: &mut Ctxt, item: &DeriveInput) {
    for param in &item.generics.params {
        let name = &item.ident;
        match param {
            GenericParam::Lifetime(param) => cx.error(
                param,
                format!("`{name}` borrows for `{}`; a message owns its values: use `String`, `Vec` or `Box`", param.lifetime),
            ),
            GenericParam::Type(param) => cx.error(
                param,
                format!("`{name}` is generic over `{}`; a layout needs concrete types: write one type for each", param.ident),
            ),
            GenericParam::Const(param) => cx.error(
                param,
                format!("`{name}` is generic over `{}`; a layout needs concrete sizes: write the number, or use a `Vec`", param.ident),
            ),
        }
    }
}

fn of_struct(cx: &mut Ctxt, item: &DeriveInput, attrs: &Container, fields: &Fields) -> Struct {
    let repr = attr::repr(&item.attrs);
    let style = style(fields);
    let transparent = matches!(fields, Fields::Unnamed(unnamed) if unnamed.unnamed.len() == 1)
        && attrs.table.is_none();
    let class = if attrs.table.is_some() {
        Class::Table
    } else {
        Class::Inline
    };
    let rule = rule_of(attrs);

    if let (Some(_), Some(inline)) = (&attrs.table, &attrs.inline) {
        cx.error(inline, "a struct is either `table` or `inline`; remove one");
    }
    if let Some(spread) = &attrs.spread {
        cx.error(
            spread,
            "`spread` is for enums with data; remove it from this struct",
        );
    }
    check_struct_repr(cx, rule, &repr);
    if transparent {
        check_transparent(cx, &item.ident, attrs);
    }
    if fields.is_empty() {
        let name = &item.ident;
        let what = match style {
            Style::Unit => "a unit struct",
            _ => "empty",
        };
        cx.error(
            name,
            format!("`{name}` is {what}, and a `.km` has no struct without fields; add a field, or remove it where it is used"),
        );
    }

    let owner = Owner {
        name: &item.ident,
        variant: None,
        rule,
        transparent,
    };
    let fields = of_fields(cx, fields, &owner);
    if class == Class::Inline {
        for field in &fields {
            check_inline_recursion(cx, &item.ident, field);
        }
    }
    Struct {
        class,
        rule,
        style,
        transparent,
        repr_c: repr.c.is_some(),
        id: attrs.id.as_ref().map(|(_, id)| *id),
        fields,
    }
}

fn rule_of(attrs: &Container) -> Rule {
    attrs
        .layout
        .as_ref()
        .and_then(|(_, rule)| *rule)
        .unwrap_or(Rule::Padded)
}

fn style(fields: &Fields) -> Style {
    match fields {
        Fields::Named(_) => Style::Named,
        Fields::Unnamed(_) => Style::Tuple,
        Fields::Unit => Style::Unit,
    }
}

fn check_struct_repr(cx: &mut Ctxt, rule: Rule, repr: &Repr) {
    if let Some(packed) = &repr.packed {
        cx.error(
            packed,
            "fields of a `repr(packed)` struct cannot be borrowed; remove it, and for a wire form without padding write \
             `#[karmem(layout = \"packed\")]`",
        );
    }
    if rule != Rule::C {
        return;
    }
    if let Some(align) = &repr.align {
        cx.error(
            align,
            "layout \"c\" is what `#[repr(C)]` alone does, and `align` changes it; remove `align`, or choose layout \"padded\"",
        );
    }
    if let Some(transparent) = &repr.transparent {
        cx.error(
            transparent,
            "layout \"c\" is what `#[repr(C)]` does; write `#[repr(C)]`, or remove the layout",
        );
    }
}

/// A newtype leaves no struct in the schema that an option could apply to.
fn check_transparent(cx: &mut Ctxt, name: &Ident, attrs: &Container) {
    let mut refuse = |at: &dyn quote::ToTokens, option: &str| {
        cx.error(
            at,
            format!("`{name}` has one unnamed field and is written as that field, so `{option}` has no effect; remove it, or name the field"),
        );
    };
    if let Some((layout, _)) = &attrs.layout {
        refuse(layout, "layout");
    }
    if let Some(rename) = &attrs.rename {
        refuse(rename, "rename");
    }
    if let Some((id, _)) = &attrs.id {
        refuse(id, "id");
    }
}

fn check_transparent_field(cx: &mut Ctxt, label: &str, attrs: &attr::Field) {
    let mut refuse = |at: &dyn quote::ToTokens, option: &str| {
        cx.error(
            at,
            format!("{label}: a newtype is written as its field, so `{option}` would be lost; name the field, or make the newtype a table"),
        );
    };
    if let Some(max) = &attrs.max {
        refuse(max, "max");
    }
    if let Some(rename) = &attrs.rename {
        refuse(rename, "rename");
    }
}

fn check_inline_recursion(cx: &mut Ctxt, name: &Ident, field: &Field) {
    if let Some(at) = shape::mention(&field.ty, name, true) {
        let label = label(None, &field.member);
        cx.error(
            at,
            format!(
                "{label}: `{name}` is inline and holds itself, so it would have no end; make it a table \
                 (`#[karmem(table)]`), or put it behind a `Vec`"
            ),
        );
    }
}

/// What fields belong to.
struct Owner<'a> {
    /// The container, which is what `Self` means.
    name: &'a Ident,
    /// The variant, and the visibility that its fields take over.
    variant: Option<(&'a Ident, &'a Visibility)>,
    rule: Rule,
    /// See [`Struct::transparent`].
    transparent: bool,
}

fn of_fields(cx: &mut Ctxt, fields: &Fields, of: &Owner<'_>) -> Vec<Field> {
    let Owner {
        name: owner,
        variant,
        rule,
        transparent,
    } = *of;
    let mut all = Vec::<Field>::with_capacity(fields.len());
    for (field, member) in fields.iter().zip(fields.members()) {
        let label = label(variant.map(|(ident, _)| ident), &member);
        let attrs = cx.within(&label, |cx| attr::field(cx, &field.attrs));
        if transparent {
            check_transparent_field(cx, &label, &attrs);
        }
        let ty = shape::recognise(cx, &label, &shape::without_self(&field.ty, owner));
        if rule == Rule::Legacy {
            shape::check_legacy(cx, &label, &ty);
        }
        let max = attrs.max.and_then(|max| max_of(cx, &label, &ty, &max));
        let km = match (&member, &attrs.rename) {
            (Member::Named(ident), rename) => name(cx, Kind::Field, ident, rename.as_ref()),
            (Member::Unnamed(_), Some(rename)) => renamed(cx, Kind::Field, &label, rename),
            (Member::Unnamed(index), None) => format!("F{}", index.index),
        };
        all.push(Field {
            span: field
                .ident
                .as_ref()
                .map_or_else(|| field.ty.span(), Ident::span),
            vis: variant.map_or(&field.vis, |(_, vis)| vis).clone(),
            docs: attr::docs(&field.attrs),
            member,
            km,
            ty,
            max,
        });
    }
    check_duplicates(cx, &all);
    all
}

/// How messages call a field.
fn label(variant: Option<&Ident>, member: &Member) -> String {
    let field = match member {
        Member::Named(ident) => format!("field `{ident}`"),
        Member::Unnamed(index) => format!("field {}", index.index),
    };
    match variant {
        Some(variant) => format!("{field} of variant `{variant}`"),
        None => field,
    }
}

fn max_of(cx: &mut Ctxt, label: &str, ty: &Ty, max: &syn::LitInt) -> Option<u32> {
    use crate::ast::Shape;
    match &ty.below_options().shape {
        Shape::Str | Shape::List(_) | Shape::Map(..) => {}
        Shape::Path => cx.error(
            max,
            format!("{label}: `max` needs a `String`, `Vec`, boxed slice or map, and this type is none by its name; if it is an alias, write the type out"),
        ),
        _ => cx.error(
            max,
            format!("{label}: `max` limits the length of a `String`, `Vec`, boxed slice or map; remove it from this field"),
        ),
    }
    match max.base10_parse::<u32>() {
        Ok(0) => {
            cx.error(
                max,
                format!("{label}: with `max = 0` it could hold nothing; write at least 1"),
            );
            None
        }
        Ok(value) if matches!(max.suffix(), "" | "u32") => Some(value),
        _ => {
            cx.error(
                max,
                format!(
                    "{label}: `max` is a `u32`; write a number from 1 to 4294967295, or remove it"
                ),
            );
            None
        }
    }
}

fn check_duplicates(cx: &mut Ctxt, fields: &[Field]) {
    use crate::ast::Shape;
    for (index, field) in fields.iter().enumerate() {
        if let Some(other) = fields[..index].iter().find(|other| other.km == field.km) {
            let (first, second, km) = (member(other), member(field), &field.km);
            cx.error(
                at(field),
                format!("fields `{first}` and `{second}` are both `{km}` in a `.km`; rename one with `#[karmem(rename = \"…\")]`"),
            );
        }
        if matches!(field.ty.shape, Shape::Option(_)) {
            let flag = names::presence(&field.km);
            for other in fields.iter().filter(|other| other.km == flag) {
                let (option, other_name) = (member(field), member(other));
                cx.error(
                    at(other),
                    format!(
                        "field `{other_name}` is `{flag}` in a `.km`, which says there whether the option `{option}` is present; \
                         rename one with `#[karmem(rename = \"…\")]`"
                    ),
                );
            }
        }
    }
}

fn member(field: &Field) -> String {
    match &field.member {
        Member::Named(ident) => ident.to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}

/// The tokens that stand for a field: its name, or in a tuple its type.
fn at(field: &Field) -> proc_macro2::TokenStream {
    use quote::ToTokens;
    match &field.member {
        Member::Named(ident) => ident.to_token_stream(),
        Member::Unnamed(_) => field.ty.ty.to_token_stream(),
    }
}

/// The name in a `.km` of what is called `ident` in Rust.
fn name(cx: &mut Ctxt, kind: Kind, ident: &Ident, rename: Option<&LitStr>) -> String {
    if let Some(rename) = rename {
        return renamed(cx, kind, &format!("{kind} `{ident}`"), rename);
    }
    let rust = ident.unraw().to_string();
    let km = match kind {
        Kind::Field => names::field(&rust),
        _ => kind.check(&rust).map(|()| rust.clone()),
    };
    km.unwrap_or_else(|fault| {
        let name = kind.suggest(&rust).unwrap_or_else(|| "…".to_owned());
        cx.error(
            ident,
            format!("{kind} `{ident}` cannot be spelt in a `.km`: {}; add `#[karmem(rename = \"{name}\")]`", why(kind, fault)),
        );
        rust
    })
}

/// The same for what `label` calls by a `rename`.
fn renamed(cx: &mut Ctxt, kind: Kind, label: &str, rename: &LitStr) -> String {
    let km = rename.value();
    if let Err(fault) = kind.check(&km) {
        let suggestion = kind.suggest(&km);
        let instead = suggestion.map_or(String::new(), |name| format!(", such as \"{name}\""));
        let (value, why) = (km.escape_debug(), why(kind, fault));
        cx.error(
            rename,
            format!("{label} cannot be called \"{value}\" in a `.km`: {why}; choose another name{instead}"),
        );
    }
    km
}

fn why(kind: Kind, fault: Fault) -> String {
    format!("{fault} (the rule is {})", kind.rule())
}

#[cfg(test)]
mod tests;
