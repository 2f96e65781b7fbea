use karmem::Karmem;

const FIRST: isize = 0;

#[derive(Karmem)]
#[repr(isize)]
enum Wide {
    A = 0,
}

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    Humans = 0,
    Orcs = 1 + 1,
    Zombies,
}

fn main() {}
