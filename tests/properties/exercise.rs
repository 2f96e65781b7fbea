//! What must hold for any bytes: the properties try it on random ones, the fuzz targets on those
//! that a fuzzer finds.

use karmem::{Cause, Limits};

use super::pen::{Pen, Root};

/// Reads everything, verified and not: nothing panics, and verification promises what it should.
pub fn read<T: Root>(bytes: &[u8], root: u32) {
    let limits = Limits::default();
    let trusted = T::view_unverified_at(bytes, root);
    let shown = T::show(&trusted);
    match T::view_at(bytes, root, &limits) {
        Ok(view) => assert_eq!(
            T::show(&view),
            shown,
            "a verified view reads as an unverified one"
        ),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Makes the object in every way: what is verified can be made, written, and read again.
pub fn decode<T: Root>(bytes: &[u8], root: u32) {
    let limits = Limits::default();
    let verified = T::verify_at(bytes, root, &limits);
    let decoded = T::decode_at(bytes, root, &limits);
    match (&verified, &decoded) {
        (Ok(()), Ok(_)) => {}
        // Only objects take memory.
        (_, Err(error)) if error.cause() == Cause::Memory => {}
        (Err(one), Err(two)) => assert_eq!(one, two),
        _ => panic!("verified {verified:?}, but decoded {decoded:?}"),
    }
    let owned = T::owned(&T::view_unverified_at(bytes, root), &limits);
    let Ok(value) = decoded else {
        return;
    };
    // Compared as bytes, because a NaN is not equal to itself.
    let canonical = value.encode().expect("what was read can be written");
    assert_eq!(value.encoded_len(), Ok(canonical.len()));
    let owned = owned.expect("a verified message makes an object");
    assert_eq!(owned.encode().as_ref(), Ok(&canonical));
    // Shorter than `bytes`, it may be allowed less memory by default.
    let roomy = Limits {
        memory: Some(u64::MAX),
        ..limits
    };
    let mut again = T::decode_at(&canonical, 0, &roomy).expect("what was written can be read");
    assert_eq!(again.encode().as_ref(), Ok(&canonical));
    if root == 0 {
        again.decode_into(bytes).expect("it was decoded before");
        assert_eq!(again.encode().as_ref(), Ok(&canonical));
    }
}

/// Changes everything in place. Parts of a message may overlap, so it need not stay sound, but nothing
/// panics and the same changes can be made again.
pub fn change<T: Root>(bytes: &[u8], root: u32) {
    let sound = T::verify_at(bytes, root, &Limits::default()).is_ok();
    let mut changed = bytes.to_vec();
    for seed in [1, 2] {
        match T::view_mut_unverified_at(&mut changed, root) {
            Some(view) => T::redraw_in_place(view, &mut Pen::new(seed, 1000)),
            None => assert!(!sound || seed > 1, "a sound message without a root"),
        }
    }
}
