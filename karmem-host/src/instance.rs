//! Instances: a guest with its memory, and the blocks that it shares with the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant as Clock};

use wasmtime::{Global, Memory, Store};

use crate::budget::Budget;
use crate::call::{Func, RESET, is_late};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::limits::{Denied, Limits};
use crate::message::{Block, Blocks, Message};
use crate::module::Module;
use crate::prepared::Builder;
use crate::signature::{Params, Results};
use crate::system::RECOVERY;

/// The alignment of every block: the largest that a message needs.
pub(crate) const ALIGN: u32 = 8;

/// A guest that runs: a module with a memory of its own.
///
/// # After a trap
///
/// A call that traps is an error, and the instance can be called again. The guest's memory is as the trap
/// left it: what the guest was in the middle of stays half done, as after a panic that was caught. Blocks
/// stay; the host tells the guest that no call is running any more (`karmem_reset`) and attaches them anew, so that
/// the guest does not think them in use. It has [`RECOVERY`](crate::RECOVERY) for that, and if it fails, it is told
/// again before the next call, which is refused if that fails too. A trap
/// also does not put the guest's stack pointer back; this host does so for every guest that exports
/// it as the mutable global `__stack_pointer` (Rust: `-C link-arg=--export=__stack_pointer`).
/// A guest that does not export it loses a little stack with every trap, and after some
/// hundred of them traps always; make a new instance then. [`restores_stack`](Instance::restores_stack)
/// tells which it is.
#[derive(Debug)]
pub struct Instance {
    pub(crate) store: Store<Context>,
    pub(crate) inner: wasmtime::Instance,
    pub(crate) id: u64,
    pub(crate) budget: Budget,
    pub(crate) stack: Option<Global>,
    pub(crate) stats: Stats,
    pub(crate) module: Module,
    pub(crate) memory: Option<Memory>,
    pub(crate) abi: Option<Arc<Abi>>,
    pub(crate) blocks: Blocks,
    /// Whether a call failed, and the guest has not been told yet that it is not running any more.
    pub(crate) unsettled: bool,
}

/// The functions that messages need.
#[derive(Debug)]
pub(crate) struct Abi {
    alloc: Func<(u32, u32), u32>,
    free: Func<(u32, u32, u32), ()>,
    attach: Func<(u32, u32, u32, u32), ()>,
    detach: Func<u32, ()>,
    reset: Option<Func<(), ()>>,
}

/// What an instance did so far, counted where it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Calls into the guest, those of its allocator and of `_initialize` included.
    pub calls: u64,
    /// Calls that ended in a trap.
    pub traps: u64,
    /// Bytes of all blocks that were attached, freed ones included: what host and guest work on
    /// together, in place.
    pub bytes_shared: u64,
    /// Bytes that the host copied into or out of the guest's memory.
    pub bytes_copied: u64,
}

impl Instance {
    /// An instance of a module that imports nothing.
    ///
    /// # Errors
    ///
    /// Those of [`Builder::build`].
    pub fn new(module: &Module, limits: Limits) -> Result<Instance> {
        Instance::builder(module).limits(limits).build()
    }

