//! A chorus: each channel is joined by a copy of itself whose delay, and with it its pitch, wavers.

use audio_model::{
    About, BlockViewMut, Dial, Effect, Knob, Level, RATE, Refusal, each_frame, export_effect,
};

// The host links this crate too.
#[cfg(target_family = "wasm")]
karmem::guest!();

/// Frames that a delay remembers, a power of two.
const MEMORY: usize = 2048;

/// The chorus.
#[derive(Debug)]
pub struct Chorus {
    /// How often it wavers per second, how far in milliseconds, and how much of the copy is heard.
    dials: [Dial; 3],
    left: Vec<f32>,
    right: Vec<f32>,
    /// The frame that is written next.
    at: usize,
    /// From 0 to 1.
    phase: f32,
}

impl Default for Chorus {
    fn default() -> Chorus {
        Chorus {
            dials: [
                Dial::new("rate", 0.6, 0.01, 10.0),
                Dial::new("depth", 3.0, 0.0, 10.0),
                Dial::new("mix", 0.5, 0.0, 1.0),
            ],
            left: vec![0.0; MEMORY],
            right: vec![0.0; MEMORY],
            at: 0,
            phase: 0.0,
        }
    }
}

/// Nearly a sine, from two parabolas; of a phase from 0 to 2.
fn wave(phase: f32) -> f32 {
    let x = phase.fract() * 4.0 - 2.0;
    x * (2.0 - x.abs())
}

/// What was there `delay` frames ago, between two frames.
fn read(memory: &[f32], at: usize, delay: f32) -> f32 {
    let whole = delay as usize;
    let part = delay - whole as f32;
    let then = |ago: usize| memory[at.wrapping_sub(ago) % MEMORY];
    then(whole) * (1.0 - part) + then(whole + 1) * part
}

impl Effect for Chorus {
    fn about(&self) -> About {
        Dial::about("chorus", &self.dials)
    }

    fn turn(&mut self, knob: &Knob) -> Result<(), Refusal> {
        Dial::turn(&mut self.dials, knob)
    }

    fn process(&mut self, block: BlockViewMut<'_>) -> Level {
        let [rate, depth, mix] = self.dials.map(|dial| dial.value);
        let (middle, depth) = (15.0 / 1000.0 * RATE, depth / 1000.0 * RATE);
        each_frame(block, |left, right| {
            self.left[self.at] = left;
            self.right[self.at] = right;
            // The channels waver a quarter apart, which makes it wide.
            let delay = |phase| middle + depth * wave(phase);
            let l = read(&self.left, self.at, delay(self.phase));
            let r = read(&self.right, self.at, delay(self.phase + 0.25));
            self.at = (self.at + 1) % MEMORY;
            self.phase = (self.phase + rate / RATE).fract();
            (left + (l - left) * mix, right + (r - right) * mix)
        })
    }
}

export_effect!(Chorus);
