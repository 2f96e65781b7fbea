//! The same calls by wasmtime alone: numbers only, each way of linking.

use wasmtime::{Engine, Instance, Linker, Module, Result, Store, TypedFunc};

const WORK: &str = r#"(module
    (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1))))"#;

const DRIVE: &str = r#"(module
    (import "work" "add" (func $add (param i64 i64) (result i64)))
    (func (export "adds") (param $times i32) (result i64)
        (local $sum i64)
        (block $done (loop $next
            (br_if $done (i32.eqz (local.get $times)))
            (local.set $sum (call $add (local.get $sum) (i64.const 1)))
            (local.set $times (i32.sub (local.get $times) (i32.const 1)))
            (br $next)))
        (local.get $sum)))"#;

type Add = TypedFunc<(i64, i64), i64>;

/// The module that works, called by the host.
pub(crate) struct Worker {
    pub(crate) store: Store<()>,
    pub(crate) add: Add,
}

impl Worker {
    pub(crate) fn new(engine: &Engine) -> Result<Worker> {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &Module::new(engine, WORK)?, &[])?;
        let add = instance.get_typed_func(&mut store, "add")?;
        Ok(Worker { store, add })
    }
}

/// Who does the work for the module that calls it.
pub(crate) enum Provider {
    /// The other module's export.
    Direct,
    /// A function of the host that calls the other module.
    ThroughHost,
    /// A function of the host.
    Host,
}

/// The module that calls in loops.
pub(crate) struct Driver {
    store: Store<Option<Add>>,
    adds: TypedFunc<u32, i64>,
}

impl Driver {
    pub(crate) fn new(engine: &Engine, provider: Provider) -> Result<Driver> {
        let mut store = Store::new(engine, None);
        let mut linker = Linker::<Option<Add>>::new(engine);
        let work = Instance::new(&mut store, &Module::new(engine, WORK)?, &[])?;
        match provider {
            Provider::Direct => {
                linker.instance(&mut store, "work", work)?;
            }
            Provider::ThroughHost => {
                *store.data_mut() = Some(work.get_typed_func(&mut store, "add")?);
                linker.func_wrap(
                    "work",
                    "add",
                    |mut caller: wasmtime::Caller<'_, Option<Add>>, a: i64, b: i64| {
                        let add = caller.data().clone().expect("set above");
                        add.call(&mut caller, (a, b))
                    },
                )?;
            }
            Provider::Host => {
                linker.func_wrap("work", "add", |a: i64, b: i64| a.wrapping_add(b))?;
            }
        }
        let drive = linker.instantiate(&mut store, &Module::new(engine, DRIVE)?)?;
        let adds = drive.get_typed_func(&mut store, "adds")?;
        Ok(Driver { store, adds })
    }

    pub(crate) fn adds(&mut self, times: u32) -> i64 {
        self.adds.call(&mut self.store, times).expect("no trap")
    }
}
