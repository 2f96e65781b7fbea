//! The workload *monsters*: one world of plain Rust structs, and what each peer does with it.
//!
//! The library is used on both sides: by the criterion benches on the host and by the guest
//! (`karmem-benches-guest`). A peer is one module under [`peers`] that implements [`Peer`]; to add
//! one, write the module, name it in [`for_each_peer!`] and give the guest its three exports.

pub mod monsters;
pub mod peers;
pub mod system;

pub use monsters::{Monster, Team, Vec3, World, nine_fields, path_sum, world};

/// A way to hand a [`World`] from one side to the other.
///
/// Reads come in two kinds, as they do for users: of a message whose writer is trusted, and of one
/// that is checked first. A format that has no unchecked way in does the same work in both.
pub trait Peer {
    /// The name in the tables and in the names of the guest's exports.
    const NAME: &'static str;

    /// The host's own structs, as this peer wants them declared.
    type Input;

    /// The structs with the content of `world`.
    fn input(world: &World) -> Self::Input;

    /// What a writer keeps from one message to the next, so that no message pays for allocation.
    type Encoder: Default;

    /// Writes the structs and lends the bytes, which are aligned to 8 or to 1, as the peer leaves them.
    fn encode<'e>(encoder: &'e mut Self::Encoder, input: &Self::Input) -> &'e [u8];

    /// Writes the structs to the start of `out` and returns the message's length, or `None` when `out`
    /// has no room. Overridden by peers that can write there without a buffer in between.
    fn encode_into(
        encoder: &mut Self::Encoder,
        input: &Self::Input,
        out: &mut [u8],
    ) -> Option<usize> {
        let message = Self::encode(encoder, input);
        out.get_mut(..message.len())?.copy_from_slice(message);
        Some(message.len())
    }

    /// The sum that [`path_sum`] computes, read from a message without checking it first.
    ///
    /// # Safety
    ///
    /// `message` was written by this peer and starts at a multiple of 16.
    unsafe fn sum(message: &[u8]) -> f64;

    /// The number that [`nine_fields`] computes, read from a message without checking it first.
    ///
    /// # Safety
    ///
    /// As for [`Peer::sum`].
    unsafe fn nine(message: &[u8]) -> f64;

    /// Checks the whole message, then reads the sum; `None` when the check fails.
    fn verified_sum(message: &[u8]) -> Option<f64>;
}

/// Calls a function that is generic over [`Peer`] once for each of them.
///
/// ```
/// # use karmem_benches::{Peer, for_each_peer};
/// fn name<P: Peer>(names: &mut Vec<&'static str>) {
///     names.push(P::NAME);
/// }
/// let mut names = Vec::new();
/// for_each_peer!(name(&mut names));
/// assert!(names.contains(&"rkyv"));
/// ```
#[macro_export]
macro_rules! for_each_peer {
    ($function:ident($($argument:expr),*)) => {{
        $function::<$crate::peers::repr_c::ReprC>($($argument),*);
        $function::<$crate::peers::karmem::Inline>($($argument),*);
        $function::<$crate::peers::karmem::Tables>($($argument),*);
        $function::<$crate::peers::rkyv::Rkyv>($($argument),*);
        $function::<$crate::peers::flatbuffers::FlatBuffers>($($argument),*);
        $function::<$crate::peers::msgpack::MessagePack>($($argument),*);
    }};
}
