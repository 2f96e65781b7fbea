//! A struct that is its own wire form is written as a whole; the bytes are those of its fields.
#![allow(missing_docs, reason = "a test")]

use karmem::Karmem;
use karmem::zerocopy::{FromBytes, Immutable, IntoBytes};

/// zerocopy vouches for its bytes.
#[derive(Karmem, FromBytes, IntoBytes, Immutable, Clone, Copy, PartialEq, Debug)]
#[zerocopy(crate = "karmem::zerocopy")]
#[karmem(layout = "c")]
#[repr(C)]
pub struct Whole {
    pub x: f32,
    pub n: u16,
    pub m: i16,
}

/// Nobody does.
#[derive(Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
pub struct Parts {
    pub x: f32,
    pub n: u16,
    pub m: i16,
}

#[derive(Karmem)]
#[karmem(table)]
pub struct WholeCloud {
    pub points: Vec<Whole>,
    pub pair: [Whole; 2],
}

#[derive(Karmem)]
#[karmem(table)]
pub struct PartsCloud {
    pub points: Vec<Parts>,
    pub pair: [Parts; 2],
}

fn clouds() -> (WholeCloud, PartsCloud) {
    let whole = |i: u16| Whole {
        x: f32::from(i) / 3.0,
        n: i,
        m: -(i as i16),
    };
    let parts = |i: u16| Parts {
        x: f32::from(i) / 3.0,
        n: i,
        m: -(i as i16),
    };
    (
        WholeCloud {
            points: (0..100).map(whole).collect(),
            pair: [whole(1), whole(2)],
        },
        PartsCloud {
            points: (0..100).map(parts).collect(),
            pair: [parts(1), parts(2)],
        },
    )
}

#[test]
fn both_ways_of_writing_give_the_same_bytes() {
    let (whole, parts) = clouds();
    assert_eq!(whole.encode().unwrap(), parts.encode().unwrap());
}

#[test]
fn a_view_lends_plain_slices_where_they_are_aligned() {
    let (cloud, _) = clouds();
    let bytes = cloud.encode().unwrap();
    // A Vec<u64> is aligned for every field.
    let mut words = vec![0u64; bytes.len().div_ceil(8) + 1];
    let memory = words.as_mut_bytes();
    memory[..bytes.len()].copy_from_slice(&bytes);
    let view = WholeCloud::view(&memory[..bytes.len()]).unwrap();
    if cfg!(target_endian = "little") {
        assert_eq!(view.points().as_slice().unwrap(), cloud.points);
    }
    let range = view.points().range().unwrap();
    if let Some(points) = karmem::slice_mut::<Whole>(&mut memory[..bytes.len()], range) {
        points[7].n = 777;
        let view = WholeCloud::view(&memory[..bytes.len()]).unwrap();
        assert_eq!(view.points().get(7).unwrap().n(), 777);
    }
    // One byte further nothing is aligned: no slice, but every element.
    memory.copy_within(..bytes.len(), 1);
    let view = WholeCloud::view(&memory[1..=bytes.len()]).unwrap();
    assert!(view.points().as_slice().is_none());
    assert_eq!(view.points().iter().count(), 100);
}
