//! From a list of modules to a system that runs.

use std::collections::BTreeMap;

use karmem_core::Interface;
use karmem_core::schema::Pass;
use wasmtime::{AsContextMut, Extern, Func, ImportType, Linker, Store, StoreContextMut};

use crate::context::Context;
use crate::engine::{Engine, ticks};
#[cfg(feature = "wasi")]
use crate::error::text;
use crate::error::{Error, Result};
use crate::imports::Imports;
use crate::limits::Limits;
use crate::module::Module;
use crate::prepared::not_instantiated;
use crate::problems::Problems;
use crate::region::{Access, Region, Sealed};
use crate::signature::extern_name;
use crate::system::check::{self, Offer};
use crate::system::guest::Guest;
use crate::system::port::{self, InterfaceName, Port, Provided, Target, Wanted};
use crate::system::provider::{Definer, Provider};
use crate::system::regions::{self, Body};
use crate::system::shim::{self, Shim};
use crate::system::state::Member;
use crate::system::{System, heap, wasi};

/// Bytes of an outbox, unless it is said otherwise.
const OUTBOX: usize = 1 << 20;

type Define = Box<dyn FnOnce(&mut Definer<'_>) -> Result<()>>;

/// Prepares a [`System`]: see [`System::builder`].
#[must_use]
pub struct SystemBuilder {
    engine: Engine,
    limits: Limits,
    modules: Vec<(String, Module)>,
    providers: Vec<(&'static karmem_core::schema::Interface, Define)>,
    regions: Vec<(String, Body)>,
    volatile: Vec<String>,
    grants: Vec<(String, String, Access)>,
    links: Vec<Choice>,
    imports: Option<Imports>,
    outbox: usize,
    exact: bool,
    strict: bool,
    #[cfg(feature = "wasi")]
    wasi: Option<wasmtime_wasi::p1::WasiP1Ctx>,
}

/// Which provider a consumer is to have.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) consumer: String,
    pub(super) interface: String,
    pub(super) provider: String,
}

/// The name by which the host's implementations are chosen and shown.
pub(super) const HOST: &str = "host";

impl std::fmt::Debug for SystemBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let modules: Vec<_> = self.modules.iter().map(|(name, _)| name).collect();
        f.debug_struct("SystemBuilder")
            .field("modules", &modules)
            .finish_non_exhaustive()
    }
}

impl SystemBuilder {
    pub(super) fn new(engine: &Engine) -> SystemBuilder {
        SystemBuilder {
            engine: engine.clone(),
            limits: Limits::default(),
            modules: Vec::new(),
            providers: Vec::new(),
            regions: Vec::new(),
            volatile: Vec::new(),
            grants: Vec::new(),
            links: Vec::new(),
            imports: None,
            outbox: OUTBOX,
            exact: false,
            strict: false,
            #[cfg(feature = "wasi")]
            wasi: None,
        }
    }

    /// Adds a module under a name. Its imports are satisfied by what other modules export and by what the
    /// host provides.
    pub fn module(mut self, name: &str, module: &Module) -> SystemBuilder {
        self.modules.push((name.into(), module.clone()));
        self
    }

