use karmem::Karmem;

#[derive(Karmem)]
struct Broken {
    size: usize,
}

#[derive(Karmem, Clone, Debug)]
enum Team {
    Humans,
    Orcs,
}

// What uses them is not at fault.
#[derive(Karmem)]
#[karmem(table)]
struct World {
    broken: Broken,
    list: Vec<Option<Broken>>,
    team: Team,
    teams: [Team; 2],
}

fn read(bytes: &[u8]) -> Result<BrokenView<'_>, karmem::VerifyError> {
    let world = World::view(bytes)?;
    let _ = world.team().clone();
    Broken::view(bytes)
}

fn main() {
    let _ = read(&Broken { size: 1 }.encode().unwrap()).unwrap();
}
