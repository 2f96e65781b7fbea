//! Ending all writing, and beginning it again.

use wasmtime::StoreContextMut;

use super::Body;
use super::grants::change;
use super::telling::refresh_flags;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::region::{Access, Sealed};

/// Ends all writing.
pub(in crate::system) fn seal(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
) -> Result<Sealed> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    if let Body::Sealed(sealed) = &entry.body {
        return Ok(sealed.clone());
    }
    let _span = tracing::debug_span!("seal", region = &*entry.name).entered();
    let sealed = match std::mem::replace(&mut entry.body, Body::Lost) {
        Body::Writing(region) => region.seal(),
        body => {
            entry.body = body;
            return Err(Error::NoRegion { handle });
        }
    };
    let sealed = match sealed {
        Ok(sealed) => sealed,
        Err((region, e)) => {
            entry.body = Body::Writing(region);
            return Err(e);
        }
    };
    entry.body = Body::Sealed(sealed.clone());
    // What a grant is called is as before; what it is worth depends on the body. Until nobody can write any more, no
    // guest runs and no handle to read with leaves.
    if let Err(e) = change_writers(store, handle) {
        drop(sealed);
        let entry = store.data_mut().state.entry_mut(handle)?;
        if let Body::Sealed(sealed) = std::mem::replace(&mut entry.body, Body::Lost) {
            entry.body = match sealed.unseal() {
                Ok(region) => Body::Writing(region),
                Err(sealed) => Body::Sealed(sealed),
            };
        }
        // Those that had lost it write again.
        let _ = change_writers(store, handle);
        return Err(e);
    }
    refresh_flags(store)?;
    Ok(sealed)
}

/// Maps the windows that are granted for writing as the state of the region has it.
fn change_writers(store: &mut StoreContextMut<'_, Context>, handle: u32) -> Result<()> {
    let windows = &store.data().state.entry(handle)?.windows;
    let writers = windows.iter().filter(|w| w.access == Access::Write);
    let writers: Vec<_> = writers.map(|w| w.guest).collect();
    writers
        .into_iter()
        .try_for_each(|writer| change(store, handle, writer, Access::Write))
}

/// Lets who wrote before the seal write again.
pub(in crate::system) fn unseal(
    store: &mut StoreContextMut<'_, Context>,
    handle: u32,
) -> Result<()> {
    let entry = store.data_mut().state.entry_mut(handle)?;
    match std::mem::replace(&mut entry.body, Body::Lost) {
        Body::Sealed(sealed) => match sealed.unseal() {
            Ok(region) => {
                entry.body = Body::Writing(region);
                if let Err(e) = change_writers(store, handle) {
                    // Its window is still one to read with, so nobody may write.
                    let entry = store.data_mut().state.entry_mut(handle)?;
                    if let Body::Writing(region) = std::mem::replace(&mut entry.body, Body::Lost) {
                        entry.body = Body::Sealed(region.into_sealed());
                    }
                    return Err(e);
                }
                refresh_flags(store)
            }
            Err(sealed) => {
                entry.body = Body::Sealed(sealed);
                Err(Error::StillRead {
                    region: entry.name.to_string(),
                })
            }
        },
        body => {
            entry.body = body;
            Ok(())
        }
    }
}
