//! Reads the custom section `karmem`; its format is documented in [`karmem_core::section`].
//!
//! The bytes may be anything: the work is proportional to them, and bounded by [`limits`].

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use karmem_core::layout::{At, Class, Layout, Rule};
use karmem_core::schema::Scalar;
use karmem_core::section::{VERSION, fnv1a};

use crate::schema::{
    Data, Enum, Field, Schema, Spread, Struct, Type, TypeDef, TypeId, Union, Variant,
};

mod check;
mod interface;
pub mod limits;

use limits::{MAX_BYTES, MAX_MEMBERS, MAX_NAME, MAX_NESTING, MAX_TYPES};

const SCALARS: [Scalar; 12] = [
    Scalar::Bool,
    Scalar::U8,
    Scalar::I8,
    Scalar::U16,
    Scalar::I16,
    Scalar::U32,
    Scalar::I32,
    Scalar::U64,
    Scalar::I64,
    Scalar::F32,
    Scalar::F64,
    Scalar::Char,
];
const RULES: [Rule; 4] = [Rule::Padded, Rule::C, Rule::Packed, Rule::Legacy];

/// Why the bytes of a section describe no types.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("section `karmem`, line {line}: {fault}")]
#[non_exhaustive]
pub struct SectionError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: SectionFault,
}

/// What is wrong with a line of a section.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SectionFault {
    /// The section is longer than any that a tool writes.
    #[error("the section has {bytes} bytes, and {MAX_BYTES} is the most that is read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// The section has more of something than any program needs.
    #[error("the section has more than {most} {what}: split the module")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        most: usize,
    },
    /// A name or a path is too long.
    #[error("the name `{start}` has {bytes} bytes, and {MAX_NAME} is the most that is read")]
    LongName {
        /// Its beginning.
        start: String,
        /// Its length.
        bytes: usize,
    },
    /// The bytes are not text.
    #[error("this is not UTF-8 text")]
    NotText,
    /// The section ends inside of the line.
    #[error("the line does not end: the section is cut off")]
    CutOff,
    /// Another version of the format.
    #[error(
        "it begins with `{found}`, and only `{VERSION}` can be read: use a karmem that knows it"
    )]
    Version {
        /// The first token.
        found: String,
    },
    /// The line is not what was hashed.
    #[error("the line is damaged: its hash is {found:016x}, and it ends with {claimed:016x}")]
    Damaged {
        /// The hash of the line.
        found: u64,
        /// The hash at its end.
        claimed: u64,
    },
    /// The line is not of the grammar.
    #[error("expected {expected}, found `{found}`")]
    Syntax {
        /// What should stand there.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A type is nested too deep.
    #[error("the type of `{field}` is nested deeper than {MAX_NESTING}")]
    Nesting {
        /// The field, with the name of its struct.
        field: String,
    },
    /// Two types with one path.
    #[error(
        "`{path}` is described differently in line {first}: build the module from one version of it"
    )]
    Conflict {
        /// The path.
        path: String,
        /// The other line.
        first: usize,
    },
    /// A type without a line.
    #[error("`{by}` refers to `{path}`, which no line describes")]
    Missing {
        /// The path that no line has.
        path: String,
        /// The type that refers to it.
        by: String,
    },
    /// A type or an interface that can not be.
    #[error("`{at}` {what}")]
    Invalid {
        /// The type, field, interface or method.
        at: String,
        /// What is wrong with it.
        what: String,
    },
    /// An offset or size other than the rule gives.
    #[error("`{at}` claims {what} {claimed}, and the layout gives {found}")]
    Layout {
        /// The type or field.
        at: String,
        /// What is claimed.
        what: &'static str,
        /// As it stands in the line.
        claimed: u32,
        /// As it follows from the types.
        found: u32,
    },
}

impl Schema {
    /// The schema that a module carries: the contents of its custom sections `karmem`, one after
    /// another.
    ///
    /// Every claim about offsets and sizes is checked against the layout rule.
    ///
    /// # Errors
    ///
    /// The first line that is wrong, and why.
    pub fn from_section(bytes: &[u8]) -> Result<Schema, SectionError> {
        let (interfaces, lines): (Vec<_>, Vec<_>) = lines(bytes)?
            .into_iter()
            .partition(|line| line.is_interface);
        let ids: HashMap<&str, TypeId> = lines
            .iter()
            .enumerate()
            .map(|(i, line)| (line.path, TypeId(i)))
            .collect();
        let counts = Counts::default();
        let counts = &counts;
        let ids = &ids;
        let mut types = Vec::with_capacity(lines.len());
        for line in &lines {
            let def = Body { line, ids, counts }.def();
            types.push(def.map_err(|fault| SectionError {
                line: line.number,
                fault,
            })?);
        }
        check::types(&types).map_err(|(id, fault)| SectionError {
            line: lines[id.0].number,
            fault,
        })?;
        let roots = (0..types.len()).map(|i| Type::Named(TypeId(i))).collect();
        let mut read = Vec::with_capacity(interfaces.len());
        for line in &interfaces {
            let interface = Body { line, ids, counts }.interface(&types);
            read.push(interface.map_err(|fault| SectionError {
                line: line.number,
                fault,
            })?);
        }
        read.sort_by(|a, b| {
            (&a.package, &a.name, a.version).cmp(&(&b.package, &b.name, b.version))
        });
        Ok(Schema::assemble(None, roots, types, read))
    }
}

