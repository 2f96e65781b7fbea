//! flatbuffers 25.12, with `verified` and `unchecked` roots.

mod schema;

use crate::monsters::Nine;
use crate::{Peer, World};
use flatbuffers::{FlatBufferBuilder, VerifierOptions, WIPOffset};

/// See the module.
pub enum FlatBuffers {}

/// The builder and the offsets of the monsters written so far, whose room is used again.
#[derive(Default)]
pub struct Encoder {
    builder: FlatBufferBuilder<'static>,
    monsters: Vec<WIPOffset<schema::Monster<'static>>>,
}

impl Encoder {
    #[inline]
    fn monster(&mut self, monster: &crate::Monster) {
        let builder = &mut self.builder;
        let name = builder.create_string(&monster.name);
        let inventory = builder.create_vector(&monster.inventory);
        let status = builder.create_vector(&monster.status);
        let path = builder.create_vector_from_iter(monster.path.iter().map(schema::Vec3::new));
        type Slots<'a> = schema::Monster<'a>;
        let table = builder.start_table();
        builder.push_slot_always(Slots::HITBOX, schema::Hitbox::new(&monster.hitbox));
        builder.push_slot_always(Slots::PATH, path);
        builder.push_slot_always(Slots::STATUS, status);
        builder.push_slot_always(Slots::INVENTORY, inventory);
        builder.push_slot_always(Slots::NAME, name);
        builder.push_slot_always(Slots::POS, schema::Vec3::new(&monster.pos));
        builder.push_slot(Slots::HEALTH, monster.health, 0);
        builder.push_slot(Slots::MANA, monster.mana, 0);
        builder.push_slot(Slots::TEAM, monster.team as u8, 0);
        let table = builder.end_table(table);
        self.monsters.push(WIPOffset::new(table.value()));
    }
}

#[inline]
fn sum(world: schema::World<'_>) -> f64 {
    let points = world
        .monsters()
        .iter()
        .flat_map(|monster| monster.path().iter());
    points
        .map(|point| f64::from(point.x() + point.y() + point.z()))
        .sum()
}

#[inline]
fn nine(monster: schema::Monster<'_>) -> f64 {
    let nine = Nine {
        pos: monster.pos().x(),
        mana: monster.mana(),
        health: monster.health(),
        name: monster.name().len(),
        team: monster.team(),
        inventory: monster
            .inventory()
            .bytes()
            .last()
            .copied()
            .unwrap_or_default(),
        hitbox: monster.hitbox().last(),
        status: monster.status().iter().next_back().unwrap_or_default(),
        path: monster
            .path()
            .iter()
            .next_back()
            .map_or(0.0, |point| point.z()),
    };
    nine.total()
}

impl Peer for FlatBuffers {
    const NAME: &'static str = "flatbuffers";
    type Input = World;
    type Encoder = Encoder;

    fn input(world: &World) -> World {
        world.clone()
    }

    #[inline]
    fn encode<'e>(encoder: &'e mut Encoder, world: &World) -> &'e [u8] {
        encoder.builder.reset();
        encoder.monsters.clear();
        world
            .monsters
            .iter()
            .for_each(|monster| encoder.monster(monster));
        let builder = &mut encoder.builder;
        let monsters = builder.create_vector(&encoder.monsters);
        let table = builder.start_table();
        builder.push_slot_always(schema::World::MONSTERS, monsters);
        let table = builder.end_table(table);
        builder.finish_minimal(table);
        builder.finished_data()
    }

    #[inline]
    unsafe fn sum(message: &[u8]) -> f64 {
        // SAFETY: the caller says that this peer wrote the message, so a world is its root.
        sum(unsafe { flatbuffers::root_unchecked::<schema::World<'_>>(message) })
    }

    #[inline]
    unsafe fn nine(message: &[u8]) -> f64 {
        // SAFETY: the caller says that this peer wrote the message, so a world is its root.
        let world = unsafe { flatbuffers::root_unchecked::<schema::World<'_>>(message) };
        world.monsters().iter().map(nine).sum()
    }

    #[inline]
    fn verified_sum(message: &[u8]) -> Option<f64> {
        let options = VerifierOptions::default();
        flatbuffers::root_with_opts::<schema::World<'_>>(&options, message)
            .ok()
            .map(sum)
    }
}
