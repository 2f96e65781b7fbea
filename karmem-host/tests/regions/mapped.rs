//! Granting and revoking, on engines of both kinds.

use karmem_host::{Access, Error, Removed, System};

use crate::support::*;

#[test]
fn what_is_granted_is_seen_and_what_is_revoked_is_zeros() {
    for engine in engines() {
        let mut system = two(&engine, region(3 * 65536, 5)).build().unwrap();
        let h = handle(&system, "r");
        let one: Guest = system.client("one").unwrap();
        let two: Guest = system.client("two").unwrap();
        system.grant("r", "one", Access::Write).unwrap();
        system.grant("r", "two", Access::Read).unwrap();
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 5);
        // Every page is there, in both directions.
        for page in 0..3 {
            let at = page * PAGE + 8;
            one.poke(&mut system, h, at, 100 + page).unwrap();
            assert_eq!(two.peek(&mut system, h, at, 0).unwrap(), 100 + page);
            let bytes = system.bytes("r").unwrap();
            assert_eq!(word(bytes, at as usize), 100 + page as u32);
        }
        set_first(&mut system, "r", 6);
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 6);
        assert_eq!(one.flags(&mut system, h, 0, 0).unwrap(), 1);
        assert_eq!(two.flags(&mut system, h, 0, 0).unwrap(), 0);

        system.revoke("r", "two").unwrap();
        system.revoke("r", "one").unwrap();
        for page in 0..3 {
            assert_eq!(two.peek(&mut system, h, page * PAGE + 8, 0).unwrap(), 0);
            assert_eq!(one.peek(&mut system, h, page * PAGE + 8, 0).unwrap(), 0);
        }
        // What it writes there is its own.
        one.poke(&mut system, h, 0, 9).unwrap();
        assert_eq!(first(&system, "r"), 6);
        let e = system.revoke("r", "one").unwrap_err();
        assert!(matches!(e, Error::NotGranted { .. }), "{e}");
    }
}

#[test]
fn one_module_at_most_writes() {
    let engine = engine();
    let mut system = two(&engine, region(1, 5)).build().unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    let two: Guest = system.client("two").unwrap();
    system.grant("r", "one", Access::Write).unwrap();
    assert_eq!(
        message(system.grant("r", "two", Access::Write)),
        "`two` cannot write the region `r`: `one` does; revoke that first"
    );
    // Changing one's mind passes the right on.
    system.grant("r", "one", Access::Read).unwrap();
    system.grant("r", "two", Access::Write).unwrap();
    two.poke(&mut system, h, 0, 8).unwrap();
    one.poke(&mut system, h, 4, 9).unwrap();
    let bytes = system.bytes("r").unwrap();
    assert_eq!((word(bytes, 0), word(bytes, 4)), (8, 0));
}

#[test]
fn a_reader_writes_to_pages_of_its_own_until_it_is_refreshed() {
    for engine in engines() {
        let mut system = two(&engine, region(2 * 65536, 5)).build().unwrap();
        let h = handle(&system, "r");
        let one: Guest = system.client("one").unwrap();
        let two: Guest = system.client("two").unwrap();
        system.grant("r", "one", Access::Read).unwrap();
        system.grant("r", "two", Access::Read).unwrap();
        assert_eq!(one.poke(&mut system, h, 0, 1).unwrap(), 1);
        assert_eq!(one.fill(&mut system, h, 4096, PAGE).unwrap(), 0x7777_7777);
        assert_eq!(one.copy(&mut system, h, 100_000, 4).unwrap(), 0x6666_6666);
        let bytes = system.bytes("r").unwrap();
        assert_eq!(word(bytes, 0), 5);
        assert!(bytes[4..].iter().all(|b| *b == 0));
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 5);
        // It sees its own, and not what is new, ...
        set_first(&mut system, "r", 6);
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 1);
        assert_eq!(two.peek(&mut system, h, 0, 0).unwrap(), 6);
        // ... until it is refreshed.
        system.refresh("r", "one").unwrap();
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 6);
        assert_eq!(one.peek(&mut system, h, 4096, 0).unwrap(), 0);
        // Refreshing a writer or somebody without the region changes nothing.
        system.grant("r", "two", Access::Write).unwrap();
        two.poke(&mut system, h, 0, 7).unwrap();
        system.refresh("r", "two").unwrap();
        assert_eq!(first(&system, "r"), 7);
        system.revoke("r", "one").unwrap();
        system.refresh("r", "one").unwrap();
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 0);
    }
}

