//! Prints a schema as a `.km` that the public Karmem compiler accepts.

use std::fmt::{self, Write};

use karmem_core::layout::Class;

use crate::lower::{Body, Decl, lower};
use crate::schema::Schema;
use crate::{NameFault, names};

/// Why a schema cannot be written as a `.km`: all problems at once, one per line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KmError {
    /// The problems, in the order of the schema; at least one.
    pub problems: Vec<KmProblem>,
}

impl fmt::Display for KmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the schema has no spelling in a .km of the public compiler")?;
        self.problems
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for KmError {}

/// A type or field that a `.km` cannot spell.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct KmProblem {
    /// The type (`Monster`), field (`Monster.Weapon`) or package.
    pub at: String,
    /// What is wrong with it.
    pub reason: KmReason,
}

/// Why something has no spelling, and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KmReason {
    /// The schema has no name.
    #[error("it has no name, which becomes the package: give it one by `with_name`")]
    NoName,
    /// A name outside of the rules.
    #[error("{0}")]
    Name(NameFault),
    /// Two types with one name.
    #[error("`{}` and `{}` have this name: rename one by `#[karmem(rename = \"…\")]`", paths[0], paths[1])]
    DuplicateName {
        /// The paths of both.
        paths: [String; 2],
    },
    /// Two fields, enumerators or variants with one name.
    #[error("this name stands there twice: rename one by `#[karmem(rename = \"…\")]`")]
    DuplicateField,
    /// Two structs with one id.
    #[error("it has the id {id} of `{other}`: give one of them another by `#[karmem(id = …)]`")]
    DuplicateId {
        /// The id.
        id: u64,
        /// The other struct.
        other: String,
    },
    /// An enum with data in one slot.
    #[error(
        "an enum with data in one slot is unknown to the public compiler: mark it `#[karmem(spread)]`"
    )]
    SlotUnion,
    /// A type that reaches itself.
    #[error(
        "this leads back to `{to}`, and the public compiler knows no recursive types: refer to it by an index or key"
    )]
    Recursive {
        /// The type that is not yet declared here.
        to: String,
    },
    /// A struct without fields.
    #[error("it has no fields: give it one")]
    Empty,
    /// A struct of more than 4 GiB.
    #[error("it takes more than 4 GiB: put less in place")]
    TooLarge,
    /// An array of no or absurdly many elements.
    #[error(
        "the public compiler cannot take an array of {length} elements: use a `Vec` with `#[karmem(max = …)]`"
    )]
    ArrayLength {
        /// Its length.
        length: u32,
    },
    /// A negative enumerator.
    #[error(
        "the value {value} is negative, which the public compiler does not take: use values from 0"
    )]
    Negative {
        /// Its value.
        value: i128,
    },
    /// An enum without a default.
    #[error("no enumerator has the value 0: add one")]
    NoZero,
    /// A legacy table below 8 bytes.
    #[error(
        "a legacy table of {size} bytes cannot be read by the public code: it needs at least 8"
    )]
    ShortLegacyTable {
        /// Its size.
        size: u32,
    },
    /// An optional slice as an element in legacy layout.
    #[error(
        "optional slices as elements have no spelling in the legacy layout: use another layout"
    )]
    LegacyOption,
    /// A name that the code of the public compiler declares itself, or for something else too.
    #[error("{}", taken(language, name, by.as_deref()))]
    Taken {
        /// A language whose code does not compile: `Go`, `AssemblyScript`, `C` or `Zig`.
        language: &'static str,
        /// What the code declares twice.
        name: String,
        /// The type, field or enumerator that also gives the name; `None` for a name that is in
        /// all code.
        by: Option<String>,
    },
    /// Tables in place in a table that can be absent.
    #[error("{}", absent(table, place, inline.as_deref()))]
    Absent {
        /// The table that can be absent.
        table: String,
        /// The field or variant that can leave it out.
        place: String,
        /// The inline struct that holds tables; `None` for an enum with data.
        inline: Option<String>,
    },
}

