use karmem::Karmem;

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    Humans,
    #[karmem(rename = "Humans")]
    Orcs,
}

fn main() {}
