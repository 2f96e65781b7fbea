//! What `#[derive(Karmem)]` writes: every kind of field in every layout, read, changed and written.
#![allow(unreachable_pub, reason = "as user code has it")]

use std::fmt::Debug;

use karmem::{FixedWriter, Karmem};

#[path = "derive/enums.rs"]
mod enums;
#[path = "derive/fields.rs"]
mod fields;
#[path = "derive/layouts.rs"]
mod layouts;
#[path = "derive/lints.rs"]
mod lints;
#[path = "derive/names.rs"]
mod names;
#[path = "derive/recursive.rs"]
mod recursive;
#[path = "derive/writing.rs"]
mod writing;

/// Everything that holds for any value: written and read in all ways it stays the same, and no part of
/// its message is a message. `other` is any value to be overwritten.
fn round_trip<T>(value: &T, mut other: T)
where
    T: Karmem + PartialEq + Debug,
    for<'m> T::View<'m>: Debug + Copy,
{
    let bytes = value.encode().expect("encode");
    assert_eq!(bytes.len(), value.encoded_len().expect("encoded_len"));
    assert_eq!(T::decode(&bytes).expect("decode"), *value);
    other.decode_into(&bytes).expect("decode_into");
    assert_eq!(other, *value);

    // Data is read at any alignment, and reads the same.
    let seen = format!("{:?}", T::view(&bytes).expect("view"));
    assert_eq!(seen, format!("{:?}", T::view_unverified(&bytes)));
    let mut shifted = vec![0xa5; bytes.len() + 8];
    for shift in 1..8 {
        let shifted = &mut shifted[shift..shift + bytes.len()];
        shifted.copy_from_slice(&bytes);
        assert_eq!(T::decode(shifted).expect("unaligned"), *value);
        assert_eq!(seen, format!("{:?}", T::view(shifted).expect("unaligned")));
    }

    for len in 0..bytes.len() {
        let error = T::decode(&bytes[..len]).expect_err("a part of a message");
        assert!(error.to_string().starts_with(T::LAYOUT.name.km), "{error}");
        assert!(T::view(&bytes[..len]).is_err());
        drop(format!("{:?}", T::view_unverified(&bytes[..len])));
    }

    // A buffer that is too short is reported, and nothing is written behind it.
    let mut memory = vec![0xa5; bytes.len() + 8];
    for room in 0..bytes.len() {
        let mut writer = FixedWriter::new(&mut memory[..room]);
        assert!(value.encode_in(&mut writer).is_err());
        assert!(memory[room..].iter().all(|byte| *byte == 0xa5));
    }
    assert_eq!(value.encode_to(&mut memory), Ok(bytes.len()));
    assert_eq!(memory[..bytes.len()], bytes);
}

/// As [`round_trip`], for types whose default is any other value.
fn round_trip_of<T>(value: &T)
where
    T: Karmem + PartialEq + Debug + Default,
    for<'m> T::View<'m>: Debug + Copy,
{
    round_trip(value, T::default());
    round_trip(&T::default(), T::default());
}
