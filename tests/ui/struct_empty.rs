use karmem::Karmem;

#[derive(Karmem)]
struct Nothing {}

#[derive(Karmem)]
#[karmem(table)]
struct NoFields();

fn main() {}
