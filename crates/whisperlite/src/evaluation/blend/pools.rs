//! What the search for weights looks at: for each query, the items that any system ranks high, with all systems' scores.

use crate::evaluation::blocks::ScoreError;
use crate::evaluation::tuning::Sample;
use crate::evaluation::{JudgedQuery, Ranker};
use crate::metrics::{NonFiniteScore, top_k};
use crate::progress::Progress;

use super::Normalisation;

/// Places of each system's ranking that enter the pool.
const N_POOLED: usize = 300;

/// The pools of all queries of a sample.
pub(super) struct Pools {
    pub(super) n_systems: usize,
    pub(super) queries: Vec<Pool>,
}

/// The pooled items of one query.
pub(super) struct Pool {
    /// Ascending, so that the place in the pool breaks ties as the item index does.
    items: Vec<u32>,
    /// Places of the relevant items in the pool.
    pub(super) relevant: Vec<usize>,
    /// `[n_systems, items.len()]`: scores as the systems gave them.
    scores: Vec<f32>,
    /// For each system, the factor of each normalisation. What is subtracted moves all items alike, and so no rank.
    scales: Vec<[f32; Normalisation::ALL.len()]>,
}

impl Pools {
    /// Asks each system twice: for its best items, then for its scores of everyone's best items.
    pub(super) fn build(
        systems: &[&dyn Ranker],
        sample: &Sample<'_>,
        progress: &dyn Progress,
    ) -> Result<Self, ScoreError> {
        let relevant = sample.queries().iter().map(|judged| judged.relevant.clone());
        let mut candidates: Vec<Vec<u32>> = relevant.collect();
        for &system in systems {
            let best = sample.read_scores(system, |judged, row| best_items(sample, judged, row))?;
            candidates.iter_mut().zip(best).for_each(|(pool, best)| pool.extend(best));
            progress.advance(1);
        }
        let mut queries: Vec<Pool> =
            sample.queries().iter().zip(candidates).map(|(judged, items)| Pool::new(judged, items)).collect();
        for &system in systems {
            let items_of: Vec<&[u32]> = queries.iter().map(|pool| pool.items.as_slice()).collect();
            let gathered = sample.read_scores_at(system, |place, row| {
                let scores: Vec<f32> = items_of[place].iter().map(|&item| row[item as usize]).collect();
                Ok((scores, Normalisation::ALL.map(|normalisation| normalisation.shift_and_scale(row).1)))
            })?;
            for (pool, (scores, scales)) in queries.iter_mut().zip(gathered) {
                pool.scores.extend(scores);
                pool.scales.push(scales);
            }
            progress.advance(1);
        }
        Ok(Self { n_systems: systems.len(), queries })
    }
}

impl Pool {
    fn new(judged: &JudgedQuery, mut items: Vec<u32>) -> Self {
        items.sort_unstable();
        items.dedup();
        let place_of = |item: &u32| items.binary_search(item).expect("relevant items are in the pool");
        let relevant = judged.relevant.iter().map(place_of).collect();
        Self { items, relevant, scores: Vec::new(), scales: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Adds `weight` times a system's normalised scores (up to a constant) to `sums` `[items.len()]`.
    pub(super) fn add(&self, system: usize, normalisation: Normalisation, weight: f32, sums: &mut [f32]) {
        let factor = weight * self.scales[system][normalisation as usize];
        if factor != 0.0 {
            let scores = &self.scores[system * self.len()..][..self.len()];
            sums.iter_mut().zip(scores).for_each(|(sum, &score)| *sum += factor * score);
        }
    }
}

/// A row of equal scores recommends nothing.
fn best_items(sample: &Sample<'_>, judged: &JudgedQuery, row: &[f32]) -> Result<Vec<u32>, NonFiniteScore> {
    if Normalisation::Max.shift_and_scale(row).1 == 0.0 {
        return Ok(Vec::new());
    }
    let best = top_k(row, N_POOLED, &sample.left_out(judged))?;
    Ok(best.into_iter().map(|ranked| ranked.item_idx).collect())
}
