//! Which types were compared with which.

use std::collections::{HashMap, HashSet};

use crate::schema::{Schema, TypeId};

/// What is known of two types that a walk meets in the same place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Met {
    /// They were not compared yet, and count as compared from now on.
    First,
    /// They were compared.
    Again,
    /// They were not, and will not be: see [`Pairs`].
    Other,
}

/// The pairs that were compared. There is a bound for their number in proportion to the types of both
/// sides, although as many pairs are possible as both have types multiplied.
#[derive(Debug)]
pub(super) enum Pairs {
    /// Each type is compared with one type at most, as fingerprints number them.
    OneToOne([HashMap<TypeId, TypeId>; 2]),
    /// Any pairs, up to a number that only types made for it reach.
    Most(HashSet<(TypeId, TypeId)>, usize),
}

impl Pairs {
    pub(super) fn one_to_one() -> Pairs {
        Pairs::OneToOne(Default::default())
    }

    /// For walks over two schemas that begin in several places. A type of one side may stand where
    /// several types of the other do, since what is compared need not be reached from one place.
    pub(super) fn between(sides: [&Schema; 2]) -> Pairs {
        let types: usize = sides.iter().map(|schema| schema.types().len()).sum();
        Pairs::Most(HashSet::new(), types.saturating_mul(2))
    }

    /// Notes that two types are met.
    pub(super) fn meet(&mut self, a: TypeId, b: TypeId) -> Met {
        match self {
            Pairs::OneToOne([left, right]) => match (left.get(&a), right.get(&b)) {
                (None, None) => {
                    left.insert(a, b);
                    right.insert(b, a);
                    Met::First
                }
                (Some(other), _) if *other == b => Met::Again,
                _ => Met::Other,
            },
            Pairs::Most(known, _) if known.contains(&(a, b)) => Met::Again,
            Pairs::Most(known, most) if known.len() >= *most => Met::Other,
            Pairs::Most(known, _) => {
                known.insert((a, b));
                Met::First
            }
        }
    }

    /// How many pairs were compared.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        match self {
            Pairs::OneToOne([left, _]) => left.len(),
            Pairs::Most(known, _) => known.len(),
        }
    }
}
