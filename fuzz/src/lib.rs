//! What the fuzz targets share with the property tests: the types, and what must hold for any bytes.

#[path = "../../tests/properties/exercise.rs"]
mod exercise;
#[path = "../../tests/properties/pen.rs"]
mod pen;
mod section;
#[path = "../../tests/properties/values.rs"]
mod values;
#[path = "../../tests/properties/zoo.rs"]
mod zoo;

pub mod hostile;
pub mod linking;

pub use section::section;

use pen::Root;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use values::Any;
use zoo::*;

/// An input: which type it is a message of, the offset of the root, and then the message.
fn split(input: &[u8]) -> Option<(usize, u32, &[u8])> {
    match input {
        [ty, root, message @ ..] => Some((usize::from(*ty), u32::from(*root), message)),
        _ => None,
    }
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(input: &[u8]) {
            use exercise::$name as check;
            if let Some((ty, root, message)) = split(input) {
                let checks: [fn(&[u8], u32); _] = of_each_root!(check);
                checks[ty % checks.len()](message, root);
            }
        }
    )*};
}
entries! {
    /// Reads everything, verified and not.
    read
    /// Makes the object, writes it, and reads it again.
    decode
    /// Changes everything in place.
    change
}

/// Inputs to begin with: some messages of every type.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    fn of<T: Root + Any>() -> Vec<(&'static str, Vec<u8>)> {
        let mut runner = TestRunner::deterministic();
        let values = (0..12).filter_map(|_| T::any(1).new_tree(&mut runner).ok());
        let mut messages: Vec<_> = values
            .filter_map(|tree| tree.current().encode().ok())
            .collect();
        // The middle ones: neither empty nor so large that the fuzzer takes long to look at them.
        messages.sort_by_key(Vec::len);
        let middle = messages.into_iter().skip(4).take(2);
        middle.map(|message| (T::LAYOUT.name.km, message)).collect()
    }
    let mut seeds = Vec::new();
    for (ty, messages) in of_each_root!(of).into_iter().map(|of| of()).enumerate() {
        for (i, (name, message)) in messages.into_iter().enumerate() {
            let input = [&[ty as u8, 0], &message[..]].concat();
            seeds.push((format!("{}-{i}", name.to_lowercase()), input));
        }
    }
    seeds
}