#[test]
fn a_slot_of_a_pool_never_shows_a_region_to_its_next_tenant() {
    // Wasmtime cleans so many bytes of a slot by writing zeros: not into a region.
    for resident in [0, 1 << 20] {
        let engine = pooling(2, |pool| {
            pool.linear_memory_keep_resident(resident);
        });
        // A memory as large as windows were, which is all looked through.
        let looker = module(
            &engine,
            r#"(memory (export "memory") 64)
            (func (export "t_memory__sum") (result i64) (local $at i32) (local $sum i64)
                (loop $l
                    (local.set $sum (i64.or (local.get $sum) (i64.load (local.get $at))))
                    (local.set $at (i32.add (local.get $at) (i32.const 8)))
                    (br_if $l (i32.lt_u (local.get $at) (i32.const 4194304))))
                (local.get $sum))"#,
        );
        let sealed = region(4 * 65536, 0x5ec7e7).seal().unwrap();
        for round in 0..16 {
            let secret = region(8 * 65536, 0x5ec7e7);
            let mut system = two(&engine, secret)
                .grant("r", "one", Access::Write)
                .grant("r", "two", [Access::Read, STRICT][round % 2])
                .sealed("s", &sealed)
                .grant("s", "one", Access::Read)
                .build()
                .unwrap();
            let (r, s) = (handle(&system, "r"), handle(&system, "s"));
            let one: Guest = system.client("one").unwrap();
            one.poke(&mut system, r, 70_000, -1).unwrap();
            one.poke(&mut system, s, 8, -1).unwrap();
            let end = word(system.bytes("r").unwrap(), 70_000);
            assert_eq!(end, u32::MAX);
            match round % 4 {
                0 => drop(system.remove_region("r").unwrap()),
                1 => assert!(one.fill_and_trap(&mut system, r, 0, 9).is_err()),
                _ => {}
            }
            // The grants are in place.
            drop(system);
            for _ in 0..2 {
                let limits = karmem_host::Limits::default();
                let mut a = karmem_host::Instance::new(&looker, limits).unwrap();
                let mut b = karmem_host::Instance::new(&looker, limits).unwrap();
                assert_eq!(a.call::<_, i64>("t_memory__sum", ()).unwrap(), 0);
                assert_eq!(b.call::<_, i64>("t_memory__sum", ()).unwrap(), 0);
            }
        }
        assert_eq!(word(&sealed, 0), 0x5ec7e7);
        assert_eq!(word(&sealed, 8), 0);
    }
}

#[test]
fn a_slot_of_a_pool_gives_the_next_tenant_its_initial_data() {
    let engine = pooling(2, |_| {});
    let text = format!(r#"{ABI} {MEMORY} (data (i32.const 40000) "\01\02\03\04")"#);
    let module = module(&engine, &text);
    for _ in 0..6 {
        let mut system = System::builder(&engine)
            .module("one", &module)
            .region("r", region(1, 5))
            .grant("r", "one", Access::Write)
            .build()
            .unwrap();
        let one: Guest = system.client("one").unwrap();
        assert_eq!(one.address(&mut system, 40_000, 0, 0).unwrap(), 0x0403_0201);
        // The instance that is swapped out gives its pages back, and so does the slot.
        system.swap("one", &module).unwrap();
        assert_eq!(one.address(&mut system, 40_000, 0, 0).unwrap(), 0x0403_0201);
        assert_eq!(system.stats().retired, 1);
    }
}

#[test]
fn memory_grows_beside_windows() {
    for engine in engines() {
        let mut system = two(&engine, region(65536, 5))
            .grant("r", "one", Access::Write)
            .grant("r", "two", Access::Read)
            .build()
            .unwrap();
        let h = handle(&system, "r");
        let one: Guest = system.client("one").unwrap();
        let two: Guest = system.client("two").unwrap();
        for round in 0..50 {
            assert!(one.grow(&mut system, 3, 0, 0).unwrap() > 0);
            assert!(two.grow(&mut system, 1, 0, 0).unwrap() > 0);
            one.poke(&mut system, h, 8, round).unwrap();
            assert_eq!(two.peek(&mut system, h, 8, 0).unwrap(), round);
        }
        // More regions behind what grew.
        for round in 0..10 {
            let name = format!("r{round}");
            system.add_region(&name, region(1, round)).unwrap();
            system.grant(&name, "one", Access::Read).unwrap();
            let h = handle(&system, &name);
            assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), round as i32);
        }
        assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
    }
}

