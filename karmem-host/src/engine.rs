//! The engine: compiler settings, and the clock that ends guests that run too long.

use std::thread;
use std::time::Duration;

use crate::error::{Error, Result, text};
use crate::system::Shims;

/// How often an engine's clock ticks. A call's deadline is rounded up to whole ticks plus one, so a
/// guest is never stopped early, and at most about two ticks late on a machine that is not busy.
pub const TICK: Duration = Duration::from_millis(1);

/// Compiles modules and keeps the clock that their deadlines are measured with.
///
/// Cloning is cheap and gives the same engine. Each engine has one background thread that advances
/// its clock every [`TICK`]; the thread ends by itself once the engine, its modules and its
/// instances are gone. Programs need one engine, seldom more.
///
/// ```
/// let engine = karmem_host::Engine::new()?;
/// let same = engine.clone();
/// # Ok::<(), karmem_host::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    inner: wasmtime::Engine,
    shims: Shims,
}

impl Engine {
    /// An engine with wasmtime's default settings.
    ///
    /// # Errors
    ///
    /// If wasmtime does not support this machine, or if the clock's thread cannot be started.
    pub fn new() -> Result<Engine> {
        Engine::with_config(wasmtime::Config::new())
    }

    /// An engine with your own settings, for example the pooling allocator, fuel, or a cache of
    /// compiled modules. Two settings are made whatever `config` says: epoch interruption is switched on,
    /// because deadlines need it, and memories may not move, because regions are mapped into them (so a
    /// memory cannot grow beyond `Config::memory_reservation`, 4 GiB on a 64-bit machine).
    ///
    /// One setting is refused: the pooling allocator's protection keys. A mapped region would carry
    /// the key that every guest has, and those whose memories lie close to each other because they are kept
    /// apart by keys could reach it. Two others change what regions can do: with
    /// `Config::signals_based_traps(false)` there are no strict grants, and memories of a
    /// `Config::with_host_memory` take regions only if they begin at a page of the machine.
    ///
    /// ```
    /// use karmem_host::{Engine, wasmtime::{Config, OptLevel}};
    ///
    /// let mut config = Config::new();
    /// config.cranelift_opt_level(OptLevel::SpeedAndSize);
    /// let engine = Engine::with_config(config)?;
    /// # Ok::<(), karmem_host::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the settings contradict each other, or if the clock's thread cannot be started.
    pub fn with_config(mut config: wasmtime::Config) -> Result<Engine> {
        config.epoch_interruption(true);
        config.memory_may_move(false);
        let inner = wasmtime::Engine::new(&config).map_err(|e| Error::Engine(text(e)))?;
        if has_protection_keys(&inner) {
            return Err(Error::Engine(
                "regions cannot be mapped into memories with protection keys: set \
                 `PoolingAllocationConfig::memory_protection_keys(Enabled::No)`"
                    .into(),
            ));
        }
        // Weak, so that the thread does not keep alive the engine it ticks for.
        let weak = inner.weak();
        thread::Builder::new()
            .name("karmem-clock".into())
            .spawn(move || {
                loop {
                    thread::sleep(TICK);
                    match weak.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            })
            .map_err(|e| Error::Engine(e.to_string()))?;
        Ok(Engine {
            inner,
            shims: Shims::default(),
        })
    }

    /// The engine underneath.
    #[must_use]
    pub fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner
    }

    /// What systems have compiled, for others to use.
    pub(crate) fn shims(&self) -> &Shims {
        &self.shims
    }
}

/// Whether memories are kept apart by protection keys, which a mapping over them would lose.
fn has_protection_keys(engine: &wasmtime::Engine) -> bool {
    // `Auto` is refused as well: whether it means yes depends on the machine.
    engine
        .get_pooling_config()
        .is_some_and(|pool| !matches!(pool.get_memory_protection_keys(), wasmtime::Enabled::No))
}

/// So many ticks that at least `deadline` passes before they are over.
pub(crate) fn ticks(deadline: Option<Duration>) -> u64 {
    // Half the range: wasmtime adds this to the current tick.
    const NEVER: u64 = u64::MAX / 2;
    match deadline {
        None => NEVER,
        Some(deadline) => {
            let ticks = deadline.as_nanos().div_ceil(TICK.as_nanos());
            u64::try_from(ticks).map_or(NEVER, |t| t.min(NEVER - 1) + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_never_early() {
        assert_eq!(ticks(Some(Duration::ZERO)), 1);
        assert_eq!(ticks(Some(Duration::from_nanos(1))), 2);
        assert_eq!(ticks(Some(TICK)), 2);
        assert_eq!(ticks(Some(TICK * 10)), 11);
        assert_eq!(ticks(Some(Duration::MAX)), u64::MAX / 2);
        assert_eq!(ticks(None), u64::MAX / 2);
    }
}
