//! Identities of types as numbers.

use std::collections::HashMap;
use std::fmt;

use blake2::digest::KeyInit;
use blake2::digest::consts::U8;
use blake2::{Blake2b, Blake2b256, Blake2bMac, Digest};
use karmem_core::layout::Rule;

use crate::interface::{Interface, Pass};
use crate::resolve;
use crate::schema::{Data, Schema, Struct, Type, TypeId, Union};

/// A hash over the resolved layout of a type and of all that it reaches: names in a `.km`, kinds,
/// offsets, sizes and limits. Paths, ids and the order of unrelated types have no part in it.
///
/// Two types with one fingerprint read and write the same bytes. Where fingerprints differ,
/// [`differences`](crate::differences) finds at least one difference.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// The id that the public compiler gives to a struct without `@id`, from its name and the header's
/// `@key`.
///
/// ```
/// assert_eq!(karmem_idl::upstream_id("Vec3", None), 10268726485798425099);
/// ```
#[must_use]
pub fn upstream_id(name: &str, key: Option<&str>) -> u64 {
    let digest: [u8; 8] = match key {
        None => Blake2b::<U8>::digest(name.as_bytes()).into(),
        Some(key) => {
            let key = Blake2b256::digest(key.as_bytes());
            let mut mac = Blake2bMac::<U8>::new_from_slice(&key).expect("a key may have 32 bytes");
            blake2::digest::Update::update(&mut mac, name.as_bytes());
            blake2::digest::FixedOutput::finalize_fixed(mac).into()
        }
    };
    u64::from_le_bytes(digest)
}

impl Schema {
    /// The fingerprint of a type. It takes time in proportion to what the type reaches.
    ///
    /// # Panics
    ///
    /// May panic for an id of another schema.
    #[must_use]
    pub fn fingerprint(&self, id: TypeId) -> Fingerprint {
        self.fingerprint_of(&Type::Named(id))
    }

    /// The fingerprint of a type that may have no name, as one of [`Schema::roots`].
    ///
    /// # Panics
    ///
    /// May panic for a type of another schema.
    #[must_use]
    pub fn fingerprint_of(&self, ty: &Type) -> Fingerprint {
        let mut hasher = Hasher::new(self);
        hasher.text("karmem fingerprint 1");
        hasher.ty(ty, Rule::Padded);
        hasher.finish()
    }

    /// The fingerprint of an interface: of its package, name and version, and of its methods with the
    /// names of their parameters, the ways in which these are passed and all that their types reach.
    /// The order of methods has no part in it.
    ///
    /// Two modules with one fingerprint of an interface can call each other. Where fingerprints
    /// differ, [`interface_differences`](crate::interface_differences) finds at least one difference.
    ///
    /// # Panics
    ///
    /// May panic for an interface of another schema.
    #[must_use]
    pub fn interface_fingerprint(&self, interface: &Interface) -> Fingerprint {
        let mut hasher = Hasher::new(self);
        hasher.text("karmem interface 1");
        hasher.text(&interface.package);
        hasher.text(&interface.name);
        hasher.number(interface.version.into());
        hasher.number(interface.methods.len() as i128);
        let mut methods: Vec<_> = interface.methods.iter().collect();
        methods.sort_by(|a, b| a.name.cmp(&b.name));
        for method in methods {
            hasher.text(&method.name);
            hasher.number(method.params.len() as i128);
            for param in &method.params {
                hasher.text(&param.name);
                hasher.pass(Some(&param.pass));
            }
            hasher.pass(method.ok.as_ref());
            hasher.pass(method.err.as_ref());
        }
        hasher.finish()
    }
}

/// Writes the canonical description: words and numbers, each of which shows its own end.
struct Hasher<'a> {
    schema: &'a Schema,
    out: Blake2b<U8>,
    ids: Vec<TypeId>,
    known: HashMap<TypeId, u32>,
}

impl<'a> Hasher<'a> {
    fn new(schema: &'a Schema) -> Self {
        Hasher {
            schema,
            out: Blake2b::new(),
            ids: Vec::new(),
            known: HashMap::new(),
        }
    }

