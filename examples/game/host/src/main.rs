//! The game: three modules share a world, one of them is exchanged while frames run, and a rogue that
//! writes where it may only read is shown harmless.
//!
//! Each frame the host makes two calls. `mind` reads the world and writes its orders; `physics` reads the
//! orders and writes the world, and asks `terrain` about the ground under every animal, wasm to wasm.
//! Nothing is copied: both regions stay where they are for all frames, also when `mind` is another.
//!
//! `cargo xtask demo` builds everything and runs this; the arguments are the modules.

mod map;

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use game_model::{
    Animal, Kind, Level, Line, Log, LogProvider, MindClient, Orders, PhysicsClient, Vec2, World,
};
use karmem::Shared;
use karmem::host::{Access, Engine, Module, Region, System};

const ANIMALS: usize = 10_000;
const FRAMES: u32 = 200;
const SIDE: f32 = 1000.0;

/// The host's log: what modules say goes to the terminal.
struct Terminal;

impl Log for Terminal {
    fn line(&mut self, level: Level, line: &Line) {
        let mark = match level {
            Level::Info => "·",
            Level::Warning => "!",
        };
        println!("  {mark} {}", line.text);
    }
}

/// The modules' files.
struct Files {
    physics: PathBuf,
    terrain: PathBuf,
    grazer: PathBuf,
    hunter: PathBuf,
    rogue: PathBuf,
}

impl Files {
    fn from_arguments() -> Result<Files, String> {
        let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
        let mut next = |name: &str| {
            paths.next().ok_or_else(|| {
                format!("the path of {name}.wasm is missing; run this with `cargo xtask demo`")
            })
        };
        Ok(Files {
            physics: next("game_physics")?,
            terrain: next("game_terrain")?,
            grazer: next("game_grazer")?,
            hunter: next("game_hunter")?,
            rogue: next("game_rogue")?,
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let files = Files::from_arguments()?;
    let engine = Engine::new()?;
    let module = |path: &PathBuf| Module::from_file(&engine, path);

    // Who is there, and who may do what. Who calls whom follows from what they import and export.
    let mut system = System::builder(&engine)
        .module("physics", &module(&files.physics)?)
        .module("terrain", &module(&files.terrain)?)
        .module("mind", &module(&files.grazer)?)
        .provide(LogProvider(Terminal))
        .region("world", Region::anonymous(1 << 20)?)
        .region("orders", Region::anonymous(1 << 20)?)
        .grant("world", "physics", Access::Write)
        .grant("world", "mind", Access::Read)
        .grant("orders", "mind", Access::Write)
        .grant("orders", "physics", Access::Read)
        .build()?;

    // The only time that the world is written as a whole; from now on it stays where it is.
    let mut game = Game {
        world: system.write("world", &first_world())?,
        orders: system.write("orders", &no_orders())?,
        physics: system.client("physics")?,
        mind: system.client("mind")?,
    };
    println!("{}", system.describe());
    println!("the beginning");
    map::print(&system.view(game.world)?);

    println!("\n{FRAMES} frames with the grazer");
    game.run(&mut system)?;

    println!("\n{FRAMES} frames with the hunter, swapped in while the world stays where it is");
    let hunter = module(&files.hunter)?;
    let start = Instant::now();
    system.swap("mind", &hunter)?;
    println!("  swapped in {:.1} ms", ms(start.elapsed()));
    game.run(&mut system)?;

    println!("\na rogue takes the hunter's place and writes zeros over all that it may only read");
    // It brings no description of its types, as a module by hand may not.
    let rogue = Module::from_bytes_untyped(&engine, std::fs::read(&files.rogue)?)?;
    system.swap("mind", &rogue)?;
    let before = system.view(game.world)?.to_owned()?;
    let wiped = game.mind.think(&mut system, game.world, game.orders)?;
    let after = system.view(game.world)?.to_owned()?;
    match wiped {
        Ok(bytes) => println!(
            "  the rogue believes that it wiped {bytes} bytes: the world, and the messages of others; they were its private \
             copies"
        ),
        Err(why) => println!("  the rogue gave up: {why:?}"),
    }
    if before != after {
        return Err("the rogue changed the world".into());
    }
    println!("  not a bit of the world has changed");
    let step = game
        .physics
        .step(&mut system, game.world, game.orders, 1.0 / 60.0)?;
    println!("  physics goes on and moved {} animals", step.moved);

    println!("\n{FRAMES} frames with the hunter again");
    system.swap("mind", &module(&files.hunter)?)?;
    game.run(&mut system)?;

    let stats = system.stats();
    println!(
        "\n{} calls by the host, {} of modules to its log, {} swaps; mapped, to be shared in place: {:.1} MiB; copied: {:.1} KiB \
         (the first world, and the messages of calls)",
        stats.calls,
        stats.host_calls,
        stats.swaps,
        stats.bytes_shared as f64 / f64::from(1 << 20),
        stats.bytes_copied as f64 / 1024.0,
    );
    Ok(())
}

/// What a frame needs.
struct Game {
    world: Shared<World>,
    orders: Shared<Orders>,
    physics: PhysicsClient,
    mind: MindClient,
}

impl Game {
    fn run(&mut self, system: &mut System) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        let mut way = 0.0;
        for _ in 0..FRAMES {
            let ordered = self.mind.think(system, self.world, self.orders)?;
            ordered.map_err(|why| format!("the mind is confused: {why:?}"))?;
            way += self
                .physics
                .step(system, self.world, self.orders, 1.0 / 60.0)?
                .way;
        }
        let took = start.elapsed();
        let calls = f64::from(FRAMES) * ANIMALS as f64;
        // Read where it lies.
        let world = system.view(self.world)?;
        println!(
            "  {:.0} frames/s, {:.1} million calls/s from physics to the terrain; now it is frame {}, and the animals went \
             {way:.0} together",
            f64::from(FRAMES) / took.as_secs_f64(),
            calls / took.as_secs_f64() / 1e6,
            world.frame(),
        );
        map::print(&world);
        Ok(())
    }
}

fn first_world() -> World {
    let animal = |index: usize| Animal {
        // Spread by the golden ratio, which needs no randomness.
        pos: Vec2 {
            x: (index as f32 * 0.618_034).fract() * SIDE,
            y: index as f32 / ANIMALS as f32 * SIDE,
        },
        speed: Vec2 { x: 0.0, y: 0.0 },
        energy: 100.0,
        kind: if index.is_multiple_of(20) {
            Kind::Wolf
        } else {
            Kind::Sheep
        },
    };
    World {
        frame: 0,
        side: SIDE,
        animals: (0..ANIMALS).map(animal).collect(),
    }
}

fn no_orders() -> Orders {
    Orders {
        thrust: vec![Vec2 { x: 0.0, y: 0.0 }; ANIMALS],
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
