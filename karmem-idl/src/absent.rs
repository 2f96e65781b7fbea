//! Tables that can be absent and that the public compiler's code then reads wrongly.
//!
//! Its code reads an absent table as one without any fields, and each field as its default. The default
//! of a table, slice or array is right. That of an inline struct is a view of zeros that still looks
//! for its own references in the message: the reference 0, which is the root. So the root's bytes are
//! taken for whatever table the inline struct refers to.
//!
//! Only tables are looked at that a complete message can leave out: those of an `Option`, those of the
//! variants of a spread enum, of which all but the chosen one are absent, and what such tables refer to
//! in turn. A required table that a builder left out, or that an older writer did not know, is read in
//! the same way; that cannot be told from the schema, and forbidding it would forbid appending.
//!
//! An optional inline struct is none of the fields in question: its presence byte reads as 0.

use std::collections::HashMap;

use karmem_core::layout::Class;

use crate::print::{KmProblem, KmReason};
use crate::resolve::is_table;
use crate::schema::{Data, Schema, Struct, Type, TypeId, Union};

/// All fields whose value public code makes up from the root's bytes.
pub(crate) fn problems(schema: &Schema) -> Vec<KmProblem> {
    let absent = absent_tables(schema);
    let holding = holding_tables(schema);
    let mut problems = Vec::new();
    for (id, def) in schema.ids().zip(schema.types()) {
        let (Some(place), Data::Struct(table)) = (absent.get(&id), &def.data) else {
            continue;
        };
        for field in &table.fields {
            let Type::Named(held) = field.ty else {
                continue;
            };
            if is_table(schema.types(), &field.ty) || !holding[held.0] {
                continue;
            }
            let inline = match &schema[held].data {
                Data::Struct(_) => Some(schema[held].name.clone()),
                Data::Enum(_) | Data::Union(_) => None,
            };
            problems.push(KmProblem {
                at: format!("{}.{}", def.name, field.name),
                reason: KmReason::Absent {
                    table: def.name.clone(),
                    place: place.clone(),
                    inline,
                },
            });
        }
    }
    problems
}

/// Tables that a complete message can leave out, each with a place where it can.
fn absent_tables(schema: &Schema) -> HashMap<TypeId, String> {
    let mut absent = HashMap::new();
    let mut waiting = Vec::new();
    let mut found = |id: TypeId, place: &str| {
        absent.entry(id).or_insert_with(|| {
            waiting.push(id);
            place.to_owned()
        });
    };
    for def in schema.types() {
        match &def.data {
            Data::Struct(it) => {
                for field in &it.fields {
                    let place = format!("{}.{}", def.name, field.name);
                    each_optional(schema, &field.ty, &mut |id| found(id, &place));
                }
            }
            Data::Union(Union {
                variants,
                spread: Some(_),
                ..
            }) => {
                for variant in variants {
                    if let Some(id) = variant.table {
                        found(id, &format!("{}.{}", def.name, variant.name));
                    }
                }
            }
            Data::Union(_) | Data::Enum(_) => {}
        }
    }
    // Of an absent table, the tables in its fields are absent too; arrays of tables are reset instead.
    while let Some(id) = waiting.pop() {
        let Data::Struct(it) = &schema[id].data else {
            continue;
        };
        for field in &it.fields {
            if let (Type::Named(inner), true) = (&field.ty, is_table(schema.types(), &field.ty)) {
                let place = absent[&id].clone();
                absent.entry(*inner).or_insert_with(|| {
                    waiting.push(*inner);
                    place
                });
            }
        }
    }
    absent
}

/// Calls `found` with every table that is behind an option in a type.
fn each_optional(schema: &Schema, ty: &Type, found: &mut impl FnMut(TypeId)) {
    match ty {
        Type::Option(inner) => match **inner {
            Type::Named(id) if is_table(schema.types(), inner) => found(id),
            _ => each_optional(schema, inner, found),
        },
        Type::Array(inner, _) | Type::Slice(inner) => each_optional(schema, inner, found),
        Type::Map(_, value) => each_optional(schema, value, found),
        Type::Scalar(_) | Type::Text | Type::Named(_) => {}
    }
}

/// Which types have a reference to a table in their bytes.
///
/// A type stands after those that it holds in place; where types form a circle and do not, the schema
/// is refused for that.
fn holding_tables(schema: &Schema) -> Vec<bool> {
    let mut holding = Vec::with_capacity(schema.types().len());
    for def in schema.types() {
        let holds = match &def.data {
            Data::Enum(_) => false,
            Data::Struct(Struct {
                class: Class::Table,
                ..
            }) => true,
            Data::Struct(it) => it.fields.iter().any(|field| {
                in_place(&field.ty).is_some_and(|id| holding.get(id.0).copied().unwrap_or(false))
            }),
            Data::Union(it) => {
                it.spread.is_some() && it.variants.iter().any(|variant| variant.table.is_some())
            }
        };
        holding.push(holds);
    }
    holding
}

/// The named type whose bytes, or a reference to which, lie in those of a type.
fn in_place(ty: &Type) -> Option<TypeId> {
    match ty {
        Type::Named(id) => Some(*id),
        Type::Array(inner, _) | Type::Option(inner) => in_place(inner),
        Type::Scalar(_) | Type::Text | Type::Slice(_) | Type::Map(..) => None,
    }
}
