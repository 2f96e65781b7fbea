//! A reverb after Schroeder and Moorer: eight echoes side by side whose treble fades faster than their bass, and
//! four all-pass filters behind them that blur the echoes into a room.

use audio_model::{
    About, BlockViewMut, Dial, Effect, Knob, Level, RATE, Refusal, each_frame, export_effect,
};

// The host links this crate too.
#[cfg(target_family = "wasm")]
karmem::guest!();

/// How long the echoes are, in milliseconds; no two have a common measure.
const ECHOES: [f32; 8] = [25.3, 26.9, 29.0, 30.7, 32.2, 33.8, 35.3, 36.7];
/// How long the all-pass filters are, in milliseconds.
const BLURS: [f32; 4] = [12.6, 10.0, 7.7, 5.1];
/// How much longer everything is on the right, in milliseconds, which makes it wide.
const SPREAD: f32 = 0.52;

/// The reverb.
#[derive(Debug)]
pub struct Reverb {
    /// How big the room is, how soft its walls are, and how much of it is heard.
    dials: [Dial; 3],
    left: Room,
    right: Room,
}

impl Default for Reverb {
    fn default() -> Reverb {
        Reverb {
            dials: [
                Dial::new("size", 0.8, 0.0, 1.0),
                Dial::new("damp", 0.3, 0.0, 1.0),
                Dial::new("mix", 0.3, 0.0, 1.0),
            ],
            left: Room::new(0.0),
            right: Room::new(SPREAD),
        }
    }
}

/// What one ear hears.
#[derive(Debug)]
struct Room {
    echoes: [Echo; 8],
    blurs: [Delay; 4],
}

#[derive(Debug)]
struct Echo {
    delay: Delay,
    bass: f32,
}

/// What was there some time ago.
#[derive(Debug)]
struct Delay {
    samples: Vec<f32>,
    at: usize,
}

impl Delay {
    fn new(milliseconds: f32) -> Delay {
        let len = (milliseconds / 1000.0 * RATE) as usize;
        Delay {
            samples: vec![0.0; len.max(1)],
            at: 0,
        }
    }

    fn oldest(&self) -> f32 {
        self.samples[self.at]
    }

    fn replace_oldest(&mut self, sample: f32) {
        self.samples[self.at] = sample;
        self.at += 1;
        if self.at == self.samples.len() {
            self.at = 0;
        }
    }
}

impl Room {
    fn new(spread: f32) -> Room {
        Room {
            echoes: ECHOES.map(|time| Echo {
                delay: Delay::new(time + spread),
                bass: 0.0,
            }),
            blurs: BLURS.map(|time| Delay::new(time + spread)),
        }
    }

    fn hear(&mut self, sample: f32, feedback: f32, damp: f32) -> f32 {
        let mut sum = 0.0;
        for echo in &mut self.echoes {
            let old = echo.delay.oldest();
            echo.bass = old + (echo.bass - old) * damp;
            echo.delay.replace_oldest(sample + echo.bass * feedback);
            sum += old;
        }
        let mut sum = sum / 8.0;
        for blur in &mut self.blurs {
            let old = blur.oldest();
            blur.replace_oldest(sum + old * 0.5);
            sum = old - sum;
        }
        sum
    }
}

impl Effect for Reverb {
    fn about(&self) -> About {
        Dial::about("reverb", &self.dials)
    }

    fn turn(&mut self, knob: &Knob) -> Result<(), Refusal> {
        Dial::turn(&mut self.dials, knob)
    }

    fn process(&mut self, block: BlockViewMut<'_>) -> Level {
        let [size, damp, mix] = self.dials.map(|dial| dial.value);
        // Below one, or the echoes would never end.
        let feedback = 0.7 + size * 0.28;
        let damp = damp * 0.5;
        each_frame(block, |left, right| {
            let both = (left + right) * 0.5;
            let l = self.left.hear(both, feedback, damp);
            let r = self.right.hear(both, feedback, damp);
            (left + (l - left) * mix, right + (r - right) * mix)
        })
    }
}

export_effect!(Reverb);
