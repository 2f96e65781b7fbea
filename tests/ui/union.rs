use karmem::Karmem;

#[derive(Karmem)]
union Bits {
    float: f32,
    word: u32,
}

fn main() {}
