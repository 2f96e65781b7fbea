//! Where the workspace and its files are, which packages it has, and cargo for it.

use crate::tool::{self, Error, Result, member};
use std::path::{Path, PathBuf};
use std::process::Command;
use tinyjson::JsonValue;

/// The workspace that the current directory belongs to.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    packages: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self> {
        let text = tool::output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        Self::from_metadata(&text).ok_or_else(|| {
            Error::new("`cargo metadata` printed something that this program does not understand; is cargo older than 1.95?")
        })
    }

    fn from_metadata(text: &str) -> Option<Self> {
        let json: JsonValue = text.parse().ok()?;
        let path = |name: &str| member(&json, name)?.get::<String>().map(PathBuf::from);
        let packages: &Vec<JsonValue> = member(&json, "packages")?.get()?;
        let name = |package: &JsonValue| member(package, "name")?.get::<String>().cloned();
        Some(Workspace {
            root: path("workspace_root")?,
            target: path("target_directory")?,
            packages: packages.iter().map(name).collect::<Option<_>>()?,
        })
    }

    /// A file or directory of the workspace.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Whether the workspace has the package.
    pub(crate) fn has(&self, package: &str) -> bool {
        self.packages.iter().any(|name| name == package)
    }

    /// `cargo` for this workspace and its one target directory.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo();
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A guest of this workspace, to build in release.
    pub(crate) fn build(&self, package: &str) -> karmem_build::Guest {
        karmem_build::Guest::package(package)
            .directory(&self.root)
            .target_directory(&self.target)
            .release()
    }

    /// Where the guests are after they have been built.
    pub(crate) fn guests(&self) -> PathBuf {
        karmem_build::modules(&self.target)
    }

    /// Where a guest is after it has been built.
    pub(crate) fn guest(&self, package: &str) -> PathBuf {
        self.guests()
            .join(package.replace('-', "_"))
            .with_extension("wasm")
    }

    /// Where criterion keeps what it measured.
    pub(crate) fn criterion(&self) -> PathBuf {
        self.target.join("criterion")
    }

    /// Where `cargo install --root` puts tools that only this workspace needs.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// The version of a package in `Cargo.lock`; `None` when it is not there.
    pub(crate) fn locked(&self, package: &str) -> Result<Option<String>> {
        let path = self.file("Cargo.lock");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Error::new(format!("cannot read {}: {error}", self.shown(&path))))?;
        Ok(locked(&text, package))
    }

    /// A path as a person in the workspace would write it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}

/// The cargo that runs this program, so that both use one toolchain.
fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Cargo writes the version in the line after the name.
fn locked(text: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let version = text.lines().skip_while(|line| *line != name).nth(1)?;
    Some(
        version
            .strip_prefix("version = \"")?
            .strip_suffix('"')?
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_gives_paths_and_packages() {
        let text = r#"{"packages": [{"name": "one", "version": "1.0.0"}, {"name": "two-b"}],
            "workspace_root": "/w", "target_directory": "/t"}"#;
        let workspace = Workspace::from_metadata(text).expect("the text is complete");
        assert!(workspace.has("one") && workspace.has("two-b") && !workspace.has("two"));
        assert_eq!(workspace.file("Cargo.lock"), Path::new("/w/Cargo.lock"));
        assert_eq!(workspace.guest("two-b"), Path::new("/t/karmem/two_b.wasm"));
        assert!(Workspace::from_metadata(r#"{"packages": []}"#).is_none());
    }

    #[test]
    fn the_lock_file_gives_the_version_of_exactly_this_package() {
        let text = "[[package]]\nname = \"wasm-bindgen-test\"\nversion = \"0.3.1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.9\"\n";
        assert_eq!(locked(text, "wasm-bindgen").as_deref(), Some("0.2.9"));
        assert_eq!(locked(text, "bindgen"), None);
    }
}
