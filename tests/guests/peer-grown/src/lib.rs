//! The peer with one more field at the end of its table.
#![forbid(unsafe_code)]

#[path = "../../peer/src/serving.rs"]
mod serving;

use karmem::Karmem;
pub use serving::*;

#[cfg(target_family = "wasm")]
karmem::guest!();

/// As the other module has it.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
}

/// As the other module has it, and a field more.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
pub struct World {
    /// Counts up.
    pub frame: u32,
    /// What it is called.
    pub name: String,
    /// Where things are.
    pub points: Vec<Point>,
    /// What the first version did not know.
    pub note: String,
}

impl World {
    /// A world as this version makes it.
    #[must_use]
    pub fn new(frame: u32, name: String, points: Vec<Point>) -> World {
        World {
            frame,
            name,
            points,
            note: "grown".to_owned(),
        }
    }
}
