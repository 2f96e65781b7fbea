//! Sections that nobody wrote: the text in which a module describes its types and interfaces.

use karmem::idl::{
    InterfaceSide, Schema, Side, differences, evolution, interface_differences, interface_evolution,
};

/// How many types and interfaces of a section are looked at, each of which may reach all others.
const LOOKED_AT: usize = 8;

/// Reads a section, and does with its schema what a host does.
///
/// The input is the section without the hashes at the ends of lines, which a fuzzer would not find. After
/// a zero byte it is the section itself.
pub fn section(input: &[u8]) {
    match input {
        [0, section @ ..] => read(section),
        lines => read(&hashed(lines)),
    }
}

/// The lines with their hashes.
fn hashed(lines: &[u8]) -> Vec<u8> {
    let mut section = Vec::with_capacity(lines.len() * 2);
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        section.extend_from_slice(body);
        let hash = karmem::section::fnv1a(body);
        section.extend_from_slice(format!(" #{hash:016x}\n").as_bytes());
    }
    section
}

fn read(section: &[u8]) {
    let schema = match Schema::from_section(section) {
        Ok(schema) => schema,
        Err(error) => {
            let lines = section.split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&error.line), "{error}");
            let text = error.to_string();
            assert!(text.len() <= 10 * section.len() + 1000, "{text}");
            return;
        }
    };
    // Neither the order of lines has a meaning nor that some stand there twice.
    let mut lines: Vec<_> = section.split_inclusive(|byte| *byte == b'\n').collect();
    lines.reverse();
    let again = Schema::from_section(&[&lines.concat(), section].concat());
    assert_eq!(again.as_ref(), Ok(&schema));
    same(&schema, &schema.clone());

    let named = schema.with_name("fuzz");
    match named.to_km() {
        Ok(km) => assert!(km.starts_with("karmem fuzz") && km.ends_with('\n')),
        Err(error) => assert!(!error.problems.is_empty() && error.to_string().contains('\n')),
    }
}

/// Compares a schema with an equal one.
fn same(one: &Schema, other: &Schema) {
    let ids: Vec<_> = one.ids().collect();
    let last = ids.iter().rev().take(LOOKED_AT);
    for id in ids.iter().take(LOOKED_AT).chain(last).copied() {
        let [left, right] = [one, other].map(|schema| Side {
            label: "one",
            schema,
            ty: id,
        });
        assert_eq!(differences(left, right, 4), []);
        assert!(evolution(left, right).is_ok_and(|it| it.is_same()));
        assert_eq!(one.fingerprint(id), other.fingerprint(id));
        let path = &one[id].path;
        assert_eq!(one.by_path(path), Some(id));
        assert!(one.find(path).is_ok());
    }
    for (left, right) in one
        .interfaces()
        .iter()
        .zip(other.interfaces())
        .take(LOOKED_AT)
    {
        let [left, right] =
            [(one, left), (other, right)].map(|(schema, interface)| InterfaceSide {
                label: "one",
                schema,
                interface,
            });
        assert_eq!(interface_differences(left, right, 4), []);
        assert!(interface_evolution(left, right).is_ok_and(|it| it.is_same()));
        assert_eq!(
            one.interface_fingerprint(left.interface),
            other.interface_fingerprint(right.interface)
        );
    }
}