fn taken(language: &str, name: &str, by: Option<&str>) -> String {
    let whose = match by {
        Some(by) => format!("for `{by}` too"),
        None => "itself".to_owned(),
    };
    format!(
        "the public compiler's {language} code declares `{name}` {whose}: choose another name by `#[karmem(rename = \"…\")]`"
    )
}

fn absent(table: &str, place: &str, inline: Option<&str>) -> String {
    let instead = match inline {
        Some(inline) => format!("make `{inline}` a table, or hold it in a `Vec`"),
        None => "hold the enum in a `Vec`".to_owned(),
    };
    format!(
        "where `{place}` leaves out the table `{table}`, the public compiler's code takes the root's bytes for the tables in this: {instead}"
    )
}

impl Schema {
    /// The schema as a `.km` that the public Karmem compiler accepts: padding is spelt out, types
    /// stand before their use, and what Rust has and Karmem lacks is lowered to what it has.
    ///
    /// What the compiler accepts though the code that it makes of it does not compile (in Go,
    /// AssemblyScript, C or Zig) or reads something else than what was written is an error too.
    ///
    /// # Errors
    ///
    /// All types and fields that have no spelling, or of which the public compiler makes wrong code.
    pub fn to_km(&self) -> Result<String, KmError> {
        let mut problems = Vec::new();
        match self.name() {
            None => problems.push(KmProblem {
                at: "schema".to_owned(),
                reason: KmReason::NoName,
            }),
            Some(name) => {
                if let Err(fault) = names::package(name) {
                    problems.push(KmProblem {
                        at: name.to_owned(),
                        reason: KmReason::Name(fault),
                    });
                }
            }
        }
        match lower(self) {
            Ok(decls) if problems.is_empty() => Ok(print(self.name().unwrap_or_default(), &decls)),
            Ok(_) => Err(KmError { problems }),
            Err(more) => {
                problems.extend(more);
                Err(KmError { problems })
            }
        }
    }
}

fn print(name: &str, decls: &[Decl]) -> String {
    // The header speaks for all structs, and a struct can only add `@packed`.
    let packed = decls
        .iter()
        .all(|decl| !matches!(decl, Decl::Struct { body, .. } if !body.packed));
    let mut out = format!(
        "karmem {name}{};\n",
        if packed { " @packed(true)" } else { "" }
    );
    for decl in decls {
        out.push('\n');
        // Writing to a `String` cannot fail.
        let _ = match decl {
            Decl::Enum { name, repr, values } => print_enum(&mut out, name, repr, values),
            Decl::Struct { name, body } => print_struct(&mut out, name, body, packed),
        };
    }
    out
}

fn print_enum(out: &mut String, name: &str, repr: &str, values: &[(String, i128)]) -> fmt::Result {
    writeln!(out, "enum {name} {repr} {{")?;
    let mut counted = true;
    for ((name, value), position) in values.iter().zip(0..) {
        // Without a value the compiler counts; after one that is spelt, all are.
        counted &= *value == position;
        if counted {
            writeln!(out, "    {name};")?;
        } else {
            writeln!(out, "    {name} = {value};")?;
        }
    }
    writeln!(out, "}}")
}

fn print_struct(out: &mut String, name: &str, body: &Body, header_packed: bool) -> fmt::Result {
    let class = match body.class {
        Class::Inline => "inline",
        Class::Table => "table",
    };
    write!(out, "struct {name} {class}")?;
    if let Some(id) = body.id {
        write!(out, " @id(`{id}`)")?;
    }
    if body.packed && !header_packed {
        write!(out, " @packed(true)")?;
    }
    writeln!(out, " {{")?;
    for (name, ty) in &body.fields {
        writeln!(out, "    {name} {ty};")?;
    }
    writeln!(out, "}}")
}

#[cfg(test)]
mod tests;
