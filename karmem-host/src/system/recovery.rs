//! What is done after a call that failed: stacks, what modules hold, and their regions are put in order.

use std::time::{Duration, Instant};

use wasmtime::{AsContextMut, StoreContextMut, WasmBacktrace};

use crate::call::is_late;
use crate::context::Context;
use crate::engine::ticks;
use crate::error::Error;
use crate::system::guest::{Guest, cut_off};
use crate::system::phase::{During, Phase};
use crate::system::port::Poisoned;
use crate::system::state::Member;
use crate::system::{System, port, regions};

/// How long all modules of a system together may take after a call that failed, to forget what that call held and to
/// take their regions again: half of it at first, each its share of what is left and no less than 50 milliseconds as
/// long as there are any, and the other half for those that were late, which may be the machine's fault. A
/// module that is late again is poisoned. Other instances have this long each.
pub const RECOVERY: Duration = Duration::from_secs(2);

/// What a module that needs a moment gets although there are many others.
const LEAST: Duration = Duration::from_millis(50);

/// The time for a recovery, shared out to one module after the other.
struct Budget {
    until: Instant,
    modules: u32,
}

impl Budget {
    fn new(modules: usize) -> Budget {
        Budget {
            until: Instant::now() + RECOVERY / 2,
            modules: u32::try_from(modules).unwrap_or(u32::MAX),
        }
    }

    /// The time of the next module: what the ones before it left over is shared by it and those that follow.
    fn share(&mut self) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        let share = left / self.modules.max(1);
        self.modules = self.modules.saturating_sub(1);
        share.max(LEAST).min(left)
    }
}

impl System {
    /// After a call that ended in an error: puts everything back that a trap leaves as it was, and says
    /// what happened.
    #[cold]
    pub(super) fn failed(&mut self, name: &str, e: wasmtime::Error) -> Error {
        // Called by the host itself, as opposed to a module that it called.
        let running = |trace: &WasmBacktrace| {
            let mut members = self.state().guests.iter();
            members.any(|member| member.guest.is_in(trace))
        };
        if let Some(poisoned) = e.downcast_ref::<Poisoned>()
            && !e.downcast_ref::<WasmBacktrace>().is_some_and(running)
        {
            return Error::Poisoned {
                module: poisoned.module.to_string(),
                why: poisoned.why.to_string(),
            };
        }
        let store = &mut self.store.as_context_mut();
        store.data_mut().state.stats.traps += 1;
        let context = store.data();
        let (denied, limits) = (context.accountant.denied, *context.accountant.limits());
        let poisoned = poison_hidden(store, &e, None);
        let panic = recover(store, poisoned, Ended::Call);
        self.renew();
        let mut error = crate::call::trap(name, e, denied, &limits);
        if let Some(text) = panic {
            error.explain(text);
        }
        tracing::debug!(function = name, %error, "a call into a guest failed");
        error
    }

    /// After a call that did not come to its end: does what a trap needs. The call's messages are
    /// nobody's any more.
    #[cold]
    pub(super) fn abandon(&mut self) {
        let state = &mut self.store.data_mut().state;
        // A panic in the recovery has the next use of the system come here again.
        state.phase = Phase::Idle;
        state.top = 0;
        state.stats.traps += 1;
        let store = &mut self.store.as_context_mut();
        regions::forget_incoming(store);
        if store.data().state.copying
            && let Err(error) = regions::copy_out(store)
        {
            tracing::debug!(%error, "a copied region could not be read back");
        }
        let ended = wasmtime::Error::msg("it did not come to its end");
        poison_hidden(store, &ended, None);
        // A recovery that panicked may have poisoned others. Nobody asks for the message of a panic here.
        let _ = recover(store, true, Ended::Call);
    }

    /// After a function of the ABI or an initialisation that failed while no call was, or in one that went on: does
    /// what a trap needs.
    #[cold]
    pub(super) fn settle(&mut self) {
        let Some(ended) = self.state().unsettled else {
            return;
        };
        let _ = recover(&mut self.store.as_context_mut(), false, ended);
    }
}

/// What was cut off.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Ended {
    /// A function of the ABI.
    Abi,
    /// A call of the host's or an initialisation, with whatever it led to.
    Call,
}

/// Poisons the modules that keep hidden state, if they may have been running; `true` if there is one. The module in
/// the place `starting` is left out: what ran there was a new instance, and the old one may be of the same code.
pub(super) fn poison_hidden(
    store: &mut StoreContextMut<'_, Context>,
    e: &wasmtime::Error,
    starting: Option<usize>,
) -> bool {
    // wasmtime keeps the innermost frames; if there may be more, any module may have been running.
    const FRAMES: usize = 20;
    let trace = e.downcast_ref::<WasmBacktrace>();
    let trace = trace.filter(|trace| trace.frames().len() < FRAMES);
    let mut poisoned = false;
    for member in &mut store.data_mut().state.guests {
        let Member {
            guest,
            poisoned: why,
            ..
        } = member;
        let may_run = Some(guest.index) != starting && trace.is_none_or(|trace| guest.is_in(trace));
        if !guest.survives_traps() && may_run && why.is_none() {
            *why = Some(cut_off(e));
            poisoned = true;
        }
    }
    poisoned
}

