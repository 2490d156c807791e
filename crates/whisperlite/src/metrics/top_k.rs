//! From the scores of the whole catalogue to the first `k` places.
//!
//! A full sort of 100,000 scores costs more than computing them. Here a threshold, the k-th best score so far, lets
//! whole blocks pass with one comparison of their maximum; the few candidates above it are kept in a small buffer.
//! Items are scanned from the last to the first: among equal scores the higher index wins, so a later candidate must
//! be strictly better, and a row full of ties (a baseline that scores most items 0) stays as fast as any other.

use std::cmp::Ordering;

use thiserror::Error;

/// One place of a ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Index into the catalog's items.
    pub item_idx: u32,
    /// The system's score, finite; larger is better.
    pub score: f32,
}

/// The order of every ranking: score descending, then item descending, which among items sorted by id is what
/// `trec_eval` does.
pub fn by_rank(a: &Ranked, b: &Ranked) -> Ordering {
    Candidate::new(b.item_idx, b.score).cmp(&Candidate::new(a.item_idx, a.score))
}

/// A score that is NaN or infinite, which no ranking can place.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[error(
    "the score of item {item_idx} is {score}: scores must be finite; check the embeddings and weights it is made of"
)]
pub struct NonFiniteScore {
    /// Index into the catalog's items.
    pub item_idx: u32,
    /// NaN or an infinity.
    pub score: f32,
}

/// The `k` best items, best first, without the `excluded` ones; fewer where the catalogue has fewer.
///
/// # Shapes
/// `scores`: `[n_items]`. `excluded`: item indices, ascending.
///
/// # Errors
/// If any score, also an excluded item's, is not finite.
pub fn top_k(scores: &[f32], k: usize, excluded: &[u32]) -> Result<Vec<Ranked>, NonFiniteScore> {
    debug_assert!(excluded.is_sorted(), "excluded items must be ascending");
    let mut best = Best::new(k);
    for (block_idx, block) in scores.chunks(BLOCK).enumerate().rev() {
        let start = block_idx * BLOCK;
        match maximum(block) {
            Some(max) if max <= best.threshold => {}
            Some(_) => best.offer(block, start, excluded),
            None => return Err(first_non_finite(block, start)),
        }
    }
    Ok(best.into_ranking())
}

/// Scores per block: long enough that the test of its maximum costs nothing, short enough that a block with one good
/// score is cheap to look through.
const BLOCK: usize = 64;
/// Scores compared side by side; the compiler turns a fixed-size lane array into vector instructions.
const LANES: usize = 16;

/// The largest score of a block, or `None` if one of them is not finite.
fn maximum(block: &[f32]) -> Option<f32> {
    let mut max = [f32::NEG_INFINITY; LANES];
    // Zero times a finite score is zero; times NaN or an infinity it is NaN, and stays so in the sum.
    let mut poison = [0.0f32; LANES];
    let (rows, rest) = block.as_chunks::<LANES>();
    for row in rows {
        for lane in 0..LANES {
            max[lane] = if row[lane] > max[lane] { row[lane] } else { max[lane] };
            poison[lane] += row[lane] * 0.0;
        }
    }
    let finite = poison.iter().all(|p| !p.is_nan()) && rest.iter().all(|s| s.is_finite());
    finite.then(|| max.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max))
}

fn first_non_finite(block: &[f32], start: usize) -> NonFiniteScore {
    let (offset, score) = block.iter().copied().enumerate().find(|(_, s)| !s.is_finite()).unwrap_or((0, f32::NAN));
    NonFiniteScore { item_idx: (start + offset) as u32, score }
}

/// Score and item in one number whose order is the ranking's order, so that selection compares integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate(u64);

impl Candidate {
    fn new(item_idx: u32, score: f32) -> Self {
        // Adding zero makes −0 the same as 0, which they are to every reader of a run file.
        let bits = (score + 0.0).to_bits();
        let ordered = if bits >> 31 == 0 { bits | 1 << 31 } else { !bits };
        Self(u64::from(ordered) << 32 | u64::from(item_idx))
    }

    fn ranked(self) -> Ranked {
        let ordered = (self.0 >> 32) as u32;
        let bits = if ordered >> 31 == 1 { ordered & !(1 << 31) } else { !ordered };
        Ranked { item_idx: self.0 as u32, score: f32::from_bits(bits) }
    }
}

/// The best candidates so far: at most `capacity`, of which only the best `k` count.
struct Best {
    k: usize,
    capacity: usize,
    candidates: Vec<Candidate>,
    /// Only a score above it can still enter; −∞ until `k` candidates are known.
    threshold: f32,
}

impl Best {
    fn new(k: usize) -> Self {
        let capacity = k.saturating_mul(4).max(BLOCK);
        let threshold = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, capacity, candidates: Vec::with_capacity(capacity.min(1 << 16)), threshold }
    }

    /// Takes what is good enough out of a block, from its end to its start.
    fn offer(&mut self, block: &[f32], start: usize, excluded: &[u32]) {
        for (offset, &score) in block.iter().enumerate().rev() {
            if score > self.threshold {
                let item_idx = (start + offset) as u32;
                if excluded.binary_search(&item_idx).is_err() {
                    self.push(Candidate::new(item_idx, score));
                }
            }
        }
    }

    fn push(&mut self, candidate: Candidate) {
        self.candidates.push(candidate);
        if self.candidates.len() == self.capacity {
            let (_, kth, _) = self.candidates.select_nth_unstable_by(self.k - 1, |a, b| b.cmp(a));
            self.threshold = kth.ranked().score;
            self.candidates.truncate(self.k);
        }
    }

    fn into_ranking(mut self) -> Vec<Ranked> {
        if self.candidates.len() > self.k {
            self.candidates.select_nth_unstable_by(self.k, |a, b| b.cmp(a));
            self.candidates.truncate(self.k);
        }
        self.candidates.sort_unstable_by(|a, b| b.cmp(a));
        self.candidates.into_iter().map(Candidate::ranked).collect()
    }
}
