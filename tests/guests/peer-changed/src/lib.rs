//! The peer with a field of another type.
#![forbid(unsafe_code)]

#[path = "../../peer/src/serving.rs"]
mod serving;

use karmem::Karmem;
pub use serving::*;

#[cfg(target_family = "wasm")]
karmem::guest!();

/// As the other module has it, but for the type of its fields.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

/// As the other module has it.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
pub struct World {
    /// Counts up.
    pub frame: u32,
    /// What it is called.
    pub name: String,
    /// Where things are.
    pub points: Vec<Point>,
}

impl World {
    /// A world as this version makes it.
    #[must_use]
    pub fn new(frame: u32, name: String, points: Vec<Point>) -> World {
        World {
            frame,
            name,
            points,
        }
    }
}
