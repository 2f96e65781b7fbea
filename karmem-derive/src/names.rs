//! Names in a `.km`: how they come from Rust's, and which the public compiler accepts.

use std::fmt;

use heck::ToUpperCamelCase;

/// What is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Struct,
    Enum,
    Enumerator,
    Field,
}

/// Why a name cannot stand in a `.km`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    Empty,
    /// A letter other than `a-z` and `A-Z`.
    NotAscii,
    Underscore,
    /// Some other character, or an enum's digit.
    Character(char),
    LeadingDigit,
    LeadingUnderscore,
    Lowercase,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Struct => "struct",
            Kind::Enum => "enum",
            Kind::Enumerator => "variant",
            Kind::Field => "field",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => f.write_str("it has no letter"),
            Fault::NotAscii => f.write_str("it has letters outside ASCII"),
            Fault::Underscore => f.write_str("it has an underscore"),
            Fault::Character(c) if c.is_ascii_digit() => f.write_str("it has a digit"),
            Fault::Character(c) => write!(f, "it has the character `{}`", c.escape_debug()),
            Fault::LeadingDigit => f.write_str("it begins with a digit"),
            Fault::LeadingUnderscore => f.write_str("it begins with an underscore"),
            Fault::Lowercase => f.write_str("it begins with a lowercase letter"),
        }
    }
}

impl Kind {
    /// The rule for such names, as one would say it.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Kind::Enum => "an uppercase letter, then letters only",
            _ => "an uppercase letter, then letters and digits",
        }
    }

    /// Checks a name as it is to stand in a `.km`.
    pub(crate) fn check(self, name: &str) -> Result<(), Fault> {
        let first = name.chars().next().ok_or(Fault::Empty)?;
        for c in name.chars() {
            match c {
                '_' if name.starts_with('_') => return Err(Fault::LeadingUnderscore),
                '_' => return Err(Fault::Underscore),
                c if !c.is_ascii() => return Err(Fault::NotAscii),
                c if c.is_ascii_digit() && first.is_ascii_digit() => {
                    return Err(Fault::LeadingDigit);
                }
                c if c.is_ascii_digit() && self == Kind::Enum => return Err(Fault::Character(c)),
                c if !c.is_ascii_alphanumeric() => return Err(Fault::Character(c)),
                _ => {}
            }
        }
        if first.is_ascii_lowercase() {
            Err(Fault::Lowercase)
        } else {
            Ok(())
        }
    }

    /// A name near this one that the rule accepts.
    pub(crate) fn suggest(self, name: &str) -> Option<String> {
        if name.chars().any(|c| c.is_alphabetic() && !c.is_ascii()) {
            return None; // dropping letters would leave another word
        }
        let mut spelt = String::new();
        for c in name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '_')
        {
            match c.to_digit(10) {
                // A number in front or in an enum can only be spelt out.
                Some(digit) if self == Kind::Enum || spelt.trim_matches('_').is_empty() => {
                    spelt.push('_');
                    spelt.push_str(DIGITS[digit as usize]);
                    spelt.push('_');
                }
                _ => spelt.push(c),
            }
        }
        let spelt = spelt.to_upper_camel_case();
        self.check(&spelt).is_ok().then_some(spelt)
    }
}

const DIGITS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// The name of a field of this name (`is_alive`, without `r#`): `IsAlive`.
pub(crate) fn field(name: &str) -> Result<String, Fault> {
    // A leading underscore says "unused" in Rust; dropping it in silence could only surprise.
    if name.starts_with('_') {
        return Err(Fault::LeadingUnderscore);
    }
    let km = name.to_upper_camel_case();
    Kind::Field.check(&km).map(|()| km)
}

/// The name of the presence byte of an option with this name.
pub(crate) fn presence(km: &str) -> String {
    format!("Has{km}")
}

/// The nearest of the known words, if any is near.
pub(crate) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(word, known), *known))
        .filter(|(near, _)| *near >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_upper_camel() {
        for (rust, km) in [
            ("is_alive", "IsAlive"),
            ("x", "X"),
            ("isAlive", "IsAlive"),
            ("type_", "Type"),
            ("type", "Type"),
            ("vec3_x", "Vec3X"),
            ("x_1", "X1"),
            ("a__b", "AB"),
            ("http_url2", "HttpUrl2"),
        ] {
            assert_eq!(field(rust).as_deref(), Ok(km), "{rust}");
        }
    }

    #[test]
    fn fields_that_cannot_be_spelt() {
        assert_eq!(field("_x"), Err(Fault::LeadingUnderscore));
        assert_eq!(field("__"), Err(Fault::LeadingUnderscore));
        assert_eq!(field("größe"), Err(Fault::NotAscii));
        assert_eq!(field("日"), Err(Fault::NotAscii));
    }

    #[test]
    fn rules_of_each_kind() {
        assert_eq!(Kind::Struct.check("Vec3"), Ok(()));
        assert_eq!(Kind::Struct.check("Vec_3"), Err(Fault::Underscore));
        assert_eq!(Kind::Struct.check("vec"), Err(Fault::Lowercase));
        assert_eq!(Kind::Struct.check(""), Err(Fault::Empty));
        assert_eq!(Kind::Struct.check("3D"), Err(Fault::LeadingDigit));
        assert_eq!(Kind::Struct.check("A b"), Err(Fault::Character(' ')));
        assert_eq!(Kind::Enum.check("Team"), Ok(()));
        assert_eq!(Kind::Enum.check("Team2"), Err(Fault::Character('2')));
        assert_eq!(Kind::Enumerator.check("Level2"), Ok(()));
        assert_eq!(Kind::Field.check("Ärger"), Err(Fault::NotAscii));
    }

    #[test]
    fn suggestions_are_valid() {
        assert_eq!(Kind::Enum.suggest("Team2").as_deref(), Some("TeamTwo"));
        assert_eq!(Kind::Struct.suggest("Vec_3").as_deref(), Some("Vec3"));
        assert_eq!(Kind::Field.suggest("_pad").as_deref(), Some("Pad"));
        assert_eq!(
            Kind::Struct.suggest("3d model").as_deref(),
            Some("ThreeDmodel")
        );
        assert_eq!(Kind::Field.suggest("größe"), None);
        assert_eq!(Kind::Field.suggest("日"), None);
        assert_eq!(Kind::Field.suggest("_"), None);
    }

    #[test]
    fn nearest_word() {
        let known = ["table", "inline", "layout", "rename"];
        assert_eq!(nearest("tabel", &known), Some("table"));
        assert_eq!(nearest("lay_out", &known), Some("layout"));
        assert_eq!(nearest("tables", &known), Some("table"));
        assert_eq!(nearest("colour", &known), None);
    }
}
