//! Which instructions of compiled code may trap.

use std::ops::Range;

use wasmtime_environ::obj::ELF_WASMTIME_TRAPS;
use wasmtime_environ::object::read::elf::ElfFile64;
use wasmtime_environ::object::{Endianness, Object, ObjectSection};

/// The instructions of a module at which a signal is a trap to wasmtime. At all others it takes it for a
/// crash of the process. Not every store is one of them: it makes plain stores without any of a
/// `memory.copy` whose length it knows to be small, because it has compared the addresses with the
/// memory's length before.
#[derive(Debug)]
pub(crate) struct Traps {
    text: Range<usize>,
    /// In wasmtime's encoding; empty if it could not be read, and then no signal is a trap.
    table: Box<[u8]>,
}

impl Traps {
    /// Reads the table that the compiled module carries.
    pub(crate) fn of(module: &wasmtime::Module) -> Traps {
        let text = module.text().as_ptr_range();
        Traps {
            text: text.start.addr()..text.end.addr(),
            table: table(module).unwrap_or_default(),
        }
    }

    /// Whether wasmtime turns a signal at this address into a trap. Async-signal-safe: it only reads.
    pub(crate) fn contain(&self, counter: usize) -> bool {
        self.text.contains(&counter)
            && wasmtime_environ::lookup_trap_code(&self.table, counter - self.text.start).is_some()
    }
}

fn table(module: &wasmtime::Module) -> Option<Box<[u8]>> {
    // There is no other way to the table than the module's serialised form, of which it is a section.
    let image = module.serialize().ok()?;
    let image = ElfFile64::<Endianness>::parse(&*image).ok()?;
    let section = image.section_by_name(ELF_WASMTIME_TRAPS)?;
    Some(section.data().ok()?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_may_trap_and_a_short_copy_may_not() {
        let engine = crate::Engine::new().unwrap();
        let traps = |body: &str| {
            let text = format!(r#"(module (memory 1) (func (export "f") (param i32) {body}))"#);
            let wasm = wat::parse_str(text).unwrap();
            let module = wasmtime::Module::new(engine.wasmtime(), wasm).unwrap();
            let traps = Traps::of(&module);
            assert!(!traps.table.is_empty());
            assert!(!traps.contain(traps.text.start.wrapping_sub(1)));
            assert!(!traps.contain(traps.text.end));
            traps.text.clone().filter(|pc| traps.contain(*pc)).count()
        };
        let none = traps("");
        assert!(traps("(i32.store (local.get 0) (i32.const 1))") > none);
        // If this fails, wasmtime's compiler has changed, for the better.
        let copy = traps("(memory.copy (local.get 0) (i32.const 0) (i32.const 16))");
        let long = traps("(memory.copy (local.get 0) (i32.const 0) (i32.const 1600))");
        assert!(copy <= long);
    }
}