    /// Adds an implementation of an interface, for all modules that import it.
    pub fn provide<P: Provider + 'static>(mut self, provider: P) -> SystemBuilder {
        let interface = <P::Interface as Interface>::INTERFACE;
        let define: Define = Box::new(move |definer| provider.define(definer));
        self.providers.push((interface, define));
        self
    }

    /// Adds a region under a name.
    pub fn region(mut self, name: &str, region: Region) -> SystemBuilder {
        self.regions.push((name.into(), Body::Writing(region)));
        self
    }

    /// Adds a sealed region under a name.
    pub fn sealed(mut self, name: &str, region: &Sealed) -> SystemBuilder {
        self.regions
            .push((name.into(), Body::Sealed(region.clone())));
        self
    }

    /// Lets the host change a region, and who may use it, also while modules that have it wait for a call: see
    /// [`System::set_volatile`].
    pub fn volatile(mut self, region: &str) -> SystemBuilder {
        self.volatile.push(region.into());
        self
    }

    /// Gives a module access to a region: see [`System::grant`].
    pub fn grant(mut self, region: &str, module: &str, access: Access) -> SystemBuilder {
        self.grants.push((region.into(), module.into(), access));
        self
    }

    /// Chooses who provides an interface (`game/physics`) to a module where several could: another
    /// module, or `host`.
    pub fn link(mut self, consumer: &str, interface: &str, provider: &str) -> SystemBuilder {
        self.links.push(Choice {
            consumer: consumer.into(),
            interface: interface.into(),
            provider: provider.into(),
        });
        self
    }

    /// Sets what all modules together may use, and how long each call may take.
    pub fn limits(mut self, limits: Limits) -> SystemBuilder {
        self.limits = limits;
        self
    }

    /// Gives the modules host functions that belong to no interface.
    pub fn imports(mut self, imports: &Imports) -> SystemBuilder {
        self.imports = Some(imports.clone());
        self
    }

    /// Sets how many bytes the messages of one call may have: those of each outbox, a mebibyte by
    /// default. The host's also holds the arguments of the call that is under way while it answers
    /// what modules ask meanwhile.
    pub fn outbox(mut self, bytes: usize) -> SystemBuilder {
        self.outbox = bytes;
        self
    }

    /// Refuses links between types of different versions also where both sides could read each other,
    /// because one of them only has more fields at the end of a table. A consumer may still know fewer methods
    /// than its provider has.
    pub fn exact_types(mut self) -> SystemBuilder {
        self.exact = true;
        self
    }

    /// Prepares for strict grants that implementations in the host make
    /// ([`Serving::grant`](crate::Serving::grant) with [`Access::ReadStrict`]): what the first strict grant
    /// needs cannot be installed during a call. A system whose host makes a strict grant before or between calls
    /// does without this.
    pub fn strict_grants(mut self) -> SystemBuilder {
        self.strict = true;
        self
    }

    /// Gives all modules that import WASI what this context allows. Without it they are denied
    /// everything.
    #[cfg(feature = "wasi")]
    pub fn wasi(mut self, wasi: wasmtime_wasi::p1::WasiP1Ctx) -> SystemBuilder {
        self.wasi = Some(wasi);
        self
    }

    /// Makes the system. Everything that can be checked is checked before any code of a module runs.
    /// Then all modules are instantiated and linked, initialised in the order in which they were
    /// added, and given their regions.
    ///
    /// # Errors
    ///
    /// [`Error::Link`] with everything that is missing, ambiguous or of another type;
    /// [`Error::Exists`], [`Error::UnknownModule`], [`Error::UnknownRegion`]; [`Error::OtherEngine`];
    /// [`Error::MemoryLimit`] and [`Error::TableLimit`]; [`Error::Trap`] if a module fails to start;
    /// those of [`System::grant`].
    pub fn build(self) -> Result<System> {
        let _span = tracing::debug_span!("system", modules = self.modules.len()).entered();
        let engine = self.engine.wasmtime();
        for (index, (name, module)) in self.modules.iter().enumerate() {
            if !wasmtime::Engine::same(module.engine().wasmtime(), engine) {
                return Err(Error::OtherEngine { what: "module" });
            }
            if name == HOST || self.modules[..index].iter().any(|(other, _)| other == name) {
                return Err(Error::Exists {
                    what: "module",
                    name: name.clone(),
                });
            }
        }
        let imports = match &self.imports {
            Some(imports) => imports.linker().clone(),
            None => Linker::new(engine),
        };
        if !wasmtime::Engine::same(imports.engine(), engine) {
            return Err(Error::OtherEngine {
                what: "set of imports",
            });
        }
        let store = new_store(&self.engine, self.limits, self.outbox);
        let fuel = self.limits.fuel_in(&store)?;
        let mut providers = Linker::new(engine);
        providers.allow_shadowing(true);
        let id = crate::instance::next_id();
        let mut system = System {
            store,
            engine: self.engine.clone(),
            id,
            store_id: id,
            ticks: ticks(self.limits.deadline),
            fuel,
            imports,
            imported: Default::default(),
            providers,
            rebound: Default::default(),
            exact: self.exact,
            held: false,
        };
        #[cfg(feature = "wasi")]
        if let Some(wasi) = self.wasi {
            system.store.data_mut().wasi = Some(wasi);
            wasmtime_wasi::p1::add_to_linker_sync(&mut system.imports, |context| {
                // Set above, before any guest is there to call.
                context
                    .wasi
                    .get_or_insert_with(|| wasmtime_wasi::WasiCtxBuilder::new().build_p1())
            })
            .map_err(|e| Error::Engine(text(e)))?;
        }
        if self.strict {
            system.install_strict()?;
        }
        system.define(self.providers)?;
        let plan = system.plan(&self.modules, &self.links)?;
        system.instantiate(&self.modules, plan)?;
        for (name, body) in self.regions {
            regions::add(&mut system.cx(), &name, body)?;
        }
        for region in &self.volatile {
            system.set_volatile(region, true)?;
        }
        for (region, module, access) in &self.grants {
            system.grant(region, module, *access)?;
        }
        Ok(system)
    }
}

