//! `#[derive(Karmem)]`: what the facade crate `karmem` re-exports.
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
use syn::{DeriveInput, parse_macro_input};

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
