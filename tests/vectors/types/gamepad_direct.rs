//! The types of `gamepad.km` without its wrapper structs, which the lowering of slices and arrays
//! of tables generates.

use karmem::Karmem;

use super::gamepad::{Color, Team, Vec3, WeaponData};
use crate::json::record;

#[derive(Karmem, Clone, Debug, PartialEq)]
#[karmem(table)]
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
    pub(crate) weapons: [WeaponData; 4],
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
#[karmem(table)]
pub(crate) struct Monsters {
    #[karmem(max = 2000)]
    pub(crate) monsters: Vec<MonsterData>,
}
record!(Monsters, MonstersView { monsters });
