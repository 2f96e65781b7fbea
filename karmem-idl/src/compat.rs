//! Where two types or two interfaces differ, and whether one could have become the other.

use std::fmt;
use std::mem;

use karmem_core::layout::{Class, Rule};

use crate::resolve;
use crate::schema::{Data, Enum, Field, Schema, Struct, Type, TypeId, Union};

mod comparison;
mod interface;
mod pairs;
mod path;

pub use comparison::{Comparison, Differences, Strictness};
pub use interface::{InterfaceSide, interface_differences, interface_evolution};
use pairs::{Met, Pairs};
use path::{Paths, Step};

/// One of two types to compare.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What messages call it: `host`, `guest`, the name of a module.
    pub label: &'a str,
    /// Its schema.
    pub schema: &'a Schema,
    /// The type.
    pub ty: TypeId,
}

/// A place at which two types differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The way from the type to the place: `World.Monsters[].Pos.X`.
    pub path: String,
    /// What differs.
    pub cause: Cause,
    /// The labels of both sides.
    pub labels: [String; 2],
}

/// What differs, on the left and on the right side.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The type: a description of each, such as `f32`, `table Monster` or `a slice`.
    Type(String, String),
    /// The name of a field, enumerator or variant in the same position.
    Name(String, String),
    /// A field, enumerator or variant that only the left side has.
    OnlyLeft,
    /// A field, enumerator or variant that only the right side has.
    OnlyRight,
    /// Some number, or its absence.
    Number {
        /// What it counts: `offset`, `size`, `limit`, ….
        what: &'static str,
        /// The number on the left side.
        left: Option<i128>,
        /// The number on the right side.
        right: Option<i128>,
    },
    /// One type on one side stands where two types of the same name stand on the other.
    Split(String),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [left, right] = &self.labels;
        write!(f, "{}: ", self.path)?;
        match &self.cause {
            Cause::Type(a, b) => write!(f, "{a} in {left}, {b} in {right}"),
            Cause::Name(a, b) => write!(f, "named `{a}` in {left}, `{b}` in {right}"),
            Cause::OnlyLeft => write!(f, "only in {left}, missing in {right}"),
            Cause::OnlyRight => write!(f, "only in {right}, missing in {left}"),
            Cause::Number {
                what,
                left: a,
                right: b,
            } => {
                let show =
                    |value: &Option<i128>| value.map_or("none".to_owned(), |v| v.to_string());
                write!(f, "{what} {} in {left}, {} in {right}", show(a), show(b))
            }
            Cause::Split(name) => {
                write!(
                    f,
                    "`{name}` is one type here, and elsewhere another type of this name ({left}, {right})"
                )
            }
        }
    }
}

/// The first `limit` differences between two types and all that they reach, in declaration order;
/// none if their bytes mean the same.
///
/// A difference in an inline struct comes before the offsets that move because of it. After a
/// difference in the order or names of fields the rest of that struct is not compared.
///
/// # Panics
///
/// May panic if a type is of another schema.
#[must_use]
pub fn differences(left: Side<'_>, right: Side<'_>, limit: usize) -> Vec<Difference> {
    let mut compare = Compare::new([left.schema, right.schema], [left.label, right.label]);
    compare.begin(left.ty, right.ty);
    compare.first(limit)
}

/// What one side has that the other lacks, and that does not keep them from understanding each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evolution {
    /// Fields at the end of tables and, of interfaces, methods of the provider: the first ones, eight at
    /// most.
    pub added: Vec<Difference>,
    /// How many more there are.
    pub more: usize,
}

impl Evolution {
    /// Whether there is no difference at all.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.added.is_empty()
    }
}

/// Whether each side can read and change in place what the other writes, as two versions of one
/// program can: they differ in nothing but fields at the end of tables, at any depth, on either side.
/// Who knows more fields reads the ones that are not there as their defaults.
///
/// # Errors
///
/// The first differences that are more than that, as [`differences`] would give them; at most eight.
///
/// # Panics
///
/// May panic if a type is of another schema.
pub fn evolution(left: Side<'_>, right: Side<'_>) -> Result<Evolution, Vec<Difference>> {
    let mut compare = Compare::new([left.schema, right.schema], [left.label, right.label]);
    compare.strictness = Strictness::Evolution;
    compare.begin(left.ty, right.ty);
    compare.evolution()
}

/// How many differences an error names.
const SHOWN: usize = 8;

