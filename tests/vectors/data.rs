//! The files of the vectors, and buffers of every alignment.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A message and what is said of it.
pub(crate) struct Vector {
    /// The path without its extension, such as `ok/game/vec3_zero`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) json: Value,
}

impl Vector {
    /// The schema and the root of the messages in `ok`, `aligned8` and `malformed`.
    pub(crate) fn root(&self) -> (&str, &str) {
        let schema = text(&self.json, "Schema");
        (
            schema.strip_suffix(".km").unwrap_or(schema),
            text(&self.json, "Root"),
        )
    }
}

pub(crate) fn text<'v>(json: &'v Value, key: &str) -> &'v str {
    json[key]
        .as_str()
        .unwrap_or_else(|| panic!("`{key}` is no text in {json}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/data")
}

/// A text file of the vectors.
pub(crate) fn read_text(name: &str) -> String {
    let path = root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn read_json(name: &str) -> Value {
    serde_json::from_str(&read_text(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub(crate) fn read_bytes(name: &str) -> Vec<u8> {
    fs::read(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The files of a folder with this extension, sorted, without it.
pub(crate) fn names(folder: &str, extension: &str) -> Vec<String> {
    let mut names = Vec::new();
    collect(&root().join(folder), extension, &mut names);
    names.sort();
    names
}

fn collect(folder: &Path, extension: &str, names: &mut Vec<String>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder that can be listed").path();
        if path.is_dir() {
            collect(&path, extension, names);
        } else if path.extension().is_some_and(|e| e == extension) {
            let name = path
                .strip_prefix(root())
                .expect("a path in the root")
                .with_extension("");
            let steps: Vec<_> = name.iter().map(|step| step.to_string_lossy()).collect();
            names.push(steps.join("/"));
        }
    }
}

/// All messages of a folder.
pub(crate) fn vectors(folder: &str) -> Vec<Vector> {
    let read = |name: String| Vector {
        bytes: read_bytes(&format!("{name}.bin")),
        json: read_json(&format!("{name}.json")),
        name,
    };
    names(folder, "bin").into_iter().map(read).collect()
}

/// Calls `f` with the bytes at each of the 8 alignments; in Miri, which takes its time, at two.
pub(crate) fn at_each_alignment(bytes: &[u8], mut f: impl FnMut(&[u8], usize)) {
    let mut buffer = vec![0x5a; bytes.len() + 16];
    let aligned = buffer.as_ptr().align_offset(8);
    for shift in if cfg!(miri) { 0..2 } else { 0..8 } {
        let start = aligned + shift;
        buffer.fill(0x5a);
        buffer[start..start + bytes.len()].copy_from_slice(bytes);
        f(&buffer[start..start + bytes.len()], shift);
    }
}
