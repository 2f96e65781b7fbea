use karmem::Karmem;

#[derive(Karmem)]
struct Monster {
    #[karmem(max = 3)]
    mana: u16,
    #[karmem(max = 3)]
    scores: [u32; 8],
    #[karmem(max = 3)]
    maybe: Option<bool>,
    #[karmem(max = 3)]
    pos: Position,
    #[karmem(max = 3)]
    name: Option<String>,
}

#[derive(Karmem)]
struct Position {
    x: f32,
}

fn main() {}
