//! What the host implements for guests.

use std::sync::{Arc, Mutex};

use karmem_core::{Interface, schema};
use karmem_host::{Access, Caller, Definer, Error, Provider, Result, provided};

use crate::common::method;

/// What the host does while a guest waits.
#[derive(Clone, Copy, Debug)]
pub enum Meanwhile {
    Nothing,
    Grant(&'static str, &'static str, Access),
    Revoke(&'static str, &'static str),
    Fail,
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
                let mut order = order.lock().unwrap();
                let done = match order.0.take().expect("an order for each call") {
                    Meanwhile::Nothing => Ok(()),
                    Meanwhile::Grant(region, module, access) => cx.grant(region, module, access),
                    Meanwhile::Revoke(region, module) => cx.revoke(region, module),
                    Meanwhile::Fail => {
                        return Err(Error::Abi("the host was told to fail".into()));
                    }
                };
                order.1 = Some(done);
                Ok(0)
            })
        })
    }
}