/// A line whose hash is right, up to the hash.
struct Line<'a> {
    number: usize,
    /// Of an interface: package, name and version.
    path: &'a str,
    text: &'a str,
    is_interface: bool,
}

/// The different lines in the order of their paths.
fn lines(bytes: &[u8]) -> Result<Vec<Line<'_>>, SectionError> {
    let at = |line, fault| SectionError { line, fault };
    if bytes.len() > MAX_BYTES {
        return Err(at(1, SectionFault::TooLong { bytes: bytes.len() }));
    }
    let mut found: HashMap<&str, Line<'_>> = HashMap::new();
    for (i, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let number = i + 1;
        let line = line_body(line).map_err(|fault| at(number, fault))?;
        let mut tokens = line.split(' ').skip(1);
        let is_interface = tokens.next() == Some("interface");
        let path = tokens.next().unwrap_or_default();
        // What names an interface has an `@` in it, so it is no path.
        if !is_interface && !is_path(path) {
            return Err(at(number, syntax("the path of a type", path)));
        }
        named(path).map_err(|fault| at(number, fault))?;
        let types = found.len();
        match found.entry(path) {
            Entry::Vacant(_) if types == MAX_TYPES => {
                return Err(at(number, too_many("types and interfaces", MAX_TYPES)));
            }
            Entry::Vacant(place) => {
                place.insert(Line {
                    number,
                    path,
                    text: line,
                    is_interface,
                });
            }
            Entry::Occupied(other) if other.get().text == line => {}
            Entry::Occupied(other) => {
                let fault = SectionFault::Conflict {
                    path: clip(path),
                    first: other.get().number,
                };
                return Err(at(number, fault));
            }
        }
    }
    let mut lines: Vec<_> = found.into_values().collect();
    lines.sort_by_key(|line| line.path);
    Ok(lines)
}

/// Checks version and hash, and gives what stands before the hash.
fn line_body(line: &[u8]) -> Result<&str, SectionFault> {
    let text = std::str::from_utf8(line).map_err(|_| SectionFault::NotText)?;
    let first = text.split([' ', '\n']).next().unwrap_or_default();
    if first != VERSION {
        return Err(SectionFault::Version { found: clip(first) });
    }
    let text = text.strip_suffix('\n').ok_or(SectionFault::CutOff)?;
    let (body, hash) = text
        .rsplit_once(" #")
        .ok_or_else(|| syntax("a hash at the end", text))?;
    let digits = hash.len() == 16 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let claimed = u64::from_str_radix(hash, 16).ok().filter(|_| digits);
    let claimed = claimed.ok_or_else(|| syntax("a hash of 16 hexadecimal digits", hash))?;
    match fnv1a(body.as_bytes()) {
        found if found == claimed => Ok(body),
        found => Err(SectionFault::Damaged { found, claimed }),
    }
}

fn too_many(what: &'static str, most: usize) -> SectionFault {
    SectionFault::TooMany { what, most }
}

/// An error if a name or a path is too long.
fn named(name: &str) -> Result<(), SectionFault> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    Err(SectionFault::LongName {
        start: clip(name),
        bytes: name.len(),
    })
}

fn syntax(expected: &'static str, found: &str) -> SectionFault {
    SectionFault::Syntax {
        expected,
        found: clip(found),
    }
}

/// The beginning of a text that may be long and may hold control characters.
fn clip(text: &str) -> String {
    let mut clipped: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        clipped.push('…');
    }
    clipped
}

const RESERVED: &str = "@+?<>{}[],=\"`";

fn is_path(text: &str) -> bool {
    !text.is_empty()
        && !text
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || RESERVED.contains(c))
        && !matches!(text, "text" | "slot")
        && scalar(text).is_none()
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn scalar(name: &str) -> Option<Scalar> {
    SCALARS.into_iter().find(|scalar| scalar.name() == name)
}

