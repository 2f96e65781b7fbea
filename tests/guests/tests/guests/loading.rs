//! What is loaded, and what is refused with a reason.

use karmem::host::{Engine, Error, Module};
use monsters_model::{MONSTERS, Monster, Vec3, World};
use wasm_encoder::RawSection;
use wasmparser::{Parser, Payload};

use crate::{engine, module, monsters};

/// A section of a module, as it stands there.
struct Section {
    id: u8,
    /// The name of a custom section.
    name: Option<String>,
    /// Where its content begins.
    start: usize,
    data: Vec<u8>,
}

fn sections(wasm: &[u8]) -> Vec<Section> {
    let mut all = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.unwrap();
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        let name = match &payload {
            Payload::CustomSection(section) => Some(section.name().to_owned()),
            _ => None,
        };
        let (start, end) = (range.start, range.end);
        all.push(Section {
            id,
            name,
            start,
            data: wasm[start..end].to_vec(),
        });
    }
    all
}

fn join(sections: &[Section]) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    for section in sections {
        module.section(&RawSection {
            id: section.id,
            data: &section.data,
        });
    }
    module.finish()
}

fn is_schema(section: &Section) -> bool {
    section.name.as_deref() == Some("karmem")
}

fn load(wasm: &[u8]) -> Result<Module, Error> {
    Module::from_bytes(engine(), wasm)
}

#[test]
fn the_guests_section_carries_the_hosts_types() {
    let module = load(monsters()).unwrap();
    let (host, guest) = (MONSTERS.to_idl(), module.schema().unwrap());
    for name in ["World", "Monster", "Vec3", "Team"] {
        let (ours, theirs) = (host.find(name).unwrap(), guest.find(name).unwrap());
        assert_eq!(host.fingerprint(ours), guest.fingerprint(theirs), "{name}");
        assert_eq!(host[ours].path, guest[theirs].path);
    }
    module.check::<World>().unwrap();
    module.check::<Monster>().unwrap();
    module.check::<Vec3>().unwrap();
}

#[test]
fn without_a_section() {
    let mut all = sections(monsters());
    let before = all.len();
    all.retain(|section| !is_schema(section));
    assert!(all.len() < before);
    let error = load(&join(&all)).unwrap_err();
    assert!(matches!(error, Error::NoSchema), "{error:?}");
    assert!(
        error.to_string().contains("no custom section `karmem`"),
        "{error}"
    );
    // It is still a module.
    Module::from_bytes_untyped(engine(), join(&all)).unwrap();
}

#[test]
fn with_a_damaged_section() {
    let text = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut all = sections(monsters());
        let section = all.iter_mut().rfind(|section| is_schema(section)).unwrap();
        change(&mut section.data);
        match load(&join(&all)) {
            Err(error @ Error::Schema(_)) => error.to_string(),
            other => panic!("{other:?}"),
        }
    };
    let cut = text(&|data| data.truncate(data.len() - 20));
    assert!(cut.contains("cut off"), "{cut}");
    let flipped = text(&|data| {
        let at = data.len() - 40;
        data[at] ^= 1;
    });
    assert!(flipped.contains("section `karmem`, line "), "{flipped}");
    let other = text(&|data| data.extend(b"something else\n"));
    assert!(other.contains("something"), "{other}");
    // Its name takes the first seven bytes; without the first line a type is missing.
    let missing = text(&|data| {
        let end = data.iter().position(|&byte| byte == b'\n').unwrap();
        data.drain(7..=end);
    });
    assert!(missing.contains("which no line describes"), "{missing}");
}

#[test]
fn cut_off() {
    let wasm = monsters();
    let ends: Vec<usize> = sections(wasm)
        .iter()
        .map(|section| section.start + section.data.len())
        .collect();
    for length in (1..wasm.len()).filter(|length| *length != 8 && !ends.contains(length)) {
        let error = load(&wasm[..length]).unwrap_err();
        assert!(
            matches!(error, Error::Truncated { .. }),
            "{length}: {error:?}"
        );
        assert!(error.to_string().contains("cut off"), "{error}");
    }
    // Where a section ends, all that is there is whole, and something is missing.
    for &end in ends.iter().take(5) {
        load(&wasm[..end]).unwrap_err();
    }
    assert!(matches!(load(&wasm[..8]), Err(Error::NoSchema)));
}

#[test]
fn no_wasm_at_all() {
    for bytes in [&b""[..], b"<html>", include_bytes!("loading.rs")] {
        let error = load(bytes).unwrap_err();
        assert!(matches!(error, Error::NotWasm { .. }), "{error:?}");
    }
    let error = Module::from_file(engine(), "no/such/guest.wasm").unwrap_err();
    assert!(error.to_string().contains("no/such/guest.wasm"), "{error}");
}

#[test]
fn the_stack_pointer_is_exported() {
    let exports = module().wasmtime();
    assert!(
        exports.get_export("__stack_pointer").is_some(),
        "built without the flags of karmem-build?"
    );
}

#[test]
fn another_engine() {
    let engine = Engine::new().unwrap();
    let module = Module::from_bytes(&engine, monsters()).unwrap();
    let imports = karmem::host::Imports::new(crate::engine());
    let error = karmem::host::Instance::builder(&module)
        .imports(&imports)
        .build()
        .unwrap_err();
    assert!(matches!(error, Error::OtherEngine { .. }), "{error:?}");
}
