//! What a guest carries that provides one interface and imports another.

use std::collections::BTreeMap;

use crate::{engine, limits};
use karmem::host::{Imports, Instance, Module, Reason};
use karmem::idl::{Interface, Method, Schema};
use karmem::schema::Number;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};

/// Imports and exports with their types, and the section `karmem`.
#[derive(Default)]
struct Carried {
    imports: BTreeMap<(String, String), (Vec<ValType>, Vec<ValType>)>,
    exports: BTreeMap<String, (Vec<ValType>, Vec<ValType>)>,
    section: Vec<u8>,
}

fn carried() -> Carried {
    let wasm = std::fs::read(karmem_tests_guests::guest("karmem-tests-guest-ifaces")).unwrap();
    let mut carried = Carried::default();
    let (mut types, mut functions) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.unwrap() {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    let ty = ty.unwrap();
                    types.push((ty.params().to_vec(), ty.results().to_vec()));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.unwrap();
                    if let TypeRef::Func(ty) = import.ty {
                        functions.push(ty);
                        let name = (import.module.to_owned(), import.name.to_owned());
                        carried.imports.insert(name, types[ty as usize].clone());
                    }
                }
            }
            Payload::FunctionSection(section) => {
                functions.extend(section.into_iter().map(Result::unwrap));
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export.unwrap();
                    if export.kind == ExternalKind::Func {
                        let ty = types[functions[export.index as usize] as usize].clone();
                        carried.exports.insert(export.name.to_owned(), ty);
                    }
                }
            }
            Payload::CustomSection(section) if section.name() == "karmem" => {
                carried.section.extend(section.data());
            }
            _ => {}
        }
    }
    carried
}

fn wasm_type(number: Number) -> ValType {
    match number {
        Number::I32 => ValType::I32,
        Number::I64 => ValType::I64,
        Number::F32 => ValType::F32,
        Number::F64 => ValType::F64,
    }
}

fn signature(schema: &Schema, method: &Method) -> (Vec<ValType>, Vec<ValType>) {
    let (params, result) = method.signature(schema);
    let params = params.into_iter().map(wasm_type).collect();
    (params, result.into_iter().map(wasm_type).collect())
}

fn interface<'a>(schema: &'a Schema, name: &str, version: u32) -> &'a Interface {
    schema.interface("tests", name, version).unwrap()
}

#[test]
fn every_method_is_exported_with_its_numbers() {
    let carried = carried();
    let schema = Schema::from_section(&carried.section).unwrap();
    let kinds = interface(&schema, "kinds", 1);
    assert_eq!(kinds.methods.len(), 23);
    for method in &kinds.methods {
        let name = kinds.symbol(&method.name);
        let exported = carried.exports.get(&name);
        assert_eq!(exported, Some(&signature(&schema, method)), "{name}");
    }
    let names = carried.exports.keys();
    let of_kinds = names.filter(|name| name.starts_with("tests_kinds__"));
    assert_eq!(of_kinds.count(), kinds.methods.len());
    use ValType::{F32, F64, I32, I64};
    for (name, params, results) in [
        ("tests_kinds__small", vec![I32; 8], vec![I64]),
        ("tests_kinds__large", vec![I64, I64, F32, F64], vec![F64]),
        ("tests_kinds__team", vec![I32], vec![I32]),
        ("tests_kinds__far", vec![I64], vec![I64]),
        ("tests_kinds__id", vec![I64], vec![I64]),
        ("tests_kinds__joined", vec![I64, I64], vec![I64]),
        ("tests_kinds__sum", vec![I64], vec![F32]),
        ("tests_kinds__step", vec![I64, I64], vec![]),
        ("tests_kinds__allowed", vec![I64], vec![I64]),
        ("karmem_init", vec![], vec![]),
        ("karmem_panic", vec![], vec![I64]),
    ] {
        assert_eq!(
            carried.exports.get(name),
            Some(&(params, results)),
            "{name}"
        );
    }
}

