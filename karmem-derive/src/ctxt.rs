//! Collects errors, so that all of them are reported at once.

use std::fmt::Display;

use quote::ToTokens;

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Ctxt {
    errors: Option<syn::Error>,
    /// What the errors are about, if they do not say so themselves.
    label: Option<String>,
}

impl Ctxt {
    /// Reports an error on these tokens, which must not be empty.
    pub(crate) fn error(&mut self, at: impl ToTokens, message: impl Display) {
        self.push(match &self.label {
            Some(label) => syn::Error::new_spanned(at, format!("{label}: {message}")),
            None => syn::Error::new_spanned(at, message),
        });
    }

    /// Does something whose errors are about `label`.
    pub(crate) fn within<T>(&mut self, label: &str, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.label.replace(label.to_owned());
        let value = run(self);
        self.label = outer;
        value
    }

    /// Reports an error that a parser gave.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.errors {
            Some(all) => all.combine(error),
            None => self.errors = Some(error),
        }
    }

    /// All errors together, if there are any.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.errors.map_or(Ok(()), Err)
    }
}
