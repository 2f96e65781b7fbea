use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table, inline)]
struct Monster {
    mana: u16,
}

fn main() {}
