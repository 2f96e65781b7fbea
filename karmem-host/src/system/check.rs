//! Whether modules fit together, found out before anything of them runs.

use std::collections::BTreeSet;

use karmem_core::schema;
use karmem_idl::{Cause, Difference, InterfaceSide, LookupError, Schema, Side};
use wasmtime::FuncType;

use crate::module::{Module, name_list};
use crate::signature::Signature;
use crate::system::build::{Choice, HOST};
use crate::system::port::{InterfaceName, Port, Provided, Target, Wanted};

/// A module by the name that it has in the system.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer<'a> {
    pub(super) name: &'a str,
    pub(super) module: &'a Module,
}

/// What is wrong, each with its place.
type Checked<T = ()> = Result<T, Vec<String>>;

/// The schema of an interface of the host.
pub(super) fn schema_of(interface: &'static schema::Interface) -> Schema {
    Schema::from_interfaces(interface.package, &[interface])
}

/// The interfaces that a module says it has and of which it exports every method.
pub(super) fn exported(module: &Module) -> Vec<String> {
    let interfaces = module.schema().map(Schema::interfaces).unwrap_or_default();
    let mut names = BTreeSet::new();
    for interface in interfaces {
        let name = InterfaceName::of_idl(interface);
        let whole = interface
            .methods
            .iter()
            .all(|method| module.function(&name.method(&method.name)).is_some());
        if whole && !interface.methods.is_empty() {
            names.insert(name.to_string());
        }
    }
    names.into_iter().collect()
}

/// What a module has of the methods that a consumer wants.
enum Exports {
    All,
    Some(Vec<String>),
    None,
}

fn exports(module: &Module, wanted: &Wanted) -> Exports {
    let interface = &wanted.interface;
    let lacks =
        |(method, _): &&(String, FuncType)| module.function(&interface.method(method)).is_none();
    let missing: Vec<_> = wanted.methods.iter().filter(lacks).collect();
    if missing.len() == wanted.methods.len() {
        return Exports::None;
    }
    // Exports do not carry the version, but a module that describes the interface does.
    let described = module.schema().map(Schema::interfaces).unwrap_or_default();
    let same =
        |i: &&karmem_idl::Interface| i.package == interface.package && i.name == interface.name;
    let versions: Vec<_> = described.iter().filter(same).map(|i| i.version).collect();
    if !versions.is_empty() && !versions.contains(&interface.version) {
        return Exports::None;
    }
    if missing.is_empty() {
        Exports::All
    } else {
        Exports::Some(
            missing
                .into_iter()
                .map(|(method, _)| method.clone())
                .collect(),
        )
    }
}

