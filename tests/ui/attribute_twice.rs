use karmem::Karmem;

#[derive(Karmem)]
#[karmem(table, layout = "packed")]
#[karmem(table, layout = "c")]
struct Monster {
    #[karmem(max = 3, max = 4)]
    name: String,
}

fn main() {}
