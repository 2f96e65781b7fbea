//! What a store holds.

use crate::limits::{Accountant, Limits};

/// What the host keeps with an instance. Host functions meet it as the type in
/// `wasmtime::Caller<'_, Context>`; it has nothing for them to touch.
#[derive(Debug)]
pub struct Context {
    pub(crate) accountant: Accountant,
}

impl Context {
    pub(crate) fn new(limits: Limits) -> Context {
        Context {
            accountant: Accountant::new(limits),
        }
    }
}
