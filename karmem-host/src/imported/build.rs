//! From modules to a memory with all of them running on it.

use wasmtime::{Linker, Memory, Store, TypedFunc};

use super::common::{Abi, CommonMemory, Member};
use super::plan::{Plan, Stage};
use crate::budget::{self, Budget};
use crate::call::{self, RESET, trap};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, Result, text};
use crate::imports::Imports;
use crate::instance::{Stats, next_id};
use crate::limits::{Denied, Limits};
use crate::message::Blocks;
use crate::module::Module;
use crate::prepared::{INITIALIZERS, check_imports, not_instantiated, stack_pointer};
use crate::signature::{Params, Results, Signature};

/// Prepares modules on one memory: see [`CommonMemory::builder`].
#[derive(Debug)]
#[must_use]
pub struct CommonBuilder<'a> {
    pub(super) engine: &'a Engine,
    pub(super) modules: Vec<(&'a str, &'a Module)>,
    pub(super) imports: Option<&'a Imports>,
    pub(super) limits: Limits,
}

impl<'a> CommonBuilder<'a> {
    /// Adds a module under a name. In which order does not matter.
    pub fn module(mut self, name: &'a str, module: &'a Module) -> CommonBuilder<'a> {
        self.modules.push((name, module));
        self
    }

    /// Sets what the host gives to all of them.
    pub fn imports(mut self, imports: &'a Imports) -> CommonBuilder<'a> {
        self.imports = Some(imports);
        self
    }

    /// Sets what they may use together.
    pub fn limits(mut self, limits: Limits) -> CommonBuilder<'a> {
        self.limits = limits;
        self
    }

    /// Compares the modules' places, makes the memory, and instantiates one after another.
    ///
    /// # Errors
    ///
    /// Before any code runs: [`Error::Collision`] if two modules lie in the same place,
    /// [`Error::CommonMemory`] if one is not built for this, [`Error::TwoModules`],
    /// [`Error::Abi`] if one cannot take messages, [`Error::Imports`] with what is missing, [`Error::Engine`] if
    /// [`Limits::fuel`] is set and the engine does not count fuel. Later: [`Error::CommonMemory`] if an
    /// allocator takes what is another module's; [`Error::MemoryLimit`], [`Error::Signature`] and
    /// [`Error::Trap`] if one fails to start (`_initialize`, then `karmem_init`, then its allocator).
    pub fn build(self) -> Result<CommonMemory> {
        let CommonBuilder {
            engine,
            modules,
            imports,
            limits,
        } = self;
        let _span = tracing::debug_span!("instantiate", modules = modules.len()).entered();
        for (index, (name, module)) in modules.iter().enumerate() {
            if !wasmtime::Engine::same(module.engine().wasmtime(), engine.wasmtime()) {
                return Err(Error::OtherEngine { what: "module" });
            }
            if modules[..index].iter().any(|(other, _)| other == name) {
                return Err(Error::TwoModules {
                    name: (*name).into(),
                });
            }
            module.check_abi()?;
        }
        let plan = Plan::of(&modules)?;

        let (mut store, budget) = budget::store(engine.wasmtime(), limits)?;
        let mut linker = match imports {
            Some(imports) => imports.linker().clone(),
            None => Linker::new(engine.wasmtime()),
        };
        if !wasmtime::Engine::same(linker.engine(), engine.wasmtime()) {
            return Err(Error::OtherEngine {
                what: "set of imports",
            });
        }
        let memory = match Memory::new(&mut store, plan.memory_type()) {
            Ok(memory) => memory,
            Err(e) => return Err(not_instantiated(e, store.data())),
        };
        linker.allow_shadowing(true);
        for Stage {
            import: (module, name),
            ..
        } in plan.stages()
        {
            linker
                .define(&mut store, module, name, memory)
                .map_err(|e| Error::Import {
                    module: module.clone(),
                    name: name.clone(),
                    message: text(e),
                })?;
        }
        for (_, module) in &modules {
            check_imports(&mut store, &linker, module)?;
        }

        let mut members: Vec<Option<Member>> = modules.iter().map(|_| None).collect();
        for stage in plan.stages() {
            let Some((name, module)) = modules.get(stage.index) else {
                continue;
            };
            let member = begin(&mut store, memory, &linker, stage, name, module, budget)?;
            plan.settled(stage, memory.data_size(&store) as u64)?;
            if let Some(slot) = members.get_mut(stage.index) {
                *slot = Some(member);
            }
        }
        let id = next_id();
        Ok(CommonMemory {
            store,
            memory,
            plan,
            // Each has its stage.
            members: members.into_iter().flatten().collect(),
            blocks: Blocks::new(id),
            shares: Vec::new(),
            budget,
            stats: Stats::default(),
            overwritten: None,
        })
    }
}

