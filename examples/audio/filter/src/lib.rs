//! A low-pass filter with resonance: the state variable filter with trapezoidal integrators, which stays
//! stable while its cutoff is moved (A. Simper, "Linear Trapezoidal Integrated State Variable Filter", 2013).

use std::f32::consts::PI;

use audio_model::{
    About, BlockViewMut, Dial, Effect, Knob, Level, RATE, Refusal, each_frame, export_effect,
};

// The host links this crate too.
#[cfg(target_family = "wasm")]
karmem::guest!();

/// The filter.
#[derive(Debug)]
pub struct Filter {
    /// Cutoff in Hz, and resonance.
    dials: [Dial; 2],
    /// Where the cutoff is on its way to where it shall be.
    cutoff: f32,
    left: Channel,
    right: Channel,
}

impl Default for Filter {
    fn default() -> Filter {
        Filter {
            dials: [
                Dial::new("cutoff", 2_000.0, 20.0, 12_000.0),
                Dial::new("resonance", 0.5, 0.0, 0.95),
            ],
            cutoff: 2_000.0,
            left: Channel::default(),
            right: Channel::default(),
        }
    }
}

/// The charge of the two integrators.
#[derive(Default, Debug)]
struct Channel {
    first: f32,
    second: f32,
}

impl Channel {
    fn low(&mut self, sample: f32, (a1, a2, a3): (f32, f32, f32)) -> f32 {
        let v3 = sample - self.second;
        let v1 = a1 * self.first + a2 * v3;
        let v2 = self.second + a2 * self.first + a3 * v3;
        self.first = 2.0 * v1 - self.first;
        self.second = 2.0 * v2 - self.second;
        v2
    }
}

/// The tangent below π/4, as a fraction: the same on every machine to the last bit, which `f32::tan` is not.
fn tan(x: f32) -> f32 {
    let x2 = x * x;
    x * (15.0 - x2) / (15.0 - 6.0 * x2)
}

impl Effect for Filter {
    fn about(&self) -> About {
        Dial::about("filter", &self.dials)
    }

    fn turn(&mut self, knob: &Knob) -> Result<(), Refusal> {
        Dial::turn(&mut self.dials, knob)
    }

    fn process(&mut self, block: BlockViewMut<'_>) -> Level {
        let [cutoff, resonance] = self.dials.map(|dial| dial.value);
        // A jump would be heard as a click.
        self.cutoff += (cutoff - self.cutoff) * 0.2;
        let g = tan(PI * self.cutoff / RATE);
        let k = 2.0 - 2.0 * resonance;
        let a1 = 1.0 / (1.0 + g * (g + k));
        let a2 = g * a1;
        let factors = (a1, a2, g * a2);
        each_frame(block, |left, right| {
            (self.left.low(left, factors), self.right.low(right, factors))
        })
    }
}

export_effect!(Filter);
