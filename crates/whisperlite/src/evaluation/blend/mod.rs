//! The best blend of any list of systems: the figure to beat.
//!
//! Each system's scores of one query are put on one scale, weighted and added. A model that is one piece must show
//! that it knows more than such a sum, so the weights are searched for with care: forward selection, then coordinate
//! ascent, several starts, all on validation.

mod pools;
mod search;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::progress::Progress;

use super::blocks::ScoreError;
use super::tuning::{Sample, Tuned, as_written};
use super::{Query, Ranker};
use pools::Pools;

/// How one system's scores of one query are made comparable with another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// Minus the mean over the catalogue, divided by the standard deviation.
    ZScore,
    /// Divided by the largest absolute score.
    Max,
}

impl Normalisation {
    /// Both ways, to choose from.
    pub const ALL: [Self; 2] = [Self::ZScore, Self::Max];

    /// What to subtract from and to multiply with a row of scores. A row of equal scores says nothing, and comes
    /// out as zeros.
    fn shift_and_scale(self, scores: &[f32]) -> (f32, f32) {
        let n = scores.len().max(1) as f64;
        let mean = scores.iter().copied().map(f64::from).sum::<f64>() / n;
        let variance = scores.iter().map(|&score| (f64::from(score) - mean).powi(2)).sum::<f64>() / n;
        let largest = scores.iter().fold(0.0f32, |largest, score| largest.max(score.abs()));
        let deviation = variance.sqrt();
        if deviation <= f64::from(largest) * 1e-7 {
            return (mean as f32, 0.0);
        }
        match self {
            Self::ZScore => (mean as f32, (1.0 / deviation) as f32),
            Self::Max => (0.0, 1.0 / largest),
        }
    }
}

/// The weights that served best on validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlendWeights {
    /// How scores are made comparable.
    pub normalisation: Normalisation,
    /// `[n_systems]`, none negative; 0 where a system adds nothing.
    pub weights: Vec<f32>,
    /// Mean NDCG@10 on the validation sample, whole catalogue ranked.
    pub validation_ndcg: f64,
}

impl BlendWeights {
    /// Searches for the weights of `systems`, as they stand before the validation part, on the queries of `sample`.
    ///
    /// The search itself looks at each query's relevant items and every system's best 300 (so that thousands of weights
    /// can be tried); the winner of each normalisation is then measured on the whole catalogue.
    pub fn tune(
        systems: &[&dyn Ranker],
        sample: &Sample<'_>,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Self, ScoreError> {
        Self::tune_with(&Normalisation::ALL, systems, sample, seed, progress)
    }

    /// The same with some of the normalisations.
    ///
    /// # Panics
    /// If `normalisations` is empty.
    pub fn tune_with(
        normalisations: &[Normalisation],
        systems: &[&dyn Ranker],
        sample: &Sample<'_>,
        seed: u64,
        progress: &dyn Progress,
    ) -> Result<Self, ScoreError> {
        let n_steps = 2 * systems.len() + normalisations.len() * (search::N_STARTS + 1);
        progress.start("tune the blend", Some(n_steps as u64), "steps");
        let pools = Pools::build(systems, sample, progress)?;
        let mut best: Option<Self> = None;
        for &normalisation in normalisations {
            let weights = search::search(&pools, normalisation, seed, progress);
            let mut found = Self { normalisation, weights, validation_ndcg: 0.0 };
            found.validation_ndcg = sample.mean_ndcg(&Blend::new(systems, &found))?;
            progress.advance(1);
            if best.as_ref().is_none_or(|best| found.validation_ndcg > best.validation_ndcg) {
                best = Some(found);
            }
        }
        let best = best.expect("there is at least one normalisation");
        progress.finish(&format!("tuned the blend: validation NDCG@10 {:.4}", best.validation_ndcg));
        Ok(best)
    }

    /// The choice as it stands in reports: the weight of each system that takes part.
    pub fn tuned(&self, systems: &[&dyn Ranker]) -> Tuned {
        let taking_part = systems.iter().zip(&self.weights).filter(|&(_, &weight)| weight > 0.0);
        let parameters: BTreeMap<String, f64> =
            taking_part.map(|(system, &weight)| (system.name().to_owned(), as_written(weight))).collect();
        Tuned { name: "blend".to_owned(), parameters, validation_ndcg: self.validation_ndcg }
    }
}

/// A weighted sum of other systems' normalised scores.
pub struct Blend<'a> {
    normalisation: Normalisation,
    parts: Vec<(&'a dyn Ranker, f32)>,
}

