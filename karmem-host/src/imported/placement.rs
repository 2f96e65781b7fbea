//! Where a module lies in its memory, as far as its bytes tell.

use std::ops::Range;

use wasmparser::{
    BinaryReaderError, ConstExpr, DataKind, ExternalKind, KnownCustom, Name, Operator, Parser,
    Payload, TypeRef, ValType,
};

/// Bytes of a page of memory.
pub(crate) const PAGE: u64 = 64 << 10;

/// What a module says about its memory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Placement {
    /// The memories that it imports.
    pub(crate) imports: Vec<MemoryImport>,
    /// Whether it also brings a memory.
    pub(crate) defines: bool,
    /// The bytes that its data is copied to at the start.
    data: Option<Range<u64>>,
    /// Whether some of its data goes where only the instance will know.
    moving_data: bool,
    /// The globals that it defines, of type `i32` and with a constant to begin with.
    globals: Vec<Global>,
}

/// A memory that a module imports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MemoryImport {
    pub(crate) module: String,
    pub(crate) name: String,
    /// Pages that it must have to begin with.
    pub(crate) minimum: u64,
    pub(crate) maximum: Option<u64>,
    /// Why it cannot be a plain memory that modules have in common.
    pub(crate) unfit: Option<&'static str>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Global {
    index: u32,
    mutable: bool,
    value: u64,
    /// From the exports, or else from the section with names.
    name: Option<String>,
}

