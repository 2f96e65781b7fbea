use karmem::Karmem;

#[derive(Karmem)]
enum Maybe<T> {
    Nothing,
    Just(T),
}

fn main() {}
