//! Guests and hosts that do everything wrong: each fault is a clear error, and the system and its
//! regions are as usable afterwards as before.
#![allow(missing_docs, unused_crate_dependencies, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod allocators;
mod calls;
mod hosts;
mod large;
mod loading;
mod recovery;
mod results;

use std::sync::OnceLock;
use std::time::Duration;

use karmem_host::{Access, Engine, Error, Limits, Module, Region, Result, System, SystemBuilder};

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new().unwrap())
}

pub fn module(text: &str) -> Module {
    common::module(engine(), text)
}

/// The functions of the ABI. Each part of `faults` stands at the beginning of the body of the function
/// of its name: `alloc`, `free`, `attach`, `detach`.
pub fn abi(faults: &[(&str, &str)]) -> String {
    let fault = |name: &str| {
        let fault = faults.iter().find(|(function, _)| *function == name);
        fault.map_or("", |(_, text)| *text)
    };
    let (alloc, free, attach, detach) = (
        fault("alloc"),
        fault("free"),
        fault("attach"),
        fault("detach"),
    );
    format!(
        r#"
        (memory (export "memory") 1 1000)
        ;; Where the next block begins: the allocator goes up, and gives the block once more that was
        ;; freed last.
        (data (i32.const 1020) "\00\00\01\00")
        (global $sp (export "__stack_pointer") (mut i32) (i32.const 4096))
        (func $alloc (export "karmem_alloc") (param $size i32) (param $align i32) (result i32)
            (local $at i32) (local $pages i32)
            {alloc}
            (local.set $at (i32.load (i32.const 1004)))
            (if (local.get $at) (then (i32.store (i32.const 1004) (i32.const 0)) (return (local.get $at))))
            (local.set $at (i32.and
                (i32.add (i32.load (i32.const 1020)) (i32.sub (local.get $align) (i32.const 1)))
                (i32.sub (i32.const 0) (local.get $align))))
            (local.set $pages (i32.sub
                (i32.div_u (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 65535))
                    (i32.const 65536))
                (memory.size)))
            (if (i32.gt_s (local.get $pages) (i32.const 0))
                (then (if (i32.eq (i32.const -1) (memory.grow (local.get $pages)))
                    (then (return (i32.const 0))))))
            (i32.store (i32.const 1020) (i32.add (local.get $at) (local.get $size)))
            (local.get $at))
        (func $free (export "karmem_free") (param $at i32) (param $size i32) (param $align i32)
            {free}
            (i32.store (i32.const 1004) (local.get $at)))
        ;; Where each region begins, at 8 times its handle.
        (func $attach (export "karmem_attach") (param $h i32) (param $at i32) (param $len i32)
            (param $flags i32)
            {attach}
            (i32.store (i32.shl (local.get $h) (i32.const 3)) (local.get $at))
            (i32.store offset=4 (i32.shl (local.get $h) (i32.const 3)) (local.get $len)))
        (func (export "karmem_detach") (param $h i32)
            {detach}
            (i64.store (i32.shl (local.get $h) (i32.const 3)) (i64.const 0)))
        (func $base (param $h i32) (result i32)
            (i32.load (i32.shl (local.get $h) (i32.const 3))))
        "#
    )
}

interface! { Good GoodClient "f" "good" {
    first: u32 => i32,
    set: (u32, i32) => (),
} }

interface! { Bad BadClient "f" "bad" { go: i32 => i32 } }

/// What a module does whom nothing is the matter with.
pub fn good() -> String {
    let abi = abi(&[]);
    format!(
        r#"{abi}
        (func (export "f_good__first") (param i32) (result i32) (i32.load (call $base (local.get 0))))
        (func (export "f_good__set") (param i32 i32)
            (i32.store (call $base (local.get 0)) (local.get 1)))"#
    )
}

/// A module that does something wrong when `f/bad.go` is called.
pub fn going(body: &str) -> String {
    let abi = abi(&[]);
    format!(
        r#"{abi} (func $go (export "f_bad__go") (param i32) (result i32) (local $x i32) {body})"#
    )
}

/// A system with a module that is well and one that is not.
pub struct Scene {
    pub system: System,
    pub good: GoodClient,
}

pub fn limits() -> Limits {
    Limits::default()
        .memory(16 << 20)
        .deadline(Duration::from_millis(200))
}

/// The module that is well has two regions; the other one has a third that nobody else has.
pub fn builder(bad: &str) -> SystemBuilder {
    let region = |first: u8| {
        let mut region = Region::anonymous(1 << 16).unwrap();
        region.bytes_mut()[0] = first;
        region
    };
    System::builder(engine())
        .limits(limits())
        .outbox(1 << 16)
        .module("good", &module(&good()))
        .module("bad", &module(bad))
        .region("mine", region(1))
        .region("theirs", region(2))
        .region("other", region(3))
        .grant("mine", "good", Access::Write)
        .grant("theirs", "good", Access::Read)
}

impl Scene {
    pub fn new(bad: &str) -> Scene {
        Scene::of(builder(bad))
    }

    pub fn of(builder: SystemBuilder) -> Scene {
        let mut system = builder.build().unwrap();
        let good = system.client("good").unwrap();
        let mut scene = Scene { system, good };
        scene.check();
        scene
    }

    pub fn bad(&mut self) -> BadClient {
        self.system.client("bad").unwrap()
    }

    /// Everything works that has nothing to do with the module that is not well.
    pub fn check(&mut self) {
        let Scene { system, good } = self;
        let handle = |system: &System, name| system.shared::<()>(name, 0).unwrap().handle();
        let (mine, theirs) = (handle(system, "mine"), handle(system, "theirs"));
        assert_eq!(system.poisoned("good").unwrap(), None);
        for value in [77, 1] {
            good.set(system, (mine, value)).unwrap();
            assert_eq!(system.bytes("mine").unwrap()[0], value as u8);
            assert_eq!(good.first(system, mine).unwrap(), value);
        }
        assert_eq!(good.first(system, theirs).unwrap(), 2);
        system.bytes_mut("theirs").unwrap()[0] = 9;
        assert_eq!(good.first(system, theirs).unwrap(), 9);
        system.bytes_mut("theirs").unwrap()[0] = 2;
        assert_eq!(system.bytes("other").unwrap()[0], 3);
        // Sealing and granting go on as well.
        let sealed = system.seal("theirs").unwrap();
        assert_eq!(sealed[0], 2);
        drop(sealed);
        system.unseal("theirs").unwrap();
        system.revoke("theirs", "good").unwrap();
        assert_eq!(system.bytes("theirs").unwrap()[0], 2);
        system.grant("theirs", "good", Access::Read).unwrap();
        assert_eq!(good.first(system, theirs).unwrap(), 2);
    }
}

/// The text of an error that must be.
pub fn text<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("this must fail"),
        Err(e) => e.to_string(),
    }
}

/// The text of an error that must be, with some words in it.
#[track_caller]
pub fn fails<T>(result: Result<T>, words: &str) -> Error {
    match result {
        Ok(_) => panic!("this must fail with `{words}`"),
        Err(e) => {
            let text = e.to_string();
            assert!(text.contains(words), "`{words}` is not in: {text}");
            e
        }
    }
}
