//! What the host gives to its guests.

use wasmtime::{IntoFunc, Linker};

use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, Result, text};

/// Host functions for guests to import. One set serves any number of instances.
///
/// ```
/// use karmem_host::{Engine, Imports, Instance, Module};
///
/// # fn main() -> Result<(), karmem_host::Error> {
/// # let wasm = wat::parse_str(r#"(module
/// #     (import "env" "twice" (func $twice (param i32) (result i32)))
/// #     (func (export "run") (result i32) (call $twice (i32.const 21))))"#).unwrap();
/// let engine = Engine::new()?;
/// let mut imports = Imports::new(&engine);
/// imports.func("env", "twice", |x: i32| x * 2)?;
///
/// let module = Module::from_bytes_untyped(&engine, &wasm)?;
/// let mut guest = Instance::builder(&module).imports(&imports).build()?;
/// assert_eq!(guest.call::<(), i32>("run", ())?, 42);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Imports {
    linker: Linker<Context>,
}

impl std::fmt::Debug for Imports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Imports").finish_non_exhaustive()
    }
}

impl Imports {
    /// An empty set.
    #[must_use]
    pub fn new(engine: &Engine) -> Imports {
        Imports {
            linker: Linker::new(engine.wasmtime()),
        }
    }

    /// Adds a function. The closure takes and gives wasm numbers; its first parameter may be a
    /// `wasmtime::Caller<'_, Context>`; it may return a `wasmtime::Result`, whose error ends the guest's
    /// call and is found in [`Reason::Host`](crate::Reason::Host).
    ///
    /// # Errors
    ///
    /// If there is a function of this name already.
    pub fn func<P, R>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<Context, P, R>,
    ) -> Result<&mut Imports> {
        self.linker
            .func_wrap(module, name, func)
            .map_err(|e| Error::Import {
                module: module.into(),
                name: name.into(),
                message: text(e),
            })?;
        Ok(self)
    }

    /// The linker underneath, for whatever [`func`](Imports::func) cannot say.
    pub fn linker_mut(&mut self) -> &mut Linker<Context> {
        &mut self.linker
    }

    pub(crate) fn linker(&self) -> &Linker<Context> {
        &self.linker
    }
}
