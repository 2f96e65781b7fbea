//! Copies into and out of memory that other threads may be writing.
//!
//! Every access of this crate to such a memory is an atomic one, of one of its aligned words of eight
//! bytes, so that no two ever have different sizes: Rust would call those a data race too.

use std::cell::UnsafeCell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use wasmtime::SharedMemory;

const WORD: usize = size_of::<AtomicU64>();

/// The word at `index`, if all of it is inside.
fn word(cells: &[UnsafeCell<u8>], index: usize) -> Option<&AtomicU64> {
    let part: &[UnsafeCell<u8>] = cells.get(index.checked_mul(WORD)?..)?.get(..WORD)?;
    let pointer = part.as_ptr().cast::<u64>().cast_mut();
    if !pointer.is_aligned() {
        return None;
    }
    // SAFETY: `AtomicU64::from_ptr` asks for an aligned pointer (checked) to eight bytes that are
    // valid for reads and writes as long as the result lives: they are inside of `cells`, whose
    // bytes are in `UnsafeCell`s and which wasmtime keeps mapped at this address while the memory lives
    // (documented of `SharedMemory::data`). All accesses to them from Rust are atomic and of this size:
    // in this crate they all are by this function, and `data` is documented to be for atomic accesses alone. What
    // compiled wasm does to them at the same time happens outside of Rust's memory model, as in
    // memory that is shared with another process.
    Some(unsafe { AtomicU64::from_ptr(pointer) })
}

/// The words that hold `len` bytes at `at`, each with the range of its bytes and the range of
/// the bytes on the other side. `None` if they are not all inside.
fn pieces(
    memory: &SharedMemory,
    at: usize,
    len: usize,
) -> Option<impl Iterator<Item = (&AtomicU64, usize, usize, usize)>> {
    let cells = memory.data();
    let end = at.checked_add(len)?;
    // A memory is whole pages, so that its words cover it.
    if end > cells.len() || word(cells, 0).is_none() && len > 0 {
        return None;
    }
    let words = at / WORD..if len == 0 {
        at / WORD
    } else {
        end.div_ceil(WORD)
    };
    Some(words.filter_map(move |index| {
        let start = index * WORD;
        let from = at.max(start);
        let count = end.min(start + WORD) - from;
        Some((word(cells, index)?, from - start, from - at, count))
    }))
}

/// Copies bytes out. Each word is read at once; what is written meanwhile is seen or not, word by
/// word. `None`, and nothing is copied, if they are not all inside.
pub(crate) fn read(memory: &SharedMemory, at: usize, to: &mut [u8]) -> Option<()> {
    for (word, skip, start, count) in pieces(memory, at, to.len())? {
        // In memory as wasm sees it, whatever this machine's order is.
        let bytes = word.load(Relaxed).to_ne_bytes();
        to[start..start + count].copy_from_slice(&bytes[skip..skip + count]);
    }
    Some(())
}

/// Copies bytes in. Bytes around them that somebody else writes meanwhile are not lost. `None`, and
/// nothing is copied, if they are not all inside.
pub(crate) fn write(memory: &SharedMemory, at: usize, from: &[u8]) -> Option<()> {
    for (word, skip, start, count) in pieces(memory, at, from.len())? {
        let from = &from[start..start + count];
        if let Ok(whole) = from.try_into() {
            word.store(u64::from_ne_bytes(whole), Relaxed);
            continue;
        }
        let change = |old: u64| {
            let mut bytes = old.to_ne_bytes();
            bytes[skip..skip + count].copy_from_slice(from);
            Some(u64::from_ne_bytes(bytes))
        };
        // `change` always has something, so that this always succeeds.
        let _ = word.fetch_update(Relaxed, Relaxed, change);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::{Config, Engine, MemoryType};

    fn memory() -> SharedMemory {
        let mut config = Config::new();
        config.shared_memory(true);
        let engine = Engine::new(&config).unwrap();
        SharedMemory::new(&engine, MemoryType::shared(1, 2)).unwrap()
    }

    #[test]
    fn every_start_and_length() {
        let memory = memory();
        let mut model = vec![0u8; 64];
        let mut next = 0u8;
        for at in 0..24 {
            for len in 0..24 {
                let bytes: Vec<u8> = (0..len)
                    .map(|_| {
                        next = next.wrapping_add(37);
                        next
                    })
                    .collect();
                write(&memory, at, &bytes).unwrap();
                model[at..at + len].copy_from_slice(&bytes);
                let mut all = vec![0; 64];
                read(&memory, 0, &mut all).unwrap();
                assert_eq!(all, model, "{at}+{len}");
                let mut back = vec![0; len];
                read(&memory, at, &mut back).unwrap();
                assert_eq!(back, bytes);
            }
        }
    }

    #[test]
    fn nothing_outside() {
        let memory = memory();
        let size = memory.data_size();
        let mut two = [1, 2];
        assert_eq!(write(&memory, size - 2, &two), Some(()));
        assert_eq!(write(&memory, size, &[]), Some(()));
        for at in [size - 1, size, size + 8, usize::MAX, usize::MAX - 1] {
            assert_eq!(write(&memory, at, &[3, 4]), None);
            assert_eq!(read(&memory, at, &mut two), None);
        }
        read(&memory, size - 2, &mut two).unwrap();
        assert_eq!(two, [1, 2]);
    }

    #[test]
    fn neighbours_in_a_word_are_not_lost() {
        let memory = memory();
        std::thread::scope(|scope| {
            for at in 0..8usize {
                let memory = &memory;
                scope.spawn(move || {
                    for n in 0..2000u32 {
                        write(memory, at, &[n as u8]).unwrap();
                        let mut own = [0];
                        read(memory, at, &mut own).unwrap();
                        assert_eq!(own[0], n as u8);
                    }
                });
            }
        });
    }
}
