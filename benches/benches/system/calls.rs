//! Calls in every direction.

use criterion::Criterion;
use karmem_benches::system::{Body, LOOK, Point, Work, Worker};

use crate::{GIB, KIB, MIB, Modules, components, measure, measure_many, plain};

fn start() -> Body {
    Body {
        id: 7,
        pos: Point::default(),
        speed: Point {
            x: 0.5,
            y: 0.25,
            z: 0.125,
        },
    }
}

/// What `times` steps lead to, so that every loop is checked before it is timed.
fn steps(times: u32) -> Body {
    (0..times).fold(start(), |body, _| Worker.step(&body))
}

/// Of the host to a module.
pub(crate) fn into_guests(criterion: &mut Criterion) {
    let modules = Modules::load();
    let engine = wasmtime::Engine::default();
    let mut plain = plain::Worker::new(&engine).expect("it runs");
    let mut component = components::Worker::new(&engine).expect("it runs");

    let group = "system-call";
    let mut resident = modules.resident(KIB);
    measure(criterion, group, "karmem", 0, || {
        let sum = resident.work.add(&mut resident.system, 40, 2);
        assert_eq!(sum.expect("no trap"), 42);
    });
    measure(criterion, group, "wasm", 0, || {
        let sum = plain.add.call(&mut plain.store, (40, 2));
        assert_eq!(sum.expect("no trap"), 42);
    });
    measure(criterion, group, "component", 0, || {
        let sum = component.add.call(&mut component.store, (40, 2));
        assert_eq!(sum.expect("no trap").0, 42);
    });

    let group = "system-call-message";
    let size = size_of::<Body>();
    let (body, end) = (start(), steps(1));
    measure(criterion, group, "karmem", size, || {
        let next = resident.work.step(&mut resident.system, &body);
        assert_eq!(next.expect("no trap"), end);
    });
    measure(criterion, group, "component", size, || {
        let args = (components::tuple(&body),);
        let next = component.step.call(&mut component.store, args);
        assert_eq!(components::body(next.expect("no trap").0), end);
    });
    drop(resident);

    let group = "system-call-resident";
    for length in [KIB, MIB, 64 * MIB, GIB] {
        let mut resident = modules.resident(length);
        measure(criterion, group, "karmem", length, || {
            let sum = resident.work.look(&mut resident.system, resident.payload);
            assert_eq!(sum.expect("no trap"), LOOK as i64);
        });
        if length > 64 * MIB {
            continue;
        }
        let bytes: &'static [u8] = crate::payload(length).bytes.leak();
        measure(criterion, group, "component", length, || {
            let sum = component.look.call(&mut component.store, (bytes,));
            assert_eq!(sum.expect("no trap").0, LOOK as i64);
        });
    }
}

/// Of one module to another, the calls of the host not counted.
pub(crate) fn between_guests(criterion: &mut Criterion) {
    let modules = Modules::load();
    let engine = wasmtime::Engine::default();
    let driver = |provider| components::Driver::new(&engine, provider).expect("it runs");
    let mut component = driver(components::Provider::Composed);
    let mut component_host = driver(components::Provider::ThroughHost);
    let mut plain = plain::Driver::new(&engine, plain::Provider::Direct).expect("it runs");
    let mut plain_host =
        plain::Driver::new(&engine, plain::Provider::ThroughHost).expect("it runs");

    let group = "system-guest-guest";
    let mut resident = modules.resident(KIB);
    measure_many(criterion, group, "karmem", 0, |times| {
        let sum = resident.drive.adds(&mut resident.system, times);
        assert_eq!(sum.expect("no trap"), i64::from(times));
    });
    measure_many(criterion, group, "wasm", 0, |times| {
        assert_eq!(plain.adds(times), i64::from(times));
    });
    measure_many(criterion, group, "wasm_host", 0, |times| {
        assert_eq!(plain_host.adds(times), i64::from(times));
    });
    measure_many(criterion, group, "component", 0, |times| {
        assert_eq!(component.adds(times), i64::from(times));
    });
    measure_many(criterion, group, "component_host", 0, |times| {
        assert_eq!(component_host.adds(times), i64::from(times));
    });

    let group = "system-guest-guest-message";
    let size = size_of::<Body>();
    let (body, end) = (start(), steps(3));
    let three = resident.drive.steps(&mut resident.system, 3, &body);
    assert_eq!(three.expect("no trap"), end);
    assert_eq!(component.steps(3, &body), end);
    assert_eq!(component_host.steps(3, &body), end);
    measure_many(criterion, group, "karmem", size, |times| {
        resident
            .drive
            .steps(&mut resident.system, times, &body)
            .expect("no trap")
    });
    measure_many(criterion, group, "component", size, |times| {
        component.steps(times, &body)
    });
    measure_many(criterion, group, "component_host", size, |times| {
        component_host.steps(times, &body)
    });

    let group = "system-guest-guest-resident";
    for length in [KIB, MIB, 64 * MIB] {
        let mut resident = modules.resident(length);
        measure_many(criterion, group, "karmem", length, |times| {
            let (system, payload) = (&mut resident.system, resident.payload);
            let sum = resident.drive.looks(system, times, payload);
            assert_eq!(sum.expect("no trap"), i64::from(times) * LOOK as i64);
        });
        let looked = |component: &mut components::Driver, times| {
            let sum = component.looks(times, length as u32);
            assert_eq!(sum, i64::from(times) * LOOK as i64);
        };
        measure_many(criterion, group, "component", length, |times| {
            looked(&mut component, times);
        });
        measure_many(criterion, group, "component_host", length, |times| {
            looked(&mut component_host, times);
        });
    }
}

/// Of a module to the host.
pub(crate) fn to_the_host(criterion: &mut Criterion) {
    let modules = Modules::load();
    let engine = wasmtime::Engine::default();
    let mut component =
        components::Driver::new(&engine, components::Provider::Host).expect("it runs");
    let mut plain = plain::Driver::new(&engine, plain::Provider::Host).expect("it runs");
    let mut system = modules.system("host");
    let drive: karmem_benches::system::DriveClient =
        system.client("drive").expect("it is exported");

    let group = "system-guest-host";
    measure_many(criterion, group, "karmem", 0, |times| {
        let sum = drive.adds(&mut system, times);
        assert_eq!(sum.expect("no trap"), i64::from(times));
    });
    measure_many(criterion, group, "wasm", 0, |times| {
        assert_eq!(plain.adds(times), i64::from(times));
    });
    measure_many(criterion, group, "component", 0, |times| {
        assert_eq!(component.adds(times), i64::from(times));
    });

    let group = "system-guest-host-message";
    let size = size_of::<Body>();
    let (body, end) = (start(), steps(3));
    let three = drive.steps(&mut system, 3, &body);
    assert_eq!(three.expect("no trap"), end);
    assert_eq!(component.steps(3, &body), end);
    measure_many(criterion, group, "karmem", size, |times| {
        drive.steps(&mut system, times, &body).expect("no trap")
    });
    measure_many(criterion, group, "component", size, |times| {
        component.steps(times, &body)
    });
}
