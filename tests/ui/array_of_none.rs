use karmem::Karmem;

#[derive(Karmem)]
struct Grid {
    cells: [u8; 0],
    rows: [[u8; 4]; 0],
}

fn main() {}
