//! What the two benches share.

use criterion::Criterion;
use std::time::Duration;

/// The sizes of world that are measured.
pub(crate) const COUNTS: [usize; 3] = [1, 100, 10_000];

/// Short, because there are more than a hundred things to measure and ratios are what counts.
pub(crate) fn settings() -> Criterion {
    Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
}