impl System {
    /// Makes the host's implementations.
    fn define(
        &mut self,
        providers: Vec<(&'static karmem_core::schema::Interface, Define)>,
    ) -> Result<()> {
        let mut defined = vec![heap::provided(&mut self.cx())?];
        for (interface, define) in providers {
            let mut definer = Definer {
                linker: &mut self.providers,
                module: provider_name(defined.len()),
                methods: Default::default(),
            };
            define(&mut definer)?;
            let methods = definer.methods;
            let mutable = |method: &karmem_core::schema::Method| {
                method
                    .params
                    .iter()
                    .any(|param| matches!(param.pass, Pass::ViewMut(_)))
            };
            let funcs = self.functions(defined.len(), methods)?;
            defined.push(Provided {
                interface: InterfaceName::of(interface),
                schema: check::schema_of(interface),
                funcs,
                writes: interface.methods.iter().any(mutable),
            });
        }
        self.store.data_mut().state.providers = defined;
        Ok(())
    }

    /// Makes the host's implementations in the store of this system that another store of it has.
    pub(super) fn define_as(&mut self, providers: &[Provided]) -> Result<()> {
        let mut defined = vec![heap::provided(&mut self.cx())?];
        for (index, known) in providers.iter().enumerate().skip(1) {
            defined.push(Provided {
                interface: known.interface.clone(),
                schema: known.schema.clone(),
                funcs: self.functions(index, known.funcs.keys().copied())?,
                writes: known.writes,
            });
        }
        self.store.data_mut().state.providers = defined;
        Ok(())
    }

    /// The functions of a provider, for the store of this system.
    fn functions(
        &mut self,
        provider: usize,
        methods: impl IntoIterator<Item = &'static str>,
    ) -> Result<BTreeMap<&'static str, Func>> {
        let module = provider_name(provider);
        let methods = methods.into_iter().map(|method| {
            let found = self.providers.get(&mut self.store, &module, method);
            let func = found.ok().and_then(Extern::into_func);
            // Defined before.
            let func =
                func.ok_or_else(|| Error::Instantiate("a provider lacks a method".into()))?;
            Ok((method, func))
        });
        methods.collect()
    }

    /// Finds a provider for each interface that a module imports; all problems are reported at once.
    fn plan(
        &mut self,
        modules: &[(String, Module)],
        choices: &[Choice],
    ) -> Result<Vec<Vec<(Wanted, Target)>>> {
        let offers: Vec<_> = modules
            .iter()
            .map(|(name, module)| Offer { name, module })
            .collect();
        let mut problems = Problems::default();
        check::choices(choices, &offers, &mut problems);
        let mut plan = Vec::new();
        for consumer in &offers {
            let mut targets = Vec::new();
            let providers = &self.store.data().state.providers;
            let mut links = check::Links::new(*consumer, &offers, providers, self.exact);
            for wanted in &consumer.module.wants().interfaces {
                let choice = choices.iter().find(|c| {
                    c.consumer == consumer.name && wanted.interface.answers_to(&c.interface)
                });
                match check::resolve(consumer, wanted, &offers, providers, choice) {
                    Ok(target) => {
                        links.check(wanted, target, &mut problems);
                        targets.push((wanted.clone(), target));
                    }
                    Err(problem) => problems.add(|| problem),
                }
            }
            self.other_imports(consumer, &mut problems);
            plan.push(targets);
        }
        match problems.result() {
            Ok(()) => Ok(plan),
            Err(problems) => Err(Error::Link { problems }),
        }
    }

