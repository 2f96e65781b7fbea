use karmem::Karmem;

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    Humans = 0,
    Orcs = 1 + 1,
    Zombies,
}

fn main() {}
