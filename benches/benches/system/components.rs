//! The same work in the component model: two components by hand, with the canonical ABI that bindings
//! would be generated for. Their allocator only goes up and is set back after each call, which is
//! less than generated bindings do.

use karmem_benches::system::{Body, Point};
use wasmtime::component::{Component, Instance, InstancePre, Linker, TypedFunc};
use wasmtime::{Engine, Result, Store};

/// A body as a component takes it; a tuple is laid out like a record.
pub(crate) type Tuple = (u32, f32, f32, f32, f32, f32, f32);

pub(crate) fn tuple(body: &Body) -> Tuple {
    let (pos, speed) = (body.pos, body.speed);
    (body.id, pos.x, pos.y, pos.z, speed.x, speed.y, speed.z)
}

pub(crate) fn body((id, x, y, z, dx, dy, dz): Tuple) -> Body {
    Body {
        id,
        pos: Point { x, y, z },
        speed: Point {
            x: dx,
            y: dy,
            z: dz,
        },
    }
}

const BODY: &str = "(tuple u32 f32 f32 f32 f32 f32 f32)";
const FLAT: &str = "(param i32 f32 f32 f32 f32 f32 f32)";

/// The work. A list is written to the start of the page, and is gone with the next call.
fn work() -> String {
    format!(
        r#"
    (core module $Work
        (memory (export "memory") 2)
        (func (export "realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
            (local $missing i32)
            (local.set $missing (i32.sub
                (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 2)) (memory.size)))
            (if (i32.gt_s (local.get $missing) (i32.const 0))
                (then (if (i32.lt_s (memory.grow (local.get $missing)) (i32.const 0)) (then unreachable))))
            (i32.const 4096))
        (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
        (func (export "look") (param $at i32) (param $length i32) (result i64)
            (local $sum i64) (local $end i32)
            (local.set $end (i32.add (local.get $at)
                (select (i32.const 64) (local.get $length) (i32.gt_u (local.get $length) (i32.const 64)))))
            (block $done (loop $next
                (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
                (local.set $sum (i64.add (local.get $sum) (i64.load8_u (local.get $at))))
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (br $next)))
            (local.get $sum))
        (func (export "step") {FLAT} (result i32)
            (i32.store (i32.const 1024) (local.get 0))
            (f32.store (i32.const 1028) (f32.add (local.get 1) (local.get 4)))
            (f32.store (i32.const 1032) (f32.add (local.get 2) (local.get 5)))
            (f32.store (i32.const 1036) (f32.add (local.get 3) (local.get 6)))
            (f32.store (i32.const 1040) (local.get 4))
            (f32.store (i32.const 1044) (local.get 5))
            (f32.store (i32.const 1048) (local.get 6))
            (i32.const 1024)))
    (core instance $work (instantiate $Work))
    (alias core export $work "memory" (core memory $memory))
    (func (export "add") (param "a" s64) (param "b" s64) (result s64)
        (canon lift (core func $work "add")))
    (func (export "look") (param "bytes" (list u8)) (result s64)
        (canon lift (core func $work "look") (memory $memory) (realloc (core func $work "realloc"))))
    (func (export "step") (param "body" {BODY}) (result {BODY})
        (canon lift (core func $work "step") (memory $memory)))"#
    )
}

/// What calls it in loops. The list that it sends lies in its own memory.
fn drive() -> String {
    format!(
        r#"
    (import "add" (func $add (param "a" s64) (param "b" s64) (result s64)))
    (import "look" (func $look (param "bytes" (list u8)) (result s64)))
    (import "step" (func $step (param "body" {BODY}) (result {BODY})))
    (core module $Memory (memory (export "memory") 1100))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $bytes))
    (core func $add_low (canon lower (func $add)))
    (core func $look_low (canon lower (func $look) (memory $bytes)))
    (core func $step_low (canon lower (func $step) (memory $bytes)))
    (core module $Drive
        (import "memory" "memory" (memory 1100))
        (import "work" "add" (func $add (param i64 i64) (result i64)))
        (import "work" "look" (func $look (param i32 i32) (result i64)))
        (import "work" "step" (func $step {FLAT} (param i32)))
        (func (export "adds") (param $times i32) (result i64)
            (local $sum i64)
            (block $done (loop $next
                (br_if $done (i32.eqz (local.get $times)))
                (local.set $sum (call $add (local.get $sum) (i64.const 1)))
                (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                (br $next)))
            (local.get $sum))
        (func (export "looks") (param $times i32) (param $length i32) (result i64)
            (local $sum i64)
            (memory.fill (i32.const 4096) (i32.const 1) (i32.const 64))
            (block $done (loop $next
                (br_if $done (i32.eqz (local.get $times)))
                (local.set $sum (i64.add (local.get $sum) (call $look (i32.const 4096) (local.get $length))))
                (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                (br $next)))
            (local.get $sum))
        (func (export "steps") (param $times i32) {FLAT} (result i32)
            (i32.store (i32.const 1024) (local.get 1))
            (f32.store (i32.const 1028) (local.get 2))
            (f32.store (i32.const 1032) (local.get 3))
            (f32.store (i32.const 1036) (local.get 4))
            (f32.store (i32.const 1040) (local.get 5))
            (f32.store (i32.const 1044) (local.get 6))
            (f32.store (i32.const 1048) (local.get 7))
            (block $done (loop $next
                (br_if $done (i32.eqz (local.get $times)))
                (call $step
                    (i32.load (i32.const 1024)) (f32.load (i32.const 1028)) (f32.load (i32.const 1032))
                    (f32.load (i32.const 1036)) (f32.load (i32.const 1040)) (f32.load (i32.const 1044))
                    (f32.load (i32.const 1048)) (i32.const 1024))
                (local.set $times (i32.sub (local.get $times) (i32.const 1)))
                (br $next)))
            (i32.const 1024)))
    (core instance $drive (instantiate $Drive
        (with "memory" (instance $memory))
        (with "work" (instance
            (export "add" (func $add_low)) (export "look" (func $look_low)) (export "step" (func $step_low))))))
    (func (export "adds") (param "times" u32) (result s64) (canon lift (core func $drive "adds")))
    (func (export "looks") (param "times" u32) (param "length" u32) (result s64)
        (canon lift (core func $drive "looks")))
    (func (export "steps") (param "times" u32) (param "body" {BODY}) (result {BODY})
        (canon lift (core func $drive "steps") (memory $bytes)))"#
    )
}

/// Both in one component, linked with each other.
fn composed() -> String {
    format!(
        r#"(component
    (component $Work {})
    (component $Drive {})
    (instance $work (instantiate $Work))
    (instance $drive (instantiate $Drive
        (with "add" (func $work "add")) (with "look" (func $work "look")) (with "step" (func $work "step"))))
    (export "adds" (func $drive "adds"))
    (export "looks" (func $drive "looks"))
    (export "steps" (func $drive "steps")))"#,
        work(),
        drive()
    )
}

/// The component that works, called by the host.
pub(crate) struct Worker {
    pub(crate) store: Store<()>,
    pub(crate) add: TypedFunc<(i64, i64), (i64,)>,
    pub(crate) look: TypedFunc<(&'static [u8],), (i64,)>,
    pub(crate) step: TypedFunc<(Tuple,), (Tuple,)>,
}

impl Worker {
    pub(crate) fn new(engine: &Engine) -> Result<Worker> {
        let component = Component::new(engine, format!("(component {})", work()))?;
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &component)?;
        Ok(Worker {
            add: instance.get_typed_func(&mut store, "add")?,
            look: instance.get_typed_func(&mut store, "look")?,
            step: instance.get_typed_func(&mut store, "step")?,
            store,
        })
    }
}

/// Who does the work for the component that calls it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    /// The other component, composed with it.
    Composed,
    /// The other component, in the same store, through functions of the host.
    ThroughHost,
    /// The host.
    Host,
}

