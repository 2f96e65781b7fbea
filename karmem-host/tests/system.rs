//! Systems of modules written by hand: links, shims, cycles, regions, swaps, traps.

use karmem_core::Interface;
use karmem_core::schema::{self, Pass, Scalar, Type};
use karmem_host::{
    Access, Caller, Client, Definer, Engine, Error, Limits, Link, Method, Module, Provider, Region,
    Result, System, provided,
};

const I32: Pass = Pass::Scalar(Type::Scalar(Scalar::I32));

const fn method(name: &'static str) -> schema::Method {
    schema::Method {
        name,
        params: &[schema::Param {
            name: "x",
            pass: I32,
        }],
        ok: Some(I32),
        err: None,
    }
}

/// An interface with one method `i32 -> i32`, with a client, as the macro would make it.
macro_rules! interface {
    ($interface:ident $client:ident $package:literal $name:literal $method:literal) => {
        enum $interface {}

        impl Interface for $interface {
            const INTERFACE: &'static schema::Interface = &schema::Interface {
                package: $package,
                name: $name,
                version: 1,
                methods: &[method($method)],
            };
        }

        #[allow(dead_code)]
        struct $client(Method<i32, i32>);

        impl Client for $client {
            type Interface = $interface;

            fn bind(link: &mut Link<'_>) -> Result<Self> {
                Ok($client(link.method($method)?))
            }
        }

        #[allow(dead_code)]
        impl $client {
            fn call(&self, system: &mut System, x: i32) -> Result<i32> {
                system.invoke(&self.0, |_| Ok(x), |r, _| Ok(r))
            }
        }
    };
}

interface! { A AClient "t" "a" "go" }
interface! { B BClient "t" "b" "go" }
interface! { H HClient "t" "h" "ask" }

/// The functions of the ABI, by an allocator that only goes up.
const ABI: &str = r#"
    (memory (export "memory") 2)
    (global $top (mut i32) (i32.const 65536))
    (global $base (export "base") (mut i32) (i32.const 0))
    (func (export "karmem_alloc") (param $size i32) (param $align i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
            (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
            (i32.xor (i32.sub (local.get $align) (i32.const 1)) (i32.const -1))))
        (global.set $top (i32.add (local.get $at) (local.get $size)))
        (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
            (then (if (i32.lt_s (memory.grow (i32.add (i32.const 1) (i32.div_u
                (i32.sub (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
                (i32.const 65536)))) (i32.const 0)) (then (return (i32.const 0))))))
        (local.get $at))
    (func (export "karmem_free") (param i32 i32 i32))
    (func (export "karmem_attach") (param $h i32) (param $at i32) (param i32 i32)
        (if (i32.eqz (i32.and (local.get 3) (i32.const 4))) (then (global.set $base (local.get $at)))))
    (func (export "karmem_detach") (param i32))
"#;

fn engine() -> Engine {
    Engine::new().unwrap()
}

fn module(engine: &Engine, text: &str) -> Module {
    Module::from_bytes_untyped(engine, wat::parse_str(format!("(module {text})")).unwrap()).unwrap()
}

fn problems(e: Error) -> Vec<String> {
    match e {
        Error::Link { problems } => problems,
        other => panic!("{other}"),
    }
}

/// Counts down through the other one: `go(x) = x == 0 ? 0 : 1 + other.go(x - 1)`.
fn ring(own: &str, other: &str) -> String {
    format!(
        r#"(import "karmem:t/{other}@1" "t_{other}__go" (func $other (param i32) (result i32)))
        (func (export "t_{own}__go") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (i32.add (i32.const 1) (call $other (i32.sub (local.get 0) (i32.const 1)))))))"#
    )
}

#[test]
fn modules_call_each_other_in_a_circle() {
    let engine = engine();
    let mut system = System::builder(&engine)
        .module("one", &module(&engine, &ring("a", "b")))
        .module("two", &module(&engine, &ring("b", "a")))
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    assert_eq!(one.call(&mut system, 1000).unwrap(), 1000);
    assert_eq!(system.stats().calls, 1);
    // Only modules that describe an interface say that they export it; the links are known anyway.
    let text = system.describe().to_string();
    assert!(text.contains("one -> two: t/b@1 (go)"), "{text}");
    assert!(text.contains("two -> one: t/a@1 (go)"), "{text}");
    assert!(text.contains("host -> one: t/a@1 (go)"), "{text}");
}

