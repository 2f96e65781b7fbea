//! What a guest may use, and the accountant that holds it to that.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// What one instance may use.
///
/// ```
/// use std::time::Duration;
/// use karmem_host::Limits;
///
/// let limits = Limits::default().memory(64 << 20).deadline(Duration::from_millis(50));
/// assert_eq!(limits.memory, 64 << 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of linear memory, all of the instance's memories together. 1 GiB by default.
    pub memory: usize,
    /// Elements of tables, all of the instance's tables together. A million by default.
    pub table_elements: usize,
    /// Bytes that instances of a [`System`](crate::System) may keep after they were
    /// [swapped](crate::System::swap) out or failed to start: of tables and of what wasmtime knows of them,
    /// which it frees with the whole store only. Beyond that, a swap is refused until the system is
    /// [rebuilt](crate::System::rebuild). 64 MiB by default.
    pub retired: usize,
    /// How long one call into the guest may take, host functions that it calls included; `None`
    /// lets it run for ever. 10 seconds by default. Measured in steps of [`TICK`](crate::TICK).
    pub deadline: Option<Duration>,
    /// Fuel of each call: about one unit per wasm instruction, the same on every machine and every run.
    /// Needs an engine with [`Config::consume_fuel`](wasmtime::Config::consume_fuel). `None`, the
    /// default, sets no limit.
    pub fuel: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: 1 << 30,
            table_elements: 1_000_000,
            retired: 64 << 20,
            deadline: Some(Duration::from_secs(10)),
            fuel: None,
        }
    }
}

impl Limits {
    /// With this many bytes of memory.
    #[must_use]
    pub const fn memory(mut self, bytes: usize) -> Limits {
        self.memory = bytes;
        self
    }

    /// With this many elements of tables.
    #[must_use]
    pub const fn table_elements(mut self, elements: usize) -> Limits {
        self.table_elements = elements;
        self
    }

    /// With this many bytes for what retired instances keep.
    #[must_use]
    pub const fn retired(mut self, bytes: usize) -> Limits {
        self.retired = bytes;
        self
    }

    /// With this much time per call.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Limits {
        self.deadline = Some(deadline);
        self
    }

    /// With this much fuel per call.
    #[must_use]
    pub const fn fuel(mut self, fuel: u64) -> Limits {
        self.fuel = Some(fuel);
        self
    }

    /// Fuel of each call in this store: as much as there is where the engine counts it and no limit is
    /// set, none where it does not.
    pub(crate) fn fuel_in<T>(&self, store: &wasmtime::Store<T>) -> crate::Result<Option<u64>> {
        match (store.get_fuel(), self.fuel) {
            (Ok(_), fuel) => Ok(Some(fuel.unwrap_or(u64::MAX))),
            (Err(_), None) => Ok(None),
            (Err(_), Some(_)) => Err(crate::Error::Engine(
                "`Limits::fuel` needs an engine with `Config::consume_fuel(true)`".into(),
            )),
        }
    }

    /// With any amount of time per call: a guest that loops never returns.
    #[must_use]
    pub const fn no_deadline(mut self) -> Limits {
        self.deadline = None;
        self
    }
}

/// Something that a guest asked for and did not get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Denied {
    /// So many bytes of memory in all.
    Memory(usize),
    /// So many elements of tables in all.
    Table(usize),
}

/// Counts what an instance uses. Growth beyond the limits is refused as the wasm standard says
/// (`memory.grow` gives -1), and noted, so that a trap that follows can be put down to it.
#[derive(Debug)]
pub(crate) struct Accountant {
    limits: Limits,
    memory: usize,
    tables: usize,
    /// Bytes that instances keep which are not used any more.
    retired: usize,
    /// Instances, memories and tables that were made in the store, in this order: wasmtime counts those that are
    /// not used any more.
    made: [usize; 3],
    /// What the last permitted growth added, to be taken back if it fails all the same.
    pending: usize,
    /// The first refusal since the current call began.
    pub(crate) denied: Option<Denied>,
}

