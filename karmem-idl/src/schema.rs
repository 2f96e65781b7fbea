//! The owned model of types.

use std::collections::{BTreeMap, HashMap};
use std::ops::Index;

use karmem_core::layout::{At, Class, Layout, Rule};
use karmem_core::schema::{self as model, Scalar};
use karmem_core::section::{Item, shallow_hash};

use crate::interface::{self, Interface, Method, Param, Pass};

/// A named type of a [`Schema`]: an index into [`Schema::types`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub(crate) usize);

/// The types that a program or module exchanges, and the interfaces that it knows.
///
/// Types stand in an order in which each comes after those that it refers to, except where types
/// refer to each other in a circle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schema {
    name: Option<String>,
    roots: Vec<Type>,
    types: Vec<TypeDef>,
    paths: BTreeMap<String, TypeId>,
    pub(crate) interfaces: Vec<Interface>,
}

/// A named type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeDef {
    /// The name in a `.km`: what both sides of a link compare.
    pub name: String,
    /// The path in the source (`game::world::Monster`), unique in one schema. If different types of
    /// a program have one path (types inside of functions), all but the first get `#2`, `#3`, ….
    pub path: String,
    /// What it consists of.
    pub data: Data,
}

/// What a named type consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// Fields.
    Struct(Struct),
    /// Enumerators.
    Enum(Enum),
    /// Variants with data.
    Union(Union),
}

/// A struct, or the fields of one variant of a union.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Struct {
    /// In place or behind a reference.
    pub class: Class,
    /// How its fields are placed.
    pub rule: Rule,
    /// Size and alignment in bytes; of a table with its size header.
    pub layout: Layout,
    /// `@id` of a `.km`, if given.
    pub id: Option<u64>,
    /// The fields in declaration order.
    pub fields: Vec<Field>,
}

/// A field of a struct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// The name in a `.km`.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Where it lies.
    pub at: At,
    /// Bytes of the value at `at.at`.
    pub size: u32,
    /// Whether a presence byte lies at `at.flag`.
    pub flag: bool,
    /// The limit: elements of a slice or map, bytes of a text.
    pub max: Option<u32>,
}

/// A field-less enum.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enum {
    /// The integer that carries it.
    pub repr: Scalar,
    /// The enumerators and their values, in declaration order.
    pub values: Vec<(String, i128)>,
}

/// An enum with data.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Union {
    /// The unsigned integer that carries the kind.
    pub repr: Scalar,
    /// The variants in declaration order.
    pub variants: Vec<Variant>,
    /// The inline struct of a spread union; `None` for one 64-bit slot.
    pub spread: Option<Spread>,
}

/// A variant of a [`Union`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variant {
    /// The name in a `.km`.
    pub name: String,
    /// The value of the kind.
    pub value: u32,
    /// The table with its fields, if it has any.
    pub table: Option<TypeId>,
    /// In a spread union: where the reference to the table lies.
    pub at: Option<u32>,
}

/// The inline struct of a spread union.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spread {
    /// How its fields are placed.
    pub rule: Rule,
    /// Size and alignment in bytes.
    pub layout: Layout,
}

/// A type of a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// A number, `bool` or `char`.
    Scalar(Scalar),
    /// UTF-8 text behind a reference.
    Text,
    /// A named type; a struct that is a table lies behind a reference.
    Named(TypeId),
    /// So many values in place.
    Array(Box<Type>, u32),
    /// Any number of values behind a reference.
    Slice(Box<Type>),
    /// A value that may be absent.
    Option(Box<Type>),
    /// Entries sorted by key behind a reference.
    Map(Box<Type>, Box<Type>),
}

/// Why a name does not lead to one type.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// No type has the name.
    #[error("there is no type `{name}`; there are {}", list(known))]
    Missing {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// Several types have the name.
    #[error(
        "`{name}` is the name of several types: use one of the paths {}",
        list(paths)
    )]
    Ambiguous {
        /// The name.
        name: String,
        /// Their paths.
        paths: Vec<String>,
    },
}

