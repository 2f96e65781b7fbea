//! Threads that read sealed regions all the time, while guests run.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use karmem_host::Sealed;

const THREADS: usize = 2;
/// Leaves the processor to guests.
const PAUSE: Duration = Duration::from_micros(300);

/// A sealed region, with what it must contain.
pub struct Held {
    pub seal: u64,
    pub sealed: Sealed,
    pub bytes: Vec<u8>,
    pub copied: bool,
}

/// What the threads read.
#[derive(Default)]
struct Shelf {
    held: Mutex<Vec<Arc<Held>>>,
    stop: AtomicBool,
    passes: AtomicU64,
}

/// The sealed regions that the host keeps, and their readers.
pub struct Readers {
    held: Vec<Arc<Held>>,
    shelf: Arc<Shelf>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub fn new() -> Readers {
        let shelf = Arc::new(Shelf::default());
        let reader = |_| {
            let shelf = shelf.clone();
            thread::spawn(move || shelf.read())
        };
        Readers {
            held: Vec::new(),
            threads: (0..THREADS).map(reader).collect(),
            shelf,
        }
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().map(|held| &**held)
    }

    pub fn get(&self, index: usize) -> &Held {
        &self.held[index]
    }

    pub fn push(&mut self, held: Held) {
        self.held.push(Arc::new(held));
        self.publish();
    }

    /// Takes one back, as soon as no thread reads it any more.
    pub fn remove(&mut self, index: usize) -> Held {
        let mut held = self.held.swap_remove(index);
        self.publish();
        loop {
            match Arc::try_unwrap(held) {
                Ok(held) => return held,
                Err(read) => held = read,
            }
            self.check();
            thread::yield_now();
        }
    }

    fn publish(&self) {
        *self.shelf.held.lock().unwrap() = self.held.clone();
    }

    /// Whether all that was read so far was as it was sealed.
    pub fn check(&self) {
        assert!(
            self.threads.iter().all(|thread| !thread.is_finished()),
            "what was sealed has changed under a thread that reads it"
        );
    }

    /// How often all that there was has been read.
    pub fn passes(&self) -> u64 {
        self.shelf.passes.load(Ordering::Relaxed)
    }
}

impl Shelf {
    fn read(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let all = self.held.lock().unwrap().clone();
            for held in &all {
                let same = std::hint::black_box(&*held.sealed) == &held.bytes[..];
                assert!(same, "what was sealed as number {} changed", held.seal);
            }
            if !all.is_empty() {
                self.passes.fetch_add(1, Ordering::Relaxed);
            }
            drop(all);
            thread::sleep(PAUSE);
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shelf.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let done = thread.join();
            assert!(done.is_ok() || thread::panicking(), "a reader panicked");
        }
    }
}
