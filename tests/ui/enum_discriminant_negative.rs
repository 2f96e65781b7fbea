use karmem::Karmem;

#[derive(Karmem)]
#[repr(i8)]
enum Level {
    Cellar = -1,
    Ground = 0,
}

fn main() {}
