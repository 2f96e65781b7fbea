//! What an instance has of its own, and how the host reaches it.
//!
//! wasmtime frees instances with their store only. So that a system can give back what a retired instance
//! had, also a memory that it does not export, and also if its start function failed, a module is changed
//! before it is compiled where that is needed: it exports what it hides, and instead of a start section it
//! exports the start function, which the host calls.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use wasm_encoder::{Encode, ExportKind, RawSection, SectionId};
use wasmparser::{DataKind, ExternalKind, Parser, Payload, TypeRef};
use wasmtime::{AsContextMut, Instance};

/// What the names of added exports begin with.
const PREFIX: &str = "karmem:";
/// Bytes of an element of a table.
const ELEMENT: usize = 8;

/// The memories and tables that a module defines, and its start function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Owned {
    /// The exports of the memories.
    pub(crate) memories: Vec<String>,
    tables: Vec<Table>,
    /// The export of the function that the start section named.
    start: Option<String>,
    /// Bytes of what wasmtime keeps of each instance, without memories and tables: an estimate.
    bookkeeping: usize,
    /// Bytes of all initial data.
    pub(crate) data: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Table {
    /// It cannot grow.
    Fixed(u64),
    /// The export.
    Exported(String),
}

impl Owned {
    /// How many tables each instance has.
    pub(crate) fn tables(&self) -> usize {
        self.tables.len()
    }

    /// Elements of all tables of an instance.
    pub(crate) fn table_elements(
        &self,
        mut store: impl AsContextMut,
        instance: &Instance,
    ) -> usize {
        let elements = self.tables.iter().map(|table| match table {
            Table::Fixed(elements) => *elements,
            Table::Exported(name) => {
                let table = instance.get_table(&mut store, name);
                table.map_or(0, |table| table.size(&store))
            }
        });
        usize::try_from(elements.sum::<u64>()).unwrap_or(usize::MAX)
    }

    /// Bytes that an instance with so many elements in its tables keeps until its store ends.
    pub(crate) fn kept(&self, table_elements: usize) -> usize {
        self.bookkeeping
            .saturating_add(table_elements.saturating_mul(ELEMENT))
    }

    /// Runs the start function, which instantiating the changed module does not.
    pub(crate) fn run_start(
        &self,
        mut store: impl AsContextMut,
        instance: &Instance,
    ) -> wasmtime::Result<()> {
        match &self.start {
            None => Ok(()),
            Some(name) => {
                let start = instance.get_typed_func::<(), ()>(&mut store, name)?;
                start.call(store, ())
            }
        }
    }
}

/// Whether an export was added to a module by the host.
pub(crate) fn is_added(export: &str) -> bool {
    export.starts_with(PREFIX)
}

/// A module with everything exported that the host has to reach; the same bytes if it is. What is not
/// well-formed is left for the engine to refuse.
pub(crate) fn expose(wasm: &[u8]) -> (Cow<'_, [u8]>, Owned) {
    let parts = Parts::of(wasm);
    let (mut owned, mut added) = (Owned::default(), Vec::new());
    let mut export = |known: Option<&&str>, what: &str, kind: ExportKind, index: u32| -> String {
        if let Some(known) = known {
            return (*known).to_owned();
        }
        let mut name = format!("{PREFIX}{what} {index}");
        while parts.names.contains(name.as_str()) {
            name.push('\'');
        }
        added.push((name.clone(), kind, index));
        name
    };
    for index in parts.memories.clone() {
        let known = parts.exported_memories.get(&index);
        owned
            .memories
            .push(export(known, "memory", ExportKind::Memory, index));
    }
    for (index, fixed) in &parts.tables {
        owned.tables.push(match fixed {
            Some(elements) => Table::Fixed(*elements),
            None => {
                let known = parts.exported_tables.get(index);
                Table::Exported(export(known, "table", ExportKind::Table, *index))
            }
        });
    }
    owned.start = parts
        .start
        .map(|index| export(None, "start", ExportKind::Func, index));
    owned.bookkeeping = parts.bookkeeping;
    owned.data = parts.data;
    if added.is_empty() {
        return (wasm.into(), owned);
    }
    (parts.with_exports(wasm, &added).into(), owned)
}

