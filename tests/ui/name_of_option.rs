use karmem::Karmem;

#[derive(Karmem)]
struct Monster {
    target: Option<u32>,
    has_target: bool,
}

fn main() {}
