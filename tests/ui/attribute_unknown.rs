use karmem::Karmem;

#[derive(Karmem)]
#[karmem(tabel, max = 3, colour)]
struct Monster {
    #[karmem(maximum = 3)]
    name: String,
    #[karmem(table)]
    mana: u16,
}

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    #[karmem(value = 3)]
    Humans,
}

fn main() {}
