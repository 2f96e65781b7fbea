//! A chain of effects: three modules change one block of samples in place, one after another, in time.
//!
//! All three provide the same interface, so the host makes a client of each and calls them in the order
//! that it likes. The block lies in one region, which one module at a time may write. So the host moves the
//! right to write along the chain: six times per block it maps one window anew, at 4 to 5 µs each, which is
//! one hundredth of the 2667 µs that there are for a block, though more than the effects themselves take. The
//! report says how much it was.
//!
//! If the modules called each other instead, only one of them could write the block. A region for each
//! step of the chain, which one module writes and the next reads, needs no moves and is what a host with
//! hundreds of effects would take; but then the order of the chain is fixed by who was granted what,
//! and no block is worked on in place.
//!
//! `cargo xtask demo audio` builds everything and runs this; the arguments are the modules.

mod melody;
mod report;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use audio_chorus::Chorus;
use audio_filter::Filter;
use audio_model::{Block, Effect, EffectClient, FRAMES, Knob, Level, RATE};
use audio_reverb::Reverb;
use karmem::host::{Access, Engine, Module, Region, System};
use karmem::{Karmem, Shared};
use melody::Stereo;
use report::Times;

/// The chain, in order.
const EFFECTS: [&str; 3] = ["filter", "chorus", "reverb"];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let files: Vec<_> = arguments.by_ref().take(EFFECTS.len()).collect();
    if files.len() < EFFECTS.len() {
        return Err(
            "run this by `cargo xtask demo audio [DIRECTORY [REPEATS]]`, which builds the modules"
                .into(),
        );
    }
    let directory = arguments.next().unwrap_or_else(|| "target/audio".into());
    let repeats = match arguments.next() {
        Some(repeats) => repeats.to_string_lossy().parse()?,
        None => 2,
    };

    let dry = melody::play(repeats);
    let (wet, times) = through_modules(&files, &dry)?;
    let (native, native_times) = through_functions(&dry)?;
    if wet != native {
        return Err("the modules' sound is not that of a native run".into());
    }
    report::print(&times, &native_times, dry.len());

    std::fs::create_dir_all(&directory)?;
    for (name, sound) in [("dry.wav", &dry), ("wet.wav", &wet)] {
        let path = directory.join(name);
        save(&path, sound)?;
        println!("written: {}", path.display());
    }
    Ok(())
}

/// The sound after all modules, and how long each block took.
fn through_modules(
    files: &[PathBuf],
    dry: &Stereo,
) -> Result<(Stereo, Vec<Times>), Box<dyn Error>> {
    let engine = Engine::new()?;
    let mut builder = System::builder(&engine).region("block", Region::anonymous(1 << 16)?);
    for (name, file) in EFFECTS.into_iter().zip(files) {
        builder = builder
            .module(name, &Module::from_file(&engine, file)?)
            .grant("block", name, Access::Read);
    }
    let mut system = builder.build()?;
    let block: Shared<Block> = system.write("block", &silence())?;
    let mut chain = Vec::new();
    for name in EFFECTS {
        let client: EffectClient = system.client(name)?;
        let about = client.about(&mut system)?;
        let knobs = about
            .knobs
            .iter()
            .map(|knob| format!("{} {}", knob.name, knob.value));
        println!("{}: {}", about.name, knobs.collect::<Vec<_>>().join(", "));
        chain.push((name, client));
    }
    println!("\n{}", system.describe());

    // What a module refuses comes back as its own error.
    let (_, filter) = &chain[0];
    match filter.turn(&mut system, &knob("volume", 11.0))? {
        Err(why) => println!("turning the filter's volume to 11: {why:?}\n"),
        Ok(()) => return Err("the filter has no volume, and turned it".into()),
    }

    let mut wet = Stereo::default();
    let mut times = Vec::new();
    let mut levels = [Level {
        peak: 0.0,
        power: 0.0,
    }; EFFECTS.len()];
    for at in (0..dry.len()).step_by(FRAMES) {
        if let Some(knob) = turned(at) {
            let turned = filter.turn(&mut system, &knob)?;
            turned.map_err(|why| format!("the filter refused: {why:?}"))?;
        }
        let start = Instant::now();
        let mut moving = Duration::ZERO;
        fill(system.view_mut(block)?, dry, at);
        for ((name, effect), level) in chain.iter().zip(&mut levels) {
            let before = Instant::now();
            system.grant("block", name, Access::Write)?;
            moving += before.elapsed();
            let now = effect.process(&mut system, block)?;
            level.peak = level.peak.max(now.peak);
            level.power += now.power;
            let before = Instant::now();
            system.grant("block", name, Access::Read)?;
            moving += before.elapsed();
        }
        take(&system.view_unverified(block)?, &mut wet)?;
        times.push(Times {
            all: start.elapsed(),
            moving,
        });
    }
    let blocks = times.len() as f32;
    for ((name, _), level) in chain.iter().zip(levels) {
        let loudness = 10.0 * (level.power / blocks).log10();
        println!(
            "after {name:<7} peak {:.2}, {loudness:.1} dB on average",
            level.peak
        );
    }
    let stats = system.stats();
    println!(
        "{} calls of the host; {} bytes copied (knobs, and the first block); samples copied from module to module: none",
        stats.calls, stats.bytes_copied,
    );
    Ok((wet, times))
}

