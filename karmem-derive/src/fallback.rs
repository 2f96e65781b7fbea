//! What is emitted for an input that was refused.

use proc_macro2::TokenStream;
use syn::DeriveInput;

/// The errors as `compile_error!`s.
pub(crate) fn derive(_item: &DeriveInput, errors: &syn::Error) -> TokenStream {
    errors.to_compile_error()
}
