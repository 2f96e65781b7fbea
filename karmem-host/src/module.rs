//! Modules: bytes that were checked, compiled, and asked for their schema.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
#[cfg(target_os = "linux")]
use std::sync::OnceLock;

use karmem_core::schema::Type;
use karmem_idl::Schema;
use wasmtime::{ExternType, FuncType};

use crate::call::RESET;
use crate::engine::Engine;
use crate::error::{Error, Result, text};
use crate::facts::Facts;
use crate::imported::Placement;
use crate::signature::{Signature, extern_name};
#[cfg(target_os = "linux")]
use crate::trap_table::Traps;
use crate::{schema, section};

/// The exports that messages need, with their parameters and results, all `i32`.
const ABI: [(&str, usize, usize); 4] = [
    ("karmem_alloc", 2, 1),
    ("karmem_free", 3, 0),
    ("karmem_attach", 4, 0),
    ("karmem_detach", 1, 0),
];

/// A compiled module, and the schema it carries.
///
/// Cloning is cheap and gives the same module. Compiling is the slow part of loading a guest; make as
/// many instances of one module as you like.
#[derive(Clone, Debug)]
pub struct Module {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    engine: Engine,
    wasm: wasmtime::Module,
    schema: Option<Schema>,
    placement: Placement,
    facts: Facts,
    /// Read when they are first asked for: few modules have strict grants.
    #[cfg(target_os = "linux")]
    traps: OnceLock<Arc<Traps>>,
}

impl Module {
    /// Compiles a module that carries a schema, in wasm's binary format (with the feature `wat`: also
    /// in its text format).
    ///
    /// ```
    /// use karmem_host::{Engine, Error, Module};
    ///
    /// let engine = Engine::new()?;
    /// let error = Module::from_bytes(&engine, b"<html>").unwrap_err();
    /// assert_eq!(error.to_string(), "not a wasm module, but bytes that begin with `<html>`");
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::NotWasm`], [`Error::Truncated`], [`Error::Malformed`], [`Error::Compile`]: the bytes
    /// are no valid module. [`Error::NoSchema`], [`Error::Schema`]: it has no schema, or a
    /// damaged one. [`Error::Abi`]: its exports for messages are missing or of the wrong kind.
    pub fn from_bytes(engine: &Engine, wasm: impl AsRef<[u8]>) -> Result<Module> {
        let module = Module::load(engine, wasm.as_ref())?;
        if module.inner.schema.is_none() {
            return Err(Error::NoSchema);
        }
        module.check_abi()?;
        Ok(module)
    }

    /// Compiles a module from a file: see [`from_bytes`](Module::from_bytes).
    ///
    /// ```no_run
    /// # use karmem_host::{Engine, Module};
    /// let module = Module::from_file(&Engine::new()?, "plugins/physics.wasm")?;
    /// # Ok::<(), karmem_host::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Read`], and those of [`from_bytes`](Module::from_bytes).
    pub fn from_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module> {
        let path = path.as_ref();
        let wasm = std::fs::read(path).map_err(|cause| Error::Read {
            path: path.into(),
            cause,
        })?;
        Module::from_bytes(engine, wasm)
    }

    /// Compiles a module that need not carry a schema, such as a small guest written by hand. What it
    /// carries is read all the same; without a schema its types cannot be checked, and without the exports for
    /// messages it can only be called with numbers.
    ///
    /// # Errors
    ///
    /// Those of [`from_bytes`](Module::from_bytes), without [`Error::NoSchema`] and [`Error::Abi`].
    pub fn from_bytes_untyped(engine: &Engine, wasm: impl AsRef<[u8]>) -> Result<Module> {
        Module::load(engine, wasm.as_ref())
    }

    fn load(engine: &Engine, bytes: &[u8]) -> Result<Module> {
        let _span = tracing::debug_span!("compile", bytes = bytes.len()).entered();
        let bytes = assemble(bytes)?;
        let schema = section::find(&bytes)?
            .map(|s| schema::read(&s))
            .transpose()?;
        let wasm = wasmtime::Module::from_binary(engine.wasmtime(), &bytes)
            .map_err(|e| Error::Compile(text(e)))?;
        let placement = Placement::read(&bytes).map_err(|e| Error::Malformed {
            offset: e.offset() as usize,
            message: e.message().into(),
        })?;
        Ok(Module {
            inner: Arc::new(Inner {
                engine: engine.clone(),
                wasm,
                schema,
                placement,
                facts: Facts::of(&bytes),
                #[cfg(target_os = "linux")]
                traps: OnceLock::new(),
            }),
        })
    }

