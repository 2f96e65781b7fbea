//! What a store holds.

use crate::limits::{Accountant, Limits};
use crate::system::State;

/// What the host keeps with an instance or a system. Host functions meet it as the type in
/// `wasmtime::Caller<'_, Context>`; it has nothing for them to touch.
#[derive(Debug)]
pub struct Context {
    pub(crate) accountant: Accountant,
    pub(crate) state: State,
    #[cfg(feature = "wasi")]
    pub(crate) wasi: Option<wasmtime_wasi::p1::WasiP1Ctx>,
}

impl Context {
    pub(crate) fn new(limits: Limits) -> Context {
        Context {
            accountant: Accountant::new(limits),
            state: State::default(),
            #[cfg(feature = "wasi")]
            wasi: None,
        }
    }

    /// Forgets what the last call was refused.
    pub(crate) fn begin_call(&mut self) {
        self.accountant.denied = None;
    }
}
