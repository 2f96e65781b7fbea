//! A guest to build: what every language has in common.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::c::Clang;
use crate::error::{Error, Result};
use crate::flags::Memory;
use crate::slots::Slot;
use crate::{rust, tool};

/// Bytes of the stack of each thread of a guest with shared memory.
const THREAD_STACK: u32 = 64 << 10;

/// A guest to build.
///
/// ```no_run
/// # use karmem_build::Guest;
/// let wasm = Guest::package("physics").release().build()?;
/// # Ok::<(), karmem_build::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Guest {
    pub(crate) source: Source,
    name: Option<String>,
    pub(crate) directory: PathBuf,
    pub(crate) target: Option<PathBuf>,
    pub(crate) release: bool,
    pub(crate) quiet: bool,
    pub(crate) nightly: bool,
    pub(crate) memory: Memory,
    pub(crate) arguments: Vec<String>,
    pub(crate) link: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A package, by cargo.
    Rust(String),
    /// Files, by clang.
    C(Vec<PathBuf>),
}

/// The directory of the modules below a target directory. A package that has a memory of its own and is
/// built in release is there as `<package, with underscores>.wasm`.
#[must_use]
pub fn modules(target: &Path) -> PathBuf {
    target.join("karmem")
}

impl Guest {
    fn new(source: Source) -> Guest {
        Guest {
            source,
            name: None,
            directory: PathBuf::from("."),
            target: None,
            release: false,
            quiet: false,
            nightly: false,
            memory: Memory::Own,
            arguments: Vec::new(),
            link: Vec::new(),
        }
    }

    /// A package of the workspace around the current directory, with the crate type `cdylib`.
    pub fn package(name: impl Into<String>) -> Guest {
        Guest::new(Source::Rust(name.into()))
    }

    /// Files of C, without a C library.
    pub fn c<P: Into<PathBuf>>(files: impl IntoIterator<Item = P>) -> Guest {
        Guest::new(Source::C(files.into_iter().map(Into::into).collect()))
    }

    /// Builds as if the current directory were this one.
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Guest {
        self.directory = directory.into();
        self
    }

    /// Puts everything that is made below this directory, instead of where cargo puts it; for C instead
    /// of `target` in the [`directory`](Guest::directory).
    pub fn target_directory(mut self, directory: impl Into<PathBuf>) -> Guest {
        self.target = Some(directory.into());
        self
    }

    /// Optimised.
    pub fn release(mut self) -> Guest {
        self.release = true;
        self
    }

    /// Says nothing unless something is wrong.
    pub fn quiet(mut self) -> Guest {
        self.quiet = true;
        self
    }

    /// Imports its memory, and lies at this place in it: for several modules in one memory. See
    /// [`Slots`](crate::Slots).
    pub fn imported_memory(mut self, slot: Slot) -> Guest {
        self.memory = Memory::Imported(slot);
        self
    }

    /// Imports a memory of at most `maximum` bytes that several threads use.
    ///
    /// clang can do that as it is. Rust can on a stable compiler only for crates with `no_std`
    /// from which nothing of `core` is left to link once everything is inlined: the libraries that
    /// come with the compiler are built without atomics, and the linker refuses to mix. Build the
    /// standard library as well then, with [`nightly_std`](Guest::nightly_std).
    pub fn shared_memory(mut self, maximum: u64) -> Guest {
        self.memory = Memory::Shared {
            maximum,
            stack: THREAD_STACK,
        };
        self
    }

    /// Builds Rust's standard library too, with the same options as the guest. Needs a nightly
    /// toolchain with the component `rust-src`.
    pub fn nightly_std(mut self) -> Guest {
        self.nightly = true;
        self
    }

    /// Adds an argument for cargo (such as `--features`), or for clang (such as `-I`).
    pub fn argument(mut self, argument: impl Into<String>) -> Guest {
        self.arguments.push(argument.into());
        self
    }

    /// Adds an argument for the linker `wasm-ld`, after those that the memory needs.
    pub fn link_argument(mut self, argument: impl Into<String>) -> Guest {
        self.link.push(argument.into());
        self
    }

    /// Sets the name of the module's file, without its ending. It is the name of the package or of the first file
    /// otherwise, so that two guests from one package that differ in their arguments need this.
    pub fn name(mut self, name: impl Into<String>) -> Guest {
        self.name = Some(name.into());
        self
    }

    /// Builds it, and says where the module is. The file has a name of its own for each memory that
    /// the guest is built for, so that several can be used side by side.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if there is no compiler for it, [`Error::Failed`] if that fails,
    /// [`Error::Slot`] if the place in memory cannot be.
    pub fn build(&self) -> Result<PathBuf> {
        if let Memory::Imported(slot) = &self.memory {
            slot.check()?;
        }
        match &self.source {
            Source::Rust(package) => rust::build(self, package),
            Source::C(files) => self.build_c(files),
        }
    }

    /// Looks for the tools that building this guest takes, as far as they do not come with the Rust
    /// toolchain in use.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] with what is missing and how to get it.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use karmem_build::{Error, Guest};
    ///
    /// let guest = Guest::c(["plugin.c"]);
    /// if let Err(Error::Missing { tool, get }) = guest.check() {
    ///     println!("skipped: {tool}; to get it: {get}");
    /// }
    /// ```
    pub fn check(&self) -> Result<()> {
        match &self.source {
            Source::Rust(_) if self.nightly => rust::nightly().map(drop),
            Source::Rust(_) => Ok(()),
            Source::C(_) => Clang::find().map(drop),
        }
    }

    fn build_c(&self, files: &[PathBuf]) -> Result<PathBuf> {
        let Some(stem) = files.first().and_then(|file| file.file_stem()) else {
            return Err(Error::NoModule {
                guest: "no files".into(),
            });
        };
        let target = self
            .target
            .clone()
            .unwrap_or_else(|| self.directory.join("target"));
        let (to, _lock) = self.place(&target, &stem.to_string_lossy())?;
        let files: Vec<PathBuf> = files.iter().map(|file| self.directory.join(file)).collect();
        Clang::find()?.build(self, &files, &to)?;
        Ok(to)
    }

    /// Where the module goes, and a lock that lasts as long as it is being made there: other processes
    /// may be building the same guest for another memory.
    pub(crate) fn place(&self, target: &Path, name: &str) -> Result<(PathBuf, File)> {
        let directory = modules(target);
        fs::create_dir_all(&directory).map_err(tool::file(&directory))?;
        let lock = directory.join(".lock");
        let locked = File::create(&lock).map_err(tool::file(&lock))?;
        locked.lock().map_err(tool::file(&lock))?;
        let name = self.name.as_deref().unwrap_or(name);
        let debug = if self.release { "" } else { "-debug" };
        let memory = match &self.memory {
            Memory::Own => String::new(),
            Memory::Imported(slot) => {
                format!("-at-{:x}-{:x}-{:x}", slot.base, slot.size, slot.stack)
            }
            Memory::Shared { maximum, .. } => format!("-shared-{maximum:x}"),
        };
        Ok((
            directory.join(format!("{name}{memory}{debug}.wasm")),
            locked,
        ))
    }
}
