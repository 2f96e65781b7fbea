//! A guest that provides [`Peer`], and calls back who calls it.
#![forbid(unsafe_code)]

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
