//! Chooses parameters on validation, by NDCG@10 over a seeded sample of its queries.
//!
//! A baseline that was not tuned is a straw man, so every baseline with a knob goes through here, and what was chosen
//! is part of the report.

use std::collections::BTreeMap;

use rand::SeedableRng;
use rand::seq::index;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::metrics::NonFiniteScore;
use crate::progress::Silent;

use super::blocks::{ScoreError, score_blocks};
use super::protocol::{Judgement, Protocol};
use super::{JudgedQuery, Query, Ranker};

/// The cutoff of the figure that parameters are chosen by.
pub(super) const CUTOFF: usize = 10;

/// A system with the parameters that served best on validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// Name of the system.
    pub name: String,
    /// What was chosen; empty where there is nothing to choose.
    pub parameters: BTreeMap<String, f64>,
    /// Mean NDCG@10 on the validation sample with these parameters.
    pub validation_ndcg: f64,
}

/// A parameter as it was written: 0.9 is 0.9 in a report, and not what its f32 is in f64.
pub(super) fn as_written(parameter: f32) -> f64 {
    (f64::from(parameter) * 1e6).round() / 1e6
}

/// Validation queries to choose by.
#[derive(Debug)]
pub struct Sample<'a> {
    protocol: &'a Protocol<'a>,
    judgement: Judgement,
    queries: Vec<&'a JudgedQuery>,
}

impl<'a> Sample<'a> {
    /// At most `max_queries` of the protocol's queries, drawn by `seed`, in their order.
    pub fn new(protocol: &'a Protocol<'a>, judgement: Judgement, max_queries: usize, seed: u64) -> Self {
        let all = protocol.judged(judgement);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut chosen = index::sample(&mut rng, all.len(), max_queries.min(all.len())).into_vec();
        chosen.sort_unstable();
        Self { protocol, judgement, queries: chosen.into_iter().map(|place| &all[place]).collect() }
    }

    /// The queries and what answers them.
    pub fn queries(&self) -> &[&'a JudgedQuery] {
        &self.queries
    }

    /// The items left out of the ranking of one of the queries, ascending.
    pub(super) fn left_out(&self, judged: &JudgedQuery) -> Vec<u32> {
        self.protocol.left_out(&judged.query, self.judgement)
    }

    /// Mean NDCG@10 of a system over the sample; 0 for an empty sample.
    pub fn mean_ndcg(&self, ranker: &dyn Ranker) -> Result<f64, ScoreError> {
        let values = self.read_scores(ranker, |judged, row| {
            let left_out = self.left_out(judged);
            let places: Vec<usize> =
                judged.relevant.iter().map(|&item| place_without(row, item as usize, &left_out)).collect();
            Ok(ndcg_of_places(&places))
        })?;
        Ok(values.iter().sum::<f64>() / values.len().max(1) as f64)
    }

    /// Calls `read` with each query and its scores of the whole catalogue.
    pub(super) fn read_scores<R: Send>(
        &self,
        ranker: &dyn Ranker,
        read: impl Fn(&JudgedQuery, &[f32]) -> Result<R, NonFiniteScore> + Sync,
    ) -> Result<Vec<R>, ScoreError> {
        self.read_scores_at(ranker, |place, row| read(self.queries[place], row))
    }

    /// Calls `read` with the place of each query in [`queries`](Self::queries) and its scores of the whole catalogue.
    pub(super) fn read_scores_at<R: Send>(
        &self,
        ranker: &dyn Ranker,
        read: impl Fn(usize, &[f32]) -> Result<R, NonFiniteScore> + Sync,
    ) -> Result<Vec<R>, ScoreError> {
        let queries: Vec<Query> = self.queries.iter().map(|judged| judged.query).collect();
        score_blocks(ranker, self.protocol.catalog().n_items(), &queries, &Silent, read)
    }
}