/// Choices that cannot be meant.
pub(super) fn choices(choices: &[Choice], offers: &[Offer<'_>]) -> Vec<String> {
    let mut problems = Vec::new();
    for choice in choices {
        let known = |name: &str| offers.iter().any(|offer| offer.name == name);
        if !known(&choice.provider) && choice.provider != HOST {
            problems.push(format!(
                "`{}` was to provide `{}`, but there is no such module",
                choice.provider, choice.interface
            ));
        }
        let consumer = offers.iter().find(|offer| offer.name == choice.consumer);
        let imports = consumer.is_some_and(|offer| {
            crate::system::port::wanted(offer.module.wasmtime())
                .iter()
                .any(|wanted| wanted.interface.answers_to(&choice.interface))
        });
        if !imports {
            problems.push(format!(
                "a provider of `{}` was chosen for `{}`, which imports no such interface",
                choice.interface, choice.consumer
            ));
        }
    }
    problems
}

/// Finds who provides what a module imports.
pub(super) fn resolve(
    consumer: &Offer<'_>,
    wanted: &Wanted,
    offers: &[Offer<'_>],
    providers: &[Provided],
    choice: Option<&Choice>,
) -> Checked<Target> {
    let interface = &wanted.interface;
    let mut found = Vec::new();
    let mut partly = Vec::new();
    for (index, offer) in offers.iter().enumerate() {
        let chosen = choice.is_some_and(|choice| choice.provider == offer.name);
        // Nobody means itself, unless it is said.
        if !chosen && (choice.is_some() || offer.name == consumer.name) {
            continue;
        }
        match exports(offer.module, wanted) {
            Exports::All => found.push((offer.name, Target::Guest(index))),
            Exports::Some(missing) => partly.push((offer.name, missing)),
            Exports::None => {}
        }
    }
    if choice.is_none_or(|choice| choice.provider == HOST) {
        let hosts = providers.iter().enumerate();
        let hosts = hosts.filter(|(_, provided)| provided.interface == *interface);
        found.extend(hosts.map(|(index, _)| (HOST, Target::Host(index))));
    }
    let what = format!("`{}` imports `{interface}`", consumer.name);
    match &found[..] {
        [(_, target)] => Ok(*target),
        [] => {
            let mut problem = match choice {
                None => format!("{what}, which nobody provides"),
                Some(choice) => format!("{what}, which `{}` does not provide", choice.provider),
            };
            for (name, missing) in partly {
                let missing = name_list(missing);
                problem.push_str(&format!(
                    "; `{name}` exports a part of it and lacks {missing}"
                ));
            }
            Err(vec![problem])
        }
        several => {
            let names = name_list(several.iter().map(|(name, _)| (*name).into()).collect());
            Err(vec![format!(
                "{what}, which {names} provide: choose one with `link`"
            )])
        }
    }
}

/// Compares what a consumer wants with what its provider has.
pub(super) fn link(
    providers: &[Provided],
    consumer: &Offer<'_>,
    wanted: &Wanted,
    offers: &[Offer<'_>],
    target: Target,
    exact: bool,
) -> Checked {
    match target {
        Target::Guest(guest) => {
            let provider = &offers[guest];
            let mut problems = Vec::new();
            for (method, ty) in &wanted.methods {
                let name = wanted.interface.method(method);
                match provider.module.function(&name) {
                    None => problems.push(format!(
                        "`{}` imports `{name}` of `{}`, which does not export it",
                        consumer.name, provider.name
                    )),
                    Some(found) => {
                        problems.extend(signatures(consumer.name, provider.name, &name, ty, &found))
                    }
                }
            }
            if !problems.is_empty() {
                return Err(problems);
            }
            match (consumer.module.schema(), provider.module.schema()) {
                (Some(left), Some(right)) => types(
                    (consumer.name, left),
                    (provider.name, right),
                    &wanted.interface,
                    exact,
                ),
                // A module without a schema has only its signatures to compare.
                _ => Ok(()),
            }
        }
        Target::Host(index) => {
            let Some(provided) = providers.get(index) else {
                return Ok(());
            };
            let mut problems = Vec::new();
            for (method, _) in &wanted.methods {
                if !provided.funcs.contains_key(method.as_str()) {
                    problems.push(format!(
                        "`{}` imports the method `{method}` of `{}`, which the host's lacks",
                        consumer.name, wanted.interface
                    ));
                }
            }
            if !problems.is_empty() {
                return Err(problems);
            }
            match consumer.module.schema() {
                Some(left) => {
                    let right = (HOST, &provided.schema);
                    types((consumer.name, left), right, &wanted.interface, exact)
                }
                None => Ok(()),
            }
        }
    }
}

fn signatures(
    consumer: &str,
    provider: &str,
    name: &str,
    wanted: &FuncType,
    found: &FuncType,
) -> Option<String> {
    if found.matches(wanted) {
        return None;
    }
    let (wanted, found) = (Signature::of_wasm(wanted), Signature::of_wasm(found));
    Some(format!(
        "`{consumer}` imports `{name}` as {wanted}, and `{provider}` exports it as {found}"
    ))
}

/// Compares the types of an interface on both sides.
fn types(
    (left_name, left): (&str, &Schema),
    (right_name, right): (&str, &Schema),
    interface: &InterfaceName,
    exact: bool,
) -> Checked {
    let find = |schema: &Schema| {
        let mut all = schema.interfaces().iter();
        all.position(|i| InterfaceName::of_idl(i) == *interface)
    };
    let (Some(a), Some(b)) = (find(left), find(right)) else {
        // One side does not describe it: an import by hand, as of the heap.
        return Ok(());
    };
    let left = InterfaceSide {
        label: left_name,
        schema: left,
        interface: &left.interfaces()[a],
    };
    let right = InterfaceSide {
        label: right_name,
        schema: right,
        interface: &right.interfaces()[b],
    };
    let differences = if exact {
        // Who calls some of the methods says nothing of the others.
        let mut found = karmem_idl::interface_differences(left, right, usize::MAX);
        found.retain(|difference| {
            let place = difference.path.split_once('.').map(|(_, place)| place);
            let mut methods = right.interface.methods.iter();
            difference.cause != Cause::OnlyRight
                || !methods.any(|method| place == Some(&method.name))
        });
        found.truncate(LISTED);
        found
    } else {
        karmem_idl::interface_evolution(left, right)
            .err()
            .unwrap_or_default()
    };
    if differences.is_empty() {
        return Ok(());
    }
    let line = |difference: &Difference| {
        format!("`{left_name}` and `{right_name}` differ in `{interface}`: {difference}")
    };
    Err(differences.iter().map(line).collect())
}

/// How many differences are listed.
const LISTED: usize = 16;

/// What changed between two versions of a module so that they cannot read each other's data: their types
/// of the same names are compared.
pub(super) fn versions(old: &Module, new: &Module) -> Vec<Difference> {
    let (Some(old), Some(new)) = (old.schema(), new.schema()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for left in old.ids() {
        let right = match new.find(&old[left].name) {
            Ok(right) => right,
            Err(LookupError::Ambiguous { .. }) => match new.by_path(&old[left].path) {
                Some(right) => right,
                None => continue,
            },
            // A type that is not used any more harms nobody.
            Err(_) => continue,
        };
        let left = Side {
            label: "the old version",
            schema: old,
            ty: left,
        };
        let right = Side {
            label: "the new version",
            schema: new,
            ty: right,
        };
        for difference in karmem_idl::evolution(left, right).err().unwrap_or_default() {
            // A type shows up again in all that contain it.
            if found.len() < LISTED && !found.contains(&difference) {
                found.push(difference);
            }
        }
    }
    found
}

/// What the host wants of a module: all methods of an interface.
pub(super) fn of_host(
    module: &Module,
    name: &str,
    interface: &'static schema::Interface,
) -> Checked<Wanted> {
    let id = InterfaceName::of(interface);
    let mut wanted = Wanted {
        interface: id.clone(),
        methods: Vec::new(),
    };
    let mut problems = Vec::new();
    for method in interface.methods {
        let export = id.method(method.name);
        match module.function(&export) {
            Some(ty) => wanted.methods.push((method.name.to_owned(), ty)),
            None => problems.push(format!(
                "the host calls `{id}` of `{name}`, which exports no `{export}`: it exports {}",
                module.function_names()
            )),
        }
    }
    if let Exports::None = exports(module, &wanted)
        && problems.is_empty()
        && !wanted.methods.is_empty()
    {
        problems.push(format!("`{name}` has another version of `{id}`"));
    }
    if problems.is_empty() {
        Ok(wanted)
    } else {
        Err(problems)
    }
}

/// Compares the host's interface with the module's.
pub(super) fn host_link(
    module: &Module,
    name: &str,
    interface: &'static schema::Interface,
    exact: bool,
) -> Checked {
    match module.schema() {
        Some(schema) => {
            let host = schema_of(interface);
            types(
                (HOST, &host),
                (name, schema),
                &InterfaceName::of(interface),
                exact,
            )
        }
        None => Ok(()),
    }
}

/// Whether a new version of a module still has what clients of the host call.
pub(super) fn still_serves_host(old: &Module, new: &Module, name: &str, port: &Port) -> Checked {
    let mut problems = Vec::new();
    for (method, _) in &port.methods {
        let export = port.interface.method(method);
        match (old.function(&export), new.function(&export)) {
            (_, None) => problems.push(format!(
                "the host calls `{export}` of `{name}`, which the new version does not export"
            )),
            (Some(wanted), Some(found)) => {
                problems.extend(signatures(HOST, name, &export, &wanted, &found));
            }
            (None, Some(_)) => {}
        }
    }
    // Its types are the old version's, or evolved from them, which was compared before.
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}
