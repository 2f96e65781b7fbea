//! What guests do in regions: what may change under them, and what they put there themselves.

use karmem::Shared;
use karmem::host::{
    Access, Caller, Definer, Error, Module, Provider, Region, Result, System, provided,
};
use karmem_tests_guest_ifaces::{PeerProvider, Point, Refusal, World};

use super::{By, FREE, Native, SAME, builder, client, counts, kinds, panic_text, world};
use crate::{engine, limits};

fn why(system: &mut System, shared: Shared<World>) -> std::result::Result<u32, String> {
    let held = client(system).held(system, shared).unwrap();
    held.map_err(|refusal| refusal.why)
}

#[test]
fn nothing_is_held_open_while_its_writer_is_called() {
    let mut system = builder(SAME)
        .grant("world", "peer", Access::Write)
        .grant("world", "kinds", Access::Read)
        .build()
        .unwrap();
    let shared = system.write("world", &world("volatile")).unwrap();
    let refused = format!(
        "region {} is open, and the call may change it: drop its views before the call",
        shared.handle()
    );
    for _ in 0..3 {
        assert_eq!(why(&mut system, shared), Err(refused.clone()));
    }
    // With nothing open, the writer may be called.
    let kinds = client(&mut system);
    assert_eq!(
        kinds
            .passed(&mut system, shared, &Point::default())
            .unwrap(),
        Ok(())
    );

    // The module's own region changes only if it changes it: the peer counts, from the beginning.
    system.revoke("world", "peer").unwrap();
    system.grant("world", "kinds", Access::Write).unwrap();
    assert_eq!(why(&mut system, shared), Ok(8 + 1));
    // Whose writer cannot be reached changes as little, and what is sealed never does.
    system.revoke("world", "kinds").unwrap();
    system.grant("world", "peer", Access::Write).unwrap();
    system.grant("world", "kinds", Access::Read).unwrap();
    assert_eq!(why(&mut system, shared), Err(refused.clone()));
    let sealed = system.seal("world").unwrap();
    assert_eq!(why(&mut system, shared), Ok(8 + 2));
    drop(sealed);
    system.unseal("world").unwrap();
    assert_eq!(why(&mut system, shared), Err(refused));
    assert_eq!(system.stats().traps, 0);
}

#[test]
fn what_the_host_may_change_is_not_held_either() {
    let mut system = builder(By::Host)
        .grant("world", "kinds", Access::Read)
        .build()
        .unwrap();
    let shared = system.write("world", &world("volatile")).unwrap();
    let text = why(&mut system, shared).unwrap_err();
    assert!(text.contains("the call may change it"), "{text}");
    // For the module that writes it the host may write it, too.
    system.grant("world", "kinds", Access::Write).unwrap();
    let text = why(&mut system, shared).unwrap_err();
    assert!(text.contains("the call may change it"), "{text}");
    // What another one writes the host may not, which this module cannot reach.
    let other = format!("(module {FREE} {})", counts("(i32.const 1)"));
    let other = Module::from_bytes_untyped(engine(), wat::parse_str(other).unwrap()).unwrap();
    let mut system = builder(By::Host)
        .module("other", &other)
        .link("kinds", "tests/peer", "host")
        .grant("world", "other", Access::Write)
        .grant("world", "kinds", Access::Read)
        .build()
        .unwrap();
    let shared = system.write("world", &world("the other's")).unwrap();
    assert_eq!(why(&mut system, shared), Ok(7 + 1));
}

/// What an implementation in the host does with the region while `kinds` waits, and reads it.
#[derive(Clone, Copy, Debug)]
enum Meanwhile {
    Writes,
    Revokes,
    GrantsAnew,
    MakesAnotherTheWriter,
}

/// A peer that is written by hand, and says nothing of what it writes.
struct Sly(Meanwhile);

impl Provider for Sly {
    type Interface = <PeerProvider<Native> as Provider>::Interface;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let Sly(meanwhile) = self;
        let this = provided(());
        host.method("count", move |caller: Caller<'_>| {
            this.serve(caller, |(), cx| {
                match meanwhile {
                    Meanwhile::Writes => {
                        let world = cx.shared::<World>("world")?.to_i64();
                        cx.view_mut::<World>(world)?.set_frame(999);
                    }
                    Meanwhile::Revokes => cx.revoke("world", "kinds")?,
                    Meanwhile::GrantsAnew => cx.grant("world", "kinds", Access::Read)?,
                    Meanwhile::MakesAnotherTheWriter => {
                        cx.grant("world", "other", Access::Write)?
                    }
                }
                Ok(1)
            })
        })?;
        let nothing = |_: Caller<'_>, _: i64, _: i64| -> i64 { 0 };
        host.method("joined", nothing)?;
        host.method("checked", |_: Caller<'_>, _: i32| -> i64 { 0 })?;
        host.method("step", |_: Caller<'_>, _: i64, _: i64| {})
    }
}

