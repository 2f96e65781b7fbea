//! Modules, and a host, whose types are not of the same version.

use karmem::host::{Access, System};
use karmem_tests_guest_ifaces::{PeerClient, World};

use super::{By, RingClient, Version, builder, client, problems, world};

/// The types as the version has them whose table has grown.
pub(super) mod grown {
    use karmem::{Karmem, Shared, View};

    use super::super::{Point, Refusal};

    #[derive(Karmem, Clone, Debug, PartialEq, Default)]
    #[karmem(table)]
    pub(crate) struct World {
        pub(crate) frame: u32,
        pub(crate) name: String,
        pub(crate) points: Vec<Point>,
        pub(crate) note: String,
    }

    #[karmem::interface(package = "tests")]
    pub(crate) trait Kinds {
        fn relayed(&mut self, world: &World) -> Result<World, Refusal>;
    }

    #[karmem::interface(package = "tests")]
    pub(crate) trait Ring {
        fn turned(&mut self, world: &World) -> Result<World, Refusal>;
        fn read(&self, world: View<World>) -> Result<World, Refusal>;
        fn beside(&mut self, world: Shared<World>, frame: u32) -> Result<Shared<World>, Refusal>;
    }
}

/// The types as the version has them whose numbers are wider.
mod changed {
    use karmem::Karmem;

    use super::super::Refusal;

    #[derive(Karmem)]
    pub(crate) struct Point {
        x: f64,
        y: f64,
    }

    #[derive(Karmem)]
    #[karmem(table)]
    pub(crate) struct World {
        frame: u32,
        name: String,
        points: Vec<Point>,
    }

    #[karmem::interface(package = "tests")]
    pub(crate) trait Kinds {
        fn relayed(&mut self, world: &World) -> Result<World, Refusal>;
    }
}

fn grown(name: &str, note: &str) -> grown::World {
    let World {
        frame,
        name,
        points,
    } = world(name);
    let note = note.to_owned();
    grown::World {
        frame,
        name,
        points,
        note,
    }
}

fn built(version: Version) -> System {
    builder(By::Module(version))
        .grant("world", "kinds", Access::Read)
        .grant("world", "peer", Access::Write)
        .build()
        .unwrap()
}

#[test]
fn grown_tables_are_linked_in_both_directions() {
    // `kinds` calls the grown peer, and the grown peer calls `kinds`.
    let mut system = built(Version::Grown);
    let kinds = client(&mut system);
    let joined = kinds.relayed(&mut system, &world("o")).unwrap().unwrap();
    assert_eq!((joined.frame, &*joined.name), (14, "oo"));
    assert_eq!(joined.points.len(), 4);
    let ring: grown::RingClient = system.client("peer").unwrap();
    let turned = ring.turned(&mut system, &grown("o", "lost on the way"));
    // `kinds` knows of no note, and so there is none in what it passes on.
    let turned = turned.unwrap().unwrap();
    assert_eq!((turned.frame, &*turned.name, &*turned.note), (14, "oo", ""));

    // A host of the first version calls the grown peer, in messages and in place.
    let peer: PeerClient = system.client("peer").unwrap();
    let joined = peer.joined(&mut system, &world("a"), &world("b")).unwrap();
    assert_eq!(joined.name, "ab");
    let shared = system.write("world", &world("first")).unwrap();
    let old_ring: RingClient = system.client("peer").unwrap();
    let read = old_ring.read(&mut system, shared).unwrap();
    assert_eq!(read, Ok(world("first")));
    let read = ring.read(&mut system, karmem::Shared::new(shared.handle(), 0));
    assert_eq!(read.unwrap(), Ok(grown("first", "")));

    // What the grown one has written, `kinds` reads in place.
    let shared = system
        .write("world", &grown("grown", "of the host"))
        .unwrap();
    let read = ring.read(&mut system, shared).unwrap();
    assert_eq!(read, Ok(grown("grown", "of the host")));
    let shared = karmem::Shared::new(shared.handle(), shared.offset());
    assert_eq!(kinds.sum(&mut system, shared).unwrap(), 1.5);
    assert_eq!(kinds.verified(&mut system, shared).unwrap(), 7);

    // A grown host calls the first version.
    let mut system = built(Version::Same);
    let ring: grown::RingClient = system.client("peer").unwrap();
    let turned = ring.turned(&mut system, &grown("o", "not read")).unwrap();
    assert_eq!(turned.unwrap().note, "");
    let shared = system.write("world", &grown("grown", "not read")).unwrap();
    let read = ring.read(&mut system, shared).unwrap();
    assert_eq!(read, Ok(grown("grown", "")));
}

#[test]
fn exact_types_refuse_what_has_grown() {
    let system = builder(By::Module(Version::Grown)).exact_types().build();
    let found = problems(system);
    let places = [
        "`kinds` and `peer` differ in `tests/peer@3`: Peer.joined(one).Note: only in peer, missing in kinds",
        "`peer` and `kinds` differ in `tests/kinds@1`: Kinds.relayed(world).Note: only in peer, missing in kinds",
    ];
    assert_eq!(found, places);

    // Who calls less than there is uses the same types all the same.
    let mut system = builder(super::SAME).exact_types().build().unwrap();
    let kinds = client(&mut system);
    assert_eq!(kinds.asked(&mut system, 9).unwrap(), Ok(9));
    let found = problems(system.swap("peer", super::peer(Version::Grown)));
    for place in places {
        assert!(found.iter().any(|line| line == place), "{found:#?}");
    }
    assert_eq!(kinds.asked(&mut system, 9).unwrap(), Ok(9));

    let mut system = builder(By::Host).exact_types().build().unwrap();
    let kinds = client(&mut system);
    assert_eq!(kinds.asked(&mut system, 9).unwrap(), Ok(9));
    // So is a client of the host.
    let found = problems(system.client::<grown::KindsClient>("kinds"));
    let place = "`host` and `kinds` differ in `tests/kinds@1`: Kinds.relayed(world).Note: only in host, missing in kinds";
    assert_eq!(found, [place]);
    let mut system = builder(By::Host).build().unwrap();
    let kinds: grown::KindsClient = system.client("kinds").unwrap();
    let relayed = kinds.relayed(&mut system, &grown("o", "lost")).unwrap();
    let relayed = relayed.unwrap();
    assert_eq!((&*relayed.name, &*relayed.note), ("oo", ""));
}

#[test]
fn what_changed_is_refused_with_its_place() {
    let found = problems(builder(By::Module(Version::Changed)).build());
    for place in [
        "`kinds` and `peer` differ in `tests/peer@3`: Peer.joined(one).Points[].X: `f32` in kinds, `f64` in peer",
        "`peer` and `kinds` differ in `tests/kinds@1`: Kinds.relayed(world).Points[].X: `f64` in peer, `f32` in kinds",
    ] {
        assert!(found.iter().any(|line| line == place), "{found:#?}");
    }

    // Nor does a host of other types call a module.
    let mut system = builder(By::Host).build().unwrap();
    let found = problems(system.client::<changed::KindsClient>("kinds"));
    let place = "`host` and `kinds` differ in `tests/kinds@1`: Kinds.relayed(world).Points[].X: `f64` in host, `f32` in kinds";
    assert!(found.iter().any(|line| line == place), "{found:#?}");
    let kinds = client(&mut system);
    assert_eq!(kinds.asked(&mut system, 9).unwrap(), Ok(9));
}
