//! Panics, and what is left of a guest after them.

use karmem::host::{Access, Region};
use karmem_tests_guest_ifaces::{Peer, PeerProvider, Point, Team, World};

use super::{By, FREE, SAME, builder, client, counts, kinds, load, panic_text, world};
use crate::{engine, limits};
use karmem::host::wasmtime::Config;
use karmem::host::{Engine, Limits, Module, Reason, System};
use karmem::{Shared, ViewMut};
use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[test]
fn a_panic_says_what_it_said() {
    for by in [By::Host, SAME] {
        let mut system = builder(by)
            .grant("world", "kinds", Access::Write)
            .build()
            .unwrap();
        let kinds = client(&mut system);
        let shared = system.write("world", &world("stays")).unwrap();
        for traps in 1..=3 {
            assert_eq!(kinds.count(&mut system).unwrap(), 1);
            assert_eq!(kinds.count(&mut system).unwrap(), 2);
            let name = world(&format!("the {traps}. call"));
            let error = kinds.panics(&mut system, &name).unwrap_err();
            let trap = error.as_trap().unwrap();
            let Reason::Panic(text) = trap.reason() else {
                panic!("{error}");
            };
            assert!(text.contains(&format!("as the {traps}. call asked")));
            assert!(text.contains("lib.rs"), "{text}");
            assert!(trap.function().contains("panics"), "{}", trap.function());
            assert!(!trap.frames().is_empty());
            assert_eq!(system.stats().traps, traps);
            // The region is as it was, and can be changed.
            kinds.step(&mut system, shared, &Point::default()).unwrap();
            assert_eq!(kinds.sum(&mut system, shared).unwrap(), 1.5);
        }
        assert_eq!(system.poisoned("kinds").unwrap(), None);
        assert_eq!(system.view(shared).unwrap().frame(), 10);
        // The instance is as `Default` makes it.
        assert_eq!(kinds.count(&mut system).unwrap(), 1);
    }
}

#[test]
fn a_panic_of_whom_a_guest_calls() {
    let mut system = builder(SAME)
        .grant("world", "kinds", Access::Write)
        .build()
        .unwrap();
    let kinds = client(&mut system);
    let shared = system.write("world", &world("not the peer's")).unwrap();
    assert_eq!(kinds.count(&mut system).unwrap(), 1);
    // The peer has no such region.
    let text = panic_text(kinds.passed(&mut system, shared, &Point::default()));
    assert!(text.contains("peer.step: "), "{text}");
    // It was waiting for the peer.
    assert_eq!(kinds.count(&mut system).unwrap(), 1);
    assert_eq!(system.view(shared).unwrap().frame(), 7);
    system.revoke("world", "kinds").unwrap();
    system.grant("world", "peer", Access::Write).unwrap();
    let passed = kinds.passed(&mut system, shared, &Point::default());
    assert_eq!(passed.unwrap(), Ok(()));
    assert_eq!(system.view(shared).unwrap().frame(), 8);
}

/// A peer that panics, in the host.
struct Panics;

impl Peer for Panics {
    fn joined(&self, _: &World, _: World) -> World {
        panic!("the host's own");
    }

    fn checked(&self, _: u32) -> Result<u8, Team> {
        Ok(1)
    }

    fn step(&mut self, _: ViewMut<World>, _: Point) {}

    fn count(&mut self) -> u32 {
        0
    }

    fn unused(&mut self) {}
}

#[test]
fn a_panic_of_the_host_goes_through() {
    let mut system = System::builder(engine())
        .limits(limits())
        .module("kinds", kinds())
        .provide(PeerProvider(Panics))
        .region("world", Region::anonymous(1 << 16).unwrap())
        .build()
        .unwrap();
    let kinds = client(&mut system);
    assert_eq!(kinds.count(&mut system).unwrap(), 1);
    for _ in 0..3 {
        let call = || kinds.relayed(&mut system, &world("it"));
        let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
        assert_eq!(payload.downcast_ref(), Some(&"the host's own"));
        assert_eq!(kinds.asked(&mut system, 5).unwrap(), Ok(1));
        assert_eq!(kinds.count(&mut system).unwrap(), 1);
    }
    assert_eq!(system.stats().traps, 3);
}