#[test]
fn a_region_comes_back_as_it_is() {
    let engine = engine();
    let mut system = two(&engine, region(1, 5))
        .grant("r", "one", Access::Write)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    one.poke(&mut system, h, 4, 7).unwrap();
    let Removed::Region(back) = system.remove_region("r").unwrap() else {
        panic!("sealed");
    };
    assert_eq!((word(back.bytes(), 0), word(back.bytes(), 4)), (5, 7));
    assert_eq!(one.peek(&mut system, h, 4, 0).unwrap(), 0);
    one.poke(&mut system, h, 4, 8).unwrap();
    assert_eq!(word(back.bytes(), 4), 7);
    // The handle is not used again.
    system.add_region("r", back).unwrap();
    assert_ne!(handle(&system, "r"), h);
    // A region outlives its system.
    system.grant("r", "two", Access::Read).unwrap();
    let sealed = system.seal("r").unwrap();
    drop(system);
    assert_eq!(word(&sealed, 4), 7);
    assert!(sealed.unseal().is_ok());
}

#[test]
fn grants_change_while_a_guest_waits_for_the_host() {
    for engine in engines() {
        let mut system = chain(&engine, region(1, 5))
            .volatile("r")
            .grant("r", "front", Access::Write)
            .build()
            .unwrap();
        let h = handle(&system, "r");
        let front: FrontClient = system.client("front").unwrap();
        assert_eq!(front.ask(&mut system, h, 0, order::ADD_ONE).unwrap(), 6);
        // Taken away: it reads zeros at once.
        assert_eq!(front.ask(&mut system, h, 0, order::REVOKE).unwrap(), 0);
        assert_eq!(first(&system, "r"), 6);
        // Given: it lies where it was told meanwhile.
        assert_eq!(front.ask(&mut system, h, 0, order::GRANT_READ).unwrap(), 6);
        assert!(
            trap(
                front
                    .ask(&mut system, h, 0, order::REVOKE)
                    .and_then(|_| { front.ask(&mut system, h, 0, order::ADD_ONE) })
            )
            .contains("was not granted the region `r`")
        );
        assert_eq!(front.ask(&mut system, h, 0, order::GRANT_WRITE).unwrap(), 6);
        assert_eq!(front.ask(&mut system, h, 0, order::ADD_ONE).unwrap(), 7);
        let refused = trap(front.ask(&mut system, h, 0, order::GRANT_OTHER));
        assert!(
            refused.contains("`front` does; revoke that first"),
            "{refused}"
        );
        // A reader's host may not write for it.
        front.ask(&mut system, h, 0, order::REVOKE).unwrap();
        front.ask(&mut system, h, 0, order::GRANT_READ).unwrap();
        front.ask(&mut system, h, 0, order::GRANT_OTHER).unwrap();
        let refused = trap(front.ask(&mut system, h, 0, order::ADD_ONE));
        assert!(refused.contains("`back` does"), "{refused}");
        assert_eq!(first(&system, "r"), 7);
        assert_eq!(front.via_poke(&mut system, h, 0, 11).unwrap(), 11);
    }
}
