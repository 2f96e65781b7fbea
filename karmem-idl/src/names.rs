//! Names that the public compiler accepts.

use std::fmt;

/// Why a name cannot stand in a `.km`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NameFault {
    /// A package name has something other than ASCII letters, or nothing.
    Package,
    /// A struct, field or enumerator is not an uppercase letter and then letters and digits.
    Word,
    /// An enum's name is not an uppercase letter and then letters.
    Enum,
}

impl fmt::Display for NameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NameFault::Package => "a package name consists of the letters a to z and A to Z: name the schema so",
            NameFault::Word => "a name is an uppercase letter, then letters and digits: choose another by `#[karmem(rename = \"…\")]`",
            NameFault::Enum => "the name of an enum is an uppercase letter, then letters only: choose another by `#[karmem(rename = \"…\")]`",
        })
    }
}

/// Checks the name of a package.
pub(crate) fn package(name: &str) -> Result<(), NameFault> {
    let good = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic());
    if good {
        Ok(())
    } else {
        Err(NameFault::Package)
    }
}

/// Checks the name of a struct, field or enumerator.
pub(crate) fn word(name: &str) -> Result<(), NameFault> {
    let good = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric());
    if good { Ok(()) } else { Err(NameFault::Word) }
}

/// Checks the name of an enum.
pub(crate) fn enumeration(name: &str) -> Result<(), NameFault> {
    let good = word(name).is_ok() && name.bytes().all(|b| b.is_ascii_alphabetic());
    if good { Ok(()) } else { Err(NameFault::Enum) }
}
