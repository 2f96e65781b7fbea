use karmem::Karmem;

#[derive(Karmem)]
enum Command {
    Stop,
    Move { by: usize },
    Say(&'static str),
}

fn main() {}
