//! Every kind of parameter and result, in every direction.

use karmem::host::{Access, Engine, Region, System};
use karmem_tests_guest_ifaces::{
    Far, Id, KindsClient, PeerClient, PeerProvider, Point, Refusal, Team, World,
};

use super::{
    By, Native, RingClient, SAME, Version, builder, client, load, panic_text, pool, world,
};

/// Calls each method of `Kinds` that calls nobody, and compares the values.
fn host_to_guest(system: &mut System, kinds: &KindsClient) {
    let small = kinds.small(system, true, 255, -128, 65_535, -32_768, u32::MAX, -1, 'é');
    let sum = 1 + 255 - 128 + 65_535 - 32_768 + i64::from(u32::MAX) - 1 + 0xe9;
    assert_eq!(small.unwrap(), sum);
    let large = kinds.large(system, 1 << 60, -(1 << 59), 0.5, -1e300);
    assert_eq!(large.unwrap(), (1u64 << 59) as f64 + 0.5 - 1e300);
    let large = kinds.large(system, 1 << 40, -(1 << 33), 0.25, 1.5);
    assert_eq!(large.unwrap(), 1_090_921_693_185.75);
    for byte in [i8::MIN, -1, 0, i8::MAX] {
        assert_eq!(kinds.byte(system, byte).unwrap(), byte);
    }
    assert_eq!(kinds.letter(system, 'ÿ').unwrap(), 'Ā');
    assert_eq!(kinds.letter(system, '\u{1f600}').unwrap(), '\u{1f601}');
    assert_eq!(kinds.team(system, Team::Nobody).unwrap(), Team::Everybody);
    assert_eq!(kinds.team(system, Team::Everybody).unwrap(), Team::Nobody);
    assert_eq!(kinds.far(system, Far::Here).unwrap(), Far::There);
    assert_eq!(kinds.far(system, Far::There).unwrap(), Far::Here);
    assert_eq!(kinds.id(system, Id(u64::MAX)).unwrap(), Id(0));
    assert_eq!(kinds.id(system, Id(1 << 32)).unwrap(), Id((1 << 32) + 1));

    let mirrored = kinds.mirrored(system, &Point { x: 1.5, y: -2.0 });
    assert_eq!(mirrored.unwrap(), Point { x: -2.0, y: 1.5 });
    let joined = kinds.joined(system, &world("one"), &world("zwölf"));
    let joined = joined.unwrap();
    assert_eq!((joined.frame, &*joined.name), (14, "onezwölf"));
    assert_eq!(joined.points, [world("").points, world("").points].concat());
    let empty = kinds.joined(system, &World::default(), &World::default());
    assert_eq!(empty.unwrap(), World::default());

    assert_eq!(kinds.count(system).unwrap(), 1);
    assert_eq!(kinds.count(system).unwrap(), 2);
}

/// Calls each method whose result is a `Result`.
fn typed_errors(system: &mut System, kinds: &KindsClient) {
    assert_eq!(kinds.checked(system, 255).unwrap(), Ok(255));
    assert_eq!(kinds.checked(system, 256).unwrap(), Err(Team::Everybody));
    assert_eq!(kinds.allowed(system, &world("it")).unwrap(), Ok(()));
    let why = "it has no name".to_owned();
    let refused = kinds.allowed(system, &world("")).unwrap();
    assert_eq!(refused, Err(Refusal { why }));
    let named = kinds.named(system, &world("it")).unwrap();
    assert_eq!(named, Ok(world("it")));
    let named = kinds.named(system, &world("")).unwrap();
    assert_eq!(named, Err(Far::There));
    assert_eq!(system.stats().traps, 0);
}

/// Calls what works on a message in a region.
fn in_place(system: &mut System, kinds: &KindsClient) {
    let shared = system.write("world", &world("here")).unwrap();
    assert_eq!(kinds.sum(system, shared).unwrap(), 1.5);
    assert_eq!(kinds.verified(system, shared).unwrap(), 7);
    let by = Point { x: 10.0, y: 0.5 };
    kinds.step(system, shared, &by).unwrap();
    let view = system.view(shared).unwrap();
    assert_eq!(view.frame(), 8);
    assert_eq!(view.name(), "here");
    let points: Vec<_> = view.points().iter().map(|p| (p.x(), p.y())).collect();
    assert_eq!(points, [(11.0, 2.5), (13.0, -4.0)]);
    assert_eq!(kinds.sum(system, shared).unwrap(), 22.5);
    assert_eq!(kinds.same(system, shared).unwrap(), shared);

    // What is no message is read as nothing, is refused where it is checked, and is looked at first by
    // who opens it himself.
    let wild = system.shared("world", 65_532).unwrap();
    assert_eq!(kinds.sum(system, wild).unwrap(), 0.0);
    let refused = panic_text(kinds.verified(system, wild));
    assert!(refused.contains("kinds.verified: "), "{refused}");
    assert_eq!(kinds.same(system, wild).unwrap().handle(), 0);
    assert_eq!(kinds.verified(system, shared).unwrap(), 8);
}

