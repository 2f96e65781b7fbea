//! Writes Rust source with random types that the derive accepts.

use std::fmt::Write;

use crate::numbers::Numbers;

/// Levels of references below a value, at most; messages may have 64.
const MAX_DEPTH: u32 = 44;
/// How often a value of a type holds another one of the same type below it.
pub const RECURSIONS: u32 = 3;
/// Numbers and references that the default of a type has, at most.
const MAX_WEIGHT: u32 = 600;

const SCALARS: [&str; 12] = [
    "bool", "char", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64",
];
const KEYS: [&str; 12] = [
    "bool", "char", "u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64", "String", "Box<str>",
];
const REPRS: [&str; 8] = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"];
const RULES: [Rule; 4] = [Rule::Padded, Rule::C, Rule::Packed, Rule::Legacy];

/// A layout.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Padded,
    C,
    Packed,
    Legacy,
}

/// A type of a field.
#[derive(Clone)]
enum Ty {
    Scalar(&'static str),
    Text(&'static str),
    /// An earlier type.
    Named(usize),
    /// The type that has the field.
    Own,
    List(Box<Ty>),
    BoxedList(Box<Ty>),
    Array(Box<Ty>, u32),
    Option(Box<Ty>),
    Boxed(Box<Ty>),
    Map(&'static str, &'static str, Box<Ty>),
}

/// What later types need to know of a type.
#[derive(Clone, Copy, Default)]
struct Facts {
    /// Levels of references below it, at most.
    depth: u32,
    /// Numbers and references in its default.
    weight: u32,
    /// It is an option, or is written as one.
    optional: bool,
}

struct Field {
    ty: Ty,
    max: Option<u32>,
}

/// A type that was written.
struct Made {
    name: String,
    facts: Facts,
    /// It can be a message.
    root: bool,
}

/// The source of `count` types and a list of those that can be messages:
/// `SEED` and `COUNT`, and `ROOTS: &[(&str, fn(&str, u64))]`.
#[must_use]
pub fn source(seed: u64, count: u64) -> String {
    let mut writer = Writer {
        numbers: Numbers::new(seed),
        made: Vec::new(),
        holders: Vec::new(),
        out: String::new(),
    };
    for index in 0..count.max(1) {
        writer.declaration(index == 0);
    }
    let roots = writer.made.iter().filter(|made| made.root);
    let roots = roots.map(|made| &made.name).chain(&writer.holders);
    let roots: String = roots.fold(String::new(), |mut all, name| {
        let _ = writeln!(all, "    ({name:?}, check::<{name}>),");
        all
    });
    format!(
        "pub const SEED: u64 = {seed};\npub const COUNT: u64 = {count};\n\npub const ROOTS: &[(&str, fn(&str, u64))] = &[\n{roots}];\n{}",
        writer.out
    )
}

struct Writer {
    numbers: Numbers,
    made: Vec<Made>,
    /// Structs around types that are no messages, which no other type refers to.
    holders: Vec<String>,
    out: String,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn declaration(&mut self, root: bool) {
        self.line("");
        match self.numbers.below(if root { 10 } else { 20 }) {
            0..=6 => self.structure(true),
            7..=9 => self.structure(false),
            10..=12 => self.newtype(),
            13..=14 => self.enumeration(),
            _ => self.union(),
        }
        if let Some(made) = self.made.last().filter(|made| !made.root) {
            let ty = made.name.clone();
            self.line("");
            self.holder(&ty);
        }
    }

    /// A struct that holds a type in every way: only structs are messages.
    fn holder(&mut self, ty: &str) {
        let (index, name) = (self.made.len() - 1, format!("R{ty}"));
        let rule = self.numbers.one_of(&RULES);
        let named = || Box::new(Ty::Named(index));
        let mut types = vec![*named(), Ty::List(named()), Ty::Array(named(), 2)];
        types.push(Ty::Map("BTreeMap", "u8", named()));
        if !self.made[index].facts.optional {
            types.push(Ty::Option(named()));
            if rule != Rule::Legacy {
                types.push(Ty::List(Box::new(Ty::Option(named()))));
                types.push(Ty::Array(Box::new(Ty::Option(named())), 2));
            }
        }
        let field = |ty| Field { ty, max: None };
        let fields: Vec<_> = types.into_iter().map(field).collect();
        let table = self.numbers.once_in(2);
        self.derive();
        self.options(&[(table, "table")], rule);
        self.line(&format!("pub struct {name} {{"));
        self.fields(&name, &fields, "pub ", true);
        self.line("}");
        let value = self.value(&name, &fields, true);
        self.random(&name, &value);
        self.holders.push(name);
    }

    fn structure(&mut self, table: bool) {
        let name = format!("T{}", self.made.len());
        let rule = self.numbers.one_of(&RULES);
        let wide = self.numbers.once_in(12);
        let count = 1 + self.numbers.below(if wide { 40 } else { 7 });
        let plain = rule == Rule::C && self.numbers.once_in(3);
        let fields: Vec<_> = (0..count)
            .map(|_| match plain {
                true => Field {
                    ty: self.plain(),
                    max: None,
                },
                false => self.field(rule, Some(table)),
            })
            .collect();
        // A tuple of one field is a newtype, unless it is a table.
        let tuple = self.numbers.once_in(4) && (table || count > 1);
        self.derive();
        let inline = !table && self.numbers.once_in(3);
        self.options(&[(table, "table"), (inline, "inline")], rule);
        if plain {
            self.line("#[repr(C)]");
        }
        let (open, close) = if tuple { ("(", ");") } else { (" {", "}") };
        self.line(&format!("pub struct {name}{open}"));
        self.fields(&name, &fields, "pub ", !tuple);
        self.line(close);
        let value = self.value(&name, &fields, !tuple);
        self.random(&name, &value);
        let facts = self.facts_of_fields(&fields);
        self.add(name, facts, true);
    }

    fn newtype(&mut self) {
        let name = format!("T{}", self.made.len());
        let ty = self.ty(3, None);
        let (facts, text) = (self.facts(&ty), self.spelt(&ty, &name));
        self.derive();
        self.line(&format!("pub struct {name}(pub {text});"));
        self.random(&name, &format!("{name}(pen.value())"));
        self.made.push(Made {
            name,
            facts,
            root: false,
        });
    }

    fn enumeration(&mut self) {
        let name = self.letters();
        let repr = self.numbers.one_of(&REPRS);
        let count = 1 + self.numbers.below(6);
        let values = self.distinct(count, 100);
        self.derive();
        self.line(&format!("#[repr({repr})]"));
        self.line(&format!("pub enum {name} {{"));
        for (index, value) in values.iter().enumerate() {
            self.line(&format!("    V{index} = {value},"));
        }
        self.line("}");
        let mut arms = String::new();
        for index in 1..count {
            let _ = write!(arms, "{index} => {name}::V{index}, ");
        }
        self.random(
            &name,
            &format!("match pen.numbers.below({count}) {{ {arms}_ => {name}::V0 }}"),
        );
        let facts = Facts {
            weight: 1,
            ..Facts::default()
        };
        self.made.push(Made {
            name,
            facts,
            root: false,
        });
    }

    fn union(&mut self) {
        let name = self.letters();
        let rule = self.numbers.one_of(&RULES);
        let spread = self.numbers.once_in(3);
        let count = 2 + self.numbers.below(4);
        let mut variants: Vec<Vec<Field>> = Vec::new();
        for index in 0..count {
            let fields = match self.numbers.below(4) {
                // At least one has data.
                0 if index + 1 < count => 0,
                fields => fields.max(1),
            };
            // The default ends.
            let own = (index > 0).then_some(true);
            let fields = (0..fields).map(|_| self.field(rule, own)).collect();
            variants.push(fields);
        }
        self.derive();
        self.options(&[(spread, "spread")], rule);
        let repr = self.numbers.once_in(2);
        let values = self.distinct(count, if repr { 60_000 } else { 250 });
        if repr {
            let repr = self.numbers.one_of(&["u16", "u32"]);
            self.line(&format!("#[repr({repr})]"));
        }
        self.line(&format!("pub enum {name} {{"));
        let mut arms = String::new();
        let mut zero = String::new();
        for (index, (fields, value)) in variants.iter().zip(values).enumerate() {
            let named = self.numbers.once_in(2);
            let discriminant = match repr {
                true => format!(" = {value}"),
                false => String::new(),
            };
            let path = format!("{name}::V{index}");
            if fields.is_empty() {
                self.line(&format!("    V{index}{discriminant},"));
            } else {
                let (open, close) = if named { (" {", "}") } else { ("(", ")") };
                self.line(&format!("    V{index}{open}"));
                self.fields(&name, fields, "", named);
                self.line(&format!("    {close}{discriminant},"));
            }
            let made = self.value(&path, fields, named);
            if index == 0 {
                zero = made;
            } else {
                let _ = write!(arms, "{index} if !pen.is_deep() => {made}, ");
            }
        }
        self.line("}");
        self.random(
            &name,
            &format!("match pen.numbers.below({count}) {{ {arms}_ => {zero} }}"),
        );
        let mut facts = Facts::default();
        for fields in &variants {
            let variant = self.facts_of_fields(fields);
            facts.depth = facts.depth.max(variant.depth);
            // Every variant can be what a damaged message has.
            facts.weight = facts.weight.max(variant.weight);
        }
        facts.depth += 1;
        self.add(name, facts, false);
    }

    fn add(&mut self, name: String, facts: Facts, root: bool) {
        self.made.push(Made { name, facts, root });
    }

    fn derive(&mut self) {
        self.line("#[derive(Debug, PartialEq, karmem::Karmem)]");
    }

    fn options(&mut self, flags: &[(bool, &str)], rule: Rule) {
        let mut options: Vec<&str> = flags
            .iter()
            .filter_map(|(given, option)| given.then_some(*option))
            .collect();
        match rule {
            Rule::Padded => {}
            Rule::C => options.push("layout = \"c\""),
            Rule::Packed => options.push("layout = \"packed\""),
            Rule::Legacy => options.push("layout = \"legacy\""),
        }
        if !options.is_empty() {
            self.line(&format!("#[karmem({})]", options.join(", ")));
        }
    }

    fn fields(&mut self, owner: &str, fields: &[Field], vis: &str, named: bool) {
        for (index, field) in fields.iter().enumerate() {
            if let Some(max) = field.max {
                self.line(&format!("    #[karmem(max = {max})]"));
            }
            let name = match named {
                true => format!("f{index}: "),
                false => String::new(),
            };
            let ty = self.spelt(&field.ty, owner);
            self.line(&format!("    {vis}{name}{ty},"));
        }
    }

    /// The expression of a random value with these fields.
    fn value(&self, path: &str, fields: &[Field], named: bool) -> String {
        let mut values = String::new();
        for (index, field) in fields.iter().enumerate() {
            let value = match field.max {
                _ if is_own(&field.ty) => "pen.again()".to_owned(),
                Some(max) => format!("pen.limited({max})"),
                None => "pen.value()".to_owned(),
            };
            let _ = match named {
                true => write!(values, "f{index}: {value}, "),
                false => write!(values, "{value}, "),
            };
        }
        match (fields.is_empty(), named) {
            (true, _) => path.to_owned(),
            (false, true) => format!("{path} {{ {values} }}"),
            (false, false) => format!("{path}({values})"),
        }
    }

    fn random(&mut self, name: &str, value: &str) {
        self.line(&format!("impl Random for {name} {{"));
        self.line(&format!(
            "    fn random(pen: &mut Pen) -> Self {{ {value} }}"
        ));
        self.line("}");
    }

    /// A name without digits, as enums have them.
    fn letters(&mut self) -> String {
        let mut name = "E".to_owned();
        let mut number = self.made.len();
        loop {
            name.push(char::from(b'a' + (number % 26) as u8));
            number /= 26;
            if number == 0 {
                return name;
            }
        }
    }

    /// 0 and other ascending numbers.
    fn distinct(&mut self, count: usize, end: usize) -> Vec<usize> {
        let step = (end / count).max(1);
        (0..count)
            .scan(0, |last, index| {
                if index > 0 {
                    *last += 1 + self.numbers.below(step);
                }
                Some(*last)
            })
            .collect()
    }

    /// A field; `own` says whether it may hold the type itself, and whether in a `Box`.
    fn field(&mut self, rule: Rule, own: Option<bool>) -> Field {
        for _ in 0..40 {
            let ty = match own {
                Some(boxed) if self.numbers.once_in(14) => self.own(boxed),
                _ => self.ty(4, Some(rule)),
            };
            if rule == Rule::Legacy && !self.is_legacy(&ty) {
                continue;
            }
            let max = self.numbers.once_in(3) && is_limited(&ty);
            let max = max.then(|| 1 + self.numbers.below(9) as u32);
            return Field { ty, max };
        }
        let ty = Ty::Scalar("u8");
        Field { ty, max: None }
    }

    /// A type that holds the one that has it.
    fn own(&mut self, boxed: bool) -> Ty {
        let own = || Box::new(Ty::Own);
        match self.numbers.below(if boxed { 5 } else { 3 }) {
            0 => Ty::List(own()),
            1 => Ty::BoxedList(own()),
            2 => Ty::Map("BTreeMap", "u16", own()),
            _ => Ty::Option(Box::new(Ty::Boxed(own()))),
        }
    }

    /// A number, or an array of numbers.
    fn plain(&mut self) -> Ty {
        let scalar = Ty::Scalar(self.numbers.one_of(&SCALARS));
        match self.numbers.below(3) {
            0 => Ty::Array(Box::new(scalar), 1 + self.numbers.below(5) as u32),
            _ => scalar,
        }
    }

    /// A type without the type that has it; of a struct with this layout.
    fn ty(&mut self, nesting: u32, rule: Option<Rule>) -> Ty {
        for _ in 0..40 {
            let ty = self.any(nesting, rule);
            let facts = self.facts(&ty);
            if facts.depth <= MAX_DEPTH && facts.weight <= MAX_WEIGHT {
                return ty;
            }
        }
        Ty::Scalar("u8")
    }

    fn any(&mut self, nesting: u32, rule: Option<Rule>) -> Ty {
        let kinds = if nesting == 0 { 48 } else { 100 };
        match self.numbers.below(kinds) {
            0..=19 => Ty::Scalar(self.numbers.one_of(&SCALARS)),
            20..=23 => Ty::Text("String"),
            24..=25 => Ty::Text("Box<str>"),
            26..=47 if self.made.is_empty() => Ty::Text("String"),
            // Half of them of the last few types, so that types nest.
            26..=47 => {
                let (made, near) = (self.made.len(), self.numbers.once_in(2));
                let among = if near { made.min(6) } else { made };
                Ty::Named(made - 1 - self.numbers.below(among))
            }
            48..=62 => Ty::List(self.inner(nesting, rule)),
            63..=65 => Ty::BoxedList(self.inner(nesting, rule)),
            66..=74 => {
                let large = self.numbers.once_in(8);
                let count = 1 + self.numbers.below(if large { 300 } else { 4 });
                Ty::Array(self.inner(nesting, rule), count as u32)
            }
            75..=86 => {
                let inner = self.inner(nesting, rule);
                // An option of what is itself an option, or is written as one, is a compile error.
                match self.facts(&inner).optional {
                    true => *inner,
                    false => Ty::Option(inner),
                }
            }
            87..=91 => Ty::Boxed(self.inner(nesting, rule)),
            _ => {
                let map = if self.numbers.once_in(3) {
                    "HashMap"
                } else {
                    "BTreeMap"
                };
                let key = self.numbers.one_of(&KEYS);
                Ty::Map(map, key, self.inner(nesting, rule))
            }
        }
    }

    fn inner(&mut self, nesting: u32, rule: Option<Rule>) -> Box<Ty> {
        Box::new(self.ty(nesting - 1, rule))
    }

    fn facts_of_fields(&self, fields: &[Field]) -> Facts {
        let mut all = Facts::default();
        let mut recursive = false;
        for field in fields {
            let facts = self.facts(&field.ty);
            all.depth = all.depth.max(facts.depth);
            all.weight = all.weight.saturating_add(facts.weight);
            recursive |= is_own(&field.ty);
        }
        if recursive {
            // Three more of itself, each in a list of tables.
            all.depth = (all.depth + 3) * (RECURSIONS + 1);
        }
        all.depth += 1;
        all
    }

    fn facts(&self, ty: &Ty) -> Facts {
        let mut facts = match ty {
            Ty::Named(index) => return self.made[*index].facts,
            Ty::Boxed(inner) => return self.facts(inner),
            Ty::Scalar(_) | Ty::Text(_) | Ty::Own => Facts::default(),
            Ty::List(inner) | Ty::BoxedList(inner) | Ty::Map(_, _, inner) => {
                let inner = self.facts(inner);
                Facts {
                    depth: inner.depth + 1,
                    ..Facts::default()
                }
            }
            Ty::Array(inner, count) => {
                let inner = self.facts(inner);
                return Facts {
                    weight: inner.weight.saturating_mul(*count),
                    optional: false,
                    ..inner
                };
            }
            Ty::Option(inner) => {
                return Facts {
                    optional: true,
                    ..self.facts(inner)
                };
            }
        };
        facts.weight = 1;
        facts
    }

    /// Whether the legacy layout has such a field; it has no wrappers for elements.
    fn is_legacy(&self, ty: &Ty) -> bool {
        match ty {
            Ty::List(element) | Ty::BoxedList(element) | Ty::Array(element, _) => {
                let refused = matches!(
                    **element,
                    Ty::Text(_) | Ty::List(_) | Ty::BoxedList(_) | Ty::Option(_) | Ty::Map(..)
                );
                !refused && self.is_legacy(element)
            }
            Ty::Option(inner) | Ty::Boxed(inner) | Ty::Map(_, _, inner) => self.is_legacy(inner),
            Ty::Scalar(_) | Ty::Text(_) | Ty::Named(_) | Ty::Own => true,
        }
    }

    fn spelt(&self, ty: &Ty, own: &str) -> String {
        let inner = |ty: &Ty| self.spelt(ty, own);
        match ty {
            Ty::Scalar(name) | Ty::Text(name) => (*name).to_owned(),
            Ty::Named(index) => self.made[*index].name.clone(),
            Ty::Own => own.to_owned(),
            Ty::List(element) => format!("Vec<{}>", inner(element)),
            Ty::BoxedList(element) => format!("Box<[{}]>", inner(element)),
            Ty::Array(element, count) => format!("[{}; {count}]", inner(element)),
            Ty::Option(value) => format!("Option<{}>", inner(value)),
            Ty::Boxed(value) => format!("Box<{}>", inner(value)),
            Ty::Map(map, key, value) => format!("{map}<{key}, {}>", inner(value)),
        }
    }
}

/// Whether it holds the type that has it.
fn is_own(ty: &Ty) -> bool {
    match ty {
        Ty::Own => true,
        Ty::List(inner)
        | Ty::BoxedList(inner)
        | Ty::Array(inner, _)
        | Ty::Option(inner)
        | Ty::Boxed(inner)
        | Ty::Map(_, _, inner) => is_own(inner),
        Ty::Scalar(_) | Ty::Text(_) | Ty::Named(_) => false,
    }
}

/// Whether `max` applies to it.
fn is_limited(ty: &Ty) -> bool {
    match ty {
        Ty::Option(inner) => is_limited(inner),
        Ty::Text(_) | Ty::List(_) | Ty::BoxedList(_) | Ty::Map(..) => !is_own(ty),
        Ty::Scalar(_) | Ty::Named(_) | Ty::Own | Ty::Array(..) | Ty::Boxed(_) => false,
    }
}
