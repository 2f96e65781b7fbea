//! Values that were written are read back, in every way.

use karmem::{Karmem, Limits};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::config;
use super::pen::{Pen, Root, shown};
use super::values::Any;
use super::zoo::*;

/// Runs `check` on pairs of values.
fn on_pairs<T: Root + Any>(check: fn(T, T)) {
    let pairs = (T::any(2), T::any(2));
    TestRunner::new(config(24))
        .run(&pairs, |(one, two)| {
            check(one, two);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
}

#[test]
fn values_read_back() {
    fn check<T: Root + Any>() {
        on_pairs::<T>(|value, mut other| {
            let bytes = value.encode().unwrap();
            let view = T::view(&bytes).unwrap();
            assert_eq!(T::owned(&view, &Limits::default()).unwrap(), value);
            let trusted = T::view_unverified(&bytes);
            assert_eq!(T::owned(&trusted, &Limits::default()).unwrap(), value);
            assert_eq!(T::show(&trusted), T::show(&view));
            assert_eq!(T::decode(&bytes).unwrap(), value);
            other.decode_into(&bytes).unwrap();
            assert_eq!(other, value);
        });
    }
    for check in of_each_root!(check) {
        check();
    }
}

#[test]
fn every_writer_writes_the_same() {
    fn check<T: Root + Any>() {
        on_pairs::<T>(|value, other| {
            let bytes = value.encode().unwrap();
            let len = bytes.len();
            assert_eq!(value.encoded_len().unwrap(), len);

            let mut memory = vec![0xa5; len + 16];
            assert_eq!(value.encode_to(&mut memory).unwrap(), len);
            assert_eq!(memory[..len], bytes, "no old byte is left");
            assert!(
                memory[len..].iter().all(|byte| *byte == 0xa5),
                "nothing outside is written"
            );
            assert_eq!(value.encode_to(&mut memory[..len]).unwrap(), len);
            assert!(value.encode_to(&mut memory[..len - 1]).is_err());

            let mut used = other.encode().unwrap();
            value.encode_into(&mut used).unwrap();
            assert_eq!(used, bytes);

            let mut appended = vec![0xa5; 13];
            let root = value.encode_in(&mut appended).unwrap();
            assert_eq!(root, 16);
            assert_eq!(
                T::decode_at(&appended, root, &Limits::default()).unwrap(),
                value
            );
        });
    }
    for check in of_each_root!(check) {
        check();
    }
}

#[test]
fn every_alignment_reads_the_same() {
    fn check<T: Root + Any>() {
        on_pairs::<T>(|value, _| {
            let bytes = value.encode().unwrap();
            let shown = T::show(&T::view(&bytes).unwrap());
            let mut memory = vec![0; bytes.len() + 8];
            for shift in 0..8 {
                let place = &mut memory[shift..shift + bytes.len()];
                place.copy_from_slice(&bytes);
                assert_eq!(T::show(&T::view(place).unwrap()), shown);
                assert_eq!(T::decode(place).unwrap(), value);
            }
        });
    }
    for check in of_each_root!(check) {
        check();
    }
}

#[test]
fn changes_in_place_are_changes_of_the_value() {
    fn check<T: Root + Any>() {
        let cases = (T::any(2), any::<u64>(), 0..8usize);
        TestRunner::new(config(24))
            .run(&cases, |(mut value, seed, shift)| {
                let mut memory = vec![0; shift];
                memory.extend(value.encode().unwrap());
                let bytes = &mut memory[shift..];
                T::redraw_in_place(T::view_mut(bytes).unwrap(), &mut Pen::new(seed, u32::MAX));
                value.redraw_object(&mut Pen::new(seed, u32::MAX));
                prop_assert_eq!(T::decode(bytes).unwrap(), value.clone());
                prop_assert_eq!(&*bytes, value.encode().unwrap());
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{}: {error}", T::LAYOUT.name.km));
    }
    for check in of_each_root!(check) {
        check();
    }
}

#[test]
fn views_show_the_values() {
    // `Debug` of a view reads every field, so that equal text is an equal value.
    on_pairs::<Numbers>(|value, _| {
        let bytes = value.encode().unwrap();
        assert_eq!(shown(&Numbers::view(&bytes).unwrap()), shown(&value));
    });
    on_pairs::<Node>(|value, _| {
        let bytes = value.encode().unwrap();
        let view = Node::view(&bytes).unwrap();
        assert_eq!(view.value(), value.value);
        assert_eq!(view.colour(), value.colour);
        assert_eq!(view.children().len(), value.children.len());
        assert_eq!(view.next().is_some(), value.next.is_some());
        for (child, expected) in view.children().iter().zip(&value.children) {
            assert_eq!(child.label(), expected.label.0);
        }
    });
}

/// What verification accepts, reading accepts: also where the depth just suffices.
#[test]
fn limits_are_the_same_for_verifying_and_decoding() {
    fn check<T: Root + Any>() {
        on_pairs::<T>(|value, mut other| {
            let bytes = value.encode().unwrap();
            for depth in 0..10 {
                let limits = Limits {
                    depth,
                    ..Limits::default()
                };
                let verified = T::verify_at(&bytes, 0, &limits);
                let decoded = T::decode_at(&bytes, 0, &limits);
                assert_eq!(
                    verified.is_ok(),
                    decoded.is_ok(),
                    "depth {depth}: {verified:?} {decoded:?}"
                );
            }
            let len = bytes.len() as u64;
            for bytes_visited in [
                0,
                len / 2,
                len.saturating_sub(9),
                len.saturating_sub(1),
                len,
            ] {
                let limits = Limits {
                    bytes: Some(bytes_visited),
                    ..Limits::default()
                };
                let verified = T::verify_at(&bytes, 0, &limits);
                let decoded = T::decode_at(&bytes, 0, &limits);
                assert_eq!(
                    verified.is_ok(),
                    decoded.is_ok(),
                    "{bytes_visited} of {len} bytes"
                );
            }
            other.decode_into(&bytes).unwrap();
        });
    }
    for check in of_each_root!(check) {
        check();
    }
}