#[test]
fn twenty_thousand_traps_change_nothing() {
    let mut system = builder(SAME)
        .grant("world", "kinds", Access::Write)
        .grant("world", "peer", Access::Read)
        .build()
        .unwrap();
    let kinds = client(&mut system);
    let shared = system.write("world", &world("stays")).unwrap();
    // Nothing that the guest would have to allocate: what a call that traps has allocated is lost.
    let nothing = World::default();
    let trap = |system: &mut System| {
        let text = panic_text(kinds.panics(system, &nothing));
        assert!(text.ends_with("as  asked"), "{text}");
    };
    // What the first panics take is there to stay.
    for _ in 0..100 {
        trap(&mut system);
        kinds.relayed(&mut system, &world("it")).unwrap().unwrap();
    }
    let state = |system: &System| {
        let peer = system.memory_size("peer").unwrap();
        (peer, system.describe().to_string())
    };
    let memory = system.memory_size("kinds").unwrap();
    let before = (state(&system), system.stats());
    for round in 0..19_900u32 {
        trap(&mut system);
        if round % 1000 == 0 {
            let joined = kinds.relayed(&mut system, &world("it")).unwrap().unwrap();
            assert_eq!(joined.name, "itit");
            assert_eq!(kinds.count(&mut system).unwrap(), 1);
            assert_eq!(kinds.sum(&mut system, shared).unwrap(), 1.5);
        }
    }
    let after = (state(&system), system.stats());
    assert_eq!(after.0, before.0);
    // The text of a panic is a call's too: for one so short, 16 bytes of the allocator.
    let grown = system.memory_size("kinds").unwrap() - memory;
    assert!(grown <= 19_900 * 16 + 0x1_0000, "{grown}");
    assert_eq!(after.1.traps, 20_000);
    assert_eq!(after.1.attaches, before.1.attaches);
    assert_eq!(system.poisoned("kinds").unwrap(), None);
    kinds.step(&mut system, shared, &Point::default()).unwrap();
    assert_eq!(system.view(shared).unwrap().frame(), 8);
}

/// `kinds`, and a peer that is not well: its `count` never ends.
fn beside_a_loop(engine: &Engine, limits: Limits) -> (System, Shared<World>) {
    let peer = format!(
        "(module {FREE} {})",
        counts("(loop $l (br $l)) (i32.const 0)")
    );
    let peer = Module::from_bytes_untyped(engine, wat::parse_str(peer).unwrap()).unwrap();
    let mut system = System::builder(engine)
        .limits(limits)
        .module("kinds", &load(engine, "karmem-tests-guest-ifaces"))
        .module("peer", &peer)
        .region("world", Region::anonymous(1 << 16).unwrap())
        .grant("world", "kinds", Access::Write)
        .build()
        .unwrap();
    let shared = system.write("world", &world("stays")).unwrap();
    (system, shared)
}

/// It had the world open when its peer was ended, and has it again: for reading and for changing.
fn goes_on(system: &mut System, shared: Shared<World>) {
    system.set_deadline(Some(Duration::from_secs(60)));
    let kinds = client(system);
    assert_eq!(kinds.sum(system, shared).unwrap(), 1.5);
    kinds.step(system, shared, &Point::default()).unwrap();
    assert_eq!(kinds.count(system).unwrap(), 1);
    assert_eq!(system.poisoned("kinds").unwrap(), None);
}

#[test]
fn an_honest_neighbour_goes_on_after_a_deadline() {
    let (mut system, shared) = beside_a_loop(engine(), limits());
    for _ in 0..5 {
        system.set_deadline(Some(Duration::from_millis(20)));
        let held = client(&mut system).held(&mut system, shared);
        assert!(held.unwrap_err().to_string().contains("deadline"));
        goes_on(&mut system, shared);
    }
}

#[test]
fn an_honest_neighbour_goes_on_after_its_fuel_is_used_up() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    let (mut system, shared) = beside_a_loop(&engine, limits().fuel(200_000));
    for _ in 0..5 {
        let held = client(&mut system).held(&mut system, shared);
        assert!(held.unwrap_err().to_string().contains("fuel"));
        goes_on(&mut system, shared);
    }
}

#[test]
fn an_honest_neighbour_goes_on_after_an_awaited_deadline() {
    let (mut system, shared) = beside_a_loop(engine(), limits());
    let mut context = Context::from_waker(Waker::noop());
    for round in 0..10 {
        system.set_deadline(Some(Duration::from_millis(5)));
        let kinds = client(&mut system);
        let mut call = Box::pin(kinds.held_async(&mut system, shared));
        if round % 2 == 0 {
            // Nobody waits for its end.
            assert!(call.as_mut().poll(&mut context).is_pending());
        } else {
            let held = loop {
                if let Poll::Ready(held) = call.as_mut().poll(&mut context) {
                    break held;
                }
            };
            assert!(held.unwrap_err().to_string().contains("deadline"));
        }
        drop(call);
        goes_on(&mut system, shared);
    }
}
