use karmem::Karmem;

#[derive(Karmem)]
struct Buffer {
    start: *const u8,
    end: *mut u8,
}

fn main() {}