impl<'a> Blend<'a> {
    /// Blends `systems` with the weights found for them, in the same order.
    ///
    /// # Panics
    /// If there are not as many weights as systems.
    pub fn new(systems: &[&'a dyn Ranker], weights: &BlendWeights) -> Self {
        assert_eq!(systems.len(), weights.weights.len(), "each system needs its weight");
        let parts = systems.iter().copied().zip(weights.weights.iter().copied()).filter(|&(_, weight)| weight > 0.0);
        Self { normalisation: weights.normalisation, parts: parts.collect() }
    }

    /// The systems that take part with their weights, such as `0.40 popularity + 1.00 bm25 (z-scores)`.
    pub fn description(&self) -> String {
        let parts: Vec<String> =
            self.parts.iter().map(|(system, weight)| format!("{weight:.2} {}", system.name())).collect();
        let scale = match self.normalisation {
            Normalisation::ZScore => "z-scores",
            Normalisation::Max => "scores divided by their maximum",
        };
        format!("{} ({scale})", parts.join(" + "))
    }
}

impl Ranker for Blend<'_> {
    fn name(&self) -> &str {
        "blend"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        let n_items = scores.len() / queries.len().max(1);
        let mut own = vec![0.0; scores.len()];
        for &(system, weight) in &self.parts {
            own.fill(0.0);
            system.score(queries, &mut own);
            for (row, own) in scores.chunks_exact_mut(n_items.max(1)).zip(own.chunks_exact(n_items.max(1))) {
                let (shift, scale) = self.normalisation.shift_and_scale(own);
                for (sum, &score) in row.iter_mut().zip(own) {
                    *sum += weight * ((score - shift) * scale);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::sample::{catalog_of, click};
    use crate::catalog::split::{Part, Split, SplitConfig};
    use crate::catalog::{Catalog, TimeKind};
    use crate::evaluation::protocol::{Judgement, Protocol};
    use crate::progress::Silent;

    const N_ITEMS: usize = 40;

    /// Knows one half of the truth: whether the item's number leaves the same remainder as the user's.
    struct Remainder {
        name: &'static str,
        divisor: u32,
    }

    impl Ranker for Remainder {
        fn name(&self) -> &str {
            self.name
        }

        fn score(&self, queries: &[Query], scores: &mut [f32]) {
            for (query, row) in queries.iter().zip(scores.chunks_exact_mut(N_ITEMS)) {
                let wanted = query.user_idx.unwrap_or(0) % self.divisor;
                for (item, score) in (0u32..).zip(row) {
                    *score = if item % self.divisor == wanted { 1.0 } else { 0.0 };
                }
            }
        }
    }

    struct Constant;

    impl Ranker for Constant {
        fn name(&self) -> &str {
            "constant"
        }

        fn score(&self, _queries: &[Query], scores: &mut [f32]) {
            scores.fill(7.0);
        }
    }

    /// Users choose the only item below 40 that leaves their remainders by 5 and by 8.
    fn catalog() -> Catalog {
        let events = (0..N_ITEMS as u32).flat_map(|user| {
            let far = |step: u32| click(user, (user + step) % N_ITEMS as u32, None, i64::from(step));
            [far(1), click(user, user, None, 2), far(3)]
        });
        catalog_of(TimeKind::Order, N_ITEMS, N_ITEMS, &[], events.collect())
    }

    #[test]
    fn finds_that_two_halves_make_the_whole() {
        let catalog = catalog();
        let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
        let protocol = Protocol::new(&catalog, &split, Part::Valid);
        let sample = Sample::new(&protocol, Judgement::Discovery, 1000, 1);
        let (by_5, by_8) = (Remainder { name: "by 5", divisor: 5 }, Remainder { name: "by 8", divisor: 8 });
        let systems: [&dyn Ranker; 3] = [&by_5, &Constant, &by_8];
        let alone = sample.mean_ndcg(&by_8).unwrap().max(sample.mean_ndcg(&by_5).unwrap());
        let found = BlendWeights::tune(&systems, &sample, 5, &Silent).unwrap();
        assert!(alone < 0.9 && found.validation_ndcg > 0.9999, "{alone} {found:?}");
        assert_eq!(found, BlendWeights::tune(&systems, &sample, 5, &Silent).unwrap());
        let tuned = found.tuned(&systems);
        assert_eq!(tuned.parameters.keys().collect::<Vec<_>>(), ["by 5", "by 8"]);
        let description = Blend::new(&systems, &found).description();
        assert!(description.contains("by 5 + ") && !description.contains("constant"), "{description}");
    }

    #[test]
    fn normalisation_brings_rows_to_one_scale() {
        let row = [1.0, 3.0, 5.0, 3.0];
        let apply = |n: Normalisation| {
            let (shift, scale) = n.shift_and_scale(&row);
            row.map(|score| (score - shift) * scale)
        };
        let deviation = 2f32.sqrt();
        for (got, expected) in apply(Normalisation::ZScore).iter().zip([-2.0, 0.0, 2.0, 0.0]) {
            assert!((got - expected / deviation).abs() < 1e-6);
        }
        assert_eq!(apply(Normalisation::Max), [0.2, 0.6, 1.0, 0.6]);
        assert_eq!(Normalisation::ZScore.shift_and_scale(&[2.0; 3]).1, 0.0);
        assert_eq!(Normalisation::Max.shift_and_scale(&[0.0; 3]).1, 0.0);
    }
}
