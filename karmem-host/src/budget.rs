//! What each call into guests may use up, and stores that hold them to it.

use std::time::{Duration, Instant};

use wasmtime::Store;

use crate::context::Context;
use crate::engine::ticks;
use crate::error::Result;
use crate::limits::Limits;

/// Time and fuel of each call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    ticks: u64,
    /// `None` if the engine does not count it.
    fuel: Option<u64>,
}

/// A store with these limits, and what each call into its guests gets. It has that once.
pub(crate) fn store(engine: &wasmtime::Engine, limits: Limits) -> Result<(Store<Context>, Budget)> {
    let mut store = Store::new(engine, Context::new(limits));
    store.limiter(|context| &mut context.accountant);
    let budget = Budget {
        ticks: ticks(limits.deadline),
        fuel: limits.fuel_in(&store)?,
    };
    budget.give(&mut store);
    Ok((store, budget))
}

impl Budget {
    /// Gives the next call all of it.
    #[inline]
    pub(crate) fn give(self, store: &mut Store<Context>) {
        store.set_epoch_deadline(self.ticks);
        if let Some(fuel) = self.fuel {
            // Fails only where fuel is not counted, which was found out at the beginning.
            let _ = store.set_fuel(fuel);
        }
        store.data_mut().begin_call();
    }

    /// Gives the next call what is left of the time after a call that failed. That time is its bound, and fuel is
    /// none.
    #[cold]
    pub(crate) fn spare(self, store: &mut Store<Context>, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        store.set_epoch_deadline(ticks(Some(left)));
        if self.fuel.is_some() {
            let _ = store.set_fuel(u64::MAX);
        }
        store.data_mut().begin_call();
    }

    pub(crate) fn set_deadline(&mut self, store: &mut Store<Context>, deadline: Option<Duration>) {
        store.data_mut().accountant.set_deadline(deadline);
        self.ticks = ticks(deadline);
    }
}
