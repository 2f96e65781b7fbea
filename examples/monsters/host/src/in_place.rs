//! The run in place.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use karmem::host::{Engine, Instance, Limits, Module};
use karmem::{EncodeError, Karmem, Sink};
use monsters_model::{Statistics, World};

use crate::report::{Run, progress};

/// Builds the world in the guest's memory, moves it there, and reads it there.
pub(crate) fn run(
    engine: &Engine,
    guest: &Path,
    start: &World,
    frames: u32,
) -> Result<Run, Box<dyn Error>> {
    let module = Module::from_file(engine, guest)?;
    // Whatever the guest means by `World` must be what the host means by it.
    let mut guest = Instance::builder(&module)
        .limits(Limits::default())
        .expect::<World>()
        .build()?;
    let block = guest.alloc(start.encoded_len()?)?;
    guest.build(&block, |writer| build(start, writer))?;
    let message = block.message(0);
    let step = guest.func::<i64, i32>("step")?;

    let bar = progress("in place", frames);
    let clock = Instant::now();
    let mut all = Vec::with_capacity(frames as usize);
    for _ in 0..frames {
        if step.call(&mut guest, message)? != start.monsters.len() as i32 {
            return Err("the guest did not move every monster".into());
        }
        let world = guest.view_unverified::<World>(&block)?;
        let mut statistics = Statistics::default();
        for monster in world.monsters().iter() {
            statistics.add(monster.bumps(), monster.pos().z());
        }
        all.push(statistics);
        bar.inc(1);
    }
    let time = clock.elapsed();
    bar.finish_and_clear();

    let stats = guest.stats();
    // At the end the host does not trust the guest: it checks the message before it reads it.
    let world = guest.view::<World>(&block)?.to_owned()?;
    Ok(Run {
        name: "karmem, in place",
        time,
        frames,
        shared: stats.bytes_shared,
        copied: stats.bytes_copied,
        statistics: all,
        world,
    })
}

/// Writes the world straight into the guest's memory, with no message in between.
fn build<S: Sink>(start: &World, sink: &mut S) -> Result<(), EncodeError> {
    let mut world = World::build(sink)?;
    world.frame(start.frame)?;
    let mut monsters = world.build_monsters(start.monsters.len())?;
    for (i, from) in start.monsters.iter().enumerate() {
        monsters
            .build(i)?
            .pos(&from.pos)?
            .speed(&from.speed)?
            .name(&from.name)?
            .team(&from.team)?
            .health(from.health)?
            .path(&from.path)?;
    }
    Ok(())
}