    fn finish(mut self) -> Fingerprint {
        // Types are described in the order in which they are first referred to, which no reordering
        // of the schema changes; a second reference is only the number of the first.
        let mut done = 0;
        while let Some(id) = self.ids.get(done).copied() {
            self.def(id);
            done += 1;
        }
        let digest: [u8; 8] = self.out.finalize().into();
        Fingerprint(u64::from_le_bytes(digest))
    }

    fn pass(&mut self, pass: Option<&Pass>) {
        match pass {
            None => self.text("nothing"),
            Some(pass) => {
                self.text(pass.mode().name());
                self.ty(pass.ty(), Rule::Padded);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.out.update((text.len() as u64).to_le_bytes());
        self.out.update(text);
    }

    fn number(&mut self, value: i128) {
        self.out.update(value.to_le_bytes());
    }

    fn optional(&mut self, value: Option<u32>) {
        self.number(value.map_or(-1, i128::from));
    }

    fn ty(&mut self, ty: &Type, rule: Rule) {
        let types = self.schema.types();
        match ty {
            Type::Scalar(scalar) => self.text(scalar.name()),
            Type::Text => self.text("text"),
            Type::Named(id) => {
                let next = self.ids.len() as u32;
                let number = *self.known.entry(*id).or_insert(next);
                if number == next {
                    self.ids.push(*id);
                }
                self.text("named");
                self.number(number.into());
            }
            Type::Array(inner, count) => {
                self.text("array");
                self.number((*count).into());
                self.optional(resolve::stride(types, ty, rule));
                self.item(inner, rule);
            }
            Type::Slice(inner) => {
                self.text("slice");
                self.optional(resolve::stride(types, ty, rule));
                self.item(inner, rule);
            }
            Type::Option(inner) => {
                self.text("option");
                self.ty(inner, rule);
            }
            Type::Map(key, value) => {
                self.text("map");
                let entry = resolve::entry(types, key, value, rule);
                for place in entry.map_or([0; 4], |e| {
                    [e.key.at, e.value.flag, e.value.at, e.layout.size]
                }) {
                    self.number(place.into());
                }
                self.ty(key, rule);
                self.ty(value, rule);
            }
        }
    }

    /// An element, of which an optional one has an offset of its own.
    fn item(&mut self, ty: &Type, rule: Rule) {
        if let Type::Option(inner) = ty {
            let place = resolve::option_item(self.schema.types(), ty, rule);
            let flagged = !resolve::is_table(self.schema.types(), inner);
            self.optional(place.filter(|_| flagged).map(|(at, _)| at));
        }
        self.ty(ty, rule);
    }

    fn def(&mut self, id: TypeId) {
        let schema = self.schema;
        let def = &schema[id];
        match &def.data {
            Data::Struct(it) => {
                self.text(it.class.name());
                self.text(&def.name);
                self.structure(it);
            }
            Data::Enum(it) => {
                self.text("enum");
                self.text(&def.name);
                self.text(it.repr.name());
                self.number(it.values.len() as i128);
                for (name, value) in &it.values {
                    self.text(name);
                    self.number(*value);
                }
            }
            Data::Union(it) => {
                self.text("union");
                self.text(&def.name);
                self.union(it);
            }
        }
    }

    fn structure(&mut self, it: &Struct) {
        self.number(it.layout.size.into());
        self.number(it.fields.len() as i128);
        for field in &it.fields {
            self.text(&field.name);
            self.ty(&field.ty, it.rule);
            self.number(field.at.at.into());
            self.number(field.size.into());
            self.optional(field.flag.then_some(field.at.flag));
            self.optional(field.max);
        }
    }

    fn union(&mut self, it: &Union) {
        self.text(it.repr.name());
        self.optional(it.spread.map(|spread| spread.layout.size));
        self.number(it.variants.len() as i128);
        for variant in &it.variants {
            self.text(&variant.name);
            self.number(variant.value.into());
            self.optional(variant.at);
            match variant.table {
                Some(id) => self.ty(&Type::Named(id), Rule::Padded),
                None => self.text("empty"),
            }
        }
    }
}

#[cfg(test)]
mod tests;
