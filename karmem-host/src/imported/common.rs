//! Modules on one memory, and the blocks that they share.

use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::time::Instant;

use karmem_core::{EncodeError, FixedWriter, Karmem};
use wasmtime::{Extern, Global, Memory, Store, TypedFunc};

use super::build::CommonBuilder;
use super::plan::Plan;
use crate::budget::Budget;
use crate::call::{self, RESET, is_late, trap};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::instance::{ALIGN, Stats};
use crate::limits::{Denied, Limits};
use crate::message::{Block, Blocks, Message};
use crate::module::{Module, name_list};
use crate::signature::{Params, Results, Signature};
use crate::system::RECOVERY;
use crate::typed::Place;

/// Several modules on one memory that the host made: what a browser can do, too, and what works without
/// the mapping of pages.
///
/// A block that one module's allocator gave can be attached to the others under the same handle; all
/// of them, and the host, then work on the same bytes. There is no isolation: each module can
/// reach all of the memory, so use this for modules that you trust as you trust your own code.
///
/// The modules have to be linked for it, each for a place of its own (karmem-build:
/// `Guest::imported_memory`). Those that would overwrite one another are refused. They are instantiated
/// in ascending order of their places, and each one's allocator is asked for something before the
/// next begins, because some take all the memory that there is at that time.
///
/// ```no_run
/// use karmem_host::{CommonMemory, Engine, Module};
///
/// let engine = Engine::new()?;
/// let physics = Module::from_file(&engine, "physics.wasm")?;
/// let ai = Module::from_file(&engine, "ai.wasm")?;
/// let mut both = CommonMemory::builder(&engine)
///     .module("physics", &physics)
///     .module("ai", &ai)
///     .build()?;
/// let block = both.alloc("physics", 4096)?;
/// both.attach(&block, "ai", false)?;
/// both.call::<i64, ()>("physics", "fill", block.message(0))?;
/// let sum: i32 = both.call("ai", "sum", block.message(0))?;
/// # Ok::<(), karmem_host::Error>(())
/// ```
///
/// After a trap the module that trapped can be called again, as an [`Instance`](crate::Instance) can;
/// what it was in the middle of writing stays half done, for all of them. A module that runs out of its
/// stack overwrites its own data and then what lies below that, as nothing guards the stack here; where
/// that is seen after a trap, every further call is refused with [`Error::Overwritten`].
pub struct CommonMemory {
    pub(super) store: Store<Context>,
    pub(super) memory: Memory,
    pub(super) plan: Plan,
    pub(super) members: Vec<Member>,
    pub(super) blocks: Blocks,
    /// By block: who allocated it, and who else has it. Parallel to the handles of `blocks`.
    pub(super) shares: Vec<Option<Share>>,
    pub(super) budget: Budget,
    pub(super) stats: Stats,
    /// The module that ran out of its stack.
    pub(super) overwritten: Option<usize>,
}

pub(super) struct Member {
    pub(super) name: String,
    pub(super) module: Module,
    pub(super) inner: wasmtime::Instance,
    pub(super) stack: Option<Global>,
    /// Where its stack pointer may point.
    pub(super) range: RangeInclusive<u64>,
    pub(super) abi: Abi,
    /// Whether a call of it failed, and it has not been told yet that it is not running any more.
    pub(super) unsettled: bool,
}

#[derive(Clone)]
pub(super) struct Abi {
    pub(super) alloc: TypedFunc<(u32, u32), u32>,
    pub(super) free: TypedFunc<(u32, u32, u32), ()>,
    pub(super) attach: TypedFunc<(u32, u32, u32, u32), ()>,
    pub(super) detach: TypedFunc<u32, ()>,
    pub(super) reset: Option<TypedFunc<(), ()>>,
}

#[derive(Clone, Debug)]
pub(super) struct Share {
    owner: usize,
    /// Members that know the block, and whether they may write it; the owner is among them.
    attached: Vec<(usize, bool)>,
}

impl fmt::Debug for CommonMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommonMemory")
            .field("plan", &self.plan)
            .field("stats", &self.stats)
            .finish_non_exhaustive()
    }
}