/// Puts stacks and regions in order while no call is running, and asks for the message of a panic. Modules
/// that were `poisoned` before are unlinked together with those that are poisoned here.
#[cold]
fn recover(
    store: &mut StoreContextMut<'_, Context>,
    poisoned: bool,
    ended: Ended,
) -> Option<String> {
    let mut during = During::begin(store, Phase::Recovering);
    let panic = recover_all(&mut during, poisoned, ended);
    during.returned();
    panic
}

fn recover_all(
    store: &mut StoreContextMut<'_, Context>,
    mut poisoned: bool,
    ended: Ended,
) -> Option<String> {
    #[cfg(feature = "async")]
    {
        // What is left of an awaited call's time is not for this.
        store.data_mut().ticks_left = None;
    }
    if store.get_fuel().is_ok() {
        // The time is the bound.
        let _ = store.set_fuel(u64::MAX);
    }
    // What native code stored into strict windows before the trap is no matter of the next call.
    if store
        .data()
        .state
        .strict
        .as_ref()
        .is_some_and(|strict| strict.take_violations() > 0)
        && let Err(error) = regions::refresh_strict(store)
    {
        tracing::error!(%error, "a strict window could not be mapped again");
    }
    let members = store.data().state.guests.iter();
    let mut guests: Vec<_> = members
        .map(|member| member.guest.clone())
        .enumerate()
        .collect();
    for (_, guest) in &guests {
        guest.restore_stack(store.as_context_mut());
    }
    store.data_mut().begin_call();
    // The module that panicked is the innermost one, but asking is cheap and clears old messages.
    let mut panic = None;
    for last in [false, true] {
        let mut budget = Budget::new(guests.len());
        guests.retain(|(index, guest)| {
            store.set_epoch_deadline(ticks(Some(budget.share())));
            let done = match store.data().state.guests[*index].poisoned {
                Some(_) => Ok(()),
                None => begin_anew(store, *index, guest, ended),
            };
            let late = matches!(done, Err(Failure::Late(_)));
            if let Err(Failure::Late(why) | Failure::Trap(why)) = done
                && (last || !late)
            {
                tracing::warn!(module = &*guest.name, why, "a module is poisoned");
                store.data_mut().state.guests[*index].poisoned = Some(why.into());
                poisoned = true;
            }
            if !late {
                match guest.panic_message(store.as_context_mut()) {
                    Ok(text) => panic = panic.take().or(text),
                    Err(error) => {
                        if error.downcast_ref() == Some(&wasmtime::Trap::Interrupt) {
                            // Another time it would take as long.
                            store.data_mut().state.guests[*index].guest.ask_no_more();
                        }
                    }
                }
            }
            guest.restore_stack(store.as_context_mut());
            late
        });
    }
    let state = &mut store.data_mut().state;
    state.unsettled = None;
    state.recovery_panicked = false;
    if poisoned && let Err(error) = port::relink_all(store) {
        tracing::error!(%error, "a poisoned module could not be unlinked");
    }
    panic
}

/// After a panic of a host function below a function of the ABI, in a recovery: the next use of the system begins that
/// recovery again. The module of one that panics once more is poisoned, so that a recovery comes to its end.
#[cold]
pub(super) fn recovery_panicked(store: &mut StoreContextMut<'_, Context>, index: usize) {
    let state = &mut store.data_mut().state;
    let again = std::mem::replace(&mut state.recovery_panicked, true);
    if again && let Some(member) = state.guests.get_mut(index) {
        let why = "a host function that it called panicked again after a call that failed";
        member.poisoned = Some(why.into());
        member.guest.ask_no_more();
    }
}

/// Why a module could not begin anew.
enum Failure {
    /// Its time was over.
    Late(String),
    Trap(String),
}

/// Has a module forget what its calls held, and makes its regions known to it anew; otherwise says why it must not be
/// called any more.
fn begin_anew(
    store: &mut StoreContextMut<'_, Context>,
    index: usize,
    guest: &Guest,
    ended: Ended,
) -> Result<(), Failure> {
    let why = |what: &str, error: &Error| match is_late(error) {
        true => Failure::Late(format!(
            "it did not come back from `{what}` after a call that failed"
        )),
        false => Failure::Trap(format!(
            "its `{what}` failed after a call that failed ({error})"
        )),
    };
    let (forgotten, all) = match guest.reset(store) {
        Some(Ok(())) => (true, true),
        Some(Err(error)) => return Err(why("karmem_reset", &error)),
        // It holds nothing beyond a function of the ABI that the host could free. What that function was
        // to tell it, it may not know.
        None if ended == Ended::Abi => (true, false),
        None => (false, true),
    };
    for handle in store.data().state.handles() {
        match regions::announce_anew(store, handle, index, forgotten, all) {
            Ok(()) => {}
            Err(error) if is_late(&error) => return Err(why("karmem_attach", &error)),
            Err(error) => {
                tracing::debug!(%error, "a guest did not take a region again after a trap");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_that_takes_its_time_leaves_the_others_theirs() {
        let mut budget = Budget::new(4);
        let first = budget.share();
        assert!(first <= RECOVERY / 8 && first >= LEAST, "{first:?}");
        // Nobody took any.
        assert!(budget.share() > LEAST);
        budget.until = Instant::now() + LEAST / 2;
        let late = budget.share();
        assert!(late <= LEAST / 2, "{late:?}");
        budget.until = Instant::now();
        assert_eq!(budget.share(), Duration::ZERO);
        assert_eq!(budget.share(), Duration::ZERO);
    }
}
