//! What can go wrong, and what to do about it.

use std::path::PathBuf;

use karmem_core::{EncodeError, VerifyError};
use karmem_idl::{Difference, LookupError, SectionError};

use crate::shown::{lines, shown};
use crate::trap::Trap;

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What wasmtime says, causes included.
pub(crate) fn text(e: wasmtime::Error) -> String {
    format!("{e:#}")
}

/// A line for what is not listed.
fn and_more(more: usize) -> String {
    match more {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    }
}

/// Why a module cannot be used, or why a call failed. The host and its other instances are unharmed
/// by every one of these. The messages are complete: they contain their causes.
///
/// What is displayed may go to logs and terminals: text that modules chose (names, panics, what their custom
/// sections say) has its control characters escaped and its length bounded. The fields have it as it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine could not be made.
    #[error("cannot make the wasm engine: {}", shown(.0))]
    Engine(String),

    /// The file of a module could not be read.
    #[error("cannot read the module `{}`: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },

    /// The bytes are something else.
    #[error("not a wasm module, but {found}", found = shown(found))]
    NotWasm {
        /// What they are instead.
        found: String,
    },

    /// The bytes of the module end too early.
    #[error(
        "the wasm module is cut off: what begins at byte {offset} goes on beyond its {length} bytes; fetch or build it again"
    )]
    Truncated {
        /// Where the part that is incomplete begins.
        offset: usize,
        /// Bytes that there are.
        length: usize,
    },

    /// The bytes begin like a module, and then break the rules of wasm.
    #[error("the wasm module is malformed at byte {offset}: {message}", message = shown(message))]
    Malformed {
        /// Where.
        offset: usize,
        /// What is wrong.
        message: String,
    },

    /// The module could not be validated or compiled.
    #[error("cannot compile the wasm module: {}", shown(.0))]
    Compile(String),

    /// The module has no custom section `karmem`.
    #[error(
        "the module carries no schema (no custom section `karmem`): build the guest with karmem's derive, \
         add the section with the tool, or load it with `Module::from_bytes_untyped`"
    )]
    NoSchema,

    /// The custom section `karmem` is there, but it cannot be understood.
    #[error("the module's schema cannot be read: {}", shown(.0))]
    Schema(Box<SectionError>),

    /// The guest has no type, or several, of the name of a type of the host.
    #[error("the guest's types do not answer to the host's: {}", shown(.0))]
    MissingType(LookupError),

    /// A type is laid out differently in host and guest.
    #[error(
        "the type `{name}` is not the same on the host and in the guest; build both from the same definition:{}",
        lines(differences),
        name = shown(name)
    )]
    TypeMismatch {
        /// The type's name in a `.km`.
        name: String,
        /// The first of the differences, each with its place.
        differences: Vec<Difference>,
    },

    /// A host function could not be defined.
    #[error(
        "cannot define the host function `{module}.{name}`: {message}",
        module = shown(module), name = shown(name), message = shown(message)
    )]
    Import {
        /// The module name it is imported by.
        module: String,
        /// Its name.
        name: String,
        /// Why.
        message: String,
    },

    /// The module imports what nobody provides, or as something else than what is provided.
    #[error(
        "the module's imports cannot be satisfied; define them with `Imports`:{}",
        lines(missing)
    )]
    Imports {
        /// Each import with its type, and what was provided instead if anything was; of 64 or more the first
        /// ones, and how many others there are.
        missing: Vec<String>,
    },

    /// The module imports more than it may.
    #[error("the module has more than {most} imports: split it")]
    TooManyImports {
        /// The most that it may have.
        most: usize,
    },

    /// Things of two engines were mixed.
    #[error(
        "the {what} belongs to another engine: use one `Engine` for modules, imports and instances"
    )]
    OtherEngine {
        /// What came from elsewhere.
        what: &'static str,
    },

    /// The module could not be instantiated.
    #[error("cannot instantiate the module: {}", shown(.0))]
    Instantiate(String),

    /// The module needs more memory to begin with than it may have.
    #[error(
        "the module begins with {wanted} bytes of memory, more than `Limits::memory` of {limit}"
    )]
    MemoryLimit {
        /// Bytes that it wants.
        wanted: usize,
        /// Bytes that it may have.
        limit: usize,
    },

    /// The module needs larger tables to begin with than it may have.
    #[error(
        "the module begins with {wanted} table elements, more than `Limits::table_elements` of {limit}"
    )]
    TableLimit {
        /// Elements that it wants.
        wanted: usize,
        /// Elements that it may have.
        limit: usize,
    },

    /// The guest exports no such function.
    #[error(
        "the guest exports no function `{name}`: it exports {available}",
        name = shown(name), available = shown(available)
    )]
    NoFunction {
        /// The name.
        name: String,
        /// Functions that it does export.
        available: String,
    },

    /// The function has another signature.
    #[error(
        "the guest's `{name}` is `{found}`, and not `{wanted}` as wanted here",
        name = shown(name), wanted = shown(wanted), found = shown(found)
    )]
    Signature {
        /// The function.
        name: String,
        /// The signature that the host asked for.
        wanted: String,
        /// The signature that the guest has.
        found: String,
    },

    /// The guest lacks something that messages need.
    #[error("the guest cannot take messages: {}", shown(.0))]
    Abi(String),

    /// A call ended in a trap.
    #[error(transparent)]
    Trap(#[from] Box<Trap>),

    /// The guest's allocator refused.
    #[error(
        "the guest has no room for a block of {size} bytes{}",
        if *denied { ": `Limits::memory` is reached" } else { "" }
    )]
    NoRoom {
        /// Bytes that were asked for.
        size: u32,
        /// Whether the instance was refused more memory by its limits in this call.
        denied: bool,
    },

    /// The guest's allocator gave memory that cannot be a block.
    #[error(
        "the guest's karmem_alloc({size}, {align}) gave {pointer:#x}, which {why}",
        why = shown(why)
    )]
    BadAllocation {
        /// Bytes that were asked for.
        size: u32,
        /// The alignment that was asked for.
        align: u32,
        /// What came back.
        pointer: u32,
        /// What is wrong with it.
        why: String,
    },

    /// A block cannot have this size.
    #[error("a block of {0} bytes is not possible: it has 1 to 4294967295 bytes")]
    BlockSize(usize),

    /// A block that was freed, or that belongs to another instance.
    #[error("the block with handle {handle} {why}")]
    BadBlock {
        /// Its handle.
        handle: u32,
        /// What is the matter.
        why: &'static str,
    },

    /// A message names a handle that no block has.
    #[error(
        "the message {message} names the handle {}, which no block of this instance has",
        message.handle()
    )]
    WildHandle {
        /// The message.
        message: crate::Message,
    },

    /// A message begins outside its block.
    #[error("the message {message} begins outside its block of {length} bytes")]
    WildOffset {
        /// The message.
        message: crate::Message,
        /// Bytes of the block.
        length: u32,
    },

    /// A message that breaks the rules of its type.
    #[error("the message is refused: {}", shown(.0))]
    Verify(VerifyError),

    /// A message could not be written.
    #[error("the message cannot be written: {}", shown(.0))]
    Encode(EncodeError),

    /// A range that does not lie in its block.
    #[error("{length} bytes at {offset} do not fit in a block of {block} bytes")]
    OutOfBlock {
        /// Where the range begins in the block.
        offset: u32,
        /// Bytes of the range.
        length: usize,
        /// Bytes of the block.
        block: u32,
    },

    /// A module cannot take part in a memory that several have in common.
    #[error(
        "`{name}` cannot share its memory with other modules: {why} (build it with karmem-build's \
         `Guest::imported_memory`)",
        name = shown(name), why = shown(why)
    )]
    CommonMemory {
        /// The module.
        name: String,
        /// Why.
        why: String,
    },

    /// Two modules would overwrite one another in the memory that they have in common.
    #[error(
        "`{first}` and `{second}` cannot lie in one memory:\n  `{first}` takes {first_place}\n  `{second}` takes \
         {second_place}\nlink each for a place of its own: karmem-build's `Guest::imported_memory` and `Slots`, or \
         --import-memory --export-memory=memory --no-stack-first --global-base=BASE -z stack-size=STACK \
         --initial-memory=END --export=__stack_low --export=__stack_high --export=__global_base \
         --export=__data_end --export=__stack_pointer",
        first = shown(first), first_place = shown(first_place), second = shown(second), second_place = shown(second_place)
    )]
    Collision {
        /// The lower of the two.
        first: String,
        /// Its bytes.
        first_place: String,
        /// The higher.
        second: String,
        /// Its bytes.
        second_place: String,
    },

    /// A module cannot run on several threads.
    #[error("the module cannot run on several threads: {}", shown(.0))]
    Threads(String),

    /// A module has overwritten what lies below its stack, in a memory that several have in common.
    #[error(
        "`{name}` ran out of its stack and overwrote data in the memory that it has in common with others: make the \
         modules anew, with a larger stack",
        name = shown(name)
    )]
    Overwritten {
        /// The module.
        name: String,
    },

    /// No module of this name in a memory that they have in common.
    #[error(
        "there is no module `{name}` in this memory: there are {available}",
        name = shown(name), available = shown(available)
    )]
    NoModule {
        /// The name.
        name: String,
        /// Those that there are.
        available: String,
    },

    /// Two modules of one name.
    #[error(
        "there are two modules `{name}` in this memory: give them different names",
        name = shown(name)
    )]
    TwoModules {
        /// The name.
        name: String,
    },
    /// The system has no module of this name.
    #[error(
        "the system has no module `{name}`: it has {known}",
        name = shown(name), known = shown(known)
    )]
    UnknownModule {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },

    /// The system has no region of this name.
    #[error(
        "the system has no region `{name}`: it has {known}",
        name = shown(name), known = shown(known)
    )]
    UnknownRegion {
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },

    /// The system has no region with this handle (any more).
    #[error("the system has no region with the handle {handle}")]
    NoRegion {
        /// The handle.
        handle: u32,
    },

    /// A region cannot be made or mapped.
    #[error("the region cannot be used: {}", shown(.0))]
    Region(String),

    /// The file of a region cannot be used.
    #[error("cannot use the region's file `{}`: {cause}", path.display())]
    RegionFile {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },

    /// There are no strict grants here.
    #[error("strict grants are not possible: {why}; or grant `Access::Read`")]
    StrictGrants {
        /// What they need.
        why: &'static str,
    },

    /// A module filled or copied over what it has a strict grant to read.
    #[error(
        "{} wrote to {pages} pieces of a region that it may only read (`Access::ReadStrict`); \
         the region is unchanged",
        callback.as_ref().map_or("a module".into(), |name| format!("`{}`", shown(name)))
    )]
    Violation {
        /// Pieces of 64 KiB that it wrote to.
        pages: usize,
        /// The function of the ABI that did it (`physics.karmem_attach`), which ends the operation that called
        /// it; `None` if it happened in a call of the host.
        callback: Option<String>,
    },

    /// A name is taken.
    #[error(
        "the system has a {what} `{name}` already, or keeps the name for itself",
        name = shown(name)
    )]
    Exists {
        /// What was to be added.
        what: &'static str,
        /// Its name.
        name: String,
    },

    /// Modules do not fit together.
    #[error("the modules cannot be linked:{}", lines(problems))]
    Link {
        /// Everything that is missing, ambiguous or of another type; of 64 problems or more the first
        /// ones, and how many others there are.
        problems: Vec<String>,
    },

    /// The new version of a module is not compatible with the old one.
    #[error(
        "the module `{module}` cannot be swapped, because its types changed by more than fields \
         at the end of tables:{}{}",
        lines(differences),
        and_more(*more),
        module = shown(module)
    )]
    Swap {
        /// The module's name.
        module: String,
        /// The first differences, each with its place.
        differences: Vec<Difference>,
        /// How many more there are.
        more: usize,
    },

    /// There is no room for another instance in a system, because of those that were retired.
    #[error(
        "there is no room for a new instance of `{module}`: {why}; `System::rebuild` makes room"
    )]
    Exhausted {
        /// The module's name.
        module: String,
        /// What there is too much of.
        why: String,
    },

    /// The region has a writer already.
    #[error(
        "`{wanted}` cannot write the region `{region}`: `{writer}` does; revoke that first",
        region = shown(region), writer = shown(writer), wanted = shown(wanted)
    )]
    HasWriter {
        /// The region.
        region: String,
        /// Who writes it.
        writer: String,
        /// Who was to write it.
        wanted: String,
    },

    /// The module has no access to the region.
    #[error(
        "the module `{module}` was not granted the region `{region}`",
        region = shown(region), module = shown(module)
    )]
    NotGranted {
        /// The region.
        region: String,
        /// The module.
        module: String,
    },

    /// The region is sealed.
    #[error("the region `{region}` is sealed: unseal it to write", region = shown(region))]
    IsSealed {
        /// The region.
        region: String,
    },

    /// The region cannot be unsealed because somebody still reads it.
    #[error(
        "the region `{region}` cannot be unsealed while others have it: drop their `Sealed`",
        region = shown(region)
    )]
    StillRead {
        /// The region.
        region: String,
    },

    /// There is no room for a message in the region.
    #[error(
        "the region `{region}` of {length} bytes has no room for {wanted} more",
        region = shown(region)
    )]
    RegionFull {
        /// The region.
        region: String,
        /// Bytes that were wanted.
        wanted: usize,
        /// Bytes of the region.
        length: u32,
    },

    /// No message was allocated at this place of a region.
    #[error(
        "nothing was allocated at {offset} of the region `{region}`, or it was freed",
        region = shown(region)
    )]
    NotAllocated {
        /// The region.
        region: String,
        /// The offset.
        offset: u32,
    },

    /// A region cannot be overwritten while it holds messages that were allocated in it.
    #[error(
        "the region `{region}` holds {messages} messages made with `put`: free them first",
        region = shown(region)
    )]
    HeapInUse {
        /// The region.
        region: String,
        /// How many.
        messages: usize,
    },

    /// The messages of a call, with those of the calls that it came out of, are longer than the host's
    /// outbox.
    #[error(
        "the message does not fit into the host's outbox of {length} bytes (`SystemBuilder::outbox`): {cause}",
        cause = shown(cause)
    )]
    OutboxFull {
        /// Bytes of the outbox.
        length: usize,
        /// How much was needed.
        cause: EncodeError,
    },

    /// There is no place for the messages of a call.
    #[error("the host has no outbox for messages, because it calls no module and serves none")]
    NoOutbox,

    /// A module was cut off in a way from which it cannot recover.
    #[error(
        "the module `{module}` cannot be called any more since {why}; swap it for a new instance",
        module = shown(module), why = shown(why)
    )]
    Poisoned {
        /// The module.
        module: String,
        /// What happened.
        why: String,
    },

    /// A guest passed two messages of one region to the host, one of them to be changed.
    #[error(
        "two messages in the region `{region}` were passed in one call, and one is to be changed: put them in different regions",
        region = shown(region)
    )]
    OpenedTwice {
        /// The region.
        region: String,
    },

    /// A region would change while a module waits for a call, and the module was not told before it made that
    /// call that the region may: it may be reading the bytes.
    #[error(
        "the region `{region}` cannot change while `{module}` may be waiting for a call, because `{module}` was not told \
         of it before: declare the region with `SystemBuilder::volatile` or `System::set_volatile`, or change it between \
         calls"
    )]
    NotVolatile {
        /// The region.
        region: String,
        /// The module.
        module: String,
    },

    /// A module called another one, an implementation in the host or a region's heap while the host
    /// called a function of the ABI.
    #[error(
        "the module `{module}` called an interface from within its `{function}`: while the host waits for that, only \
         imports that belong to no interface may be called"
    )]
    Callback {
        /// The module.
        module: String,
        /// The function of the ABI.
        function: &'static str,
    },

    /// Grants were to change while a module starts.
    #[error(
        "regions cannot be granted or revoked while `{module}` starts: do so when the system is built, or in a call"
    )]
    Starting {
        /// The module.
        module: String,
    },

    /// An implementation of the host was called while it was running.
    #[error("the host's implementation is already running in this call")]
    Reentered,

    /// A function of one instance was called with another.
    #[error(
        "the function `{name}` belongs to another instance: look it up again with `Instance::func`",
        name = shown(name)
    )]
    OtherInstance {
        /// The function.
        name: String,
    },
}

impl From<VerifyError> for Error {
    #[cold]
    fn from(e: VerifyError) -> Error {
        Error::Verify(e)
    }
}

impl From<EncodeError> for Error {
    #[cold]
    fn from(e: EncodeError) -> Error {
        Error::Encode(e)
    }
}

impl Error {
    /// The trap, if the guest's call ended in one.
    #[must_use]
    pub fn as_trap(&self) -> Option<&Trap> {
        match self {
            Error::Trap(trap) => Some(trap),
            _ => None,
        }
    }
}
