use karmem::Karmem;

#[derive(Karmem)]
struct Account {
    balance: u128,
    changes: Vec<i128>,
}

fn main() {}
