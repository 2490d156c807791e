//! What everybody chose of late.

use super::{Protocol, Query, Ranker, rows};
use crate::signals::Popularity;

const DAY_SECS: f64 = 86_400.0;

/// From three days to two years: fashion is over in weeks, films are not.
pub(super) const HALF_LIVES_SECS: &[f64] = &[
    3.0 * DAY_SECS,
    7.0 * DAY_SECS,
    14.0 * DAY_SECS,
    30.0 * DAY_SECS,
    90.0 * DAY_SECS,
    180.0 * DAY_SECS,
    365.0 * DAY_SECS,
    730.0 * DAY_SECS,
];

/// Scores every item by how often it was chosen, where an event counts half as much per half-life of its age.
#[derive(Debug)]
pub struct PopularityRecent {
    scores: Vec<f32>,
}

impl PopularityRecent {
    /// Counts the visible events, as of the moment at which the part begins.
    pub fn new(protocol: &Protocol<'_>, half_life_secs: f64) -> Self {
        let visible = protocol.visible();
        let popularity = Popularity::recent(protocol.catalog(), &visible.events, visible.now, half_life_secs);
        Self { scores: popularity.log_scale() }
    }
}

impl Ranker for PopularityRecent {
    fn name(&self) -> &str {
        "popularity-recent"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        for (_, row) in rows(queries, scores) {
            row.copy_from_slice(&self.scores);
        }
    }
}