/// The same effects as functions of this program.
fn through_functions(dry: &Stereo) -> Result<(Stereo, Vec<Times>), Box<dyn Error>> {
    let mut filter = Filter::default();
    let (mut chorus, mut reverb) = (Chorus::default(), Reverb::default());
    let mut bytes = silence().encode()?;
    let mut wet = Stereo::default();
    let mut times = Vec::new();
    for at in (0..dry.len()).step_by(FRAMES) {
        if let Some(knob) = turned(at) {
            let turned = filter.turn(&knob);
            turned.map_err(|why| format!("the filter refused: {why:?}"))?;
        }
        let start = Instant::now();
        fill(Block::view_mut(&mut bytes)?, dry, at);
        let chain: [&mut dyn Effect; 3] = [&mut filter, &mut chorus, &mut reverb];
        for effect in chain {
            effect.process(Block::view_mut(&mut bytes)?);
        }
        take(&Block::view(&bytes)?, &mut wet)?;
        times.push(Times {
            all: start.elapsed(),
            moving: Duration::ZERO,
        });
    }
    Ok((wet, times))
}

/// Somebody turns the cutoff up and down, some 23 times per second.
fn turned(at: usize) -> Option<Knob> {
    let seconds = at as f32 / RATE;
    let up = (seconds / 8.0 * std::f32::consts::TAU).sin() * 0.5 + 0.5;
    at.is_multiple_of(16 * FRAMES)
        .then(|| knob("cutoff", 300.0 * 20.0_f32.powf(up)))
}

fn knob(name: &str, value: f32) -> Knob {
    Knob {
        name: name.into(),
        value,
    }
}

fn silence() -> Block {
    Block {
        left: vec![0.0; FRAMES],
        right: vec![0.0; FRAMES],
    }
}

/// What a driver does before each block: brings the samples.
fn fill(block: audio_model::BlockViewMut<'_>, dry: &Stereo, at: usize) {
    let samples = dry.left.iter().zip(&dry.right).skip(at);
    let samples = samples.chain(std::iter::repeat((&0.0, &0.0)));
    for ((left, right), (l, r)) in audio_model::channels(block).zip(samples) {
        left.set(*l);
        right.set(*r);
    }
}

/// What a driver does after each block: takes the samples.
fn take(block: &audio_model::BlockView<'_>, wet: &mut Stereo) -> Result<(), Box<dyn Error>> {
    let (Some(left), Some(right)) = (block.left().as_slice(), block.right().as_slice()) else {
        return Err("the block does not lie aligned".into());
    };
    wet.left.extend_from_slice(left);
    wet.right.extend_from_slice(right);
    Ok(())
}

/// Writes a sound as a file with 16 bits per sample.
fn save(path: &Path, sound: &Stereo) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for (left, right) in sound.left.iter().zip(&sound.right) {
        for sample in [left, right] {
            writer.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
        }
    }
    writer.finalize()
}
