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
        assert!(matches!(error, Error::OutboxFull { .. }), "{error}");
        assert_eq!(
            error.to_string(),
            "the message does not fit into the host's outbox of 65536 bytes (`SystemBuilder::outbox`): the buffer is full: the message needs at least 65560 bytes"
        );
        // Each fits, but not both.
        let half = named(40_000);
        let error = kinds.joined(&mut system, &half, &half).unwrap_err();
        assert!(matches!(error, Error::OutboxFull { .. }), "{error}");
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
    // The record of a `Result` needs room beside its message.
    let named = named(OUTBOX - 32);
    assert_eq!(kinds.allowed(&mut system, &named).unwrap(), Ok(()));
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
            // All of it can be used again. The host's outbox holds what it sent and what it answers.
            let fits = if let By::Host = by { 20_000 } else { 32_600 };
            let relayed = kinds.relayed(&mut system, &named(fits)).unwrap();
            assert_eq!(relayed.unwrap().name.len(), 2 * fits);
        }
        assert_eq!(system.stats().traps, 0);
    }
}

#[test]
fn the_result_of_whom_a_guest_calls() {
    // The host's outbox holds the argument of the call that the host makes, and then the result of the
    // one that it serves.
    let mut system = builder(By::Host).outbox(OUTBOX).build().unwrap();
    let kinds = client(&mut system);
    for _ in 0..3 {
        let error = kinds.relayed(&mut system, &named(30_000)).unwrap_err();
        let Some(Reason::Host(cause)) = error.as_trap().map(karmem::host::Trap::reason) else {
            panic!("{error}");
        };
        assert!(
            matches!(cause.downcast_ref(), Some(Error::OutboxFull { .. })),
            "{error}"
        );
        let text = error.to_string();
        assert!(
            text.starts_with("a host function failed under the guest's `tests_kinds__relayed`: the message does not fit into the host's outbox of 65536 bytes (`SystemBuilder::outbox`): the buffer is full"),
            "{text}"
        );
        let relayed = kinds.relayed(&mut system, &named(20_000)).unwrap();
        assert_eq!(relayed.unwrap().name.len(), 40_000);
    }
}
