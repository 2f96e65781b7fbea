//! A world of monsters lives in a guest's memory: the host builds it there, the guest moves it there
//! for 600 frames, and the host reads it there after each frame. Beside it, the same work the usual
//! way: MessagePack, copied and decoded each frame.

mod in_place;
mod msgpack;
mod report;

use std::error::Error;
use std::path::{Path, PathBuf};

use karmem::host::Engine;
use monsters_model::{MONSTERS, Statistics, World};
use report::Run;

/// How many monsters there are.
const MONSTER_COUNT: usize = 10_000;
/// How many frames they move.
const FRAMES: u32 = 600;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(guest), Some(msgpack_guest)) = (arguments.next(), arguments.next()) else {
        return Err(
            "run it by `cargo xtask demo monsters`, which builds the guests: \
                    monsters-demo GUEST.wasm MSGPACK_GUEST.wasm"
                .into(),
        );
    };
    compare(&guest, &msgpack_guest)
}

fn compare(guest: &Path, msgpack_guest: &Path) -> Result<(), Box<dyn Error>> {
    let engine = Engine::new()?;
    let start = World::new(MONSTER_COUNT);
    println!(
        "{MONSTER_COUNT} monsters, moved by a guest for {FRAMES} frames; after each, the host reads them all.\n"
    );

    let expected = expected(&start);
    let karmem = in_place::run(&engine, guest, &start, FRAMES)?;
    let msgpack = msgpack::run(&engine, msgpack_guest, &start, FRAMES)?;
    for run in [&karmem, &msgpack] {
        check(run, &expected)?;
    }
    report::print(&karmem, &msgpack);
    println!(
        "\nThe same types for other languages, {}.km:\n",
        MONSTERS.name()
    );
    println!("{}", MONSTERS.to_km()?);
    Ok(())
}

/// The same frames natively, without any guest.
fn expected(start: &World) -> (World, Vec<Statistics>) {
    let mut world = start.clone();
    let statistics = (0..FRAMES).map(|_| {
        world.step();
        let mut statistics = Statistics::default();
        for monster in &world.monsters {
            statistics.add(monster.bumps, monster.pos.z);
        }
        statistics
    });
    let statistics = statistics.collect();
    (world, statistics)
}

/// Compares every position at the end, to the bit, and the statistics of every frame.
fn check(run: &Run, (world, statistics): &(World, Vec<Statistics>)) -> Result<(), String> {
    if run.statistics != *statistics {
        return Err(format!(
            "{}: the statistics are not those of a native run",
            run.name
        ));
    }
    if run.world != *world {
        return Err(format!(
            "{}: the final world is not that of a native run",
            run.name
        ));
    }
    Ok(())
}