#[test]
fn what_is_missing_or_ambiguous_is_reported_at_once() {
    let engine = engine();
    let a = module(&engine, &ring("a", "b"));
    let b = module(&engine, &ring("b", "a"));
    let found = problems(
        System::builder(&engine)
            .module("one", &a)
            .build()
            .unwrap_err(),
    );
    assert_eq!(found, ["`one` imports `t/b@1`, which nobody provides"]);
    let found = problems(
        System::builder(&engine)
            .module("one", &a)
            .module("two", &b)
            .module("three", &b)
            .build()
            .unwrap_err(),
    );
    assert_eq!(
        found,
        ["`one` imports `t/b@1`, which `two`, `three` provide: choose one with `link`"]
    );
    let system = System::builder(&engine)
        .module("one", &a)
        .module("two", &b)
        .module("three", &b)
        .link("one", "t/b", "three")
        .build()
        .unwrap();
    let text = system.describe().to_string();
    assert!(text.contains("one -> three: t/b@1"), "{text}");

    let found = problems(
        System::builder(&engine)
            .module("one", &a)
            .module("two", &b)
            .link("one", "t/b", "four")
            .link("two", "t/z", "one")
            .build()
            .unwrap_err(),
    );
    assert_eq!(found.len(), 3, "{found:#?}");

    let wrong = module(
        &engine,
        r#"(func (export "t_b__go") (param i64) (result i32) i32.const 0)"#,
    );
    let found = problems(
        System::builder(&engine)
            .module("one", &a)
            .module("two", &wrong)
            .build()
            .unwrap_err(),
    );
    assert_eq!(
        found,
        ["`one` imports `t_b__go` as (i32) -> i32, and `two` exports it as (i64) -> i32"]
    );
    let more = module(&engine, r#"(import "env" "what" (func))"#);
    let found = problems(
        System::builder(&engine)
            .module("m", &more)
            .build()
            .unwrap_err(),
    );
    assert_eq!(
        found,
        ["`m` imports `env.what`: func (), which nobody provides"]
    );
}

struct Doubler(u32);

struct DoublerProvider(Doubler);

impl Provider for DoublerProvider {
    type Interface = H;

    fn define(self, host: &mut Definer<'_>) -> Result<()> {
        let this = provided(self.0);
        host.method("ask", move |caller: Caller<'_>, x: i32| {
            this.serve(caller, |it, cx| {
                it.0 += 1;
                assert_eq!(cx.caller()?, "one");
                if x == -7 {
                    cx.revoke("r", "one")?;
                }
                Ok(x * 2)
            })
        })
    }
}

fn asking() -> String {
    format!(
        r#"(import "karmem:t/h@1" "t_h__ask" (func $ask (param i32) (result i32))) {ABI}
        (func (export "t_a__go") (param i32) (result i32) (local $before i32)
            (local.set $before (i32.load (global.get $base)))
            (drop (call $ask (local.get 0)))
            (i32.add (i32.mul (local.get $before) (i32.const 1000)) (i32.load (global.get $base))))
        (func (export "t_b__go") (param i32) (result i32)
            (memory.fill (global.get $base) (local.get 0) (i32.const 65536))
            (i32.load (global.get $base)))"#
    )
}

#[test]
fn the_host_serves_a_module_and_takes_a_region_away_while_it_waits() {
    let engine = engine();
    let mut region = Region::anonymous(65536).unwrap();
    region.bytes_mut()[0] = 5;
    let mut system = System::builder(&engine)
        .module("one", &module(&engine, &asking()))
        .provide(DoublerProvider(Doubler(0)))
        .region("r", region)
        .volatile("r")
        .grant("r", "one", Access::Read)
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    let before = system.stats();
    one.call(&mut system, 1).unwrap();
    assert_eq!(system.stats().host_calls, before.host_calls + 1);
    one.call(&mut system, -7).unwrap();
    let left = system.describe();
    assert!(left.regions[0].grants.is_empty());
    assert!(matches!(
        one.call(&mut system, -7).unwrap_err(),
        Error::Trap(trap) if trap.to_string().contains("was not granted the region `r`")
    ));
    assert_eq!(system.bytes("r").unwrap()[0], 5);
}

