use karmem_host::{Error, Instance};

use crate::{guest, limits, message, module};

const MATHS: &str = r#"(module
    (func (export "add") (param i32 i64) (result i64) (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
    (func (export "two") (result f32 f64) (f32.const 1) (f64.const 2))
    (func (export "nothing"))
    (global (export "global") i32 (i32.const 1)))"#;

#[test]
fn numbers_of_every_kind() {
    let mut guest = guest(MATHS);
    assert_eq!(guest.call::<(i32, i64), i64>("add", (-1, 3)).unwrap(), 2);
    assert_eq!(guest.call::<(u32, u64), u64>("add", (1, 3)).unwrap(), 4);
    assert_eq!(guest.call::<(), (f32, f64)>("two", ()).unwrap(), (1.0, 2.0));
    guest.call::<(), ()>("nothing", ()).unwrap();
    let stats = guest.stats();
    assert_eq!(
        (
            stats.calls,
            stats.traps,
            stats.bytes_shared,
            stats.bytes_copied
        ),
        (4, 0, 0, 0)
    );
}

#[test]
fn a_wrong_signature_shows_both() {
    let mut guest = guest(MATHS);
    let e = guest.call::<(i32, i32), f64>("add", (1, 1)).unwrap_err();
    assert!(matches!(e, Error::Signature { .. }));
    assert_eq!(
        e.to_string(),
        "the guest's `add` is `(i32, i64) -> i64`, and not `(i32, i32) -> f64` as wanted here"
    );
    let e = guest.func::<u32, ()>("two").unwrap_err();
    assert!(
        e.to_string()
            .contains("`() -> (f32, f64)`, and not `(i32)`"),
        "{e}"
    );
    assert!(guest.func::<i32, i64>("add").is_err());
    assert!(guest.func::<(i32, i64), ()>("add").is_err());
    assert_eq!(guest.stats().calls, 0);
}

#[test]
fn a_function_that_is_not_there() {
    let mut guest = guest(MATHS);
    let e = message(guest.call::<(), ()>("global", ()));
    assert_eq!(
        e,
        "the guest exports no function `global`: it exports `add`, `two`, `nothing`"
    );
    let mut silent = crate::guest("(module)");
    assert!(message(silent.func::<(), ()>("f")).ends_with("it exports none"));
    let many: String = (0..100)
        .map(|i| format!("(func (export \"f{i}\"))"))
        .collect();
    let mut many = crate::guest(&format!("(module {many})"));
    assert!(message(many.func::<(), ()>("g")).ends_with("`f15` and 84 more"));
}

#[test]
fn a_function_of_another_instance() {
    let module = module(MATHS);
    let mut a = Instance::new(&module, limits()).unwrap();
    let mut b = Instance::new(&module, limits()).unwrap();
    let nothing = a.func::<(), ()>("nothing").unwrap();
    assert!(matches!(
        nothing.call(&mut b, ()),
        Err(Error::OtherInstance { .. })
    ));
    nothing.clone().call(&mut a, ()).unwrap();
    assert_eq!(nothing.name(), "nothing");
}

#[test]
fn initialize_is_called_exactly_once() {
    let mut guest = guest(
        r#"(module (global $n (mut i32) (i32.const 0))
            (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 1))))
            (func (export "count") (result i32) (global.get $n)))"#,
    );
    assert_eq!(guest.call::<(), i32>("count", ()).unwrap(), 1);
    assert_eq!(guest.call::<(), i32>("count", ()).unwrap(), 1);
}

#[test]
fn initialize_with_a_wrong_signature() {
    let module = module(r#"(module (func (export "_initialize") (param i32)))"#);
    let e = Instance::new(&module, limits()).unwrap_err();
    assert!(matches!(e, Error::Signature { .. }));
    assert!(e.to_string().contains("_initialize"), "{e}");
}