impl CommonMemory {
    /// Prepares a memory for modules.
    pub fn builder(engine: &Engine) -> CommonBuilder<'_> {
        CommonBuilder {
            engine,
            modules: Vec::new(),
            imports: None,
            limits: Limits::default(),
        }
    }

    /// Bytes of the memory as it is now.
    #[must_use]
    pub fn size(&self) -> usize {
        self.memory.data_size(&self.store)
    }

    /// What all modules did so far. Bytes count as shared once, however many modules have them.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The bytes that each module has from the start: its data, its stack, and what its allocator
    /// begins with. In ascending order.
    pub fn places(&self) -> impl Iterator<Item = (&str, Range<u64>)> {
        let stages = self.plan.stages().iter();
        stages.map(|stage| (stage.name.as_str(), stage.piece.clone()))
    }

    /// Calls an exported function of a module.
    ///
    /// # Errors
    ///
    /// [`Error::NoModule`], [`Error::NoFunction`], [`Error::Signature`]; [`Error::Trap`] if the guest traps,
    /// with the text of its panic if it tells that, or uses up its time or fuel.
    pub fn call<P: Params, R: Results>(
        &mut self,
        module: &str,
        name: &str,
        params: P,
    ) -> Result<R> {
        let index = self.member(module)?;
        let func = self.func::<P, R>(index, name)?;
        self.settle(index)?;
        let mut result = self.enter(index, name, &func, params);
        if let Err(e) = &mut result {
            if let Err(error) = self.settle(index) {
                tracing::warn!(module, %error, "a guest could not be told that a call of it failed");
            }
            self.explain(index, e);
        }
        result
    }

    /// Asks a module's allocator for a block of `size` bytes, and attaches it to that module, for
    /// writing. The bytes are whatever the allocator left in them.
    ///
    /// # Errors
    ///
    /// [`Error::NoModule`], [`Error::BlockSize`], [`Error::NoRoom`], [`Error::Trap`];
    /// [`Error::BadAllocation`] if what the allocator gives overlaps another block, or data or stack of a
    /// module.
    pub fn alloc(&mut self, module: &str, size: usize) -> Result<Block> {
        let owner = self.member(module)?;
        let len = u32::try_from(size)
            .ok()
            .filter(|&n| n != 0)
            .ok_or(Error::BlockSize(size))?;
        let abi = self.abi(owner)?;
        self.settle(owner)?;
        let at = self.enter(owner, "karmem_alloc", &abi.alloc, (len, ALIGN))?;
        if at == 0 {
            let denied = matches!(self.store.data().accountant.denied, Some(Denied::Memory(_)));
            return Err(Error::NoRoom { size: len, denied });
        }
        let bad = |why: String| Error::BadAllocation {
            size: len,
            align: ALIGN,
            pointer: at,
            why,
        };
        let bytes = u64::from(at)..u64::from(at) + u64::from(len);
        if let Some(stage) = self.plan.owner(&bytes).filter(|s| s.index != owner) {
            return Err(bad(format!(
                "belongs to the module `{}` at {:#x}..{:#x}",
                stage.name, stage.piece.start, stage.piece.end
            )));
        }
        let size = self.size();
        let block = self.blocks.insert(at, len, ALIGN, size).map_err(bad)?;
        if let Err(e) = self.enter(
            owner,
            "karmem_attach",
            &abi.attach,
            (block.handle(), at, len, 1),
        ) {
            self.blocks.remove(&block);
            // The first error is the one to report.
            let _ = self.enter(owner, "karmem_free", &abi.free, (at, len, ALIGN));
            return Err(e);
        }
        let slot = block.handle() as usize;
        if self.shares.len() <= slot {
            self.shares.resize(slot + 1, None);
        }
        self.shares[slot] = Some(Share {
            owner,
            attached: vec![(owner, true)],
        });
        self.stats.bytes_shared += u64::from(len);
        Ok(block)
    }

    /// Makes a block known to another module, under the same handle: nothing is copied. A module that has
    /// it already gets it anew, with the other right. Not being writable is what the module is told, and
    /// what karmem's own code in it keeps to; nothing enforces it.
    ///
    /// # Errors
    ///
    /// [`Error::NoModule`], [`Error::BadBlock`]; [`Error::Trap`] if the module traps, which does not have it then.
    pub fn attach(&mut self, block: &Block, module: &str, writable: bool) -> Result<()> {
        let index = self.member(module)?;
        self.detach(block, module)?;
        let abi = self.abi(index)?;
        self.settle(index)?;
        self.enter(
            index,
            "karmem_attach",
            &abi.attach,
            (
                block.handle(),
                block.address(),
                block.len(),
                u32::from(writable),
            ),
        )?;
        if let Some(share) = self.share(block) {
            share.attached.push((index, writable));
        }
        Ok(())
    }

    /// Takes a block away from a module, which may be the one that allocated it. Nothing happens if
    /// the module does not have it.
    ///
    /// # Errors
    ///
    /// [`Error::NoModule`], [`Error::BadBlock`]; [`Error::Trap`] if the module traps, which has it as before then.
    pub fn detach(&mut self, block: &Block, module: &str) -> Result<()> {
        let index = self.member(module)?;
        self.blocks.range(block)?;
        let has = |share: &mut Share| share.attached.iter().any(|(member, _)| *member == index);
        if self.share(block).is_some_and(has) {
            let abi = self.abi(index)?;
            self.settle(index)?;
            self.enter(index, "karmem_detach", &abi.detach, block.handle())?;
            if let Some(share) = self.share(block) {
                share.attached.retain(|(member, _)| *member != index);
            }
        }
        Ok(())
    }

    /// Takes a block away from all modules and gives its memory back to the allocator that it came from.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed already. [`Error::Trap`]: if a module traps when the block is taken
    /// away, those after it still have it and it is not freed; if the owner traps in `karmem_free`, the
    /// block is gone and its memory may be lost.
    pub fn free(&mut self, block: Block) -> Result<()> {
        self.blocks.range(&block)?;
        let Some(share) = self.share(&block).cloned() else {
            return Ok(());
        };
        for (index, _) in &share.attached {
            let abi = self.abi(*index)?;
            self.settle(*index)?;
            self.enter(*index, "karmem_detach", &abi.detach, block.handle())?;
            if let Some(share) = self.share(&block) {
                share.attached.retain(|(member, _)| member != index);
            }
        }
        self.blocks.remove(&block);
        self.shares[block.handle() as usize] = None;
        let abi = self.abi(share.owner)?;
        self.settle(share.owner)?;
        self.enter(
            share.owner,
            "karmem_free",
            &abi.free,
            (block.address(), block.len(), ALIGN),
        )
    }

    /// The block's bytes, where they lie.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed or belongs elsewhere.
    pub fn bytes(&self, block: &Block) -> Result<&[u8]> {
        Ok(self.place(block)?.0)
    }

    /// The block's bytes, where they lie, to change them. No guest runs meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::BadBlock`] if it was freed or belongs elsewhere.
    pub fn bytes_mut(&mut self, block: &Block) -> Result<&mut [u8]> {
        Ok(self.place_mut(block)?.0)
    }

    /// Checks a message and reads it where it lies.
    ///
    /// # Errors
    ///
    /// [`Error::Verify`] with path, offset and cause; [`Error::WildHandle`], [`Error::WildOffset`] or
    /// [`Error::BadBlock`] if there is no such place.
    pub fn view<T: Karmem>(&self, at: impl Place) -> Result<T::View<'_>> {
        let (bytes, message) = self.place(at)?;
        let limits = karmem_core::Limits::default();
        Ok(T::view_at(bytes, message.offset(), &limits)?)
    }

    /// Checks a message and gives access to change its fixed fields and elements where they lie.
    ///
    /// # Errors
    ///
    /// Those of [`view`](CommonMemory::view).
    pub fn view_mut<T: Karmem>(&mut self, at: impl Place) -> Result<T::ViewMut<'_>> {
        let (bytes, message) = self.place_mut(at)?;
        let limits = karmem_core::Limits::default();
        Ok(T::view_mut_at(bytes, message.offset(), &limits)?)
    }

    /// Writes a value into a block as a message whose root is the block's first byte, and gives the
    /// length of the message. Its bytes count as copied.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] if the block is too small or a slice longer than its `max`;
    /// [`Error::BadBlock`].
    pub fn write<T: Karmem>(&mut self, block: &Block, value: &T) -> Result<usize> {
        let length = value.encode_to(self.bytes_mut(block)?)?;
        self.stats.bytes_copied += length as u64;
        Ok(length)
    }

    /// Writes a message straight into a block: `f` gets a writer over it.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] with what `f` returned; [`Error::BadBlock`].
    pub fn build<R>(
        &mut self,
        block: &Block,
        f: impl FnOnce(&mut FixedWriter<'_>) -> Result<R, EncodeError>,
    ) -> Result<R> {
        Ok(f(&mut FixedWriter::new(self.bytes_mut(block)?))?)
    }

    fn place(&self, at: impl Place) -> Result<(&[u8], Message)> {
        let (range, message) = self.blocks.locate(at)?;
        let bytes = self.memory.data(&self.store).get(range);
        bytes
            .map(|b| (b, message))
            .ok_or(Error::WildHandle { message })
    }

    fn place_mut(&mut self, at: impl Place) -> Result<(&mut [u8], Message)> {
        let (range, message) = self.blocks.locate(at)?;
        let bytes = self.memory.data_mut(&mut self.store).get_mut(range);
        bytes
            .map(|b| (b, message))
            .ok_or(Error::WildHandle { message })
    }

    fn share(&mut self, block: &Block) -> Option<&mut Share> {
        self.shares.get_mut(block.handle() as usize)?.as_mut()
    }

    fn member(&self, name: &str) -> Result<usize> {
        let found = self.members.iter().position(|member| member.name == name);
        found.ok_or_else(|| Error::NoModule {
            name: name.into(),
            available: name_list(self.members.iter().map(|m| m.name.clone()).collect()),
        })
    }

    fn abi(&self, index: usize) -> Result<Abi> {
        match self.members.get(index) {
            Some(member) => Ok(member.abi.clone()),
            None => Err(Error::Abi("it is not in this memory".into())),
        }
    }

    fn func<P: Params, R: Results>(&mut self, index: usize, name: &str) -> Result<TypedFunc<P, R>> {
        let member = &self.members[index];
        let Some(Extern::Func(func)) = member.inner.get_export(&mut self.store, name) else {
            return Err(Error::NoFunction {
                name: name.into(),
                available: member.module.function_names(),
            });
        };
        func.typed(&self.store).map_err(|_| Error::Signature {
            name: name.into(),
            wanted: Signature::of_rust::<P, R>().to_string(),
            found: Signature::of_wasm(&func.ty(&self.store)).to_string(),
        })
    }

    /// Calls a guest with the time of a call.
    fn enter<P: Params, R: Results>(
        &mut self,
        index: usize,
        name: &str,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R> {
        self.enter_within(None, index, name, func, params)
    }

    /// Every call into a guest goes through here; `until` when the time after a call that failed is over.
    fn enter_within<P: Params, R: Results>(
        &mut self,
        until: Option<Instant>,
        index: usize,
        name: &str,
        func: &TypedFunc<P, R>,
        params: P,
    ) -> Result<R> {
        if let Some(culprit) = self.overwritten.and_then(|index| self.members.get(index)) {
            return Err(Error::Overwritten {
                name: culprit.name.clone(),
            });
        }
        match until {
            None => self.budget.give(&mut self.store),
            Some(until) => self.budget.spare(&mut self.store, until),
        }
        let global = self.members.get(index).and_then(|member| member.stack);
        let stack = global.map(|global| (global, global.get(&mut self.store)));
        self.stats.calls += 1;
        func.call(&mut self.store, params).map_err(|e| {
            self.stats.traps += 1;
            self.members[index].unsettled = true;
            if let Some((global, value)) = stack {
                let reached = global.get(&mut self.store).i32().map(i32::cast_unsigned);
                // Below zero it wraps around.
                let inside = |at| self.members[index].range.contains(&u64::from(at));
                if !reached.is_some_and(inside) {
                    self.overwritten = Some(index);
                }
                // Cannot fail: the value has the global's type and the global is mutable.
                let restored = global.set(&mut self.store, value);
                debug_assert!(restored.is_ok());
            }
            let accountant = &self.store.data().accountant;
            trap(name, e, accountant.denied, accountant.limits())
        })
    }

    /// After a trap: has the module tell the text of its panic.
    #[cold]
    fn explain(&mut self, index: usize, e: &mut Error) {
        // A stack that overflowed is no panic, and who knows what the module would say.
        if self.overwritten.is_none()
            && let Some(member) = self.members.get(index)
        {
            self.budget
                .spare(&mut self.store, Instant::now() + RECOVERY);
            let memory = Some(call::Memory::Own(self.memory));
            e.explain_by(&mut self.store, &member.inner, member.stack, memory);
        }
    }

    /// Before a module is used and after a call of it that failed: tells it that nothing of it is running any more, and
    /// makes all of its blocks known to it anew, as it would think some in use.
    fn settle(&mut self, index: usize) -> Result<()> {
        if !self.members[index].unsettled {
            return Ok(());
        }
        let until = Some(Instant::now() + RECOVERY);
        let abi = self.abi(index)?;
        if let Some(reset) = &abi.reset {
            self.enter_within(until, index, RESET, reset, ())?;
        }
        let blocks: Vec<Block> = self.blocks.iter().collect();
        for block in blocks {
            let Some(share) = self.share(&block) else {
                continue;
            };
            let mut attached = share.attached.iter();
            let Some((_, writable)) = attached.find(|(member, _)| *member == index) else {
                continue;
            };
            let again = (
                block.handle(),
                block.address(),
                block.len(),
                u32::from(*writable),
            );
            let detached = match &abi.reset {
                Some(_) => Ok(()),
                None => {
                    self.enter_within(until, index, "karmem_detach", &abi.detach, block.handle())
                }
            };
            let done = detached.and_then(|()| {
                self.enter_within(until, index, "karmem_attach", &abi.attach, again)
            });
            match done {
                Ok(()) => {}
                Err(error) if is_late(&error) => return Err(error),
                // A guest that cannot even do this is not asked again and again.
                Err(_) => break,
            }
        }
        self.members[index].unsettled = false;
        Ok(())
    }
}
