//! From a module to instances: what is checked once, and what each of them costs.

use karmem_core::schema::Type;
use wasmtime::{Extern, Global, InstancePre, Linker, Store, WasmBacktrace};

use crate::budget;
use crate::call::trap;
use crate::context::Context;
use crate::error::{Error, Result, text};
use crate::imports::Imports;
use crate::instance::{Instance, Stats, next_id};
use crate::limits::{Denied, Limits};
use crate::message::Blocks;
use crate::module::Module;
use crate::problems::Problems;
use crate::signature::{Signature, extern_name};

/// Prepares an instance: see [`Instance::builder`].
#[derive(Debug)]
#[must_use]
pub struct Builder<'a> {
    module: &'a Module,
    limits: Limits,
    imports: Option<&'a Imports>,
    types: Vec<Type>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(module: &'a Module) -> Builder<'a> {
        Builder {
            module,
            limits: Limits::default(),
            imports: None,
            types: Vec::new(),
        }
    }

    /// Sets what the instance may use.
    pub fn limits(mut self, limits: Limits) -> Builder<'a> {
        self.limits = limits;
        self
    }

    /// Sets what the host gives to the guest.
    pub fn imports(mut self, imports: &'a Imports) -> Builder<'a> {
        self.imports = Some(imports);
        self
    }

    /// Adds types that the guest must have exactly as the host has them.
    pub fn expect_types(mut self, types: &[Type]) -> Builder<'a> {
        self.types.extend_from_slice(types);
        self
    }

    /// Makes one instance: [`prepare`](Builder::prepare) and [`instantiate`](Prepared::instantiate).
    ///
    /// # Errors
    ///
    /// Those of both.
    pub fn build(self) -> Result<Instance> {
        self.prepare()?.instantiate()
    }

    /// Checks types and imports, once for any number of instances, before any of the guest's code runs.
    ///
    /// # Errors
    ///
    /// Those of [`Module::check_types`] if types were given; [`Error::Imports`] with everything that is
    /// missing; [`Error::OtherEngine`].
    pub fn prepare(self) -> Result<Prepared> {
        let Builder {
            module,
            limits,
            imports,
            types,
        } = self;
        if !types.is_empty() {
            module.check_types(&types)?;
        }
        let engine = module.engine().wasmtime();
        let empty;
        let linker = match imports {
            Some(imports) => imports.linker(),
            None => {
                empty = Linker::new(engine);
                &empty
            }
        };
        if !wasmtime::Engine::same(linker.engine(), engine) {
            return Err(Error::OtherEngine {
                what: "set of imports",
            });
        }
        check_imports(
            &mut Store::new(engine, Context::new(limits)),
            linker,
            module,
        )?;
        let inner = linker.instantiate_pre(module.wasmtime());
        Ok(Prepared {
            inner: inner.map_err(|e| Error::Instantiate(text(e)))?,
            module: module.clone(),
            limits,
        })
    }
}

/// A module whose imports are resolved and checked, for making many instances of it in little time:
/// one per request, for example, with the pooling allocator.
///
/// ```
/// # use karmem_host::{Engine, Instance, Module};
/// # fn main() -> Result<(), karmem_host::Error> {
/// # let wasm = wat::parse_str(r#"(module (func (export "answer") (result i32) i32.const 42))"#).unwrap();
/// let module = Module::from_bytes_untyped(&Engine::new()?, &wasm)?;
/// let prepared = Instance::builder(&module).prepare()?;
/// for _request in 0..100 {
///     let mut guest = prepared.instantiate()?;
///     assert_eq!(guest.call::<(), i32>("answer", ())?, 42);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Prepared {
    inner: InstancePre<Context>,
    module: Module,
    limits: Limits,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}

impl Prepared {
    /// Makes an instance and calls its `_initialize` and `karmem_init` if it exports them.
    ///
    /// # Errors
    ///
    /// [`Error::MemoryLimit`] and [`Error::TableLimit`] if the guest begins too large;
    /// [`Error::Engine`] if [`Limits::fuel`] is set and the engine does not count fuel;
    /// [`Error::Trap`] if the guest fails to start.
    pub fn instantiate(&self) -> Result<Instance> {
        let _span = tracing::debug_span!("instantiate").entered();
        let Prepared {
            inner,
            module,
            limits,
        } = self;
        let (mut store, budget) = budget::store(module.engine().wasmtime(), *limits)?;
        let inner = match inner.instantiate(&mut store) {
            Ok(inner) => inner,
            Err(e) => return Err(not_instantiated(e, store.data())),
        };
        if let Err(e) = module.owned().run_start(&mut store, &inner) {
            return Err(not_instantiated(e, store.data()));
        }
        let memory = inner.get_memory(&mut store, "memory");
        let stack = stack_pointer(&mut store, &inner);
        let id = next_id();
        let mut instance = Instance {
            store,
            inner,
            id,
            budget,
            stack,
            stats: Stats::default(),
            module: module.clone(),
            memory,
            abi: None,
            blocks: Blocks::new(id),
            unsettled: false,
        };
        for name in INITIALIZERS {
            if instance.module.function(name).is_some() {
                instance.call::<(), ()>(name, ())?;
            }
        }
        Ok(instance)
    }
}

/// The exports that initialise an instance, in the order in which they are called where they are there, once
/// each.
pub(crate) const INITIALIZERS: [&str; 2] = ["_initialize", "karmem_init"];

/// The stack pointer of an instance, if it is exported and can be put back.
pub(crate) fn stack_pointer(
    store: &mut Store<Context>,
    instance: &wasmtime::Instance,
) -> Option<Global> {
    let global = instance.get_global(&mut *store, "__stack_pointer")?;
    let ty = global.ty(&*store);
    (ty.mutability().is_var() && ty.content().is_i32()).then_some(global)
}

/// Compares all imports with what there is, so that one message names everything that is missing.
pub(crate) fn check_imports(
    store: &mut Store<Context>,
    linker: &Linker<Context>,
    module: &Module,
) -> Result<()> {
    let mut missing = Problems::default();
    for import in module.wasmtime().imports() {
        let wanted = import.ty();
        let name = || {
            format!(
                "{}.{}: {}",
                import.module(),
                import.name(),
                extern_name(&wanted)
            )
        };
        match linker.get_by_import(&mut *store, &import) {
            None => missing.add(name),
            Some(Extern::Func(func)) => {
                let found = func.ty(&*store);
                if !wanted.func().is_some_and(|wanted| found.matches(wanted)) {
                    let found = || Signature::of_wasm(&found);
                    missing.add(|| format!("{}, but the host has func {}", name(), found()));
                }
            }
            // wasmtime compares the rest when it links.
            Some(_) => {}
        }
    }
    missing
        .result()
        .map_err(|missing| Error::Imports { missing })
}

/// Why there is no instance.
pub(crate) fn not_instantiated(e: wasmtime::Error, context: &Context) -> Error {
    let accountant = &context.accountant;
    let limits = accountant.limits();
    if e.is::<wasmtime::Trap>() || e.is::<WasmBacktrace>() {
        return trap("(instantiation)", e, accountant.denied, limits);
    }
    match accountant.denied {
        Some(Denied::Memory(wanted)) => Error::MemoryLimit {
            wanted,
            limit: limits.memory,
        },
        Some(Denied::Table(wanted)) => Error::TableLimit {
            wanted,
            limit: limits.table_elements,
        },
        None => Error::Instantiate(text(e)),
    }
}
