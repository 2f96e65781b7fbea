//! The run the usual way.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use karmem::host::{Engine, Instance, Limits, Module};
use monsters_model::{Statistics, World};

use crate::report::{Run, progress};

/// Each frame: encode, copy in; the guest decodes, moves, encodes; copy out, decode, read.
pub(crate) fn run(
    engine: &Engine,
    guest: &Path,
    start: &World,
    frames: u32,
) -> Result<Run, Box<dyn Error>> {
    let module = Module::from_file(engine, guest)?;
    let mut guest = Instance::new(&module, Limits::default())?;
    let mut bytes = rmp_serde::to_vec(start)?;
    // Numbers take more bytes as they grow: twice as many are enough for all frames.
    let block = guest.alloc(bytes.len() * 2)?;
    let message = block.message(0);
    let step = guest.func::<(i64, u32), i32>("step")?;

    let bar = progress("MessagePack", frames);
    let clock = Instant::now();
    let mut all = Vec::with_capacity(frames as usize);
    let mut world = start.clone();
    // Each buffer is made once, and only what a frame needs is copied.
    let mut answer = Vec::new();
    for _ in 0..frames {
        bytes.clear();
        rmp_serde::encode::write(&mut bytes, &world)?;
        guest.write_bytes(&block, 0, &bytes)?;
        let len = step.call(&mut guest, (message, u32::try_from(bytes.len())?))?;
        let len = usize::try_from(len).map_err(|_| "the guest could not move the monsters")?;
        answer.resize(len, 0);
        guest.read_bytes(&block, 0, &mut answer)?;
        world = rmp_serde::from_slice(&answer)?;
        let mut statistics = Statistics::default();
        for monster in &world.monsters {
            statistics.add(monster.bumps, monster.pos.z);
        }
        all.push(statistics);
        bar.inc(1);
    }
    let time = clock.elapsed();
    bar.finish_and_clear();

    let stats = guest.stats();
    Ok(Run {
        name: "MessagePack, copied",
        time,
        frames,
        shared: 0,
        copied: stats.bytes_copied,
        statistics: all,
        world,
    })
}
