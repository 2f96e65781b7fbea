//! The first mind: everybody wanders about, and counts the frames it has lived, which nobody will
//! remember when it is exchanged.

use game_model::{Confusion, Level, Line, LogImport, Mind, OrdersViewMut, WorldView, export_mind};

karmem::guest!();

#[derive(Default)]
struct Grazer {
    frames: u32,
}

impl Mind for Grazer {
    fn think(&mut self, world: WorldView<'_>, orders: OrdersViewMut<'_>) -> Result<u32, Confusion> {
        let animals = world.animals();
        let thrusts = orders.thrust().ok_or(Confusion::WrongNumber)?;
        if animals.len() != thrusts.len() {
            return Err(Confusion::WrongNumber);
        }
        self.frames += 1;
        if self.frames == 1 {
            let text = format!("grazer: {} animals to feed", animals.len());
            let _ = LogImport.line(Level::Info, &Line { text });
        }
        for (index, thrust) in thrusts.iter().enumerate() {
            // Each turns at its own pace.
            let angle = (self.frames as f32 * 0.05) + index as f32;
            thrust.set_x(angle.cos() * 10.0);
            thrust.set_y(angle.sin() * 10.0);
        }
        Ok(thrusts.len() as u32)
    }
}

export_mind!(Grazer);
