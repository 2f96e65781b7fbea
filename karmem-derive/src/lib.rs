//! `#[derive(Karmem)]` and `#[karmem::interface]`: what the facade crate `karmem` re-exports.
//!
//! Parse (`attr`), validate (`valid`), expand (`expand`); expansion cannot fail. All errors
//! of an input are reported together, each on the token at fault.

#![forbid(unsafe_code)]

mod ast;
mod attr;
mod ctxt;
mod expand;
mod fallback;
mod names;
mod shape;
mod valid;

use proc_macro::TokenStream;
use syn::{DeriveInput, ItemTrait, parse_macro_input};

/// Makes a struct or an enum a karmem type: its layout, its views, its writer and its schema.
///
/// On the container, `#[karmem(…)]` takes
///
/// - `table` (behind a reference, grows by appending fields) or `inline` (in place and frozen,
///   the default);
/// - `layout = "padded"` (default), `"c"`, `"packed"` or `"legacy"`;
/// - `rename = "Name"`: the name in a `.km`;
/// - `id = 123`: the id of a struct, instead of the hash of its name;
/// - `spread`, on an enum with data: a reference per variant, as the public compiler reads it;
/// - `crate = "path"`: where the crate `karmem` is, if not at `::karmem`.
///
/// On a field it takes `max = N` (elements of a `Vec` or map, bytes of a `String`) and
/// `rename = "Name"`; on a variant `rename = "Name"`.
///
/// Lints that an item, a variant or a field allows are allowed in what is made of it.
///
/// # Names
///
/// Beside `struct Monster` stand `MonsterView`, `MonsterViewMut` and `MonsterBuilder`; beside an enum with
/// data the same, and for each variant with data a table named after both, such as `ShapeCircle` with its
/// `ShapeCircleView` and so on. They are ordinary items of the module. If the module has an item of such a
/// name, the compiler says that the name is defined multiple times and points at the type or variant that it
/// is made of: rename one of the two items, or move one to a module of its own.
///
/// # Errors
///
/// What cannot be laid out or spelt in a `.km` is a compile error on the token at fault that says
/// what to write instead.
#[proc_macro_derive(Karmem, attributes(karmem))]
pub fn derive_karmem(input: TokenStream) -> TokenStream {
    let item = parse_macro_input!(input as DeriveInput);
    match valid::validate(&item) {
        Ok(input) => expand::derive(&input),
        Err(errors) => fallback::derive(&item, &errors),
    }
    .into()
}

/// Makes a trait an interface: functions that modules and the host call from one another.
///
/// For `trait Physics` it adds
///
/// - `PhysicsInterface`, the description of the methods, which a module carries along;
/// - `PhysicsImport`, with which a module calls whoever provides it;
/// - `export_physics!(MyPhysics)`, with which a module provides it by a type that implements the
///   trait and `Default`;
/// - where the feature `host` is on, `PhysicsClient`, with which a host calls a module, and
///   `PhysicsProvider`, with which it provides the trait itself.
///
/// A method takes `&self` or `&mut self` and returns nothing, a value, or a `Result` of values. Values
/// are numbers, `bool`, `char`, field-less enums, structs with `#[derive(Karmem)]` and
/// `Shared<T>`, which says where a struct lies. A parameter may also be `&T` for a struct, and
/// `View<T>` or `ViewMut<T>` for a struct that lies in a region and is read or changed there. Views are not
/// checked, unless the parameter says `#[karmem(verify)]`; structs by value always are.
///
/// `#[karmem::interface(…)]` takes
///
/// - `package = "name"`: who defines it, instead of the crate with the trait;
/// - `version = 2`: to tell apart what has the same name and is not compatible (1 if not given);
/// - `crate = "path"`: where the crate `karmem` is, if not at `::karmem`.
///
/// # Errors
///
/// What cannot be called from another module is a compile error on the token at fault that says what
/// to write instead.
#[proc_macro_attribute]
pub fn interface(args: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemTrait);
    match valid::validate_interface(args.into(), &item) {
        Ok(input) => expand::interface(&input),
        Err(errors) => fallback::interface(&item, &errors),
    }
    .into()
}

/// What `export_…!` hands over to.
#[doc(hidden)]
#[proc_macro]
pub fn __export(input: TokenStream) -> TokenStream {
    let exports = parse_macro_input!(input as expand::Exports);
    expand::expand_exports(&exports).into()
}
