//! Modules that are not what they say, or export what cannot be used.

use karmem_core::schema::{self, Method, Param, Pass, Scalar, Type};
use karmem_core::section::{Item, fragment, interface_fragment, interface_len, len};
use karmem_core::{Interface, Karmem};
use karmem_derive::Karmem;
use karmem_host::{Access, Client, Error, Link, Module, Result, System};

use crate::{Scene, abi, builder, engine, fails, going, module};

const I32: Pass = Pass::Scalar(Type::Scalar(Scalar::I32));
const I64: Pass = Pass::Scalar(Type::Scalar(Scalar::I64));

/// `f/bad` with other types or of another version.
const fn bad(version: u32, param: Pass, result: Option<Pass>) -> schema::Interface {
    const fn leak(param: Pass, result: Option<Pass>) -> Method {
        Method {
            name: "go",
            params: match param {
                Pass::Scalar(Type::Scalar(Scalar::I64)) => &[Param {
                    name: "x",
                    pass: I64,
                }],
                _ => &[Param {
                    name: "x",
                    pass: I32,
                }],
            },
            ok: result,
            err: None,
        }
    }
    schema::Interface {
        package: "f",
        name: "bad",
        version,
        methods: match (param, result) {
            (Pass::Scalar(Type::Scalar(Scalar::I64)), _) => const { &[leak(I64, Some(I32))] },
            (_, Some(Pass::Scalar(Type::Scalar(Scalar::I64)))) => const { &[leak(I32, Some(I64))] },
            (_, Some(_)) => const { &[leak(I32, Some(I32))] },
            (_, None) => const { &[leak(I32, None)] },
        },
    }
}

static RIGHT: schema::Interface = bad(1, I32, Some(I32));

/// The interface, described; the client of the other tests compares no types.
enum Described {}

impl Interface for Described {
    const INTERFACE: &'static schema::Interface = &bad(1, I32, Some(I32));
}

struct DescribedClient(karmem_host::Method<i32, i32>);

impl Client for DescribedClient {
    type Interface = Described;

    fn bind(link: &mut Link<'_>) -> Result<Self> {
        Ok(DescribedClient(link.method("go")?))
    }
}

impl DescribedClient {
    fn go(&self, system: &mut System) -> Result<i32> {
        system.invoke(&self.0, |_| Ok(1), |r, _| Ok(r))
    }
}

/// The line of an interface.
macro_rules! interface_line {
    ($interface:expr) => {{
        const INTERFACE: schema::Interface = $interface;
        const LINE: [u8; interface_len(&INTERFACE)] = interface_fragment(&INTERFACE);
        String::from_utf8(LINE.to_vec()).unwrap()
    }};
}

macro_rules! type_line {
    ($t:ty) => {{
        const ITEM: Item = Item::Struct(<$t as Karmem>::LAYOUT);
        const LINE: [u8; len(&ITEM)] = fragment(&ITEM);
        String::from_utf8(LINE.to_vec()).unwrap()
    }};
}

/// As a custom section, before the rest of a module.
fn with_section(line: &str, rest: &str) -> String {
    let bytes: String = line.bytes().map(|b| format!("\\{b:02x}")).collect();
    format!("(@custom \"karmem\" \"{bytes}\") {rest}")
}

#[test]
fn a_damaged_description_is_refused_when_the_module_is_loaded() {
    let line = interface_line!(bad(1, I32, Some(I32)));
    let load = |line: &str| {
        let wasm = format!("(module {})", with_section(line, &going("(i32.const 1)")));
        Module::from_bytes_untyped(engine(), wat::parse_str(wasm).unwrap())
    };
    load(&line).unwrap();
    let words = "the module's schema cannot be read: ";
    for damaged in [
        line.replace("x:i32", "x:i64"),
        line.replace("karmem1", "karmem9"),
        line.replace('\n', ""),
        line.replace("interface", "something"),
        line.replace('#', "# "),
        line[..line.len() / 2].to_owned(),
        format!("{line}\n"),
        format!("{line}karmem1 interface\n"),
        "\n".into(),
        "\u{0}\u{0}\u{0}".into(),
    ] {
        let error = fails(load(&damaged), words);
        assert!(matches!(error, Error::Schema(_)));
    }
    for at in 0..line.len() {
        let mut bytes = line.clone().into_bytes();
        bytes[at] ^= 1;
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        fails(load(&text), words);
    }
}