/// A decimal number without leading zeros or a plus.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let strict =
        digits.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !digits.starts_with('0'));
    text.parse().ok().filter(|_| strict)
}

/// What was read so far of what is limited in all lines together.
#[derive(Default)]
struct Counts {
    members: Cell<usize>,
    methods: Cell<usize>,
}

/// Parses one line whose path is known.
struct Body<'a> {
    line: &'a Line<'a>,
    ids: &'a HashMap<&'a str, TypeId>,
    counts: &'a Counts,
}

impl<'a> Body<'a> {
    /// Counts a member and takes its name, which has the right letters.
    fn member(&self, name: &str) -> Result<String, SectionFault> {
        let members = &self.counts.members;
        members.set(members.get() + 1);
        if members.get() > MAX_MEMBERS {
            return Err(too_many("fields, variants and parameters", MAX_MEMBERS));
        }
        named(name)?;
        Ok(name.to_owned())
    }

    fn def(&self) -> Result<TypeDef, SectionFault> {
        let mut tokens = self.line.text.split(' ');
        let kind = tokens.nth(1).unwrap_or_default();
        let _path = tokens.next();
        let name = token(&mut tokens, "a name", |text| {
            is_name(text).then(|| text.to_owned())
        })?;
        named(&name)?;
        let data = match kind {
            "struct" => Data::Struct(self.structure(&name, tokens)?),
            "enum" => Data::Enum(self.enumeration(tokens)?),
            "union" => Data::Union(self.union(tokens)?),
            other => return Err(syntax("`struct`, `enum`, `union` or `interface`", other)),
        };
        Ok(TypeDef {
            name,
            path: self.line.path.to_owned(),
            data,
        })
    }

    fn structure(
        &self,
        name: &str,
        mut tokens: impl Iterator<Item = &'a str>,
    ) -> Result<Struct, SectionFault> {
        let class = token(&mut tokens, "`inline` or `table`", |text| {
            [Class::Inline, Class::Table]
                .into_iter()
                .find(|class| class.name() == text)
        })?;
        let rule = rule(&mut tokens)?;
        let layout = layout(&mut tokens)?;
        let id = token(&mut tokens, "an id or `-`", |text| match text {
            "-" => Some(None),
            text => number(text).map(Some),
        })?;
        let fields = tokens
            .map(|text| self.field(name, text))
            .collect::<Result<_, _>>()?;
        Ok(Struct {
            class,
            rule,
            layout,
            id,
            fields,
        })
    }

    fn field(&self, owner: &str, text: &'a str) -> Result<Field, SectionFault> {
        let expected = || syntax("a field like `Name:type@offset+size`", text);
        let (name, rest) = text
            .split_once(':')
            .filter(|(name, _)| is_name(name))
            .ok_or_else(expected)?;
        let mut cursor = rest;
        let ty = self.ty(&mut cursor, 0).map_err(|fault| match fault {
            None => SectionFault::Nesting {
                field: format!("{owner}.{name}"),
            },
            Some(fault) => fault,
        })?;
        let rest = cursor.strip_prefix('@').ok_or_else(expected)?;
        let (rest, max) = optional(rest, '<').ok_or_else(expected)?;
        let (rest, flag) = optional(rest, '?').ok_or_else(expected)?;
        let (at, size) = rest.split_once('+').ok_or_else(expected)?;
        let at = number(at).ok_or_else(expected)?;
        let size = number(size).ok_or_else(expected)?;
        let places = At {
            flag: flag.unwrap_or(at),
            at,
        };
        Ok(Field {
            name: self.member(name)?,
            ty,
            at: places,
            size,
            flag: flag.is_some(),
            max,
        })
    }

    /// Parses a type at the start of `cursor`. The error is `None` if it is nested too deep.
    fn ty(&self, cursor: &mut &'a str, depth: usize) -> Result<Type, Option<SectionFault>> {
        if depth > MAX_NESTING {
            return Err(None);
        }
        let text = *cursor;
        let inner = |cursor: &mut &'a str| self.ty(cursor, depth + 1).map(Box::new);
        if let Some(rest) = text.strip_prefix("[]") {
            *cursor = rest;
            Ok(Type::Slice(inner(cursor)?))
        } else if let Some(rest) = text.strip_prefix('[') {
            let (count, rest) = rest
                .split_once(']')
                .and_then(|(count, rest)| Some((number(count)?, rest)))
                .ok_or_else(|| syntax("an array like `[4]type`", text))?;
            *cursor = rest;
            Ok(Type::Array(inner(cursor)?, count))
        } else if let Some(rest) = text.strip_prefix('?') {
            *cursor = rest;
            Ok(Type::Option(inner(cursor)?))
        } else if let Some(rest) = text.strip_prefix('{') {
            *cursor = rest;
            let key = inner(cursor)?;
            *cursor = cursor
                .strip_prefix(',')
                .ok_or_else(|| syntax("a map like `{key,value}`", text))?;
            let value = inner(cursor)?;
            *cursor = cursor
                .strip_prefix('}')
                .ok_or_else(|| syntax("a map like `{key,value}`", text))?;
            Ok(Type::Map(key, value))
        } else {
            let end = text.find(|c| RESERVED.contains(c)).unwrap_or(text.len());
            let (word, rest) = text.split_at(end);
            *cursor = rest;
            match scalar(word) {
                Some(scalar) => Ok(Type::Scalar(scalar)),
                None if word == "text" => Ok(Type::Text),
                None => Ok(Type::Named(self.named(word)?)),
            }
        }
    }

