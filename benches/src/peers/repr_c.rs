//! `repr(C)` records of fixed size: the limit that no format with text and slices can beat.

use crate::monsters::Nine;
use crate::{Monster, Peer, Vec3, World};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// See the module.
pub enum ReprC {}

const TEAMS: u8 = 3;

/// A monster with all of its data in place; fields ordered so that no hidden padding arises.
#[derive(Clone, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Record {
    hitbox: [f64; 4],
    pos: [f32; 3],
    mana: i16,
    health: i16,
    status: [i32; 5],
    path: [[f32; 3]; 20],
    inventory: [u8; 32],
    name: [u8; 14],
    name_len: u8,
    team: u8,
    reserved: [u8; 4],
}

fn point(point: &Vec3) -> [f32; 3] {
    [point.x, point.y, point.z]
}

impl From<&Monster> for Record {
    #[inline]
    fn from(monster: &Monster) -> Self {
        let mut record = Record {
            hitbox: monster.hitbox,
            pos: point(&monster.pos),
            mana: monster.mana,
            health: monster.health,
            status: *monster
                .status
                .as_array()
                .expect("the workload has 5 effects"),
            path: [[0.0; 3]; 20],
            inventory: *monster
                .inventory
                .as_array()
                .expect("the workload has 32 items"),
            name: [0; 14],
            name_len: monster.name.len() as u8,
            team: monster.team as u8,
            reserved: [0; 4],
        };
        let path: &[Vec3; 20] = monster.path.as_array().expect("the workload has 20 points");
        record.path = path.each_ref().map(point);
        record.name[..monster.name.len()].copy_from_slice(monster.name.as_bytes());
        record
    }
}

/// The records of a message; `None` when it is misaligned or not a whole number of records.
#[inline]
fn records(message: &[u8]) -> Option<&[Record]> {
    <[Record]>::ref_from_bytes(message).ok()
}

#[inline]
fn sum(records: &[Record]) -> f64 {
    let points = records.iter().flat_map(|record| &record.path);
    points.map(|[x, y, z]| f64::from(x + y + z)).sum()
}

#[inline]
fn is_valid(record: &Record) -> bool {
    let name = record.name.get(..usize::from(record.name_len));
    record.team < TEAMS && name.is_some_and(|name| str::from_utf8(name).is_ok())
}

impl Peer for ReprC {
    const NAME: &'static str = "repr_c";
    type Input = World;
    type Encoder = Vec<Record>;

    fn input(world: &World) -> World {
        world.clone()
    }

    #[inline]
    fn encode<'e>(encoder: &'e mut Vec<Record>, world: &World) -> &'e [u8] {
        encoder.clear();
        encoder.extend(world.monsters.iter().map(Record::from));
        encoder.as_bytes()
    }

    #[inline]
    fn encode_into(_: &mut Vec<Record>, world: &World, out: &mut [u8]) -> Option<usize> {
        let size = world.monsters.len() * size_of::<Record>();
        let records = <[Record]>::mut_from_bytes(out.get_mut(..size)?).ok()?;
        for (record, monster) in records.iter_mut().zip(&world.monsters) {
            *record = Record::from(monster);
        }
        Some(size)
    }

    #[inline]
    unsafe fn sum(message: &[u8]) -> f64 {
        sum(records(message).unwrap_or_default())
    }

    #[inline]
    unsafe fn nine(message: &[u8]) -> f64 {
        let nine = records(message)
            .unwrap_or_default()
            .iter()
            .map(|record| Nine {
                pos: record.pos[0],
                mana: record.mana,
                health: record.health,
                name: usize::from(record.name_len),
                team: record.team,
                inventory: record.inventory[31],
                hitbox: record.hitbox[3],
                status: record.status[4],
                path: record.path[19][2],
            });
        nine.map(|nine| nine.total()).sum()
    }

    #[inline]
    fn verified_sum(message: &[u8]) -> Option<f64> {
        let records = records(message)?;
        records.iter().all(is_valid).then(|| sum(records))
    }
}
