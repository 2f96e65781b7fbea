//! What holds for every value of every type, and for bytes that were damaged.

use std::fmt::Debug;

use karmem::{Cause, EncodeError, FixedWriter, Karmem, Limits, VerifyError};

use crate::numbers::Numbers;
use crate::values::{Pen, Random};

/// Values of each type.
const VALUES: usize = 16;
/// Damaged copies of the message of each value.
const COPIES: usize = 20;

/// Says which value failed, because a panic only says how.
struct Context<'a> {
    name: &'a str,
    seed: u64,
    value: usize,
    message: Vec<u8>,
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Context {
                name,
                seed,
                value,
                message,
            } = self;
            eprintln!("with value {value} of type {name} of seed {seed}, message {message:?}");
        }
    }
}

/// Tries random values of a type.
///
/// # Panics
///
/// If something does not hold.
pub fn check<T>(name: &str, seed: u64)
where
    T: Karmem + Random + PartialEq + Debug,
    for<'m> T::View<'m>: Debug,
{
    // Types draw from sequences of their own, so that one can be tried alone.
    let salt = name.bytes().fold(0, |salt: u64, byte| {
        salt.wrapping_mul(257).wrapping_add(u64::from(byte))
    });
    let mut numbers = Numbers::new(seed ^ salt.rotate_left(32));
    let mut old: T = Pen::new(numbers.clone()).value();
    for value in 0..VALUES {
        let mut cx = Context {
            name,
            seed,
            value,
            message: Vec::new(),
        };
        let drawn: T = Pen::new(Numbers::new(numbers.any())).value();
        cx.message = drawn.encode().expect("a value can be written");
        writing(&drawn, &cx.message, &mut numbers);
        reading(&drawn, &cx.message, &mut old);
        for _ in 0..COPIES {
            damage(&mut cx.message, &mut numbers, || drawn.encode());
            damaged(&cx.message, &mut old);
        }
    }
}

/// Writes the value in all ways, each time with the same bytes and no others.
fn writing<T: Karmem>(value: &T, message: &[u8], numbers: &mut Numbers) {
    const DIRT: u8 = 0xa5;
    assert_eq!(value.encoded_len(), Ok(message.len()));

    let mut dirty = vec![DIRT; message.len() + 9];
    assert_eq!(value.encode_to(&mut dirty), Ok(message.len()));
    let (written, rest) = dirty.split_at(message.len());
    assert_eq!(written, message, "stale bytes are in the message");
    assert!(
        rest.iter().all(|byte| *byte == DIRT),
        "it was written behind the end"
    );

    let mut reused = vec![DIRT; numbers.below(2 * message.len())];
    value.encode_into(&mut reused).expect("it was written once");
    assert_eq!(reused, message);

    let room = numbers.below(message.len());
    let mut short = vec![DIRT; message.len()];
    let full = value.encode_in(&mut FixedWriter::new(&mut short[..room]));
    assert!(
        matches!(full, Err(EncodeError::Full { needed }) if needed > room as u64),
        "{full:?} of {room} bytes"
    );
    assert!(short[room..].iter().all(|byte| *byte == DIRT));

    // Behind something else, with offsets from the first byte.
    let mut longer = vec![DIRT; 1 + numbers.below(20)];
    let root = value.encode_in(&mut longer).expect("it was written once");
    let again = T::decode_at(&longer, root, &roomy(&longer)).expect("it lies behind something");
    assert_eq!(again.encode().as_deref(), Ok(message));
}

/// Limits for a message that does not begin with the first byte.
fn roomy(bytes: &[u8]) -> Limits {
    Limits {
        bytes: Some(bytes.len() as u64),
        ..Limits::default()
    }
}

