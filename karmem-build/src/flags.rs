//! The linker's flags: the only place that knows them.

use crate::slots::{PAGE, Slot};

/// Where a module has its memory from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Memory {
    /// It brings its own.
    Own,
    /// It imports one, in which it lies at this place.
    Imported(Slot),
    /// It imports one of at most so many bytes that several threads use.
    Shared { maximum: u64, stack: u32 },
}

/// What a host reads to learn where a module's data and stack are: it cannot know otherwise how low
/// the stack may reach.
const PLACES: [&str; 5] = [
    "__global_base",
    "__data_end",
    "__stack_low",
    "__stack_high",
    "__heap_base",
];

/// What a host needs to give each thread its own stack and its own thread-local variables.
const THREADS: [&str; 4] = ["__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"];

/// The flags for `wasm-ld`. `stack_last` is what makes this linker place the stack behind the data,
/// if it has to be told: a stack that comes first would begin at the bottom of the memory in every module.
pub(crate) fn linker(memory: &Memory, stack_last: Option<&str>) -> Vec<String> {
    // So that a host can put a guest's stack pointer back after a trap.
    let mut flags = vec!["--export=__stack_pointer".to_owned()];
    let export = |names: &[&str], flags: &mut Vec<String>| {
        flags.extend(names.iter().map(|name| format!("--export={name}")));
    };
    match memory {
        Memory::Own => {}
        Memory::Imported(slot) => {
            flags.extend([
                "--import-memory".to_owned(),
                // Hosts find the memory where they find that of all other modules.
                "--export-memory=memory".to_owned(),
                format!("--global-base={}", slot.base),
                format!("-zstack-size={}", slot.stack),
                format!("--initial-memory={}", slot.end()),
            ]);
            flags.extend(stack_last.map(str::to_owned));
            export(&PLACES, &mut flags);
        }
        Memory::Shared { maximum, stack } => {
            let maximum = maximum.next_multiple_of(u64::from(PAGE));
            flags.extend([
                "--import-memory".to_owned(),
                "--export-memory=memory".to_owned(),
                "--shared-memory".to_owned(),
                format!("--max-memory={maximum}"),
                format!("-zstack-size={stack}"),
            ]);
            export(&PLACES, &mut flags);
            export(&THREADS, &mut flags);
        }
    }
    flags
}

/// What makes a linker place the stack last, by its `--help`: before LLVM 22 it did so by itself.
pub(crate) fn stack_last(help: &str) -> Option<&'static str> {
    const FLAG: &str = "--no-stack-first";
    help.contains(FLAG).then_some(FLAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_with_its_own_memory_stays_as_it_is() {
        assert_eq!(
            linker(&Memory::Own, Some("--no-stack-first")),
            ["--export=__stack_pointer"]
        );
    }

    #[test]
    fn a_place_becomes_flags() {
        let slot = Slot {
            base: 0x10_0000,
            size: 0x2_0000,
            stack: 0x8000,
        };
        let flags = linker(&Memory::Imported(slot), None);
        for flag in [
            "--import-memory",
            "--global-base=1048576",
            "-zstack-size=32768",
            "--initial-memory=1179648",
            "--export=__stack_low",
        ] {
            assert!(flags.iter().any(|f| f == flag), "{flag}: {flags:?}");
        }
        assert!(!flags.iter().any(|f| f.contains("stack-first")));
    }

    #[test]
    fn linkers_before_and_after_the_change() {
        assert_eq!(stack_last("  --stack-first  Place stack at start"), None);
        assert_eq!(
            stack_last("  --no-stack-first  Place the stack after static data region"),
            Some("--no-stack-first")
        );
    }
}
