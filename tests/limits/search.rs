//! A search for messages that cost more than is documented, in types that are made for it.

use karmem::{Cause, Karmem};

use super::work::{Chunks, Tree, Unit, nulls, read};

/// What changes from step to step: SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Types from every kind of field in every other, so that a few levels reach sizes of megabytes.
macro_rules! bad_types {
    ($($module:ident $layout:literal)*) => {$(
        mod $module {
            use std::collections::BTreeMap;

            use karmem::Karmem;

            use super::Unit;

            #[derive(Karmem)]
            #[karmem(table, layout = $layout)]
            pub struct Leaf {
                units: [Unit; 40],
            }
            #[derive(Karmem)]
            #[karmem(layout = $layout)]
            pub struct Place {
                leaf: Leaf,
                pair: [Box<Leaf>; 2],
            }
            #[derive(Karmem)]
            #[karmem(table, layout = $layout)]
            pub struct Branch {
                place: Place,
                places: [Place; 3],
                choice: Choice,
                choices: [Choice; 2],
                maybe: Option<Place>,
            }
            #[derive(Karmem)]
            pub enum Choice {
                Branch(Leaf, [Leaf; 3]),
                Places(Vec<Place>),
                Nothing,
            }
            #[derive(Karmem)]
            #[karmem(table, layout = $layout)]
            pub struct Root {
                list: Vec<Branch>,
                boxed: Vec<Option<Box<Branch>>>,
                map: BTreeMap<u8, Branch>,
                choice: Vec<Choice>,
                own: Option<Box<Root>>,
                roots: Vec<Root>,
                units: Vec<[Unit; 3]>,
            }
        }
    )*};
}
bad_types! { padded "padded" c "c" packed "packed" }

/// Messages of references to few tables, in which a word is changed for as long as it makes decoding
/// more work.
fn climb<T: Karmem>(random: &mut Random, steps: usize) -> u64 {
    let words = 8 + random.below(500);
    let mut bytes = nulls(&[], words, 4);
    // All fields of the root, and then what may be taken for anything.
    let root = (T::LAYOUT.layout.size as usize).min(bytes.len());
    bytes[..4].copy_from_slice(&(root as u32).to_le_bytes());
    let mut best = 0;
    for _ in 0..steps {
        let mut tried = bytes.clone();
        for _ in 0..=random.below(3) {
            let at = (1 + random.below(words - 1)) * 4;
            let word = match random.below(6) {
                0 => 0,
                1 => u32::MAX,
                2 => 4 + random.below(3) as u32 * 8,
                3 => random.below(words) as u32 * 4,
                4 => random.below(words / 2) as u32 * 8,
                _ => (words * 4 - at.min(words * 4)) as u32 / 8 * 8,
            };
            tried[at..at + 4].copy_from_slice(&word.to_le_bytes());
            if random.below(2) == 0 && at + 8 <= tried.len() {
                // A reference to what comes next: offset and length.
                let offset = (at as u32 + 8).next_multiple_of(8);
                let left = (words as u32 * 4).saturating_sub(offset);
                let len = random.below(left as usize + 1) as u32 / 24 * 24;
                tried[at..at + 4].copy_from_slice(&offset.to_le_bytes());
                tried[at + 4..at + 8].copy_from_slice(&len.to_le_bytes());
            }
        }
        let work = read::<T>(&tried);
        if work.built >= best && work.refused.is_none_or(|cause| cause == Cause::Memory) {
            best = work.built;
            bytes = tried;
        }
    }
    best
}

fn search<T: Karmem>(seeds: u64) {
    let mut most = 0;
    for seed in 0..seeds {
        most = most.max(climb::<T>(&mut Random(seed), 150));
    }
    // A search that finds nothing to build proves nothing.
    assert!(most > 1000, "{}: {most}", T::LAYOUT.name.km);
}

#[test]
fn no_message_takes_more_than_its_length_says() {
    search::<padded::Root>(40);
    search::<c::Root>(40);
    search::<packed::Root>(40);
    search::<Chunks>(20);
    search::<Tree>(20);
}
