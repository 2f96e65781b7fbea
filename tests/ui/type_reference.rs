use karmem::Karmem;

#[derive(Karmem)]
struct Message {
    title: &'static str,
    body: &'static [u8],
    sender: &'static u64,
}

fn main() {}
