//! The world itself: the structs that the host owns, how they are made, and the results that every
//! peer has to reproduce.

/// A point; each coordinate is a multiple of 1/4 in −512…512, so that sums are exact in any order.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    serde::Serialize,
    serde::Deserialize,
    rkyv::Archive,
    rkyv::Serialize,
)]
pub struct Vec3 {
    /// East.
    pub x: f32,
    /// Up.
    pub y: f32,
    /// North.
    pub z: f32,
}

/// The side that a monster is on.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    rkyv::Archive,
    rkyv::Serialize,
)]
#[rkyv(derive(Clone, Copy))]
#[repr(u8)]
pub enum Team {
    /// People.
    Humans = 0,
    /// Orcs.
    Orcs = 1,
    /// The undead.
    Zombies = 2,
}

/// One monster. The lengths are those of the workload; the types allow any.
#[derive(
    Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, rkyv::Archive, rkyv::Serialize,
)]
pub struct Monster {
    /// Where it is.
    pub pos: Vec3,
    /// Magic left.
    pub mana: i16,
    /// Life left.
    pub health: i16,
    /// About 10 bytes of text.
    pub name: String,
    /// Its side.
    pub team: Team,
    /// 32 items.
    pub inventory: Vec<u8>,
    /// A box around it.
    pub hitbox: [f64; 4],
    /// 5 effects.
    pub status: Vec<i32>,
    /// 20 points to walk to.
    pub path: Vec<Vec3>,
}

/// All monsters: the root of each message.
#[derive(
    Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, rkyv::Archive, rkyv::Serialize,
)]
pub struct World {
    /// The monsters.
    pub monsters: Vec<Monster>,
}

/// SplitMix64: small, and the same numbers on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// A number in `0..end`.
    fn below(&mut self, end: u32) -> u32 {
        ((u64::from(end) * (self.next() >> 32)) >> 32) as u32
    }

    fn coordinate(&mut self) -> f32 {
        self.below(4097) as f32 / 4.0 - 512.0
    }

    fn point(&mut self) -> Vec3 {
        Vec3 {
            x: self.coordinate(),
            y: self.coordinate(),
            z: self.coordinate(),
        }
    }

    fn monster(&mut self) -> Monster {
        Monster {
            pos: self.point(),
            mana: self.below(1000) as i16,
            health: self.below(2000) as i16 - 1000,
            name: format!("monster{:03}", self.below(1000)),
            team: [Team::Humans, Team::Orcs, Team::Zombies][self.below(3) as usize],
            inventory: (0..32).map(|_| self.next() as u8).collect(),
            hitbox: std::array::from_fn(|_| f64::from(self.coordinate())),
            status: (0..5)
                .map(|_| self.below(1 << 20) as i32 - (1 << 19))
                .collect(),
            path: (0..20).map(|_| self.point()).collect(),
        }
    }
}

/// A world of `count` monsters, always the same one.
pub fn world(count: usize) -> World {
    let mut random = Random(count as u64);
    World {
        monsters: (0..count).map(|_| random.monster()).collect(),
    }
}

/// The sum of `x + y + z` over all points of all paths: what the guest is asked for.
pub fn path_sum(world: &World) -> f64 {
    let points = world.monsters.iter().flat_map(|monster| &monster.path);
    points
        .map(|point| f64::from(point.x + point.y + point.z))
        .sum()
}

/// What [`nine_fields`] takes from one monster: one number from each of its fields, of a slice the
/// last element, so that accessors are measured and not loops.
pub struct Nine {
    /// `pos.x`.
    pub pos: f32,
    /// `mana`.
    pub mana: i16,
    /// `health`.
    pub health: i16,
    /// The name's length in bytes.
    pub name: usize,
    /// The team's number.
    pub team: u8,
    /// The last item.
    pub inventory: u8,
    /// The last number.
    pub hitbox: f64,
    /// The last effect.
    pub status: i32,
    /// `z` of the last point.
    pub path: f32,
}

impl Nine {
    /// The nine numbers added up; exact, because each is a small multiple of 1/4.
    #[inline]
    pub fn total(&self) -> f64 {
        let whole = i64::from(self.mana)
            + i64::from(self.health)
            + self.name as i64
            + i64::from(self.team)
            + i64::from(self.inventory)
            + i64::from(self.status);
        whole as f64 + f64::from(self.pos + self.path) + self.hitbox
    }
}

/// One number from each of the nine fields of every monster, added up.
pub fn nine_fields(world: &World) -> f64 {
    let nine = world.monsters.iter().map(|monster| Nine {
        pos: monster.pos.x,
        mana: monster.mana,
        health: monster.health,
        name: monster.name.len(),
        team: monster.team as u8,
        inventory: monster.inventory.last().copied().unwrap_or_default(),
        hitbox: monster.hitbox[3],
        status: monster.status.last().copied().unwrap_or_default(),
        path: monster.path.last().map_or(0.0, |point| point.z),
    });
    nine.map(|nine| nine.total()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_is_as_the_workload_says() {
        let world = world(100);
        assert_eq!(world.monsters.len(), 100);
        for monster in &world.monsters {
            let lengths = (
                monster.name.len(),
                monster.inventory.len(),
                monster.status.len(),
                monster.path.len(),
            );
            assert_eq!(lengths, (10, 32, 5, 20));
            for point in &monster.path {
                for coordinate in [point.x, point.y, point.z] {
                    assert!(
                        (-512.0..=512.0).contains(&coordinate) && (coordinate * 4.0).fract() == 0.0
                    );
                }
            }
        }
    }

    #[test]
    fn sums_are_exact_in_any_order() {
        let mut world = world(1000);
        let (sum, nine) = (path_sum(&world), nine_fields(&world));
        world.monsters.reverse();
        world
            .monsters
            .iter_mut()
            .for_each(|monster| monster.path.reverse());
        assert_eq!(path_sum(&world), sum);
        world
            .monsters
            .iter_mut()
            .for_each(|monster| monster.path.reverse());
        assert_eq!(nine_fields(&world), nine);
    }
}
