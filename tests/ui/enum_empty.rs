use karmem::Karmem;

#[derive(Karmem)]
enum Never {}

fn main() {}