/// One stage: grows the memory, instantiates, initialises, and has the allocator settle.
fn begin(
    store: &mut Store<Context>,
    memory: Memory,
    linker: &Linker<Context>,
    stage: &Stage,
    name: &str,
    module: &Module,
    budget: Budget,
) -> Result<Member> {
    let size = memory.data_size(&*store) as u64;
    if let Err(e) = memory.grow(&mut *store, Plan::growth(stage, size)) {
        return Err(not_instantiated(e, store.data()));
    }
    budget.give(store);
    let inner = match linker.instantiate(&mut *store, module.wasmtime()) {
        Ok(inner) => inner,
        Err(e) => return Err(not_instantiated(e, store.data())),
    };
    if let Err(e) = module.owned().run_start(&mut *store, &inner) {
        return Err(not_instantiated(e, store.data()));
    }
    let stack = stack_pointer(store, &inner);
    // The signatures were compared by `check_abi`.
    let abi = abi(&inner, store).map_err(|e| Error::Abi(text(e)))?;
    let member = Member {
        name: name.into(),
        module: module.clone(),
        inner,
        stack,
        range: match module.placement().stack() {
            Some(stack) => stack.start..=stack.end,
            None => 0..=u64::MAX,
        },
        abi,
        unsettled: false,
    };
    for name in INITIALIZERS {
        if module.function(name).is_some() {
            let func = inner
                .get_typed_func::<(), ()>(&mut *store, name)
                .map_err(|_| unlike(module, name))?;
            called(store, budget, name, memory, &member, &func, ())?;
        }
    }
    let alloc = &member.abi.alloc;
    let at = called(
        store,
        budget,
        "karmem_alloc",
        memory,
        &member,
        alloc,
        (16, 16),
    )?;
    if at == 0 {
        return Err(Error::NoRoom {
            size: 16,
            denied: matches!(store.data().accountant.denied, Some(Denied::Memory(_))),
        });
    }
    // It stays allocated: an allocator that gave all back to a state from before would claim anew.
    Ok(member)
}

/// Calls a function of a module that begins.
fn called<P: Params, R: Results>(
    store: &mut Store<Context>,
    budget: Budget,
    name: &str,
    memory: Memory,
    member: &Member,
    func: &TypedFunc<P, R>,
    params: P,
) -> Result<R> {
    budget.give(store);
    func.call(&mut *store, params).map_err(|e| {
        let accountant = &store.data().accountant;
        let mut e = trap(name, e, accountant.denied, accountant.limits());
        budget.give(store);
        let memory = Some(call::Memory::Own(memory));
        e.explain_by(store, &member.inner, member.stack, memory);
        e
    })
}

/// The error of an initialiser that takes or gives something.
fn unlike(module: &Module, name: &str) -> Error {
    let found = module.function(name).map(|ty| Signature::of_wasm(&ty));
    Error::Signature {
        name: name.into(),
        wanted: Signature::of_rust::<(), ()>().to_string(),
        found: found.map_or_else(|| "none".into(), |found| found.to_string()),
    }
}

fn abi(inner: &wasmtime::Instance, store: &mut Store<Context>) -> wasmtime::Result<Abi> {
    Ok(Abi {
        alloc: inner.get_typed_func(&mut *store, "karmem_alloc")?,
        free: inner.get_typed_func(&mut *store, "karmem_free")?,
        attach: inner.get_typed_func(&mut *store, "karmem_attach")?,
        detach: inner.get_typed_func(&mut *store, "karmem_detach")?,
        reset: inner.get_typed_func(&mut *store, RESET).ok(),
    })
}
