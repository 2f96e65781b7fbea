//! The guest of the tests: it reads, changes and builds messages, and it does what guests
//! should not: it panics, loops, and asks for more than there is.

use karmem::guest::{self, AccessError};
use karmem::{FixedWriter, Karmem, Sink};
use monsters_model::{Team, Vec3, World};
use std::hint::black_box;

karmem::guest!();

/// Returns the message.
#[unsafe(no_mangle)]
pub extern "C" fn echo(message: i64) -> i64 {
    message
}

/// What opening a message gives: 0, or why it is refused.
#[unsafe(no_mangle)]
pub extern "C" fn open(message: i64, change: u32) -> i32 {
    let opened = if change == 0 {
        guest::open(message).map(drop)
    } else {
        guest::open_mut(message).map(drop)
    };
    match opened {
        Ok(()) => 0,
        Err(AccessError::NotAttached(_)) => 1,
        Err(AccessError::OutOfBounds { .. }) => 2,
        Err(AccessError::ReadOnly(_)) => 3,
        Err(AccessError::InUse(_)) => 4,
        Err(_) => 5,
    }
}

/// Checks a world and sums the healths; −1 if it cannot be opened, −2 if it is not a valid message.
#[unsafe(no_mangle)]
pub extern "C" fn healths(world: i64) -> i32 {
    let Ok(message) = guest::open(world) else {
        return -1;
    };
    let Ok(world) = message.view::<World>() else {
        return -2;
    };
    world
        .monsters()
        .iter()
        .map(|monster| i32::from(monster.health()))
        .sum()
}

/// Builds a world in a region, from `offset` on, which is a multiple of 8, with no object in
/// between. Returns the message, or −1.
#[unsafe(no_mangle)]
pub extern "C" fn reply(region: i64, offset: u32, monsters: u32) -> i64 {
    let Ok(mut message) = guest::open_mut(region) else {
        return -1;
    };
    let mut writer = FixedWriter::starting_at(message.bytes_mut(), offset);
    match build(&mut writer, monsters) {
        Ok(()) => guest::join(guest::split(region).0, offset),
        Err(_) => -1,
    }
}

fn build<S: Sink>(sink: &mut S, monsters: u32) -> Result<(), karmem::EncodeError> {
    let mut world = World::build(sink)?;
    world.frame(monsters)?;
    let mut all = world.build_monsters(monsters as usize)?;
    for i in 0..monsters {
        let at = Vec3 {
            x: i as f32,
            y: 0.5,
            z: -1.0,
        };
        all.build(i as usize)?
            .pos(&at)?
            .name(&format!("built {i}"))?
            .team(&Team::Zombies)?
            .health(i as i16)?
            .path(&[at, at])?;
    }
    Ok(())
}

/// Decodes a world and encodes it again to the same place: its length, or −1.
#[unsafe(no_mangle)]
pub extern "C" fn again(region: i64) -> i32 {
    let Ok(mut message) = guest::open_mut(region) else {
        return -1;
    };
    let Ok(world) = World::decode(message.bytes_mut()) else {
        return -1;
    };
    world
        .encode_to(message.bytes_mut())
        .map_or(-1, |length| length as i32)
}

/// Changes the world, and panics in the middle of that, with some of the stack in use.
#[unsafe(no_mangle)]
pub extern "C" fn panics(world: i64) {
    let stack = black_box([1u8; 64 << 10]);
    let mut message = guest::open_mut(world).unwrap_or_else(|error| panic!("{error}"));
    if let Some(world) = message.view_mut_unverified::<World>() {
        world.set_frame(world.frame() + u32::from(stack[0]));
    }
    panic!("as it was asked to");
}

/// Opens the world and holds it for ever.
#[unsafe(no_mangle)]
pub extern "C" fn loops(world: i64) {
    let message = guest::open_mut(world);
    while black_box(true) {}
    drop(message);
}

/// Opens the world again and again, for ever: most of the time goes by under the lock.
#[unsafe(no_mangle)]
pub extern "C" fn opens(world: i64) {
    while black_box(true) {
        drop(guest::open(world));
    }
}

/// Takes memory until there is none.
#[unsafe(no_mangle)]
pub extern "C" fn allocates() -> usize {
    let mut all: Vec<Vec<u8>> = Vec::new();
    while black_box(true) {
        all.push(vec![1; 1 << 20]);
    }
    all.len()
}

/// Calls itself until the stack ends.
#[unsafe(no_mangle)]
pub extern "C" fn recurses(depth: u32) -> u32 {
    let stack = black_box([depth; 256]);
    if black_box(stack[0]) == u32::MAX {
        return 0;
    }
    black_box(recurses(stack[1] + 1)) + 1
}
