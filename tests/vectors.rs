//! Interoperability: messages of the public Karmem compiler's code, whose values are known.
//!
//! `vectors/data/README.md` says what the files are and how they were made.

#[path = "vectors/canonical.rs"]
mod canonical;
#[path = "vectors/data.rs"]
mod data;
#[cfg(feature = "idl")]
#[path = "vectors/export.rs"]
mod export;
#[path = "vectors/json.rs"]
mod json;
#[path = "vectors/layout.rs"]
mod layout;
#[path = "vectors/malformed.rs"]
mod malformed;
#[path = "vectors/read.rs"]
mod read;
#[path = "vectors/small.rs"]
mod small;
#[path = "vectors/types/mod.rs"]
mod types;
#[path = "vectors/write.rs"]
mod write;

/// Whether a field of a `.km` is padding: `Pad` and a number.
fn is_pad(name: &str) -> bool {
    name.strip_prefix("Pad")
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
