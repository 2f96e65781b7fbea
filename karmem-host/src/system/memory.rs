//! What a host does with the regions of a system, and the messages in them.

use karmem_core::{FixedWriter, Karmem, Shared};

use crate::error::{Error, Result};
use crate::message::Message;
use crate::region::{Access, Region, Sealed};
use crate::system::{System, heap, regions};

/// # Regions
impl System {
    /// Adds a region under a name. Nobody but the host has access to it yet.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the name is taken.
    pub fn add_region(&mut self, name: &str, region: Region) -> Result<()> {
        regions::add(&mut self.cx(), name, regions::Body::Writing(region)).map(drop)
    }

    /// Adds a sealed region, which other systems may read at the same time.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if the name is taken.
    pub fn add_sealed(&mut self, name: &str, region: &Sealed) -> Result<()> {
        regions::add(&mut self.cx(), name, regions::Body::Sealed(region.clone())).map(drop)
    }

    /// Takes a region away from all modules and gives it back, sealed if it is.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`]; [`Error::Trap`] if a module traps when it loses the region, which
    /// it then has lost all the same; [`Error::Region`] if the region cannot be unmapped from a module. After
    /// these two the region is still in this system, and can be removed by a second call.
    pub fn remove_region(&mut self, name: &str) -> Result<Removed> {
        let handle = self.state().region(name)?;
        match regions::remove(&mut self.cx(), handle)? {
            regions::Body::Writing(region) => Ok(Removed::Region(region)),
            regions::Body::Sealed(sealed) => Ok(Removed::Sealed(sealed)),
            regions::Body::Lost => Err(Error::NoRegion { handle }),
        }
    }

    /// Gives a module access to a region, or changes what it has. One module at most may write.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`], [`Error::UnknownModule`]; [`Error::HasWriter`]; [`Error::Poisoned`];
    /// [`Error::Abi`] if the module cannot take regions; [`Error::NoRoom`], [`Error::BadAllocation`] or [`Error::Trap`] if
    /// its allocator gives no place for it; [`Error::Trap`] too if another module traps that has to be told;
    /// [`Error::StrictGrants`] if there are none here; [`Error::Violation`] if a module writes to a strict window
    /// while it is told. The module has what it had before then, and also if a host function panics below.
    pub fn grant(&mut self, region: &str, module: &str, access: Access) -> Result<()> {
        let (handle, guest) = (self.state().region(region)?, self.state().member(module)?);
        if access == Access::ReadStrict && !self.state().entry(handle)?.copies() {
            self.install_strict()?;
        }
        regions::grant(&mut self.cx(), handle, guest, access)
    }

    /// Takes a region away from a module. What it still has open reads as zeros.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`], [`Error::UnknownModule`], [`Error::NotGranted`]; [`Error::Trap`] if the
    /// module traps when it is told, or another one, and it has lost the region all the same.
    pub fn revoke(&mut self, region: &str, module: &str) -> Result<()> {
        let (handle, guest) = (self.state().region(region)?, self.state().member(module)?);
        regions::revoke(&mut self.cx(), handle, guest)
    }

    /// Says whether a region may change while a module that has it waits for a call that it made, in ways that
    /// nobody can foresee: by an implementation in the host that gives it to modules, takes it away
    /// ([`Serving::grant`](crate::Serving::grant), [`Serving::revoke`](crate::Serving::revoke)), or changes it without a
    /// `ViewMut` in its interface.
    ///
    /// All modules are told, and keep nothing of the region open across a call (for guests in Rust this is
    /// `CallError::Volatile`). Where it is not said, such a change is [`Error::NotVolatile`]
    /// if a module that has the region may be waiting. What modules write, and implementations whose methods take a
    /// `ViewMut`, is known from the links, and modules are told of that in any case.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`]; [`Error::Trap`] if a module traps when it is told.
    pub fn set_volatile(&mut self, region: &str, volatile: bool) -> Result<()> {
        let handle = self.state().region(region)?;
        let store = &mut self.cx();
        store.data_mut().state.entry_mut(handle)?.volatile = volatile;
        regions::refresh_flags(store)
    }

    /// Ends all writing to a region, and gives a handle to read it with, from any thread and in any
    /// system. The module that may write it may read it meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`]; for a region with a file, that it cannot be published; [`Error::Trap`] if a module
    /// traps when it is told, and the region is sealed all the same: a second call gives the handle.
    pub fn seal(&mut self, region: &str) -> Result<Sealed> {
        let handle = self.state().region(region)?;
        regions::seal(&mut self.cx(), handle)
    }

    /// Lets the module write again that could before the region was sealed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`]; [`Error::StillRead`] if somebody else still has the sealed region.
    pub fn unseal(&mut self, region: &str) -> Result<()> {
        let handle = self.state().region(region)?;
        regions::unseal(&mut self.cx(), handle)
    }

    /// Drops what a reader wrote over its private pages of a region, so that it sees the region again.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`], [`Error::UnknownModule`].
    pub fn refresh(&mut self, region: &str, module: &str) -> Result<()> {
        let (handle, guest) = (self.state().region(region)?, self.state().member(module)?);
        regions::refresh(&mut self.cx(), handle, guest)
    }

    /// The bytes of a region. No guest is running while they are borrowed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`].
    pub fn bytes(&self, region: &str) -> Result<&[u8]> {
        let state = self.state();
        Ok(state.entry(state.region(region)?)?.bytes())
    }

