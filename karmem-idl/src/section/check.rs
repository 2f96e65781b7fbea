//! Checks that parsed types can be, and lie where the layout rule puts them.

use std::collections::HashSet;

use karmem_core::layout::{At, Class, Layout, Part, Rule, place_into};
use karmem_core::schema::Scalar;

use super::SectionFault;
use crate::resolve;
use crate::schema::{Data, Enum, Struct, Type, TypeDef, TypeId, Union};

/// Checks all types; the error says which one is wrong.
pub(super) fn types(types: &[TypeDef]) -> Result<(), (TypeId, SectionFault)> {
    for (i, def) in types.iter().enumerate() {
        let checked = match &def.data {
            Data::Struct(it) => structure(types, &def.name, it),
            Data::Enum(it) => enumeration(&def.name, it),
            Data::Union(it) => union(types, &def.name, it),
        };
        checked.map_err(|fault| (TypeId(i), fault))?;
    }
    match endless(types) {
        None => Ok(()),
        Some(id) => Err((
            id,
            invalid(
                &types[id.0].name,
                "contains itself in place, which has no size",
            ),
        )),
    }
}

fn invalid(at: &str, what: impl Into<String>) -> SectionFault {
    SectionFault::Invalid {
        at: at.to_owned(),
        what: what.into(),
    }
}

/// An error unless `claimed` is what the rule gives.
fn same(
    at: impl FnOnce() -> String,
    what: &'static str,
    claimed: u32,
    found: u32,
) -> Result<(), SectionFault> {
    if claimed == found {
        return Ok(());
    }
    Err(SectionFault::Layout {
        at: at(),
        what,
        claimed,
        found,
    })
}

fn unique<'a>(owner: &str, names: impl Iterator<Item = &'a String>) -> Result<(), SectionFault> {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(invalid(&format!("{owner}.{name}"), "stands there twice"));
        }
    }
    Ok(())
}

fn structure(types: &[TypeDef], name: &str, it: &Struct) -> Result<(), SectionFault> {
    if it.fields.is_empty() {
        return Err(invalid(name, "has no fields"));
    }
    unique(name, it.fields.iter().map(|field| &field.name))?;
    let mut parts = Vec::with_capacity(it.fields.len());
    for field in &it.fields {
        let at = || format!("{name}.{}", field.name);
        shape(types, &field.ty, it.rule).map_err(|what| invalid(&at(), what))?;
        if field.max.is_some() && !can_be_limited(&field.ty) {
            return Err(invalid(&at(), "has a limit, but is no slice, map or text"));
        }
        let part = resolve::part(types, &field.ty, it.rule);
        parts.push(part.ok_or_else(|| invalid(&at(), "takes more than 4 GiB"))?);
    }
    let (places, layout) = place(name, it.rule, it.class, &parts)?;
    for ((field, part), place) in it.fields.iter().zip(&parts).zip(&places) {
        let at = || format!("{name}.{}", field.name);
        if field.flag != part.flag {
            let what = if part.flag {
                "lacks its presence byte"
            } else {
                "has a presence byte that it does not need"
            };
            return Err(invalid(&at(), what));
        }
        if part.flag {
            same(at, "the presence byte at", field.at.flag, place.flag)?;
        }
        same(at, "the offset", field.at.at, place.at)?;
        same(at, "the size", field.size, part.layout.size)?;
    }
    same(|| name.to_owned(), "the size", it.layout.size, layout.size)?;
    same(
        || name.to_owned(),
        "the alignment",
        it.layout.align,
        layout.align,
    )
}

fn place(
    name: &str,
    rule: Rule,
    class: Class,
    parts: &[Part],
) -> Result<(Vec<At>, Layout), SectionFault> {
    let mut places = vec![At { flag: 0, at: 0 }; parts.len()];
    match place_into(rule, class, parts, &mut places) {
        Some(layout) => Ok((places, layout)),
        None => Err(invalid(name, "takes more than 4 GiB")),
    }
}

fn can_be_limited(ty: &Type) -> bool {
    match ty {
        Type::Text | Type::Slice(_) | Type::Map(..) => true,
        Type::Option(inner) => can_be_limited(inner),
        _ => false,
    }
}

/// Checks what no offset shows.
fn shape(types: &[TypeDef], ty: &Type, rule: Rule) -> Result<(), &'static str> {
    match ty {
        Type::Scalar(_) | Type::Text | Type::Named(_) => return Ok(()),
        Type::Array(inner, _) | Type::Slice(inner) => shape(types, inner, rule)?,
        Type::Option(inner) if matches!(**inner, Type::Option(_)) => {
            return Err("is an optional value of an optional value");
        }
        Type::Option(inner) => shape(types, inner, rule)?,
        Type::Map(key, value) => {
            if matches!(**key, Type::Scalar(Scalar::F32 | Scalar::F64))
                || !matches!(**key, Type::Scalar(_) | Type::Text)
            {
                return Err("is a map whose key is neither an integer, bool, char nor text");
            }
            shape(types, value, rule)?;
        }
    }
    // Whoever reads a slice divides by this.
    match (ty, resolve::stride(types, ty, rule)) {
        (Type::Slice(_) | Type::Array(..) | Type::Map(..), None) => {
            Err("has elements of more than 4 GiB")
        }
        (Type::Slice(_), Some(0)) => Err("is a slice whose elements have no size"),
        _ => Ok(()),
    }
}

