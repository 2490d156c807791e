//! The best items of one row of scores, and the place of a single item in it.

use std::cmp::Ordering;

use super::Ranked;

/// The `k` best of `scores` `[n_items]`, best first, ties by higher index (item id descending) first.
pub(super) fn top_k(scores: &[f32], k: usize) -> Vec<Ranked> {
    if k == 0 {
        return Vec::new();
    }
    let room = 2 * k;
    let mut best: Vec<Ranked> = Vec::with_capacity(room.min(scores.len()));
    // Going down the indices, an item that ties with the worst of k better-placed ones can never enter: one strict
    // comparison turns almost every item away.
    let mut to_beat = f32::NEG_INFINITY;
    for (item_idx, &score) in scores.iter().enumerate().rev() {
        if score > to_beat {
            best.push(Ranked { item_idx: item_idx as u32, score });
            if best.len() == room {
                best.select_nth_unstable_by(k - 1, best_first);
                best.truncate(k);
                to_beat = best[k - 1].score;
            }
        }
    }
    best.sort_unstable_by(best_first);
    best.truncate(k);
    best
}

fn best_first(a: &Ranked, b: &Ranked) -> Ordering {
    b.score.total_cmp(&a.score).then(b.item_idx.cmp(&a.item_idx))
}

/// How many entries of `scores` stand before entry `at` in the ranking.
pub(super) fn n_ahead(scores: &[f32], at: usize) -> usize {
    let own = scores[at];
    let (before, after) = scores.split_at(at);
    let better = before.iter().map(|&score| usize::from(score > own)).sum::<usize>();
    better + after[1..].iter().map(|&score| usize::from(score >= own)).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn equals_sorting_everything_with_many_ties() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..200 {
            let n_items = rng.random_range(0..60);
            let scores: Vec<f32> = (0..n_items).map(|_| rng.random_range(-3..3) as f32).collect();
            let mut sorted: Vec<usize> = (0..n_items).collect();
            sorted.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(b.cmp(&a)));
            for k in [0, 1, 7, 100] {
                let got: Vec<usize> = top_k(&scores, k).iter().map(|ranked| ranked.item_idx as usize).collect();
                assert_eq!(got, sorted[..k.min(n_items)]);
            }
            for (rank, &item) in sorted.iter().enumerate() {
                assert_eq!(n_ahead(&scores, item), rank);
            }
        }
    }
}
