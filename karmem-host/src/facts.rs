//! What a module's bytes tell that the engine does not.

use wasmparser::{ExternalKind, Parser, Payload, TypeRef, ValType};

/// Facts about a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Facts {
    /// Whether the module keeps something in a mutable 32-bit global of its own that it does not export: a
    /// stack pointer, possibly, which nobody puts back after a trap.
    pub(crate) hidden_state: bool,
}

impl Facts {
    /// Reads the module, which was found to be well-formed; what is not is left for the engine to
    /// refuse.
    pub(crate) fn of(wasm: &[u8]) -> Facts {
        let mut globals = Vec::new();
        let mut exported = Vec::new();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports().map_while(Result::ok) {
                        if let TypeRef::Global(_) = import.ty {
                            // What is imported belongs to somebody else.
                            globals.push(false);
                        }
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section.into_iter().map_while(Result::ok) {
                        let ty = global.ty;
                        globals.push(ty.mutable && ty.content_type == ValType::I32);
                    }
                }
                Payload::ExportSection(section) => {
                    let exports = section.into_iter().map_while(Result::ok);
                    exported.extend(
                        exports
                            .filter(|export| export.kind == ExternalKind::Global)
                            .map(|export| export.index as usize),
                    );
                }
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        let hidden = |(index, mutable): (usize, bool)| mutable && !exported.contains(&index);
        Facts {
            hidden_state: globals.into_iter().enumerate().any(hidden),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_pointer_may_be_hidden() {
        let hidden = |text: &str| {
            Facts::of(&wat::parse_str(format!("(module {text})")).unwrap()).hidden_state
        };
        assert!(!hidden(""));
        assert!(!hidden("(global i32 (i32.const 0))"));
        assert!(!hidden("(global (mut i64) (i64.const 0))"));
        assert!(hidden("(global (mut i32) (i32.const 0))"));
        assert!(!hidden(
            r#"(global (export "__stack_pointer") (mut i32) (i32.const 0))"#
        ));
        assert!(!hidden(r#"(import "env" "g" (global (mut i32)))"#));
        assert!(hidden(
            r#"(import "env" "g" (global i32)) (global (mut i32) (i32.const 1))
               (export "g" (global 0))"#
        ));
    }
}
