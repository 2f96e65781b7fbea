//! How much place a type takes as a field and as an element: what core's kinds decide by traits,
//! for types that are only known as values. Offsets come from core's `place_into`.

use karmem_core::layout::{At, Class, Layout, Part, Rule, place_into};

use crate::schema::{Data, Struct, Type, TypeDef, Union};

/// The two places of a map's entry.
pub(crate) struct Entry {
    pub(crate) key: At,
    pub(crate) value: At,
    pub(crate) layout: Layout,
}

const WORD: Layout = Layout { size: 8, align: 8 };

/// Whether the type is a table, so that a null reference says that it is absent.
pub(crate) fn is_table(types: &[TypeDef], ty: &Type) -> bool {
    let Type::Named(id) = ty else { return false };
    matches!(
        &types[id.0].data,
        Data::Struct(Struct {
            class: Class::Table,
            ..
        })
    )
}

/// Bytes of a reference to a slice or text.
fn slice_ref(rule: Rule) -> Layout {
    match rule {
        Rule::Legacy => Layout { size: 12, align: 1 },
        _ => WORD,
    }
}

/// Bytes of a reference to a table.
pub(crate) fn table_ref(rule: Rule) -> Layout {
    match rule {
        Rule::Padded | Rule::C => WORD,
        Rule::Packed | Rule::Legacy => Layout { size: 4, align: 1 },
    }
}

/// What a field of this type needs in a struct of `rule`; `None` beyond 32 bits.
pub(crate) fn part(types: &[TypeDef], ty: &Type, rule: Rule) -> Option<Part> {
    let (layout, flag) = match ty {
        Type::Scalar(scalar) => (
            Layout {
                size: scalar.size(),
                align: scalar.size(),
            },
            false,
        ),
        Type::Text | Type::Slice(_) | Type::Map(..) => (slice_ref(rule), false),
        Type::Named(id) => (named(&types[id.0], rule), false),
        Type::Array(inner, count) => {
            let item = item(types, inner, rule)?;
            (
                Layout {
                    size: item.size.checked_mul(*count)?,
                    align: item.align,
                },
                false,
            )
        }
        Type::Option(inner) => (part(types, inner, rule)?.layout, !is_table(types, inner)),
    };
    Some(Part { layout, flag })
}

fn named(def: &TypeDef, rule: Rule) -> Layout {
    match &def.data {
        Data::Enum(it) => Layout {
            size: it.repr.size(),
            align: it.repr.size(),
        },
        Data::Struct(it) if it.class == Class::Table => table_ref(rule),
        Data::Struct(it) => it.layout,
        Data::Union(Union {
            spread: Some(spread),
            ..
        }) => spread.layout,
        Data::Union(_) => WORD,
    }
}

/// Size and alignment of an element of a slice or array in a struct of `rule`.
pub(crate) fn item(types: &[TypeDef], ty: &Type, rule: Rule) -> Option<Layout> {
    match ty {
        // What the public compiler makes of an inline struct with a bare reference in it.
        Type::Text | Type::Slice(_) | Type::Map(..) if rule == Rule::Legacy => {
            Some(Layout { size: 16, align: 1 })
        }
        _ if rule == Rule::Legacy && is_table(types, ty) => Some(Layout { size: 8, align: 1 }),
        Type::Option(inner) if is_table(types, inner) => item(types, inner, rule),
        Type::Option(_) => Some(option_item(types, ty, rule)?.1),
        _ => Some(part(types, ty, rule)?.layout),
    }
}

/// Where the value of an optional element lies, and size and alignment of the element.
pub(crate) fn option_item(types: &[TypeDef], ty: &Type, rule: Rule) -> Option<(u32, Layout)> {
    let mut at = [At { flag: 0, at: 0 }];
    // An element is rounded to its own alignment, not to 8.
    let rule_of_item = match rule {
        Rule::Padded | Rule::C => Rule::C,
        Rule::Packed | Rule::Legacy => Rule::Packed,
    };
    let layout = place_into(
        rule_of_item,
        Class::Inline,
        &[part(types, ty, rule)?],
        &mut at,
    )?;
    Some((at[0].at, layout))
}

/// Where key and value lie in the entries of a map in a struct of `rule`.
pub(crate) fn entry(types: &[TypeDef], key: &Type, value: &Type, rule: Rule) -> Option<Entry> {
    let parts = [part(types, key, rule)?, part(types, value, rule)?];
    let mut at = [At { flag: 0, at: 0 }; 2];
    let layout = place_into(rule, Class::Inline, &parts, &mut at)?;
    Some(Entry {
        key: at[0],
        value: at[1],
        layout,
    })
}

/// The size of what a slice, array or map repeats; `None` for other types and beyond 32 bits.
pub(crate) fn stride(types: &[TypeDef], ty: &Type, rule: Rule) -> Option<u32> {
    match ty {
        Type::Array(inner, _) | Type::Slice(inner) => Some(item(types, inner, rule)?.size),
        Type::Map(key, value) => Some(entry(types, key, value, rule)?.layout.size),
        _ => None,
    }
}
