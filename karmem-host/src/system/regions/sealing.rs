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
    let writer = entry.writer;
    if let Body::Sealed(sealed) = &entry.body {
        return Ok(sealed.clone());
    }
    let _span = tracing::debug_span!("seal", region = &*entry.name).entered();
    // First the right to write is taken from the guest, whose window would outlive it otherwise.
    if let Some(writer) = writer {
        change(store, handle, writer, Access::Read)?;
    }
    let entry = store.data_mut().state.entry_mut(handle)?;
    let sealed = match std::mem::replace(&mut entry.body, Body::Lost) {
        Body::Writing(region) => region.seal(),
        body => {
            entry.body = body;
            return Err(Error::NoRegion { handle });
        }
    };
    let (body, result) = match sealed {
        Ok(sealed) => (Body::Sealed(sealed.clone()), Ok(sealed)),
        Err((region, e)) => (Body::Writing(region), Err(e)),
    };
    entry.body = body;
    if let Some(writer) = writer {
        // What the grant is called is as before; what it is worth depends on the body.
        change(store, handle, writer, Access::Write)?;
        refresh_flags(store)?;
    }
    result
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
                let Some(writer) = entry.writer else {
                    return Ok(());
                };
                if let Err(e) = change(store, handle, writer, Access::Write) {
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
