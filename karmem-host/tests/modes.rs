//! `CommonMemory` and `Threads` begin and end calls as instances and systems do: fuel, `karmem_init`, the text
//! of a panic.
#![allow(missing_docs, unused_crate_dependencies)]

use std::time::Duration;

use karmem_host::wasmtime::{Config, Trap};
use karmem_host::{CommonMemory, Engine, Error, Limits, Module, Reason, Result, Threads};

const FUEL: u64 = 20_000;

fn engine(fuel: bool) -> Engine {
    let mut config = Config::new();
    config.consume_fuel(fuel).shared_memory(true);
    Engine::with_config(config).unwrap()
}

fn limits() -> Limits {
    Limits::default().deadline(Duration::from_secs(60))
}

/// What both kinds of modules have, with data from `at` on: at 16 the initialisers leave 12 if they are called in
/// their order and once each, at 64 lies the text of a panic.
fn functions(at: u32, init: &str, panic: &str) -> String {
    let [log, text] = [16, 64].map(|offset| at + offset);
    format!(
        r#"(func $note (param i32) (i32.store (i32.const {log})
            (i32.add (local.get 0) (i32.mul (i32.const 10) (i32.load (i32.const {log}))))))
        (func (export "_initialize") (call $note (i32.const 1)))
        (func (export "karmem_init") (call $note (i32.const 2)) {init})
        (func (export "log") (result i32) (i32.load (i32.const {log})))
        (func (export "karmem_panic") (result i64)
            {panic} (i64.const {}))
        (func (export "panics") (param $n i32)
            (global.set $sp (i32.sub (global.get $sp) (i32.const 512)))
            (i32.store8 (i32.const {text}) (local.get $n))
            unreachable)
        (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
        (func (export "spins") (loop (br 0)))
        ;; Some ten units of fuel for each round.
        (func (export "works") (param $n i32) (result i32)
            (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (local.get $n))
        (func (export "sp") (result i32) (global.get $sp))"#,
        i64::from(text) << 32 | 9,
    )
}

/// A module for the page `page` of a memory in common.
fn member(engine: &Engine, page: u32, init: &str, panic: &str) -> Module {
    let at = page * 65536;
    let text = format!(
        r#"(module (import "env" "memory" (memory {}))
        (global (export "__global_base") i32 (i32.const {at}))
        (global (export "__data_end") i32 (i32.const {}))
        (global (export "__stack_low") i32 (i32.const {}))
        (global (export "__stack_high") i32 (i32.const {top}))
        (global $sp (export "__stack_pointer") (mut i32) (i32.const {top}))
        (data (i32.const {}) "?ell down")
        (func (export "karmem_alloc") (param $size i32) (param i32) (result i32) (local $at i32)
            ;; Only once both initialisers were called.
            (if (i32.ne (i32.load (i32.const {})) (i32.const 12)) (then unreachable))
            (local.set $at (i32.add (i32.const {}) (i32.load (i32.const {next}))))
            (i32.store (i32.const {next}) (i32.add (i32.load (i32.const {next}))
                (i32.and (i32.add (local.get $size) (i32.const 15)) (i32.const -16))))
            (local.get $at))
        (func (export "karmem_free") (param i32 i32 i32))
        (func (export "karmem_attach") (param i32 i32 i32 i32))
        (func (export "karmem_detach") (param i32)) {})"#,
        page + 1,
        at + 128,
        at + 128,
        at + 64,
        at + 16,
        at + 16384,
        functions(at, init, panic),
        top = at + 16384,
        next = at + 24,
    );
    Module::from_bytes_untyped(engine, wat::parse_str(text).unwrap()).unwrap()
}

fn common(engine: &Engine, limits: Limits, init: &str, panic: &str) -> Result<CommonMemory> {
    let [low, high] = [1, 3].map(|page| member(engine, page, init, panic));
    let builder = CommonMemory::builder(engine).limits(limits);
    builder.module("low", &low).module("high", &high).build()
}

/// A module for threads. Its stack is the module's own for the first of them only.
fn shared(engine: &Engine, init: &str, panic: &str) -> Module {
    let text = format!(
        r#"(module (import "env" "memory" (memory 2 64 shared))
        (global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
        (data $text "?ell down")
        (start $start)
        (func $start (if (i32.eqz (i32.load (i32.const 1040))) (then
            (memory.init $text (i32.const 1088) (i32.const 0) (i32.const 9)))))
        {})"#,
        functions(1024, init, panic)
    );
    Module::from_bytes_untyped(engine, wat::parse_str(text).unwrap()).unwrap()
}

