//! Calls that can be awaited, for hosts on an async runtime.

use std::pin::pin;
use std::task::{Poll, Waker};

use crate::error::Result;
use crate::signature::{Params, Results};
use crate::system::System;
use crate::system::client::{Method, Receiving, Sending};
use tracing::Instrument;
use wasmtime::{Store, UpdateDeadline};

use crate::context::Context;
use crate::system::phase::Phase;

/// How many ticks a guest runs before others get their turn.
const SLICE: u64 = 2;

impl System {
    /// As [`invoke`](System::invoke), to be awaited: a guest that runs for more than some milliseconds
    /// lets other tasks of the runtime run in between. While it waits it is suspended in its call, and
    /// the future has this system, so nobody touches its regions.
    ///
    /// Implementations in the host may change grants meanwhile, as in other calls. What a module is asked then
    /// runs to its end without other tasks in between.
    ///
    /// [`Limits::deadline`](crate::Limits::deadline) counts the time in which the guest runs.
    ///
    /// A future that is dropped before it is ready ends the guest's call as a trap does; the system puts
    /// everything in order when it is used next.
    ///
    /// # Errors
    ///
    /// Those of [`invoke`](System::invoke).
    pub async fn invoke_async<P, R, T>(
        &mut self,
        method: &Method<P, R>,
        lower: impl FnOnce(&mut Sending<'_>) -> Result<P>,
        lift: impl FnOnce(R, &Receiving<'_>) -> Result<T>,
    ) -> Result<T>
    where
        P: Params + Sync,
        R: Results + Sync,
    {
        let rebound;
        let func = match method.store == self.store_id {
            true => &method.inner,
            false => {
                rebound = self.rebind(method)?;
                &rebound
            }
        };
        let (params, top) = self.begin(lower)?;
        let slice = SLICE.min(self.ticks);
        self.store.data_mut().ticks_left = Some(self.ticks - slice);
        self.store.set_epoch_deadline(slice);
        self.store.data_mut().state.phase = Phase::Call;
        let span = tracing::trace_span!("call", method = &*method.name);
        let call = func.call_async(&mut self.store, params);
        let result = call.instrument(span).await;
        let context = self.store.data_mut();
        context.state.phase = Phase::Idle;
        context.ticks_left = None;
        self.end(method, top, result, lift)
    }
}

/// Runs a call of a guest that begins within a call that is awaited, to its end. wasmtime allows it on a stack
/// of its own only, as a future; whoever waits for the outer call cannot be given a turn before the host
/// function that made this call returns.
pub(super) fn at_once<T>(call: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    match pin!(call).poll(&mut std::task::Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        // Slices that are over do not suspend it, so this is a function that a program put into the linker
        // itself. Dropping the call ends it as a trap does.
        Poll::Pending => Err(wasmtime::Error::msg(
            "a host function cannot be awaited in a function of the ABI",
        )),
    }
}

/// Lets guests that are awaited yield when their slice is over, and ends all others at their deadline.
pub(super) fn install(store: &mut Store<Context>) {
    store.epoch_deadline_callback(|mut store| {
        let Context {
            ticks_left, state, ..
        } = store.data_mut();
        Ok(match ticks_left {
            Some(ticks) if *ticks > 0 => {
                let slice = SLICE.min(*ticks);
                *ticks -= slice;
                match state.phase {
                    // A host function waits for it, which cannot be suspended.
                    Phase::Callback { .. } => UpdateDeadline::Continue(slice),
                    _ => UpdateDeadline::Yield(slice),
                }
            }
            _ => UpdateDeadline::Interrupt,
        })
    });
}