    /// Compares types of the host with the guest's types of the same names.
    ///
    /// # Errors
    ///
    /// [`Error::NoSchema`] if the module carries none, [`Error::MissingType`],
    /// [`Error::TypeMismatch`] with the place of each difference.
    pub fn check_types(&self, types: &[Type]) -> Result<()> {
        schema::check(self.schema().ok_or(Error::NoSchema)?, types)
    }

    /// The types that the module carries in its custom section, if it has one.
    #[must_use]
    pub fn schema(&self) -> Option<&Schema> {
        self.inner.schema.as_ref()
    }

    /// The engine that compiled it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The module underneath.
    #[must_use]
    pub fn wasmtime(&self) -> &wasmtime::Module {
        &self.inner.wasm
    }

    /// Where it lies in its memory.
    pub(crate) fn placement(&self) -> &Placement {
        &self.inner.placement
    }

    /// Whether the guest can take messages: its memory and the four functions are exported as they
    /// must be.
    pub(crate) fn check_abi(&self) -> Result<()> {
        let mut wrong = Vec::new();
        match self.inner.wasm.get_export("memory") {
            Some(ExternType::Memory(m)) if m.is_64() => {
                wrong.push("its `memory` has 64-bit addresses, build it for wasm32".into());
            }
            Some(ExternType::Memory(m)) if m.is_shared() => {
                wrong.push("its `memory` is shared, build it without threads".into());
            }
            Some(ExternType::Memory(_)) => {}
            Some(other) => wrong.push(format!("its `memory` is a {}", extern_name(&other))),
            // The host has the memory that it imports.
            None if !self.inner.placement.imports.is_empty() => {}
            None => wrong.push("it exports no `memory`".into()),
        }
        for (name, params, results) in ABI {
            let wanted = Signature::of_i32s(params, results);
            match self.inner.wasm.get_export(name) {
                Some(ExternType::Func(f)) if Signature::of_wasm(&f) == wanted => {}
                Some(other) => wrong.push(format!(
                    "its `{name}` is a {}, and not a func {wanted}",
                    extern_name(&other)
                )),
                None => wrong.push(format!("it exports no `{name}`, a func {wanted}")),
            }
        }
        // It may be missing, but not be something else: the host would not call it, and nobody would know.
        let wanted = Signature::of_i32s(0, 0);
        match self.inner.wasm.get_export(RESET) {
            Some(ExternType::Func(f)) if Signature::of_wasm(&f) == wanted => {}
            Some(other) => wrong.push(format!(
                "its `{RESET}` is a {}, and not a func {wanted}",
                extern_name(&other)
            )),
            None => {}
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(Error::Abi(wrong.join("; ")))
        }
    }

    /// Whether something may be out of order after a trap that nobody but the module can put right.
    pub(crate) fn has_hidden_state(&self) -> bool {
        self.inner.facts.hidden_state
    }

    /// Whether a part of its memory has something in it before the module runs.
    pub(crate) fn has_initial_data(&self, at: u32, len: u32) -> bool {
        let (start, end) = self.inner.facts.data;
        let at = u64::from(at);
        start < end && at < end && start < at + u64::from(len)
    }

    /// Which of its instructions may trap.
    #[cfg(target_os = "linux")]
    pub(crate) fn traps(&self) -> &Arc<Traps> {
        let inner = &self.inner;
        inner.traps.get_or_init(|| Arc::new(Traps::of(&inner.wasm)))
    }

    /// The exported functions, for messages.
    pub(crate) fn function_names(&self) -> String {
        let functions = self
            .inner
            .wasm
            .exports()
            .filter(|e| e.ty().func().is_some());
        name_list(functions.map(|e| e.name().to_owned()).collect())
    }

    /// The exported function's type.
    pub(crate) fn function(&self, name: &str) -> Option<FuncType> {
        match self.inner.wasm.get_export(name) {
            Some(ExternType::Func(f)) => Some(f),
            _ => None,
        }
    }
}

/// The first so many names of a list that a hostile module may have made long.
pub(crate) fn name_list(names: Vec<String>) -> String {
    const SHOWN: usize = 16;
    if names.is_empty() {
        return "none".into();
    }
    let shown: Vec<_> = names.iter().take(SHOWN).map(|n| format!("`{n}`")).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Turns the text format into the binary one, where that is asked for.
#[cfg(feature = "wat")]
fn assemble(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    if !section::looks_like_text(bytes) {
        return Ok(bytes.into());
    }
    wat::parse_bytes(bytes).map_err(|e| Error::Compile(e.to_string()))
}

#[cfg(not(feature = "wat"))]
#[allow(
    clippy::unnecessary_wraps,
    reason = "the other half of the feature can fail"
)]
fn assemble(bytes: &[u8]) -> Result<Cow<'_, [u8]>> {
    Ok(bytes.into())
}
