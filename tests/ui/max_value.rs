use karmem::Karmem;

#[derive(Karmem)]
struct Monster {
    #[karmem(max = 0)]
    name: String,
    #[karmem(max = 4294967296)]
    path: Vec<u32>,
    #[karmem(max = "12")]
    tags: Vec<u32>,
    #[karmem(max = LIMIT)]
    inventory: Vec<u8>,
    #[karmem(max)]
    notes: Box<str>,
    #[karmem(max(5))]
    title: String,
}

fn main() {}
