use std::time::{Duration, Instant};

use karmem_host::{Error, Instance, Limits, Reason, wasmtime};

use crate::{guest, limits, module};

const TROUBLE: &str = r#"(module
    (memory (export "memory") 1)
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
    ;; Takes a page of stack, as compiled code does, and dies before giving it back.
    (func $inner (export "die")
        (global.set $sp (i32.sub (global.get $sp) (i32.const 4096)))
        (i32.store (global.get $sp) (i32.const 1))
        unreachable)
    (func (export "outer") (call $inner))
    (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func (export "read") (param i32) (result i32) (i32.load (local.get 0)))
    (func $deep (export "deep") (call $deep))
    (func (export "spin") (loop (br 0)))
    ;; Grows until refused; then traps, if asked to.
    (func (export "grow") (param i32) (result i32)
        (block (loop (br_if 1 (i32.eq (i32.const -1) (memory.grow (i32.const 1)))) (br 0)))
        (if (local.get 0) (then unreachable))
        (memory.size))
    (func (export "sp") (result i32) (global.get $sp)))"#;

fn reason(e: &Error) -> &Reason {
    e.as_trap()
        .unwrap_or_else(|| panic!("no trap: {e:?}"))
        .reason()
}

#[test]
fn a_trap_is_an_error_and_the_host_goes_on() {
    let mut guest = guest(TROUBLE);
    let e = guest.call::<(), ()>("outer", ()).unwrap_err();
    assert!(matches!(
        reason(&e),
        Reason::Wasm(wasmtime::Trap::UnreachableCodeReached)
    ));
    let trap = e.as_trap().unwrap();
    assert_eq!(trap.function(), "outer");
    assert_eq!(trap.frames().len(), 2);
    assert_eq!(trap.frames()[0].function.as_deref(), Some("inner"));
    let text = e.to_string();
    assert!(text.starts_with("the guest trapped in `outer`: "), "{text}");
    assert!(text.contains("\n  at inner (byte 0x"), "{text}");

    let e = guest.call::<(i32, i32), i32>("divide", (1, 0)).unwrap_err();
    assert!(matches!(
        reason(&e),
        Reason::Wasm(wasmtime::Trap::IntegerDivisionByZero)
    ));
    let e = guest.call::<i32, i32>("read", 65533).unwrap_err();
    assert!(matches!(
        reason(&e),
        Reason::Wasm(wasmtime::Trap::MemoryOutOfBounds)
    ));
    let e = guest.call::<(), ()>("deep", ()).unwrap_err();
    assert!(matches!(
        reason(&e),
        Reason::Wasm(wasmtime::Trap::StackOverflow)
    ));
    assert!(
        e.to_string().ends_with("more"),
        "a long backtrace is cut: {e}"
    );
    assert_eq!(guest.call::<(i32, i32), i32>("divide", (6, 3)).unwrap(), 2);
    assert_eq!((guest.stats().calls, guest.stats().traps), (5, 4));
}

#[test]
fn twenty_thousand_traps_in_a_row() {
    let mut guest = guest(TROUBLE);
    assert!(guest.restores_stack());
    let die = guest.func::<(), ()>("die").unwrap();
    for _ in 0..20_000 {
        let e = die.call(&mut guest, ()).unwrap_err();
        // Out of bounds if the stack pointer was not put back.
        assert!(matches!(
            reason(&e),
            Reason::Wasm(wasmtime::Trap::UnreachableCodeReached)
        ));
    }
    assert_eq!(guest.call::<(), i32>("sp", ()).unwrap(), 65536);
    assert_eq!(guest.stats().traps, 20_000);
}

#[test]
fn a_stack_pointer_that_cannot_be_put_back() {
    for global in [
        r#"(global $sp (mut i32) (i32.const 65536))"#,
        r#"(global $sp (mut i32) (i32.const 65536)) (global (export "__stack_pointer") i32 (i32.const 1))"#,
        r#"(global $sp (mut i32) (i32.const 65536)) (global (export "__stack_pointer") (mut i64) (i64.const 1))"#,
    ] {
        let text = TROUBLE.replace(
            r#"(global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))"#,
            global,
        );
        let mut guest = guest(&text);
        assert!(!guest.restores_stack());
        guest.call::<(), ()>("die", ()).unwrap_err();
        assert_eq!(guest.call::<(), i32>("sp", ()).unwrap(), 65536 - 4096);
    }
}

