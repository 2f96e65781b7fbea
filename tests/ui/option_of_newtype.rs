use karmem::Karmem;

#[derive(Karmem)]
struct Age(Option<u32>);

#[derive(Karmem)]
#[karmem(table)]
struct Person {
    age: Option<Age>,
}

fn main() {}
