//! A module is exchanged while what it wrote stays.

use karmem::Shared;
use karmem::host::{Access, Error, System};
use karmem_tests_guest_ifaces::{PeerClient, Point, World};

use super::evolved::grown;
use super::{By, RingClient, SAME, Version, builder, client, kinds, peer, world};

fn written(by: By) -> (System, Shared<World>) {
    let mut system = builder(by)
        .grant("world", "kinds", Access::Read)
        .grant("world", "peer", Access::Write)
        .build()
        .unwrap();
    let shared = system.put("world", &world("goes on")).unwrap();
    (system, shared)
}

#[test]
fn regions_go_on_and_memory_begins_anew() {
    let (mut system, shared) = written(SAME);
    let kinds_client = client(&mut system);
    let peer_client: PeerClient = system.client("peer").unwrap();
    let by = Point { x: 1.0, y: 0.0 };
    let mut frame = 7;
    for (round, version) in [Version::Same, Version::Grown, Version::Grown, Version::Same]
        .into_iter()
        .enumerate()
    {
        for count in 1..=3 {
            assert_eq!(peer_client.count(&mut system).unwrap(), count);
            let passed = kinds_client.passed(&mut system, shared, &by).unwrap();
            assert_eq!(passed, Ok(()));
            frame += 1;
            assert_eq!(system.view(shared).unwrap().frame(), frame);
        }
        assert_eq!(kinds_client.count(&mut system).unwrap(), 1 + round as u32);
        system.swap("peer", peer(version)).unwrap();
        assert_eq!(kinds_client.verified(&mut system, shared).unwrap(), frame);
    }
    assert_eq!(peer_client.count(&mut system).unwrap(), 1);
    // Two points, moved by one at each of twelve steps.
    assert_eq!(kinds_client.sum(&mut system, shared).unwrap(), 1.5 + 24.0);
    assert_eq!((system.stats().swaps, system.stats().retired), (4, 4));

    // Who calls is exchanged as well as who is called.
    system.swap("kinds", kinds()).unwrap();
    assert_eq!(kinds_client.count(&mut system).unwrap(), 1);
    assert_eq!(peer_client.count(&mut system).unwrap(), 2);
    assert_eq!(kinds_client.asked(&mut system, 4).unwrap(), Ok(4));
    let ring: RingClient = system.client("peer").unwrap();
    let turned = ring.turned(&mut system, &world("o")).unwrap().unwrap();
    assert_eq!(turned.name, "oo");
}

#[test]
fn a_grown_version_reads_what_the_old_one_wrote() {
    let (mut system, shared) = written(SAME);
    let old: RingClient = system.client("peer").unwrap();
    let first = old.beside(&mut system, shared, 1).unwrap().unwrap();
    assert_eq!(system.view(first).unwrap().name(), "beside");

    system.swap("peer", peer(Version::Grown)).unwrap();
    let new: grown::RingClient = system.client("peer").unwrap();
    let as_grown = |shared: Shared<World>| Shared::<grown::World>::from_i64(shared.to_i64());
    let read = new.read(&mut system, as_grown(first)).unwrap().unwrap();
    assert_eq!((read.frame, &*read.name, &*read.note), (1, "beside", ""));
    let second = new.beside(&mut system, as_grown(first), 2);
    let second = second.unwrap().unwrap();
    let read = new.read(&mut system, second).unwrap().unwrap();
    assert_eq!(
        (read.frame, &*read.name, &*read.note),
        (2, "beside", "grown")
    );

    // And the other way round, with the client of the old version too.
    system.swap("peer", peer(Version::Same)).unwrap();
    let second = Shared::<World>::from_i64(second.to_i64());
    let read = old.read(&mut system, second).unwrap().unwrap();
    assert_eq!((read.frame, &*read.name), (2, "beside"));
    let kinds = client(&mut system);
    assert_eq!(kinds.verified(&mut system, second).unwrap(), 2);
    let note = system.view(Shared::<grown::World>::from_i64(second.to_i64()));
    assert_eq!(note.unwrap().note(), "grown");
    for message in [first, second, shared] {
        system.free(message).unwrap();
    }
}

#[test]
fn a_version_of_other_types_is_refused() {
    let (mut system, shared) = written(SAME);
    let kinds = client(&mut system);
    let peer_client: PeerClient = system.client("peer").unwrap();
    assert_eq!(peer_client.count(&mut system).unwrap(), 1);
    for count in 2..5 {
        let error = system.swap("peer", peer(Version::Changed)).unwrap_err();
        assert!(matches!(error, Error::Swap { .. }), "{error}");
        let text = error.to_string();
        for line in [
            "the module `peer` cannot be swapped, because its types changed",
            "Point.X: `f32` in the old version, `f64` in the new version",
        ] {
            assert!(text.contains(line), "{text}");
        }
        // The old one goes on.
        assert_eq!(peer_client.count(&mut system).unwrap(), count);
        let passed = kinds.passed(&mut system, shared, &Point::default());
        assert_eq!(passed.unwrap(), Ok(()));
    }
    assert_eq!(system.stats().swaps, 0);

    // A module that lacks what others call.
    let error = system.swap("peer", super::kinds()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("tests_peer__joined"), "{text}");
    assert_eq!(peer_client.count(&mut system).unwrap(), 5);
}
