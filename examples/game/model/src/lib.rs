//! What the host and the modules of the game share: a world that lies in a region, and the interfaces
//! by which the modules call each other.

use karmem::{Karmem, View, ViewMut};

/// A place or a direction.
#[derive(Karmem, Clone, Copy, PartialEq, Debug)]
pub struct Vec2 {
    /// To the right.
    pub x: f32,
    /// Up.
    pub y: f32,
}

/// What an animal is.
#[derive(Karmem, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Kind {
    /// It grazes.
    Sheep,
    /// It hunts.
    Wolf,
}

/// One animal.
#[derive(Karmem, Clone, PartialEq, Debug)]
pub struct Animal {
    /// Where it is.
    pub pos: Vec2,
    /// How it moves, per second.
    pub speed: Vec2,
    /// What it has to live on.
    pub energy: f32,
    /// What it is.
    pub kind: Kind,
}

/// Everything that is. Only `physics` writes it.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct World {
    /// Frames since the beginning.
    pub frame: u32,
    /// The world is a square with this side; who leaves it on one side comes back on the other.
    pub side: f32,
    /// The animals.
    pub animals: Vec<Animal>,
}

/// Where each animal wants to go. Only the module that decides writes it.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Orders {
    /// One direction per animal.
    pub thrust: Vec<Vec2>,
}

/// What a step did.
#[derive(Karmem, Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// Animals that moved.
    pub moved: u32,
    /// The way that they went together.
    pub way: f64,
}

/// Something to be read by people.
#[derive(Karmem, Clone, PartialEq, Debug)]
#[karmem(table)]
pub struct Line {
    /// The words.
    pub text: String,
}

/// How much a line matters.
#[derive(Karmem, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something is wrong.
    Warning,
}

/// Why a module decided nothing.
#[derive(Karmem, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Confusion {
    /// There are not as many orders as animals.
    WrongNumber,
}

/// Moves the animals.
#[karmem::interface(package = "game")]
pub trait Physics {
    /// Moves every animal by `dt` seconds.
    fn step(&mut self, world: ViewMut<World>, orders: View<Orders>, dt: f32) -> Step;
}

/// Knows the ground.
#[karmem::interface(package = "game")]
pub trait Terrain {
    /// How much of its speed an animal keeps there, from 0 to 1.
    fn grip(&mut self, x: f32, y: f32) -> f32;
}

/// Decides where the animals want to go.
#[karmem::interface(package = "game")]
pub trait Mind {
    /// Gives an order to each animal, and says how many were given.
    fn think(&mut self, world: View<World>, orders: ViewMut<Orders>) -> Result<u32, Confusion>;
}

/// Where the modules write what people should know.
#[karmem::interface(package = "game")]
pub trait Log {
    /// Writes a line.
    fn line(&mut self, level: Level, line: &Line);
}

/// The shortest way from one coordinate to another where both ends of the side are the same place.
pub fn toward(side: f32, from: f32, to: f32) -> f32 {
    let way = to - from;
    if way > side / 2.0 {
        way - side
    } else if way < -side / 2.0 {
        way + side
    } else {
        way
    }
}
