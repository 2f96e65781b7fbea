//! temporary
use crate::error::{Error, Result};
use std::sync::Arc;
use wasmtime::{AsContextMut, Memory};

#[derive(Debug)]
pub struct Region {
    map: Backing,
}
#[derive(Clone, Debug)]
pub struct Sealed {
    map: Arc<Backing>,
}
#[derive(Clone, Debug)]
pub(crate) struct Backing(Arc<crate::sys::Map>);
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Access {
    Write,
    Read,
    ReadStrict,
}
#[derive(Debug)]
pub(crate) struct Window {
    memory: Memory,
    at: u32,
    len: usize,
}

impl Region {
    pub fn anonymous(len: usize) -> Result<Region> {
        Ok(Region {
            map: Backing(Arc::new(
                crate::sys::Map::new(len.next_multiple_of(65536).max(65536))
                    .map_err(|e| Error::Engine(e.to_string()))?,
            )),
        })
    }
    pub fn bytes(&self) -> &[u8] {
        self.map.0.bytes()
    }
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        self.map.0.bytes_mut()
    }
    pub fn seal(self) -> std::result::Result<Sealed, (Region, Error)> {
        Ok(Sealed {
            map: Arc::new(self.map),
        })
    }
    pub(crate) fn backing(&self) -> &Backing {
        &self.map
    }
}
impl std::ops::Deref for Sealed {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.map.0.bytes()
    }
}
impl Sealed {
    pub fn unseal(self) -> std::result::Result<Region, Sealed> {
        match Arc::try_unwrap(self.map) {
            Ok(map) => Ok(Region { map }),
            Err(map) => Err(Sealed { map }),
        }
    }
    pub(crate) fn backing(&self) -> &Backing {
        &self.map
    }
}
impl Backing {
    pub(crate) fn copies(&self) -> bool {
        false
    }
}
impl Window {
    pub(crate) fn map(
        mut store: impl AsContextMut,
        memory: Memory,
        at: u32,
        region: &Backing,
        access: Access,
    ) -> Result<Window> {
        let base = memory.data_ptr(&mut store);
        let len = region.0.len();
        region
            .0
            .over(base, at as usize, access == Access::Write)
            .map_err(|e| Error::Engine(e.to_string()))?;
        Ok(Window { memory, at, len })
    }
    pub(crate) fn remap(
        &mut self,
        mut store: impl AsContextMut,
        region: &Backing,
        access: Access,
    ) -> Result<()> {
        let base = self.memory.data_ptr(&mut store);
        region
            .0
            .over(base, self.at as usize, access == Access::Write)
            .map_err(|e| Error::Engine(e.to_string()))
    }
    pub(crate) fn clear(self, mut store: impl AsContextMut) -> Result<()> {
        let base = self.memory.data_ptr(&mut store);
        crate::sys::zero(base, self.at as usize, self.len).map_err(|e| Error::Engine(e.to_string()))
    }
    pub(crate) fn copy_in(&self, _s: impl AsContextMut, _b: &Backing) -> Result<u64> {
        Ok(0)
    }
    pub(crate) fn copy_out(&self, _s: impl AsContextMut, _b: &Backing) -> Result<u64> {
        Ok(0)
    }
}
pub(crate) fn discard(mut store: impl AsContextMut, memory: Memory) -> Result<()> {
    let base = memory.data_ptr(&mut store);
    let len = memory.data_size(&store);
    crate::sys::zero(base, 0, len).map_err(|e| Error::Engine(e.to_string()))
}
