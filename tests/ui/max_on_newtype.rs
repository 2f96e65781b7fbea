use karmem::Karmem;

#[derive(Karmem)]
struct Title(#[karmem(max = 40)] String);

fn main() {}
