//! What the host and the effects share: a block of samples that lies in a region, and the interface that
//! every effect provides.

use std::cell::Cell;

use karmem::{Karmem, ViewMut};

/// Samples per second.
pub const RATE: f32 = 48_000.0;

/// Frames in a block. At 48 kHz one has to be ready every 2.67 ms.
pub const FRAMES: usize = 128;

/// A short piece of sound, worked on in place.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Block {
    /// The left channel, from -1 to 1.
    pub left: Vec<f32>,
    /// The right channel, as long as the left one.
    pub right: Vec<f32>,
}

/// How loud a block is after an effect.
#[derive(Karmem, Clone, Copy, PartialEq, Debug)]
pub struct Level {
    /// The largest sample, without its sign.
    pub peak: f32,
    /// The mean of all squares.
    pub power: f32,
}

/// Something that an effect lets people change.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Knob {
    /// What it is called.
    pub name: String,
    /// Where it stands, or shall stand.
    pub value: f32,
}

/// What an effect says of itself.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// What can be changed.
    pub knobs: Vec<Knob>,
}

/// Why a knob was not turned.
#[derive(Karmem, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Refusal {
    /// The effect has none of this name.
    NoSuchKnob,
    /// It does not go that far.
    OutOfRange,
}

/// Changes sound.
#[karmem::interface(package = "audio")]
pub trait Effect {
    /// What it is, and what can be changed.
    fn about(&self) -> About;

    /// Changes one knob, from the next block on.
    fn turn(&mut self, knob: &Knob) -> Result<(), Refusal>;

    /// Changes a block where it lies.
    fn process(&mut self, block: ViewMut<Block>) -> Level;
}

/// A knob of an effect, on its inside.
#[derive(Clone, Copy, Debug)]
pub struct Dial {
    /// What it is called.
    pub name: &'static str,
    /// Where it stands.
    pub value: f32,
    /// How far it goes down.
    pub min: f32,
    /// How far it goes up.
    pub max: f32,
}

impl Dial {
    /// A knob that stands at `value` and goes from `min` to `max`.
    #[must_use]
    pub const fn new(name: &'static str, value: f32, min: f32, max: f32) -> Dial {
        Dial {
            name,
            value,
            min,
            max,
        }
    }

    /// What the host is told of an effect with these knobs.
    #[must_use]
    pub fn about(effect: &str, dials: &[Dial]) -> About {
        let knob = |dial: &Dial| Knob {
            name: dial.name.into(),
            value: dial.value,
        };
        About {
            name: effect.into(),
            knobs: dials.iter().map(knob).collect(),
        }
    }

    /// Turns one of these knobs.
    ///
    /// # Errors
    ///
    /// If there is none of that name, or it does not go that far.
    pub fn turn(dials: &mut [Dial], knob: &Knob) -> Result<(), Refusal> {
        let dial = dials.iter_mut().find(|dial| dial.name == knob.name);
        let dial = dial.ok_or(Refusal::NoSuchKnob)?;
        if !(dial.min..=dial.max).contains(&knob.value) {
            return Err(Refusal::OutOfRange);
        }
        dial.value = knob.value;
        Ok(())
    }
}

/// Lets `each` change every frame of a block where it lies, and says how loud it is then.
pub fn each_frame(block: BlockViewMut<'_>, mut each: impl FnMut(f32, f32) -> (f32, f32)) -> Level {
    let (mut peak, mut power) = (0.0_f32, 0.0);
    let mut frames = 0.0;
    for (left, right) in channels(block) {
        let (l, r) = each(left.get(), right.get());
        left.set(l);
        right.set(r);
        peak = peak.max(l.abs()).max(r.abs());
        power += l * l + r * r;
        frames += 2.0;
    }
    Level {
        peak,
        power: power / f32::max(frames, 1.0),
    }
}

/// The frames of a block, where they lie.
pub fn channels(block: BlockViewMut<'_>) -> impl Iterator<Item = (&Cell<f32>, &Cell<f32>)> {
    let left = block.left().and_then(|left| left.as_cells());
    let right = block.right().and_then(|right| right.as_cells());
    let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
    left.iter().zip(right)
}
