//! What a store holds.

use crate::limits::{Accountant, Limits};
use crate::system::State;

/// What the host keeps with an instance or a system. Host functions meet it as the type in
/// `wasmtime::Caller<'_, Context>`; it has nothing for them to touch.
pub struct Context {
    pub(crate) accountant: Accountant,
    pub(crate) state: State,
    /// How long the call that is awaited may still run, in ticks; `None` while none is.
    #[cfg(feature = "async")]
    pub(crate) ticks_left: Option<u64>,
    #[cfg(feature = "wasi")]
    pub(crate) wasi: Option<wasmtime_wasi::p1::WasiP1Ctx>,
}

impl Context {
    pub(crate) fn new(limits: Limits) -> Context {
        Context {
            accountant: Accountant::new(limits),
            state: State::default(),
            #[cfg(feature = "async")]
            ticks_left: None,
            #[cfg(feature = "wasi")]
            wasi: None,
        }
    }

    /// Forgets what the last call was refused.
    pub(crate) fn begin_call(&mut self) {
        self.accountant.denied = None;
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("accountant", &self.accountant)
            .finish_non_exhaustive()
    }
}
