//! A guest that provides the interface [`Kinds`] and calls another module, or the host, that provides
//! the same methods as [`Peer`]: every kind of parameter and result, out and in.
//!
//! What it answers says what arrived, so that a test sees both ways of each.
#![forbid(unsafe_code)]

use karmem::{Karmem, Shared, View, ViewMut};

// Tests link this crate too, for its types, next to other guests.
#[cfg(target_family = "wasm")]
karmem::guest!();

/// An inline message.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
}

/// A message with references.
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

/// A newtype, which travels as what it holds.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Id(pub u64);

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

/// An enum that takes an `i64`.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
#[repr(u64)]
pub enum Far {
    /// Zero.
    #[default]
    Here,
    /// Above 32 bits.
    There = 0x1_0000_0000,
}

/// An error with a message.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
pub struct Refusal {
    /// Why.
    pub why: String,
}

/// Every kind of parameter and result.
#[allow(clippy::too_many_arguments, reason = "every kind at once")]
#[karmem::interface(package = "tests")]
pub trait Kinds {
    /// Scalars of 32 bits and fewer: their sum.
    fn small(&self, a: bool, b: u8, c: i8, d: u16, e: i16, f: u32, g: i32, h: char) -> i64;
    /// Scalars of 64 bits, and floats.
    fn large(&self, a: u64, b: i64, c: f32, d: f64) -> f64;
    /// Gives back what it takes.
    fn byte(&self, value: i8) -> i8;
    /// The next letter.
    fn letter(&self, value: char) -> char;
    /// The other team.
    fn team(&self, value: Team) -> Team;
    /// The other place.
    fn far(&self, value: Far) -> Far;
    /// The next one.
    fn id(&mut self, value: Id) -> Id;
    /// An inline message by value.
    fn mirrored(&self, point: Point) -> Point;
    /// Two messages, one behind a reference: the points of both.
    fn joined(&self, one: &World, other: World) -> World;
    /// Reads in place: the sum of all coordinates.
    fn sum(&self, world: View<World>) -> f32;
    /// Reads in place what was checked.
    fn verified(&self, #[karmem(verify)] world: View<World>) -> u32;
    /// Changes in place: counts up, and moves all points.
    fn step(&mut self, world: ViewMut<World>, by: Point);
    /// Where it lies, after a look at it.
    fn same(&self, world: Shared<World>) -> Shared<World>;
    /// How often `count` was called.
    fn count(&mut self) -> u32;
    /// `Ok` or `Err` of a number.
    fn checked(&self, value: u32) -> Result<u8, Team>;
    /// `Ok` of nothing, or `Err` with a message.
    fn allowed(&self, name: &World) -> Result<(), Refusal>;
    /// `Ok` of a message, or `Err` of an enum.
    fn named(&self, name: &World) -> Result<World, Far>;
    /// Panics with the name in its text.
    fn panics(&mut self, name: &World);
    /// Puts a message into a region that this module may write, and frees the one that it is given.
    fn replaced(&mut self, old: Shared<World>, new: World) -> Result<Shared<World>, Refusal>;
    /// Calls `joined` of the peer with `world` twice.
    fn relayed(&mut self, world: &World) -> Result<World, Refusal>;
    /// Calls `checked` of the peer.
    fn asked(&mut self, value: u32) -> Result<u8, Refusal>;
    /// Calls `step` of the peer, and `step` of this module comes back if the peer is this one.
    fn passed(&mut self, world: Shared<World>, by: Point) -> Result<(), Refusal>;
    /// Calls the peer's `count` while it reads the world.
    fn held(&mut self, world: View<World>) -> Result<u32, Refusal>;
}

/// Those methods that this guest calls.
#[karmem::interface(package = "tests", version = 3)]
pub trait Peer {
    /// As [`Kinds::joined`].
    fn joined(&self, one: &World, other: World) -> World;
    /// As [`Kinds::checked`].
    fn checked(&self, value: u32) -> Result<u8, Team>;
    /// As [`Kinds::step`].
    fn step(&mut self, world: ViewMut<World>, by: Point);
    /// As [`Kinds::count`].
    fn count(&mut self) -> u32;
    /// Never called, and so never imported.
    fn unused(&mut self);
}

export_kinds!(Answers);

/// What this guest answers.
#[derive(Debug, Default)]
pub struct Answers {
    count: u32,
}

fn refusal(error: impl ToString) -> Refusal {
    Refusal {
        why: error.to_string(),
    }
}

impl Kinds for Answers {
    fn small(&self, a: bool, b: u8, c: i8, d: u16, e: i16, f: u32, g: i32, h: char) -> i64 {
        i64::from(a)
            + i64::from(b)
            + i64::from(c)
            + i64::from(d)
            + i64::from(e)
            + i64::from(f)
            + i64::from(g)
            + i64::from(u32::from(h))
    }

