//! What the two benches share.

use criterion::Criterion;
use std::time::Duration;

/// The sizes of world that are measured.
pub const COUNTS: [usize; 3] = [1, 100, 10_000];

/// Short, because there are more than a hundred things to measure; ratios are what counts, and all
/// peers of one ratio run within a minute of one another.
pub fn settings() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
}

/// Bytes that start at a multiple of 16, as they do in a guest's memory.
pub struct Aligned {
    words: Vec<u128>,
    length: usize,
}

impl Aligned {
    /// A copy of `message`.
    pub fn new(message: &[u8]) -> Self {
        let words = message.chunks(16).map(|chunk| {
            let mut word = [0; 16];
            word[..chunk.len()].copy_from_slice(chunk);
            u128::from_ne_bytes(word)
        });
        Aligned {
            words: words.collect(),
            length: message.len(),
        }
    }

    /// The message.
    pub fn bytes(&self) -> &[u8] {
        &zerocopy::IntoBytes::as_bytes(self.words.as_slice())[..self.length]
    }
}
