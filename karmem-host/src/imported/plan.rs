//! Which module lies where in a memory that several have in common, and in what order they begin.

use std::ops::Range;

use wasmtime::MemoryType;

use super::placement::PAGE;
use crate::error::{Error, Result};
use crate::module::Module;

/// Pages of a memory with 32-bit addresses.
const PAGES: u64 = 1 << 16;

/// Modules in the order in which they are instantiated on one memory: each is given the memory that it
/// asks for and no more, so that what its allocator takes at the start ends before the next begins.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    stages: Vec<Stage>,
    maximum: u64,
}

/// One step: make the memory at least `pages` large, instantiate, and let the allocator take
/// what it wants to begin with; then [`Plan::settled`].
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// Which of the modules, by the order in which they were given.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// Pages that the memory must have before this module is instantiated.
    pub(crate) pages: u64,
    /// The bytes that belong to it from the start.
    pub(crate) piece: Range<u64>,
    /// The names by which it imports the memory.
    pub(crate) import: (String, String),
}

impl Plan {
    /// Compares the modules' places; they are given with names for messages.
    ///
    /// # Errors
    ///
    /// [`Error::CommonMemory`] if a module is not built for such a memory, [`Error::Collision`] if two
    /// would lie in the same place.
    pub(crate) fn of(modules: &[(&str, &Module)]) -> Result<Plan> {
        let mut stages = Vec::with_capacity(modules.len());
        let mut maximum = PAGES;
        for (index, (name, module)) in modules.iter().enumerate() {
            let refuse = |why: String| Error::CommonMemory {
                name: (*name).into(),
                why,
            };
            let placement = module.placement();
            let memory = match &placement.imports[..] {
                _ if placement.defines => {
                    return Err(refuse("it brings a memory of its own".into()));
                }
                [] => return Err(refuse("it imports no memory".into())),
                [memory] => memory,
                _ => return Err(refuse("it imports several memories".into())),
            };
            if let Some(why) = memory.unfit {
                return Err(refuse(why.into()));
            }
            maximum = maximum.min(memory.maximum.unwrap_or(PAGES));
            stages.push(Stage {
                index,
                name: (*name).into(),
                pages: memory.minimum,
                piece: placement.piece(),
                import: (memory.module.clone(), memory.name.clone()),
            });
        }
        stages.sort_by_key(|stage| (stage.piece.start, stage.piece.end));
        let pairs = stages.iter().zip(stages.iter().skip(1));
        for (first, second) in pairs {
            if first.piece.end > second.piece.start {
                return Err(collision(modules, first, second));
            }
        }
        if let Some(stage) = stages.iter().find(|stage| stage.pages > maximum) {
            return Err(Error::CommonMemory {
                name: stage.name.clone(),
                why: format!(
                    "it needs {} pages of memory, and it or another module allows {maximum} at most; \
                     link without --max-memory",
                    stage.pages
                ),
            });
        }
        Ok(Plan { stages, maximum })
    }

    /// The memory to make: as much as the first module needs.
    pub(crate) fn memory_type(&self) -> MemoryType {
        let first = self.stages.first().map_or(0, |stage| stage.pages);
        // Both are at most 2^16, by the rules of wasm.
        let pages = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        MemoryType::new(pages(first), Some(pages(self.maximum)))
    }