    fn large(&self, a: u64, b: i64, c: f32, d: f64) -> f64 {
        a as f64 + b as f64 + f64::from(c) + d
    }

    fn byte(&self, value: i8) -> i8 {
        value
    }

    fn letter(&self, value: char) -> char {
        char::from_u32(u32::from(value) + 1).unwrap_or_default()
    }

    fn team(&self, value: Team) -> Team {
        match value {
            Team::Nobody => Team::Everybody,
            Team::Everybody => Team::Nobody,
        }
    }

    fn far(&self, value: Far) -> Far {
        match value {
            Far::Here => Far::There,
            Far::There => Far::Here,
        }
    }

    fn id(&mut self, value: Id) -> Id {
        Id(value.0.wrapping_add(1))
    }

    fn mirrored(&self, point: Point) -> Point {
        Point {
            x: point.y,
            y: point.x,
        }
    }

    fn joined(&self, one: &World, other: World) -> World {
        World {
            frame: one.frame.wrapping_add(other.frame),
            name: format!("{}{}", one.name, other.name),
            points: [one.points.as_slice(), &other.points].concat(),
        }
    }

    fn sum(&self, world: View<World>) -> f32 {
        world.points().iter().map(|p| p.x() + p.y()).sum()
    }

    fn verified(&self, world: View<World>) -> u32 {
        world.frame()
    }

    fn step(&mut self, world: ViewMut<World>, by: Point) {
        world.set_frame(world.frame().wrapping_add(1));
        for point in world.points().into_iter().flat_map(|points| points.iter()) {
            point.set_x(point.x() + by.x);
            point.set_y(point.y() + by.y);
        }
    }

    fn same(&self, world: Shared<World>) -> Shared<World> {
        match world.open().map(|world| world.view().is_ok()) {
            Ok(true) => world,
            _ => Shared::new(0, 0),
        }
    }

    fn count(&mut self) -> u32 {
        self.count += 1;
        self.count
    }

    fn checked(&self, value: u32) -> Result<u8, Team> {
        u8::try_from(value).map_err(|_| Team::Everybody)
    }

    fn allowed(&self, name: &World) -> Result<(), Refusal> {
        match name.name.is_empty() {
            false => Ok(()),
            true => Err(refusal("it has no name")),
        }
    }

    fn named(&self, name: &World) -> Result<World, Far> {
        match name.name.is_empty() {
            false => Ok(name.clone()),
            true => Err(Far::There),
        }
    }

    fn panics(&mut self, name: &World) {
        self.count = u32::MAX;
        panic!("as {} asked", name.name);
    }

    fn replaced(&mut self, old: Shared<World>, new: World) -> Result<Shared<World>, Refusal> {
        let heap = karmem::guest::Heap::new(old.handle());
        let put = heap.put(&new).map_err(refusal)?;
        heap.free(old).map_err(refusal)?;
        Ok(put)
    }

    fn relayed(&mut self, world: &World) -> Result<World, Refusal> {
        PeerImport.joined(world, world).map_err(refusal)
    }

    fn asked(&mut self, value: u32) -> Result<u8, Refusal> {
        match PeerImport.checked(value) {
            Ok(Ok(byte)) => Ok(byte),
            Ok(Err(team)) => Err(refusal(format!("{team:?}"))),
            Err(error) => Err(refusal(error)),
        }
    }

    fn passed(&mut self, world: Shared<World>, by: Point) -> Result<(), Refusal> {
        PeerImport.step(world, &by).map_err(refusal)
    }

    fn held(&mut self, world: View<World>) -> Result<u32, Refusal> {
        let before = world.frame();
        let count = PeerImport.count().map_err(refusal)?;
        // Not even the compiler knows that it is the same.
        let world = std::hint::black_box(&world);
        if world.frame() != before {
            return Err(refusal("the world changed under its view"));
        }
        Ok(count + before)
    }
}