impl Placement {
    /// Reads a module that has been found valid.
    pub(crate) fn read(wasm: &[u8]) -> Result<Placement, BinaryReaderError> {
        let mut this = Placement::default();
        // Globals that are imported come first in the numbering.
        let mut global = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        match import.ty {
                            TypeRef::Global(_) => global += 1,
                            TypeRef::Memory(ty) => this.imports.push(MemoryImport {
                                module: import.module.into(),
                                name: import.name.into(),
                                minimum: ty.initial,
                                maximum: ty.maximum,
                                unfit: unfit(&ty),
                            }),
                            _ => {}
                        }
                    }
                }
                Payload::MemorySection(section) => this.defines |= section.count() > 0,
                Payload::GlobalSection(section) => {
                    for item in section {
                        let item = item?;
                        if item.ty.content_type == ValType::I32
                            && let Some(value) = constant(&item.init_expr)
                        {
                            this.globals.push(Global {
                                index: global,
                                mutable: item.ty.mutable,
                                value,
                                name: None,
                            });
                        }
                        global += 1;
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Global {
                            this.name(export.index, export.name);
                        }
                    }
                }
                Payload::DataSection(section) => {
                    for segment in section {
                        let segment = segment?;
                        if let DataKind::Active { offset_expr, .. } = segment.kind {
                            this.segment(constant(&offset_expr), segment.data.len() as u64);
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(names) = section.as_known() {
                        // Damage here is nobody's business: the names of exports were read before.
                        for name in names.into_iter().map_while(Result::ok) {
                            if let Name::Global(map) = name {
                                for naming in map.into_iter().map_while(Result::ok) {
                                    this.name(naming.index, naming.name);
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(this)
    }

    fn name(&mut self, index: u32, name: &str) {
        if let Some(global) = self.globals.iter_mut().find(|g| g.index == index) {
            global.name.get_or_insert_with(|| name.into());
        }
    }

    fn segment(&mut self, offset: Option<u64>, len: u64) {
        match offset {
            None => self.moving_data = true,
            Some(_) if len == 0 => {}
            Some(start) => {
                let end = start.saturating_add(len);
                self.data = Some(match &self.data {
                    Some(all) => all.start.min(start)..all.end.max(end),
                    None => start..end,
                });
            }
        }
    }

    fn named(&self, name: &str) -> Option<u64> {
        let mut globals = self.globals.iter();
        let found = globals.find(|g| g.name.as_deref() == Some(name))?;
        Some(found.value)
    }

    /// Where its data lies, zeros included as far as that is known.
    pub(crate) fn data(&self) -> Option<Range<u64>> {
        let (start, end) = match &self.data {
            Some(data) => (Some(data.start), Some(data.end)),
            None => (None, None),
        };
        let start = [self.named("__global_base"), start]
            .into_iter()
            .flatten()
            .min()?;
        let end = [self.named("__data_end"), end].into_iter().flatten().max();
        Some(start..end.unwrap_or(start).max(start))
    }

    /// Where its stack lies; `None` if it seems to have none. Where the bytes do not tell how low it
    /// may reach, this is as low as it can be.
    pub(crate) fn stack(&self) -> Option<Range<u64>> {
        let known = (self.named("__stack_low"), self.named("__stack_high"));
        if let (Some(low), Some(high)) = known {
            return Some(low..high.max(low));
        }
        let data = self.data();
        let below = |top: u64| match &data {
            Some(data) if data.end <= top => data.end..top,
            // The stack comes before the data, and begins who knows where.
            _ => 0..top,
        };
        if let Some(top) = self.named("__stack_pointer") {
            return Some(below(top));
        }
        // Modules without names: whatever changes and has the value of an address may be it.
        let end = self.minimum().saturating_mul(PAGE);
        let guesses = self
            .globals
            .iter()
            .filter(|g| g.mutable && g.name.is_none() && g.value > 0 && g.value <= end);
        guesses
            .map(|g| below(g.value))
            .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
    }

    /// Pages of the imported memory that it must have.
    pub(crate) fn minimum(&self) -> u64 {
        self.imports.first().map_or(0, |memory| memory.minimum)
    }

    /// All that it takes for itself before its allocator asks for more: from the first byte of data
    /// or stack to the end of the memory that it wants, which its allocator may think its own.
    pub(crate) fn piece(&self) -> Range<u64> {
        let (data, stack) = (self.data(), self.stack());
        let begin = match (&data, &stack) {
            // A module that says nothing may lie anywhere.
            _ if self.moving_data => 0,
            (Some(data), Some(stack)) => data.start.min(stack.start),
            (Some(data), None) => data.start,
            (None, Some(stack)) => stack.start,
            (None, None) => self.named("__heap_base").unwrap_or(0),
        };
        let ends = [
            Some(self.minimum().saturating_mul(PAGE)),
            data.map(|d| d.end),
            stack.map(|s| s.end),
            self.named("__heap_base"),
        ];
        begin..ends.into_iter().flatten().max().unwrap_or(begin).max(begin)
    }
}

fn unfit(ty: &wasmparser::MemoryType) -> Option<&'static str> {
    if ty.memory64 {
        Some("its memory has 64-bit addresses: build it for wasm32")
    } else if ty.shared {
        Some("its memory is shared by threads: build it without threads, or use `Threads`")
    } else if ty.page_size_log2.is_some_and(|log2| log2 != 16) {
        Some("its memory has pages of another size")
    } else {
        None
    }
}

/// The value of an expression that is just a constant.
fn constant(expression: &ConstExpr<'_>) -> Option<u64> {
    let mut operators = expression.get_operators_reader();
    let value = match operators.read().ok()? {
        Operator::I32Const { value } => u64::from(value.cast_unsigned()),
        Operator::I64Const { value } => value.cast_unsigned(),
        _ => return None,
    };
    matches!(operators.read().ok()?, Operator::End).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Placement {
        Placement::read(&wat::parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn a_module_of_our_build() {
        let placement = read(
            r#"(module (import "env" "memory" (memory 32))
                (global $sp (export "__stack_pointer") (mut i32) (i32.const 0x120000))
                (global (export "__stack_low") i32 (i32.const 0x110000))
                (global (export "__stack_high") i32 (i32.const 0x120000))
                (global (export "__global_base") i32 (i32.const 0x100000))
                (global (export "__data_end") i32 (i32.const 0x10f000))
                (data (i32.const 0x100010) "hello"))"#,
        );
        assert_eq!(placement.data(), Some(0x10_0000..0x10_f000));
        assert_eq!(placement.stack(), Some(0x11_0000..0x12_0000));
        assert_eq!(placement.piece(), 0x10_0000..0x20_0000);
        assert_eq!(placement.minimum(), 32);
        assert!(!placement.defines);
    }

    #[test]
    fn a_stack_before_the_data_may_begin_at_zero() {
        let placement = read(
            r#"(module (import "env" "memory" (memory 17))
                (global (export "__stack_pointer") (mut i32) (i32.const 0x100000))
                (data (i32.const 0x100000) "hello"))"#,
        );
        assert_eq!(placement.piece(), 0..0x11_0000);
    }

    #[test]
    fn names_count_where_nothing_is_exported() {
        let placement = read(
            r#"(module (import "env" "memory" (memory 17)) (import "env" "g" (global i32))
                (global $other (mut i32) (i32.const 3))
                (global $__stack_pointer (mut i32) (i32.const 0x90000))
                (data (i32.const 0x80000) "hello"))"#,
        );
        assert_eq!(placement.stack(), Some(0x8_0005..0x9_0000));
        assert_eq!(placement.piece(), 0x8_0000..0x11_0000);
    }

    #[test]
    fn a_global_without_a_name_may_be_a_stack_pointer() {
        let text = |global: &str| {
            format!(
                r#"(module (import "env" "memory" (memory 17)) {global}
                (data (i32.const 0x80000) "hello") (data (i32.const 0x90000) ""))"#
            )
        };
        let piece = |global: &str| read(&text(global)).piece();
        assert_eq!(piece(""), 0x8_0000..0x11_0000);
        assert_eq!(piece("(global i32 (i32.const 64))"), 0x8_0000..0x11_0000);
        assert_eq!(
            piece("(global (mut i32) (i32.const 0))"),
            0x8_0000..0x11_0000
        );
        assert_eq!(piece("(global (mut i32) (i32.const 64))"), 0..0x11_0000);
        assert_eq!(
            piece("(global (mut i32) (i32.const 0x90000))"),
            0x8_0000..0x11_0000
        );
    }

    #[test]
    fn the_largest_numbers_are_no_trouble() {
        let placement = read(
            r#"(module (import "env" "memory" (memory i64 0x1000000000000))
                (global (mut i32) (i32.const -1)) (data (i64.const -1) "hello"))"#,
        );
        assert_eq!(placement.data(), Some(u64::MAX..u64::MAX));
        assert_eq!(placement.piece(), 0..u64::MAX);
        let backwards = read(
            r#"(module (import "env" "memory" (memory 1))
                (global (export "__stack_low") i32 (i32.const -1))
                (global (export "__stack_high") i32 (i32.const 0))
                (global (export "__global_base") i32 (i32.const -1))
                (global (export "__data_end") i32 (i32.const 0)))"#,
        );
        let top = u64::from(u32::MAX);
        assert_eq!(backwards.piece(), top..top);
    }

    #[test]
    fn what_says_nothing_may_lie_anywhere() {
        let nothing = read(r#"(module (import "env" "memory" (memory 2)))"#);
        assert_eq!(nothing.piece(), 0..0x2_0000);
        let moving = read(
            r#"(module (import "env" "memory" (memory 2)) (import "env" "base" (global $b i32))
                (data (global.get $b) "hello"))"#,
        );
        assert_eq!(moving.piece(), 0..0x2_0000);
    }
}
