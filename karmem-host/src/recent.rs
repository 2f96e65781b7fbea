//! What was used last, so that a cache does not grow for ever.

/// A map of bounded weight that forgets what was not used for the longest time. It is searched from end to
/// end: for a few entries that are dear to make.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    /// The last one was used last.
    entries: Vec<(K, V, usize)>,
    weight: usize,
    limit: usize,
}

impl<K: PartialEq, V: Clone> Recent<K, V> {
    /// Nothing yet; at most this weight later.
    pub(crate) fn new(limit: usize) -> Recent<K, V> {
        Recent {
            entries: Vec::new(),
            weight: 0,
            limit,
        }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        let at = self.entries.iter().position(|(known, ..)| known == key)?;
        self.entries[at..].rotate_left(1);
        self.entries.last().map(|(_, value, _)| value.clone())
    }

    /// Adds a value that is not there, if it is not too heavy by itself.
    pub(crate) fn insert(&mut self, key: K, value: V, weight: usize) {
        if weight > self.limit || self.get(&key).is_some() {
            return;
        }
        self.weight += weight;
        self.entries.push((key, value, weight));
        let mut gone = 0;
        for (_, _, weight) in &self.entries {
            if self.weight <= self.limit {
                break;
            }
            self.weight -= weight;
            gone += 1;
        }
        self.entries.drain(..gone);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_the_longest_time_goes() {
        let mut recent = Recent::new(10);
        for key in 0..5 {
            recent.insert(key, key * 10, 2);
        }
        assert_eq!(recent.get(&0), Some(0));
        recent.insert(5, 50, 3);
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|key| recent.get(&key).is_some()),
            [true, false, false, true, true, true]
        );
        // Known already, and too heavy.
        recent.insert(5, 51, 3);
        recent.insert(6, 60, 11);
        assert_eq!((recent.get(&5), recent.get(&6)), (Some(50), None));
        recent.insert(7, 70, 10);
        assert_eq!((recent.len(), recent.get(&7)), (1, Some(70)));
    }

    #[test]
    fn it_stays_bounded() {
        let mut recent = Recent::new(64);
        for key in 0..10_000 {
            recent.insert(key, (), 1 + key % 9);
            let weight: usize = recent.entries.iter().map(|(.., weight)| weight).sum();
            assert!(weight <= 64 && weight == recent.weight);
        }
    }
}
