//! Physics: writes the world where it lies, and asks the terrain, a module like this one, wasm to wasm.

use game_model::{OrdersView, Physics, Step, TerrainImport, WorldViewMut, export_physics};

karmem::guest!();

#[derive(Default)]
struct Newton;

impl Physics for Newton {
    fn step(&mut self, world: WorldViewMut<'_>, orders: OrdersView<'_>, dt: f32) -> Step {
        let mut step = Step { moved: 0, way: 0.0 };
        let side = world.side();
        world.set_frame(world.frame() + 1);
        let Some(animals) = world.animals() else {
            return step;
        };
        for (animal, thrust) in animals.iter().zip(orders.thrust().iter()) {
            let (pos, speed) = (animal.pos(), animal.speed());
            // The link decides whom this reaches; if the call fails, the ground is firm.
            let grip = TerrainImport.grip(pos.x(), pos.y()).unwrap_or(1.0);
            let (vx, vy) = (
                (speed.x() + thrust.x() * dt) * grip,
                (speed.y() + thrust.y() * dt) * grip,
            );
            speed.set_x(vx);
            speed.set_y(vy);
            pos.set_x((pos.x() + vx * dt).rem_euclid(side));
            pos.set_y((pos.y() + vy * dt).rem_euclid(side));
            let way = (vx * vx + vy * vy).sqrt() * dt;
            animal.set_energy(animal.energy() - way * 0.001);
            step.moved += u32::from(way > 0.0);
            step.way += f64::from(way);
        }
        step
    }
}

export_physics!(Newton);