/// What functions of the host call.
type Called = Option<(
    TypedFunc<(i64, i64), (i64,)>,
    TypedFunc<(Vec<u8>,), (i64,)>,
    TypedFunc<(Tuple,), (Tuple,)>,
)>;

/// The component that calls in loops.
pub(crate) struct Driver {
    store: Store<Called>,
    adds: TypedFunc<(u32,), (i64,)>,
    looks: TypedFunc<(u32, u32), (i64,)>,
    steps: TypedFunc<(u32, Tuple), (Tuple,)>,
}

impl Driver {
    pub(crate) fn new(engine: &Engine, provider: Provider) -> Result<Driver> {
        let mut store = Store::new(engine, None);
        let mut linker = Linker::<Called>::new(engine);
        let component = match provider {
            Provider::Composed => composed(),
            _ => format!("(component {})", drive()),
        };
        match provider {
            Provider::Composed => {}
            Provider::ThroughHost => {
                let work = Component::new(engine, format!("(component {})", self::work()))?;
                let work = Linker::<Called>::new(engine).instantiate(&mut store, &work)?;
                let called = (
                    work.get_typed_func(&mut store, "add")?,
                    work.get_typed_func(&mut store, "look")?,
                    work.get_typed_func(&mut store, "step")?,
                );
                *store.data_mut() = Some(called);
                let mut root = linker.root();
                const SET: &str = "set above";
                root.func_wrap("add", |mut store, args: (i64, i64)| {
                    let add = store.data().as_ref().expect(SET).0;
                    add.call(&mut store, args)
                })?;
                root.func_wrap("look", |mut store, args: (Vec<u8>,)| {
                    let look = store.data().as_ref().expect(SET).1;
                    look.call(&mut store, args)
                })?;
                root.func_wrap("step", |mut store, args: (Tuple,)| {
                    let step = store.data().as_ref().expect(SET).2;
                    step.call(&mut store, args)
                })?;
            }
            Provider::Host => {
                use karmem_benches::system::{LOOK, Work, Worker};
                let mut root = linker.root();
                root.func_wrap("add", |_, (a, b): (i64, i64)| Ok((Worker.add(a, b),)))?;
                root.func_wrap("look", |_, (bytes,): (Vec<u8>,)| {
                    Ok((bytes.iter().take(LOOK).copied().map(i64::from).sum::<i64>(),))
                })?;
                root.func_wrap("step", |_, (args,): (Tuple,)| {
                    Ok((tuple(&Worker.step(&body(args))),))
                })?;
            }
        }
        let component = Component::new(engine, component)?;
        let instance = linker.instantiate(&mut store, &component)?;
        Driver::of(store, instance)
    }

    fn of(mut store: Store<Called>, instance: Instance) -> Result<Driver> {
        Ok(Driver {
            adds: instance.get_typed_func(&mut store, "adds")?,
            looks: instance.get_typed_func(&mut store, "looks")?,
            steps: instance.get_typed_func(&mut store, "steps")?,
            store,
        })
    }

    pub(crate) fn adds(&mut self, times: u32) -> i64 {
        self.adds
            .call(&mut self.store, (times,))
            .expect("no trap")
            .0
    }

    pub(crate) fn looks(&mut self, times: u32, length: u32) -> i64 {
        let sum = self.looks.call(&mut self.store, (times, length));
        sum.expect("no trap").0
    }

    pub(crate) fn steps(&mut self, times: u32, start: &Body) -> Body {
        let end = self.steps.call(&mut self.store, (times, tuple(start)));
        body(end.expect("no trap").0)
    }
}

/// Two components, composed and compiled, to be instantiated.
pub(crate) fn compiled(engine: &Engine) -> Result<InstancePre<()>> {
    Linker::new(engine).instantiate_pre(&Component::new(engine, composed())?)
}
