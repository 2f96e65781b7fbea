//! A melody to work on: sawtooth waves, which have all the overtones that a filter can take away.

use audio_model::{FRAMES, RATE};

/// A sound in two channels of the same length, a whole number of blocks.
#[derive(Default, PartialEq, Debug)]
pub(crate) struct Stereo {
    pub(crate) left: Vec<f32>,
    pub(crate) right: Vec<f32>,
}

impl Stereo {
    /// Frames.
    pub(crate) fn len(&self) -> usize {
        self.left.len()
    }
}

/// The theme of Beethoven's ninth, as semitones above A4 and beats.
#[rustfmt::skip]
const THEME: [(i32, f32); 30] = [
    (7, 1.0), (7, 1.0), (8, 1.0), (10, 1.0), (10, 1.0), (8, 1.0), (7, 1.0), (5, 1.0),
    (3, 1.0), (3, 1.0), (5, 1.0), (7, 1.0), (7, 1.5), (5, 0.5), (5, 2.0),
    (7, 1.0), (7, 1.0), (8, 1.0), (10, 1.0), (10, 1.0), (8, 1.0), (7, 1.0), (5, 1.0),
    (3, 1.0), (3, 1.0), (5, 1.0), (7, 1.0), (5, 1.5), (3, 0.5), (3, 2.0),
];

/// What sounds below, for four beats each.
const BASS: [i32; 8] = [-21, -14, -21, -14, -21, -14, -21, -21];

/// Seconds of a beat.
const BEAT: f32 = 0.4;

/// Plays the theme so many times, and leaves two seconds for the echo.
pub(crate) fn play(repeats: usize) -> Stereo {
    let beats: f32 = THEME.iter().map(|(_, beats)| beats).sum();
    let frames = ((beats * BEAT * repeats as f32 + 2.0) * RATE) as usize;
    let frames = frames.next_multiple_of(FRAMES);
    let mut sound = Stereo {
        left: vec![0.0; frames],
        right: vec![0.0; frames],
    };
    let mut start = 0.0;
    for _ in 0..repeats {
        let mut at = start;
        for (semitones, beats) in THEME {
            // Two voices slightly apart, to the left and to the right.
            note(&mut sound, at, beats, semitones, 0.997, (0.16, 0.06));
            note(&mut sound, at, beats, semitones, 1.003, (0.06, 0.16));
            at += beats;
        }
        for (index, semitones) in BASS.into_iter().enumerate() {
            note(
                &mut sound,
                start + index as f32 * 4.0,
                4.0,
                semitones,
                1.0,
                (0.14, 0.14),
            );
        }
        start += beats;
    }
    sound
}

/// Adds a note that starts `at` a beat and takes some.
fn note(sound: &mut Stereo, at: f32, beats: f32, semitones: i32, detune: f32, (l, r): (f32, f32)) {
    let step = 440.0 * (semitones as f32 / 12.0).exp2() * detune / RATE;
    let first = (at * BEAT * RATE) as usize;
    let length = beats * BEAT;
    let mut phase = 0.0_f32;
    let frames = sound.left.iter_mut().zip(&mut sound.right).skip(first);
    for (index, (left, right)) in frames.take((length * RATE) as usize).enumerate() {
        let time = index as f32 / RATE;
        let volume = f32::min(time / 0.01, 1.0) * f32::min((length - time) / 0.06, 1.0).max(0.0);
        let sample = (2.0 * phase - 1.0 - corner(phase, step)) * volume;
        *left += sample * l;
        *right += sample * r;
        phase = (phase + step).fract();
    }
}

/// Rounds the jump of a sawtooth over two samples, or it would whistle (a polynomial band-limited step).
fn corner(phase: f32, step: f32) -> f32 {
    if phase < step {
        let x = phase / step;
        x + x - x * x - 1.0
    } else if phase > 1.0 - step {
        let x = (phase - 1.0) / step;
        x * x + x + x + 1.0
    } else {
        0.0
    }
}
