//! Many texts in one piece of memory.

use rayon::prelude::*;

/// Texts as they stand in a file.
#[derive(Debug, Clone)]
pub struct Texts {
    all: String,
    /// `[len + 1]`: where each text begins.
    offsets: Vec<usize>,
}

impl Texts {
    /// `None` if these lengths do not cut the bytes into texts.
    pub(super) fn new(lengths: Vec<u32>, bytes: Vec<u8>) -> Option<Self> {
        let mut offsets = Vec::with_capacity(lengths.len() + 1);
        let mut end = 0usize;
        offsets.push(end);
        for length in lengths {
            end = end.checked_add(length as usize)?;
            offsets.push(end);
        }
        let all = String::from_utf8(bytes).ok()?;
        let cuts = end == all.len() && offsets.iter().all(|&offset| all.is_char_boundary(offset));
        cuts.then_some(Self { all, offsets })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them.
    pub fn get(&self, place: usize) -> &str {
        &self.all[self.offsets[place]..self.offsets[place + 1]]
    }

    /// Each in memory of its own.
    pub fn into_strings(self) -> Vec<String> {
        (0..self.len()).into_par_iter().map(|place| self.get(place).to_owned()).collect()
    }
}