    fn named(&self, path: &str) -> Result<TypeId, SectionFault> {
        if !is_path(path) {
            return Err(syntax("a type", path));
        }
        let missing = || SectionFault::Missing {
            path: clip(path),
            by: self.line.path.to_owned(),
        };
        self.ids.get(path).copied().ok_or_else(missing)
    }

    fn union(&self, mut tokens: impl Iterator<Item = &'a str>) -> Result<Union, SectionFault> {
        let repr = token(&mut tokens, "an integer", scalar)?;
        let is_spread = token(&mut tokens, "`slot` or `spread`", |text| match text {
            "slot" => Some(false),
            "spread" => Some(true),
            _ => None,
        })?;
        let spread = match is_spread {
            true => Some(Spread {
                rule: rule(&mut tokens)?,
                layout: layout(&mut tokens)?,
            }),
            false => None,
        };
        let variants = tokens.map(|text| {
            let expected = || syntax("a variant like `Name=value:path`", text);
            let (name, rest) = text
                .split_once('=')
                .filter(|(name, _)| is_name(name))
                .ok_or_else(expected)?;
            let (value, data) = match rest.split_once(':') {
                Some((value, data)) => (value, Some(data)),
                None => (rest, None),
            };
            let value = number(value).ok_or_else(expected)?;
            let (path, at) = match data {
                None => (None, None),
                Some(data) if is_spread => {
                    let (path, at) = data.rsplit_once('@').ok_or_else(expected)?;
                    (Some(path), Some(number(at).ok_or_else(expected)?))
                }
                Some(path) => (Some(path), None),
            };
            let table = path.map(|path| self.named(path)).transpose()?;
            Ok(Variant {
                name: self.member(name)?,
                value,
                table,
                at,
            })
        });
        let variants = variants.collect::<Result<_, _>>()?;
        Ok(Union {
            repr,
            variants,
            spread,
        })
    }

    fn enumeration(&self, mut tokens: impl Iterator<Item = &'a str>) -> Result<Enum, SectionFault> {
        let repr = token(&mut tokens, "an integer", scalar)?;
        let values = tokens.map(|text| {
            let value = text.split_once('=').filter(|(name, _)| is_name(name));
            let value = value.and_then(|(name, value)| Some((name, number(value)?)));
            let (name, value) = value.ok_or_else(|| syntax("an enumerator like `Name=0`", text))?;
            Ok((self.member(name)?, value))
        });
        Ok(Enum {
            repr,
            values: values.collect::<Result<_, _>>()?,
        })
    }
}

/// Takes the next token and reads it by `read`.
fn token<'a, T>(
    tokens: &mut impl Iterator<Item = &'a str>,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, SectionFault> {
    let text = tokens
        .next()
        .ok_or_else(|| syntax(expected, "the end of the line"))?;
    read(text).ok_or_else(|| syntax(expected, text))
}

fn rule<'a>(tokens: &mut impl Iterator<Item = &'a str>) -> Result<Rule, SectionFault> {
    token(tokens, "`padded`, `c`, `packed` or `legacy`", |text| {
        RULES.into_iter().find(|rule| rule.name() == text)
    })
}

fn layout<'a>(tokens: &mut impl Iterator<Item = &'a str>) -> Result<Layout, SectionFault> {
    let size = token(tokens, "a size in bytes", number)?;
    let align = token(tokens, "an alignment in bytes", number)?;
    Ok(Layout { size, align })
}

/// Splits `text` before a number that may follow `mark`; `None` if something else follows it.
fn optional(text: &str, mark: char) -> Option<(&str, Option<u32>)> {
    match text.split_once(mark) {
        None => Some((text, None)),
        Some((rest, value)) => Some((rest, Some(number(value)?))),
    }
}

#[cfg(test)]
mod tests;