fn list(names: &[String]) -> String {
    let shown: Vec<_> = names
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    match names.len() {
        0 => "none at all".to_owned(),
        n if n > shown.len() => format!("{}, … ({n})", shown.join(", ")),
        _ => shown.join(", "),
    }
}

impl Index<TypeId> for Schema {
    type Output = TypeDef;

    /// # Panics
    ///
    /// May panic for an id of another schema.
    fn index(&self, id: TypeId) -> &TypeDef {
        &self.types[id.0]
    }
}

impl Schema {
    /// The schema of derived types and of everything that they refer to.
    ///
    /// `name` becomes the package name of a `.km`.
    #[must_use]
    pub fn from_types(name: &str, types: &[model::Type]) -> Schema {
        Schema::from_model(name, types, &[])
    }

    /// The schema of types and interfaces, and of everything that they refer to.
    #[must_use]
    pub fn from_model(
        name: &str,
        types: &[model::Type],
        interfaces: &[&model::Interface],
    ) -> Schema {
        let mut walk = Walk::default();
        let roots = types.iter().map(|ty| walk.ty(ty)).collect();
        let interfaces = interfaces.iter().map(|it| walk.interface(it)).collect();
        // Types wait in `items` until it is their turn, so that depth costs no stack.
        let mut defs = Vec::new();
        while let Some((item, path)) = walk.items.get(defs.len()).cloned() {
            defs.push(walk.def(&item, path));
        }
        Schema::assemble(Some(name.to_owned()), roots, defs, interfaces)
    }

    /// Puts types into the order of the schema. Ids are indices into `types`.
    pub(crate) fn assemble(
        name: Option<String>,
        roots: Vec<Type>,
        types: Vec<TypeDef>,
        mut interfaces: Vec<Interface>,
    ) -> Schema {
        let mut starts = Vec::new();
        for root in &roots {
            root.each_named(&mut |id| starts.push(id));
        }
        interface::each_named(&interfaces, &mut |id| starts.push(id));
        let order = dependencies_first(&types, &starts);
        let mut new_of_old = vec![TypeId(0); types.len()];
        for (new, old) in order.iter().enumerate() {
            new_of_old[old.0] = TypeId(new);
        }
        let mut places: Vec<_> = types.into_iter().map(Some).collect();
        let mut sorted: Vec<TypeDef> = order
            .iter()
            .filter_map(|old| places[old.0].take())
            .collect();
        for def in &mut sorted {
            def.data.each_id_mut(&mut |id| *id = new_of_old[id.0]);
        }
        let mut roots = roots;
        for root in &mut roots {
            root.each_named_mut(&mut |id| *id = new_of_old[id.0]);
        }
        for pass in interfaces.iter_mut().flat_map(Interface::passes_mut) {
            pass.ty_mut()
                .each_named_mut(&mut |id| *id = new_of_old[id.0]);
        }
        let paths = sorted
            .iter()
            .enumerate()
            .map(|(i, def)| (def.path.clone(), TypeId(i)))
            .collect();
        Schema {
            name,
            roots,
            types: sorted,
            paths,
            interfaces,
        }
    }

