//! Enums: field-less ones and those with data.

use quote::format_ident;
use syn::ext::IdentExt;
use syn::{DataEnum, DeriveInput, Expr, ExprLit, ExprUnary, Ident, Lit, UnOp};

use super::{Owner, name, of_fields, rule_of, style};
use crate::ast::{Data, Enum, Enumerator, Scalar, Union, Variant};
use crate::attr::{self, Container, Repr};
use crate::ctxt::Ctxt;
use crate::names::Kind;
use crate::shape;

/// Kinds that fit in a `u8`, the default of an enum with data.
const KINDS_OF_U8: usize = 256;

pub(super) fn of_enum(
    cx: &mut Ctxt,
    item: &DeriveInput,
    attrs: &Container,
    data: &DataEnum,
) -> Data {
    let with_data = data
        .variants
        .iter()
        .any(|variant| !variant.fields.is_empty());
    check_options(cx, attrs, with_data);
    if data.variants.is_empty() {
        let name = &item.ident;
        cx.error(
            name,
            format!("`{name}` has no variants, so it has no value; add one that is 0"),
        );
    }

    let repr = attr::repr(&item.attrs);
    let repr = if with_data {
        repr_with_data(cx, item, data, &repr)
    } else if data.variants.is_empty() {
        None // reported above; a repr would not help
    } else {
        repr_without_data(cx, item, &repr)
    };
    let values = discriminants(cx, data, repr);
    let zero = zero(cx, item, data, &values);
    let kms: Vec<_> = data
        .variants
        .iter()
        .map(|variant| {
            let label = format!("variant `{}`", variant.ident);
            let attrs = cx.within(&label, |cx| attr::variant(cx, &variant.attrs));
            name(cx, Kind::Enumerator, &variant.ident, attrs.rename.as_ref())
        })
        .collect();
    check_duplicates(cx, data, &kms);

    // Of what was refused only the errors are used, so any repr will do.
    let repr = repr.unwrap_or(Scalar::U8);
    let values = values.into_iter().map(|value| value.unwrap_or(0));
    if !with_data {
        let values = data
            .variants
            .iter()
            .zip(kms)
            .zip(values)
            .map(|((variant, km), value)| Enumerator {
                ident: variant.ident.clone(),
                km,
                value,
                style: style(&variant.fields),
            });
        return Data::Enum(Enum {
            repr,
            values: values.collect(),
            zero,
        });
    }

    let rule = rule_of(attrs);
    let enum_km = attrs
        .rename
        .as_ref()
        .map_or_else(|| item.ident.unraw().to_string(), syn::LitStr::value);
    let mut variants = Vec::with_capacity(data.variants.len());
    for ((variant, km), value) in data.variants.iter().zip(kms).zip(values) {
        let owner = Owner {
            name: &item.ident,
            variant: Some((&variant.ident, &item.vis)),
            rule,
            transparent: false,
        };
        let fields = of_fields(cx, &variant.fields, &owner);
        if attrs.spread.is_some() && !fields.is_empty() && km == "Kind" {
            cx.error(
                &variant.ident,
                format!("variant `{}` collides with the field `Kind` of a `spread` enum; rename it with `#[karmem(rename = \"…\")]`", variant.ident),
            );
        }
        variants.push(Variant {
            table: format_ident!(
                "{}{}",
                item.ident.unraw(),
                variant.ident.unraw(),
                span = variant.ident.span()
            ),
            table_km: format!("{enum_km}{km}"),
            ident: variant.ident.clone(),
            docs: attr::docs(&variant.attrs),
            km,
            value: u32::try_from(value).unwrap_or_default(),
            style: style(&variant.fields),
            fields,
        });
    }
    if let Some(variant) = variants.get(zero) {
        check_endless_default(cx, &item.ident, variant);
    }
    Data::Union(Union {
        repr,
        rule,
        spread: attrs.spread.is_some(),
        variants,
        zero,
    })
}

fn check_options(cx: &mut Ctxt, attrs: &Container, with_data: bool) {
    for (option, word) in [(&attrs.table, "table"), (&attrs.inline, "inline")] {
        if let Some(option) = option {
            cx.error(
                option,
                format!("`{word}` is for structs; remove it from this enum"),
            );
        }
    }
    if let Some((id, _)) = &attrs.id {
        cx.error(id, "`id` is for structs, an enum has none; remove it");
    }
    if with_data {
        return;
    }
    if let Some(spread) = &attrs.spread {
        cx.error(
            spread,
            "`spread` is for enums with data, and no variant has any; remove it",
        );
    }
    if let Some((layout, _)) = &attrs.layout {
        cx.error(
            layout,
            "an enum without data is one integer and has no `layout`; remove it",
        );
    }
}

/// The integer that carries a field-less enum; `None` if it was refused.
fn repr_without_data(cx: &mut Ctxt, item: &DeriveInput, repr: &Repr) -> Option<Scalar> {
    let name = &item.ident;
    match (&repr.int, &repr.c) {
        (Some((_, Ok(int))), _) => return Some(*int),
        (Some((ident, Err(()))), _) => cx.error(
            ident,
            format!("`{name}` cannot be carried by `{ident}`; choose one of u8, u16, u32, u64, i8, i16, i32, i64"),
        ),
        (None, Some(c)) => cx.error(
            c,
            format!("the size of `{name}` with `repr(C)` alone depends on the target; write `#[repr(u8)]`, or `#[repr(C, u8)]`"),
        ),
        (None, None) => cx.error(
            name,
            format!("`{name}` does not say which integer carries it; add `#[repr(u8)]` (or u16, u32, u64, i8, i16, i32, i64)"),
        ),
    }
    None
}

