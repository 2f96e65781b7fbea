//! Rust guests, by cargo.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tinyjson::JsonValue;

use crate::TARGET;
use crate::error::{Error, Result};
use crate::flags::{self, Memory};
use crate::guest::Guest;
use crate::tool;

/// What the linker that comes with rustc 1.95 and later has to be told, as rustc asks for the opposite.
const STACK_LAST: &str = "--no-stack-first";

const FEATURES: &str = "+atomics,+bulk-memory,+mutable-globals";

/// Adds the target for wasm to the toolchain in use where it is not there yet.
///
/// # Errors
///
/// [`Error::Missing`] if there is no rustup to add it.
pub fn ensure_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = tool::output(Command::new(rustc).args(["--print", "sysroot"]))?;
    let library = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .join("lib");
    if library.is_dir() {
        return Ok(());
    }
    if tool::find("rustup").is_none() {
        return Err(Error::Missing {
            tool: format!("the target {TARGET} is missing, and so is rustup, which would add it"),
            get: "install rustup from https://rustup.rs, or add the target by the means by which rustc was installed"
                .into(),
        });
    }
    tool::output(Command::new("rustup").args(["target", "add", TARGET])).map(drop)
}

pub(crate) fn build(guest: &Guest, package: &str) -> Result<PathBuf> {
    let mut command = if guest.nightly {
        nightly()?
    } else {
        ensure_target()?;
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    };
    command.args(["rustc", "--lib", "--target", TARGET, "--package", package]);
    command.arg("--message-format=json-render-diagnostics");
    if guest.nightly {
        command.arg("-Zbuild-std=std,panic_abort");
    }
    if guest.release {
        command.arg("--release");
    }
    if guest.quiet {
        command.arg("--quiet");
    }
    // What is meant for this program is not meant for its guests.
    command.env_remove("RUSTFLAGS");
    command.env_remove("CARGO_ENCODED_RUSTFLAGS");
    if let Memory::Shared { .. } = guest.memory {
        // For all crates of the guest: the linker refuses to mix.
        command.env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            format!("-Ctarget-feature={FEATURES}"),
        );
    }
    if let Some(target) = &guest.target {
        command.arg("--target-dir").arg(target);
    }
    command.args(&guest.arguments).current_dir(&guest.directory);
    // Only the last crate gets these, so that the others are built once for all places.
    command.arg("--");
    let flags = flags::linker(&guest.memory, Some(STACK_LAST));
    for flag in flags.iter().chain(&guest.link) {
        command.arg(format!("-Clink-arg={flag}"));
    }
    if !guest.quiet {
        eprintln!("$ {}", tool::shown(&command));
    }

    let target = target_directory(guest)?;
    let (to, _lock) = guest.place(&target, &package.replace('-', "_"))?;
    let built = module(&tool::output(&mut command)?).ok_or_else(|| Error::NoModule {
        guest: format!("the package `{package}`"),
    })?;
    std::fs::copy(&built, &to).map_err(tool::file(&built))?;
    Ok(to)
}

/// Cargo of the nightly toolchain. Where this program runs under cargo, variables tie everything to
/// the toolchain of that.
pub(crate) fn nightly() -> Result<Command> {
    if tool::find("rustup").is_none() {
        return Err(Error::Missing {
            tool: "building the standard library needs a nightly toolchain, and there is no rustup"
                .into(),
            get: "install rustup from https://rustup.rs".into(),
        });
    }
    let mut rustc = Command::new("rustup");
    rustc.args(["run", "nightly", "rustc", "--print", "sysroot"]);
    let sysroot = tool::output(free(&mut rustc)).map_err(|_| Error::Missing {
        tool: "there is no nightly toolchain".into(),
        get: "rustup toolchain install nightly --component rust-src".into(),
    })?;
    if !Path::new(sysroot.trim())
        .join("lib/rustlib/src/rust/library/std")
        .is_dir()
    {
        return Err(Error::Missing {
            tool: "the nightly toolchain has no sources of the standard library".into(),
            get: "rustup component add --toolchain nightly rust-src".into(),
        });
    }
    let mut cargo = Command::new("rustup");
    cargo.args(["run", "nightly", "cargo"]);
    free(&mut cargo);
    Ok(cargo)
}

fn free(command: &mut Command) -> &mut Command {
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(variable);
    }
    command
}

/// Where cargo puts what it makes for this guest.
fn target_directory(guest: &Guest) -> Result<PathBuf> {
    if let Some(target) = &guest.target {
        return Ok(guest.directory.join(target));
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--no-deps", "--format-version=1"]);
    let text = tool::output(command.current_dir(&guest.directory))?;
    let json = text.parse::<JsonValue>().ok();
    json.as_ref()
        .and_then(|json| member(json, "target_directory")?.get::<String>())
        .map(PathBuf::from)
        .ok_or_else(|| Error::Missing {
            tool: "`cargo metadata` printed something that this program does not understand".into(),
            get: "install Rust 1.95 or later".into(),
        })
}

/// The module in what cargo says it made: that of the last crate, as those before it are libraries.
fn module(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| line.parse::<JsonValue>().ok())
        .filter(|json| {
            member(json, "reason").and_then(|reason| reason.get::<String>())
                == Some(&"compiler-artifact".to_owned())
        })
        .filter_map(|json| {
            let files: &Vec<JsonValue> = member(&json, "filenames")?.get()?;
            files
                .iter()
                .filter_map(|file| file.get::<String>())
                .find(|file| file.ends_with(".wasm"))
                .map(PathBuf::from)
        })
        .next_back()
}

fn member<'j>(json: &'j JsonValue, name: &str) -> Option<&'j JsonValue> {
    json.get::<HashMap<String, JsonValue>>()?.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_module_is_found_among_what_cargo_says() {
        let messages = r#"
            {"reason":"compiler-artifact","filenames":["/t/deps/libcore.rlib"]}
            {"reason":"compiler-artifact","filenames":["/t/release/libx.rlib","/t/release/x.wasm"]}
            {"reason":"build-finished","success":true}
        "#;
        assert_eq!(module(messages), Some(PathBuf::from("/t/release/x.wasm")));
        assert_eq!(module("nothing\n{}"), None);
    }
}
