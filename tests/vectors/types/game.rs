//! The types of `game.km`, packed.

use karmem::Karmem;

use crate::json::{enumerators, record};

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum Color {
    Red,
    Green,
    Blue,
}
enumerators!(Color { Red, Green, Blue });

#[derive(Karmem, Clone, Copy, Debug, PartialEq)]
#[repr(u8)]
pub(crate) enum Team {
    Humans,
    Orcs,
    Zombies,
    Robots,
    Aliens,
}
enumerators!(Team {
    Humans,
    Orcs,
    Zombies,
    Robots,
    Aliens
});

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed")]
pub(crate) struct Vec3 {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) z: f32,
}
record!(Vec3, Vec3View { x, y, z });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed")]
pub(crate) struct WeaponData {
    pub(crate) damage: i32,
    pub(crate) ammo: u16,
    pub(crate) clip_size: u8,
    pub(crate) reload_time: f32,
    pub(crate) range: i32,
}
record!(
    WeaponData,
    WeaponDataView {
        damage,
        ammo,
        clip_size,
        reload_time,
        range
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed")]
pub(crate) struct Weapon {
    pub(crate) data: WeaponData,
}
record!(Weapon, WeaponView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed")]
pub(crate) struct MonsterData {
    pub(crate) pos: Vec3,
    pub(crate) mana: i16,
    pub(crate) health: i16,
    #[karmem(max = 512)]
    pub(crate) name: String,
    pub(crate) team: Team,
    #[karmem(max = 128)]
    pub(crate) inventory: Vec<u8>,
    pub(crate) color: Color,
    pub(crate) hitbox: [f64; 5],
    #[karmem(max = 10)]
    pub(crate) status: Vec<i32>,
    pub(crate) weapons: [Weapon; 4],
    #[karmem(max = 2000)]
    pub(crate) path: Vec<Vec3>,
    pub(crate) is_alive: bool,
}
record!(
    MonsterData,
    MonsterDataView {
        pos,
        mana,
        health,
        name,
        team,
        inventory,
        color,
        hitbox,
        status,
        weapons,
        path,
        is_alive
    }
);

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(layout = "packed")]
pub(crate) struct Monster {
    pub(crate) data: MonsterData,
}
record!(Monster, MonsterView { data });

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table, layout = "packed")]
pub(crate) struct Monsters {
    #[karmem(max = 2000)]
    pub(crate) monsters: Vec<Monster>,
}
record!(Monsters, MonstersView { monsters });
