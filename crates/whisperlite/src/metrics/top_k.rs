//! From the scores of the whole catalogue to the first `k` places.
//!
//! A full sort of 100,000 scores costs more than computing them. Here one pass takes the maximum of each block of scores;
//! the k-th best of those maxima is a bound that at least `k` items reach, so only blocks that reach it are looked into,
//! and the few candidates above it are kept in a small buffer. Items are scanned from the last to the first: among equal
//! scores the higher index wins, so once `k` are known a further candidate must be strictly better, and a row full of
//! ties (a baseline that scores most items 0) is as fast as any other.

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
    let maxima = block_maxima(scores)?;
    let mut best = TopK::new(k);
    best.threshold = best.threshold.max(bound(&maxima, k.saturating_add(excluded.len())));
    for (block_idx, block) in scores.chunks(BLOCK).enumerate().rev() {
        if maxima[block_idx] > best.threshold {
            best.look_into(block, block_idx * BLOCK, excluded);
        }
    }
    Ok(best.into_ranking())
}

/// Scores per block: long enough that the maxima are few, short enough that a block with one good score is cheap to look
/// through.
const BLOCK: usize = 32;
/// Scores compared side by side; the compiler turns a fixed-size lane array into vector instructions.
const LANES: usize = 8;

/// The largest score of each block.
fn block_maxima(scores: &[f32]) -> Result<Vec<f32>, NonFiniteScore> {
    // Zero times a finite score is zero; times NaN or an infinity it is NaN, and stays so in the sum.
    let mut poison = [0.0; LANES];
    let maxima = scores.chunks(BLOCK).map(|block| maximum(block, &mut poison)).collect();
    check(&poison, scores, 0)?;
    Ok(maxima)
}

/// Whether all `scores`, those of the items from `first` on, were finite when `poison` was made from them.
fn check(poison: &[f32; LANES], scores: &[f32], first: usize) -> Result<(), NonFiniteScore> {
    if !poison.iter().any(|lane| lane.is_nan()) {
        return Ok(());
    }
    let is_bad = |(_, score): &(u32, f32)| !score.is_finite();
    let (item_idx, score) =
        (first as u32..).zip(scores.iter().copied()).find(is_bad).unwrap_or((first as u32, f32::NAN));
    Err(NonFiniteScore { item_idx, score })
}

/// A score that every one of the best `n` items is above: just below the `n`-th largest of the blocks' maxima, each of
/// which is a different item; −∞ where there are fewer blocks.
fn bound(maxima: &[f32], n: usize) -> f32 {
    if n == 0 || n > maxima.len() {
        return f32::NEG_INFINITY;
    }
    let mut maxima = maxima.to_vec();
    let (_, nth, _) = maxima.select_nth_unstable_by(n - 1, |a, b| b.total_cmp(a));
    nth.next_down()
}

/// The largest score of a block; meaningless, but marked in `poison`, if one of them is not finite.
fn maximum(block: &[f32], poison: &mut [f32; LANES]) -> f32 {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let mut max = [f32::NEG_INFINITY; LANES];
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
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            max[lane] = larger(max[lane], max[lane + width]);
        }
        width /= 2;
    }
    max[0]
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

/// The best items of one query, as their scores come in piece by piece: at most `capacity`, of which only the best `k` count.
#[derive(Debug, Clone)]
pub(crate) struct TopK {
    k: usize,
    capacity: usize,
    candidates: Vec<Candidate>,
    /// Only a score above it can still enter.
    threshold: f32,
}

impl TopK {
    /// Nothing yet.
    pub(crate) fn new(k: usize) -> Self {
        let capacity = k.saturating_mul(4).max(BLOCK);
        let threshold = if k == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self { k, capacity, candidates: Vec::with_capacity(capacity.min(1 << 16)), threshold }
    }

    /// Takes what is good enough out of the scores of the items from `first` on, from the last to the first. Pieces must come
    /// from the last to the first, too: among equal scores the higher item wins, so a later one must be better.
    ///
    /// # Errors
    /// If a score is not finite.
    pub(crate) fn offer(&mut self, scores: &[f32], first: usize, excluded: &[u32]) -> Result<(), NonFiniteScore> {
        let mut poison = [0.0; LANES];
        for (at, block) in scores.chunks(BLOCK).enumerate().rev() {
            if maximum(block, &mut poison) > self.threshold {
                self.look_into(block, first + at * BLOCK, excluded);
            }
        }
        check(&poison, scores, first)
    }

    /// Takes what is good enough out of a block, from its end to its start.
    fn look_into(&mut self, block: &[f32], start: usize, excluded: &[u32]) {
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

    /// The best `k`, best first.
    pub(crate) fn into_ranking(mut self) -> Vec<Ranked> {
        if self.candidates.len() > self.k {
            self.candidates.select_nth_unstable_by(self.k, |a, b| b.cmp(a));
            self.candidates.truncate(self.k);
        }
        self.candidates.sort_unstable_by(|a, b| b.cmp(a));
        self.candidates.into_iter().map(Candidate::ranked).collect()
    }
}
