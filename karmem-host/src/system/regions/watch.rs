//! Strict windows: native code that stores into them is noted. Where regions are not mapped there are none.

use wasmtime::StoreContextMut;

use super::grants::addresses;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::module::Module;
use crate::region::{Access, Backing, Window};
use crate::sys::Strict;
use crate::system::System;

/// Whether this crate was built with strict grants.
const COMPILED: Result<(), &str> = if cfg!(feature = "strict") {
    Ok(())
} else {
    Err("they need the Cargo feature `strict` of `karmem` or `karmem-host`")
};

impl System {
    /// Before the first strict grant: installs the signal handler that those need. Systems that make none
    /// have no handler.
    pub(in crate::system) fn install_strict(&mut self) -> Result<()> {
        COMPILED.map_err(|why| Error::StrictGrants { why })?;
        // Where a store would end the process, `expect_traps` refuses the grant.
        if self.state().strict.is_none() && self.store.engine().get_signals_based_traps() {
            let strict = Strict::install(&mut self.store);
            self.store.data_mut().state.strict = strict;
        }
        Ok(())
    }
}

/// Before a module gets a strict window: only where stores can trap, and known by what they trap.
pub(super) fn expect_traps(
    store: &StoreContextMut<'_, Context>,
    module: &Module,
    backing: &Backing,
    access: Access,
) -> Result<()> {
    if access != Access::ReadStrict {
        return Ok(());
    }
    // Also where regions are copied, so that a program that lacks the feature fails everywhere.
    COMPILED.map_err(|why| Error::StrictGrants { why })?;
    if backing.copies() {
        return Ok(());
    }
    if !store.engine().get_signals_based_traps() {
        // A store would end the process.
        return Err(Error::StrictGrants {
            why: "they need an engine with `Config::signals_based_traps`",
        });
    }
    match &store.data().state.strict {
        Some(strict) => {
            strict.add_code(module);
            Ok(())
        }
        None => Err(Error::StrictGrants {
            why: "the first one is made between calls (`System::grant`), or `SystemBuilder::strict_grants` prepares \
                  for it",
        }),
    }
}

/// Has the stores noted that native code makes to a strict window.
pub(super) fn watch(
    store: &mut StoreContextMut<'_, Context>,
    window: &Window,
    access: Access,
) -> Result<()> {
    if access != Access::ReadStrict {
        return Ok(());
    }
    let range = addresses(store, window);
    let strict = store.data().state.strict.as_ref();
    // There is none where regions are copied.
    if strict.is_none_or(|strict| strict.watch(range)) {
        Ok(())
    } else {
        Err(Error::Region(
            "there are too many strict grants in this system".into(),
        ))
    }
}

pub(super) fn is_watched(store: &StoreContextMut<'_, Context>, window: &Window) -> bool {
    let strict = store.data().state.strict.as_ref();
    strict.is_some_and(|strict| strict.watches(addresses(store, window).start))
}

pub(super) fn unwatch(store: &StoreContextMut<'_, Context>, start: usize) {
    if let Some(strict) = &store.data().state.strict {
        strict.forget(start);
    }
}

#[cfg(all(test, target_os = "linux", feature = "strict"))]
mod tests {
    use super::*;
    use crate::{Engine, Region};

    #[test]
    fn the_handler_comes_with_the_first_strict_grant() {
        let engine = Engine::new().unwrap();
        let wasm = r#"(module (memory (export "memory") 9)
            (func (export "karmem_alloc") (param $size i32) (param i32) (result i32) (local.get $size))
            (func (export "karmem_free") (param i32 i32 i32))
            (func (export "karmem_attach") (param i32 i32 i32 i32))
            (func (export "karmem_detach") (param i32)))"#;
        let module = Module::from_bytes_untyped(&engine, wat::parse_str(wasm).unwrap()).unwrap();
        let mut system = System::builder(&engine)
            .module("m", &module)
            .region("mapped", Region::anonymous(1).unwrap())
            .region("copied", Region::copied(2 << 16).unwrap())
            .build()
            .unwrap();
        let installed = |system: &System| system.state().strict.is_some();
        for access in [Access::Write, Access::Read] {
            system.grant("mapped", "m", access).unwrap();
        }
        // Where it is copied nothing can be stored into a region.
        system.grant("copied", "m", Access::ReadStrict).unwrap();
        assert!(!installed(&system));
        system.grant("mapped", "m", Access::ReadStrict).unwrap();
        assert!(installed(&system));
    }
}
