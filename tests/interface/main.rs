//! Interfaces: how values travel, a guest's side of calls, and the host's side against a host that is
//! played by the test.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the types are as users have them"
)]

mod guest;
mod host;
mod mock;
mod values;

use karmem::{Karmem, Shared, View, ViewMut};

#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
pub struct World {
    pub frame: u32,
    pub name: String,
    pub points: Vec<Point>,
}

impl World {
    pub fn named(name: &str) -> World {
        World {
            frame: 7,
            name: name.to_owned(),
            points: vec![Point { x: 1.0, y: 2.0 }; 3],
        }
    }
}

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
pub struct Id(pub u16);

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(i8)]
pub enum Team {
    Nobody,
    Everybody = 127,
}

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u64)]
pub enum Far {
    Here,
    There = 0x1_0000_0000,
}

/// What both sides of the tests call.
#[karmem::interface(package = "tests", crate = "crate::mock")]
pub(crate) trait Physics {
    /// Moves everything, and says how it is called.
    fn step(&mut self, world: ViewMut<World>, by: Point) -> World;
    /// Reads the frame of a world that was checked.
    fn frame(&self, #[karmem(verify)] world: View<World>) -> u32;
    /// Reads how many points a world has, without a check.
    fn points(&self, world: View<World>) -> u32;
    /// A number, or a message with the reason.
    fn find(&self, name: &World, team: Team, id: Id) -> Result<Id, World>;
    /// Where it lies.
    fn place(&mut self, world: Shared<World>, on: bool) -> Result<(), Team>;
    fn count(&mut self) -> u64;
    fn reset(&mut self);
}

#[derive(Debug, Default)]
pub struct Engine {
    count: u64,
}

impl Physics for Engine {
    fn step(&mut self, world: ViewMut<World>, by: Point) -> World {
        self.count += 1;
        world.set_frame(world.frame() + 1);
        for point in world.points().into_iter().flat_map(|all| all.iter()) {
            point.set_x(point.x() + by.x);
        }
        World::named(&format!("frame {}", world.frame()))
    }

    fn frame(&self, world: View<World>) -> u32 {
        world.frame()
    }

    fn points(&self, world: View<World>) -> u32 {
        world.points().len() as u32
    }

    fn find(&self, name: &World, team: Team, id: Id) -> Result<Id, World> {
        match team {
            Team::Everybody => Ok(Id(id.0 + name.name.len() as u16)),
            Team::Nobody => Err(World::named(&format!("no {}", name.name))),
        }
    }

    fn place(&mut self, world: Shared<World>, on: bool) -> Result<(), Team> {
        match on && world.offset() == 8 {
            true => Ok(()),
            false => Err(Team::Everybody),
        }
    }

    fn count(&mut self) -> u64 {
        self.count
    }

    fn reset(&mut self) {
        self.count = 0;
    }
}