enum Task<'a> {
    Defs(usize, TypeId, TypeId),
    Types(usize, [&'a Type; 2], [Rule; 2]),
    Report(usize, Cause),
    /// As a report, of what the comparison accepts.
    Accept(usize, Cause),
}

/// A walk over what two types or interfaces reach. Its work and its memory are in proportion to the
/// fields of the types that it meets; texts are made of nothing but the differences that are listed.
struct Compare<'a> {
    sides: [&'a Schema; 2],
    labels: [&'a str; 2],
    strictness: Strictness,
    accepted: Differences,
    pairs: Pairs,
    paths: Paths<'a>,
    tasks: Vec<Task<'a>>,
    new: Vec<Task<'a>>,
}

impl<'a> Compare<'a> {
    fn new(sides: [&'a Schema; 2], labels: [&'a str; 2]) -> Self {
        Compare {
            sides,
            labels,
            strictness: Strictness::Exact,
            accepted: Differences::default(),
            pairs: Pairs::one_to_one(),
            paths: Paths::default(),
            tasks: Vec::new(),
            new: Vec::new(),
        }
    }

    /// Begins with two types.
    fn begin(&mut self, a: TypeId, b: TypeId) {
        let root = self.paths.root(self.sides[0][a].name.as_str());
        self.tasks.push(Task::Defs(root, a, b));
    }

    /// Does what is to be done up to the next difference that is not accepted.
    fn next(&mut self) -> Option<(usize, Cause)> {
        loop {
            match self.tasks.pop()? {
                Task::Report(node, cause) => return Some((node, cause)),
                Task::Accept(node, cause) => {
                    if self.accepted.listed.len() < SHOWN {
                        let difference = self.difference(node, cause);
                        self.accepted.listed.push(difference);
                    } else {
                        self.accepted.more += 1;
                    }
                    continue;
                }
                Task::Defs(node, a, b) => self.defs(node, a, b),
                Task::Types(node, pair, rules) => self.types(node, pair, rules),
            }
            self.schedule();
        }
    }

    /// Gives the first `limit` differences, and leaves what comes after them.
    fn first(&mut self, limit: usize) -> Vec<Difference> {
        let mut found = Vec::new();
        while found.len() < limit {
            let Some((node, cause)) = self.next() else {
                break;
            };
            found.push(self.difference(node, cause));
        }
        found
    }

    /// Does all that is to be done, and gives the first `limit` differences.
    fn all(&mut self, limit: usize) -> Differences {
        let mut found = Differences {
            listed: self.first(limit),
            more: 0,
        };
        while self.next().is_some() {
            found.more += 1;
        }
        found
    }

    /// Puts what was found on the stack: what was found last comes last.
    fn schedule(&mut self) {
        let mut new = mem::take(&mut self.new);
        while let Some(task) = new.pop() {
            self.tasks.push(task);
        }
        self.new = new;
    }

    fn evolution(mut self) -> Result<Evolution, Vec<Difference>> {
        let found = self.first(SHOWN);
        if found.is_empty() {
            Ok(Evolution {
                added: self.accepted.listed,
                more: self.accepted.more,
            })
        } else {
            Err(found)
        }
    }

    fn difference(&self, node: usize, cause: Cause) -> Difference {
        Difference {
            path: self.paths.text(node),
            cause,
            labels: self.labels.map(str::to_owned),
        }
    }

    fn node(&mut self, parent: usize, step: impl Into<Step<'a>>) -> usize {
        self.paths.add(parent, step.into())
    }

    fn report(&mut self, node: usize, cause: Cause) {
        self.new.push(Task::Report(node, cause));
    }

    fn number(
        &mut self,
        node: usize,
        what: &'static str,
        left: Option<impl Into<i128>>,
        right: Option<impl Into<i128>>,
    ) {
        let (left, right) = (left.map(Into::into), right.map(Into::into));
        if left != right {
            self.report(node, Cause::Number { what, left, right });
        }
    }

    /// Reports what is not the same; texts are made of it only then.
    fn same<T: PartialEq + ToString>(&mut self, node: usize, left: T, right: T) -> bool {
        let same = left == right;
        if !same {
            self.report(node, Cause::Type(left.to_string(), right.to_string()));
        }
        same
    }

    fn defs(&mut self, node: usize, a: TypeId, b: TypeId) {
        let [left, right] = self.sides;
        let met = self.pairs.meet(a, b);
        if let Met::Again = met {
            return;
        }
        // Types of different names are reported as such, which says more.
        if !self.same(node, What::of(left, a), What::of(right, b)) {
            return;
        }
        if let Met::Other = met {
            return self.report(node, Cause::Split(left[a].name.clone()));
        }
        match (&left[a].data, &right[b].data) {
            (Data::Struct(a), Data::Struct(b)) => self.structs(node, a, b),
            (Data::Enum(a), Data::Enum(b)) => self.enums(node, a, b),
            (Data::Union(a), Data::Union(b)) => self.unions(node, a, b),
            _ => {} // described differently
        }
    }

    /// Pairs what has the same position; `None` after a difference that makes the rest meaningless.
    fn positions<T>(
        &mut self,
        node: usize,
        a: &'a [T],
        b: &'a [T],
        name: impl Fn(&'a T) -> &'a str,
    ) -> Vec<usize> {
        let mut nodes = Vec::new();
        for i in 0..a.len().max(b.len()) {
            let (text, cause) = match (a.get(i).map(&name), b.get(i).map(&name)) {
                (Some(a), Some(b)) if a == b => {
                    nodes.push(self.node(node, Step::Member(a)));
                    continue;
                }
                (Some(a), Some(b)) => (a, Cause::Name(a.to_owned(), b.to_owned())),
                (Some(a), None) => (a, Cause::OnlyLeft),
                (None, Some(b)) => (b, Cause::OnlyRight),
                (None, None) => break,
            };
            let stop = matches!(cause, Cause::Name(..));
            let at = self.node(node, Step::Member(text));
            self.report(at, cause);
            if stop {
                break;
            }
        }
        nodes
    }

    fn structs(&mut self, node: usize, a: &'a Struct, b: &'a Struct) {
        let nodes = {
            let late = mem::take(&mut self.new);
            let nodes = self.positions(node, &a.fields, &b.fields, |field| &field.name);
            // Differences of the common fields come first.
            let mut names = mem::replace(&mut self.new, late);
            if self.strictness == Strictness::Evolution
                && a.class == Class::Table
                && b.class == Class::Table
            {
                for task in &mut names {
                    if let Task::Report(at, cause @ (Cause::OnlyLeft | Cause::OnlyRight)) = task {
                        *task = Task::Accept(*at, cause.clone());
                    }
                }
            }
            for (i, at) in nodes.iter().enumerate() {
                self.fields(*at, (&a.fields[i], a.rule), (&b.fields[i], b.rule));
            }
            self.new.extend(names);
            nodes
        };
        // A missing field explains another size.
        if nodes.len() == a.fields.len() && nodes.len() == b.fields.len() {
            self.number(node, "size", Some(a.layout.size), Some(b.layout.size));
        }
    }

    fn fields(
        &mut self,
        node: usize,
        (a, a_rule): (&'a Field, Rule),
        (b, b_rule): (&'a Field, Rule),
    ) {
        self.inner(node, [&a.ty, &b.ty], [a_rule, b_rule]);
        self.number(
            node,
            "presence byte at",
            a.flag.then_some(a.at.flag),
            b.flag.then_some(b.at.flag),
        );
        self.number(node, "offset", Some(a.at.at), Some(b.at.at));
        self.number(node, "size", Some(a.size), Some(b.size));
        self.number(node, "limit", a.max, b.max);
    }

    fn enums(&mut self, node: usize, a: &'a Enum, b: &'a Enum) {
        if !self.same(node, a.repr.name(), b.repr.name()) {
            return;
        }
        let nodes = self.positions(node, &a.values, &b.values, |value| &value.0);
        for (at, (a, b)) in nodes.into_iter().zip(a.values.iter().zip(&b.values)) {
            self.number(at, "value", Some(a.1), Some(b.1));
        }
    }

    fn unions(&mut self, node: usize, a: &'a Union, b: &'a Union) {
        if !self.same(node, a.repr.name(), b.repr.name()) {
            return;
        }
        let nodes = self.positions(node, &a.variants, &b.variants, |variant| &variant.name);
        for (at, (a, b)) in nodes.into_iter().zip(a.variants.iter().zip(&b.variants)) {
            self.number(at, "value", Some(a.value), Some(b.value));
            match (a.table, b.table) {
                (Some(a), Some(b)) => self.new.push(Task::Defs(at, a, b)),
                (None, None) => {}
                (Some(_), None) => drop(self.same(at, "a variant with data", "one without")),
                (None, Some(_)) => drop(self.same(at, "a variant without data", "one with data")),
            }
            self.number(at, "offset", a.at, b.at);
        }
        let size = |it: &Union| it.spread.map_or(8, |spread| spread.layout.size);
        self.number(node, "size", Some(size(a)), Some(size(b)));
    }

    fn types(&mut self, node: usize, pair: [&'a Type; 2], rules: [Rule; 2]) {
        let [left, right] = self.sides;
        let [a, b] = pair;
        if let (Type::Named(a), Type::Named(b)) = (a, b) {
            return self.defs(node, *a, *b);
        }
        if !self.same(node, What::kind(left, a), What::kind(right, b)) {
            return;
        }
        let strides = [
            resolve::stride(left.types(), a, rules[0]),
            resolve::stride(right.types(), b, rules[1]),
        ];
        match (a, b) {
            (Type::Array(x, m), Type::Array(y, n)) => {
                self.number(node, "array length", Some(*m), Some(*n));
                self.items(node, [x, y], rules, strides);
            }
            (Type::Slice(x), Type::Slice(y)) => self.items(node, [x, y], rules, strides),
            (Type::Option(x), Type::Option(y)) => self.inner(node, [x, y], rules),
            (Type::Map(key_a, a), Type::Map(key_b, b)) => {
                let places = [
                    resolve::entry(left.types(), key_a, a, rules[0]),
                    resolve::entry(right.types(), key_b, b, rules[1]),
                ];
                let key = self.node(node, Step::Key);
                self.inner(key, [key_a, key_b], rules);
                let value = self.node(node, Step::Value);
                self.inner(value, [a, b], rules);
                if let [Some(a), Some(b)] = places {
                    self.number(key, "offset", Some(a.key.at), Some(b.key.at));
                    self.number(
                        value,
                        "presence byte at",
                        Some(a.value.flag),
                        Some(b.value.flag),
                    );
                    self.number(value, "offset", Some(a.value.at), Some(b.value.at));
                }
                self.number(node, "entry size", strides[0], strides[1]);
            }
            _ => {}
        }
    }

    fn inner(&mut self, node: usize, pair: [&'a Type; 2], rules: [Rule; 2]) {
        self.new.push(Task::Types(node, pair, rules));
    }

    fn items(
        &mut self,
        node: usize,
        pair: [&'a Type; 2],
        rules: [Rule; 2],
        strides: [Option<u32>; 2],
    ) {
        let node = self.node(node, Step::Element);
        self.inner(node, pair, rules);
        let value_at = |side: usize| match pair[side] {
            Type::Option(inner) if !resolve::is_table(self.sides[side].types(), inner) => {
                resolve::option_item(self.sides[side].types(), pair[side], rules[side])
                    .map(|(at, _)| at)
            }
            _ => None,
        };
        let (a, b) = (value_at(0), value_at(1));
        self.number(node, "value at", a, b);
        self.number(node, "element size", strides[0], strides[1]);
    }
}

/// What a type is, without what it contains.
#[derive(PartialEq)]
struct What<'a> {
    kind: &'static str,
    name: Option<&'a str>,
}

impl<'a> What<'a> {
    /// Kind and name of a named type.
    fn of(schema: &'a Schema, id: TypeId) -> What<'a> {
        let def = &schema[id];
        let kind = match &def.data {
            Data::Struct(Struct {
                class: Class::Table,
                ..
            }) => "table",
            Data::Struct(_) => "inline struct",
            Data::Enum(_) => "enum",
            Data::Union(Union {
                spread: Some(_), ..
            }) => "spread union",
            Data::Union(_) => "union",
        };
        What {
            kind,
            name: Some(&def.name),
        }
    }

    /// The outermost part of a type.
    fn kind(schema: &'a Schema, ty: &Type) -> What<'a> {
        let (kind, name) = match ty {
            Type::Named(id) => return What::of(schema, *id),
            Type::Scalar(scalar) => ("", Some(scalar.name())),
            Type::Text => ("text", None),
            Type::Array(..) => ("an array", None),
            Type::Slice(_) => ("a slice", None),
            Type::Option(_) => ("an optional value", None),
            Type::Map(..) => ("a map", None),
        };
        What { kind, name }
    }
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.name) {
            (kind, None) => f.write_str(kind),
            ("", Some(name)) => write!(f, "`{name}`"),
            (kind, Some(name)) => write!(f, "{kind} `{name}`"),
        }
    }
}

#[cfg(test)]
mod growth;
#[cfg(test)]
mod tests;
