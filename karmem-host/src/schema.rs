//! The schema that a module carries, and the comparison of its types with the host's.

use karmem_core::schema::Type;
use karmem_idl::{LookupError, Schema, Side, TypeId, differences};

use crate::error::{Error, Result};

/// How many differences of one type a message lists.
const LISTED: usize = 16;

/// Reads the contents of the custom sections.
pub(crate) fn read(section: &[u8]) -> Result<Schema> {
    Schema::from_section(section).map_err(|e| Error::Schema(Box::new(e)))
}

/// Compares each named type that the host's types contain with the guest's of the same name.
pub(crate) fn check(guest: &Schema, types: &[Type]) -> Result<()> {
    let host = Schema::from_types("host", types);
    for id in host.roots().iter().flat_map(named) {
        let other = find(&host, id, guest)?;
        let left = Side {
            label: "the host",
            schema: &host,
            ty: id,
        };
        let right = Side {
            label: "the guest",
            schema: guest,
            ty: other,
        };
        // Goes no farther than the host's type does, whatever the guest's reaches.
        let differences = differences(left, right, LISTED);
        if !differences.is_empty() {
            return Err(Error::TypeMismatch {
                name: host[id].name.clone(),
                differences,
            });
        }
    }
    Ok(())
}

/// The guest's type of the same name; where several have it, the one with the same path.
fn find(host: &Schema, id: TypeId, guest: &Schema) -> Result<TypeId> {
    let def = &host[id];
    match guest.find(&def.name) {
        Ok(other) => Ok(other),
        Err(e @ LookupError::Ambiguous { .. }) => guest.by_path(&def.path).ok_or(e),
        Err(e) => Err(e),
    }
    .map_err(Error::MissingType)
}

/// The named types in a type.
fn named(ty: &karmem_idl::Type) -> Vec<TypeId> {
    use karmem_idl::Type::{Array, Map, Named, Option, Scalar, Slice, Text};
    match ty {
        Scalar(_) | Text => Vec::new(),
        Named(id) => vec![*id],
        Array(inner, _) | Slice(inner) | Option(inner) => named(inner),
        Map(key, value) => [named(key), named(value)].concat(),
    }
}
