//! The workload without wasm: each peer encodes, reads, and checks and reads.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use karmem_benches::{Peer, World, for_each_peer, nine_fields, path_sum, world};
use rkyv::util::AlignedVec;
use std::hint::black_box;

mod common;

/// A message of this peer at a multiple of 16, as it lies in a guest's memory.
fn message<P: Peer>(world: &World) -> AlignedVec {
    let mut message = AlignedVec::new();
    message.extend_from_slice(P::encode(&mut P::Encoder::default(), &P::input(world)));
    message
}

/// Measures `work` after it has given the right answer once.
fn measure<P: Peer>(
    criterion: &mut Criterion,
    group: &str,
    world: &World,
    expected: f64,
    mut work: impl FnMut() -> f64,
) {
    assert_eq!(work(), expected, "{group} of {}", P::NAME);
    let id = BenchmarkId::new(P::NAME, world.monsters.len());
    criterion
        .benchmark_group(group)
        .bench_function(id, |bench| bench.iter(&mut work));
}

fn read<P: Peer>(criterion: &mut Criterion, world: &World) {
    let message = message::<P>(world);
    measure::<P>(criterion, "native-read", world, path_sum(world), || {
        // SAFETY: this peer wrote the message, and the copy is aligned to 16.
        unsafe { P::sum(black_box(&message)) }
    });
}

fn nine<P: Peer>(criterion: &mut Criterion, world: &World) {
    let message = message::<P>(world);
    measure::<P>(criterion, "native-nine", world, nine_fields(world), || {
        // SAFETY: this peer wrote the message, and the copy is aligned to 16.
        unsafe { P::nine(black_box(&message)) }
    });
}

fn verify_read<P: Peer>(criterion: &mut Criterion, world: &World) {
    let message = message::<P>(world);
    measure::<P>(
        criterion,
        "native-verify-read",
        world,
        path_sum(world),
        || P::verified_sum(black_box(&message)).unwrap_or(f64::NAN),
    );
}

fn encode<P: Peer>(criterion: &mut Criterion, world: &World) {
    let mut encoder = P::Encoder::default();
    let input = P::input(world);
    let length = P::encode(&mut encoder, &input).len() as f64;
    measure::<P>(criterion, "native-encode", world, length, || {
        black_box(P::encode(&mut encoder, black_box(&input))).len() as f64
    });
}

/// Peers take turns within a group, so that what a ratio compares was measured close together.
fn native(criterion: &mut Criterion) {
    for count in common::COUNTS {
        let world = world(count);
        for_each_peer!(read(criterion, &world));
        for_each_peer!(nine(criterion, &world));
        for_each_peer!(verify_read(criterion, &world));
        for_each_peer!(encode(criterion, &world));
    }
}

criterion_group! { name = all; config = common::settings(); targets = native }
criterion_main!(all);