/// Calls what calls the peer.
fn to_peer(system: &mut System, kinds: &KindsClient) {
    let joined = kinds.relayed(system, &world("to")).unwrap().unwrap();
    assert_eq!((joined.frame, &*joined.name), (14, "toto"));
    assert_eq!(joined.points, [world("").points, world("").points].concat());
    assert_eq!(kinds.asked(system, 200).unwrap(), Ok(200));
    let why = "Everybody".to_owned();
    assert_eq!(kinds.asked(system, 1000).unwrap(), Err(Refusal { why }));

    let shared = system.write("world", &world("there")).unwrap();
    let by = Point { x: -1.0, y: 1.0 };
    assert_eq!(kinds.passed(system, shared, &by).unwrap(), Ok(()));
    let view = system.view(shared).unwrap();
    assert_eq!(view.frame(), 8);
    let points: Vec<_> = view.points().iter().map(|p| (p.x(), p.y())).collect();
    assert_eq!(points, [(0.0, 3.0), (2.0, -3.5)]);
    assert_eq!(system.stats().traps, 0);
}

#[test]
fn from_the_host_to_a_guest() {
    let mut system = builder(By::Host)
        .grant("world", "kinds", Access::Write)
        .build()
        .unwrap();
    let kinds = client(&mut system);
    host_to_guest(&mut system, &kinds);
    typed_errors(&mut system, &kinds);
    in_place(&mut system, &kinds);
    assert_eq!(system.stats().host_calls, 0);
}

#[test]
fn from_a_guest_to_the_host() {
    let grants = |builder: karmem::host::SystemBuilder, access| {
        let mut system = builder.grant("world", "kinds", access).build().unwrap();
        let kinds = client(&mut system);
        to_peer(&mut system, &kinds);
        assert_eq!(system.stats().host_calls, 4);
    };
    // The host may change what no other module writes.
    grants(builder(By::Host), Access::Write);
    grants(builder(By::Host), Access::Read);
}

#[test]
fn from_a_guest_to_a_guest() {
    let mut system = builder(SAME)
        .grant("world", "peer", Access::Write)
        .build()
        .unwrap();
    let kinds = client(&mut system);
    to_peer(&mut system, &kinds);
    host_to_guest(&mut system, &kinds);
    assert_eq!(system.stats().host_calls, 0);
    // The host can call the peer as well.
    let peer: PeerClient = system.client("peer").unwrap();
    let joined = peer.joined(&mut system, &world("a"), &world("b")).unwrap();
    assert_eq!(joined.name, "ab");
    assert_eq!(peer.count(&mut system).unwrap(), 1);
}

#[test]
fn in_a_circle() {
    let mut system = builder(SAME).build().unwrap();
    let ring: RingClient = system.client("peer").unwrap();
    // To the peer, to `kinds`, and to the peer again.
    for _ in 0..3 {
        let turned = ring.turned(&mut system, &world("o")).unwrap().unwrap();
        assert_eq!((turned.frame, &*turned.name), (14, "oo"));
        assert_eq!(turned.points.len(), 4);
    }
    // What serves a call cannot serve a second one that comes out of it.
    let kinds = client(&mut system);
    let busy = panic_text(kinds.asked(&mut system, u32::MAX));
    assert!(
        busy.contains("kinds.letter: the module is called back while it serves a call"),
        "{busy}"
    );
    assert_eq!(kinds.letter(&mut system, 'a').unwrap(), 'b');
    assert_eq!(kinds.asked(&mut system, 3).unwrap(), Ok(3));
    let turned = ring.turned(&mut system, &world("o")).unwrap().unwrap();
    assert_eq!(turned.name, "oo");
}

/// As [`builder`], with an engine of one's own.
fn all(engine: &Engine, by: By) -> System {
    let region = Region::anonymous(1 << 16).unwrap();
    let builder = System::builder(engine)
        .limits(crate::limits())
        .module("kinds", &load(engine, "karmem-tests-guest-ifaces"))
        .region("world", region);
    match by {
        By::Host => {
            builder
                .provide(PeerProvider(Native::default()))
                .grant("world", "kinds", Access::Write)
        }
        By::Module(version) => builder
            .module("peer", &load(engine, version.package()))
            .grant("world", "peer", Access::Write)
            .grant("world", "kinds", Access::Read),
    }
    .build()
    .unwrap()
}

#[test]
fn in_a_pool() {
    let engine = pool();
    // More systems than the pool has room for, one after another: all is given back each time.
    for round in 0..4 {
        let mut system = all(&engine, By::Host);
        assert!(system.bytes("world").unwrap().iter().all(|&b| b == 0));
        let kinds = client(&mut system);
        host_to_guest(&mut system, &kinds);
        typed_errors(&mut system, &kinds);
        to_peer(&mut system, &kinds);
        in_place(&mut system, &kinds);
        drop(system);

        let mut system = all(&engine, SAME);
        let kinds = client(&mut system);
        to_peer(&mut system, &kinds);
        typed_errors(&mut system, &kinds);
        let name = world(&format!("round {round}"));
        let text = panic_text(kinds.panics(&mut system, &name));
        assert!(text.contains(&format!("as round {round} asked")), "{text}");
        // The third of three memories.
        let grown = load(&engine, Version::Grown.package());
        system.swap("peer", &grown).unwrap();
        to_peer_after_swap(&mut system, &kinds);
        // There is no fourth.
        system.swap("peer", &grown).unwrap_err();
        to_peer_after_swap(&mut system, &kinds);
    }
}

/// The peer answers, and the region is where it was.
fn to_peer_after_swap(system: &mut System, kinds: &KindsClient) {
    assert_eq!(kinds.asked(system, 200).unwrap(), Ok(200));
    let shared = system.write("world", &world("there")).unwrap();
    let by = Point { x: -1.0, y: 1.0 };
    assert_eq!(kinds.passed(system, shared, &by).unwrap(), Ok(()));
    assert_eq!(system.view(shared).unwrap().frame(), 8);
    assert_eq!(kinds.sum(system, shared).unwrap(), 1.5);
}
