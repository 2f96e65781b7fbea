use karmem::Karmem;

#[derive(Clone, Debug, PartialEq, Karmem)]
#[repr(u8)]
pub enum Team {
    Humans,
    Orcs,
    Zombies = 255,
}
