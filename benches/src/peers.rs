//! What users would pick instead of karmem, each as they would use it.

pub mod flatbuffers;
pub mod karmem;
pub mod msgpack;
pub mod repr_c;
pub mod rkyv;

#[cfg(test)]
mod tests {
    use crate::{Peer, for_each_peer, nine_fields, path_sum, world};
    use ::rkyv::util::AlignedVec;

    /// A copy at a multiple of 16.
    fn aligned(message: &[u8]) -> AlignedVec {
        // With room for one byte at least, because no room at all lies at no multiple of anything.
        let mut copy = AlignedVec::with_capacity(message.len().max(1));
        copy.extend_from_slice(message);
        copy
    }

    fn agrees<P: Peer>(count: usize) {
        let world = world(count);
        let input = P::input(&world);
        let mut encoder = P::Encoder::default();
        // Twice, so that an encoder that keeps something of the message before is found out.
        P::encode(&mut encoder, &input);
        let message = aligned(P::encode(&mut encoder, &input));
        assert_eq!(
            P::verified_sum(&message),
            Some(path_sum(&world)),
            "{}",
            P::NAME
        );
        // SAFETY: this peer wrote the message, and the copy is aligned to 16.
        let sum = unsafe { P::sum(&message) };
        assert_eq!(sum, path_sum(&world), "{}", P::NAME);
        // SAFETY: as above.
        let nine = unsafe { P::nine(&message) };
        assert_eq!(nine, nine_fields(&world), "{}", P::NAME);
    }

    #[test]
    fn every_peer_reads_what_the_structs_hold() {
        for count in [0, 1, 100] {
            for_each_peer!(agrees(count));
        }
    }

    fn fills_a_slice<P: Peer>() {
        let world = world(10);
        let input = P::input(&world);
        let mut encoder = P::Encoder::default();
        let length = P::encode(&mut encoder, &input).len();
        let mut out = aligned(&vec![0xAA; length]);
        assert_eq!(
            P::encode_into(&mut encoder, &input, &mut out[..length - 1]),
            None,
            "{}",
            P::NAME
        );
        assert_eq!(
            P::encode_into(&mut encoder, &input, &mut out),
            Some(length),
            "{}",
            P::NAME
        );
        assert_eq!(P::verified_sum(&out), Some(path_sum(&world)), "{}", P::NAME);
    }

    #[test]
    fn every_peer_writes_into_a_slice_and_says_when_it_is_too_small() {
        for_each_peer!(fills_a_slice());
    }

    fn refuses_a_short_message<P: Peer>() {
        let mut encoder = P::Encoder::default();
        let message = aligned(P::encode(&mut encoder, &P::input(&world(1))));
        assert_eq!(
            P::verified_sum(&message[..message.len() / 2]),
            None,
            "{}",
            P::NAME
        );
    }

    #[test]
    fn every_peer_checks_a_message_that_it_is_told_to_check() {
        for_each_peer!(refuses_a_short_message());
    }
}