#[track_caller]
fn reason<T: std::fmt::Debug>(result: Result<T>) -> Reason {
    match result {
        Err(Error::Trap(trap)) => match trap.reason() {
            Reason::Panic(text) => Reason::Panic(text.clone()),
            Reason::Fuel(fuel) => Reason::Fuel(*fuel),
            Reason::Wasm(trap) => Reason::Wasm(*trap),
            Reason::Deadline(deadline) => Reason::Deadline(*deadline),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Calls functions of one module: `(name, parameter)`, if it takes one.
type Call<'a> = dyn FnMut(&str, Option<i32>) -> Result<i32> + 'a;

fn each_call_has_its_fuel(call: &mut Call<'_>) {
    for _ in 0..20 {
        assert_eq!(call("works", Some(1000)).unwrap(), 0);
    }
    for _ in 0..3 {
        let ended = reason(call("works", Some(100_000)));
        assert!(matches!(ended, Reason::Fuel(FUEL)), "{ended:?}");
        assert_eq!(call("works", Some(1000)).unwrap(), 0);
    }
}

fn each_end_has_its_reason(call: &mut Call<'_>) {
    let sp = call("sp", None).unwrap();
    for name in "abcdefgh".bytes() {
        let ended = reason(call("panics", Some(name.into())));
        let text = format!("{}ell down", char::from(name));
        assert!(
            matches!(&ended, Reason::Panic(said) if *said == text),
            "{ended:?}"
        );
        // The text is there still, but this is no panic.
        let ended = reason(call("divide", Some(0)));
        assert!(
            matches!(ended, Reason::Wasm(Trap::IntegerDivisionByZero)),
            "{ended:?}"
        );
        assert_eq!(call("sp", None).unwrap(), sp);
    }
    assert_eq!(call("divide", Some(1)).unwrap(), 1);
}

/// A text that cannot be had: the stack pointer is put back all the same.
fn only_a_trap_is_known(call: &mut Call<'_>) {
    let sp = call("sp", None).unwrap();
    for _ in 0..3 {
        let ended = reason(call("panics", Some(1)));
        assert!(
            matches!(ended, Reason::Wasm(Trap::UnreachableCodeReached)),
            "{ended:?}"
        );
        assert_eq!(call("sp", None).unwrap(), sp);
    }
}

/// What a hostile module may do when it is asked for a text.
const NO_TEXT: [&str; 4] = [
    "(global.set $sp (i32.const 7)) unreachable",
    "(return (i64.const 0))",
    "(return (i64.const -1))",
    "(return (i64.const 0x7fffffff00000001))",
];

fn in_common<'a>(
    common: &'a mut CommonMemory,
    name: &'a str,
) -> impl FnMut(&str, Option<i32>) -> Result<i32> {
    move |function, param| match (function, param) {
        ("panics", Some(n)) => common.call::<i32, ()>(name, function, n).map(|()| 0),
        (_, Some(n)) => common.call(name, function, n),
        (_, None) => common.call(name, function, ()),
    }
}

fn on_a_thread(thread: &mut karmem_host::Thread) -> impl FnMut(&str, Option<i32>) -> Result<i32> {
    move |function, param| match (function, param) {
        ("panics", Some(n)) => thread.call::<i32, ()>(function, n).map(|()| 0),
        (_, Some(n)) => thread.call(function, n),
        (_, None) => thread.call(function, ()),
    }
}

#[test]
fn a_common_memory_with_fuel() {
    let engine = engine(true);
    let mut two = common(&engine, limits().fuel(FUEL), "", "").unwrap();
    for name in ["low", "high"] {
        each_call_has_its_fuel(&mut in_common(&mut two, name));
    }
    for _ in 0..500 {
        let block = two.alloc("low", 16).unwrap();
        two.attach(&block, "high", false).unwrap();
        two.free(block).unwrap();
    }
    // Where it is counted and not limited, there is as much as anybody wants.
    let mut two = common(&engine, limits(), "", "").unwrap();
    assert_eq!(two.call::<i32, i32>("low", "works", 1_000_000).unwrap(), 0);
}

#[test]
fn threads_with_fuel() {
    let engine = engine(true);
    let module = shared(&engine, "", "");
    let threads = Threads::new(&module, limits().fuel(FUEL)).unwrap();
    let ended = threads.run(3, |_, thread| {
        each_call_has_its_fuel(&mut on_a_thread(thread));
        Ok(())
    });
    ended.unwrap();
    let threads = Threads::new(&module, limits()).unwrap();
    let mut thread = threads.thread().unwrap();
    assert_eq!(thread.call::<i32, i32>("works", 1_000_000).unwrap(), 0);
}

#[test]
fn fuel_that_nobody_counts_is_refused() {
    let engine = engine(false);
    let limits = limits().fuel(FUEL);
    let errors = [
        common(&engine, limits, "", "").map(drop).unwrap_err(),
        Threads::new(&shared(&engine, "", ""), limits)
            .map(drop)
            .unwrap_err(),
    ];
    for e in errors {
        assert!(matches!(e, Error::Engine(_)), "{e}");
        assert!(e.to_string().contains("Config::consume_fuel(true)"), "{e}");
    }
}

#[test]
fn initialisers_are_called_once_and_in_order() {
    let engine = engine(false);
    let mut two = common(&engine, limits(), "", "").unwrap();
    for name in ["low", "high"] {
        assert_eq!(two.call::<(), i32>(name, "log", ()).unwrap(), 12);
    }
    let threads = Threads::new(&shared(&engine, "", ""), limits()).unwrap();
    for _ in 0..3 {
        let mut thread = threads.thread().unwrap();
        assert_eq!(thread.call::<(), i32>("log", ()).unwrap(), 12);
    }
}

#[test]
fn an_initialiser_that_fails_says_why() {
    let engine = engine(true);
    let limits = limits().fuel(FUEL);
    for (init, panics) in [("unreachable", true), ("(loop (br 0))", false)] {
        let errors = [
            common(&engine, limits, init, "").map(drop).unwrap_err(),
            Threads::new(&shared(&engine, init, ""), limits)
                .map(drop)
                .unwrap_err(),
        ];
        for e in errors {
            let trap = e.as_trap().unwrap_or_else(|| panic!("{e}"));
            assert_eq!(trap.function(), "karmem_init");
            match trap.reason() {
                Reason::Panic(text) if panics => assert_eq!(text, "?ell down"),
                Reason::Fuel(FUEL) if !panics => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn ends_have_their_reasons() {
    let engine = engine(false);
    let mut two = common(&engine, limits(), "", "").unwrap();
    let block = two.alloc("low", 16).unwrap();
    two.attach(&block, "high", true).unwrap();
    for name in ["low", "high"] {
        each_end_has_its_reason(&mut in_common(&mut two, name));
    }
    let threads = Threads::new(&shared(&engine, "", ""), limits()).unwrap();
    each_end_has_its_reason(&mut on_a_thread(&mut threads.thread().unwrap()));
    for panic in NO_TEXT {
        let mut two = common(&engine, limits(), "", panic).unwrap();
        only_a_trap_is_known(&mut in_common(&mut two, "high"));
        let threads = Threads::new(&shared(&engine, "", panic), limits()).unwrap();
        only_a_trap_is_known(&mut on_a_thread(&mut threads.thread().unwrap()));
    }
}

#[test]
fn a_deadline_is_told_as_such() {
    let engine = engine(false);
    let deadline = Duration::from_millis(300);
    let limits = Limits::default().deadline(deadline);
    // Asked for a text, it would spin for ever too.
    let mut two = common(&engine, limits, "", "(loop (br 0))").unwrap();
    let ended = reason(two.call::<(), ()>("low", "spins", ()));
    assert!(
        matches!(ended, Reason::Deadline(d) if d == deadline),
        "{ended:?}"
    );
    only_a_trap_is_known(&mut in_common(&mut two, "low"));
    let module = shared(&engine, "", "(loop (br 0))");
    let threads = Threads::new(&module, limits).unwrap();
    let mut thread = threads.thread().unwrap();
    let ended = reason(thread.call::<(), ()>("spins", ()));
    assert!(
        matches!(ended, Reason::Deadline(d) if d == deadline),
        "{ended:?}"
    );
    only_a_trap_is_known(&mut on_a_thread(&mut thread));
}
