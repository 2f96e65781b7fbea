//! What all versions of the peer do: they differ in their types.

use karmem::guest::Heap;
use karmem::{Karmem, Shared, View, ViewMut};

use crate::{Point, World};

/// A small enum.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
#[repr(i8)]
pub enum Team {
    /// Zero.
    #[default]
    Nobody,
    /// Not zero.
    Everybody = 127,
}

/// An error with a message.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
pub struct Refusal {
    /// Why.
    pub why: String,
}

/// What the other module calls.
#[karmem::interface(package = "tests", version = 3)]
pub trait Peer {
    /// Both names, the points of both, and the sum of their frames.
    fn joined(&self, one: &World, other: World) -> World;
    /// `Ok` or `Err` of a number; [`CALLS_BACK`] calls back first.
    fn checked(&self, value: u32) -> Result<u8, Team>;
    /// Counts up, and moves all points.
    fn step(&mut self, world: ViewMut<World>, by: Point);
    /// How often it was called.
    fn count(&mut self) -> u32;
    /// Never called.
    fn unused(&mut self);
}

/// Those methods of the other module that this guest calls.
#[karmem::interface(package = "tests")]
pub trait Kinds {
    /// The next letter.
    fn letter(&self, value: char) -> char;
    /// Calls [`Peer::joined`] with `world` twice.
    fn relayed(&mut self, world: &World) -> Result<World, Refusal>;
}

/// What the host calls.
#[karmem::interface(package = "tests")]
pub trait Ring {
    /// Calls the other module, which calls [`Peer::joined`].
    fn turned(&mut self, world: &World) -> Result<World, Refusal>;
    /// Reads in place, and gives back what it read.
    fn read(&self, world: View<World>) -> Result<World, Refusal>;
    /// Puts a message as this version makes it beside the one that it is given.
    fn beside(&mut self, world: Shared<World>, frame: u32) -> Result<Shared<World>, Refusal>;
}

/// What [`Peer::checked`] calls the other module for, which is serving a call.
pub const CALLS_BACK: u32 = u32::MAX;

export_peer!(Serving);
export_ring!(Turning);

/// The peer.
#[derive(Debug, Default)]
pub struct Serving {
    count: u32,
}

/// What begins a circle.
#[derive(Debug, Default)]
pub struct Turning;

fn refusal(error: impl ToString) -> Refusal {
    Refusal {
        why: error.to_string(),
    }
}

impl Peer for Serving {
    fn joined(&self, one: &World, other: World) -> World {
        World::new(
            one.frame.wrapping_add(other.frame),
            format!("{}{}", one.name, other.name),
            [one.points.as_slice(), &other.points].concat(),
        )
    }

    fn checked(&self, value: u32) -> Result<u8, Team> {
        if value == CALLS_BACK && KindsImport.letter('a') != Ok('b') {
            return Err(Team::Nobody);
        }
        u8::try_from(value).map_err(|_| Team::Everybody)
    }

    fn step(&mut self, world: ViewMut<World>, by: Point) {
        world.set_frame(world.frame().wrapping_add(1));
        for point in world.points().into_iter().flat_map(|points| points.iter()) {
            point.set_x(point.x() + by.x);
            point.set_y(point.y() + by.y);
        }
    }

    fn count(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    fn unused(&mut self) {}
}

impl Ring for Turning {
    fn turned(&mut self, world: &World) -> Result<World, Refusal> {
        KindsImport.relayed(world).map_err(refusal)?
    }

    fn read(&self, world: View<World>) -> Result<World, Refusal> {
        world.to_owned().map_err(refusal)
    }

    fn beside(&mut self, world: Shared<World>, frame: u32) -> Result<Shared<World>, Refusal> {
        let new = World::new(frame, "beside".to_owned(), Vec::new());
        Heap::new(world.handle()).put(&new).map_err(refusal)
    }
}
