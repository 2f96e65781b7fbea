use karmem::Karmem;

#[derive(Karmem)]
struct Title(#[karmem(max = 40, rename = "Text")] String);

fn main() {}
