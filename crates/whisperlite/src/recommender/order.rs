//! In which order relevant items stand.

use std::cmp::{Ordering, Reverse};

use super::{Order, Share};
use crate::metrics::Ranked;

/// Which of two columns comes first in an order by a field; what is equal in it, or in no such order, is equal. `price` and
/// `released_at` give a column's.
pub(super) fn by_field(
    order: Order,
    price: impl Fn(u32) -> Option<f64>,
    released_at: impl Fn(u32) -> Option<i64>,
    a: u32,
    b: u32,
) -> Ordering {
    match order {
        Order::Relevance | Order::Diverse(_) => Ordering::Equal,
        Order::PriceAscending => lacking_last(price(a), price(b), f64::total_cmp),
        Order::PriceDescending => lacking_last(price(a), price(b), |a, b| b.total_cmp(a)),
        Order::Newest => Reverse(released_at(a)).cmp(&Reverse(released_at(b))),
    }
}

/// Compares what both have; what lacks it comes last.
fn lacking_last<T>(a: Option<T>, b: Option<T>, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(&a, &b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Maximal marginal relevance: each next item is the one whose relevance, less its likeness to the most alike of those before,
/// is highest. `share` is how much the likeness counts.
///
/// Relevance is the score between the worst (0) and the best (1) of the items, likeness the cosine of the encoder's vectors.
/// Only the first `n_wanted` are chosen so; the others follow as they were. `vector` gives an item's, `[d]`.
pub(super) fn diversify<'v>(share: Share, vector: impl Fn(u32) -> &'v [f32], ranked: &mut [Ranked], n_wanted: usize) {
    let (Some(best), Some(worst)) = (ranked.first(), ranked.last()) else { return };
    let (lowest, spread) = (worst.score, (best.score - worst.score).max(f32::MIN_POSITIVE));
    let relevance = |ranked: &Ranked| (1.0 - share.value()) * (ranked.score - lowest) / spread;
    let likeness =
        |a: &Ranked, b: &Ranked| -> f32 { vector(a.item_idx).iter().zip(vector(b.item_idx)).map(|(a, b)| a * b).sum() };
    // Of each item that is not chosen yet, how alike the most alike of the chosen is; beside it in `ranked`.
    let mut nearest = vec![f32::NEG_INFINITY; ranked.len()];
    for chosen in 0..n_wanted.min(ranked.len()).saturating_sub(1) {
        let (before, left) = ranked.split_at(chosen + 1);
        let nearest_left = &mut nearest[chosen + 1..];
        for (item, nearest) in left.iter().zip(&mut *nearest_left) {
            *nearest = nearest.max(likeness(item, &before[chosen]));
        }
        let worth = |at: usize| relevance(&left[at]) - share.value() * nearest_left[at];
        // Of equals the more relevant, which stands before.
        let next = (0..left.len()).max_by(|&a, &b| worth(a).total_cmp(&worth(b)).then(b.cmp(&a)));
        if let Some(next) = next {
            ranked[chosen + 1..=chosen + 1 + next].rotate_right(1);
            nearest[chosen + 1..=chosen + 1 + next].rotate_right(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::catalog_of;
    use crate::model::Vectors;

    fn items(ranked: &[Ranked]) -> Vec<u32> {
        ranked.iter().map(|ranked| ranked.item_idx).collect()
    }

    fn ranked<const N: usize>(pairs: [(u32, f32); N]) -> [Ranked; N] {
        pairs.map(|(item_idx, score)| Ranked { item_idx, score })
    }

    #[test]
    fn items_without_the_field_come_last_and_equals_stay() {
        let mut catalog = catalog_of(TimeKind::Unix, 1, 5, &[], vec![]);
        for (item, price) in [(0, 5.0), (1, 3.0), (3, 5.0), (4, 9.0)] {
            catalog.items[item].price = Some(price);
        }
        for (item, released_at) in [(1, "2024-03-01"), (2, "2024-03-02"), (4, "2024-03-01T00:00:00Z"), (0, "soon")] {
            catalog.items[item].attributes.insert("released_at", released_at);
        }
        let relevant = ranked([(2, 5.0), (3, 4.0), (4, 3.0), (1, 2.0), (0, 1.0)]);
        for (order, expected) in [
            (Order::Relevance, [2, 3, 4, 1, 0]),
            (Order::PriceAscending, [1, 3, 0, 4, 2]),
            (Order::PriceDescending, [4, 3, 0, 1, 2]),
            (Order::Newest, [2, 4, 1, 3, 0]),
        ] {
            let mut ranked = relevant;
            let item = |item: u32| &catalog.items[item as usize];
            let (price, released_at) = (|of| item(of).price, |of| item(of).released_at());
            ranked.sort_by(|a, b| by_field(order, price, released_at, a.item_idx, b.item_idx));
            assert_eq!(items(&ranked), expected, "{order:?}");
        }
    }

    /// Items 0 and 1 are the same, 2 is something else, 3 is between.
    #[test]
    fn diversity_puts_something_else_between_what_is_alike() {
        let vectors = Vectors::new(2, vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0], vec![]).unwrap();
        let relevant = ranked([(0, 1.0), (1, 0.9), (3, 0.5), (2, 0.0)]);
        let diverse = |share: f32, n_wanted: usize| {
            let mut ranked = relevant;
            diversify(Share::new(share).unwrap(), |item| vectors.item(item), &mut ranked, n_wanted);
            items(&ranked)
        };
        assert_eq!(diverse(0.0, 4), [0, 1, 3, 2]);
        // By hand, second place at one half: 0.45 - 0.5 for item 1, 0.25 - 0.5 · 0.707 for 3, 0 for 2.
        assert_eq!(diverse(0.5, 4), [0, 2, 1, 3]);
        assert_eq!(diverse(1.0, 4), [0, 2, 3, 1]);
        assert_eq!(diverse(1.0, 2), [0, 2, 1, 3], "what is not asked for stays as it was");
        assert_eq!(diverse(1.0, 0), [0, 1, 3, 2]);
    }
}
