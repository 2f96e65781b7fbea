use karmem::Karmem;

#[derive(Karmem)]
#[karmem(spread)]
struct Monster {
    mana: u16,
}

#[derive(Karmem)]
#[karmem(spread)]
#[repr(u8)]
enum Team {
    Humans,
}

#[derive(Karmem)]
#[karmem(spread)]
enum Answer {
    Nothing,
    Kind(u32),
}

fn main() {}
