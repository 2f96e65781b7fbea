use karmem::Karmem;

#[derive(Karmem)]
struct Slot {
    index: usize,
    delta: Option<isize>,
}

fn main() {}