    /// Prepares an instance with imports, limits, and types to check.
    pub fn builder(module: &Module) -> Builder<'_> {
        Builder::new(module)
    }

    /// The module it is an instance of.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// What it did so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// What it may use.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        self.store.data().accountant.limits()
    }

    /// Sets how long each call may take from now on; `None` for any time.
    pub fn set_deadline(&mut self, deadline: Option<Duration>) {
        self.budget.set_deadline(&mut self.store, deadline);
    }

    /// Whether the guest's stack pointer is put back after a trap: see [above](Instance#after-a-trap).
    #[must_use]
    pub fn restores_stack(&self) -> bool {
        self.stack.is_some()
    }

    /// Bytes of the guest's memory as it is now; 0 if it exports none.
    #[must_use]
    pub fn memory_size(&self) -> usize {
        self.memory
            .map_or(0, |memory| memory.data_size(&self.store))
    }

    /// Asks the guest's allocator for a block of `size` bytes, and makes it known to the guest under
    /// its handle. The bytes are whatever the guest's allocator left in them.
    ///
    /// # Errors
    ///
    /// [`Error::Abi`] if the guest lacks an export that this needs; [`Error::BlockSize`];
    /// [`Error::NoRoom`] if the guest's allocator refuses; [`Error::BadAllocation`] if what it gives
    /// cannot be used; [`Error::Trap`] if it traps.
    pub fn alloc(&mut self, size: usize) -> Result<Block> {
        let len = u32::try_from(size)
            .ok()
            .filter(|&n| n != 0)
            .ok_or(Error::BlockSize(size))?;
        let abi = self.abi()?;
        self.settle()?;
        let at = self.enter(&abi.alloc, (len, ALIGN))?;
        if at == 0 {
            let denied = matches!(self.store.data().accountant.denied, Some(Denied::Memory(_)));
            return Err(Error::NoRoom { size: len, denied });
        }
        let memory = self.memory_size();
        // A pointer that is no good is not given back either: its owner is unknown.
        let block =
            self.blocks
                .insert(at, len, ALIGN, memory)
                .map_err(|why| Error::BadAllocation {
                    size: len,
                    align: ALIGN,
                    pointer: at,
                    why,
                })?;
        if let Err(e) = self.enter(&abi.attach, (block.handle(), at, len, 1)) {
            self.blocks.remove(&block);
            // The first error is the one to report.
            let _ = self.enter(&abi.free, (at, len, ALIGN));
            return Err(e);
        }
        self.stats.bytes_shared += u64::from(len);
        Ok(block)
    }

    /// Takes a block's handle away from the guest and gives its memory back to the guest's allocator.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed already or belongs to another instance. [`Error::Trap`]: if the guest
    /// traps in `karmem_detach` the block is as before; if in `karmem_free`, the block
    /// is gone and the guest may have lost its memory.
    pub fn free(&mut self, block: Block) -> Result<()> {
        self.blocks.range(&block)?;
        let abi = self.abi()?;
        self.settle()?;
        self.enter(&abi.detach, block.handle())?;
        self.blocks.remove(&block);
        self.enter(&abi.free, (block.address(), block.len(), ALIGN))
    }

    /// Before the guest is used: does what a call that failed left to do.
    ///
    /// # Errors
    ///
    /// If the guest fails when it is told.
    #[inline]
    pub(crate) fn settle(&mut self) -> Result<()> {
        match self.unsettled {
            true => self.recover(),
            false => Ok(()),
        }
    }

    /// After a trap: tells the guest that nothing of it is running any more, and makes all blocks known to it anew.
    #[cold]
    pub(crate) fn recover(&mut self) -> Result<()> {
        if self.module.check_abi().is_err() {
            // It has no blocks.
            self.unsettled = false;
            return Ok(());
        }
        let abi = self.abi()?;
        let until = Clock::now() + RECOVERY;
        if let Some(reset) = &abi.reset {
            self.enter_until(until, reset, ())?;
        }
        let blocks: Vec<Block> = self.blocks.iter().collect();
        for block in blocks {
            let again = (block.handle(), block.address(), block.len(), 1);
            let detached = match &abi.reset {
                Some(_) => Ok(()),
                None => self.enter_until(until, &abi.detach, block.handle()),
            };
            match detached.and_then(|()| self.enter_until(until, &abi.attach, again)) {
                Ok(()) => {}
                Err(error) if is_late(&error) => return Err(error),
                // A guest that cannot even do this is not asked again and again.
                Err(_) => break,
            }
        }
        self.unsettled = false;
        Ok(())
    }

    /// Calls a function of the ABI within the time of a recovery.
    fn enter_until<P: Params, R: Results>(
        &mut self,
        until: Clock,
        func: &Func<P, R>,
        params: P,
    ) -> Result<R> {
        self.budget.spare(&mut self.store, until);
        self.enter_as_it_is(func, params)
    }

    /// The block's bytes, where they lie.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed or belongs to another instance.
    #[inline]
    pub fn bytes(&self, block: &Block) -> Result<&[u8]> {
        Ok(self.place(block)?.0)
    }

    /// The block's bytes, where they lie, to change them.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed or belongs to another instance.
    #[inline]
    pub fn bytes_mut(&mut self, block: &Block) -> Result<&mut [u8]> {
        Ok(self.place_mut(block)?.0)
    }

    /// Copies all of the block's bytes out of the guest's memory.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed or belongs to another instance.
    pub fn read_to_vec(&mut self, block: &Block) -> Result<Vec<u8>> {
        let bytes = self.bytes(block)?.to_vec();
        self.stats.bytes_copied += bytes.len() as u64;
        Ok(bytes)
    }

    /// Copies bytes out of the block, from its byte `offset` on, until `target` is full.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBlock`] if the block ends before that, and nothing is copied then;
    /// [`Error::BadBlock`] if the block was freed or belongs to another instance.
    pub fn read_bytes(&mut self, block: &Block, offset: u32, target: &mut [u8]) -> Result<()> {
        let source = self.bytes(block)?.get(offset as usize..);
        let source = source
            .and_then(|s| s.get(..target.len()))
            .ok_or(Error::OutOfBlock {
                offset,
                length: target.len(),
                block: block.len(),
            })?;
        target.copy_from_slice(source);
        self.stats.bytes_copied += target.len() as u64;
        Ok(())
    }

    /// Copies bytes into the block, from its byte `offset` on.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfBlock`] if they do not fit, and nothing is written then; [`Error::BadBlock`] if
    /// the block was freed or belongs to another instance.
    pub fn write_bytes(&mut self, block: &Block, offset: u32, bytes: &[u8]) -> Result<()> {
        let target = self.bytes_mut(block)?.get_mut(offset as usize..);
        let target = target
            .and_then(|t| t.get_mut(..bytes.len()))
            .ok_or(Error::OutOfBlock {
                offset,
                length: bytes.len(),
                block: block.len(),
            })?;
        target.copy_from_slice(bytes);
        self.stats.bytes_copied += bytes.len() as u64;
        Ok(())
    }

    /// Finds the block of a message that the guest returned, and the offset of the message's root in
    /// it.
    ///
    /// # Errors
    ///
    /// [`Error::WildHandle`], [`Error::WildOffset`].
    pub fn resolve(&self, message: i64) -> Result<(Block, u32)> {
        let message = Message::from_i64(message);
        Ok((self.blocks.resolve(message)?, message.offset()))
    }

    /// The functions that messages need, looked up once.
    fn abi(&mut self) -> Result<Arc<Abi>> {
        if let Some(abi) = &self.abi {
            return Ok(abi.clone());
        }
        self.module.check_abi()?;
        let abi = Arc::new(Abi {
            alloc: self.func("karmem_alloc")?,
            free: self.func("karmem_free")?,
            attach: self.func("karmem_attach")?,
            detach: self.func("karmem_detach")?,
            reset: self.func(RESET).ok(),
        });
        self.abi = Some(abi.clone());
        Ok(abi)
    }
}

pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
