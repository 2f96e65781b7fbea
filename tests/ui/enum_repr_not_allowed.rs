use karmem::Karmem;

#[derive(Karmem)]
#[repr(usize)]
enum Pointer {
    Null,
}

#[derive(Karmem)]
#[repr(C)]
enum Target {
    Host,
}

fn main() {}
