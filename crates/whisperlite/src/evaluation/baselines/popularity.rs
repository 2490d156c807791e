//! What everybody chose, of all time.

use super::{Protocol, Query, Ranker, rows};
use crate::signals::Popularity;

/// Scores every item by how often it was chosen, whoever asks and whatever for.
#[derive(Debug)]
pub struct PopularityOfAllTime {
    scores: Vec<f32>,
}

impl PopularityOfAllTime {
    /// Counts the visible events. The logarithm changes no ranking, but makes a fairer part of a blend.
    pub fn new(protocol: &Protocol<'_>) -> Self {
        let popularity = Popularity::all_time(protocol.catalog(), &protocol.visible().events);
        Self { scores: popularity.log_scale() }
    }
}

impl Ranker for PopularityOfAllTime {
    fn name(&self) -> &str {
        "popularity"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        for (_, row) in rows(queries, scores) {
            row.copy_from_slice(&self.scores);
        }
    }
}
