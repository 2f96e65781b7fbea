//! Random steps on a system, compared with a model after each: no write is lost, nothing leaks, what
//! is refused is refused, and nothing crashes.
//!
//! `KARMEM_MODEL_STEPS` and `KARMEM_MODEL_SEED` set how many steps, and which.
#![allow(missing_docs, unused_crate_dependencies, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod attacks;
mod calls;
mod changes;
mod check;
mod guest;
mod heap;
mod host;
mod model;
mod readers;
mod steps;
mod versions;
mod world;

use karmem_host::Engine;
use karmem_host::wasmtime::Config;

use common::{Rng, setting};
use world::World;

/// Fuel of each call: enough for all steps but those that write slowly or never end. Copying costs a unit a byte.
const FUEL: u64 = 200_000;

/// Runs random steps, with the seed in the failure's message.
fn run(engine: &Engine, name: &str, copying: bool, fuel: Option<u64>, steps: u64) {
    let steps = setting("KARMEM_MODEL_STEPS", steps);
    let seed = setting("KARMEM_MODEL_SEED", 1);
    let mut world = World::new(engine, Rng::new(seed), copying, fuel);
    let _told = Told { name, seed };
    for _ in 0..steps {
        world.step();
    }
    world.check_all();
    assert!(
        world.held.passes() > 0 || steps < 1000,
        "no thread has read anything"
    );
    let counts = world.counts();
    // A step that never happens, or never succeeds, would show nothing.
    if steps >= 100_000 {
        for (step, (done, refused)) in &counts {
            assert!(*done > 0, "`{step}` never succeeded ({refused} refusals)");
        }
    }
    println!("{name}: {steps} steps of seed {seed}: done, refused");
    for (step, (done, refused)) in counts {
        println!("  {step}: {done}, {refused}");
    }
}

/// Says how to repeat a failure.
struct Told<'a> {
    name: &'a str,
    seed: u64,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "{}: repeat this with KARMEM_MODEL_SEED={}",
                self.name, self.seed
            );
        }
    }
}

#[test]
fn random_steps_on_the_default_engine() {
    run(&Engine::new().unwrap(), "default", false, None, 100_000);
}

#[test]
fn random_steps_on_the_pooling_engine() {
    run(&common::pooling(), "pooling", false, None, 100_000);
}

#[test]
fn random_steps_where_regions_are_copied() {
    run(&common::pooling(), "copying", true, None, 20_000);
}

#[test]
fn random_steps_where_fuel_runs_out() {
    let mut config = Config::new();
    config.consume_fuel(true);
    let engine = Engine::with_config(config).unwrap();
    run(&engine, "fuel", false, Some(FUEL), 20_000);
}
