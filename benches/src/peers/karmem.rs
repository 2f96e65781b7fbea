//! karmem, twice: monsters that lie inline in their slice, as rkyv's do, and monsters that are tables,
//! which cost one step through a reference and can evolve.

use crate::monsters::Nine;
use crate::{Peer, World};
use ::karmem::Karmem;
use zerocopy::{FromBytes, Immutable, IntoBytes};

/// Monsters inline in their slice.
pub enum Inline {}

/// Monsters as tables.
pub enum Tables {}

/// The structs of the workload with the derive, and the peer that reads and writes them.
macro_rules! karmem_peer {
    ($module:ident, $class:ident, $peer:ident, $name:literal) => {
        mod $module {
            use super::*;

            #[derive(Karmem, Clone, Copy, FromBytes, IntoBytes, Immutable)]
            #[karmem(layout = "c")]
            #[repr(C)]
            #[allow(unreachable_pub, reason = "the input of a public peer")]
            pub struct Vec3 {
                x: f32,
                y: f32,
                z: f32,
            }

            #[derive(Karmem, Clone, Copy, Debug)]
            #[repr(u8)]
            #[allow(unreachable_pub, reason = "as the structs")]
            pub enum Team {
                Humans = 0,
                Orcs = 1,
                Zombies = 2,
            }

            #[derive(Karmem)]
            #[karmem($class)]
            #[allow(unreachable_pub, reason = "the input of a public peer")]
            pub struct Monster {
                pos: Vec3,
                mana: i16,
                health: i16,
                name: String,
                team: Team,
                inventory: Vec<u8>,
                hitbox: [f64; 4],
                status: Vec<i32>,
                path: Vec<Vec3>,
            }

            /// The root of each message.
            #[derive(Karmem)]
            #[karmem(table)]
            #[allow(unreachable_pub, reason = "the input of a public peer")]
            pub struct Monsters {
                monsters: Vec<Monster>,
            }

            impl From<&crate::Vec3> for Vec3 {
                fn from(from: &crate::Vec3) -> Self {
                    Vec3 {
                        x: from.x,
                        y: from.y,
                        z: from.z,
                    }
                }
            }

            impl From<&crate::Monster> for Monster {
                fn from(from: &crate::Monster) -> Self {
                    Monster {
                        pos: (&from.pos).into(),
                        mana: from.mana,
                        health: from.health,
                        name: from.name.clone(),
                        team: match from.team {
                            crate::Team::Humans => Team::Humans,
                            crate::Team::Orcs => Team::Orcs,
                            crate::Team::Zombies => Team::Zombies,
                        },
                        inventory: from.inventory.clone(),
                        hitbox: from.hitbox,
                        status: from.status.clone(),
                        path: from.path.iter().map(Vec3::from).collect(),
                    }
                }
            }

            #[inline]
            fn sum(monsters: MonstersView<'_>) -> f64 {
                let points = monsters
                    .monsters()
                    .iter()
                    .flat_map(|monster| monster.path());
                points
                    .map(|point| f64::from(point.x() + point.y() + point.z()))
                    .sum()
            }

            #[inline]
            fn nine(monster: MonsterView<'_>) -> f64 {
                let nine = Nine {
                    pos: monster.pos().x(),
                    mana: monster.mana(),
                    health: monster.health(),
                    name: monster.name().len(),
                    team: monster.team() as u8,
                    inventory: monster.inventory().last().unwrap_or_default(),
                    hitbox: monster.hitbox().get(3).unwrap_or_default(),
                    status: monster.status().last().unwrap_or_default(),
                    path: monster.path().last().map_or(0.0, |point| point.z()),
                };
                nine.total()
            }

            impl Peer for $peer {
                const NAME: &'static str = $name;
                type Input = Monsters;
                type Encoder = Vec<u8>;

                fn input(world: &World) -> Monsters {
                    Monsters {
                        monsters: world.monsters.iter().map(Monster::from).collect(),
                    }
                }

                #[inline]
                fn encode<'e>(encoder: &'e mut Vec<u8>, input: &Monsters) -> &'e [u8] {
                    input
                        .encode_into(encoder)
                        .expect("the world is below 4 GiB");
                    encoder
                }

                #[inline]
                fn encode_into(_: &mut Vec<u8>, input: &Monsters, out: &mut [u8]) -> Option<usize> {
                    input.encode_to(out).ok()
                }

                #[inline]
                unsafe fn sum(message: &[u8]) -> f64 {
                    sum(Monsters::view_unverified(message))
                }

                #[inline]
                unsafe fn nine(message: &[u8]) -> f64 {
                    Monsters::view_unverified(message)
                        .monsters()
                        .iter()
                        .map(nine)
                        .sum()
                }

                #[inline]
                fn verified_sum(message: &[u8]) -> Option<f64> {
                    Monsters::view(message).ok().map(sum)
                }
            }
        }
    };
}

karmem_peer!(inline, inline, Inline, "karmem_inline");
karmem_peer!(tables, table, Tables, "karmem");