#[test]
fn a_view_does_not_change_whatever_the_host_does() {
    // A guest that `kinds` does not call.
    let other = format!("(module {FREE} {})", counts("(i32.const 1)"));
    let other = Module::from_bytes_untyped(engine(), wat::parse_str(other).unwrap()).unwrap();
    for meanwhile in [
        Meanwhile::Writes,
        Meanwhile::Revokes,
        Meanwhile::GrantsAnew,
        Meanwhile::MakesAnotherTheWriter,
    ] {
        for volatile in [false, true] {
            let mut builder = System::builder(engine())
                .limits(limits())
                .module("kinds", kinds())
                .module("other", &other)
                .provide(Sly(meanwhile))
                .link("kinds", "tests/peer", "host")
                .region("world", Region::anonymous(1 << 16).unwrap());
            if volatile {
                builder = builder.volatile("world");
            }
            let mut system = builder.build().unwrap();
            // While nobody else writes it, the host may, by the methods that take a `ViewMut`.
            let host_may = matches!(
                meanwhile,
                Meanwhile::Writes | Meanwhile::MakesAnotherTheWriter
            );
            if !host_may {
                system.grant("world", "other", Access::Write).unwrap();
            }
            system.grant("world", "kinds", Access::Read).unwrap();
            let shared = system.write("world", &world("held")).unwrap();
            let held = client(&mut system).held(&mut system, shared);
            if volatile || host_may {
                let text = held.unwrap().unwrap_err().why;
                assert!(
                    text.contains("the call may change it"),
                    "{meanwhile:?}: {text}"
                );
            } else {
                let text = held.unwrap_err().to_string();
                assert!(
                    text.contains("cannot change while `kinds`"),
                    "{meanwhile:?}: {text}"
                );
            }
            assert_eq!(system.view(shared).unwrap().frame(), 7);
            assert_eq!(client(&mut system).sum(&mut system, shared).unwrap(), 1.5);
        }
    }
}

#[test]
fn a_guest_puts_and_frees() {
    for by in [By::Host, SAME] {
        let mut system = builder(by)
            .grant("world", "kinds", Access::Write)
            .build()
            .unwrap();
        let kinds = client(&mut system);
        let mut last = system.put("world", &world("the host's")).unwrap();
        let other = system.put("world", &world("stays")).unwrap();
        assert_ne!(last, other);
        // More than the region holds at a time.
        for round in 0..200u32 {
            let new = World {
                frame: round,
                name: "n".repeat(1000),
                points: vec![Point::default(); 50],
            };
            let put = kinds.replaced(&mut system, last, &new).unwrap().unwrap();
            assert_ne!(put, last);
            assert_eq!(system.view(put).unwrap().to_owned().unwrap(), new);
            // The guest frees it once.
            let error = system.free(last).unwrap_err();
            assert!(matches!(error, Error::NotAllocated { .. }), "{error}");
            last = put;
        }
        assert_eq!(system.view(other).unwrap().name(), "stays");

        // A message that is not there is not freed.
        let refused = kinds.replaced(&mut system, Shared::new(other.handle(), 4), &world("x"));
        let Err(Refusal { why }) = refused.unwrap() else {
            panic!("freed");
        };
        let handle = other.handle();
        assert!(
            why.starts_with(&format!("nothing was put to offset 4 of region {handle}")),
            "{why}"
        );
        // The host gives back what the guest put, and the other way round.
        system.free(last).unwrap();
        let put = kinds.replaced(&mut system, other, &world("last"));
        system.free(put.unwrap().unwrap()).unwrap();
        let error = system.free(other).unwrap_err();
        assert!(matches!(error, Error::NotAllocated { .. }), "{error}");
    }
}

#[test]
fn a_heap_that_is_full() {
    let mut system = builder(By::Host)
        .grant("world", "kinds", Access::Write)
        .build()
        .unwrap();
    let kinds = client(&mut system);
    let old = system.put("world", &world("old")).unwrap();
    let large = world(&"x".repeat(1 << 16));
    let refused = kinds.replaced(&mut system, old, &large).unwrap();
    let why = refused.unwrap_err().why;
    assert!(
        why.starts_with(&format!("region {} has no room for 65", old.handle())),
        "{why}"
    );
    // Nothing was freed, and nothing stays allocated.
    assert_eq!(system.view(old).unwrap().name(), "old");
    system.free(old).unwrap();
    system.write("world", &world("all of it")).unwrap();
}

#[test]
fn only_the_writer_uses_the_heap() {
    let mut system = builder(SAME)
        .grant("world", "kinds", Access::Read)
        .grant("world", "peer", Access::Write)
        .build()
        .unwrap();
    let kinds = client(&mut system);
    let old = system.put("world", &world("old")).unwrap();
    let refused = |system: &mut System| {
        let replaced = kinds.replaced(system, old, &world("new")).unwrap();
        let why = replaced.unwrap_err().why;
        assert!(
            why.contains("has no room for") && why.contains("this module may not write it"),
            "{why}"
        );
        assert_eq!(system.view(old).unwrap().name(), "old");
    };
    refused(&mut system);
    system.revoke("world", "kinds").unwrap();
    refused(&mut system);
    system.grant("world", "kinds", Access::ReadStrict).unwrap();
    refused(&mut system);
    system.revoke("world", "peer").unwrap();
    refused(&mut system);
    // Nor may the writer while it is sealed.
    system.grant("world", "kinds", Access::Write).unwrap();
    drop(system.seal("world").unwrap());
    refused(&mut system);
    system.unseal("world").unwrap();
    let kinds = client(&mut system);
    let put = kinds.replaced(&mut system, old, &world("new"));
    assert_eq!(system.view(put.unwrap().unwrap()).unwrap().name(), "new");
    // A reader cannot change in place either.
    system.grant("world", "kinds", Access::Read).unwrap();
    let other = system.put("world", &world("other")).unwrap();
    let text = panic_text(kinds.step(&mut system, other, &Point::default()));
    assert!(text.contains("kinds.step: "), "{text}");
    assert_eq!(system.view(other).unwrap().frame(), 7);
}
