use karmem::Karmem;

#[derive(Clone, Debug, PartialEq, Karmem)]
pub struct Position {
    pub x: i32,
    pub y: i32,
}

/// Lives in a world.
#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(table)]
pub struct Monster {
    /// What it is called.
    pub name: String,
    pub mana: i16,
    pub position: Position,
    #[karmem(max = 128)]
    pub inventory: Vec<u8>,
    pub hitbox: [f64; 2],
    pub luck: Option<u32>,
    pub title: Option<String>,
    pub friend: Option<Box<Monster>>,
    pub herd: Vec<Monster>,
    pub prices: std::collections::BTreeMap<String, u32>,
}
