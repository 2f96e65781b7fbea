//! The world as a person sees it.

use game_model::{Kind, WorldView};

const COLUMNS: usize = 64;
const ROWS: usize = 14;

/// What a cell of the map shows, from few sheep to many.
const SHEEP: [char; 4] = [' ', '.', ':', '#'];

/// Prints where wolves and sheep are, read where they lie.
pub(crate) fn print(world: &WorldView<'_>) {
    let animals = world.animals();
    let mut counts = [[(0_usize, 0_usize); COLUMNS]; ROWS];
    let cell = |at: f32, cells: usize| {
        let index = (at / world.side() * cells as f32) as usize;
        index.min(cells - 1)
    };
    let (mut wolves, mut sheep) = (0, 0);
    for animal in animals.iter() {
        let count = &mut counts[cell(animal.pos().y(), ROWS)][cell(animal.pos().x(), COLUMNS)];
        match animal.kind() {
            Kind::Wolf => (count.0 += 1, wolves += 1),
            Kind::Sheep => (count.1 += 1, sheep += 1),
        };
    }
    let cells = COLUMNS * ROWS;
    println!("  +{}+", "-".repeat(COLUMNS));
    for row in counts.iter().rev() {
        let row = row.iter().map(|(wolves_here, sheep_here)| {
            if wolves_here * cells > 2 * wolves {
                return 'W';
            }
            // Twice the average is many.
            let share = sheep_here * cells * 2 / usize::max(sheep, 1);
            SHEEP[share.min(SHEEP.len() - 1)]
        });
        println!("  |{}|", row.collect::<String>());
    }
    println!("  +{}+", "-".repeat(COLUMNS));
    println!(
        "  W: more than twice as many wolves as on average; sheep, from few to many: `{}`",
        SHEEP.iter().collect::<String>()
    );
}
