//! Turns a schema into the declarations that the public Karmem compiler knows: padding becomes
//! fields, and what it lacks becomes generated structs.

use std::collections::{HashMap, HashSet};

use karmem_core::layout::{At, Class, Rule, SIZE_HEADER};
use karmem_core::schema::Scalar;

use crate::fingerprint::upstream_id;
use crate::print::{KmProblem, KmReason};
use crate::resolve;
use crate::schema::{Data, Enum, Schema, Spread, Struct, Type, TypeId, Union};
use crate::{NameFault, absent, clash, names};

/// Arrays beyond this make the public compiler run for minutes.
const MAX_ARRAY: u32 = 1 << 24;

const MAX_PROBLEMS: usize = 100;

/// A declaration, ready to be printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Decl {
    Enum {
        name: String,
        repr: &'static str,
        values: Vec<(String, i128)>,
    },
    Struct {
        name: String,
        body: Body,
    },
}

impl Decl {
    pub(crate) fn name(&self) -> &str {
        match self {
            Decl::Enum { name, .. } | Decl::Struct { name, .. } => name,
        }
    }
}

/// A struct without its name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Body {
    pub(crate) class: Class,
    pub(crate) packed: bool,
    pub(crate) id: Option<u64>,
    /// Name and type of each field.
    pub(crate) fields: Vec<(String, String)>,
}

/// A field to be spelt.
struct Place<'a> {
    /// What problems with it are said of: a field of the user's.
    label: String,
    name: &'a str,
    ty: &'a Type,
    at: At,
    flag: bool,
    max: Option<u32>,
}

/// Declarations in the order in which they must stand, enums first.
pub(crate) fn lower(schema: &Schema) -> Result<Vec<Decl>, Vec<KmProblem>> {
    let mut lower = Lower {
        schema,
        now: 0,
        enums: Vec::new(),
        structs: Vec::new(),
        names: HashSet::new(),
        generated: HashMap::new(),
        problems: Vec::new(),
    };
    lower.check_names();
    for (i, def) in schema.types().iter().enumerate() {
        lower.now = i;
        match &def.data {
            Data::Enum(it) => lower.enumeration(&def.name, it),
            Data::Struct(it) => lower.structure(&def.name, it),
            Data::Union(it) => lower.union(&def.name, it),
        }
    }
    if lower.problems.is_empty() {
        lower.check_ids();
    }
    let users = schema.types().iter().map(|def| def.name.as_str()).collect();
    let mut decls = std::mem::take(&mut lower.enums);
    decls.append(&mut lower.structs);
    for problem in clash::problems(&decls, &users)
        .into_iter()
        .chain(absent::problems(schema))
    {
        lower.problem(problem.at, problem.reason);
    }
    match lower.problems {
        problems if !problems.is_empty() => Err(problems),
        _ => Ok(decls),
    }
}

struct Lower<'a> {
    schema: &'a Schema,
    /// The type that is being lowered; what stands after it cannot be referred to.
    now: usize,
    enums: Vec<Decl>,
    structs: Vec<Decl>,
    names: HashSet<String>,
    generated: HashMap<(String, Body), String>,
    problems: Vec<KmProblem>,
}

