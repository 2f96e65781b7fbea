//! The ground: a meadow with a bog in the middle.

use game_model::{Terrain, export_terrain};

karmem::guest!();

#[derive(Default)]
struct Ground;

impl Terrain for Ground {
    fn grip(&mut self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - 500.0, y - 500.0);
        if dx * dx + dy * dy < 150.0 * 150.0 {
            0.6
        } else {
            1.0
        }
    }
}

export_terrain!(Ground);
