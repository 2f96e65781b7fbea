//! What a host sees of a system through `tracing`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use karmem_core::Interface;
use karmem_core::schema;
use karmem_host::{
    Access, Client, Engine, Instance, Limits, Link, Method, Module, Region, Result, System,
};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Notes the names of spans in the order in which they begin.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Vec<&'static str>>>, Arc<AtomicU64>);

impl Subscriber for Names {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("karmem_host")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.lock().unwrap().push(span.metadata().name());
        Id::from_u64(self.1.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Names {
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

enum Nop {}

impl Interface for Nop {
    const INTERFACE: &'static schema::Interface = &schema::Interface {
        package: "t",
        name: "nop",
        version: 1,
        methods: &[schema::Method {
            name: "go",
            params: &[],
            ok: None,
            err: None,
        }],
    };
}

struct NopClient(Method<(), ()>);

impl Client for NopClient {
    type Interface = Nop;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(NopClient(link.method("go")?))
    }
}

/// One block at a fixed place is enough here.
const GUEST: &str = r#"(module
    (memory (export "memory") 64)
    (global $next (mut i32) (i32.const 65536))
    (func (export "karmem_alloc") (param i32 i32) (result i32)
        (global.get $next)
        (global.set $next (i32.add (global.get $next) (local.get 0))))
    (func (export "karmem_free") (param i32 i32 i32))
    (func (export "karmem_attach") (param i32 i32 i32 i32))
    (func (export "karmem_detach") (param i32))
    (func (export "t_nop__go")))"#;

#[test]
fn spans_tell_what_a_system_does() {
    let names = Names::default();
    tracing::subscriber::with_default(names.clone(), || {
        let engine = Engine::new().unwrap();
        let wasm = wat::parse_str(GUEST).unwrap();
        let module = Module::from_bytes_untyped(&engine, &wasm).unwrap();
        assert_eq!(names.take(), ["compile"]);

        let mut system = System::builder(&engine)
            .module("one", &module)
            .region("r", Region::anonymous(1).unwrap())
            .outbox(1)
            .build()
            .unwrap();
        assert_eq!(names.take(), ["system", "instantiate"]);
        system.grant("r", "one", Access::Write).unwrap();
        assert_eq!(names.take(), ["attach"]);
        let client: NopClient = system.client("one").unwrap();
        names.take();
        system
            .invoke(&client.0, |_| Ok(()), |(), _| Ok(()))
            .unwrap();
        assert_eq!(names.take(), ["call"]);
        system.seal("r").unwrap();
        assert_eq!(names.take(), ["seal"]);
        system.swap("one", &module).unwrap();
        assert!(names.take().starts_with(&["swap", "instantiate"]));
        system.revoke("r", "one").unwrap();
        assert_eq!(names.take(), ["detach"]);

        let mut guest = Instance::new(&module, Limits::default()).unwrap();
        assert_eq!(names.take(), ["instantiate"]);
        guest.call::<(), ()>("t_nop__go", ()).unwrap();
        assert_eq!(names.take(), ["call"]);
    });
}
