use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table, layout = "legacy")]
struct Old {
    names: Vec<String>,
    grid: [Vec<u8>; 4],
    maybe: Option<Vec<Option<u8>>>,
    good: Vec<u8>,
}

fn main() {}
