//! Regions: pieces of memory that several modules see at the same time.

mod access;
mod file;
mod window;

use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use file::Published;
pub(crate) use window::{Window, discard};

/// What the length of a region is a multiple of: a page of wasm, which pages of every machine divide.
pub const REGION_PAGE: usize = 64 << 10;
/// The longest region: its length fits into the 32 bits of an offset, and a guest has room beside it.
pub const MAX_REGION: usize = (4 << 30) - REGION_PAGE;

/// A piece of memory that can be written. Whoever has this value may write: there is one
/// at a time, a program or a [`System`](crate::System) that lends the right to one of its modules.
///
/// ```
/// use karmem_host::Region;
///
/// let mut region = Region::anonymous(100)?;
/// assert_eq!(region.len(), 65536); // whole pages of wasm
/// region.bytes_mut()[0] = 7;
///
/// let sealed = region.seal().map_err(|(_, e)| e)?; // now anybody may read, on any thread
/// let reader = sealed.clone();
/// assert_eq!(std::thread::spawn(move || reader[0]).join().unwrap(), 7);
///
/// let mut region = sealed.unseal().expect("the only one left");
/// region.bytes_mut()[0] = 8;
/// # Ok::<(), karmem_host::Error>(())
/// ```
#[derive(Debug)]
pub struct Region {
    bytes: Bytes,
    file: Option<Published>,
}

/// A region that nobody may write, to be read by any number of systems and threads.
/// See [`Region::seal`].
#[derive(Clone, Debug)]
pub struct Sealed {
    region: Arc<Region>,
}

/// What a module may do with a region.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Access {
    /// It may read and write; one module at most.
    Write,
    /// It may read. What it writes all the same stays on pages of its own: nobody else sees it, and it
    /// does not see any more what others write there, until the grant is
    /// [refreshed](crate::System::refresh).
    Read,
    /// It may read, and a store is a trap. `memory.fill` and `memory.copy` are no store that can trap:
    /// they write to a private copy, as with [`Read`](Access::Read), and the call ends in an error
    /// afterwards. Where regions are copied and not mapped, this is the same as `Read`.
    ///
    /// This needs the Cargo feature `strict`, because it brings a signal handler; without it such a grant is
    /// [`Error::StrictGrants`].
    ReadStrict,
}

#[derive(Debug)]
enum Bytes {
    /// Pages that can be mapped over a guest's memory.
    #[cfg(target_os = "linux")]
    Mapped(crate::sys::Pages),
    /// Bytes that are copied into a guest's memory and back.
    Copied(Vec<u8>),
}

/// Where a window gets its bytes from.
#[derive(Clone, Debug)]
pub(crate) enum Backing {
    #[cfg(target_os = "linux")]
    Mapped(crate::sys::Source),
    Copied,
}

impl Backing {
    /// Whether the bytes are copied into each guest and back.
    pub(crate) fn copies(&self) -> bool {
        matches!(self, Backing::Copied)
    }
}

impl Region {
    /// A region of zeros, of so many bytes or a few more: whole pages of 64 KiB. It is mapped into
    /// guests where that is possible (on Linux) and copied elsewhere; see
    /// [`is_copied`](Region::is_copied).
    ///
    /// # Errors
    ///
    /// [`Error::Region`] if the length is zero or more than [`MAX_REGION`], or if the system has no
    /// memory for it.
    pub fn anonymous(len: usize) -> Result<Region> {
        #[cfg(target_os = "linux")]
        {
            let pages = crate::sys::Pages::new(whole(len)?);
            let pages = pages.map_err(|e| no_memory(len, &e))?;
            Ok(Region {
                bytes: Bytes::Mapped(pages),
                file: None,
            })
        }
        #[cfg(not(target_os = "linux"))]
        Region::copied(len)
    }

    /// A region of zeros that is copied into guests and back at every call, also where it could be
    /// mapped. This is what [`anonymous`](Region::anonymous) is on systems other than Linux; here it
    /// serves to compare.
    ///
    /// # Errors
    ///
    /// Those of [`anonymous`](Region::anonymous).
    pub fn copied(len: usize) -> Result<Region> {
        let whole = whole(len)?;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(whole)
            .map_err(|_| no_memory(len, &io::ErrorKind::OutOfMemory.into()))?;
        bytes.resize(whole, 0);
        Ok(Region {
            bytes: Bytes::Copied(bytes),
            file: None,
        })
    }

