//! Ports: what consumers import, and who provides it.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::{AsContextMut, Func, FuncType, StoreContextMut};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::shown::shown;
use crate::system::provider::Caller;
use crate::system::regions;
use crate::system::shim::{self, Guards, Shim, Signature};

/// The name of an interface as imports spell it: `game/physics@1`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct InterfaceName {
    pub(crate) package: String,
    pub(crate) name: String,
    pub(crate) version: u32,
}

impl InterfaceName {
    /// From the module name of an import; `None` if that is no interface's.
    pub(crate) fn of_import(module: &str) -> Option<InterfaceName> {
        let (package, rest) = module
            .strip_prefix(karmem_idl::IMPORT_PREFIX)?
            .split_once('/')?;
        let (name, version) = rest.split_once('@')?;
        Some(InterfaceName {
            package: package.into(),
            name: name.into(),
            version: version.parse().ok()?,
        })
    }

    pub(crate) fn of(interface: &karmem_core::schema::Interface) -> InterfaceName {
        InterfaceName {
            package: interface.package.into(),
            name: interface.name.into(),
            version: interface.version,
        }
    }

    pub(crate) fn of_idl(interface: &karmem_idl::Interface) -> InterfaceName {
        InterfaceName {
            package: interface.package.clone(),
            name: interface.name.clone(),
            version: interface.version,
        }
    }

    /// The name by which a method is imported and exported.
    pub(crate) fn method(&self, method: &str) -> String {
        karmem_idl::symbol(&self.package, &self.name, method)
    }

    /// The method of that name.
    pub(crate) fn method_of<'a>(&self, field: &'a str) -> Option<&'a str> {
        field.strip_prefix(self.method("").as_str())
    }

    /// Whether a user who wrote `wanted` means this: `physics`, `game/physics` or `game/physics@1`.
    pub(crate) fn answers_to(&self, wanted: &str) -> bool {
        let whole = self.to_string();
        whole == wanted
            || whole
                .split_once('@')
                .is_some_and(|(name, _)| name == wanted)
            || self.name == wanted
    }
}

impl std::fmt::Display for InterfaceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}@{}", self.package, self.name, self.version)
    }
}

/// An interface that one consumer calls.
#[derive(Clone, Debug)]
pub(super) struct Port {
    /// A guest, or the host.
    pub(super) consumer: Option<usize>,
    pub(super) interface: InterfaceName,
    /// The methods that the consumer uses, and the slots that they go through.
    pub(super) methods: Vec<(String, u32)>,
    pub(super) shim: Shim,
    pub(super) target: Target,
}

/// Who provides an interface.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Target {
    /// A module.
    Guest(usize),
    /// An implementation in the host.
    Host(usize),
}

/// An implementation in the host.
#[derive(Debug)]
pub(super) struct Provided {
    pub(super) interface: InterfaceName,
    pub(super) schema: karmem_idl::Schema,
    pub(super) funcs: BTreeMap<&'static str, Func>,
    /// Whether a method takes a view that may be written.
    pub(super) writes: bool,
}

/// What a module imports of one interface.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) interface: InterfaceName,
    pub(crate) methods: Vec<(String, FuncType)>,
}

/// What a module imports of interfaces.
#[derive(Debug, Default)]
pub(crate) struct Wants {
    /// By name; the methods of all of them, one after another, have the slots of a shim.
    pub(crate) interfaces: Vec<Wanted>,
    /// The slot of each import of the module, in its order; `None` for those of no interface.
    pub(crate) slots: Vec<Option<u32>>,
}

impl Wants {
    pub(crate) fn of(module: &wasmtime::Module) -> Wants {
        let mut found: BTreeMap<InterfaceName, (Wanted, Vec<usize>)> = BTreeMap::new();
        let mut slots = Vec::new();
        for (index, import) in module.imports().enumerate() {
            slots.push(None);
            let wasmtime::ExternType::Func(ty) = import.ty() else {
                continue;
            };
            let Some(interface) = InterfaceName::of_import(import.module()) else {
                continue;
            };
            let method = interface
                .method_of(import.name())
                .unwrap_or(import.name())
                .to_owned();
            let entry = found.entry(interface.clone());
            let (wanted, imports) = entry.or_insert_with(|| {
                let methods = Vec::new();
                (Wanted { interface, methods }, Vec::new())
            });
            wanted.methods.push((method, ty));
            imports.push(index);
        }
        let imports = found.values().flat_map(|(_, imports)| imports);
        for (slot, import) in (0..).zip(imports) {
            slots[*import] = Some(slot);
        }
        let interfaces = found.into_values().map(|(wanted, _)| wanted);
        Wants {
            interfaces: interfaces.collect(),
            slots,
        }
    }

    /// What is wanted of one interface.
    pub(crate) fn interface(&self, name: &InterfaceName) -> Option<&Wanted> {
        let found = self
            .interfaces
            .binary_search_by(|wanted| wanted.interface.cmp(name));
        self.interfaces.get(found.ok()?)
    }
}

