//! Regions that are copied into guests and back, because they cannot be mapped.

use wasmtime::StoreContextMut;

use super::each_window;
use crate::context::Context;
use crate::error::Result;
use crate::region::Access;

/// Before a guest runs, where regions are copied: brings what changed into every guest that has it.
pub(in crate::system) fn copy_in(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, _| {
        let entry = store.data().state.entry(handle)?;
        let Some(attached) = entry.window(guest) else {
            return Ok(());
        };
        if !entry.copies() || attached.version == entry.version {
            return Ok(());
        }
        let (memory, range) = attached.window.place();
        let (bytes, context) = memory.data_and_store_mut(&mut *store);
        let state = &mut context.state;
        let entry = state.entry_mut(handle)?;
        let version = entry.version;
        if let Some(target) = bytes.get_mut(range)
            && target.len() == entry.bytes().len()
        {
            target.copy_from_slice(entry.bytes());
        }
        let length = u64::from(entry.len());
        if let Some(attached) = entry.windows.iter_mut().find(|w| w.guest == guest) {
            attached.version = version;
        }
        state.stats.bytes_copied += length;
        Ok(())
    })
}

/// After a guest ran, where regions are copied: takes over what the writers wrote.
pub(in crate::system) fn copy_out(store: &mut StoreContextMut<'_, Context>) -> Result<()> {
    each_window(store, |store, handle, guest, access| {
        let entry = store.data().state.entry(handle)?;
        let Some(attached) = entry.window(guest) else {
            return Ok(());
        };
        // A window that has not got the last version yet has nothing to tell.
        let current = attached.version == entry.version;
        if !entry.copies() || entry.effective(access) != Access::Write || !current {
            return Ok(());
        }
        let (memory, range) = attached.window.place();
        let (bytes, context) = memory.data_and_store_mut(&mut *store);
        let state = &mut context.state;
        let entry = state.entry_mut(handle)?;
        let target = entry.bytes_mut()?;
        let Some(source) = bytes
            .get(range)
            .filter(|source| source.len() == target.len())
        else {
            return Ok(());
        };
        let length = source.len() as u64;
        // Mostly nothing was written, and then nobody else needs a copy.
        if target == source {
            entry.version -= 1;
        } else {
            target.copy_from_slice(source);
            let version = entry.version;
            if let Some(attached) = entry.windows.iter_mut().find(|w| w.guest == guest) {
                attached.version = version;
            }
            state.stats.bytes_copied += length;
        }
        Ok(())
    })
}