#[test]
fn what_is_called_is_imported_and_nothing_else() {
    let carried = carried();
    let schema = Schema::from_section(&carried.section).unwrap();
    let peer = interface(&schema, "peer", 3);
    assert_eq!(peer.import_module(), "karmem:tests/peer@3");
    for method in peer.methods.iter().filter(|method| method.name != "unused") {
        let name = (peer.import_module(), peer.symbol(&method.name));
        let imported = carried.imports.get(&name);
        assert_eq!(imported, Some(&signature(&schema, method)), "{name:?}");
    }
    let heap = "karmem:karmem/heap@1".to_owned();
    let int = ValType::I32;
    let alloc = (heap.clone(), "karmem_heap__alloc".to_owned());
    assert_eq!(carried.imports[&alloc], (vec![int; 3], vec![int]));
    let free = (heap, "karmem_heap__free".to_owned());
    assert_eq!(carried.imports[&free], (vec![int; 2], vec![int]));
    let all = peer.methods.len() - 1 + 2;
    assert_eq!(carried.imports.len(), all, "{:#?}", carried.imports.keys());
}

/// As the guest has it.
#[derive(karmem::Karmem)]
#[karmem(table)]
pub(crate) struct World {
    pub(crate) frame: u32,
    pub(crate) name: String,
    pub(crate) points: Vec<Point>,
}

/// As the guest has it.
#[derive(karmem::Karmem)]
pub(crate) struct Point {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// The guest, whose peer answers nothing, and traps when it is asked to count.
fn alone() -> Instance {
    let path = karmem_tests_guests::guest("karmem-tests-guest-ifaces");
    let module = Module::from_file(engine(), path).unwrap();
    let imports = nobody();
    let builder = Instance::builder(&module).limits(limits());
    builder.imports(&imports).build().unwrap()
}

/// What the guest imports: a peer that answers nothing, and traps when it is asked to count.
pub(crate) fn nobody() -> Imports {
    let mut imports = Imports::new(engine());
    let (peer, heap) = ("karmem:tests/peer@3", "karmem:karmem/heap@1");
    let nobody = || -> karmem::host::wasmtime::Result<i32> {
        Err(karmem::host::wasmtime::Error::msg("nobody counts"))
    };
    imports
        .func(peer, "tests_peer__joined", |_: i64, _: i64| 0i64)
        .and_then(|it| it.func(peer, "tests_peer__checked", |_: i32| 0i64))
        .and_then(|it| it.func(peer, "tests_peer__step", |_: i64, _: i64| {}))
        .and_then(|it| it.func(peer, "tests_peer__count", nobody))
        .and_then(|it| it.func(heap, "karmem_heap__alloc", |_: i32, _: i32, _: i32| -1i32))
        .and_then(|it| it.func(heap, "karmem_heap__free", |_: i32, _: i32| -1i32))
        .unwrap();
    imports
}

/// Whether a call ended in a panic, whose text the host has taken from the guest.
fn panicked<T>(guest: &mut Instance, result: karmem::host::Result<T>) -> bool {
    assert_eq!(guest.call::<(), i64>("karmem_panic", ()).unwrap(), 0);
    let Err(error) = result else {
        panic!("this must fail")
    };
    match error.as_trap().map(|trap| trap.reason()) {
        Some(Reason::Panic(text)) => text.len() > 10,
        _ => false,
    }
}

#[test]
fn a_trap_leaves_nothing_locked() {
    let mut guest = alone();
    let block = guest.alloc(256).unwrap();
    let world = World {
        frame: 1,
        name: "nobody".to_owned(),
        points: vec![Point { x: 1.0, y: 2.0 }],
    };
    guest.write(&block, &world).unwrap();
    let at = block.message(0);
    for _ in 0..300 {
        let count = |guest: &mut Instance| guest.call::<(), i32>("tests_kinds__count", ());
        // What the trap left half changed is gone.
        assert_eq!(count(&mut guest).unwrap(), 1);
        assert_eq!(count(&mut guest).unwrap(), 2);
        let result = guest.call::<i64, ()>("tests_kinds__panics", at);
        assert!(panicked(&mut guest, result));
        // The first call after it is one with a frame of another size.
        let sum = guest.call::<i64, f32>("tests_kinds__sum", at).unwrap();
        assert_eq!(sum, 3.0);
        let result = guest.call::<i64, i64>("tests_kinds__held", at);
        assert!(!panicked(&mut guest, result));
        let small = (1, 2, -3, 4, -5, 6, -7, 'a' as i32);
        type Small = (i32, i32, i32, i32, i32, i32, i32, i32);
        let small = guest.call::<Small, i64>("tests_kinds__small", small);
        assert_eq!(small.unwrap(), 95);
        assert!(guest.call::<i64, i64>("tests_kinds__held", at).is_err());
    }
}
