use karmem::Karmem;

#[derive(Karmem)]
enum Team {
    Humans,
    Orcs,
}

fn main() {}
