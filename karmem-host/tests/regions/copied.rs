//! Regions that are copied do the same as regions that are mapped.

use karmem_host::{Access, Engine, Region, SystemStats};

use crate::support::*;

fn copied(len: usize, x: u32) -> Region {
    let mut region = Region::copied(len).unwrap();
    region.bytes_mut()[..4].copy_from_slice(&x.to_le_bytes());
    region
}

/// Everything that can be seen from outside, of calls in all directions.
fn run(engine: &Engine, region: Region) -> (Vec<i32>, Vec<u8>, SystemStats) {
    let mut seen = Vec::new();
    let mut system = chain(engine, region)
        .volatile("r")
        .grant("r", "front", Access::Write)
        .grant("r", "back", Access::Read)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let front: FrontClient = system.client("front").unwrap();
    let back: Guest = system.client("back").unwrap();
    // Host to guest, guest to guest, guest to host.
    seen.push(back.peek(&mut system, h, 0, 0).unwrap());
    set_first(&mut system, "r", 50);
    seen.push(back.peek(&mut system, h, 0, 0).unwrap());
    seen.push(front.via(&mut system, h, 8, 77).unwrap());
    seen.push(front.via(&mut system, h, 70_000, 78).unwrap());
    seen.push(front.ask(&mut system, h, 8, order::ADD_ONE).unwrap());
    seen.push(back.peek(&mut system, h, 8, 0).unwrap());
    seen.push(word(system.bytes("r").unwrap(), 70_000).cast_signed());
    // A reader's writes are its own until it is refreshed.
    seen.push(back.poke(&mut system, h, 12, 5).unwrap());
    seen.push(word(system.bytes("r").unwrap(), 12).cast_signed());
    system.refresh("r", "back").unwrap();
    seen.push(back.peek(&mut system, h, 12, 0).unwrap());
    // The other one writes.
    system.grant("r", "front", Access::Read).unwrap();
    system.grant("r", "back", Access::Write).unwrap();
    seen.push(front.via_poke(&mut system, h, 16, 99).unwrap());
    seen.push(front.via_poke(&mut system, h, 16, 100).unwrap());
    seen.push(word(system.bytes("r").unwrap(), 16).cast_signed());
    let put = system.put("r", &Cell { x: 123 }).unwrap();
    seen.push(
        back.peek(&mut system, h, put.offset().cast_signed(), 0)
            .unwrap(),
    );
    system.free(put).unwrap();
    // A trap between: what was written before it counts, as it does in memory.
    back.poke(&mut system, h, 24, 1).unwrap();
    assert!(back.fill_and_trap(&mut system, h, 28, 4).is_err());
    seen.push(word(system.bytes("r").unwrap(), 28).cast_signed());
    seen.push(back.peek(&mut system, h, 28, 0).unwrap());
    seen.push(word(system.bytes("r").unwrap(), 28).cast_signed());
    // Sealed and not.
    let sealed = system.seal("r").unwrap();
    back.poke(&mut system, h, 32, 1).unwrap();
    seen.push(word(&sealed, 32).cast_signed());
    drop(sealed);
    system.unseal("r").unwrap();
    seen.push(back.peek(&mut system, h, 32, 0).unwrap());
    back.poke(&mut system, h, 32, 2).unwrap();
    seen.push(front.via_poke(&mut system, h, 36, 3).unwrap());
    // Grants that change while somebody waits.
    system.grant("r", "back", Access::Read).unwrap();
    seen.push(front.ask(&mut system, h, 0, order::REVOKE).unwrap());
    seen.push(front.ask(&mut system, h, 0, order::GRANT_WRITE).unwrap());
    seen.push(front.via(&mut system, h, 40, 41).unwrap());
    system.revoke("r", "back").unwrap();
    seen.push(back.peek(&mut system, h, 40, 0).unwrap());
    let bytes = system.bytes("r").unwrap().to_vec();
    (seen, bytes, system.stats())
}

#[test]
fn both_ways_give_the_same() {
    for engine in engines() {
        let (mapped, mapped_bytes, mapped_stats) = run(&engine, region(2 * 65536, 5));
        let (copied, copied_bytes, copied_stats) = run(&engine, copied(2 * 65536, 5));
        assert_eq!(mapped, copied);
        assert!(mapped_bytes == copied_bytes);
        assert!(copied_stats.bytes_copied > mapped_stats.bytes_copied + 100_000);
        assert!(mapped_stats.bytes_shared > copied_stats.bytes_shared);
        assert_eq!(mapped_stats.attaches, copied_stats.attaches);
        assert_eq!(mapped_stats.calls, copied_stats.calls);
    }
}

#[test]
fn it_says_that_it_copies() {
    let engine = engine();
    let both = |region: Region| {
        let is = region.is_copied();
        let mut system = two(&engine, region)
            .grant("r", "one", Access::Write)
            .build()
            .unwrap();
        let text = system.describe().to_string();
        assert_eq!(system.describe().regions[0].copied, is);
        assert_eq!(text.contains("r: 64 KiB, copied"), is, "{text}");
        let before = system.stats().bytes_copied;
        let one: Guest = system.client("one").unwrap();
        let h = handle(&system, "r");
        one.peek(&mut system, h, 0, 0).unwrap();
        let first = system.stats().bytes_copied - before;
        // Nothing changed: nothing is copied.
        one.peek(&mut system, h, 0, 0).unwrap();
        let second = system.stats().bytes_copied - before - first;
        one.poke(&mut system, h, 0, 9).unwrap();
        let third = system.stats().bytes_copied - before - first - second;
        (is, first, second, third)
    };
    assert_eq!(both(copied(1, 5)), (true, 65536, 0, 65536));
    if cfg!(target_os = "linux") {
        assert_eq!(both(region(1, 5)), (false, 0, 0, 0));
    }
}

#[test]
fn what_a_readers_own_copy_says_goes_nowhere() {
    let engine = engine();
    let mut system = two(&engine, copied(2 * 65536, 5))
        .grant("r", "one", STRICT)
        .grant("r", "two", Access::Write)
        .build()
        .unwrap();
    let h = handle(&system, "r");
    let one: Guest = system.client("one").unwrap();
    let two: Guest = system.client("two").unwrap();
    // There are no pages to protect: as with `Read`.
    one.poke(&mut system, h, 0, 1).unwrap();
    one.fill(&mut system, h, 8, 4).unwrap();
    assert_eq!(first(&system, "r"), 5);
    assert_eq!(two.peek(&mut system, h, 8, 0).unwrap(), 0);
    // Where regions are copied, everything new brings the whole region along.
    two.poke(&mut system, h, 16, 4).unwrap();
    assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 5);
    assert_eq!(one.peek(&mut system, h, 16, 0).unwrap(), 4);
    system.revoke("r", "one").unwrap();
    assert_eq!(one.peek(&mut system, h, 0, 0).unwrap(), 0);
    one.poke(&mut system, h, 0, 1).unwrap();
    two.poke(&mut system, h, 16, 5).unwrap();
    assert_eq!(first(&system, "r"), 5);
}