    /// What the host provides for an import that belongs to no interface.
    fn imported(&mut self, import: &ImportType<'_>) -> Option<Extern> {
        let key = (import.module().to_owned(), import.name().to_owned());
        if let Some(found) = self.imported.get(&key) {
            return Some(found.clone());
        }
        let found = self.imports.get_by_import(&mut self.store, import)?;
        self.imported.insert(key, found.clone());
        Some(found)
    }

    /// Checks the imports that belong to no interface.
    pub(super) fn other_imports(&mut self, consumer: &Offer<'_>, problems: &mut Problems) {
        for import in consumer.module.wasmtime().imports() {
            if InterfaceName::of_import(import.module()).is_some()
                || wasi::MODULES.contains(&import.module())
            {
                continue;
            }
            let wanted = import.ty();
            let what = match self.imported(&import) {
                None => "which nobody provides".into(),
                Some(Extern::Func(func))
                    if !wanted
                        .func()
                        .is_some_and(|w| func.ty(&self.store).matches(w)) =>
                {
                    let found = extern_name(&wasmtime::ExternType::Func(func.ty(&self.store)));
                    format!("but the host has {found}")
                }
                Some(_) => continue,
            };
            problems.add(|| {
                format!(
                    "`{}` imports `{}.{}`: {}, {what}",
                    consumer.name,
                    import.module(),
                    import.name(),
                    extern_name(&wanted)
                )
            });
        }
    }

    /// Instantiates all modules, links them, and starts them.
    fn instantiate(
        &mut self,
        modules: &[(String, Module)],
        plan: Vec<Vec<(Wanted, Target)>>,
    ) -> Result<()> {
        for (index, ((name, module), targets)) in modules.iter().zip(plan).enumerate() {
            let (guest, ports) = self.make(index, name, module, &targets)?;
            let state = &mut self.store.data_mut().state;
            state.guests.push(Member {
                guest,
                outbox: None,
                poisoned: None,
            });
            state.ports.extend(ports);
            state.links_changed();
        }
        port::relink_all(&mut self.cx())?;
        for index in 0..modules.len() {
            let mut guest = self.state().guests[index].guest.clone();
            self.start(&mut guest)?;
            self.store.data_mut().state.guests[index].guest = guest;
        }
        self.give_outboxes()
    }

    /// Instantiates one module for the place `index`, with a shim whose slots are still empty.
    pub(super) fn make(
        &mut self,
        index: usize,
        name: &str,
        module: &Module,
        targets: &[(Wanted, Target)],
    ) -> Result<(Guest, Vec<Port>)> {
        let _span = tracing::debug_span!("instantiate", module = name).entered();
        let number = u32::try_from(index).unwrap_or(shim::HOST);
        let (shim, ports) = make_ports(&mut self.cx(), Some(index), number, targets)?;
        let mut externs = Vec::new();
        for (import, slot) in module.wasmtime().imports().zip(&module.wants().slots) {
            let found: Extern = if let Some(slot) = *slot {
                let shim =
                    shim.ok_or_else(|| Error::Instantiate("an import without shim".into()))?;
                port::import(&mut self.cx(), shim, slot)?.into()
            } else if let Some(found) = self.imported(&import) {
                found
            } else if let wasmtime::ExternType::Func(ty) = import.ty() {
                wasi::denied(&mut self.cx(), import.name(), &ty).into()
            } else {
                return Err(Error::Imports {
                    missing: vec![format!("{}.{}", import.module(), import.name())],
                });
            };
            externs.push(found);
        }
        self.renew();
        let owned = module.owned();
        let accountant = &mut self.store.data_mut().accountant;
        let (memory, tables) = accountant.used();
        accountant.make(owned.memories.len(), owned.tables());
        let instance = wasmtime::Instance::new(&mut self.store, module.wasmtime(), &externs);
        let instance = instance.map_err(|e| {
            // No code of the module ran. If its data or elements did not fit, wasmtime keeps an instance that
            // nobody can reach; of its memories only pages with data were touched.
            let error = not_instantiated(e, self.store.data());
            let context = self.store.data_mut();
            let (memory_now, tables_now) = context.accountant.used();
            let (memory, tables) = (memory_now - memory, tables_now - tables);
            let kept = owned.kept(tables).saturating_add(owned.data.min(memory));
            context.accountant.retire(memory, tables, kept);
            context.state.stats.retired += 1;
            error
        })?;
        let store = self.cx();
        let guest = Guest::new(store, name.into(), index, module.clone(), instance, shim)?;
        if let (true, Some(shim)) = (self.state().copying, shim) {
            shim.shut(&mut self.store.as_context_mut());
        }
        Ok((guest, ports))
    }

