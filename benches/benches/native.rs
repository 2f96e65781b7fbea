//! The workload without wasm: each peer encodes, reads, and checks and reads.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use karmem_benches::{Peer, World, for_each_peer, nine_fields, path_sum, world};
use std::hint::black_box;

mod common;

/// All of one peer on one world. The groups are shared, so that peers stand side by side in them.
fn peer<P: Peer>(criterion: &mut Criterion, world: &World) {
    let count = world.monsters.len();
    let (sum, nine) = (path_sum(world), nine_fields(world));
    let mut encoder = P::Encoder::default();
    let message = common::Aligned::new(P::encode(&mut encoder, world));
    let message = message.bytes();

    // SAFETY: this peer wrote the message, and the copy is aligned to 16.
    let read = |message: &[u8]| unsafe { P::sum(message) };
    // SAFETY: as above.
    let read_nine = |message: &[u8]| unsafe { P::nine(message) };
    assert_eq!(read(message), sum, "{}", P::NAME);
    assert_eq!(read_nine(message), nine, "{}", P::NAME);
    assert_eq!(P::verified_sum(message), Some(sum), "{}", P::NAME);

    let id = || BenchmarkId::new(P::NAME, count);
    criterion
        .benchmark_group("native-read")
        .bench_function(id(), |bench| bench.iter(|| read(black_box(message))));
    criterion
        .benchmark_group("native-nine")
        .bench_function(id(), |bench| bench.iter(|| read_nine(black_box(message))));
    criterion
        .benchmark_group("native-verify-read")
        .bench_function(id(), |bench| {
            bench.iter(|| P::verified_sum(black_box(message)))
        });
    criterion
        .benchmark_group("native-encode")
        .bench_function(id(), |bench| {
            bench.iter(|| black_box(P::encode(&mut encoder, black_box(world))).len());
        });
}

fn native(criterion: &mut Criterion) {
    for count in common::COUNTS {
        let world = world(count);
        for_each_peer!(peer(criterion, &world));
    }
}

criterion_group! { name = all; config = common::settings(); targets = native }
criterion_main!(all);
