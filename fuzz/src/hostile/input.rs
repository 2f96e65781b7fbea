//! The fuzzer's bytes, taken one after another; zeros when they are used up.

#[derive(Clone, Default, Debug)]
pub struct Input {
    bytes: Vec<u8>,
    at: usize,
}

impl Input {
    pub fn new(bytes: &[u8]) -> Input {
        Input {
            bytes: bytes.to_vec(),
            at: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub fn byte(&mut self) -> u8 {
        let byte = self.bytes.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        byte
    }

    /// A number below `end`, which is 1 to 256.
    pub fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    /// A length, mostly a short one.
    pub fn size(&mut self) -> i32 {
        match self.byte() {
            short @ 0..200 => i32::from(short),
            long => (i32::from(long) - 199) * 4096,
        }
    }
}
