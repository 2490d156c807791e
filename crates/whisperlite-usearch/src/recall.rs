//! How much of the exact answer an approximate one has.

use crate::Hit;

/// Share of the exact places that were found, over all queries: recall@k, 1 where nothing was missed and where there is nothing.
///
/// # Shapes
/// `found` and `exact`: `[n_queries][up to k]`, of the same queries in the same order; queries beyond the shorter list do not count.
pub fn recall_at_k(found: &[Vec<Hit>], exact: &[Vec<Hit>]) -> f64 {
    let (mut n_found, mut n_exact) = (0, 0);
    for (found, exact) in found.iter().zip(exact) {
        let is_found = |place: &&Hit| found.iter().any(|hit| hit.item_idx == place.item_idx);
        n_found += exact.iter().filter(is_found).count();
        n_exact += exact.len();
    }
    if n_exact == 0 { 1.0 } else { n_found as f64 / n_exact as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_and_their_order_does_not() {
        let of = |items: &[u32]| items.iter().map(|&item_idx| Hit { item_idx, score: 0.0 }).collect::<Vec<_>>();
        let exact = [of(&[1, 2, 3, 4]), of(&[7])];
        assert_eq!(recall_at_k(&[of(&[4, 3, 9, 1]), of(&[7])], &exact), 0.8);
        assert_eq!(recall_at_k(&[of(&[]), of(&[8])], &exact), 0.0);
        assert_eq!(recall_at_k(&[], &[]), 1.0);
    }
}