/// The kind of an enum with data; `None` if it was refused.
fn repr_with_data(
    cx: &mut Ctxt,
    item: &DeriveInput,
    data: &DataEnum,
    repr: &Repr,
) -> Option<Scalar> {
    let name = &item.ident;
    match &repr.int {
        Some((_, Ok(int @ (Scalar::U8 | Scalar::U16 | Scalar::U32)))) => Some(*int),
        Some((ident, _)) => {
            cx.error(
                ident,
                format!("the kind of `{name}`, an enum with data, cannot be `{ident}`; choose one of u8, u16, u32"),
            );
            None
        }
        None if data.variants.len() > KINDS_OF_U8 => {
            let count = data.variants.len();
            cx.error(
                name,
                format!("`{name}` has {count} variants, and without a repr its kind is a `u8` of 256 values; add `#[repr(u16)]`"),
            );
            None
        }
        None => Some(Scalar::U8),
    }
}

/// The value of each variant; `None` where it cannot be known or was refused.
fn discriminants(cx: &mut Ctxt, data: &DataEnum, repr: Option<Scalar>) -> Vec<Option<i128>> {
    let largest = repr.and_then(Scalar::largest);
    let mut values = Vec::<Option<i128>>::with_capacity(data.variants.len());
    let mut next = Some(0);
    for variant in &data.variants {
        let name = &variant.ident;
        let mut value = match &variant.discriminant {
            None => next,
            Some((_, expr)) => {
                let value = literal(expr);
                if value.is_none() {
                    cx.error(
                        expr,
                        format!("variant `{name}`: a derive cannot evaluate this; write the value as an integer literal"),
                    );
                }
                value
            }
        };
        next = value.and_then(|value| value.checked_add(1));
        let at = variant.discriminant.as_ref().map(|(_, expr)| expr);
        let mut refuse = |message: String| match at {
            Some(expr) => cx.error(expr, message),
            None => cx.error(name, message),
        };
        if let Some(found) = value {
            let twin = values.iter().position(|other| *other == Some(found));
            if found < 0 {
                refuse(format!(
                    "variant `{name}` is {found}, and a `.km` has no negative values; number from 0"
                ));
                value = None;
            } else if let (Some(largest), Some(repr)) = (largest.filter(|l| found > *l), repr) {
                let repr = repr.name();
                refuse(format!(
                    "variant `{name}` is {found}, but `{repr}` ends at {largest}; choose a smaller value or a larger repr"
                ));
                value = None;
            } else if let Some(twin) = twin {
                let first = &data.variants[twin].ident;
                refuse(format!(
                    "variants `{first}` and `{name}` are both {found}; give one another value"
                ));
                value = None;
            }
        }
        values.push(value);
    }
    values
}

fn literal(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(int), ..
        }) => int.base10_parse().ok(),
        Expr::Lit(ExprLit {
            lit: Lit::Byte(byte),
            ..
        }) => Some(byte.value().into()),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr).map(|value| -value),
        Expr::Group(group) => literal(&group.expr),
        Expr::Paren(paren) => literal(&paren.expr),
        _ => None,
    }
}

/// The index of the variant that is 0.
fn zero(cx: &mut Ctxt, item: &DeriveInput, data: &DataEnum, values: &[Option<i128>]) -> usize {
    let zero = values.iter().position(|value| *value == Some(0));
    // An unknown value may have been meant as the zero.
    if zero.is_none() && !data.variants.is_empty() && values.iter().all(Option::is_some) {
        let name = &item.ident;
        cx.error(
            name,
            format!("no variant of `{name}` is 0, which is what a missing field reads as; give one the value 0"),
        );
    }
    zero.unwrap_or_default()
}

fn check_duplicates(cx: &mut Ctxt, data: &DataEnum, kms: &[String]) {
    for (index, (variant, km)) in data.variants.iter().zip(kms).enumerate() {
        if let Some(other) = kms[..index].iter().position(|other| other == km) {
            let (first, second) = (&data.variants[other].ident, &variant.ident);
            cx.error(
                second,
                format!("variants `{first}` and `{second}` are both `{km}` in a `.km`; rename one with `#[karmem(rename = \"…\")]`"),
            );
        }
    }
}

/// A field that is missing from a message reads as the variant 0 with default fields, so that variant
/// must have an end.
fn check_endless_default(cx: &mut Ctxt, name: &Ident, zero: &Variant) {
    for field in &zero.fields {
        if let Some(at) = shape::mention(&field.ty, name, false) {
            let label = super::label(Some(&zero.ident), &field.member);
            cx.error(
                at,
                format!(
                    "{label}: the variant that is 0 is the default and cannot hold another `{name}`, it would have no end; \
                     put a variant that holds none first, or use `Option<Box<{name}>>`"
                ),
            );
        }
    }
}
