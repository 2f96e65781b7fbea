//! Random steps on a system, compared with a model after each: no write is lost, nothing leaks, what
//! is refused is refused, and nothing crashes.
//!
//! `KARMEM_MODEL_STEPS` and `KARMEM_MODEL_SEED` set how many steps, and which.
#![allow(missing_docs, unused_crate_dependencies, unreachable_pub)]

#[path = "../common/mod.rs"]
mod common;

mod calls;
mod changes;
mod check;
mod guest;
mod heap;
mod host;
mod model;
mod steps;
mod versions;
mod world;

use karmem_host::Engine;

use common::{Rng, setting};
use world::World;

/// Runs random steps, with the seed in the failure's message.
fn run(engine: &Engine, name: &str, copying: bool, steps: u64) {
    let steps = setting("KARMEM_MODEL_STEPS", steps);
    let seed = setting("KARMEM_MODEL_SEED", 1);
    let mut world = World::new(engine, Rng::new(seed), copying);
    let _told = Told { name, seed };
    for _ in 0..steps {
        world.step();
    }
    world.check_all();
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
    run(&Engine::new().unwrap(), "default", false, 100_000);
}

#[test]
fn random_steps_on_the_pooling_engine() {
    run(&common::pooling(), "pooling", false, 100_000);
}

#[test]
fn random_steps_where_regions_are_copied() {
    run(&common::pooling(), "copying", true, 20_000);
}
