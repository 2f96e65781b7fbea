//! MessagePack through serde: what most people reach for. It has no reading in place, so each read
//! decodes the whole message again, and decoding is the check.

use crate::{Peer, World, nine_fields, path_sum};

/// See the module.
pub enum MessagePack {}

impl Peer for MessagePack {
    const NAME: &'static str = "msgpack";
    type Input = World;
    type Encoder = Vec<u8>;

    fn input(world: &World) -> World {
        world.clone()
    }

    #[inline]
    fn encode<'e>(encoder: &'e mut Vec<u8>, world: &World) -> &'e [u8] {
        encoder.clear();
        rmp_serde::encode::write(encoder, world).expect("a growing buffer takes every world");
        encoder
    }

    #[inline]
    fn encode_into(_: &mut Vec<u8>, world: &World, out: &mut [u8]) -> Option<usize> {
        let room = out.len();
        let mut rest = out;
        rmp_serde::encode::write(&mut rest, world).ok()?;
        Some(room - rest.len())
    }

    #[inline]
    unsafe fn sum(message: &[u8]) -> f64 {
        Self::verified_sum(message).unwrap_or(f64::NAN)
    }

    #[inline]
    unsafe fn nine(message: &[u8]) -> f64 {
        rmp_serde::from_slice(message).map_or(f64::NAN, |world| nine_fields(&world))
    }

    #[inline]
    fn verified_sum(message: &[u8]) -> Option<f64> {
        rmp_serde::from_slice(message)
            .ok()
            .map(|world| path_sum(&world))
    }
}
