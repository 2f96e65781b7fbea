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
