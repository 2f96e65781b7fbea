//! Modules: bytes that were checked, compiled, and asked for their schema.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;
#[cfg(all(target_os = "linux", feature = "strict"))]
use std::sync::OnceLock;

use karmem_core::schema::Type;
use karmem_idl::Schema;
use wasmtime::{ExternType, FuncType};

use crate::call::RESET;
use crate::engine::Engine;
use crate::error::{Error, Result, text};
use crate::facts::Facts;
use crate::imported::Placement;
use crate::owned::{self, Owned};
use crate::signature::{Signature, extern_name};
use crate::system::Wants;
#[cfg(all(target_os = "linux", feature = "strict"))]
use crate::trap_table::Traps;
use crate::{schema, section};

/// The exports that messages need, with their parameters and results, all `i32`.
const ABI: [(&str, usize, usize); 4] = [
    ("karmem_alloc", 2, 1),
    ("karmem_free", 3, 0),
    ("karmem_attach", 4, 0),
    ("karmem_detach", 1, 0),
];

/// The most imports that a module may have: 4,096. Each import of an interface becomes a compiled function
/// and a slot of a table when a system is built or a module swapped, which no deadline covers.
pub const MAX_IMPORTS: usize = 1 << 12;

/// A compiled module, and the schema it carries.
///
/// # What loading costs
///
/// Loading a module has no deadline: it takes time and memory in proportion to its bytes, most of it for
/// compiling, so bound the bytes of what you load. What is compared when modules are linked
/// and swapped does not depend on the bytes: sections have limits
/// ([`karmem_idl::limits`](https://docs.rs/karmem-idl)), and imports have one ([`MAX_IMPORTS`]).
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
    owned: Owned,
    wants: Wants,
    /// Read when they are first asked for: few modules have strict grants.
    #[cfg(all(target_os = "linux", feature = "strict"))]
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
    /// damaged one. [`Error::TooManyImports`]: more than [`MAX_IMPORTS`]. [`Error::Abi`]: its exports for
    /// messages are missing or of the wrong kind.
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
        let (exposed, owned) = owned::expose(&bytes);
        let wasm = wasmtime::Module::from_binary(engine.wasmtime(), &exposed)
            .map_err(|e| Error::Compile(text(e)))?;
        let placement = Placement::read(&bytes).map_err(|e| Error::Malformed {
            offset: e.offset(),
            message: e.message().into(),
        })?;
        let wants = Wants::of(&wasm);
        Ok(Module {
            inner: Arc::new(Inner {
                engine: engine.clone(),
                owned,
                wants,
                wasm,
                schema,
                placement,
                facts: Facts::of(&bytes),
                #[cfg(all(target_os = "linux", feature = "strict"))]
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

    /// The module underneath. It exports more than its bytes if these have a start function, a memory
    /// that is not exported, or such a table that can grow: the host reaches them by exports whose names
    /// begin with `karmem:`, and calls the start function itself.
    #[must_use]
    pub fn wasmtime(&self) -> &wasmtime::Module {
        &self.inner.wasm
    }

    /// What its instances have of their own.
    pub(crate) fn owned(&self) -> &Owned {
        &self.inner.owned
    }

    /// What it imports of interfaces.
    pub(crate) fn wants(&self) -> &Wants {
        &self.inner.wants
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
    #[cfg(all(target_os = "linux", feature = "strict"))]
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
            .filter(|e| e.ty().func().is_some() && !owned::is_added(e.name()));
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