#[test]
fn a_swap_leads_callers_that_live_on_to_the_new_version() {
    let engine = engine();
    let constant = |x: i32| {
        module(
            &engine,
            &format!(r#"(func (export "t_b__go") (param i32) (result i32) (i32.const {x}))"#),
        )
    };
    let caller = module(
        &engine,
        r#"(import "karmem:t/b@1" "t_b__go" (func $other (param i32) (result i32)))
        (func (export "t_a__go") (param i32) (result i32) (call $other (local.get 0)))"#,
    );
    let mut system = System::builder(&engine)
        .module("one", &caller)
        .module("two", &constant(1))
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    let two: BClient = system.client("two").unwrap();
    assert_eq!(one.call(&mut system, 0).unwrap(), 1);
    for x in 2..20 {
        system.swap("two", &constant(x)).unwrap();
        assert_eq!(one.call(&mut system, 0).unwrap(), x);
        assert_eq!(two.call(&mut system, 0).unwrap(), x);
    }
    // Versions that do not do: the old one goes on.
    for text in [
        "",
        r#"(func (export "t_b__go") (param i64) (result i32) (i32.const 0))"#,
        r#"(import "env" "x" (func)) (func (export "t_b__go") (param i32) (result i32) (i32.const 0))"#,
        r#"(func (export "t_b__go") (param i32) (result i32) (i32.const 0)) (func $s unreachable) (start $s)"#,
        r#"(func (export "t_b__go") (param i32) (result i32) (i32.const 0)) (func (export "_initialize") unreachable)"#,
    ] {
        let e = system.swap("two", &module(&engine, text)).unwrap_err();
        assert!(matches!(e, Error::Link { .. } | Error::Trap(_)), "{e}");
        assert_eq!(one.call(&mut system, 0).unwrap(), 19);
        assert_eq!(two.call(&mut system, 0).unwrap(), 19);
    }
    assert_eq!(system.stats().swaps, 18);
}

#[test]
fn twenty_thousand_traps_change_nothing() {
    let engine = engine();
    let trapping = module(
        &engine,
        r#"(global $sp (export "__stack_pointer") (mut i32) (i32.const 1000))
        (func (export "t_a__go") (param i32) (result i32)
            (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
            (if (local.get 0) (then unreachable))
            (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
            (global.get $sp))"#,
    );
    let mut system = System::builder(&engine)
        .module("one", &trapping)
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    for _ in 0..20_000 {
        assert!(one.call(&mut system, 1).unwrap_err().as_trap().is_some());
    }
    assert_eq!(one.call(&mut system, 0).unwrap(), 1000);
    assert_eq!(system.stats().traps, 20_000);
    assert_eq!(system.poisoned("one").unwrap(), None);
}

#[test]
fn a_module_with_hidden_state_is_poisoned_until_it_is_swapped() {
    let engine = engine();
    let hidden = module(
        &engine,
        r#"(global $sp (mut i32) (i32.const 1000))
        (func (export "t_b__go") (param i32) (result i32)
            (if (local.get 0) (then unreachable)) (i32.const 3))"#,
    );
    let caller = module(
        &engine,
        r#"(import "karmem:t/b@1" "t_b__go" (func $other (param i32) (result i32)))
        (func (export "t_a__go") (param i32) (result i32) (call $other (local.get 0)))"#,
    );
    let mut system = System::builder(&engine)
        .module("one", &caller)
        .module("two", &hidden)
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    let two: BClient = system.client("two").unwrap();
    assert_eq!(one.call(&mut system, 0).unwrap(), 3);
    assert!(one.call(&mut system, 1).is_err());
    assert!(system.poisoned("two").unwrap().is_some());
    assert_eq!(system.poisoned("one").unwrap(), None);
    let direct = two.call(&mut system, 0).unwrap_err();
    assert!(matches!(direct, Error::Poisoned { .. }), "{direct}");
    let through = one.call(&mut system, 0).unwrap_err().to_string();
    assert!(
        through.contains("the module `two` cannot be called any more"),
        "{through}"
    );
    system.swap("two", &hidden).unwrap();
    assert_eq!(one.call(&mut system, 0).unwrap(), 3);
    assert_eq!(two.call(&mut system, 0).unwrap(), 3);
}

#[test]
fn what_runs_too_long_or_burns_too_much_is_ended() {
    let endless = r#"(func (export "t_a__go") (param i32) (result i32)
        (loop $l (br_if $l (local.get 0))) (i32.const 1))"#;
    let engine = engine();
    let limits = Limits::default().deadline(std::time::Duration::from_millis(5));
    let mut system = System::builder(&engine)
        .module("one", &module(&engine, endless))
        .limits(limits)
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    let e = one.call(&mut system, 1).unwrap_err().to_string();
    assert!(e.contains("ran past its deadline of 5ms"), "{e}");
    assert_eq!(one.call(&mut system, 0).unwrap(), 1);

    let e = System::builder(&engine)
        .limits(limits.fuel(10_000))
        .build()
        .unwrap_err();
    assert!(e.to_string().contains("consume_fuel"), "{e}");
    let mut config = karmem_host::wasmtime::Config::new();
    config.consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    let mut system = System::builder(&engine)
        .module("one", &module(&engine, endless))
        .limits(Limits::default().fuel(10_000))
        .build()
        .unwrap();
    let one: AClient = system.client("one").unwrap();
    for _ in 0..3 {
        let e = one.call(&mut system, 1).unwrap_err().to_string();
        assert!(e.contains("used up its fuel of 10000"), "{e}");
        assert_eq!(one.call(&mut system, 0).unwrap(), 1);
    }
}

#[test]
fn the_graph_is_drawn_whatever_things_are_called() {
    let engine = engine();
    // The languages of graphs give these a meaning.
    let (quote, tag) = (r#"a "b" \"#, "<c>|#&\nd");
    let mut system = System::builder(&engine)
        .module(
            quote,
            &module(&engine, &format!("{} {ABI}", ring("a", "b"))),
        )
        .module(tag, &module(&engine, &ring("b", "a")))
        .region(tag, Region::anonymous(65536).unwrap())
        .region("plain", Region::copied(1 << 20).unwrap())
        .grant(tag, quote, Access::Write)
        .grant("plain", quote, Access::Read)
        .build()
        .unwrap();
    system.seal("plain").unwrap();
    let graph = system.describe();
    assert_eq!(
        graph.dot(),
        r#"digraph system {
  rankdir=LR;
  "host" [shape=house];
  "a \"b\" \\" [shape=box];
  "<c>|#&\nd" [shape=box];
  "a \"b\" \\" -> "<c>|#&\nd" [label="t/b@1"];
  "<c>|#&\nd" -> "a \"b\" \\" [label="t/a@1"];
  "region <c>|#&\nd" [shape=cylinder, label="<c>|#&\nd: 64 KiB"];
  "a \"b\" \\" -> "region <c>|#&\nd" [style=dashed, label="write"];
  "region plain" [shape=cylinder, label="plain: 1024 KiB, sealed, copied"];
  "region plain" -> "a \"b\" \\" [style=dashed, label="read"];
}
"#
    );
    let [r, plain] = [graph.regions[0].handle, graph.regions[1].handle];
    assert_eq!(
        graph.mermaid(),
        format!(
            r##"flowchart LR
  host{{{{host}}}}
  m0["a #34;b#34; \"]
  m1["#60;c#62;#124;#35;#38;#10;d"]
  m0 -->|"t/b@1"| m1
  m1 -->|"t/a@1"| m0
  r{r}[("#60;c#62;#124;#35;#38;#10;d: 64 KiB")]
  m0 -.->|write| r{r}
  r{plain}[("plain: 1024 KiB, sealed, copied")]
  r{plain} -.->|read| m0
"##
        )
    );
}

/// Half of the arguments are written when the host's code panics.
#[test]
fn a_panic_while_arguments_are_written_gives_their_place_back() {
    use karmem_core::interface::Outgoing;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let engine = engine();
    let mut system = System::builder(&engine)
        .module("a", &module(&engine, &format!("{ABI} {}", echo("a"))))
        .outbox(65536)
        .build()
        .unwrap();
    let a: AClient = system.client("a").unwrap();
    // Together some sixteen times what the outbox holds.
    let message = vec![7_u8; 1000];
    for round in 0..1000 {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let lower = |sending: &mut karmem_host::Sending<'_>| {
                sending.put(&Bytes {
                    bytes: message.clone(),
                })?;
                match round % 2 {
                    0 => panic!("in the middle"),
                    _ => Err(Error::Reentered),
                }
            };
            system.invoke(&a.0, lower, |r, _| Ok(r))
        }));
        assert!(caught.is_err() || matches!(caught, Ok(Err(Error::Reentered))));
    }
    let lower = |sending: &mut karmem_host::Sending<'_>| {
        sending.put(&Bytes {
            bytes: vec![7; 60_000],
        })?;
        Ok(3)
    };
    assert_eq!(system.invoke(&a.0, lower, |r, _| Ok(r)).unwrap(), 3);
}

#[derive(karmem_derive::Karmem)]
#[karmem(crate = "karmem_core")]
struct Bytes {
    bytes: Vec<u8>,
}

/// `go` gives back what it is given.
fn echo(own: &str) -> String {
    format!(r#"(func (export "t_{own}__go") (param i32) (result i32) (local.get 0))"#)
}
