//! Finds the custom section `karmem` in bytes that may be anything.

use wasmparser::{Chunk, Parser, Payload};

use karmem_core::section::NAME;

use crate::error::{Error, Result};
use crate::module::MAX_IMPORTS;

const MAGIC: &[u8] = b"\0asm";

/// The contents of all sections `karmem`, one after another as a linker would put them; `None` if
/// there is none. Also the first check of the bytes: what is not a whole core module is an error here,
/// with a clearer message than a compiler could give.
pub(crate) fn find(wasm: &[u8]) -> Result<Option<Vec<u8>>> {
    preamble(wasm)?;
    let mut found: Option<Vec<u8>> = None;
    let mut parser = Parser::new(0);
    let mut at = 0;
    while let Some(rest) = wasm.get(at..).filter(|rest| !rest.is_empty()) {
        // `false`: an end inside something is reported as missing bytes, not as a mistake.
        match parser.parse(rest, false) {
            Ok(Chunk::NeedMoreData(_)) => {
                return Err(Error::Truncated {
                    offset: at,
                    length: wasm.len(),
                });
            }
            Ok(Chunk::Parsed { consumed, payload }) => {
                at += consumed;
                match payload {
                    Payload::CustomSection(section) if section.name() == NAME => {
                        let section = section.data();
                        let known = found.get_or_insert_default();
                        // What is longer is refused by who reads it, whatever follows.
                        if known.len() <= karmem_idl::limits::MAX_BYTES {
                            known.extend_from_slice(section);
                        }
                    }
                    Payload::ImportSection(section) => {
                        // What cannot be read is left for the engine to refuse.
                        let imports = section.into_imports().map_while(std::result::Result::ok);
                        if imports.take(MAX_IMPORTS + 1).count() > MAX_IMPORTS {
                            return Err(Error::TooManyImports { most: MAX_IMPORTS });
                        }
                    }
                    Payload::UnknownSection { id, range, .. } => {
                        return Err(Error::Malformed {
                            offset: range.start,
                            message: format!("there are no sections with the id {id}"),
                        });
                    }
                    _ => {}
                }
            }
            Err(e) => {
                return Err(Error::Malformed {
                    offset: e.offset(),
                    message: e.message().into(),
                });
            }
        }
    }
    // The bytes may also end between two functions, or before the code of them all.
    match parser.parse(&[], true) {
        Ok(_) => Ok(found),
        Err(_) => Err(Error::Truncated {
            offset: at,
            length: wasm.len(),
        }),
    }
}

/// Is this the binary format of a core module at all?
fn preamble(wasm: &[u8]) -> Result<()> {
    let not_wasm = |found: String| Err(Error::NotWasm { found });
    if wasm.is_empty() {
        return not_wasm("nothing at all".into());
    }
    let head = &wasm[..wasm.len().min(8)];
    if head.len() < MAGIC.len() && MAGIC.starts_with(head) {
        return Err(Error::Truncated {
            offset: 0,
            length: wasm.len(),
        });
    }
    if !head.starts_with(MAGIC) {
        return not_wasm(if looks_like_text(wasm) {
            "the text format: assemble it first, or enable the feature `wat` of karmem-host".into()
        } else {
            format!("bytes that begin with `{}`", head.escape_ascii())
        });
    }
    // The version field of a component has 1 in its upper half.
    match head.get(4..8) {
        None => Err(Error::Truncated {
            offset: 0,
            length: wasm.len(),
        }),
        Some([_, _, 1, 0]) => not_wasm("a component: build a core module instead".into()),
        Some(_) => Ok(()),
    }
}

/// Whether bytes can only be meant as the text format.
pub(crate) fn looks_like_text(bytes: &[u8]) -> bool {
    let head = bytes.trim_ascii_start();
    head.starts_with(b"(") || head.starts_with(b";;")
}
