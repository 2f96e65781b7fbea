//! How much of a section is read.
//!
//! A section comes from whoever made the module, and what is done with it has no deadline: it is
//! read when the module is loaded, and compared when modules are linked and swapped. All of that takes time
//! and memory in proportion to what these limits bound. The worst that was found, fields of deeply nested
//! types, takes 0.3 s and 70 MB to read and 0.7 s to compare with another one, on a slow and busy machine. The
//! limits are ten times and more what large programs have.

/// Bytes of a section: 4 MiB. A type with ten fields takes some 250.
pub const MAX_BYTES: usize = 4 << 20;
/// Types and interfaces: 16,384.
pub const MAX_TYPES: usize = 1 << 14;
/// Fields, enumerators, variants, methods and parameters of all types and interfaces together: 131,072.
/// Each becomes some hundred bytes in memory, and some take no more than five in the section.
pub const MAX_MEMBERS: usize = 1 << 17;
/// Methods of all interfaces together: 4,096, as many functions as a module may import from others. Each
/// one that is called becomes a slot of a table and a compiled function.
pub const MAX_METHODS: usize = 1 << 12;
/// Bytes of a name or of a path: 1,024. Names are repeated in errors, and in the names of exports.
pub const MAX_NAME: usize = 1 << 10;
/// How deep the type of a field may be nested: 32. Nested types are walked by recursion.
pub const MAX_NESTING: usize = 32;
