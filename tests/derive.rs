//! The derive.
#![allow(missing_docs)]
use karmem::Karmem;

#[derive(Clone, Debug, PartialEq, Default, Karmem)]
#[karmem(layout = "c")]
#[repr(C)]
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}
#[derive(Clone, Debug, PartialEq, Karmem)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
    Zombies = 255,
}
#[derive(Clone, Debug, PartialEq, Karmem)]
pub enum Shape {
    Empty,
    Circle { radius: f32 },
    Named(String),
}
#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(table)]
pub struct Monster {
    pub pos: Vec3,
    pub mana: i16,
    pub name: String,
    pub team: Team,
    #[karmem(max = 8)]
    pub inventory: Vec<u8>,
    pub hitbox: [f64; 2],
    pub path: Vec<Vec3>,
    pub luck: Option<u32>,
    pub friend: Option<Box<Self>>,
    pub herd: Vec<Monster>,
    pub tags: std::collections::BTreeMap<String, u32>,
    pub shape: Shape,
}
