//! Without the feature `strict` there are no strict grants, and all say how to get them.

use karmem_host::{Access, Error, Region};

use crate::support::*;

#[test]
fn strict_grants_name_the_feature() {
    let engine = engine();
    // Also where it makes no difference.
    for region in [region(1, 5), Region::copied(1).unwrap()] {
        let mut system = two(&engine, region).build().unwrap();
        let e = system.grant("r", "one", Access::ReadStrict).unwrap_err();
        assert!(matches!(e, Error::StrictGrants { .. }), "{e}");
        assert!(e.to_string().contains("the Cargo feature `strict`"), "{e}");
        system.grant("r", "one", Access::Read).unwrap();
        system.grant("r", "one", Access::ReadStrict).unwrap_err();
        let grants = &system.describe().regions[0].grants;
        assert_eq!(*grants, [("one".to_owned(), Access::Read)]);
    }
    let strict = |builder: karmem_host::SystemBuilder| message(builder.build());
    let builder = || two(&engine, region(1, 5));
    for text in [
        strict(builder().grant("r", "one", Access::ReadStrict)),
        strict(builder().strict_grants()),
    ] {
        assert!(text.contains("the Cargo feature `strict`"), "{text}");
    }
}

#[test]
fn implementations_are_told_too() {
    let mut system = chain(&engine(), region(1, 5)).build().unwrap();
    let h = handle(&system, "r");
    let front: FrontClient = system.client("front").unwrap();
    let text = trap(front.ask(&mut system, h, 0, order::GRANT_STRICT));
    assert!(text.contains("the Cargo feature `strict`"), "{text}");
}
