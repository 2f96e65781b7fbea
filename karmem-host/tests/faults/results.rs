//! Results that lead nowhere.

use karmem_core::Interface;
use karmem_core::interface::Output;
use karmem_core::schema;
use karmem_derive::Karmem;
use karmem_host::{Client, Error, Link, Method, Result, System};

use crate::common::method;
use crate::{Scene, abi, fails};

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, crate = "karmem_core")]
struct Note {
    id: u32,
    text: String,
}

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[karmem(crate = "karmem_core")]
#[repr(u8)]
enum Why {
    Nothing = 0,
    Tired = 1,
    Bored = 2,
}

enum Teller {}

impl Interface for Teller {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "f",
        name: "teller",
        version: 1,
        methods: &[method("message"), method("number")],
    };
}

/// Two methods, whose results are read as several types.
struct TellerClient {
    message: Method<i64, i64>,
    number: Method<i32, i32>,
}

impl Client for TellerClient {
    type Interface = Teller;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(TellerClient {
            message: link.method("message")?,
            number: link.method("number")?,
        })
    }
}

impl TellerClient {
    fn message<T: Output<Abi = i64>>(&self, system: &mut System, x: i64) -> Result<T> {
        system.invoke(&self.message, |_| Ok(x), |r, from| T::lift_output(r, from))
    }

    fn number<T: Output<Abi = i32>>(&self, system: &mut System, x: i32) -> Result<T> {
        system.invoke(&self.number, |_| Ok(x), |r, from| T::lift_output(r, from))
    }
}

/// Gives what it is told to give.
fn teller() -> String {
    let abi = abi(&[("attach", "(if (i32.and (local.get $flags) (i32.const 4))
        (then (i32.store (i32.const 1008) (local.get $at)) (i32.store (i32.const 1012) (local.get $h))))")]);
    format!(
        r#"{abi}
        (func (export "f_teller__message") (param i64) (result i64) (local.get 0))
        (func (export "f_teller__number") (param i32) (result i32) (local.get 0))
        ;; Writes into its outbox, and says which handle it has.
        (func (export "f_bad__go") (param i32) (result i32)
            (i32.store8
                (i32.add (i32.load (i32.const 1008)) (i32.shr_u (local.get 0) (i32.const 8)))
                (local.get 0))
            (i32.load (i32.const 1012)))"#
    )
}

fn at(handle: u32, offset: u32) -> i64 {
    (u64::from(handle) << 32 | u64::from(offset)).cast_signed()
}

#[test]
fn wild_handles_and_offsets_are_no_messages() {
    let mut scene = Scene::new(&teller());
    let teller: TellerClient = scene.system.client("bad").unwrap();
    let other = scene.system.shared::<()>("other", 0).unwrap().handle();
    for (message, words) in [
        (at(99, 0), "the system has no region with the handle 99"),
        (at(0, 0), "the system has no region with the handle 0"),
        (-1, "the system has no region with the handle 4294967295"),
        (
            at(other, 1 << 16),
            "begins outside its block of 65536 bytes",
        ),
        (
            at(other, u32::MAX),
            "begins outside its block of 65536 bytes",
        ),
        (at(other, 65535), "the message is refused: "),
        (at(other, 65530), "the message is refused: "),
    ] {
        let done = teller.message::<Note>(&mut scene.system, message);
        fails(done, words);
        let done = teller.message::<Result<Note, Why>>(&mut scene.system, message);
        fails(done, words);
        scene.check();
    }
}

#[test]
fn a_record_may_claim_anything() {
    let mut scene = Scene::new(&teller());
    let (teller, bad): (TellerClient, _) = (scene.system.client("bad").unwrap(), scene.bad());
    let handle = bad.go(&mut scene.system, 0).unwrap() as u32;
    assert_ne!(handle, 0, "it has an outbox");
    let write = |scene: &mut Scene, record: [u32; 4]| {
        for (place, byte) in (0..).zip(record.iter().flat_map(|w| w.to_le_bytes())) {
            bad.go(&mut scene.system, place << 8 | i32::from(byte))
                .unwrap();
        }
    };
    // What is right is read.
    write(&mut scene, [1, 0, 2, 0]);
    let done = teller.message::<Result<(), Why>>(&mut scene.system, at(handle, 0));
    assert_eq!(done.unwrap(), Err(Why::Bored));
    write(&mut scene, [0, 0, 7, 1]);
    let done = teller.message::<Result<u64, Why>>(&mut scene.system, at(handle, 0));
    assert_eq!(done.unwrap(), Ok(0x1_0000_0007));
    for (record, words) in [
        ([2, 0, 0, 0], "the message is refused: "),
        ([u32::MAX, 0, 0, 0], "the message is refused: "),
        // An error that there is not.
        ([1, 0, 9, 0], "the message is refused: "),
        // Messages outside of the region, and at its end.
        (
            [0, 1 << 16, 0, 0],
            "begins outside its block of 65536 bytes",
        ),
        (
            [0, u32::MAX, 0, 0],
            "begins outside its block of 65536 bytes",
        ),
        ([0, 65532, 0, 0], "the message is refused: "),
    ] {
        write(&mut scene, record);
        let done = teller.message::<Result<Note, Why>>(&mut scene.system, at(handle, 0));
        let error = fails(done, words);
        assert!(matches!(error, Error::Verify(_) | Error::WildOffset { .. }));
        scene.check();
    }
    // A message whose text leads into itself, or out of everything: size 16, id, offset, length.
    write(&mut scene, [16, 1, 4, 4]);
    let note: Note = teller.message(&mut scene.system, at(handle, 0)).unwrap();
    assert_eq!((note.id, &*note.text), (1, "\u{1}\0\0\0"));
    for text in [[1, 65536], [8, u32::MAX], [u32::MAX, u32::MAX], [65535, 9]] {
        write(&mut scene, [16, 1, text[0], text[1]]);
        fails(
            teller.message::<Note>(&mut scene.system, at(handle, 0)),
            "the message is refused: ",
        );
        scene.check();
    }
}

#[test]
fn a_number_may_be_none_of_its_type() {
    let mut scene = Scene::new(&teller());
    let teller: TellerClient = scene.system.client("bad").unwrap();
    assert_eq!(
        teller.number::<Why>(&mut scene.system, 2).unwrap(),
        Why::Bored
    );
    assert!(teller.number::<bool>(&mut scene.system, 1).unwrap());
    // The low bits count, as many as the type has.
    assert_eq!(
        teller.number::<Why>(&mut scene.system, 257).unwrap(),
        Why::Tired
    );
    for x in [3, 259, -1] {
        fails(
            teller.number::<Why>(&mut scene.system, x),
            "the message is refused: ",
        );
    }
    for x in [2, -1, 258] {
        fails(
            teller.number::<bool>(&mut scene.system, x),
            "the message is refused: ",
        );
    }
    for x in [0xd800, 0x11_0000, -1] {
        fails(
            teller.number::<char>(&mut scene.system, x),
            "the message is refused: ",
        );
    }
    for x in [255, -1, 0x1ff] {
        assert_eq!(teller.number::<u8>(&mut scene.system, x).unwrap(), 255);
        assert_eq!(teller.number::<i8>(&mut scene.system, x).unwrap(), -1);
    }
    scene.check();
}