/// Reads the value in all ways.
fn reading<T>(value: &T, message: &[u8], old: &mut T)
where
    T: Karmem + PartialEq + Debug,
    for<'m> T::View<'m>: Debug,
{
    let decoded = T::decode(message).expect("what was written can be read");
    assert_eq!(decoded, *value);
    assert_eq!(decoded.encode().as_deref(), Ok(message), "not canonical");
    old.decode_into(message)
        .expect("what was written can be read");
    assert_eq!(old, value, "something of the old value is left");
    assert_eq!(old.encode().as_deref(), Ok(message), "not canonical");

    let view = T::view(message).expect("what was written is valid");
    let shown = format!("{view:?}");
    assert_eq!(shown, format!("{:?}", T::view_unverified(message)));
    // A view prints as the message that it reads, at any address.
    let mut shifted = vec![0; message.len() + 1];
    shifted[1..].copy_from_slice(message);
    let view = T::view(&shifted[1..]).expect("the address does not matter");
    assert_eq!(shown, format!("{view:?}"));
}

/// Whether decoding ended at a limit of what it builds, which views do not have.
fn is_too_large(error: &VerifyError) -> bool {
    error.cause() == Cause::Memory
}

/// Reads bytes that nobody wrote: nothing panics, and all ways agree.
fn damaged<T>(bytes: &[u8], old: &mut T)
where
    T: Karmem,
    for<'m> T::View<'m>: Debug,
{
    let unverified = format!("{:?}", T::view_unverified(bytes));
    let viewed = T::view(bytes).map(|view| format!("{view:?}"));
    if let Ok(shown) = &viewed {
        assert_eq!(*shown, unverified, "a verified view reads something else");
    }
    let decoded = T::decode(bytes);
    match (&viewed, &decoded) {
        (Ok(_), Ok(_)) => {}
        (_, Err(error)) if is_too_large(error) => {}
        (Err(one), Err(other)) => assert_eq!(one, other, "view and decode see different faults"),
        (Err(error), Ok(_)) => panic!("decode accepts what view refuses: {error}"),
        (Ok(_), Err(error)) => panic!("view accepts what decode refuses: {error}"),
    }
    let updated = old.decode_into(bytes);
    assert_eq!(
        updated.as_ref().err(),
        decoded.as_ref().err(),
        "decode and decode_into differ"
    );
    let Ok(decoded) = decoded else {
        return;
    };
    // Compared as bytes, because there may be a NaN.
    let canonical = decoded.encode().expect("what was read can be written");
    assert_eq!(old.encode().as_ref(), Ok(&canonical));
    // Shorter than `bytes`, it may be allowed less memory by default.
    let limits = Limits {
        memory: Some(u64::MAX),
        ..Limits::default()
    };
    let again = T::decode_at(&canonical, 0, &limits).expect("what was written can be read");
    assert_eq!(again.encode().as_ref(), Ok(&canonical));
}

/// Changes some bytes; of a fresh message, if there are too few left of the last one.
fn damage(
    bytes: &mut Vec<u8>,
    numbers: &mut Numbers,
    fresh: impl Fn() -> Result<Vec<u8>, EncodeError>,
) {
    if bytes.len() < 8 || numbers.once_in(3) {
        *bytes = fresh().expect("it was written once");
    }
    for _ in 0..1 + numbers.below(3) {
        let (len, at) = (bytes.len(), numbers.below(bytes.len()));
        let word = at / 4 * 4;
        let value = match numbers.below(5) {
            0 => 0,
            1 => u32::MAX,
            2 => len as u32,
            3 => numbers.below(64) as u32,
            _ => numbers.below(len) as u32,
        };
        match numbers.below(6) {
            0 => bytes[at] ^= 1 << numbers.below(8),
            1 => bytes[at] = numbers.one_of(&[0, 1, 2, 127, 128, 255]),
            2 | 3 => {
                for (byte, new) in bytes[word..].iter_mut().zip(value.to_le_bytes()) {
                    *byte = new;
                }
            }
            4 => {
                let (from, len) = (numbers.below(len), numbers.below(16));
                let part = bytes[from..].iter().take(len).copied().collect::<Vec<_>>();
                for (byte, new) in bytes[at..].iter_mut().zip(part) {
                    *byte = new;
                }
            }
            _ if numbers.once_in(2) => bytes.truncate(at + 1),
            _ => bytes.extend([0; 8]),
        }
    }
}
