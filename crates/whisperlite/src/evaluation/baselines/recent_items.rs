//! What this person chose last.

use super::{Protocol, Query, Ranker, newest_items, rows};
use crate::metrics::MAX_CUTOFF;

/// Ranks the person's own items, the newest first: hard to beat where people come back to what they had. In discovery those
/// items are left out, and all others are equal, so there it ranks by the rule of ties alone, which is to say by chance.
#[derive(Debug)]
pub struct RecentItems<'a> {
    protocol: &'a Protocol<'a>,
}

impl<'a> RecentItems<'a> {
    /// Reads the histories of `protocol`.
    pub fn new(protocol: &'a Protocol<'a>) -> Self {
        Self { protocol }
    }
}

impl Ranker for RecentItems<'_> {
    fn name(&self) -> &str {
        "recent-items"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        for (query, row) in rows(queries, scores) {
            let items = newest_items(self.protocol.history(query), MAX_CUTOFF);
            for (place, item_idx) in items.into_iter().enumerate() {
                row[item_idx as usize] = 1.0 / (place as f32 + 1.0);
            }
        }
    }
}
