use karmem::Karmem;

#[derive(Karmem)]
#[karmem]
struct Bare {
    x: u8,
}

#[derive(Karmem)]
#[karmem(table = true, id = "12", crate = "not a path", layout)]
struct Values {
    x: u8,
}

#[derive(Karmem)]
#[karmem(id = 18446744073709551616)]
struct Id {
    x: u8,
}

#[derive(Karmem)]
#[karmem(rename = )]
struct Broken {
    x: u8,
}

fn main() {}
