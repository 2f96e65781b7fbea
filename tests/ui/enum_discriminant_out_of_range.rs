use karmem::Karmem;

#[derive(Karmem)]
#[repr(u8)]
enum Team {
    Humans = 0,
    Orcs = 256,
}

#[derive(Karmem)]
#[repr(i8)]
enum Small {
    Zero,
    Last = 127,
    TooFar,
}

fn main() {}
