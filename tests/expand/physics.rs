use karmem::Karmem;

#[derive(Clone, Debug, PartialEq, Karmem)]
#[karmem(table)]
pub struct World {
    pub frame: u32,
}

#[derive(Clone, Debug, PartialEq, Karmem)]
pub struct Report {
    pub moved: u32,
}

#[derive(Clone, Debug, PartialEq, Karmem)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
}

#[derive(Clone, Debug, PartialEq, Karmem)]
#[repr(u8)]
pub enum Fault {
    Unknown,
    Full,
}

/// Moves what is in the world.
#[karmem::interface(package = "game", version = 2)]
pub(crate) trait Physics {
    /// Moves everything by `dt` seconds.
    fn step(
        &mut self,
        world: karmem::ViewMut<World>,
        #[karmem(verify)] old: karmem::View<World>,
        team: Team,
        dt: f32,
    ) -> Report;
    /// Looks something up.
    fn find(&self, at: karmem::Shared<World>, name: &World) -> Result<karmem::Shared<World>, Fault>;
    fn ping(&mut self);
}
