//! C guests, by clang.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::flags::{self, Memory};
use crate::guest::Guest;
use crate::tool;

/// Names the compiler to use instead of looking for one.
const VARIABLE: &str = "KARMEM_CLANG";

/// Where clang is looked for, best first. Older ones cannot find the linker of their version.
const NAMES: [&str; 5] = ["clang-19", "clang-20", "clang-21", "clang-22", "clang"];

const GET: &str = "`apt-get install clang-19 lld-19` on Debian and Ubuntu, `brew install llvm lld` on macOS, \
     or https://releases.llvm.org; or name a clang in the variable KARMEM_CLANG";

/// A clang that builds for wasm, and its linker.
pub(crate) struct Clang {
    path: PathBuf,
    linker: PathBuf,
}

impl Clang {
    /// The one that the variable names, or the first that is found and has a linker for wasm.
    pub(crate) fn find() -> Result<Clang> {
        let named = std::env::var(VARIABLE).ok();
        let names: Vec<&str> = match &named {
            Some(name) => vec![name],
            None => NAMES.to_vec(),
        };
        Clang::among(&names)
    }

    fn among(names: &[&str]) -> Result<Clang> {
        let mut without_linker = None;
        for name in names {
            let Some(path) = tool::find(name) else {
                continue;
            };
            let asked = tool::output(Command::new(&path).arg("--print-prog-name=wasm-ld"));
            // A linker that clang does not find it prints as its name alone.
            match asked.ok().and_then(|linker| tool::find(linker.trim())) {
                Some(linker) => return Ok(Clang { path, linker }),
                None => without_linker = Some(path),
            }
        }
        Err(Error::Missing {
            tool: match without_linker {
                Some(clang) => format!("{} has no linker for wasm (`wasm-ld`)", clang.display()),
                None => format!("there is no clang ({})", names.join(", ")),
            },
            get: GET.into(),
        })
    }

    /// Compiles and links.
    pub(crate) fn build(&self, guest: &Guest, sources: &[PathBuf], to: &Path) -> Result<()> {
        let help = tool::output(Command::new(&self.linker).arg("--help"))?;
        let mut command = Command::new(&self.path);
        command.args(["--target=wasm32", "-nostdlib", "-ffreestanding"]);
        // Loops that set and copy memory become one instruction each; there is no libc to call.
        command.args(["-mbulk-memory", "-mmutable-globals"]);
        command.arg(if guest.release { "-O2" } else { "-O1" });
        if let Memory::Shared { .. } = guest.memory {
            command.arg("-matomics");
        }
        command.arg("-Wl,--no-entry");
        let flags = flags::linker(&guest.memory, flags::stack_last(&help));
        for flag in flags.iter().chain(&guest.link) {
            command.arg(format!("-Wl,{flag}"));
        }
        command
            .args(&guest.arguments)
            .args(sources)
            .arg("-o")
            .arg(to);
        tool::output(&mut command).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clang_that_is_missing_can_be_got() {
        let Err(error) = Clang::among(&["karmem-no-such-clang"]) else {
            panic!("there is one");
        };
        let text = error.to_string();
        assert!(text.contains("there is no clang"), "{text}");
        assert!(text.contains("apt-get install clang-19 lld-19"), "{text}");
    }

    #[test]
    fn a_clang_without_a_linker_says_so() {
        // It answers `--print-prog-name` with what is no linker.
        let Err(error) = Clang::among(&["true"]) else {
            panic!("this is no compiler");
        };
        assert!(error.to_string().contains("no linker for wasm"), "{error}");
    }
}