    /// A region of zeros with a new file. See [`open`](Region::open).
    ///
    /// # Errors
    ///
    /// [`Error::RegionFile`] if the file exists already or cannot be made; those of
    /// [`anonymous`](Region::anonymous).
    pub fn create(path: impl AsRef<Path>, len: usize) -> Result<Region> {
        let mut region = Region::anonymous(len)?;
        region.file = Some(Published::create(path.as_ref(), region.bytes())?);
        Ok(region)
    }

    /// A region with the content of a file: state that outlives the process.
    ///
    /// The file holds the bytes and nothing else. Modules never write to the file itself, which others
    /// could shorten under them: they work on a copy in memory, and [`seal`](Region::seal) and
    /// [`persist`](Region::persist) put a new version of the file in the place of the old one in one
    /// step. A process that is killed at any time leaves the version that was published last.
    /// A lock on a file beside it (`….lock`) keeps a second process out while this one has it; on Linux a lock on
    /// the file itself does so too, whatever name the other one opens it by. Both are advisory, and can be held by
    /// those only who may write the file.
    ///
    /// # Errors
    ///
    /// [`Error::RegionFile`] if there is no such file, it cannot be read, it is empty or longer
    /// than [`MAX_REGION`], or somebody else has it open.
    pub fn open(path: impl AsRef<Path>) -> Result<Region> {
        let path = path.as_ref();
        let (file, data) = Published::open(path)?;
        let len = file.len(&data)?;
        let mut region = Region::anonymous(len)?;
        file.read(&data, &mut region.bytes_mut()[..len])?;
        region.file = Some(file);
        Ok(region)
    }

    /// Bytes of the region.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Whether it has a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// Whether its bytes are copied into guests and back at every call, because they cannot be mapped
    /// here.
    #[must_use]
    pub fn is_copied(&self) -> bool {
        self.backing().copies()
    }

    /// The bytes.
    #[must_use]
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped(pages) => pages.bytes(),
            Bytes::Copied(bytes) => bytes,
        }
    }

    /// The bytes, to change them.
    #[must_use]
    #[inline]
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        match &mut self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped(pages) => pages.bytes_mut(),
            Bytes::Copied(bytes) => bytes,
        }
    }

    /// Publishes the bytes as they are now in the region's file; nothing if it has none. The new version has the
    /// permissions of the old one, and its owner and group where this process may give them away; otherwise
    /// it is this process's, a group that is another one has no permissions, and a warning is logged.
    ///
    /// # Errors
    ///
    /// [`Error::RegionFile`]; what was published before is intact then.
    pub fn persist(&self) -> Result<()> {
        self.file
            .as_ref()
            .map_or(Ok(()), |file| file.publish(self.bytes()))
    }

    /// Gives up the right to write, and publishes the bytes if the region has a file.
    ///
    /// # Errors
    ///
    /// The region, and why it could not be published; what was published before is intact.
    #[expect(
        clippy::result_large_err,
        reason = "the region goes back to where it came from"
    )]
    pub fn seal(self) -> Result<Sealed, (Region, Error)> {
        match self.persist() {
            Ok(()) => Ok(self.into_sealed()),
            Err(e) => Err((self, e)),
        }
    }

    /// Gives up the right to write, without publishing anything.
    pub(crate) fn into_sealed(self) -> Sealed {
        Sealed {
            region: Arc::new(self),
        }
    }

    pub(crate) fn backing(&self) -> Backing {
        match &self.bytes {
            #[cfg(target_os = "linux")]
            Bytes::Mapped(pages) => Backing::Mapped(pages.source().clone()),
            Bytes::Copied(_) => Backing::Copied,
        }
    }
}

impl Sealed {
    /// Takes the right to write again, if nobody else has this region.
    ///
    /// # Errors
    ///
    /// The sealed region, if there are others of it.
    pub fn unseal(self) -> Result<Region, Sealed> {
        Arc::try_unwrap(self.region).map_err(|region| Sealed { region })
    }

    pub(crate) fn backing(&self) -> Backing {
        self.region.backing()
    }
}

impl Deref for Sealed {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.region.bytes()
    }
}

/// The length in whole pages of wasm.
fn whole(len: usize) -> Result<usize> {
    if len == 0 || len > MAX_REGION {
        return Err(Error::Region(format!(
            "a region has 1 to {MAX_REGION} bytes, and not {len}"
        )));
    }
    Ok(len.next_multiple_of(REGION_PAGE))
}

fn no_memory(len: usize, e: &io::Error) -> Error {
    Error::Region(format!(
        "there is no memory for a region of {len} bytes: {e}"
    ))
}

#[cfg(test)]
mod tests;
