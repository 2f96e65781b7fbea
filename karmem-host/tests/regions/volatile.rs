//! The volatile rule: while a module waits in a call that it made, a region changes only if it was told so before.

use karmem_host::{Access, Engine, Error, Reason, Result, System};

use crate::support::*;

/// The call was ended by the host, which did not change the region.
#[track_caller]
fn refused(result: Result<i32>, module: &str) {
    let error = result.unwrap_err();
    let Some(Reason::Host(cause)) = error.as_trap().map(|trap| trap.reason()) else {
        panic!("{error}");
    };
    match cause.downcast_ref::<Error>() {
        Some(Error::NotVolatile {
            region,
            module: other,
        }) => {
            assert_eq!((region.as_str(), other.as_str()), ("r", module));
        }
        _ => panic!("{error}"),
    }
    let text = error.to_string();
    assert!(
        text.contains("declare the region with `SystemBuilder::volatile`"),
        "{text}"
    );
}

fn build(engine: &Engine, region: karmem_host::Region, volatile: bool) -> System {
    let builder = chain(engine, region);
    let builder = match volatile {
        true => builder.volatile("r"),
        false => builder,
    };
    builder.build().unwrap()
}

fn regions() -> [fn() -> karmem_host::Region; 2] {
    [
        || region(1, 5),
        || {
            let mut region = karmem_host::Region::copied(1).unwrap();
            region.bytes_mut()[0] = 5;
            region
        },
    ]
}

#[test]
fn a_host_that_says_nothing_of_what_it_writes_does_not_change_what_is_open() {
    for (engine, region) in engines()
        .iter()
        .zip(regions())
        .chain(engines().iter().zip(regions().into_iter().rev()))
    {
        for access in [Access::Write, Access::Read] {
            let mut system = build(engine, region(), false);
            system.grant("r", "front", access).unwrap();
            let h = handle(&system, "r");
            let front: FrontClient = system.client("front").unwrap();
            refused(front.ask(&mut system, h, 0, order::ADD_ONE), "front");
            refused(front.ask(&mut system, h, 0, order::REVOKE), "front");
            refused(front.ask(&mut system, h, 0, order::GRANT_READ), "front");
            refused(front.ask(&mut system, h, 0, order::GRANT_WRITE), "front");
            assert_eq!(first(&system, "r"), 5);
            // Between calls everything may change.
            set_first(&mut system, "r", 6);
            system.revoke("r", "front").unwrap();
            // What it has not, it cannot have open.
            assert_eq!(front.ask(&mut system, h, 0, order::GRANT_READ).unwrap(), 6);

            system.set_volatile("r", true).unwrap();
            assert_eq!(front.ask(&mut system, h, 0, order::ADD_ONE).unwrap(), 7);
            assert_eq!(front.ask(&mut system, h, 0, order::GRANT_WRITE).unwrap(), 7);
            assert_eq!(front.ask(&mut system, h, 0, order::REVOKE).unwrap(), 0);
            system.grant("r", "front", access).unwrap();
            system.set_volatile("r", false).unwrap();
            refused(front.ask(&mut system, h, 0, order::ADD_ONE), "front");
        }
    }
}

#[test]
fn nobody_becomes_the_writer_under_who_reads() {
    for engine in engines() {
        let mut system = build(&engine, region(1, 5), false);
        system.grant("r", "front", Access::Read).unwrap();
        let h = handle(&system, "r");
        let front: FrontClient = system.client("front").unwrap();
        // `front` can call it, as soon as the host has answered.
        refused(front.ask(&mut system, h, 0, order::GRANT_OTHER), "front");
        assert_eq!(
            system
                .describe()
                .regions
                .iter()
                .find(|r| r.name == "r")
                .unwrap()
                .grants
                .len(),
            1
        );
        system.set_volatile("r", true).unwrap();
        front.ask(&mut system, h, 0, order::GRANT_OTHER).unwrap();
        assert_eq!(front.via_poke(&mut system, h, 0, 11).unwrap(), 11);
        assert_eq!(first(&system, "r"), 11);
    }
}

#[test]
fn what_a_module_is_told_in_a_call_is_of_no_use_to_it() {
    // A third module has the region, and is asked for nothing.
    let engine = engine();
    let mut system = chain(&engine, region(1, 5))
        .module("third", &memory(&engine))
        .link("front", "t/memory", "back")
        .grant("r", "third", Access::Read)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let front: FrontClient = system.client("front").unwrap();
    let third: Guest = system.client("third").unwrap();
    assert_eq!(third.flags(&mut system, h, 0, 0).unwrap(), 0);
    // Nobody waits who has it, and `front` gets it for writing.
    front.ask(&mut system, h, 0, order::GRANT_WRITE).unwrap();
    // It waits with it, from now on.
    refused(front.ask(&mut system, h, 0, order::ADD_ONE), "front");
    refused(front.ask(&mut system, h, 0, order::REVOKE), "front");
    system.set_volatile("r", true).unwrap();
    assert_eq!(third.flags(&mut system, h, 0, 0).unwrap(), 2);
    drop(system.seal("r").unwrap());
    assert_eq!(third.flags(&mut system, h, 0, 0).unwrap(), 2);
    system.unseal("r").unwrap();
    assert_eq!(front.ask(&mut system, h, 0, order::REVOKE).unwrap(), 0);
}