/// The signatures of a consumer's functions, in the order of its slots.
pub(super) fn signatures(wanted: &[Wanted]) -> Result<Vec<Signature>> {
    let methods = wanted
        .iter()
        .flat_map(|w| w.methods.iter().map(move |m| (w, m)));
    methods
        .map(|(w, (method, ty))| {
            shim::signature(ty).ok_or_else(|| {
                Error::Abi(format!(
                    "its import `{}.{method}` takes more than numbers",
                    w.interface
                ))
            })
        })
        .collect()
}

/// Leads a port's slots to its provider.
pub(super) fn link(store: &mut StoreContextMut<'_, Context>, port: &Port) -> Result<()> {
    for (method, slot) in &port.methods {
        let func = function(store, port.target, &port.interface, method)?;
        port.shim.set(store, *slot, func)?;
    }
    Ok(())
}

/// Leads all slots anew.
pub(super) fn relink_all(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    let ports = store.data().state.ports.clone();
    ports.iter().try_for_each(|port| link(store, port))
}

/// The function behind a method.
fn function(
    store: &mut StoreContextMut<'_, Context>,
    target: Target,
    interface: &InterfaceName,
    method: &str,
) -> Result<Func> {
    match target {
        Target::Host(provider) => {
            let provider = &store.data().state.providers[provider];
            provider
                .funcs
                .get(method)
                .copied()
                .ok_or_else(|| Error::NoFunction {
                    name: method.into(),
                    available: crate::module::name_list(
                        provider.funcs.keys().map(|name| (*name).into()).collect(),
                    ),
                })
        }
        Target::Guest(guest) => {
            let member = &store.data().state.guests[guest];
            if let Some(why) = &member.poisoned {
                let error = Poisoned {
                    module: member.guest.name.clone(),
                    why: why.clone(),
                };
                let func = exported(store, guest, interface, method)?;
                return Ok(refusal(store, func, error));
            }
            exported(store, guest, interface, method)
        }
    }
}

fn exported(
    store: &mut StoreContextMut<'_, Context>,
    guest: usize,
    interface: &InterfaceName,
    method: &str,
) -> Result<Func> {
    let (instance, module) = {
        let guest = &store.data().state.guests[guest].guest;
        (guest.instance, guest.module.clone())
    };
    let name = interface.method(method);
    instance
        .get_func(store.as_context_mut(), &name)
        .ok_or_else(|| Error::NoFunction {
            name,
            available: module.function_names(),
        })
}

/// Why a call into a module is refused.
#[derive(Debug, thiserror::Error)]
#[error(
    "the module `{}` cannot be called any more since {}; swap it for a new instance",
    shown(module),
    shown(why)
)]
pub(super) struct Poisoned {
    pub(super) module: Arc<str>,
    pub(super) why: Arc<str>,
}

/// A function in the place of one that must not be called: its callers get the error.
fn refusal(store: &mut StoreContextMut<'_, Context>, func: Func, error: Poisoned) -> Func {
    let ty = func.ty(&*store);
    let Poisoned { module, why } = error;
    Func::new(store.as_context_mut(), ty, move |_, _, _| {
        Err(wasmtime::Error::new(Poisoned {
            module: module.clone(),
            why: why.clone(),
        }))
    })
}

/// Returns the functions that calls run while the gate of their shim is shut.
pub(super) fn guards(store: &mut StoreContextMut<'_, Context>) -> Result<Guards> {
    if let Some(guards) = store.data().state.guards {
        return Ok(guards);
    }
    let before = |mut caller: Caller<'_>| -> wasmtime::Result<()> {
        let state = &caller.data().state;
        state.may_call().map_err(wasmtime::Error::new)?;
        copy(&mut caller.as_context_mut())
    };
    let after = |mut caller: Caller<'_>| copy(&mut caller.as_context_mut());
    let failed = |e| Error::Instantiate(crate::error::text(e));
    let guards = Guards {
        before: Func::try_wrap(store.as_context_mut(), before).map_err(failed)?,
        after: Func::try_wrap(store.as_context_mut(), after).map_err(failed)?,
    };
    store.data_mut().state.guards = Some(guards);
    Ok(guards)
}

/// Brings copied regions up to date before the next guest goes on.
fn copy(store: &mut StoreContextMut<'_, Context>) -> wasmtime::Result<()> {
    if !store.data().state.copying {
        return Ok(());
    }
    let copied = regions::copy_out(store).and_then(|()| regions::copy_in(store));
    copied.map_err(wasmtime::Error::new)
}

/// Sends all calls of modules through the guards from now on, because some region is copied.
pub(super) fn copy_around_calls(store: &mut StoreContextMut<'_, Context>) {
    store.data_mut().state.copying = true;
    for index in 0..store.data().state.guests.len() {
        if let Some(shim) = store.data().state.guests[index].guest.shim {
            shim.shut(store);
        }
    }
}

/// What a consumer gets for an import: the function of its shim.
pub(super) fn import(
    store: &mut StoreContextMut<'_, Context>,
    shim: Shim,
    slot: u32,
) -> Result<Func> {
    shim.instance
        .get_func(store.as_context_mut(), &shim::function(slot))
        .ok_or_else(|| Error::Instantiate("the shim lacks a function".into()))
}
