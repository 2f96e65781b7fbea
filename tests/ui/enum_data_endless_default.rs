use karmem::Karmem;

#[derive(Karmem)]
enum Expr {
    Not(Box<Expr>),
    Both { left: Box<Self>, right: Box<Self> },
    Value(bool),
}

fn main() {}
