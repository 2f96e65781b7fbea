//! The same guest the usual way: each frame it decodes a copy of the world, moves the monsters, and
//! encodes another copy.

use karmem::guest;
use monsters_model::World;

karmem::guest!();

/// Decodes `len` bytes of MessagePack at the start of a region, moves every monster by one frame,
/// and encodes the world to the same place. Returns the number of bytes, or −1.
#[unsafe(no_mangle)]
pub extern "C" fn step(region: i64, len: u32) -> i32 {
    let Ok(mut message) = guest::open_mut(region) else {
        return -1;
    };
    step_bytes(message.bytes_mut(), len as usize).unwrap_or(-1)
}

fn step_bytes(region: &mut [u8], len: usize) -> Option<i32> {
    let mut world: World = rmp_serde::from_slice(region.get(..len)?).ok()?;
    world.step();
    let mut rest = &mut *region;
    let room = rest.len();
    rmp_serde::encode::write(&mut rest, &world).ok()?;
    i32::try_from(room - rest.len()).ok()
}