impl Lower<'_> {
    fn problem(&mut self, at: impl Into<String>, reason: KmReason) {
        let problem = KmProblem {
            at: at.into(),
            reason,
        };
        // A type that is used twice has its fault only once, and nobody reads more than a screen.
        if self.problems.len() < MAX_PROBLEMS && !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn check(&mut self, at: &str, checked: Result<(), NameFault>) {
        if let Err(fault) = checked {
            self.problem(at, KmReason::Name(fault));
        }
    }

    fn check_names(&mut self) {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for def in self.schema.types() {
            match &def.data {
                Data::Enum(_) => self.check(&def.name, names::enumeration(&def.name)),
                _ => self.check(&def.name, names::word(&def.name)),
            }
            self.names.insert(def.name.clone());
            if let Some(other) = seen.insert(&def.name, &def.path) {
                let paths = [other.to_owned(), def.path.clone()];
                self.problem(&def.name, KmReason::DuplicateName { paths });
            }
        }
    }

    fn check_ids(&mut self) {
        let mut seen: HashMap<u64, String> = HashMap::new();
        let mut problems = Vec::new();
        for decl in &self.structs {
            let Decl::Struct { name, body } = decl else {
                continue;
            };
            let id = body.id.unwrap_or_else(|| upstream_id(name, None));
            if let Some(other) = seen.insert(id, name.clone()) {
                problems.push(KmProblem {
                    at: name.clone(),
                    reason: KmReason::DuplicateId { id, other },
                });
            }
        }
        self.problems.extend(problems);
    }

    fn check_fields<'n>(&mut self, owner: &str, fields: impl Iterator<Item = &'n String>) {
        let mut seen = HashSet::new();
        for name in fields {
            let at = format!("{owner}.{name}");
            self.check(&at, names::word(name));
            if !seen.insert(name) {
                self.problem(at, KmReason::DuplicateField);
            }
        }
    }

    /// Checks the values of an enum and adds it.
    fn enumerators(
        &mut self,
        owner: &str,
        name: String,
        repr: Scalar,
        values: Vec<(String, i128)>,
    ) {
        self.check_fields(owner, values.iter().map(|(name, _)| name));
        for (value_name, value) in &values {
            if *value < 0 {
                self.problem(
                    format!("{owner}.{value_name}"),
                    KmReason::Negative { value: *value },
                );
            }
        }
        if values.iter().all(|(_, value)| *value != 0) {
            self.problem(owner, KmReason::NoZero);
        }
        self.enums.push(Decl::Enum {
            name,
            repr: scalar(repr),
            values,
        });
    }

    fn enumeration(&mut self, name: &str, it: &Enum) {
        self.enumerators(name, name.to_owned(), it.repr, it.values.clone());
    }

    fn structure(&mut self, name: &str, it: &Struct) {
        if it.fields.is_empty() {
            self.problem(name, KmReason::Empty);
        }
        self.check_fields(name, it.fields.iter().map(|field| &field.name));
        // Below 8 bytes the public readers take a legacy table for cut off.
        if it.rule == Rule::Legacy && it.class == Class::Table && it.layout.size < 8 {
            self.problem(
                name,
                KmReason::ShortLegacyTable {
                    size: it.layout.size,
                },
            );
        }
        let places: Vec<_> = it
            .fields
            .iter()
            .map(|f| Place {
                label: format!("{name}.{}", f.name),
                name: &f.name,
                ty: &f.ty,
                at: f.at,
                flag: f.flag,
                max: f.max,
            })
            .collect();
        let fields = self.fields(it.rule, it.class, it.layout.size, &places);
        let body = Body {
            class: it.class,
            packed: it.rule != Rule::Legacy,
            id: it.id,
            fields,
        };
        self.structs.push(Decl::Struct {
            name: name.to_owned(),
            body,
        });
    }

    fn union(&mut self, name: &str, it: &Union) {
        let Some(Spread { rule, layout }) = it.spread else {
            return self.problem(name, KmReason::SlotUnion);
        };
        // The name of an enum has no digits.
        let mut kind: String = name.chars().filter(char::is_ascii_alphabetic).collect();
        kind.push_str("Kind");
        while !self.names.insert(kind.clone()) {
            kind.push_str("Kind");
        }
        let values = it
            .variants
            .iter()
            .map(|v| (v.name.clone(), v.value.into()))
            .collect();
        self.enumerators(name, kind.clone(), it.repr, values);
        let with_data: Vec<_> = it
            .variants
            .iter()
            .filter_map(|v| Some((&v.name, Type::Named(v.table?), v.at?)))
            .collect();
        let places: Vec<_> = with_data
            .iter()
            .map(|(variant, ty, at)| Place {
                label: format!("{name}.{variant}"),
                name: variant,
                ty,
                at: At { flag: *at, at: *at },
                flag: false,
                max: None,
            })
            .collect();
        let taken: HashSet<&str> = places.iter().map(|place| place.name).collect();
        let kind_field = free("Kind", |name| taken.contains(name));
        let mut spelt = Spelt::new(
            0,
            taken
                .iter()
                .map(|n| (*n).to_owned())
                .chain([kind_field.clone()])
                .collect(),
        );
        spelt.field(kind_field, kind, it.repr.size());
        self.places(&mut spelt, rule, &places);
        spelt.finish(rule, layout.size);
        let body = Body {
            class: Class::Inline,
            packed: rule != Rule::Legacy,
            id: None,
            fields: spelt.fields,
        };
        self.structs.push(Decl::Struct {
            name: name.to_owned(),
            body,
        });
    }

    fn fields(
        &mut self,
        rule: Rule,
        class: Class,
        size: u32,
        places: &[Place<'_>],
    ) -> Vec<(String, String)> {
        let start = match class {
            Class::Table => SIZE_HEADER,
            Class::Inline => 0,
        };
        let mut spelt = Spelt::new(
            start,
            places.iter().map(|place| place.name.to_owned()).collect(),
        );
        self.places(&mut spelt, rule, places);
        spelt.finish(rule, size);
        spelt.fields
    }

    fn places(&mut self, spelt: &mut Spelt, rule: Rule, places: &[Place<'_>]) {
        for place in places {
            let at = place.label.as_str();
            if place.flag {
                let name = free(&format!("Has{}", place.name), |name| {
                    spelt.taken.contains(name)
                });
                spelt.pad_to(place.at.flag);
                spelt.taken.insert(name.clone());
                spelt.field(name, "bool".to_owned(), 1);
            }
            spelt.pad_to(place.at.at);
            let text = self.field_type(at, place.ty, rule, place.max);
            // The public compiler's reference to a table takes 4 bytes; the rest of ours is padding.
            let size = match is_table_field(self.schema, place.ty) {
                true => Some(4),
                false => {
                    resolve::part(self.schema.types(), place.ty, rule).map(|part| part.layout.size)
                }
            };
            match size {
                Some(size) => spelt.field(place.name.to_owned(), text, size),
                None => self.problem(at, KmReason::TooLarge),
            }
        }
    }

    /// The spelling of a field's type; after a problem, any text.
    fn field_type(&mut self, at: &str, ty: &Type, rule: Rule, max: Option<u32>) -> String {
        let limit = max.map_or(String::new(), |max| format!("<{max}"));
        match ty {
            Type::Scalar(it) => scalar(*it).to_owned(),
            Type::Text => format!("[{limit}]char"),
            Type::Named(id) => self.named(at, *id),
            Type::Option(inner) => self.field_type(at, inner, rule, max),
            Type::Slice(inner) => format!("[{limit}]{}", self.element(at, inner, rule)),
            Type::Map(key, value) => format!("[{limit}]{}", self.entry(at, key, value, rule)),
            Type::Array(inner, count) => {
                if *count == 0 || *count > MAX_ARRAY {
                    self.problem(at, KmReason::ArrayLength { length: *count });
                }
                format!("[{count}]{}", self.element(at, inner, rule))
            }
        }
    }

    fn named(&mut self, at: &str, id: TypeId) -> String {
        let def = &self.schema[id];
        // Enums are printed first, and everything else in the order of the schema.
        if id.0 >= self.now && !matches!(def.data, Data::Enum(_)) {
            self.problem(
                at,
                KmReason::Recursive {
                    to: def.name.clone(),
                },
            );
        }
        def.name.clone()
    }

    /// The spelling of an element: a scalar, an inline struct, or a generated one around the rest.
    fn element(&mut self, at: &str, ty: &Type, rule: Rule) -> String {
        let packed_rule = if rule == Rule::Legacy {
            Rule::Packed
        } else {
            rule
        };
        match ty {
            Type::Scalar(it) => scalar(*it).to_owned(),
            Type::Named(id) => {
                let name = self.schema[*id].name.clone();
                match &self.schema[*id].data {
                    Data::Struct(Struct {
                        class: Class::Table,
                        ..
                    }) => self.wrapper(at, format!("{name}Ref"), ty, rule, rule),
                    Data::Enum(_) => self.wrapper(at, format!("{name}Item"), ty, rule, packed_rule),
                    Data::Struct(_) | Data::Union(_) => self.named(at, *id),
                }
            }
            Type::Option(inner) if resolve::is_table(self.schema.types(), inner) => {
                self.element(at, inner, rule)
            }
            Type::Option(inner) => {
                if rule == Rule::Legacy
                    && matches!(**inner, Type::Text | Type::Slice(_) | Type::Map(..))
                {
                    self.problem(at, KmReason::LegacyOption);
                }
                self.wrapper(at, self.base(ty), ty, rule, packed_rule)
            }
            Type::Array(..) => self.wrapper(at, self.base(ty), ty, rule, packed_rule),
            Type::Text => self.wrapper(at, "TextItem".to_owned(), ty, rule, rule),
            Type::Slice(_) | Type::Map(..) => self.wrapper(at, self.base(ty), ty, rule, rule),
        }
    }

    /// An inline struct with one field `Data`, whose type is spelt as in `rule`, laid out by `own`.
    fn wrapper(&mut self, at: &str, name: String, ty: &Type, rule: Rule, own: Rule) -> String {
        let types = self.schema.types();
        let Some(layout) = resolve::item(types, ty, rule) else {
            self.problem(at, KmReason::TooLarge);
            return name;
        };
        let (value, flag) = match ty {
            Type::Option(_) => (
                resolve::option_item(types, ty, rule).map_or(0, |(at, _)| at),
                true,
            ),
            _ => (0, false),
        };
        let mut spelt = Spelt::new(0, HashSet::from(["Data".to_owned()]));
        let label = at.to_owned();
        let place = Place {
            label,
            name: "Data",
            ty,
            at: At { flag: 0, at: value },
            flag,
            max: None,
        };
        self.places(&mut spelt, rule, &[place]);
        spelt.finish(own, layout.size);
        self.generate(name, own, spelt.fields)
    }

    fn entry(&mut self, at: &str, key: &Type, value: &Type, rule: Rule) -> String {
        let name = format!("{}{}Entry", self.base(key), self.base(value));
        let Some(entry) = resolve::entry(self.schema.types(), key, value, rule) else {
            self.problem(at, KmReason::TooLarge);
            return name;
        };
        let flag = |ty: &Type| matches!(ty, Type::Option(inner) if !resolve::is_table(self.schema.types(), inner));
        let places = [
            Place {
                label: at.to_owned(),
                name: "Key",
                ty: key,
                at: entry.key,
                flag: flag(key),
                max: None,
            },
            Place {
                label: at.to_owned(),
                name: "Value",
                ty: value,
                at: entry.value,
                flag: flag(value),
                max: None,
            },
        ];
        let fields = self.fields(rule, Class::Inline, entry.layout.size, &places);
        self.generate(name, rule, fields)
    }

    /// Adds a generated struct, or finds the equal one.
    fn generate(&mut self, wanted: String, rule: Rule, fields: Vec<(String, String)>) -> String {
        let body = Body {
            class: Class::Inline,
            packed: rule != Rule::Legacy,
            id: None,
            fields,
        };
        let key = (wanted, body);
        if let Some(name) = self.generated.get(&key) {
            return name.clone();
        }
        let name = free(&key.0, |name| self.names.contains(name));
        self.names.insert(name.clone());
        self.structs.push(Decl::Struct {
            name: name.clone(),
            body: key.1.clone(),
        });
        self.generated.insert(key, name.clone());
        name
    }

    /// A word for a type in the names of generated structs.
    fn base(&self, ty: &Type) -> String {
        match ty {
            Type::Scalar(Scalar::Char) => "Char".to_owned(),
            Type::Scalar(it) => {
                let name = scalar(*it);
                name[..1].to_ascii_uppercase() + &name[1..]
            }
            Type::Text => "Text".to_owned(),
            Type::Named(id) => self.schema[*id].name.clone(),
            Type::Array(inner, count) => format!("{}Array{count}", self.base(inner)),
            Type::Slice(inner) => format!("{}List", self.base(inner)),
            Type::Option(inner) => format!("Optional{}", self.base(inner)),
            Type::Map(key, value) => format!("{}{}Map", self.base(key), self.base(value)),
        }
    }
}

/// Whether a field of this type is spelt as the name of a table.
fn is_table_field(schema: &Schema, ty: &Type) -> bool {
    match ty {
        Type::Option(inner) => resolve::is_table(schema.types(), inner),
        ty => resolve::is_table(schema.types(), ty),
    }
}

/// `name`, or with the first number behind it that makes it free.
fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (1_u32..).map(|n| format!("{name}{n}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or_default()
}

/// The fields of one struct, with its padding.
struct Spelt {
    end: u32,
    next_pad: u32,
    taken: HashSet<String>,
    fields: Vec<(String, String)>,
}

impl Spelt {
    fn new(start: u32, taken: HashSet<String>) -> Spelt {
        Spelt {
            end: start,
            next_pad: 0,
            taken,
            fields: Vec::new(),
        }
    }

    fn field(&mut self, name: String, ty: String, size: u32) {
        self.fields.push((name, ty));
        self.end = self.end.saturating_add(size);
    }

    fn pad_to(&mut self, offset: u32) {
        let gap = offset.saturating_sub(self.end);
        if gap == 0 {
            return;
        }
        let mut name = format!("Pad{}", self.next_pad);
        while self.taken.contains(&name) {
            self.next_pad += 1;
            name = format!("Pad{}", self.next_pad);
        }
        self.next_pad += 1;
        self.field(name, format!("[{gap}]byte"), gap);
    }

    fn finish(&mut self, rule: Rule, size: u32) {
        // The public compiler adds a legacy tail by itself.
        if rule != Rule::Legacy {
            self.pad_to(size);
        }
    }
}

fn scalar(scalar: Scalar) -> &'static str {
    match scalar {
        Scalar::Bool => "bool",
        Scalar::U8 => "uint8",
        Scalar::I8 => "int8",
        Scalar::U16 => "uint16",
        Scalar::I16 => "int16",
        Scalar::U32 | Scalar::Char => "uint32",
        Scalar::I32 => "int32",
        Scalar::U64 => "uint64",
        Scalar::I64 => "int64",
        Scalar::F32 => "float32",
        Scalar::F64 => "float64",
    }
}