/// What of a module matters here.
#[derive(Default)]
struct Parts<'a> {
    sections: Vec<(u8, std::ops::Range<usize>)>,
    /// Where the entries of the section of exports begin, and how many they are.
    entries: Option<(usize, u32)>,
    exported_memories: HashMap<u32, &'a str>,
    exported_tables: HashMap<u32, &'a str>,
    names: HashSet<&'a str>,
    memories: std::ops::Range<u32>,
    /// By index; with their size if they cannot grow.
    tables: Vec<(u32, Option<u64>)>,
    start: Option<u32>,
    bookkeeping: usize,
    data: usize,
}

impl<'a> Parts<'a> {
    fn of(wasm: &'a [u8]) -> Parts<'a> {
        let mut parts = Parts {
            bookkeeping: 4096,
            ..Parts::default()
        };
        let (mut imported_memories, mut imported_tables) = (0, 0);
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            if let Some((id, range)) = payload.as_section() {
                parts.sections.push((id, range));
            }
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports().map_while(Result::ok) {
                        // Its place in the instance, and the host's function that may stand there.
                        parts.bookkeeping += 192;
                        match import.ty {
                            TypeRef::Memory(_) => imported_memories += 1,
                            TypeRef::Table(_) => imported_tables += 1,
                            _ => {}
                        }
                    }
                    parts.memories = imported_memories..imported_memories;
                }
                // Each can be referred to, which takes a structure of its own.
                Payload::FunctionSection(section) => {
                    parts.bookkeeping += 32 * section.into_iter().map_while(Result::ok).count();
                }
                Payload::GlobalSection(section) => {
                    parts.bookkeeping += 16 * section.into_iter().map_while(Result::ok).count();
                }
                Payload::TableSection(section) => {
                    for (index, table) in
                        (imported_tables..).zip(section.into_iter().map_while(Result::ok))
                    {
                        let ty = table.ty;
                        let fixed = (ty.maximum == Some(ty.initial)).then_some(ty.initial);
                        parts.tables.push((index, fixed));
                    }
                }
                Payload::MemorySection(section) => {
                    // The count that the section claims may be any.
                    let there = section.into_iter().map_while(Result::ok).zip(0..);
                    parts.memories.end += there.last().map_or(0, |(_, last): (_, u32)| last + 1);
                }
                Payload::ExportSection(section) => {
                    parts.entries = Some((section.original_position(), section.count()));
                    for export in section.into_iter().map_while(Result::ok) {
                        parts.names.insert(export.name);
                        let known = match export.kind {
                            ExternalKind::Memory => &mut parts.exported_memories,
                            ExternalKind::Table => &mut parts.exported_tables,
                            _ => continue,
                        };
                        known.insert(export.index, export.name);
                    }
                }
                Payload::StartSection { func, .. } => parts.start = Some(func),
                Payload::DataSection(section) => {
                    for segment in section.into_iter().map_while(Result::ok) {
                        if let DataKind::Active { .. } = segment.kind {
                            parts.data += segment.data.len();
                        }
                    }
                }
                _ => {}
            }
        }
        parts
    }

    /// The module with more exports and without a start section.
    fn with_exports(&self, wasm: &[u8], added: &[(String, ExportKind, u32)]) -> Vec<u8> {
        let (mut entries, mut count) = (Vec::new(), 0);
        let mut module = wasm_encoder::Module::new();
        let mut done = false;
        let mut write = |module: &mut wasm_encoder::Module, entries: &mut Vec<u8>, count: u32| {
            if std::mem::replace(&mut done, true) {
                return;
            }
            for (name, kind, index) in added {
                name.as_str().encode(entries);
                kind.encode(entries);
                index.encode(entries);
            }
            let mut data = Vec::new();
            // A count that is not true is left for the engine to refuse.
            count.saturating_add(added.len() as u32).encode(&mut data);
            data.append(entries);
            module.section(&RawSection {
                id: SectionId::Export.into(),
                data: &data,
            });
        };
        for (id, range) in &self.sections {
            if *id == u8::from(SectionId::Export) {
                if let Some((start, known)) = self.entries {
                    count = known;
                    entries.extend_from_slice(wasm.get(start..range.end).unwrap_or_default());
                }
                write(&mut module, &mut entries, count);
                continue;
            }
            let after_exports = [
                SectionId::Start,
                SectionId::Element,
                SectionId::DataCount,
                SectionId::Code,
                SectionId::Data,
            ];
            if after_exports.map(u8::from).contains(id) {
                write(&mut module, &mut entries, count);
            }
            if *id != u8::from(SectionId::Start) {
                module.section(&RawSection {
                    id: *id,
                    data: wasm.get(range.clone()).unwrap_or_default(),
                });
            }
        }
        write(&mut module, &mut entries, count);
        module.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::{Engine, Module, Store, Val};

    fn exposed(text: &str) -> (bool, Module, Owned) {
        let wasm = wat::parse_str(format!("(module {text})")).unwrap();
        let (bytes, owned) = expose(&wasm);
        let same = matches!(bytes, Cow::Borrowed(_));
        (
            same,
            Module::from_binary(&Engine::default(), &bytes).unwrap(),
            owned,
        )
    }

    #[test]
    fn what_hides_nothing_stays_as_it_is() {
        for (text, memories, tables) in [
            ("", 0, 0),
            ("(func)", 0, 0),
            (r#"(memory (export "m") 1) (table 3 3 funcref)"#, 1, 1),
            (
                r#"(import "a" "b" (memory 1)) (import "a" "c" (table 1 funcref))"#,
                0,
                0,
            ),
            (r#"(table (export "t") 3 funcref)"#, 0, 1),
        ] {
            let (same, _, owned) = exposed(text);
            assert!(same, "{text}");
            assert_eq!(
                (owned.memories.len(), owned.tables()),
                (memories, tables),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_hidden_is_exported_and_start_waits() {
        for start in ["", "(start $set)"] {
            for (exports, more) in [
                ("", 0),
                (
                    r#"(export "set" (func $set)) (export "karmem:memory 1" (func $set))"#,
                    2,
                ),
            ] {
                let text = format!(
                    r#"(type (func)) (memory (export "memory") 1) (memory 2) (table 5 funcref)
                    (global $g (export "g") (mut i32) (i32.const 1)) {exports} {start}
                    (elem (i32.const 0) $set) (data $d (i32.const 0) "abc")
                    (func $set (global.set $g (i32.const 2)) (drop (table.grow (ref.null func) (i32.const 4))))"#
                );
                let (same, module, owned) = exposed(&text);
                assert!(!same);
                let added = 2 + usize::from(!start.is_empty());
                assert_eq!(module.exports().len(), 2 + more + added, "{text}");
                let mut store = Store::new(module.engine(), ());
                let instance = Instance::new(&mut store, &module, &[]).unwrap();
                let sizes = owned
                    .memories
                    .iter()
                    .map(|name| instance.get_memory(&mut store, name).unwrap().size(&store));
                assert_eq!(sizes.collect::<Vec<_>>(), [1, 2]);
                let global = instance.get_global(&mut store, "g").unwrap();
                assert_eq!(owned.table_elements(&mut store, &instance), 5);
                assert!(matches!(global.get(&mut store), Val::I32(1)));
                owned.run_start(&mut store, &instance).unwrap();
                let after = if start.is_empty() { (1, 5) } else { (2, 9) };
                assert_eq!(global.get(&mut store).i32(), Some(after.0));
                assert_eq!(owned.table_elements(&mut store, &instance), after.1);
            }
        }
    }

    #[test]
    fn damaged_modules_do_no_harm() {
        let text = r#"(module (memory 1) (func $f) (start $f) (export "f" (func $f)))"#;
        let wasm = wat::parse_str(text).unwrap();
        for cut in 0..wasm.len() {
            expose(&wasm[..cut]);
            for change in [1, 0x80, 0xff] {
                let mut wasm = wasm.clone();
                wasm[cut] ^= change;
                expose(&wasm);
            }
        }
    }
}
