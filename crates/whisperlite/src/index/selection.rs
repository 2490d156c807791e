//! The best items of one query, as their scores come in tile by tile.

use crate::metrics::{NonFiniteScore, Ranked, by_rank};

/// Scores that are looked into only if the largest of them is good enough.
const BLOCK: usize = 32;
/// Scores compared side by side; the compiler turns a fixed-size lane array into vector instructions.
const LANES: usize = 8;

/// The best items so far: some more than `k` are kept, so that the choice among them is made rarely.
#[derive(Debug, Clone)]
pub(super) struct Selection {
    k: usize,
    capacity: usize,
    kept: Vec<Ranked>,
    /// Only a score above it can still enter.
    threshold: f32,
}

impl Selection {
    /// Nothing yet.
    pub(super) fn new(k: usize) -> Self {
        let threshold = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, capacity: k.saturating_mul(3).max(BLOCK), kept: Vec::new(), threshold }
    }

    /// Takes what is good enough out of the scores of the items from `first` on, from the last to the first. Tiles must
    /// come from the last to the first, too: among equal scores the higher item wins, so a later one must be better.
    ///
    /// # Errors
    /// If a score is not finite.
    pub(super) fn offer(&mut self, scores: &[f32], first: usize, excluded: &[u32]) -> Result<(), NonFiniteScore> {
        for (at, block) in scores.chunks(BLOCK).enumerate().rev() {
            let start = first + at * BLOCK;
            if largest(block, start)? > self.threshold {
                self.look_into(block, start, excluded);
            }
        }
        Ok(())
    }

    fn look_into(&mut self, block: &[f32], start: usize, excluded: &[u32]) {
        for (offset, &score) in block.iter().enumerate().rev() {
            let item_idx = (start + offset) as u32;
            if score > self.threshold && excluded.binary_search(&item_idx).is_err() {
                self.kept.push(Ranked { item_idx, score });
                if self.kept.len() == self.capacity {
                    let (_, kth, _) = self.kept.select_nth_unstable_by(self.k - 1, by_rank);
                    self.threshold = kth.score;
                    self.kept.truncate(self.k);
                }
            }
        }
    }

    /// The best `k`, best first.
    pub(super) fn into_ranking(mut self) -> Vec<Ranked> {
        self.kept.sort_unstable_by(by_rank);
        self.kept.truncate(self.k);
        self.kept
    }
}

/// The largest score of a block, whose first item is `start`.
fn largest(block: &[f32], start: usize) -> Result<f32, NonFiniteScore> {
    // Zero times a finite score is zero; times NaN or an infinity it is NaN, and stays so in the sum.
    let (mut max, mut poison) = ([f32::NEG_INFINITY; LANES], [0.0f32; LANES]);
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let (rows, rest) = block.as_chunks::<LANES>();
    for row in rows {
        for lane in 0..LANES {
            max[lane] = larger(row[lane], max[lane]);
            poison[lane] += row[lane] * 0.0;
        }
    }
    for (lane, &score) in rest.iter().enumerate() {
        max[lane] = larger(score, max[lane]);
        poison[lane] += score * 0.0;
    }
    if poison.iter().sum::<f32>() == 0.0 {
        return Ok(max.into_iter().fold(f32::NEG_INFINITY, larger));
    }
    let bad = (start as u32..).zip(block).find(|(_, score)| !score.is_finite());
    let (item_idx, &score) = bad.expect("a sum of zeros is zero unless a score is not finite");
    Err(NonFiniteScore { item_idx, score })
}
