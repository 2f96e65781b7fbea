//! Whether modules fit together, found out before anything of them runs.

use std::collections::BTreeSet;
use std::collections::hash_map::{Entry, HashMap};

use karmem_core::schema;
use karmem_idl::{Comparison, Differences, Interface, Schema, Strictness};
use wasmtime::FuncType;

use crate::module::{Module, name_list};
use crate::problems::Problems;
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

/// The interfaces of a package and name that a module describes, by version.
fn versions_of<'a>(schema: Option<&'a Schema>, name: &InterfaceName) -> &'a [Interface] {
    // Those of a section are sorted; the host's schemas have one.
    let all = schema.map(Schema::interfaces).unwrap_or_default();
    let key =
        |it: &Interface| (it.package.as_str(), it.name.as_str()).cmp(&(&name.package, &name.name));
    let start = all.partition_point(|it| key(it).is_lt());
    let end = all.partition_point(|it| key(it).is_le());
    all.get(start..end).unwrap_or_default()
}

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
    let described = versions_of(module.schema(), interface);
    if !described.is_empty() && described.iter().all(|i| i.version != interface.version) {
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
pub(super) fn choices(choices: &[Choice], offers: &[Offer<'_>], problems: &mut Problems) {
    for choice in choices {
        let known = |name: &str| offers.iter().any(|offer| offer.name == name);
        if !known(&choice.provider) && choice.provider != HOST {
            problems.add(|| {
                format!(
                    "`{}` was to provide `{}`, but there is no such module",
                    choice.provider, choice.interface
                )
            });
        }
        let consumer = offers.iter().find(|offer| offer.name == choice.consumer);
        let imports = consumer.is_some_and(|offer| {
            let interfaces = &offer.module.wants().interfaces;
            interfaces
                .iter()
                .any(|wanted| wanted.interface.answers_to(&choice.interface))
        });
        if !imports {
            problems.add(|| {
                format!(
                    "a provider of `{}` was chosen for `{}`, which imports no such interface",
                    choice.interface, choice.consumer
                )
            });
        }
    }
}

/// Finds who provides what a module imports.
pub(super) fn resolve(
    consumer: &Offer<'_>,
    wanted: &Wanted,
    offers: &[Offer<'_>],
    providers: &[Provided],
    choice: Option<&Choice>,
) -> Result<Target, String> {
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
            Err(problem)
        }
        several => {
            let names = name_list(several.iter().map(|(name, _)| (*name).into()).collect());
            Err(format!(
                "{what}, which {names} provide: choose one with `link`"
            ))
        }
    }
}

/// Compares what one consumer wants with what its providers have. The types of all interfaces that it has
/// from one provider are compared in one walk.
pub(super) struct Links<'a> {
    consumer: Offer<'a>,
    offers: &'a [Offer<'a>],
    providers: &'a [Provided],
    exact: bool,
    walks: HashMap<Target, Comparison<'a>>,
}

impl<'a> Links<'a> {
    pub(super) fn new(
        consumer: Offer<'a>,
        offers: &'a [Offer<'a>],
        providers: &'a [Provided],
        exact: bool,
    ) -> Links<'a> {
        Links {
            consumer,
            offers,
            providers,
            exact,
            walks: HashMap::new(),
        }
    }

    /// Checks one interface.
    pub(super) fn check(&mut self, wanted: &Wanted, target: Target, problems: &mut Problems) {
        let before = problems.len();
        let consumer = self.consumer;
        let side = match target {
            Target::Guest(guest) => {
                let Some(provider) = self.offers.get(guest) else {
                    return;
                };
                for (method, ty) in &wanted.methods {
                    let name = wanted.interface.method(method);
                    match provider.module.function(&name) {
                        None => problems.add(|| {
                            format!(
                                "`{}` imports `{name}` of `{}`, which does not export it",
                                consumer.name, provider.name
                            )
                        }),
                        Some(found) => signatures(
                            (consumer.name, ty),
                            (provider.name, &found),
                            &name,
                            problems,
                        ),
                    }
                }
                provider
                    .module
                    .schema()
                    .map(|schema| (provider.name, schema))
            }
            Target::Host(index) => {
                let Some(provided) = self.providers.get(index) else {
                    return;
                };
                for (method, _) in &wanted.methods {
                    if !provided.funcs.contains_key(method.as_str()) {
                        problems.add(|| {
                            format!(
                                "`{}` imports the method `{method}` of `{}`, which the host's lacks",
                                consumer.name, wanted.interface
                            )
                        });
                    }
                }
                Some((HOST, &provided.schema))
            }
        };
        // A module without a schema has only its signatures to compare.
        let (Some(left), Some(right)) = (consumer.module.schema(), side) else {
            return;
        };
        if problems.len() > before {
            return;
        }
        let left = (consumer.name, left);
        let walk = match self.walks.entry(target) {
            Entry::Occupied(walk) => walk.into_mut(),
            Entry::Vacant(place) => place.insert(comparison(left, right, self.exact)),
        };
        types(walk, left, right, &wanted.interface, problems);
    }
}