#[test]
fn a_guest_that_loops_meets_its_deadline() {
    let deadline = Duration::from_millis(30);
    let mut guest = Instance::new(&module(TROUBLE), Limits::default().deadline(deadline)).unwrap();
    for _ in 0..2 {
        let start = Instant::now();
        let e = guest.call::<(), ()>("spin", ()).unwrap_err();
        assert!(start.elapsed() >= deadline);
        assert!(matches!(reason(&e), Reason::Deadline(d) if *d == deadline));
        assert!(
            e.to_string()
                .contains("`spin` ran past its deadline of 30ms"),
            "{e}"
        );
    }
    // The time between calls does not count.
    std::thread::sleep(deadline * 2);
    assert_eq!(guest.call::<(i32, i32), i32>("divide", (6, 3)).unwrap(), 2);
    guest.set_deadline(Some(Duration::ZERO));
    assert!(matches!(
        reason(&guest.call::<(), ()>("spin", ()).unwrap_err()),
        Reason::Deadline(_)
    ));
    guest.set_deadline(None);
    assert_eq!(guest.limits().deadline, None);
    assert_eq!(guest.call::<(i32, i32), i32>("divide", (6, 3)).unwrap(), 2);
}

#[test]
fn a_guest_that_grows_meets_its_limit() {
    let limit = 10 * 65536;
    let mut guest = Instance::new(&module(TROUBLE), limits().memory(limit)).unwrap();
    // A guest that takes the refusal well goes on.
    assert_eq!(guest.call::<i32, i32>("grow", 0).unwrap(), 10);
    let e = guest.call::<i32, i32>("grow", 1).unwrap_err();
    let Reason::OutOfMemory { wanted, limit: at } = *reason(&e) else {
        panic!("{e:?}")
    };
    assert_eq!((wanted, at), (11 * 65536, limit));
    assert!(e.to_string().contains("ran out of memory in `grow`"), "{e}");
    // A later trap is not put down to it.
    let e = guest.call::<(), ()>("die", ()).unwrap_err();
    assert!(matches!(reason(&e), Reason::Wasm(_)));
    assert_eq!(guest.memory_size(), limit);
}

#[test]
fn trouble_at_the_beginning() {
    let quick = Limits::default().deadline(Duration::from_millis(20));
    let start = module("(module (func $f (loop (br 0))) (start $f))");
    let e = Instance::new(&start, quick).unwrap_err();
    assert!(matches!(reason(&e), Reason::Deadline(_)));
    assert_eq!(e.as_trap().unwrap().function(), "(instantiation)");

    let init = module(r#"(module (func (export "_initialize") (loop (br 0))))"#);
    let e = Instance::new(&init, quick).unwrap_err();
    assert!(matches!(reason(&e), Reason::Deadline(_)));
    assert_eq!(e.as_trap().unwrap().function(), "_initialize");

    let data = module(r#"(module (memory 1) (data (i32.const 65535) "ab"))"#);
    let e = Instance::new(&data, quick).unwrap_err();
    assert!(
        matches!(reason(&e), Reason::Wasm(wasmtime::Trap::MemoryOutOfBounds)),
        "{e:?}"
    );
}

#[test]
fn one_guest_in_trouble_does_not_disturb_another() {
    let module = module(TROUBLE);
    let mut bad = Instance::new(
        &module,
        Limits::default().deadline(Duration::from_millis(5)),
    )
    .unwrap();
    let mut good = Instance::new(&module, limits()).unwrap();
    for i in 0..20 {
        bad.call::<(), ()>(if i % 2 == 0 { "spin" } else { "die" }, ())
            .unwrap_err();
        assert_eq!(
            good.call::<(i32, i32), i32>("divide", (i * 2, 2)).unwrap(),
            i
        );
    }
    assert_eq!(good.stats().traps, 0);
}