    /// Lets a module initialise itself, once its imports lead somewhere.
    pub(super) fn start(&mut self, guest: &mut Guest) -> Result<()> {
        guest.run_start(&mut self.cx())?;
        guest.initialize(&mut self.cx())?;
        guest.init(&mut self.cx())?;
        guest.rest(self.cx());
        Ok(())
    }

    /// The port through which the host calls an interface of a module, made at the first use.
    pub(super) fn host_port(
        &mut self,
        module: &str,
        interface: &'static karmem_core::schema::Interface,
    ) -> Result<Port> {
        let guest = self.state().member(module)?;
        let target = Target::Guest(guest);
        let name = InterfaceName::of(interface);
        let instance = self.state().guests[guest].guest.clone();
        let wanted = check::of_host(&instance.module, module, interface)
            .map_err(|problems| Error::Link { problems })?;
        check::host_link(&instance.module, module, interface, self.exact)
            .map_err(|problems| Error::Link { problems })?;
        let known = self.state().ports.iter().find(|port| {
            port.consumer.is_none() && port.target == target && port.interface == name
        });
        if let Some(port) = known {
            return Ok(port.clone());
        }
        let store = &mut self.cx();
        let (_, ports) = make_ports(store, None, shim::HOST, &[(wanted, target)])?;
        let port = ports.into_iter().next();
        let port = port.ok_or_else(|| Error::Instantiate("no port".into()))?;
        port::link(store, &port)?;
        // Known only once everything is there that its calls need.
        let mut held = self.hold();
        held.give_late_outbox(guest, &port)?;
        held.store.data_mut().state.ports.push(port.clone());
        Ok(port)
    }
}

/// The name of an implementation among all of a system.
fn provider_name(index: usize) -> String {
    index.to_string()
}

/// A store for a system, with nothing in it.
pub(super) fn new_store(engine: &Engine, limits: Limits, outbox: usize) -> Store<Context> {
    let mut store = Store::new(engine.wasmtime(), Context::new(limits));
    store.limiter(|context| &mut context.accountant);
    #[cfg(feature = "async")]
    crate::system::awaited::install(&mut store);
    let state = &mut store.data_mut().state;
    state.outbox_len = outbox;
    state.shims = engine.shims().clone();
    store
}

/// The shim of a consumer, if it calls anybody, and its ports.
pub(super) fn make_ports(
    store: &mut StoreContextMut<'_, Context>,
    consumer: Option<usize>,
    number: u32,
    targets: &[(Wanted, Target)],
) -> Result<(Option<Shim>, Vec<Port>)> {
    let wanted: Vec<_> = targets.iter().map(|(wanted, _)| wanted.clone()).collect();
    let signatures = port::signatures(&wanted)?;
    if targets.is_empty() {
        return Ok((None, Vec::new()));
    }
    let shims = store.data().state.shims.clone();
    store.data_mut().accountant.make(0, 1);
    let guards = port::guards(store)?;
    let shim = shims.instantiate(store, number, guards, signatures)?;
    let mut slots = 0..;
    let ports = targets.iter().map(|(wanted, target)| Port {
        consumer,
        interface: wanted.interface.clone(),
        methods: wanted
            .methods
            .iter()
            .map(|(method, _)| method.clone())
            .zip(&mut slots)
            .collect(),
        shim,
        target: *target,
    });
    let ports = ports.collect();
    Ok((Some(shim), ports))
}
