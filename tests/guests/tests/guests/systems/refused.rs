//! Messages that do not fit into the outboxes.

use karmem::host::{Error, Reason};
use karmem_tests_guest_ifaces::World;

use super::{By, SAME, builder, client, panic_text};

const OUTBOX: usize = 1 << 16;

/// A message of so many bytes and some more.
fn named(len: usize) -> World {
    World {
        name: "n".repeat(len),
        ..World::default()
    }
}

#[test]
fn the_arguments_of_the_host() {
    let mut system = builder(By::Host).outbox(OUTBOX).build().unwrap();
    let kinds = client(&mut system);
    for _ in 0..3 {
        let error = kinds.allowed(&mut system, &named(OUTBOX)).unwrap_err();
        assert!(matches!(error, Error::Encode(_)), "{error}");
        assert_eq!(
            error.to_string(),
            "the message cannot be written: the buffer is full: the message needs at least 65560 bytes"
        );
        // Each fits, but not both.
        let half = named(40_000);
        let error = kinds.joined(&mut system, &half, &half).unwrap_err();
        assert!(matches!(error, Error::Encode(_)), "{error}");
        assert_eq!(kinds.allowed(&mut system, &half).unwrap(), Ok(()));
        // What is just not too large.
        let allowed = kinds.allowed(&mut system, &named(OUTBOX - 64)).unwrap();
        assert_eq!(allowed, Ok(()));
    }
    assert_eq!(system.stats().traps, 0);
}

#[test]
fn the_result_of_a_guest() {
    let mut system = builder(By::Host).outbox(OUTBOX).build().unwrap();
    let kinds = client(&mut system);
    let (a, b) = (named(32_700), named(32_700));
    let joined = kinds.joined(&mut system, &a, &b).unwrap();
    assert_eq!(joined.name.len(), 65_400);
    // The result of `named` has its record beside it.
    let named = named(OUTBOX - 40);
    for _ in 0..3 {
        let text = panic_text(kinds.named(&mut system, &named));
        assert!(
            text.contains("kinds.named: the buffer is full: the message needs at least 655"),
            "{text}"
        );
        assert_eq!(kinds.joined(&mut system, &a, &b).unwrap(), joined);
    }
}

#[test]
fn the_arguments_of_a_guest() {
    for by in [By::Host, SAME] {
        let mut system = builder(by).outbox(OUTBOX).build().unwrap();
        let kinds = client(&mut system);
        for _ in 0..3 {
            let refused = kinds.relayed(&mut system, &named(40_000)).unwrap();
            let why = refused.unwrap_err().why;
            assert!(
                why.starts_with("the buffer is full: the message needs at least 80"),
                "{why}"
            );
            // All of it can be used again.
            let relayed = kinds.relayed(&mut system, &named(32_700)).unwrap();
            assert_eq!(relayed.unwrap().name.len(), 65_400);
        }
        assert_eq!(system.stats().traps, 0);
    }
}

#[test]
fn the_result_of_whom_a_guest_calls() {
    // The arguments are two of so many bytes with 24 before each, and the result has the bytes of both.
    let fits = (OUTBOX - 2 * 24) / 2;
    let mut system = builder(By::Host).outbox(OUTBOX).build().unwrap();
    let kinds = client(&mut system);
    let relayed = kinds.relayed(&mut system, &named(fits)).unwrap();
    let why = relayed.unwrap_err().why;
    assert!(why.contains("the buffer is full"), "{why}");

    // The host's outbox holds the arguments of the call that it makes, and then the result of the one
    // that it serves.
    let error = kinds.relayed(&mut system, &named(fits - 100));
    let error = error.unwrap_err();
    let Some(Reason::Host(cause)) = error.as_trap().map(karmem::host::Trap::reason) else {
        panic!("{error}");
    };
    assert!(
        matches!(cause.downcast_ref(), Some(Error::Encode(_))),
        "{error}"
    );
    assert!(error.to_string().contains("the buffer is full"), "{error}");
    let relayed = kinds.relayed(&mut system, &named(10_000)).unwrap();
    assert_eq!(relayed.unwrap().name.len(), 20_000);
}
