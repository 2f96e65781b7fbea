//! The owned model of interfaces.

use std::fmt;

use karmem_core::schema::{self as model, Number};

use crate::schema::{Data, Schema, Type, TypeId};

/// What the names of modules begin with that interfaces are imported from: `karmem:game/physics@1`.
pub const IMPORT_PREFIX: &str = "karmem:";

/// The name of a method's export, and the field of its import: `game_physics__step`.
///
/// ```
/// assert_eq!(karmem_idl::symbol("game", "physics", "step"), "game_physics__step");
/// ```
#[must_use]
pub fn symbol(package: &str, interface: &str, method: &str) -> String {
    format!("{package}_{interface}__{method}")
}

/// Functions that a module offers to others, or wants from them. Its types are those of the
/// [`Schema`] that it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Interface {
    /// Who defined it.
    pub package: String,
    /// The name, in snake case.
    pub name: String,
    /// Distinguishes interfaces that have the same name and are not compatible.
    pub version: u32,
    /// The methods in declaration order.
    pub methods: Vec<Method>,
}

/// A method of an [`Interface`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method {
    /// The name.
    pub name: String,
    /// The parameters.
    pub params: Vec<Param>,
    /// What it gives back, or what is in its `Ok`; `None` for nothing.
    pub ok: Option<Pass>,
    /// What is in its `Err`; `None` if it is no `Result`.
    pub err: Option<Pass>,
}

/// A parameter of a [`Method`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Param {
    /// The name.
    pub name: String,
    /// What is passed.
    pub pass: Pass,
}

/// What travels in a parameter or a result, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pass {
    /// A number, `bool`, `char` or field-less enum: itself.
    Scalar(Type),
    /// A struct, written to a region: its handle and offset.
    Message(Type),
    /// A struct that lies in a region, to be read there: its handle and offset.
    View(Type),
    /// A struct that lies in a region, to be changed there: its handle and offset.
    ViewMut(Type),
    /// Where a struct lies: its handle and offset.
    Shared(Type),
}

impl fmt::Display for Interface {
    /// As imports name it, without what they begin with: `game/physics@1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}@{}", self.package, self.name, self.version)
    }
}

impl Interface {
    /// The name of the module that imports of this interface name: `karmem:game/physics@1`.
    #[must_use]
    pub fn import_module(&self) -> String {
        format!("{IMPORT_PREFIX}{self}")
    }

    /// The name of a method's export, and the field of its import: `game_physics__step`.
    #[must_use]
    pub fn symbol(&self, method: &str) -> String {
        symbol(&self.package, &self.name, method)
    }

    /// The name of the trait: `Physics`.
    #[must_use]
    pub fn title(&self) -> String {
        let words = self.name.split('_').map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|c| c.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        });
        words.collect()
    }

    /// The method of this name.
    #[must_use]
    pub fn method(&self, name: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.name == name)
    }

    pub(crate) fn passes(&self) -> impl Iterator<Item = &Pass> {
        self.methods.iter().flat_map(Method::passes)
    }

    pub(crate) fn passes_mut(&mut self) -> impl Iterator<Item = &mut Pass> {
        self.methods.iter_mut().flat_map(|method| {
            let params = method.params.iter_mut().map(|param| &mut param.pass);
            params.chain(&mut method.ok).chain(&mut method.err)
        })
    }
}

impl Method {
    fn passes(&self) -> impl Iterator<Item = &Pass> {
        let params = self.params.iter().map(|param| &param.pass);
        params.chain(&self.ok).chain(&self.err)
    }

    /// The wasm types of the parameters and of the result.
    ///
    /// # Panics
    ///
    /// May panic for a method of another schema.
    #[must_use]
    pub fn signature(&self, schema: &Schema) -> (Vec<Number>, Option<Number>) {
        let params = self.params.iter().map(|param| param.pass.number(schema));
        let result = match (&self.ok, &self.err) {
            (_, Some(_)) => Some(Number::I64),
            (ok, None) => ok.as_ref().map(|ok| ok.number(schema)),
        };
        (params.collect(), result)
    }
}

impl Pass {
    /// The type of what is passed.
    #[must_use]
    pub fn ty(&self) -> &Type {
        match self {
            Pass::Scalar(ty)
            | Pass::Message(ty)
            | Pass::View(ty)
            | Pass::ViewMut(ty)
            | Pass::Shared(ty) => ty,
        }
    }

    pub(crate) fn ty_mut(&mut self) -> &mut Type {
        match self {
            Pass::Scalar(ty)
            | Pass::Message(ty)
            | Pass::View(ty)
            | Pass::ViewMut(ty)
            | Pass::Shared(ty) => ty,
        }
    }

    /// The wasm type that carries it.
    ///
    /// # Panics
    ///
    /// May panic for a type of another schema.
    #[must_use]
    pub fn number(&self, schema: &Schema) -> Number {
        match self {
            Pass::Scalar(Type::Scalar(scalar)) => scalar.number(),
            Pass::Scalar(Type::Named(id)) => match &schema[*id].data {
                Data::Enum(it) => it.repr.number(),
                Data::Struct(_) | Data::Union(_) => Number::I64,
            },
            _ => Number::I64,
        }
    }

    /// The word for how it is passed, in differences and in sections.
    pub(crate) fn mode(&self) -> Mode {
        match self {
            Pass::Scalar(_) | Pass::Message(_) => Mode::Value,
            Pass::View(_) => Mode::View,
            Pass::ViewMut(_) => Mode::ViewMut,
            Pass::Shared(_) => Mode::Shared,
        }
    }

    /// The const model's, with types that `ty` gives.
    pub(crate) fn of_model(pass: &model::Pass, mut ty: impl FnMut(&model::Type) -> Type) -> Pass {
        match pass {
            model::Pass::Scalar(it) => Pass::Scalar(ty(it)),
            model::Pass::Message(it) => Pass::Message(ty(it)),
            model::Pass::View(it) => Pass::View(ty(it)),
            model::Pass::ViewMut(it) => Pass::ViewMut(ty(it)),
            model::Pass::Shared(it) => Pass::Shared(ty(it)),
        }
    }
}

/// How something is passed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Value,
    View,
    ViewMut,
    Shared,
}

impl Mode {
    /// As messages call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mode::Value => "a value",
            Mode::View => "a view",
            Mode::ViewMut => "a view to change",
            Mode::Shared => "a place in a region",
        }
    }
}

impl Schema {
    /// The schema of interfaces and of all types that they mention.
    #[must_use]
    pub fn from_interfaces(name: &str, interfaces: &[&model::Interface]) -> Schema {
        Schema::from_model(name, &[], interfaces)
    }

    /// The interfaces: those of [`Schema::from_interfaces`] in their order, or those of a section
    /// by package, name and version.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// The interface of this package, name and version.
    #[must_use]
    pub fn interface(&self, package: &str, name: &str, version: u32) -> Option<&Interface> {
        self.interfaces
            .iter()
            .find(|it| it.package == package && it.name == name && it.version == version)
    }
}

/// Calls `f` with the id of every named type that interfaces mention.
pub(crate) fn each_named(interfaces: &[Interface], f: &mut impl FnMut(TypeId)) {
    for pass in interfaces.iter().flat_map(Interface::passes) {
        pass.ty().each_named(f);
    }
}

#[cfg(test)]
mod tests;
