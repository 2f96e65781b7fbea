//! What the host and the guests share: ordinary structs with a derive.

use karmem::Karmem;

/// A place or a direction.
#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[karmem(layout = "c")]
#[repr(C)]
pub struct Vec3 {
    /// East.
    pub x: f32,
    /// North.
    pub y: f32,
    /// Up.
    pub z: f32,
}

/// Whose side a monster is on.
#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[repr(u8)]
pub enum Team {
    /// Those who play.
    Humans,
    /// Those who are played.
    Orcs,
    /// Those who have played.
    Zombies,
}

/// One of many.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[karmem(table)]
pub struct Monster {
    /// Where it is.
    pub pos: Vec3,
    /// How far it goes in a frame.
    pub speed: Vec3,
    /// What it is called.
    pub name: String,
    /// Its side.
    pub team: Team,
    /// What is left of it.
    pub health: i16,
    /// How often it ran into a wall.
    pub bumps: u32,
    /// Where it comes from.
    pub path: Vec<Vec3>,
}

/// All of them.
#[derive(Karmem, Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[karmem(table)]
pub struct World {
    /// The number of frames so far.
    pub frame: u32,
    /// Who lives there.
    pub monsters: Vec<Monster>,
}

karmem::schema! {
    /// What the example's modules share.
    pub MONSTERS: "monsters" { types: [World] }
}

/// The walls of the world are at −`WALL` and `WALL`.
pub const WALL: f32 = 1000.0;

/// Moves one coordinate by a frame: the new position, the new speed, and whether there was a wall.
#[inline]
pub fn advance(pos: f32, speed: f32) -> (f32, f32, bool) {
    let next = pos + speed;
    if (-WALL..=WALL).contains(&next) {
        (next, speed, false)
    } else {
        (pos, -speed, true)
    }
}

impl World {
    /// A world of so many monsters, always the same.
    pub fn new(count: usize) -> World {
        let mut seed = 0x9e37_79b9_u32;
        let mut random = |range: f32| {
            // Marsaglia's xorshift32 ("Xorshift RNGs", 2003).
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            (seed as f32 / u32::MAX as f32 * 2.0 - 1.0) * range
        };
        let mut vec3 = |range: f32| Vec3 {
            x: random(range),
            y: random(range),
            z: random(range),
        };
        let monsters = (0..count)
            .map(|i| Monster {
                pos: vec3(WALL),
                speed: vec3(10.0),
                name: format!("monster {i}"),
                team: [Team::Humans, Team::Orcs, Team::Zombies][i % 3],
                health: (i % 1000) as i16,
                bumps: 0,
                path: (0..8).map(|_| vec3(WALL)).collect(),
            })
            .collect();
        World { frame: 0, monsters }
    }

    /// One frame, on the structs: what the guests do in their own ways.
    pub fn step(&mut self) {
        self.frame += 1;
        for monster in &mut self.monsters {
            let (pos, speed) = (&mut monster.pos, &mut monster.speed);
            for (pos, speed) in [
                (&mut pos.x, &mut speed.x),
                (&mut pos.y, &mut speed.y),
                (&mut pos.z, &mut speed.z),
            ] {
                let (next_pos, next_speed, bump) = advance(*pos, *speed);
                (*pos, *speed) = (next_pos, next_speed);
                monster.bumps += u32::from(bump);
            }
        }
    }
}

/// What the host reads after each frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// The sum of all bumps.
    pub bumps: u64,
    /// The sum of all heights.
    pub height: f64,
}

impl Statistics {
    /// Counts one monster in.
    #[inline]
    pub fn add(&mut self, bumps: u32, height: f32) {
        self.bumps += u64::from(bumps);
        self.height += f64::from(height);
    }
}
