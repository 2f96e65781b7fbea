use karmem::Karmem;

#[derive(Karmem)]
struct Marker;

fn main() {}
