//! What a module's bytes tell that the engine does not.

use wasmparser::{Data, DataKind, ExternalKind, Operator, Parser, Payload, TypeRef, ValType};

/// Facts about a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Facts {
    /// Whether the module keeps something in a mutable 32-bit global of its own that it does not export: a
    /// stack pointer, possibly, which nobody puts back after a trap.
    pub(crate) hidden_state: bool,
    /// From the first to the last byte of the memory's initial data, in whole pages of any machine: the part
    /// that an engine may map from an image of the module.
    pub(crate) data: (u64, u64),
}

impl Facts {
    /// Reads the module, which was found to be well-formed; what is not is left for the engine to
    /// refuse.
    pub(crate) fn of(wasm: &[u8]) -> Facts {
        let mut globals = Vec::new();
        let mut exported = Vec::new();
        let mut data: Option<(u64, u64)> = None;
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
                Payload::DataSection(section) => {
                    for segment in section.into_iter().map_while(Result::ok) {
                        let Some(range) = place(&segment) else {
                            continue;
                        };
                        data = Some(data.map_or(range, |d| (d.0.min(range.0), d.1.max(range.1))));
                    }
                }
                _ => {}
            }
        }
        let hidden = |(index, mutable): (usize, bool)| mutable && !exported.contains(&index);
        Facts {
            hidden_state: globals.into_iter().enumerate().any(hidden),
            data: data.map_or((0, 0), |(start, end)| {
                (start / PAGE * PAGE, end.next_multiple_of(PAGE))
            }),
        }
    }
}

/// What pages of every machine divide.
const PAGE: u64 = 64 << 10;

/// Where a segment of data lies, if that is known before the module is instantiated. An engine makes an image
/// only of modules where it is, for all segments.
fn place(segment: &Data<'_>) -> Option<(u64, u64)> {
    let DataKind::Active { offset_expr, .. } = &segment.kind else {
        return None;
    };
    let mut operators = offset_expr.get_operators_reader();
    let at = match operators.read().ok()? {
        Operator::I32Const { value } => u64::from(value.cast_unsigned()),
        Operator::I64Const { value } => value.cast_unsigned(),
        _ => return None,
    };
    let len = segment.data.len() as u64;
    (len > 0).then(|| (at, at.saturating_add(len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_data_is_known_in_whole_pages() {
        let data = |text: &str| {
            let text = format!("(module (global $g i32 (i32.const 9)) (memory 9) (func) {text})");
            Facts::of(&wat::parse_str(text).unwrap()).data
        };
        assert_eq!(data(""), (0, 0));
        assert_eq!(data(r#"(data "abc")"#), (0, 0));
        assert_eq!(data(r#"(data (i32.const 5) "")"#), (0, 0));
        assert_eq!(data(r#"(data (global.get $g) "abc")"#), (0, 0));
        assert_eq!(data(r#"(data (i32.const 5) "abc")"#), (0, 65536));
        assert_eq!(data(r#"(data (i32.const 65534) "abc")"#), (0, 131_072));
        assert_eq!(
            data(r#"(data (i32.const 200000) "abc") (data (i32.const 70000) "abc")"#),
            (65536, 262_144)
        );
        assert_eq!(
            data(r#"(data (i32.const -1) "a")"#),
            ((4 << 30) - 65536, 4 << 30)
        );
    }

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
