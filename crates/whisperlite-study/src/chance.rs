//! Chance that stays what it was: a study that runs for weeks must give a rater the same tasks after an update of this program.
//!
//! Every draw comes from SHA-256 over what it is for, so it depends on no library's generator. What need not outlive a run
//! (resampling, simulated raters) uses `rand` instead.

use sha2::{Digest, Sha256};

/// A row of numbers, fixed by a seed, a purpose and what they are for.
#[derive(Debug, Clone)]
pub(crate) struct Chance {
    key: [u8; 32],
    n_drawn: u64,
}

impl Chance {
    /// The row of one thing: `names` are hashed with their lengths, so that no two lists of names are the same.
    pub(crate) fn new(seed: u64, purpose: &str, names: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for name in std::iter::once(&purpose).chain(names) {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
        }
        Self { key: hash.finalize().into(), n_drawn: 0 }
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update(self.n_drawn.to_le_bytes());
        self.n_drawn += 1;
        let bytes: [u8; 32] = hash.finalize().into();
        u64::from_le_bytes(bytes[..8].try_into().expect("eight of 32 bytes"))
    }

    /// A number below `n`, each as likely to one part in 2^64 / n.
    ///
    /// # Panics
    /// If `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Heads or tails.
    pub(crate) fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    /// Puts `values` into an order, each as likely (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, values: &mut [T]) {
        for end in (1..values.len()).rev() {
            values.swap(end, self.below(end + 1));
        }
    }

    /// Half of the row's key as hexadecimal digits: an id that says nothing of what it names.
    pub(crate) fn id(&self) -> String {
        hex(&self.key[..16])
    }
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fixed for ever: a change here gives the raters of running studies other tasks.
    #[test]
    fn the_draws_are_those_of_the_first_version() {
        let mut chance = Chance::new(7, "test", &["a", "b"]);
        let drawn: Vec<usize> = (0..8).map(|_| chance.below(100)).collect();
        let mut order: Vec<usize> = (0..8).collect();
        chance.shuffle(&mut order);
        assert_eq!(drawn, [81, 36, 13, 22, 19, 39, 73, 29]);
        assert_eq!(order, [2, 4, 6, 7, 1, 5, 0, 3]);
        assert_ne!(chance.id(), Chance::new(7, "test", &["ab"]).id());
    }

    #[test]
    fn every_order_is_as_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for number in 0..6000 {
            let mut order = [0, 1, 2];
            Chance::new(1, "orders", &[&number.to_string()]).shuffle(&mut order);
            *counts.entry(order).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Five standard deviations of 6000 draws with chance 1/6.
        assert!(counts.values().all(|count: &i32| (count - 1000).abs() < 145), "{counts:?}");
    }
}
