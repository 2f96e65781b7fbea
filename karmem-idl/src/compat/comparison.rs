//! Comparing many types and interfaces of two schemas in one walk.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::pairs::Pairs;
use super::{Compare, Difference, SHOWN};
use crate::interface::Interface;
use crate::schema::{Schema, TypeId};

/// What a [`Comparison`] takes for a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
    /// Everything.
    Exact,
    /// Everything but methods that only the right side has, the provider.
    ExactTypes,
    /// What [`evolution`](super::evolution) and [`interface_evolution`](super::interface_evolution) do
    /// not accept.
    Evolution,
}

/// The first differences, and how many more there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Differences {
    /// The first ones, at most eight.
    pub listed: Vec<Difference>,
    /// How many more there are.
    pub more: usize,
}

impl Differences {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

/// A comparison of any number of types and interfaces of two schemas. What was compared once is not
/// compared again, so that all comparisons together take time and memory in proportion to both schemas, and
/// a difference is found in the first place only that leads to it.
///
/// Where one type stands against several, all are compared, up to twice as many pairs as there are types.
/// Beyond that, which no two versions of a program reach, they are reported as
/// [`Cause::Split`](super::Cause::Split).
pub struct Comparison<'a> {
    compare: Compare<'a>,
}

impl std::fmt::Debug for Comparison<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Comparison")
            .field("strictness", &self.compare.strictness)
            .finish_non_exhaustive()
    }
}

impl<'a> Comparison<'a> {
    /// Begins a comparison; each side has a label for messages.
    #[must_use]
    pub fn new(
        left: (&'a str, &'a Schema),
        right: (&'a str, &'a Schema),
        strictness: Strictness,
    ) -> Comparison<'a> {
        let sides = [left.1, right.1];
        let mut compare = Compare::new(sides, [left.0, right.0]);
        compare.strictness = strictness;
        compare.pairs = Pairs::between(sides);
        Comparison { compare }
    }

    /// Compares two types and what they reach.
    ///
    /// # Panics
    ///
    /// May panic if a type is of another schema.
    pub fn types(&mut self, left: TypeId, right: TypeId) -> Differences {
        self.compare.begin(left, right);
        self.compare.all(SHOWN)
    }

    /// Compares two interfaces and what they reach.
    ///
    /// # Panics
    ///
    /// May panic if an interface is of another schema.
    pub fn interfaces(&mut self, left: &'a Interface, right: &'a Interface) -> Differences {
        self.compare.interfaces(left, right);
        self.compare.all(SHOWN)
    }

    /// Compares each type of the left side with the one of the same name on the right side or, where several
    /// have the name, with the one of the same path. Types that only one side has are no difference.
    pub fn same_names(&mut self) -> Differences {
        let [left, right] = self.compare.sides;
        // `None` where several types have the name.
        let mut names: HashMap<&str, Option<TypeId>> = HashMap::new();
        for id in right.ids() {
            match names.entry(right[id].name.as_str()) {
                Entry::Vacant(place) => drop(place.insert(Some(id))),
                Entry::Occupied(mut place) => drop(place.insert(None)),
            }
        }
        let mut found = Differences::default();
        for a in left.ids() {
            let b = match names.get(left[a].name.as_str()) {
                Some(Some(one)) => Some(*one),
                Some(None) => right.by_path(&left[a].path),
                None => None,
            };
            let Some(b) = b else { continue };
            self.compare.begin(a, b);
            let mut here = self.compare.all(SHOWN - found.listed.len());
            found.listed.append(&mut here.listed);
            found.more += here.more;
        }
        found
    }

    /// Pairs of types that were compared, steps of paths, and texts of paths: what the work consists of.
    #[cfg(test)]
    pub(super) fn work(&self) -> [usize; 3] {
        let paths = &self.compare.paths;
        [self.compare.pairs.len(), paths.len(), paths.texts.get()]
    }
}