fn signatures(
    (consumer, wanted): (&str, &FuncType),
    (provider, found): (&str, &FuncType),
    name: &str,
    problems: &mut Problems,
) {
    if !found.matches(wanted) {
        problems.add(|| {
            let (wanted, found) = (Signature::of_wasm(wanted), Signature::of_wasm(found));
            format!(
                "`{consumer}` imports `{name}` as {wanted}, and `{provider}` exports it as {found}"
            )
        });
    }
}

fn comparison<'a>(
    left: (&'a str, &'a Schema),
    right: (&'a str, &'a Schema),
    exact: bool,
) -> Comparison<'a> {
    let strictness = match exact {
        true => Strictness::ExactTypes,
        false => Strictness::Evolution,
    };
    Comparison::new(left, right, strictness)
}

/// Compares the types of an interface on both sides.
fn types<'a>(
    walk: &mut Comparison<'a>,
    left: (&str, &'a Schema),
    right: (&str, &'a Schema),
    interface: &InterfaceName,
    problems: &mut Problems,
) {
    let find = |schema: &'a Schema| {
        let mut versions = versions_of(Some(schema), interface).iter();
        versions.find(|it| it.version == interface.version)
    };
    let (Some(a), Some(b)) = (find(left.1), find(right.1)) else {
        // One side does not describe it: an import by hand, as of the heap.
        return;
    };
    let found = walk.interfaces(a, b);
    for difference in &found.listed {
        problems.add(|| {
            let (left, right) = (left.0, right.0);
            format!("`{left}` and `{right}` differ in `{interface}`: {difference}")
        });
    }
    problems.add_more(found.more);
}

/// What changed between two versions of a module so that they cannot read each other's data: their types
/// of the same names are compared.
pub(super) fn versions(old: &Module, new: &Module) -> Differences {
    let (Some(old), Some(new)) = (old.schema(), new.schema()) else {
        return Differences::default();
    };
    let (old, new) = (("the old version", old), ("the new version", new));
    Comparison::new(old, new, Strictness::Evolution).same_names()
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
    let mut problems = Problems::default();
    for method in interface.methods {
        let export = id.method(method.name);
        match module.function(&export) {
            Some(ty) => wanted.methods.push((method.name.to_owned(), ty)),
            None => problems.add(|| {
                format!(
                    "the host calls `{id}` of `{name}`, which exports no `{export}`: it exports {}",
                    module.function_names()
                )
            }),
        }
    }
    if let Exports::None = exports(module, &wanted)
        && problems.len() == 0
        && !wanted.methods.is_empty()
    {
        problems.add(|| format!("`{name}` has another version of `{id}`"));
    }
    problems.result().map(|()| wanted)
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
            let (left, right) = ((HOST, &host), (name, schema));
            let mut walk = comparison(left, right, exact);
            let mut problems = Problems::default();
            types(
                &mut walk,
                left,
                right,
                &InterfaceName::of(interface),
                &mut problems,
            );
            problems.result()
        }
        None => Ok(()),
    }
}

/// Checks that a new version of a module still has what clients of the host call.
pub(super) fn still_serves_host(
    old: &Module,
    new: &Module,
    name: &str,
    port: &Port,
    problems: &mut Problems,
) {
    for (method, _) in &port.methods {
        let export = port.interface.method(method);
        match (old.function(&export), new.function(&export)) {
            (_, None) => problems.add(|| {
                format!(
                    "the host calls `{export}` of `{name}`, which the new version does not export"
                )
            }),
            (Some(wanted), Some(found)) => {
                signatures((HOST, &wanted), (name, &found), &export, problems);
            }
            (None, Some(_)) => {}
        }
    }
    // Its types are the old version's, or evolved from them, which was compared before.
}