    /// The steps, first to last.
    pub(crate) fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Says whether the module of this stage has kept to its place: `size` bytes is what the memory has
    /// after its allocator was asked for the first time.
    ///
    /// # Errors
    ///
    /// [`Error::CommonMemory`] if its allocator has taken bytes that belong to a later stage.
    pub(crate) fn settled(&self, stage: &Stage, size: u64) -> Result<()> {
        let later = self
            .stages
            .iter()
            .filter(|other| other.piece.start >= stage.piece.end && other.index != stage.index);
        match later.min_by_key(|other| other.piece.start) {
            Some(next) if size > next.piece.start => Err(Error::CommonMemory {
                name: stage.name.clone(),
                why: format!(
                    "its allocator took memory up to {size:#x} at the start, but `{}` begins at {:#x}; \
                     leave {} bytes or more between them when linking",
                    next.name,
                    next.piece.start,
                    size - stage.piece.end
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The module, if any, to which some of these bytes belong from the start.
    pub(crate) fn owner(&self, bytes: &Range<u64>) -> Option<&Stage> {
        self.stages
            .iter()
            .find(|stage| stage.piece.start < bytes.end && bytes.start < stage.piece.end)
    }

    /// How much the memory has to grow for a stage.
    pub(crate) fn growth(stage: &Stage, size: u64) -> u64 {
        stage.pages.saturating_sub(size / PAGE)
    }
}

#[cold]
fn collision(modules: &[(&str, &Module)], first: &Stage, second: &Stage) -> Error {
    let place = |stage: &Stage| {
        let range = |range: Option<Range<u64>>| match range {
            Some(range) => format!("{:#x}..{:#x}", range.start, range.end),
            None => "none that is known".into(),
        };
        let (data, stack) = match modules.get(stage.index) {
            Some((_, module)) => (module.placement().data(), module.placement().stack()),
            None => (None, None),
        };
        format!(
            "{:#x}..{:#x} (data {}, stack {})",
            stage.piece.start,
            stage.piece.end,
            range(data),
            range(stack)
        )
    };
    Error::Collision {
        first: first.name.clone(),
        first_place: place(first),
        second: second.name.clone(),
        second_place: place(second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;

    fn module(engine: &Engine, base: u64, end: u64, more: &str) -> Module {
        let pages = end / PAGE;
        let text = format!(
            r#"(module (import "env" "memory" (memory {pages} {more})) (data (i32.const {base}) "x"))"#
        );
        Module::from_bytes_untyped(engine, wat::parse_str(text).unwrap()).unwrap()
    }

    #[test]
    fn ascending_whatever_the_order() {
        let engine = Engine::new().unwrap();
        let (a, b, c) = (
            module(&engine, 5 * PAGE, 7 * PAGE, ""),
            module(&engine, PAGE, 2 * PAGE, ""),
            module(&engine, 2 * PAGE, 4 * PAGE, "100"),
        );
        let plan = Plan::of(&[("a", &a), ("b", &b), ("c", &c)]).unwrap();
        let order: Vec<_> = plan.stages().iter().map(|s| (s.index, s.pages)).collect();
        assert_eq!(order, [(1, 2), (2, 4), (0, 7)]);
        let ty = plan.memory_type();
        assert_eq!((ty.minimum(), ty.maximum()), (2, Some(100)));
        assert_eq!(Plan::growth(&plan.stages()[1], 2 * PAGE), 2);
        assert_eq!(plan.owner(&(0..PAGE)).map(|s| s.index), None);
        assert_eq!(plan.owner(&(0..PAGE + 1)).map(|s| s.index), Some(1));

        let [b, c, a] = plan.stages() else { panic!() };
        plan.settled(b, 2 * PAGE).unwrap();
        plan.settled(c, 5 * PAGE).unwrap();
        plan.settled(a, 50 * PAGE).unwrap();
        let error = plan.settled(b, 3 * PAGE).unwrap_err().to_string();
        assert!(
            error.contains("`b`") && error.contains("`c` begins at 0x20000"),
            "{error}"
        );
    }

    #[test]
    fn collisions_name_both_and_say_what_to_do() {
        let engine = Engine::new().unwrap();
        let (a, b) = (
            module(&engine, PAGE, 3 * PAGE, ""),
            module(&engine, 2 * PAGE, 4 * PAGE, ""),
        );
        let error = Plan::of(&[("a", &a), ("b", &b)]).unwrap_err();
        assert!(matches!(error, Error::Collision { .. }));
        let text = error.to_string();
        for part in ["`a`", "`b`", "0x10000..0x30000", "--global-base"] {
            assert!(text.contains(part), "{text}");
        }
        // The same module twice is the plainest collision.
        assert!(matches!(
            Plan::of(&[("a", &a), ("again", &a)]),
            Err(Error::Collision { .. })
        ));
    }

    #[test]
    fn only_modules_that_import_one_plain_memory() {
        let engine = Engine::new().unwrap();
        for (text, why) in [
            ("(module (memory 1))", "of its own"),
            ("(module)", "imports no memory"),
            (
                r#"(module (import "a" "b" (memory 1)) (import "a" "c" (memory 1)))"#,
                "several",
            ),
            (r#"(module (import "a" "b" (memory i64 1)))"#, "64-bit"),
            (
                r#"(module (import "a" "b" (memory 1 2 shared)))"#,
                "threads",
            ),
        ] {
            let mut config = wasmtime::Config::new();
            config.wasm_memory64(true).wasm_multi_memory(true);
            let engine = Engine::with_config(config).unwrap();
            let wasm = wat::parse_str(text).unwrap();
            let module = Module::from_bytes_untyped(&engine, wasm).unwrap();
            let error = Plan::of(&[("odd", &module)]).unwrap_err().to_string();
            assert!(error.contains("`odd`") && error.contains(why), "{error}");
        }
        let (small, large) = (
            module(&engine, PAGE, 2 * PAGE, "3"),
            module(&engine, 3 * PAGE, 9 * PAGE, ""),
        );
        let error = Plan::of(&[("small", &small), ("large", &large)]).unwrap_err();
        assert!(error.to_string().contains("3 at most"), "{error}");
    }
}
