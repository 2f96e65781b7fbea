use karmem::Karmem;

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    Humans,
    Orcs = 1,
    Zombies = 1,
}

fn main() {}
