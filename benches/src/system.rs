//! What the benches of systems call: a module that works, or the host in its place, and a module that
//! calls it in a loop.

use karmem::{Karmem, Shared, View, ViewMut};

/// What a payload's readers look at, however long it is.
pub const LOOK: usize = 64;

/// A message of any length.
#[derive(Karmem, Clone, Debug, PartialEq, Default)]
#[karmem(table)]
pub struct Payload {
    /// Counts up.
    pub turn: u32,
    /// As many as there are.
    pub bytes: Vec<u8>,
}

/// A small message.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Body {
    /// Which one.
    pub id: u32,
    /// Where it is.
    pub pos: Point,
    /// Where it goes.
    pub speed: Point,
}

/// Three numbers.
#[derive(Karmem, Clone, Copy, Debug, PartialEq, Default)]
pub struct Point {
    /// To the right.
    pub x: f32,
    /// Upwards.
    pub y: f32,
    /// Away.
    pub z: f32,
}

/// The work, which is next to none, so that what is measured is the call.
#[karmem::interface(package = "bench")]
pub trait Work {
    /// Two numbers in, one out.
    fn add(&mut self, a: i64, b: i64) -> i64;
    /// Adds up the first [`LOOK`] bytes, where they lie.
    fn look(&mut self, payload: View<Payload>) -> i64;
    /// Counts the turn up, and the first [`LOOK`] bytes.
    fn touch(&mut self, payload: ViewMut<Payload>);
    /// Adds up all bytes.
    fn scan(&mut self, payload: View<Payload>) -> i64;
    /// A small message in and one out: the body, one step further.
    fn step(&mut self, body: &Body) -> Body;
}

/// Calls of [`Work`] by a module.
#[karmem::interface(package = "bench")]
pub trait Drive {
    /// Calls `add` this often, each time with the sum so far and 1.
    fn adds(&mut self, times: u32) -> i64;
    /// Calls `look` this often, and adds up what it says.
    fn looks(&mut self, times: u32, payload: Shared<Payload>) -> i64;
    /// Calls `step` this often, each time with the body that came back.
    fn steps(&mut self, times: u32, body: &Body) -> Body;
}

/// Does the work: in a module, and in the host.
#[derive(Clone, Copy, Debug, Default)]
pub struct Worker;

impl Work for Worker {
    fn add(&mut self, a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    fn look(&mut self, payload: View<Payload>) -> i64 {
        payload.bytes().iter().take(LOOK).map(i64::from).sum()
    }

    fn touch(&mut self, payload: ViewMut<Payload>) {
        payload.set_turn(payload.turn().wrapping_add(1));
        let bytes = payload.bytes().and_then(|bytes| bytes.as_cells());
        for byte in bytes.into_iter().flatten().take(LOOK) {
            byte.set(byte.get().wrapping_add(1));
        }
    }

    fn scan(&mut self, payload: View<Payload>) -> i64 {
        payload
            .bytes()
            .as_bytes()
            .iter()
            .copied()
            .map(i64::from)
            .sum()
    }

    fn step(&mut self, body: &Body) -> Body {
        Body {
            id: body.id,
            pos: Point {
                x: body.pos.x + body.speed.x,
                y: body.pos.y + body.speed.y,
                z: body.pos.z + body.speed.z,
            },
            speed: body.speed,
        }
    }
}
