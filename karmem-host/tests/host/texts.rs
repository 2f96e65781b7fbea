//! What guests say, on its way to logs and terminals.

use karmem_host::{Engine, Error, Imports, Instance, Module, Reason, System};

use crate::{engine, guest, limits, message, module};

/// Clears the screen, forges a line of a log, turns text around.
const EVIL: &str = "\u{1b}[2J\r\nERROR all is lost\u{202e}\u{9b}31m";
const SHOWN: &str = r"\u{1b}[2J\r\nERROR all is lost\u{202e}\u{9b}31m";

/// In a string of the text format.
fn quoted(text: &str) -> String {
    text.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

/// Panics with a text of this length, which begins with `EVIL`.
fn panicking(len: usize) -> String {
    format!(
        r#"(module (memory (export "memory") 3) (data (i32.const 1024) "{}")
        (func $"{evil}" (export "go") unreachable)
        (func (export "karmem_panic") (result i64) (i64.const {})))"#,
        quoted(EVIL),
        1024_i64 << 32 | len as i64,
        evil = quoted(EVIL),
    )
}

/// Nothing in it acts, and it is not long.
#[track_caller]
fn harmless(text: &str) {
    let bad = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202e}');
    assert!(!text.contains(bad), "{text:?}");
    assert!(!text.contains("\nERROR"), "{text}");
    assert!(text.len() < 20_000, "{} bytes", text.len());
}

#[test]
fn the_text_of_a_panic_does_nothing_in_a_log() {
    let mut guest = guest(&panicking(EVIL.len()));
    let e = guest.call::<(), ()>("go", ()).unwrap_err();
    harmless(&e.to_string());
    let first = format!("the guest panicked in `go`: {SHOWN}\n  at {SHOWN} (byte 0x");
    assert!(e.to_string().starts_with(&first), "{e}");
    // For programs it is there as it was.
    let trap = e.as_trap().unwrap();
    assert!(matches!(trap.reason(), Reason::Panic(text) if text == EVIL));
    assert_eq!(trap.frames()[0].function.as_deref(), Some(EVIL));
    // Escaped, too, where values are shown for debugging.
    harmless(&format!("{e:?}"));
}

#[test]
fn a_long_panic_is_cut() {
    let mut guest = guest(&panicking(100_000));
    let e = guest.call::<(), ()>("go", ()).unwrap_err();
    harmless(&e.to_string());
    assert!(e.to_string().contains("more bytes)"), "{e}");
    let trap = e.as_trap().unwrap();
    assert!(matches!(trap.reason(), Reason::Panic(text) if text.len() == 64 << 10));
}

#[test]
fn names_do_nothing_in_a_log() {
    let evil = quoted(EVIL);
    let long = "x".repeat(100_000);
    let exports = format!(r#"(module (func (export "{evil}")) (func (export "{long}")))"#);
    let text = message(guest(&exports).call::<(), ()>("other", ()));
    harmless(&text);
    assert!(text.contains(SHOWN), "{text}");
    assert!(text.contains("more bytes)"), "{text}");
    harmless(&message(guest(&exports).call::<i32, ()>(EVIL, 1)));

    let imports = module(&format!(
        r#"(module (import "{evil}" "{evil}" (func)) (import "{long}" "f" (func)))"#
    ));
    let text = message(Instance::new(&imports, limits()));
    harmless(&text);
    assert!(
        text.contains(&format!("\n  {SHOWN}.{SHOWN}: func")),
        "{text}"
    );
    let system = System::builder(engine()).module(EVIL, &imports).build();
    harmless(&message(system));

    // Also those of which there are many.
    let many: String = (0..1000)
        .map(|n| format!(r#"(import "{n}" "f" (func))"#))
        .collect();
    let text = message(Instance::new(
        &module(&format!("(module {many})")),
        limits(),
    ));
    harmless(&text);
    assert!(text.ends_with("and 937 more"), "{text}");

    // Errors of host functions are of what the guest passed, perhaps.
    let mut imports = Imports::new(engine());
    let fails = || -> karmem_host::wasmtime::Result<()> { Err(std::io::Error::other(EVIL).into()) };
    imports.func("e", "f", fails).unwrap();
    let module = module(r#"(module (import "e" "f" (func $f)) (func (export "go") (call $f)))"#);
    let mut guest = Instance::builder(&module)
        .imports(&imports)
        .build()
        .unwrap();
    let e = guest.call::<(), ()>("go", ()).unwrap_err();
    harmless(&e.to_string());
    assert!(e.to_string().contains(SHOWN), "{e}");
}

#[test]
fn what_is_no_module_does_nothing_in_a_log() {
    let long = EVIL.repeat(10_000);
    let sections = [EVIL, &long].map(|text| {
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        // The custom section of the schema, and what is none.
        let mut section = b"\x06karmem".to_vec();
        section.extend(text.bytes());
        wasm.push(0);
        let mut len = section.len();
        while len > 127 {
            wasm.push(len as u8 | 128);
            len >>= 7;
        }
        wasm.push(len as u8);
        wasm.extend(section);
        wasm
    });
    let bytes = [EVIL.as_bytes(), b"<html>\x1b[2J\n", long.as_bytes()];
    for bytes in bytes.into_iter().chain(sections.iter().map(|s| &s[..])) {
        let e = Module::from_bytes(engine(), bytes).unwrap_err();
        harmless(&e.to_string());
        harmless(&format!("{e:?}"));
    }
}

#[test]
fn descriptions_do_nothing_in_a_log() {
    let engine = Engine::new().unwrap();
    let empty = Module::from_bytes_untyped(&engine, wat::parse_str("(module)").unwrap()).unwrap();
    let region = karmem_host::Region::copied(1).unwrap();
    let system = System::builder(&engine)
        .module(EVIL, &empty)
        .region(EVIL, region)
        .build()
        .unwrap();
    let described = system.describe();
    for text in [described.to_string(), described.dot(), described.mermaid()] {
        harmless(&text);
    }
    assert!(described.to_string().contains(SHOWN));
    assert_eq!(described.modules[0].name, EVIL);
    let errors = [
        system.bytes("other").map(drop).unwrap_err(),
        system.poisoned("other").map(drop).unwrap_err(),
        Error::Instantiate(EVIL.repeat(1000)),
    ];
    for e in errors {
        harmless(&e.to_string());
    }
}
