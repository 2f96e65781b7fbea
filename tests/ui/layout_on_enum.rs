use karmem::Karmem;

#[derive(Karmem)]
#[karmem(layout = "packed")]
#[repr(u8)]
enum Team {
    Humans,
}

fn main() {}
