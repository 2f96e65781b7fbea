use karmem::Karmem;

#[derive(Karmem)]
struct Borrowed<'a, T, const N: usize> {
    values: [u8; N],
    kept: std::marker::PhantomData<&'a T>,
}

fn main() {}
