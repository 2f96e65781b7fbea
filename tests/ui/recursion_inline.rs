use karmem::Karmem;

#[derive(Karmem)]
struct Node {
    next: Option<Box<Self>>,
    pair: [Box<Node>; 2],
    children: Vec<Node>,
}

fn main() {}
