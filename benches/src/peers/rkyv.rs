//! rkyv 0.8: the best peer, and the one that karmem's ratios are taken against.

use crate::monsters::{ArchivedMonster, ArchivedWorld, Nine};
use crate::{Peer, World};
use rkyv::api::high::to_bytes_in_with_alloc;
use rkyv::rancor::Error;
use rkyv::ser::allocator::Arena;
use rkyv::ser::writer::Buffer;
use rkyv::util::AlignedVec;

/// See the module.
pub enum Rkyv {}

/// The message of last time, whose room is used again, and rkyv's scratch memory.
#[derive(Default)]
pub struct Encoder {
    message: AlignedVec,
    arena: Arena,
}

#[inline]
fn sum(world: &ArchivedWorld) -> f64 {
    let points = world
        .monsters
        .iter()
        .flat_map(|monster| monster.path.iter());
    points
        .map(|point| f64::from(point.x.to_native() + point.y.to_native() + point.z.to_native()))
        .sum()
}

#[inline]
fn nine(monster: &ArchivedMonster) -> f64 {
    let nine = Nine {
        pos: monster.pos.x.to_native(),
        mana: monster.mana.to_native(),
        health: monster.health.to_native(),
        name: monster.name.as_str().len(),
        team: monster.team as u8,
        inventory: monster.inventory.last().copied().unwrap_or_default(),
        hitbox: monster.hitbox[3].to_native(),
        status: monster.status.last().map_or(0, |status| status.to_native()),
        path: monster.path.last().map_or(0.0, |point| point.z.to_native()),
    };
    nine.total()
}

impl Peer for Rkyv {
    const NAME: &'static str = "rkyv";
    type Input = World;
    type Encoder = Encoder;

    fn input(world: &World) -> World {
        world.clone()
    }

    #[inline]
    fn encode<'e>(encoder: &'e mut Encoder, world: &World) -> &'e [u8] {
        let mut message = std::mem::take(&mut encoder.message);
        message.clear();
        let written =
            to_bytes_in_with_alloc::<_, _, Error>(world, message, encoder.arena.acquire());
        encoder.message = written.expect("a growing buffer takes every world");
        &encoder.message
    }

    #[inline]
    fn encode_into(encoder: &mut Encoder, world: &World, out: &mut [u8]) -> Option<usize> {
        let written = to_bytes_in_with_alloc::<_, _, Error>(
            world,
            Buffer::from(out),
            encoder.arena.acquire(),
        );
        written.ok().map(|message| message.len())
    }

    #[inline]
    unsafe fn sum(message: &[u8]) -> f64 {
        // SAFETY: the caller says that rkyv wrote the message and that it is aligned.
        sum(unsafe { rkyv::access_unchecked::<ArchivedWorld>(message) })
    }

    #[inline]
    unsafe fn nine(message: &[u8]) -> f64 {
        // SAFETY: the caller says that rkyv wrote the message and that it is aligned.
        let world = unsafe { rkyv::access_unchecked::<ArchivedWorld>(message) };
        world.monsters.iter().map(nine).sum()
    }

    #[inline]
    fn verified_sum(message: &[u8]) -> Option<f64> {
        rkyv::access::<ArchivedWorld, Error>(message).ok().map(sum)
    }
}
