use karmem::Karmem;

#[derive(Karmem)]
#[karmem(layout = "pack")]
struct Monster {
    mana: u16,
}

fn main() {}
