use karmem::Karmem;

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    Humans = 1,
    Orcs,
}

fn main() {}
