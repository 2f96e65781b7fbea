//! Strict windows: native code that stores into them is noted. Where regions are not mapped there are none.

use wasmtime::StoreContextMut;

#[cfg(target_os = "linux")]
use super::grants::addresses;
use crate::context::Context;
#[cfg(target_os = "linux")]
use crate::error::Error;
use crate::error::Result;
use crate::module::Module;
use crate::region::{Access, Backing, Window};

/// Before a module gets a strict window: only where stores can trap, and known by what they trap.
#[cfg(target_os = "linux")]
pub(super) fn expect_traps(
    store: &StoreContextMut<'_, Context>,
    module: &Module,
    backing: &Backing,
    access: Access,
) -> Result<()> {
    if access != Access::ReadStrict || backing.copies() {
        return Ok(());
    }
    if !store.engine().get_signals_based_traps() {
        // A store would end the process.
        return Err(Error::Region(
            "strict grants need an engine with `Config::signals_based_traps`: grant `Access::Read`"
                .into(),
        ));
    }
    if let Some(strict) = &store.data().state.strict {
        strict.add_code(module.traps());
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn expect_traps(
    _: &StoreContextMut<'_, Context>,
    _: &Module,
    _: &Backing,
    _: Access,
) -> Result<()> {
    Ok(())
}

/// Has the stores noted that native code makes to a strict window.
#[cfg(target_os = "linux")]
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
    if strict.is_none_or(|strict| strict.watch(range)) {
        Ok(())
    } else {
        Err(Error::Region(
            "there are too many strict grants in this system".into(),
        ))
    }
}

#[cfg(target_os = "linux")]
pub(super) fn is_watched(store: &StoreContextMut<'_, Context>, window: &Window) -> bool {
    let strict = store.data().state.strict.as_ref();
    strict.is_some_and(|strict| strict.watches(addresses(store, window).start))
}

#[cfg(target_os = "linux")]
pub(super) fn unwatch(store: &StoreContextMut<'_, Context>, start: usize) {
    if let Some(strict) = &store.data().state.strict {
        strict.forget(start);
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn watch(_: &mut StoreContextMut<'_, Context>, _: &Window, _: Access) -> Result<()> {
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_watched(_: &StoreContextMut<'_, Context>, _: &Window) -> bool {
    false
}

#[cfg(not(target_os = "linux"))]
pub(super) fn unwatch(_: &StoreContextMut<'_, Context>, _: usize) {}
