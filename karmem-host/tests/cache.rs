//! Compiled modules that are kept on disk, and two engines that use the same.

use std::path::Path;

use karmem_host::wasmtime::{Cache, CacheConfig, Config};
use karmem_host::{Engine, Instance, Limits, Module};

fn cache(directory: &Path) -> Cache {
    let mut config = CacheConfig::new();
    config.with_directory(directory);
    Cache::new(config).unwrap()
}

#[test]
fn a_module_is_compiled_once() {
    let directory = std::env::temp_dir().join(format!("karmem-cache-{}", std::process::id()));
    let wasm = wat::parse_str(
        r#"(module (func (export "add") (param i32 i32) (result i32)
            local.get 0 local.get 1 i32.add))"#,
    )
    .unwrap();
    for found in [0, 1] {
        // As after a new start of the program.
        let cache = cache(&directory);
        let mut config = Config::new();
        config.cache(Some(cache.clone()));
        let engine = Engine::with_config(config).unwrap();
        let module = Module::from_bytes_untyped(&engine, &wasm).unwrap();
        assert_eq!(cache.cache_hits(), found);
        assert_eq!(cache.cache_misses(), 1 - found);
        let mut guest = Instance::new(&module, Limits::default()).unwrap();
        assert_eq!(guest.call::<(i32, i32), i32>("add", (2, 3)).unwrap(), 5);
    }
    std::fs::remove_dir_all(&directory).unwrap();
}
