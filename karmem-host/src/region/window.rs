//! Windows: where a region lies in a guest's memory.

use std::ops::Range;

use wasmtime::{AsContextMut, Memory};

use super::{Access, Backing};
use crate::error::{Error, Result};

/// A range of a guest's memory that shows a region.
///
/// It has to be [cleared](Window::clear) before the memory goes back to where it came from. Every
/// operation takes the store mutably, so no slice of the memory exists meanwhile.
#[derive(Debug)]
pub(crate) struct Window {
    memory: Memory,
    at: usize,
    len: usize,
    mapped: bool,
}

impl Window {
    /// Shows a region from the byte `at` on. Regions that are copied are not there before they are
    /// copied.
    pub(crate) fn map(
        mut store: impl AsContextMut,
        memory: Memory,
        at: u32,
        len: u32,
        backing: &Backing,
        access: Access,
    ) -> Result<Window> {
        let mut window = Window {
            memory,
            at: at as usize,
            len: len as usize,
            mapped: !backing.copies(),
        };
        if window.range().end > memory.data_size(&mut store) {
            return Err(Error::Region(
                "a window would end outside of the guest's memory".into(),
            ));
        }
        window.remap(store, backing, access)?;
        Ok(window)
    }

    /// Changes what the guest may do, and drops what it wrote to pages of its own. If that fails,
    /// everything is as before.
    pub(crate) fn remap(
        &mut self,
        store: impl AsContextMut,
        backing: &Backing,
        access: Access,
    ) -> Result<()> {
        match backing {
            #[cfg(target_os = "linux")]
            Backing::Mapped(source) => {
                use crate::sys::Protection;
                let protection = match access {
                    Access::Write => Protection::Shared,
                    Access::Read => Protection::Private,
                    Access::ReadStrict => Protection::ReadOnly,
                };
                crate::sys::overlay(store, &self.memory, self.at, source, protection)
                    .map_err(|e| Error::Region(format!("it cannot be mapped into a guest: {e}")))
            }
            Backing::Copied => {
                let _ = (store, access);
                Ok(())
            }
        }
    }

    /// Leaves zeros.
    pub(crate) fn clear(self, store: impl AsContextMut) -> Result<()> {
        zero(store, &self.memory, self.range(), self.mapped)
    }

    /// The memory and the range in it.
    pub(crate) fn place(&self) -> (Memory, Range<usize>) {
        (self.memory, self.range())
    }

    fn range(&self) -> Range<usize> {
        self.at..self.at + self.len
    }
}

/// Gives the pages of a whole memory back, whose guest will not run any more and has no windows left.
pub(crate) fn discard(mut store: impl AsContextMut, memory: Memory) -> Result<()> {
    #[cfg(target_os = "linux")]
    let done = crate::sys::discard(&mut store, &memory)
        .map_err(|e| Error::Region(format!("a memory cannot be given back: {e}")));
    #[cfg(not(target_os = "linux"))]
    let done = {
        memory.data_mut(&mut store).fill(0);
        Ok(())
    };
    done
}

fn zero(
    mut store: impl AsContextMut,
    memory: &Memory,
    range: Range<usize>,
    mapped: bool,
) -> Result<()> {
    #[cfg(target_os = "linux")]
    if mapped {
        return crate::sys::zero(store, memory, range.start, range.len())
            .map_err(|e| Error::Region(format!("it cannot be unmapped from a guest: {e}")));
    }
    let _ = mapped;
    if let Some(bytes) = memory.data_mut(&mut store).get_mut(range) {
        bytes.fill(0);
    }
    Ok(())
}
