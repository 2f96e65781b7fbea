//! A hostile module in a system: random calls of the ABI, and random operations of the host, with what
//! must hold after each of them.

mod check;
mod guest;
mod host;
mod input;
mod world;

use input::Input;

/// Runs what the input says. A promise that is broken is a panic.
pub fn run(input: &[u8]) {
    world::run(Input::new(input));
}

/// An offset at or near the edges of what begins at `start` and has `len` bytes.
fn edge(input: &mut Input, start: u32, len: u32) -> u32 {
    let choices = [
        0,
        4,
        8,
        2048,
        4088,
        4092,
        4094,
        4096,
        len / 2,
        len.wrapping_sub(8),
        len.wrapping_sub(4),
        len.wrapping_sub(2),
        len,
        len.wrapping_add(4096),
        0u32.wrapping_sub(4),
        0u32.wrapping_sub(4096),
    ];
    start.wrapping_add(choices[input.below(choices.len())])
}
