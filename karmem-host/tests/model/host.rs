//! What the host implements for guests.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use karmem_core::{Interface, schema};
use karmem_host::{Access, Caller, Definer, Engine, Error, Imports, Provider, Result, provided};

use crate::common::method;

/// What the host does while a guest waits.
#[derive(Clone, Copy, Debug)]
pub enum Meanwhile {
    Nothing,
    Grant(&'static str, &'static str, Access),
    Revoke(&'static str, &'static str),
    /// Changes grants, and goes on after a panic below.
    Caught(&'static str, &'static str, Option<Access>),
    Fail,
    Panic,
}

/// The order, and what came of it.
pub type Order = Arc<Mutex<(Option<Meanwhile>, Option<Result<()>>)>>;

pub enum Host {}

impl Interface for Host {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "m",
        name: "host",
        version: 1,
        methods: &[method("serve")],
    };
}

pub struct HostProvider(pub Order);

impl Provider for HostProvider {
    type Interface = Host;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let this = provided(self.0);
        host.method("serve", move |caller: Caller<'_>, _: i32| {
            this.serve(caller, |order, cx| {
                // Not held meanwhile: callbacks of guests may panic.
                let what = order.lock().unwrap().0.take();
                let done = match what.expect("an order for each call") {
                    Meanwhile::Nothing => Ok(()),
                    Meanwhile::Grant(region, module, access) => cx.grant(region, module, access),
                    Meanwhile::Revoke(region, module) => cx.revoke(region, module),
                    Meanwhile::Caught(region, module, access) => {
                        let done = silently(|| match access {
                            Some(access) => cx.grant(region, module, access),
                            None => cx.revoke(region, module),
                        });
                        done.unwrap_or_else(|| Err(Error::Abi("a panic was caught".into())))
                    }
                    Meanwhile::Fail => {
                        return Err(Error::Abi("the host was told to fail".into()));
                    }
                    Meanwhile::Panic => panic_silently(),
                };
                order.lock().unwrap().1 = Some(done);
                Ok(0)
            })
        })
    }
}

/// What a panic carries that was asked for.
struct Asked;

/// Panics without a message on the terminal.
fn panic_silently() -> ! {
    resume_unwind(Box::new(Asked))
}

/// Gives `None` after a panic that was asked for.
pub fn silently<T>(f: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(done) => Some(done),
        Err(panic) if panic.is::<Asked>() => None,
        Err(panic) => resume_unwind(panic),
    }
}

/// Imports that belong to no interface.
pub fn imports(engine: &Engine) -> Imports {
    let mut imports = Imports::new(engine);
    imports
        .func("env", "panic", || -> () { panic_silently() })
        .unwrap();
    imports.func("env", "plain", || {}).unwrap();
    imports
}