/// The values that an integer can have; `None` for what is no integer.
fn range(repr: Scalar) -> Option<(i128, i128)> {
    let bits = repr.size() * 8;
    match repr {
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 => Some((0, (1 << bits) - 1)),
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 => {
            Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1))
        }
        Scalar::Bool | Scalar::F32 | Scalar::F64 | Scalar::Char => None,
    }
}

fn enumeration(name: &str, it: &Enum) -> Result<(), SectionFault> {
    let repr = it.repr.name();
    let (least, most) = range(it.repr)
        .ok_or_else(|| invalid(name, format!("is carried by `{repr}`, which is no integer")))?;
    values(name, it.values.iter().map(|(name, value)| (name, *value)))?;
    for (value_name, value) in &it.values {
        if !(least..=most).contains(value) {
            let what = format!("has the value {value}, which `{repr}` cannot hold");
            return Err(invalid(&format!("{name}.{value_name}"), what));
        }
    }
    Ok(())
}

/// Checks that names and values are there and unique, and that a default is.
fn values<'a>(
    name: &str,
    values: impl Iterator<Item = (&'a String, i128)> + Clone,
) -> Result<(), SectionFault> {
    unique(name, values.clone().map(|(name, _)| name))?;
    let mut seen = HashSet::new();
    for (value_name, value) in values {
        if !seen.insert(value) {
            return Err(invalid(
                &format!("{name}.{value_name}"),
                "has the value of another one",
            ));
        }
    }
    if !seen.contains(&0) {
        return Err(invalid(name, "has no zero, which is the default"));
    }
    Ok(())
}

fn union(types: &[TypeDef], name: &str, it: &Union) -> Result<(), SectionFault> {
    let most = match it.repr {
        Scalar::U8 => u32::from(u8::MAX),
        Scalar::U16 => u32::from(u16::MAX),
        Scalar::U32 => u32::MAX,
        _ => return Err(invalid(name, "has a kind other than `u8`, `u16` or `u32`")),
    };
    values(
        name,
        it.variants
            .iter()
            .map(|variant| (&variant.name, i128::from(variant.value))),
    )?;
    let mut references = Vec::new();
    for variant in &it.variants {
        let at = || format!("{name}.{}", variant.name);
        if variant.value > most {
            return Err(invalid(
                &at(),
                format!(
                    "has the value {}, which its kind cannot hold",
                    variant.value
                ),
            ));
        }
        let Some(table) = variant.table else { continue };
        if !resolve::is_table(types, &Type::Named(table)) {
            return Err(invalid(
                &at(),
                format!("refers to `{}`, which is no table", types[table.0].path),
            ));
        }
        references.push(variant);
    }
    let Some(spread) = it.spread else {
        return Ok(());
    };
    let kind = Layout {
        size: it.repr.size(),
        align: it.repr.size(),
    };
    let mut parts = vec![Part {
        layout: kind,
        flag: false,
    }];
    parts.resize(
        1 + references.len(),
        Part {
            layout: resolve::table_ref(spread.rule),
            flag: false,
        },
    );
    let (places, layout) = place(name, spread.rule, Class::Inline, &parts)?;
    for (variant, place) in references.iter().zip(&places[1..]) {
        let at = || format!("{name}.{}", variant.name);
        same(at, "the offset", variant.at.unwrap_or_default(), place.at)?;
    }
    same(
        || name.to_owned(),
        "the size",
        spread.layout.size,
        layout.size,
    )?;
    same(
        || name.to_owned(),
        "the alignment",
        spread.layout.align,
        layout.align,
    )
}

/// A struct that lies in itself, through any number of others.
fn endless(types: &[TypeDef]) -> Option<TypeId> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; types.len()];
    for start in 0..types.len() {
        if states[start] != State::New {
            continue;
        }
        states[start] = State::Open;
        let mut stack = vec![(start, in_place(types, start).into_iter())];
        while let Some((id, children)) = stack.last_mut() {
            match children.next() {
                None => {
                    states[*id] = State::Done;
                    stack.pop();
                }
                Some(child) => match states[child] {
                    State::Done => {}
                    State::Open => return Some(TypeId(child)),
                    State::New => {
                        states[child] = State::Open;
                        stack.push((child, in_place(types, child).into_iter()));
                    }
                },
            }
        }
    }
    None
}

/// The structs that lie in a struct in place.
fn in_place(types: &[TypeDef], id: usize) -> Vec<usize> {
    fn walk(types: &[TypeDef], ty: &Type, out: &mut Vec<usize>) {
        match ty {
            Type::Array(inner, _) | Type::Option(inner) => walk(types, inner, out),
            Type::Named(id) if !resolve::is_table(types, ty) => out.push(id.0),
            _ => {}
        }
    }
    let mut out = Vec::new();
    if let Data::Struct(it) = &types[id].data {
        it.fields
            .iter()
            .for_each(|field| walk(types, &field.ty, &mut out));
    }
    out
}
