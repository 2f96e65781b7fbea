//! Modules that have much of something: up to the limits they work, beyond them they are refused when
//! they are loaded.

use std::fmt::Write;

use karmem_core::section::fnv1a;
use karmem_host::{Engine, Error, Limits, MAX_IMPORTS, Module, System};

use crate::{engine, fails, module};

/// Imports of so many methods of each of so many interfaces, and who exports them.
fn pair(interfaces: usize, methods: usize) -> (String, String) {
    let (mut consumer, mut provider) = (String::new(), String::new());
    for i in 0..interfaces {
        for m in 0..methods {
            let name = format!("w_i{i}__m{m}");
            let (ty, x) = ("(param i32) (result i32)", i * 7 + m);
            writeln!(
                consumer,
                r#"(import "karmem:w/i{i}@1" "{name}" (func {ty}))"#
            )
            .unwrap();
            writeln!(
                provider,
                r#"(func (export "{name}") {ty} (i32.add (local.get 0) (i32.const {x})))"#
            )
            .unwrap();
        }
    }
    let last = interfaces * methods - 1;
    writeln!(
        consumer,
        r#"(func (export "f_bad__go") (param i32) (result i32) (call {last} (local.get 0)))"#
    )
    .unwrap();
    (consumer, provider)
}

#[test]
fn many_imports_are_linked_and_swapped() {
    const MANY: usize = 500;
    for (interfaces, methods) in [(1, MANY), (MANY, 1)] {
        let (consumer, provider) = pair(interfaces, methods);
        let (consumer, provider) = (module(&consumer), module(&provider));
        let mut system = System::builder(engine())
            .limits(Limits::default().no_deadline())
            .module("bad", &consumer)
            .module("provider", &provider)
            .build()
            .unwrap();
        let client: crate::BadClient = system.client("bad").unwrap();
        let x = ((interfaces - 1) * 7 + methods - 1) as i32;
        assert_eq!(client.go(&mut system, 1).unwrap(), 1 + x);
        system.swap("provider", &provider).unwrap();
        system.swap("bad", &consumer).unwrap();
        assert_eq!(client.go(&mut system, 2).unwrap(), 2 + x);
        // A version that lacks them all: few of the problems are told.
        let error = fails(
            system.swap("provider", &module("")),
            "which does not export it",
        );
        let Error::Link { problems } = error else {
            panic!("{error}")
        };
        assert_eq!(problems.len(), 64);
        assert_eq!(problems[63], format!("and {} more", MANY - 63));
    }
}

#[test]
fn more_imports_are_refused_before_anything_is_compiled() {
    let import = |i| format!(r#"(import "env" "f{i}" (func))"#);
    let text: String = (0..=MAX_IMPORTS).map(import).collect();
    let error = Module::from_bytes_untyped(
        engine(),
        wat::parse_str(format!("(module {text})")).unwrap(),
    );
    assert!(matches!(error, Err(Error::TooManyImports { most }) if most == MAX_IMPORTS));
    fails(error, "the module has more than 4096 imports: split it");
}

fn described(lines: impl Iterator<Item = String>) -> Vec<u8> {
    let lines: String = lines
        .map(|line| format!("{line} #{:016x}\\0a", fnv1a(line.as_bytes())))
        .collect();
    wat::parse_str(format!(r#"(module (@custom "karmem" "{lines}"))"#)).unwrap()
}

#[test]
fn more_types_are_refused() {
    let most = karmem_idl::limits::MAX_TYPES;
    let types = |n| described((0..n).map(|i| format!("karmem1 enum p::E{i} E{i} u8 A=0")));
    let module = Module::from_bytes_untyped(engine(), types(most)).unwrap();
    assert_eq!(module.schema().unwrap().types().len(), most);
    fails(
        Module::from_bytes_untyped(engine(), types(most + 1)),
        "the section has more than 16384 types and interfaces: split the module",
    );
    let long = vec![b'a'; karmem_idl::limits::MAX_BYTES];
    let long = String::from_utf8(long).unwrap();
    let wasm = format!(r#"(module (@custom "karmem" "{long}") (@custom "karmem" "a"))"#);
    fails(
        Module::from_bytes_untyped(engine(), wat::parse_str(wasm).unwrap()),
        "is the most that is read",
    );
}

/// Versions with a long chain of types: their comparison has no deadline.
#[test]
fn versions_with_many_types_are_swapped() {
    let chain = |more: &str| {
        let n = 8000;
        described((0..n).map(|i| {
            let (at, next) = match i + 1 < n {
                true => (16, format!("N:?p::T{}@8+8", i + 1)),
                false => (16, "N:u64@8+8".into()),
            };
            match more {
                "" => format!("karmem1 struct p::T{i} T{i} table padded {at} 8 - {next}"),
                more => format!(
                    "karmem1 struct p::T{i} T{i} table padded {} 8 - {next} {more}:u64@16+8",
                    at + 8
                ),
            }
        }))
    };
    let engine = Engine::new().unwrap();
    let versions =
        ["", "A", "B"].map(|more| Module::from_bytes_untyped(&engine, chain(more)).unwrap());
    let mut system = System::builder(&engine)
        .module("m", &versions[0])
        .build()
        .unwrap();
    system.swap("m", &versions[0]).unwrap();
    system.swap("m", &versions[1]).unwrap();
    let Err(Error::Swap {
        differences, more, ..
    }) = system.swap("m", &versions[2])
    else {
        panic!("swapped")
    };
    assert_eq!(differences.len() + more, 8000);
    system.swap("m", &versions[0]).unwrap();
}