#[test]
fn what_is_described_and_not_exported_is_not_there() {
    let line = interface_line!(bad(1, I32, Some(I32)));
    let liar = with_section(&line, &abi(&[]));
    let mut scene = Scene::new(&liar);
    let described = scene.system.describe();
    assert!(described.modules.iter().all(|m| m.exports.is_empty()));
    fails(
        scene.system.client::<DescribedClient>("bad").map(drop),
        "the host calls `f/bad@1` of `bad`, which exports no `f_bad__go`: it exports ",
    );
    scene.check();
    // Others do not find it either.
    let wants = module(r#"(import "karmem:f/bad@1" "f_bad__go" (func (param i32) (result i32)))"#);
    fails(
        builder(&liar).module("wants", &wants).build(),
        "`wants` imports `f/bad@1`, which nobody provides",
    );
}

#[test]
fn what_is_described_otherwise_than_wanted_is_refused() {
    let go32 = r#"(func (export "f_bad__go") (param i32) (result i32) (i32.const 4))"#;
    let go64 = r#"(func (export "f_bad__go") (param i64) (result i32) (i32.const 4))"#;
    assert_eq!(RIGHT.methods.len(), 1);
    for (line, go, words) in [
        (
            interface_line!(bad(2, I32, Some(I32))),
            go32,
            "`bad` has another version of `f/bad@1`",
        ),
        (
            interface_line!(bad(1, I64, Some(I32))),
            go64,
            "`host` and `bad` differ in `f/bad@1`: ",
        ),
        // These have the same numbers in wasm, or so they say.
        (
            interface_line!(bad(1, I64, Some(I32))),
            go32,
            "`host` and `bad` differ in `f/bad@1`: ",
        ),
        (
            interface_line!(bad(1, I32, None)),
            go32,
            "`host` and `bad` differ in `f/bad@1`: ",
        ),
        // Described as it is wanted, and exported otherwise.
        (
            interface_line!(bad(1, I32, Some(I32))),
            go64,
            "the guest's `go` is `(i64) -> i32`, and not `(i32) -> i32` as wanted here",
        ),
    ] {
        let text = with_section(&line, &format!("{} {go}", abi(&[])));
        let mut scene = Scene::new(&text);
        for _ in 0..2 {
            let client = scene.system.client::<DescribedClient>("bad");
            fails(client.map(drop), words);
            scene.check();
        }
    }
    // And what is right, is.
    let line = interface_line!(bad(1, I32, Some(I32)));
    let mut scene = Scene::new(&with_section(&line, &format!("{} {go32}", abi(&[]))));
    let client: DescribedClient = scene.system.client("bad").unwrap();
    assert_eq!(client.go(&mut scene.system).unwrap(), 4);
}

#[derive(Karmem)]
#[karmem(crate = "karmem_core")]
struct Point {
    x: f32,
    y: f32,
}

mod other {
    use super::Karmem;

    #[derive(Karmem)]
    #[karmem(crate = "karmem_core")]
    pub(super) struct Point {
        pub(super) x: f64,
        pub(super) y: f32,
    }
}

#[test]
fn a_version_with_other_types_is_not_swapped_in() {
    let text = |line: &str| with_section(line, &going("(i32.const 4)"));
    let line = type_line!(Point);
    let mut scene = Scene::new(&text(&line));
    let client = scene.bad();
    let other = type_line!(other::Point).replace("::other::", "::");
    // Its check sum is made again by loading it under its own name.
    let error = Module::from_bytes_untyped(
        engine(),
        wat::parse_str(format!("(module {})", text(&other))).unwrap(),
    );
    fails(error, "the module's schema cannot be read: ");
    for _ in 0..2 {
        let error = fails(
            scene
                .system
                .swap("bad", &module(&text(&type_line!(other::Point)))),
            "the module `bad` cannot be swapped, because its types changed by more than fields at the end \
             of tables:",
        );
        assert!(error.to_string().contains("Point"), "{error}");
        assert_eq!(client.go(&mut scene.system, 0).unwrap(), 4);
        scene.check();
    }
    let values = (Point { x: 0., y: 0. }, other::Point { x: 0., y: 0. });
    assert_eq!(
        f64::from(values.0.x + values.0.y),
        values.1.x + f64::from(values.1.y)
    );
}

#[test]
fn exports_of_the_wrong_kind_are_not_used() {
    let right = abi(&[]);
    let go = r#"(func (export "f_bad__go") (param i32) (result i32) (i32.const 4))"#;
    for (name, wrong) in [
        (
            "karmem_alloc",
            "(func (export \"karmem_alloc\") (param i32) (result i32) (i32.const 0))",
        ),
        (
            "karmem_alloc",
            "(func (export \"karmem_alloc\") (param i64 i64) (result i64) (i64.const 0))",
        ),
        (
            "karmem_alloc",
            "(global (export \"karmem_alloc\") i32 (i32.const 0))",
        ),
        ("karmem_free", "(func (export \"karmem_free\") (param i32))"),
        (
            "karmem_attach",
            "(func (export \"karmem_attach\") (param i32 i32 i32 f32))",
        ),
        (
            "karmem_detach",
            "(func (export \"karmem_detach\") (param i32) (result i32) (i32.const 0))",
        ),
        ("memory", "(table (export \"memory\") 1 funcref)"),
    ] {
        let without = right.replace(&format!("(export \"{name}\")"), "");
        let mut scene = Scene::new(&format!("{without} {wrong} {go}"));
        let bad = scene.bad();
        let error = fails(
            scene.system.grant("other", "bad", Access::Read),
            "the guest cannot take messages: ",
        );
        assert!(
            error.to_string().contains(&format!("`{name}`")),
            "{name}: {error}"
        );
        assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
        scene.check();
    }
}

#[test]
fn a_module_that_does_not_start_is_not_there() {
    for (wrong, words) in [
        (
            "(func $s unreachable) (start $s)",
            "wasm `unreachable` instruction executed",
        ),
        (
            "(func $s (loop $l (br $l))) (start $s)",
            "ran past its deadline of 200ms",
        ),
        (
            r#"(func (export "_initialize") unreachable)"#,
            "the guest trapped in `bad._initialize`",
        ),
        (
            r#"(func (export "_initialize") (param i32))"#,
            "the guest's `_initialize` is `(i32)`, and not `()` as wanted here",
        ),
        (
            r#"(func (export "karmem_init") unreachable)"#,
            "the guest trapped in `bad.karmem_init`",
        ),
        (
            r#"(data (i32.const -4) "too far out")"#,
            "out of bounds memory access",
        ),
        (
            "(table 2000000 funcref)",
            "more than `Limits::table_elements` of 1000000",
        ),
    ] {
        let text = format!("{} {wrong}", going("(i32.const 8)"));
        fails(builder(&text).build(), words);
        let mut scene = Scene::new(&going("(i32.const 4)"));
        let bad = scene.bad();
        scene.system.grant("other", "bad", Access::Write).unwrap();
        for _ in 0..2 {
            fails(scene.system.swap("bad", &module(&text)), words);
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
            scene.check();
        }
    }
}

#[test]
fn a_stack_pointer_of_another_kind_is_left_alone() {
    for global in [
        r#"(global $sp (export "__stack_pointer") (mut i64) (i64.const 1))"#,
        r#"(global $sp (export "__stack_pointer") f32 (f32.const 1))"#,
        r#"(global $sp (export "__stack_pointer") i32 (i32.const -1))"#,
    ] {
        let right = r#"(global $sp (export "__stack_pointer") (mut i32) (i32.const 4096))"#;
        let text = going("(if (local.get 0) (then unreachable)) (i32.const 4)");
        assert!(text.contains(right));
        let mut scene = Scene::new(&text.replace(right, global));
        let bad = scene.bad();
        for _ in 0..3 {
            fails(bad.go(&mut scene.system, 1), "`unreachable`");
            assert_eq!(bad.go(&mut scene.system, 0).unwrap(), 4);
            scene.check();
        }
    }
}
