//! Writing, sealed, writing again.

use std::thread;

use karmem_host::{Access, Error, Removed};

use crate::support::*;

#[test]
fn a_sealed_region_is_written_by_nobody() {
    for engine in engines() {
        let mut system = two(&engine, region(2 * 65536, 5))
            .grant("r", "one", Access::Write)
            .grant("r", "two", Access::Read)
            .build()
            .unwrap();
        let h = handle(&system, "r");
        let one: Guest = system.client("one").unwrap();
        let two: Guest = system.client("two").unwrap();
        one.poke(&mut system, h, 0, 6).unwrap();
        let sealed = system.seal("r").unwrap();
        assert!(system.describe().regions[0].sealed);
        assert_eq!(one.flags(&mut system, h, 0, 0).unwrap(), 0);
        // The writer reads, and what it writes all the same is its own.
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 6);
        one.poke(&mut system, h, 0, 7).unwrap();
        one.fill(&mut system, h, 65530, 100).unwrap();
        assert_eq!(word(&sealed, 0), 6);
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 6);
        assert!(sealed[4..].iter().all(|b| *b == 0));
        let e = system.bytes_mut("r").unwrap_err();
        assert_eq!(
            e.to_string(),
            "the region `r` is sealed: unseal it to write"
        );
        assert!(matches!(
            system.put("r", &Cell { x: 1 }),
            Err(Error::IsSealed { .. })
        ));
        assert!(matches!(
            system.write("r", &Cell { x: 1 }),
            Err(Error::IsSealed { .. })
        ));
        // A second seal is the same one.
        let again = system.seal("r").unwrap();
        assert_eq!(again.as_ptr(), sealed.as_ptr());
        drop(again);

        assert_eq!(
            message(system.unseal("r")),
            "the region `r` cannot be unsealed while others have it: drop their `Sealed`"
        );
        one.poke(&mut system, h, 0, 8).unwrap();
        assert_eq!(word(&sealed, 0), 6);
        drop(sealed);
        system.unseal("r").unwrap();
        system.unseal("r").unwrap();
        // It sees the region and writes to it again; what it wrote meanwhile is gone.
        assert_eq!(one.flags(&mut system, h, 0, 0).unwrap(), 1);
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 6);
        one.poke(&mut system, h, 0, 9).unwrap();
        assert_eq!(first(&system, "r"), 9);
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 9);
    }
}

#[test]
fn the_right_to_write_can_change_hands_while_sealed() {
    let engine = engine();
    let mut system = two(&engine, region(1, 5))
        .grant("r", "one", Access::Write)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    let two: Guest = system.client("two").unwrap();
    let sealed = system.seal("r").unwrap();
    assert!(matches!(
        system.grant("r", "two", Access::Write),
        Err(Error::HasWriter { .. })
    ));
    system.revoke("r", "one").unwrap();
    system.grant("r", "two", Access::Write).unwrap();
    two.poke(&mut system, h, 0, 1).unwrap();
    assert_eq!(word(&sealed, 0), 5);
    drop(sealed);
    system.unseal("r").unwrap();
    two.poke(&mut system, h, 0, 2).unwrap();
    assert_eq!(first(&system, "r"), 2);
    assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 0);
}

#[test]
fn other_systems_and_threads_read_a_sealed_region() {
    let engine = engine();
    let mut owner = two(&engine, region(65536, 1000))
        .grant("r", "one", Access::Write)
        .build()
        .unwrap();
    let sealed = owner.seal("r").unwrap();
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (engine, sealed) = (engine.clone(), sealed.clone());
            thread::spawn(move || {
                let mut system = two(&engine, region(1, 0))
                    .sealed("s", &sealed)
                    .grant("s", "one", Access::Read)
                    .build()
                    .unwrap();
                let h = handle(&system, "s");
                let one: Guest = system.client("one").unwrap();
                for round in 0..200 {
                    assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 1000);
                    // Nobody else sees this.
                    one.poke(&mut system, h, 8, number * 1000 + round).unwrap();
                    assert_eq!(word(&sealed, 8), 0);
                    assert_eq!(
                        one.peek(&mut system, h, 8, 0).unwrap(),
                        number * 1000 + round
                    );
                }
                assert!(matches!(system.bytes_mut("s"), Err(Error::IsSealed { .. })));
                // A grant to write is one for later, when it is unsealed: never, while others have it.
                system.grant("s", "two", Access::Write).unwrap();
                let two: Guest = system.client("two").unwrap();
                two.poke(&mut system, h, 0, 1).unwrap();
                assert!(matches!(system.unseal("s"), Err(Error::StillRead { .. })));
                match system.remove_region("s").unwrap() {
                    Removed::Sealed(sealed) => assert_eq!(word(&sealed, 0), 1000),
                    Removed::Region(_) => panic!("unsealed"),
                }
            })
        })
        .collect();
    // The owner's guests run meanwhile.
    let h = handle(&owner, "r");
    let one: Guest = owner.client("one").unwrap();
    for round in 0..200 {
        one.poke(&mut owner, h, 0, round).unwrap();
        assert_eq!(word(&sealed, 0), 1000);
    }
    for thread in threads {
        thread.join().unwrap();
    }
    drop(sealed);
    owner.unseal("r").unwrap();
    one.poke(&mut owner, h, 0, 3).unwrap();
    assert_eq!(first(&owner, "r"), 3);
}