    /// The name, which is the package name of a `.km`. A schema from a section has none.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The same schema with another name.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Schema {
        self.name = Some(name.to_owned());
        self
    }

    /// What the schema was made for: the types given to [`Schema::from_types`], or all types of a
    /// section.
    #[must_use]
    pub fn roots(&self) -> &[Type] {
        &self.roots
    }

    /// All named types, dependencies first.
    #[must_use]
    pub fn types(&self) -> &[TypeDef] {
        &self.types
    }

    /// The ids of [`Schema::types`], in their order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = TypeId> + use<> {
        (0..self.types.len()).map(TypeId)
    }

    /// The type with this path.
    #[must_use]
    pub fn by_path(&self, path: &str) -> Option<TypeId> {
        self.paths.get(path).copied()
    }

    /// The type with this name in a `.km`, or with this path.
    ///
    /// # Errors
    ///
    /// If there is none, or if several types have the name and none the path.
    pub fn find(&self, name: &str) -> Result<TypeId, LookupError> {
        let found: Vec<_> = self.ids().filter(|id| self[*id].name == name).collect();
        match (found.as_slice(), self.by_path(name)) {
            ([one], _) => Ok(*one),
            (_, Some(id)) => Ok(id),
            ([], None) => Err(LookupError::Missing {
                name: name.to_owned(),
                known: self.types.iter().map(|def| def.name.clone()).collect(),
            }),
            (several, None) => Err(LookupError::Ambiguous {
                name: name.to_owned(),
                paths: several.iter().map(|id| self[*id].path.clone()).collect(),
            }),
        }
    }
}

impl Type {
    /// Calls `f` with every named type in this one, from left to right.
    pub(crate) fn each_named(&self, f: &mut impl FnMut(TypeId)) {
        match self {
            Type::Scalar(_) | Type::Text => {}
            Type::Named(id) => f(*id),
            Type::Array(inner, _) | Type::Slice(inner) | Type::Option(inner) => inner.each_named(f),
            Type::Map(key, value) => {
                key.each_named(f);
                value.each_named(f);
            }
        }
    }

    fn each_named_mut(&mut self, f: &mut impl FnMut(&mut TypeId)) {
        match self {
            Type::Scalar(_) | Type::Text => {}
            Type::Named(id) => f(id),
            Type::Array(inner, _) | Type::Slice(inner) | Type::Option(inner) => {
                inner.each_named_mut(f)
            }
            Type::Map(key, value) => {
                key.each_named_mut(f);
                value.each_named_mut(f);
            }
        }
    }
}

impl Data {
    /// The types that this one refers to, in the order of its declaration.
    pub(crate) fn references(&self) -> Vec<TypeId> {
        let mut out = Vec::new();
        match self {
            Data::Struct(it) => it
                .fields
                .iter()
                .for_each(|f| f.ty.each_named(&mut |id| out.push(id))),
            Data::Enum(_) => {}
            Data::Union(it) => out.extend(it.variants.iter().filter_map(|v| v.table)),
        }
        out
    }

    fn each_id_mut(&mut self, f: &mut impl FnMut(&mut TypeId)) {
        match self {
            Data::Struct(it) => it
                .fields
                .iter_mut()
                .for_each(|field| field.ty.each_named_mut(f)),
            Data::Enum(_) => {}
            Data::Union(it) => it
                .variants
                .iter_mut()
                .filter_map(|v| v.table.as_mut())
                .for_each(f),
        }
    }
}

/// Types in post-order of a depth-first walk from `starts`, and then from all others.
fn dependencies_first(types: &[TypeDef], starts: &[TypeId]) -> Vec<TypeId> {
    let mut seen = vec![false; types.len()];
    let mut order = Vec::with_capacity(types.len());
    for start in starts.iter().copied().chain((0..types.len()).map(TypeId)) {
        if std::mem::replace(&mut seen[start.0], true) {
            continue;
        }
        let mut stack = vec![(start, types[start.0].data.references().into_iter())];
        while let Some((id, children)) = stack.last_mut() {
            match children.next() {
                None => {
                    order.push(*id);
                    stack.pop();
                }
                Some(child) if !std::mem::replace(&mut seen[child.0], true) => {
                    stack.push((child, types[child.0].data.references().into_iter()));
                }
                Some(_) => {}
            }
        }
    }
    order
}

