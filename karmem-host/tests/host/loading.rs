use karmem_host::{Engine, Error, Instance, Limits, Module};

use crate::{engine, message, module, wasm, with_abi};

const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

#[test]
fn what_is_not_wasm_says_what_it_is() {
    let not = |bytes: &[u8], says: &str| {
        let e = Module::from_bytes(engine(), bytes).unwrap_err();
        assert!(matches!(e, Error::NotWasm { .. }), "{e:?}");
        assert!(e.to_string().contains(says), "{e}");
    };
    not(b"", "nothing at all");
    not(b"PK\x03\x04 and so on", "begin with `PK\\x03\\x04");
    not(b"{}", "begin with `{}`");
    not(&[0xff; 100], "xff");
    not(b"\0asm\x0d\0\x01\0", "a component");
    if !cfg!(feature = "wat") {
        not(b"  (module)", "the text format");
        not(b";; a comment\n(module)", "the text format");
    }
}

#[cfg(feature = "wat")]
#[test]
fn the_text_format_is_taken_with_its_feature() {
    assert!(Module::from_bytes_untyped(engine(), "(module)").is_ok());
    assert!(matches!(
        Module::from_bytes_untyped(engine(), "(modul"),
        Err(Error::Compile(_))
    ));
}

#[test]
fn a_module_that_is_cut_off_anywhere_is_an_error() {
    let whole = wasm(&with_abi(
        "(func (export \"run\") (result i32) (i32.const 7))",
    ));
    assert!(Module::from_bytes_untyped(engine(), &whole).is_ok());
    let mut truncated = 0;
    for n in 1..whole.len() {
        // At the end of a section it may be a whole module again, or one that lacks a section.
        match Module::from_bytes_untyped(engine(), &whole[..n]) {
            Err(Error::Truncated { offset, length }) => {
                assert!(offset <= n && length == n);
                truncated += 1;
            }
            Err(Error::Compile(_) | Error::Malformed { .. }) | Ok(_) => {}
            Err(e) => panic!("{n}: {e}"),
        }
    }
    assert!(
        truncated > whole.len() - 20,
        "{truncated} of {}",
        whole.len()
    );
    let e = Module::from_bytes(engine(), &whole[..whole.len() - 1]).unwrap_err();
    assert!(e.to_string().contains("cut off"), "{e}");
}

#[test]
fn a_module_with_a_wrong_byte_is_an_error_or_a_module() {
    let whole = wasm(
        r#"(module (memory (export "memory") 1) (func (export "f") (result i32) (i32.const 1)))"#,
    );
    let mut errors = 0;
    for i in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[i] ^= flip;
            if let Err(e) = Module::from_bytes_untyped(engine(), &bytes) {
                assert!(!e.to_string().is_empty());
                errors += 1;
            }
        }
    }
    assert!(errors > whole.len());
}

#[test]
fn malformed_and_invalid_modules() {
    // A section that does not exist.
    let mut bytes = EMPTY.to_vec();
    bytes.extend([0x7f, 0x00]);
    let e = Module::from_bytes(engine(), &bytes).unwrap_err();
    assert!(matches!(e, Error::Malformed { offset: 8.., .. }), "{e:?}");
    // A body that does not fit its type.
    let bytes = wasm("(module (func (result i32)))");
    assert!(matches!(
        Module::from_bytes_untyped(engine(), bytes),
        Err(Error::Compile(_))
    ));
}

#[test]
fn a_module_without_a_schema() {
    let bytes = wasm(&with_abi(""));
    let e = Module::from_bytes(engine(), &bytes).unwrap_err();
    assert!(matches!(e, Error::NoSchema));
    assert!(e.to_string().contains("from_bytes_untyped"), "{e}");
    // The same for one that only has other sections, or the name in another place.
    let bytes = wasm(r#"(module (@custom "karmem2" "x") (func (export "karmem")))"#);
    assert!(matches!(
        Module::from_bytes(engine(), bytes),
        Err(Error::NoSchema)
    ));

    let module = module(&with_abi(""));
    assert!(module.schema().is_none());
    let e = module
        .check_types(&[karmem_core::schema::Type::Text])
        .unwrap_err();
    assert!(matches!(e, Error::NoSchema));
}

#[test]
fn a_file_that_is_not_there() {
    let e = Module::from_file(engine(), "no/such/file.wasm").unwrap_err();
    assert!(matches!(e, Error::Read { .. }));
    assert!(
        e.to_string()
            .starts_with("cannot read the module `no/such/file.wasm`: "),
        "{e}"
    );
}

#[test]
fn a_file_is_loaded() {
    let path = std::env::temp_dir().join(format!("karmem-host-{}.wasm", std::process::id()));
    std::fs::write(&path, wasm("(module)")).unwrap();
    let result = Module::from_file(engine(), &path);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(result, Err(Error::NoSchema)));
}

#[test]
fn too_large_to_begin_with() {
    let big = module("(module (memory 3) (memory 3))");
    let e = Instance::new(&big, Limits::default().memory(5 * 65536)).unwrap_err();
    assert!(
        matches!(e, Error::MemoryLimit { wanted, limit } if wanted == 6 * 65536 && limit == 5 * 65536)
    );
    assert!(Instance::new(&big, Limits::default().memory(6 * 65536)).is_ok());

    let tables = module("(module (table 3 funcref) (table 3 funcref))");
    let e = Instance::new(&tables, Limits::default().table_elements(5)).unwrap_err();
    assert!(matches!(
        e,
        Error::TableLimit {
            wanted: 6,
            limit: 5
        }
    ));
    assert!(message(Err::<(), _>(e)).contains("table_elements"));
}

#[test]
fn settings_of_ones_own() {
    let mut config = karmem_host::wasmtime::Config::new();
    config.epoch_interruption(false).max_wasm_stack(64 << 10);
    let engine = Engine::with_config(config).unwrap();
    let module = Module::from_bytes_untyped(
        &engine,
        wasm(r#"(module (func (export "spin") (loop (br 0))))"#),
    );
    let limits = Limits::default().deadline(std::time::Duration::from_millis(20));
    let mut guest = Instance::new(&module.unwrap(), limits).unwrap();
    assert!(message(guest.call::<(), ()>("spin", ())).contains("deadline"));
}

#[test]
fn settings_that_contradict_each_other() {
    let mut config = karmem_host::wasmtime::Config::new();
    config.max_wasm_stack(0);
    assert!(matches!(Engine::with_config(config), Err(Error::Engine(_))));
}
