//! What is left of regions if the system refuses what a grant's end needs, or the guest does not
//! cooperate.
#![allow(missing_docs, unused_crate_dependencies)]

use karmem_host::wasmtime::{Config, InstanceAllocationStrategy, PoolingAllocationConfig};
use karmem_host::{Access, Engine, Error, Instance, Limits, Module, Region, Removed, System};

/// A guest that takes regions, and does something special when it loses one.
fn guest(engine: &Engine, detach: &str) -> Module {
    let text = format!(
        r#"(module
        (memory (export "memory") 2)
        (global (export "__stack_pointer") (mut i32) (i32.const 0))
        (global $once (export "once") (mut i32) (i32.const 0))
        (func (export "karmem_alloc") (param $size i32) (param i32) (result i32) (local $at i32)
            (local.set $at (memory.grow (i32.shr_u (local.get $size) (i32.const 16))))
            (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const 0))))
            (i32.shl (local.get $at) (i32.const 16)))
        (func (export "karmem_free") (param i32 i32 i32))
        (func (export "karmem_attach") (param i32 i32 i32 i32))
        (func (export "karmem_detach") (param i32) {detach}))"#
    );
    Module::from_bytes_untyped(engine, wat::parse_str(text).unwrap()).unwrap()
}

fn region(byte: u8) -> Region {
    let mut region = Region::anonymous(3 << 16).unwrap();
    region.bytes_mut().fill(byte);
    region
}

#[test]
fn a_guest_that_traps_does_not_take_the_region_with_it() {
    let engine = Engine::new().unwrap();
    let mut system = System::builder(&engine)
        .module("stubborn", &guest(&engine, "unreachable"))
        .region("r", region(9))
        .grant("r", "stubborn", Access::Write)
        .build()
        .unwrap();
    let e = system.remove_region("r").unwrap_err();
    assert!(matches!(e, Error::Trap(_)), "{e}");
    assert!(system.bytes("r").unwrap().iter().all(|b| *b == 9));
    let Removed::Region(region) = system.remove_region("r").unwrap() else {
        panic!("sealed");
    };
    assert!(region.bytes().iter().all(|b| *b == 9));
    assert!(system.remove_region("r").is_err());
}

/// Lets the kernel refuse all new mappings of this process, or not any more.
#[cfg(target_os = "linux")]
fn refuse(refuse: bool) {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer leads to a value of the type that this call writes.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_AS, &mut limit) }, 0);
    limit.rlim_cur = if refuse { 1 } else { limit.rlim_max };
    // SAFETY: the pointer leads to a value of the type that this call reads.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

#[cfg(target_os = "linux")]
const CHILD: &str = "KARMEM_TEST_REFUSED";

/// In a process of its own, whose limits are nobody else's.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_unmapped_stays_granted_and_out_of_the_pool() {
    if std::env::var_os(CHILD).is_some() {
        return unmappable();
    }
    let out = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "what_cannot_be_unmapped_stays_granted_and_out_of_the_pool",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{text}");
    assert!(String::from_utf8_lossy(&out.stdout).contains("1 passed"));
}

#[cfg(target_os = "linux")]
fn unmappable() {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_memories(1).max_memory_size(64 << 20);
    let mut config = Config::new();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::with_config(config).unwrap();
    let module = guest(&engine, "");
    let system = |region| {
        System::builder(&engine)
            .module("guest", &module)
            .region("r", region)
            .grant("r", "guest", Access::Write)
            .build()
    };
    // The one slot is used again and again, ...
    for _ in 0..3 {
        drop(system(region(8)).unwrap());
    }
    let mut kept = system(region(9)).unwrap();
    refuse(true);
    let results = [
        kept.revoke("r", "guest"),
        kept.remove_region("r").map(drop),
        kept.seal("r").map(drop),
        kept.grant("r", "guest", Access::Read),
    ];
    refuse(false);
    for result in results {
        assert!(matches!(result, Err(Error::Region(_))), "{result:?}");
    }
    // Nothing has changed.
    let description = kept.describe();
    let found = &description.regions[0];
    assert!(!found.sealed, "{description}");
    assert_eq!(found.grants.len(), 1, "{description}");
    assert!(kept.bytes("r").unwrap().iter().all(|b| *b == 9));
    // And all of it can be done later.
    let sealed = kept.seal("r").unwrap();
    drop(sealed);
    kept.unseal("r").unwrap();
    refuse(true);
    drop(kept);
    refuse(false);
    // ... but not if there is still a region in it.
    let e = Instance::new(&module, Limits::default()).unwrap_err();
    assert!(e.to_string().contains("concurrent"), "{e}");
}
