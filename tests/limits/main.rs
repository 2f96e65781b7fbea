//! What a message from elsewhere may cost, whatever its type: stack, time, memory and depth.
#![allow(unreachable_pub, reason = "types as users declare them")]

mod depth;
mod options;
mod search;
mod stack;
mod work;
