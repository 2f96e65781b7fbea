//! The second mind: wolves run to where the sheep are on average, sheep run away from there.

use game_model::{
    Confusion, Kind, Level, Line, LogImport, Mind, OrdersViewMut, WorldView, export_mind, toward,
};

karmem::guest!();

#[derive(Default)]
struct Hunter {
    told: bool,
}

impl Mind for Hunter {
    fn think(&mut self, world: WorldView<'_>, orders: OrdersViewMut<'_>) -> Result<u32, Confusion> {
        let animals = world.animals();
        let thrusts = orders.thrust().ok_or(Confusion::WrongNumber)?;
        if animals.len() != thrusts.len() {
            return Err(Confusion::WrongNumber);
        }
        if !self.told {
            self.told = true;
            let text = format!("hunter: taking over in frame {}", world.frame());
            let _ = LogImport.line(Level::Info, &Line { text });
        }
        let (mut x, mut y, mut sheep) = (0.0, 0.0, 0.0);
        for animal in animals.iter().filter(|animal| animal.kind() == Kind::Sheep) {
            x += animal.pos().x();
            y += animal.pos().y();
            sheep += 1.0;
        }
        let (x, y) = (x / f32::max(sheep, 1.0), y / f32::max(sheep, 1.0));
        for (animal, thrust) in animals.iter().zip(thrusts.iter()) {
            let way = match animal.kind() {
                Kind::Wolf => 0.1,
                Kind::Sheep => -0.02,
            };
            thrust.set_x(toward(world.side(), animal.pos().x(), x) * way);
            thrust.set_y(toward(world.side(), animal.pos().y(), y) * way);
        }
        Ok(thrusts.len() as u32)
    }
}

export_mind!(Hunter);
