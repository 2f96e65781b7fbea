use karmem::Karmem;

#[derive(Karmem)]
struct Frame {
    _reserved: u32,
    größe: u32,
    _1st: u32,
}

fn main() {}
