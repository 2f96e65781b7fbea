use karmem::Karmem;

#[derive(Karmem)]
struct Text {
    bytes: Vec<u8>,
    tail: str,
}

#[derive(Karmem)]
struct Numbers {
    tail: [u32],
}

fn main() {}
