//! What has a handle: found by it, and walked over without what is gone.

use std::collections::BTreeMap;

/// Entries by handles that are never used again. Walking costs what there is, however much there was.
#[derive(Debug)]
pub(super) struct Table<T> {
    entries: BTreeMap<u32, T>,
    /// The handle that was given last; 0 is none.
    last: u32,
}

impl<T> Default for Table<T> {
    fn default() -> Table<T> {
        Table {
            entries: BTreeMap::new(),
            last: 0,
        }
    }
}

impl<T> Table<T> {
    /// Adds an entry under a new handle; `None` if all were used.
    pub(super) fn insert(&mut self, entry: T) -> Option<u32> {
        let handle = self.last.checked_add(1)?;
        self.last = handle;
        self.entries.insert(handle, entry);
        Some(handle)
    }

    pub(super) fn remove(&mut self, handle: u32) -> Option<T> {
        self.entries.remove(&handle)
    }

    #[inline]
    pub(super) fn get(&self, handle: u32) -> Option<&T> {
        self.entries.get(&handle)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, handle: u32) -> Option<&mut T> {
        self.entries.get_mut(&handle)
    }

    /// What there is, in the order of the handles.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.entries.iter().map(|(handle, entry)| (*handle, entry))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut T)> {
        let entries = self.entries.iter_mut();
        entries.map(|(handle, entry)| (*handle, entry))
    }

    /// Makes a table with an entry for each of this one, under the same handle; it goes on with the same
    /// handles.
    pub(super) fn map<U>(&mut self, mut f: impl FnMut(&mut T) -> U) -> Table<U> {
        let entries = self.iter_mut().map(|(handle, entry)| (handle, f(entry)));
        Table {
            entries: entries.collect(),
            last: self.last,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_is_not_walked_over_and_its_handle_not_used_again() {
        let mut table = Table::default();
        assert_eq!(table.insert("first"), Some(1));
        for handle in 2..40_000 {
            assert_eq!(table.insert("other"), Some(handle));
            assert_eq!(table.remove(handle), Some("other"));
            assert_eq!(table.remove(handle), None);
            assert_eq!(table.get(handle), None);
        }
        assert_eq!(table.insert("last"), Some(40_000));
        let entries = [(1, "first"), (40_000, "last")];
        assert!(table.iter().map(|(handle, e)| (handle, *e)).eq(entries));
        assert!(table.iter_mut().map(|(handle, e)| (handle, *e)).eq(entries));
        assert_eq!(table.get(0), None);
        assert_eq!(table.get_mut(40_000), Some(&mut "last"));
    }

    #[test]
    fn a_table_made_of_another_has_its_handles() {
        let mut table = Table::default();
        for entry in 1..=4 {
            table.insert(entry);
        }
        table.remove(2);
        table.remove(4);
        let mut doubled = table.map(|entry| *entry * 2);
        assert!(doubled.iter().eq([(1, &2), (3, &6)]));
        assert_eq!(doubled.insert(0), Some(5));
    }

    #[test]
    fn handles_end() {
        let mut table = Table {
            last: u32::MAX - 1,
            ..Table::default()
        };
        assert_eq!(table.insert(()), Some(u32::MAX));
        table.remove(u32::MAX);
        assert_eq!(table.insert(()), None);
        assert_eq!(table.iter().count(), 0);
    }
}