/// Fits a system with each set of parameters and returns the best set with its NDCG@10; the first of equals.
///
/// # Panics
/// If `grid` is empty.
pub fn choose<P: Copy, R: Ranker>(
    sample: &Sample<'_>,
    grid: &[P],
    fit: impl Fn(P) -> R,
) -> Result<(P, f64), ScoreError> {
    let mut best: Option<(P, f64)> = None;
    for &parameters in grid {
        let ndcg = sample.mean_ndcg(&fit(parameters))?;
        if best.is_none_or(|(_, best_ndcg)| ndcg > best_ndcg) {
            best = Some((parameters, ndcg));
        }
    }
    Ok(best.expect("a grid has at least one entry"))
}

/// How many items stand before `item`, not counting those left out (`item` is not one of them).
fn place_without(scores: &[f32], item: usize, left_out: &[u32]) -> usize {
    let is_ahead = |&other: &u32| {
        let other = other as usize;
        scores[other] > scores[item] || (scores[other] == scores[item] && other > item)
    };
    n_ahead(scores, item) - left_out.iter().filter(|other| is_ahead(other)).count()
}

/// How many entries of `scores` stand before entry `at` under the tie rule.
pub(super) fn n_ahead(scores: &[f32], at: usize) -> usize {
    let own = scores[at];
    let (before, after) = scores.split_at(at);
    let better = before.iter().map(|&score| usize::from(score > own)).sum::<usize>();
    better + after[1..].iter().map(|&score| usize::from(score >= own)).sum::<usize>()
}

/// NDCG@10 from the places (0 is best) of all relevant items, each of gain 1.
pub(super) fn ndcg_of_places(places: &[usize]) -> f64 {
    let gain = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    // From 0 on: the sum of nothing would be −0, which reads oddly in a report.
    let found = places.iter().filter(|&&place| place < CUTOFF).fold(0.0, |sum, &place| sum + gain(place));
    let ideal: f64 = (0..places.len().min(CUTOFF)).map(gain).sum();
    if ideal > 0.0 { found / ideal } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::metrics::{Hits, ndcg, top_k};

    #[test]
    fn ndcg_of_places_by_hand() {
        assert_eq!(ndcg_of_places(&[0]), 1.0);
        assert_eq!(ndcg_of_places(&[10]), 0.0);
        assert!(ndcg_of_places(&[10]).is_sign_positive());
        assert_eq!(ndcg_of_places(&[]), 0.0);
        let expected = (1.0 + 1.0 / 4f64.log2()) / (1.0 + 1.0 / 3f64.log2() + 1.0 / 4f64.log2());
        assert!((ndcg_of_places(&[0, 2, 50]) - expected).abs() < 1e-12);
    }

    #[test]
    fn parameters_are_reported_as_written() {
        assert_eq!([0.9, 2.0, 0.033].map(as_written), [0.9, 2.0, 0.033]);
    }

    #[test]
    fn places_are_those_of_the_ranking_and_ndcg_that_of_the_metrics() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..200 {
            let scores: Vec<f32> = (0..60).map(|_| rng.random_range(-3..3) as f32).collect();
            let left_out: Vec<u32> = (0..60).filter(|item| item % 7 == 3).collect();
            let ranking = top_k(&scores, 60, &left_out).unwrap();
            for (place, ranked) in ranking.iter().enumerate() {
                assert_eq!(place_without(&scores, ranked.item_idx as usize, &left_out), place);
            }
            let relevant = [2, 11, 30];
            let places = relevant.map(|item| place_without(&scores, item as usize, &left_out));
            let expected = ndcg(&Hits::new(&ranking, &relevant), CUTOFF);
            assert!((ndcg_of_places(&places) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn items_left_out_take_no_place() {
        let scores = [3.0, 1.0, 2.0, 1.0, 1.0];
        assert_eq!(place_without(&scores, 1, &[]), 4);
        assert_eq!(place_without(&scores, 1, &[0, 4]), 2);
        assert_eq!(place_without(&scores, 3, &[1]), 3);
    }
}