/// A walk over the const model, which is a graph of functions.
#[derive(Default)]
struct Walk {
    items: Vec<(Item, String)>,
    // Rust gives no identity to constants, so a type is known by its path and its description.
    ids: BTreeMap<(&'static str, u64), TypeId>,
    same_path: HashMap<&'static str, usize>,
}

impl Walk {
    fn id(&mut self, name: model::Name, item: Item) -> TypeId {
        let key = (name.path, shallow_hash(&item));
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let id = TypeId(self.items.len());
        let count = self.same_path.entry(name.path).or_default();
        *count += 1;
        let path = match *count {
            1 => name.path.to_owned(),
            n => format!("{}#{n}", name.path),
        };
        self.ids.insert(key, id);
        self.items.push((item, path));
        id
    }

    fn ty(&mut self, ty: &model::Type) -> Type {
        match ty {
            model::Type::Scalar(scalar) => Type::Scalar(*scalar),
            model::Type::Text => Type::Text,
            model::Type::Enum(it) => Type::Named(self.id(it.name, Item::Enum((it.get)()))),
            model::Type::Struct(it) => Type::Named(self.id(it.name, Item::Struct((it.get)()))),
            model::Type::Union(it) => Type::Named(self.id(it.name, Item::Union((it.get)()))),
            model::Type::Array(inner, count) => Type::Array(Box::new(self.ty(inner)), *count),
            model::Type::Slice(inner) => Type::Slice(Box::new(self.ty(inner))),
            model::Type::Option(inner) => Type::Option(Box::new(self.ty(inner))),
            model::Type::Map(key, value) => {
                Type::Map(Box::new(self.ty(key)), Box::new(self.ty(value)))
            }
        }
    }

    fn interface(&mut self, it: &model::Interface) -> Interface {
        let mut pass = |pass: &model::Pass| Pass::of_model(pass, |ty| self.ty(ty));
        let mut methods = Vec::with_capacity(it.methods.len());
        for method in it.methods {
            let params = method.params.iter().map(|param| Param {
                name: param.name.to_owned(),
                pass: pass(&param.pass),
            });
            methods.push(Method {
                name: method.name.to_owned(),
                params: params.collect(),
                ok: method.ok.as_ref().map(&mut pass),
                err: method.err.as_ref().map(&mut pass),
            });
        }
        Interface {
            package: it.package.to_owned(),
            name: it.name.to_owned(),
            version: it.version,
            methods,
        }
    }

    fn def(&mut self, item: &Item, path: String) -> TypeDef {
        let (name, data) = match item {
            Item::Struct(it) => (it.name.km, Data::Struct(self.structure(it))),
            Item::Enum(it) => {
                let values = it
                    .values
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), *value))
                    .collect();
                (
                    it.name.km,
                    Data::Enum(Enum {
                        repr: it.repr,
                        values,
                    }),
                )
            }
            Item::Union(it) => (it.name.km, Data::Union(self.union(it))),
        };
        TypeDef {
            name: name.to_owned(),
            path,
            data,
        }
    }

    fn structure(&mut self, it: &model::Struct) -> Struct {
        let fields = it.fields.iter().map(|field| Field {
            name: field.name.to_owned(),
            ty: self.ty(&field.ty),
            at: field.at,
            size: field.size,
            flag: field.flag,
            max: field.max,
        });
        let fields = fields.collect();
        Struct {
            class: it.class,
            rule: it.rule,
            layout: it.layout,
            id: it.id,
            fields,
        }
    }

    fn union(&mut self, it: &model::Union) -> Union {
        let mut places = it.spread.iter().flat_map(|spread| spread.at);
        let variants = it.variants.iter().map(|variant| {
            let table = variant
                .table
                .map(|table| self.id(table.name, Item::Struct((table.get)())));
            let at = table.and_then(|_| places.next()).map(|at| at.at);
            Variant {
                name: variant.name.to_owned(),
                value: variant.value,
                table,
                at,
            }
        });
        let variants = variants.collect();
        let spread = it.spread.as_ref().map(|s| Spread {
            rule: s.rule,
            layout: s.layout,
        });
        Union {
            repr: it.repr,
            variants,
            spread,
        }
    }
}
