//! What the system is compared with: regions as plain vectors.

use std::collections::BTreeMap;

use karmem_host::Access;

/// A region as it should be.
#[derive(Clone, Debug)]
pub struct Region {
    pub handle: u32,
    pub bytes: Vec<u8>,
    /// Whether all modules are told that it may change while they wait.
    pub volatile: bool,
    /// Who has a `Sealed` of the same number has the same bytes.
    pub sealed: Option<u64>,
    pub writer: Option<usize>,
    pub windows: BTreeMap<usize, Window>,
    /// Whether it is copied into modules and back.
    pub copied: bool,
    /// Messages in it: offset and length.
    pub heap: BTreeMap<u32, u32>,
}

/// What became of what a module wrote.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrote {
    /// It has no window.
    Nothing,
    Shared,
    /// On pages of its own.
    Private,
    /// It was refused.
    Strict,
}

/// What one module has of a region.
#[derive(Clone, Debug)]
pub struct Window {
    pub access: Access,
    /// Pages that the module wrote without having the right to, by number: its own from then on.
    private: BTreeMap<usize, Vec<u8>>,
}

impl Window {
    fn new(access: Access) -> Window {
        Window {
            access,
            private: BTreeMap::new(),
        }
    }
}

impl Region {
    pub fn new(handle: u32, bytes: Vec<u8>, sealed: Option<u64>, copied: bool) -> Region {
        Region {
            handle,
            bytes,
            sealed,
            copied,
            volatile: false,
            writer: None,
            windows: BTreeMap::new(),
            heap: BTreeMap::new(),
        }
    }

    pub fn may_write(&self, module: usize) -> bool {
        self.sealed.is_none() && self.writer == Some(module)
    }

    /// What a module reads through its window.
    pub fn seen(&self, module: usize, page: usize) -> Option<Vec<u8>> {
        let window = self.windows.get(&module)?;
        let mut bytes = self.bytes.clone();
        for (number, private) in &window.private {
            bytes[number * page..][..page].copy_from_slice(private);
        }
        Some(bytes)
    }

    /// A module writes through its window.
    pub fn write(&mut self, module: usize, at: usize, bytes: &[u8], page: usize) -> Wrote {
        let shared = self.may_write(module);
        let Some(window) = self.windows.get_mut(&module) else {
            return Wrote::Nothing;
        };
        if shared {
            self.bytes[at..][..bytes.len()].copy_from_slice(bytes);
            return Wrote::Shared;
        }
        // There is nothing to protect where regions are copied.
        if window.access == Access::ReadStrict && !self.copied {
            return Wrote::Strict;
        }
        let (mut at, mut rest) = (at, bytes);
        while !rest.is_empty() {
            let number = at / page;
            let (now, later) = rest.split_at(rest.len().min(page - at % page));
            let private = window
                .private
                .entry(number)
                .or_insert_with(|| self.bytes[number * page..][..page].to_vec());
            private[at % page..][..now.len()].copy_from_slice(now);
            (at, rest) = (at + now.len(), later);
        }
        Wrote::Private
    }

    pub fn grant(&mut self, module: usize, access: Access) -> Result<(), &'static str> {
        if access == Access::Write {
            if self.writer.is_some_and(|writer| writer != module) {
                return Err("has writer");
            }
            self.writer = Some(module);
        } else if self.writer == Some(module) {
            self.writer = None;
        }
        self.windows.insert(module, Window::new(access));
        Ok(())
    }

    pub fn revoke(&mut self, module: usize) -> Result<(), &'static str> {
        self.windows.remove(&module).ok_or("not granted")?;
        if self.writer == Some(module) {
            self.writer = None;
        }
        Ok(())
    }

    /// Drops what a module wrote without the right to.
    pub fn refresh(&mut self, module: usize) {
        if let Some(window) = self.windows.get_mut(&module) {
            window.private.clear();
        }
    }

    /// The region can be written again, by who could before.
    pub fn unsealed(&mut self) {
        self.sealed = None;
        if let Some(writer) = self.writer {
            self.refresh(writer);
        }
    }

    /// Whether a module is told that the region may change while it waits.
    fn is_volatile(&self, module: usize) -> bool {
        let writer = self.writer.filter(|_| self.sealed.is_none());
        let changes = writer.is_some_and(|writer| writer != module && leads(module, writer));
        self.volatile || changes
    }

    /// The flags that a module was told.
    pub fn flags(&self, module: usize) -> i32 {
        if !self.windows.contains_key(&module) {
            return -1;
        }
        i32::from(self.may_write(module)) | i32::from(self.is_volatile(module)) << 1
    }

    /// Whether the host may give a module this access, or take the region away from it, while `caller` waits and
    /// perhaps those that call it.
    pub fn may_change(
        &self,
        caller: usize,
        module: usize,
        access: Option<Access>,
        poisoned: impl Fn(usize) -> bool,
    ) -> bool {
        let new_writer = access == Some(Access::Write) && self.writer != Some(module);
        self.windows.keys().all(|&other| {
            let waits = (other == caller || leads(other, caller)) && !poisoned(other);
            let sees_it = other == module || new_writer && leads(other, module);
            !waits || !sees_it || self.is_volatile(other)
        })
    }

    /// Whether a piece lies in the region and apart from all messages.
    pub fn is_free(&self, at: u32, length: u32) -> bool {
        let end = at + length.max(1);
        end as usize <= self.bytes.len()
            && self
                .heap
                .iter()
                .all(|(&other, &len)| end <= other || other + len.max(1) <= at)
    }
}

/// Whether a module can run while another one waits for a call: all but the last call each other.
fn leads(module: usize, other: usize) -> bool {
    module < 3 && other < 3
}
