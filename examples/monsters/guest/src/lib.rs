//! The guest: moves the monsters of a world where they lie.

use karmem::guest;
use monsters_model::{Vec3ViewMut, World, advance};

karmem::guest!();

/// Moves every monster by one frame. The world is a message that the host has built in this
/// module's memory. Returns the number of monsters, or −1 if there is no world.
#[unsafe(no_mangle)]
pub extern "C" fn step(world: i64) -> i32 {
    let Ok(mut message) = guest::open_mut(world) else {
        return -1;
    };
    let Some(world) = message.view_mut_unverified::<World>() else {
        return -1;
    };
    world.set_frame(world.frame() + 1);
    let Some(monsters) = world.monsters() else {
        return -1;
    };
    for monster in monsters.iter() {
        let (Some(pos), Some(speed)) = (monster.pos(), monster.speed()) else {
            continue;
        };
        let bumps = step_axes(pos, speed);
        if bumps > 0 {
            monster.set_bumps(monster.bumps() + bumps);
        }
    }
    monsters.len() as i32
}

fn step_axes(pos: Vec3ViewMut<'_>, speed: Vec3ViewMut<'_>) -> u32 {
    let (x, speed_x, bump_x) = advance(pos.x(), speed.x());
    let (y, speed_y, bump_y) = advance(pos.y(), speed.y());
    let (z, speed_z, bump_z) = advance(pos.z(), speed.z());
    pos.set_x(x);
    pos.set_y(y);
    pos.set_z(z);
    speed.set_x(speed_x);
    speed.set_y(speed_y);
    speed.set_z(speed_z);
    u32::from(bump_x) + u32::from(bump_y) + u32::from(bump_z)
}