impl Accountant {
    pub(crate) fn new(limits: Limits) -> Accountant {
        Accountant {
            limits,
            memory: 0,
            tables: 0,
            retired: 0,
            made: [0; 3],
            pending: 0,
            denied: None,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes back what the memories and tables had of an instance that is not used any more, of which
    /// `kept` bytes stay.
    pub(crate) fn retire(&mut self, memory: usize, tables: usize, kept: usize) {
        self.memory = self.memory.saturating_sub(memory);
        self.tables = self.tables.saturating_sub(tables);
        self.retired = self.retired.saturating_add(kept);
    }

    /// Bytes of memory and elements of tables that are in use.
    pub(crate) fn used(&self) -> (usize, usize) {
        (self.memory, self.tables)
    }

    /// Bytes that instances keep which are not used any more.
    pub(crate) fn retired(&self) -> usize {
        self.retired
    }

    /// Notes that an instance is made with so many memories and tables.
    pub(crate) fn make(&mut self, memories: usize, tables: usize) {
        for (made, more) in self.made.iter_mut().zip([1, memories, tables]) {
            *made += more;
        }
    }

    /// How many instances were made.
    pub(crate) fn instances(&self) -> usize {
        self.made[0]
    }

    /// Why there is no room for an instance with so many memories and tables, and for its shim.
    pub(crate) fn no_room(&self, memories: usize, tables: usize) -> Option<String> {
        let more = [2, memories, tables + 1];
        let names = ["instances", "memories", "tables"];
        for ((made, more), name) in self.made.into_iter().zip(more).zip(names) {
            if made + more > MADE {
                return Some(format!(
                    "{made} {name} were made in it, and {MADE} are possible"
                ));
            }
        }
        (self.retired > self.limits.retired).then(|| {
            format!(
                "instances that are not used any more keep {} bytes, and `Limits::retired` is {}",
                self.retired, self.limits.retired
            )
        })
    }

    pub(crate) fn set_deadline(&mut self, deadline: Option<Duration>) {
        self.limits.deadline = deadline;
    }
}

/// How many instances, memories and tables a store can have in its life, as wasmtime counts them. Address space
/// and mappings of a process are enough for about as many on 64-bit Linux.
const MADE: usize = 10_000;

/// `Ok(added)` if `used` may grow from `current` to `desired`, else the total that was wanted.
fn grow(used: usize, current: usize, desired: usize, limit: usize) -> Result<usize, usize> {
    let added = desired.saturating_sub(current);
    let total = used.saturating_add(added);
    if total <= limit {
        Ok(added)
    } else {
        Err(total)
    }
}

impl ResourceLimiter for Accountant {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The module's own maximum refuses it: no limit of ours.
        if maximum.is_some_and(|max| desired > max) {
            self.pending = 0;
            return Ok(false);
        }
        match grow(self.memory, current, desired, self.limits.memory) {
            Ok(added) => {
                self.memory += added;
                self.pending = added;
                Ok(true)
            }
            Err(total) => {
                self.pending = 0;
                self.denied.get_or_insert(Denied::Memory(total));
                Ok(false)
            }
        }
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        let added = std::mem::take(&mut self.pending);
        self.memory -= added;
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|max| desired > max) {
            self.pending = 0;
            return Ok(false);
        }
        match grow(self.tables, current, desired, self.limits.table_elements) {
            Ok(added) => {
                self.tables += added;
                self.pending = added;
                Ok(true)
            }
            Err(total) => {
                self.pending = 0;
                self.denied.get_or_insert(Denied::Table(total));
                Ok(false)
            }
        }
    }

    fn instances(&self) -> usize {
        MADE
    }

    fn memories(&self) -> usize {
        MADE
    }

    fn tables(&self) -> usize {
        MADE
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        let added = std::mem::take(&mut self.pending);
        self.tables -= added;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_count_together_and_failed_growth_is_given_back() {
        let mut a = Accountant::new(Limits::default().memory(100));
        assert!(a.memory_growing(0, 60, None).unwrap());
        assert!(!a.memory_growing(0, 60, None).unwrap());
        assert_eq!(a.denied, Some(Denied::Memory(120)));
        assert!(a.memory_growing(0, 40, None).unwrap());
        a.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        a.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert!(a.memory_growing(60, 100, None).unwrap());
        assert!(!a.memory_growing(100, 101, None).unwrap());
    }

    #[test]
    fn a_modules_own_maximum_is_not_ours() {
        let mut a = Accountant::new(Limits::default().table_elements(5));
        assert!(!a.table_growing(0, 3, Some(2)).unwrap());
        assert_eq!(a.denied, None);
        assert!(!a.table_growing(0, 6, None).unwrap());
        assert_eq!(a.denied, Some(Denied::Table(6)));
    }
}