    /// The bytes of a region, to change them. No guest is running while they are borrowed, so this may
    /// be used between calls also where a module is the region's writer.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`], [`Error::IsSealed`].
    pub fn bytes_mut(&mut self, region: &str) -> Result<&mut [u8]> {
        let state = &mut self.store.data_mut().state;
        let handle = state.region(region)?;
        state.entry_mut(handle)?.bytes_mut()
    }

    /// The message at an offset of a region, to pass it to a module.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`].
    pub fn shared<T>(&self, region: &str, offset: u32) -> Result<Shared<T>> {
        Ok(Shared::new(self.state().region(region)?, offset))
    }

    /// Replaces the content of a region by one message, whose root is the region's first byte.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`], [`Error::IsSealed`]; [`Error::HeapInUse`] if there are messages in it
    /// that were made with [`put`](System::put); [`Error::Encode`] if it does not fit, and the
    /// region's content is unspecified then.
    pub fn write<T: Karmem>(&mut self, region: &str, value: &T) -> Result<Shared<T>> {
        self.build(region, |writer| value.encode_in(writer))
    }

    /// Writes a message straight into a region, from its first byte on: `f` gets a writer over it, to give
    /// to a type's `build`, and returns the offset of the root.
    ///
    /// # Errors
    ///
    /// Those of [`write`](System::write).
    pub fn build<T: Karmem>(
        &mut self,
        region: &str,
        f: impl FnOnce(&mut FixedWriter<'_>) -> Result<u32, karmem_core::EncodeError>,
    ) -> Result<Shared<T>> {
        let state = &mut self.store.data_mut().state;
        let handle = state.region(region)?;
        let entry = state.entry_mut(handle)?;
        if let Some(heap) = entry.heap.as_ref().filter(|heap| heap.live() > 0) {
            return Err(Error::HeapInUse {
                region: region.into(),
                messages: heap.live(),
            });
        }
        let mut writer = FixedWriter::new(entry.bytes_mut()?);
        let root = f(&mut writer)?;
        let length = writer.len() as u64;
        state.stats.bytes_copied += length;
        Ok(Shared::new(handle, root))
    }

    /// Adds a message to a region, beside those that it holds already; give it back with
    /// [`free`](System::free). A region is used either like this or with [`write`](System::write).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRegion`], [`Error::IsSealed`], [`Error::RegionFull`], [`Error::Encode`].
    pub fn put<T: Karmem>(&mut self, region: &str, value: &T) -> Result<Shared<T>> {
        let length = value.encoded_len()?;
        let state = &mut self.store.data_mut().state;
        let handle = state.region(region)?;
        let offset = heap::alloc(state, handle, length)?;
        let bytes = state.entry_mut(handle)?.bytes_mut()?;
        // References count from the region's first byte, wherever in it the message lies.
        let written = match bytes.get_mut(..offset as usize + length) {
            Some(bytes) => value
                .encode_in(&mut FixedWriter::starting_at(bytes, offset))
                .map_err(Error::from),
            None => Err(Error::NoRegion { handle }),
        };
        match written {
            Ok(root) => {
                state.stats.bytes_copied += length as u64;
                debug_assert_eq!(root, offset, "the root is what is written first");
                Ok(Shared::new(handle, offset))
            }
            Err(e) => {
                heap::free(state, handle, offset)?;
                Err(e)
            }
        }
    }

    /// Gives the place of a message back that was made with [`put`](System::put), or by the guest that
    /// writes the region.
    ///
    /// # Errors
    ///
    /// [`Error::NotAllocated`] if there is none; [`Error::NoRegion`].
    pub fn free<T>(&mut self, message: Shared<T>) -> Result<()> {
        let state = &mut self.store.data_mut().state;
        heap::free(state, message.handle(), message.offset())
    }

    /// Checks a message in a region and reads it where it lies.
    ///
    /// # Errors
    ///
    /// [`Error::NoRegion`], [`Error::WildOffset`], [`Error::Verify`] with path, offset and cause.
    #[inline]
    pub fn view<T: Karmem>(&self, message: Shared<T>) -> Result<T::View<'_>> {
        let (bytes, offset) = self.state().locate(message.to_i64())?;
        Ok(T::view_at(bytes, offset, &karmem_core::Limits::default())?)
    }

    /// Reads a message in a region where it lies without checking it first, in no time. It stays memory-safe
    /// on any bytes: what leads outside of the region reads as empty.
    ///
    /// # Errors
    ///
    /// [`Error::NoRegion`], [`Error::WildOffset`].
    #[inline]
    pub fn view_unverified<T: Karmem>(&self, message: Shared<T>) -> Result<T::View<'_>> {
        let (bytes, offset) = self.state().locate(message.to_i64())?;
        Ok(T::view_unverified_at(bytes, offset))
    }

    /// Checks a message in a region and gives access to change its fixed fields and elements.
    ///
    /// # Errors
    ///
    /// Those of [`view`](System::view), and [`Error::IsSealed`].
    #[inline]
    pub fn view_mut<T: Karmem>(&mut self, message: Shared<T>) -> Result<T::ViewMut<'_>> {
        let at = Message::new(message.handle(), message.offset());
        let entry = self.store.data_mut().state.entry_mut(message.handle())?;
        let length = entry.len();
        let bytes = entry.bytes_mut()?;
        T::verify_at(bytes, at.offset(), &karmem_core::Limits::default())?;
        T::view_mut_unverified_at(bytes, at.offset()).ok_or(Error::WildOffset {
            message: at,
            length,
        })
    }
}

/// What [`System::remove_region`] gives back.
#[derive(Debug)]
pub enum Removed {
    /// A region that may be written.
    Region(Region),
    /// A sealed one.
    Sealed(Sealed),
}
