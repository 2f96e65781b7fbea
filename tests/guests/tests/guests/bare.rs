//! A guest without `std` and without an allocator.

use karmem::host::{Error, Instance, Module};
use karmem_tests_guest_bare::{Flight, Point};

use crate::{engine, limits};

#[test]
fn a_guest_without_an_allocator() {
    let file = karmem_tests_guests::guest("karmem-tests-guest-bare");
    let module = Module::from_file(engine(), file).unwrap();
    let mut guest = Instance::builder(&module)
        .limits(limits())
        .expect::<Flight>()
        .build()
        .unwrap();
    let block = guest.alloc(256).unwrap();
    let at = |x, y| Point { x, y };
    let flight = Flight {
        from: at(1.0, 1.0),
        legs: [at(2.0, 1.0), at(2.0, 4.0), at(2.0, 4.0), at(-1.0, 4.0)],
        count: 0,
    };
    guest.write(&block, &flight).unwrap();
    let fly = guest.func::<i64, f32>("fly").unwrap();
    assert_eq!(fly.call(&mut guest, block.message(0)).unwrap(), 7.0);
    assert_eq!(guest.view::<Flight>(&block).unwrap().count(), 4);
    // It refuses what is not a flight, or not there.
    assert_eq!(fly.call(&mut guest, block.message(8)).unwrap(), -1.0);
    assert_eq!(fly.call(&mut guest, block.message(u32::MAX)).unwrap(), -1.0);
    assert_eq!(fly.call(&mut guest, 0).unwrap(), -1.0);
    // It has one block.
    assert!(matches!(
        guest.alloc(256),
        Err(Error::NoRoom { denied: false, .. })
    ));
    guest.free(block).unwrap();
    assert!(matches!(guest.alloc(5000), Err(Error::NoRoom { .. })));
    guest.alloc(256).unwrap();
    assert_eq!(guest.stats().traps, 0);
}
