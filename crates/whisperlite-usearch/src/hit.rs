//! One place of an answer, and which comes first.

use std::cmp::Ordering;

/// One place of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// The item's number.
    pub item_idx: u32,
    /// Its inner product with the query; larger is better.
    pub score: f32,
}

/// The order of every answer, as in the library: score descending, then item descending.
pub fn by_rank(a: &Hit, b: &Hit) -> Ordering {
    b.score.total_cmp(&a.score).then(b.item_idx.cmp(&a.item_idx))
}
