//! Do people see what offline measures see?

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::material::Question;
use crate::statistics::{Interval, kendall_tau_b, resampled_interval, spearman_rho};

/// How two measures of the same questions go together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// How many questions have both.
    pub n_questions: usize,
    /// Spearman's rho.
    pub spearman: f64,
    /// Its 95 % bootstrap interval over questions.
    pub spearman_interval: Option<Interval>,
    /// Kendall's tau-b.
    pub kendall: f64,
    /// Its interval.
    pub kendall_interval: Option<Interval>,
}

/// NDCG at `depth` of a system's list, by what was really chosen, each item worth the same; none where nothing was.
pub fn offline_ndcg(question: &Question, system: &str, depth: usize) -> Option<f64> {
    let chosen: BTreeSet<&String> = question.chosen.iter().collect();
    let discount = |place: usize| 1.0 / (place as f64 + 2.0).log2();
    let ideal: f64 = (0..chosen.len().min(depth)).map(discount).sum();
    let list = question.list(system, depth).iter().enumerate();
    let reached: f64 = list.filter(|(_, item)| chosen.contains(item)).map(|(place, _)| discount(place)).sum();
    (ideal > 0.0).then(|| reached / ideal)
}

/// The mean of each question's values.
pub(super) fn means(values: impl Iterator<Item = (usize, f64)>) -> BTreeMap<usize, f64> {
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for (question_idx, value) in values {
        let sum = sums.entry(question_idx).or_default();
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    sums.into_iter().map(|(question_idx, (sum, n))| (question_idx, sum / n)).collect()
}

/// The correlation of two measures, by question; none below two questions, or if either is the same everywhere.
pub(super) fn correlation(points: Vec<(usize, f64, f64)>, seed: u64) -> Option<Correlation> {
    let people: Vec<f64> = points.iter().map(|(_, people, _)| *people).collect();
    let offline: Vec<f64> = points.iter().map(|(_, _, offline)| *offline).collect();
    let interval = |of: fn(&[f64], &[f64]) -> Option<f64>| {
        let drawn = |from: &[f64], places: &[usize]| places.iter().map(|&place| from[place]).collect::<Vec<f64>>();
        resampled_interval(points.len(), seed, |places| of(&drawn(&people, places), &drawn(&offline, places)))
    };
    Some(Correlation {
        n_questions: points.len(),
        spearman: spearman_rho(&people, &offline)?,
        spearman_interval: interval(spearman_rho),
        kendall: kendall_tau_b(&people, &offline)?,
        kendall_interval: interval(kendall_tau_b),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn offline_ndcg_by_hand() {
        let mut question = sample::material(1, &["a", "b"], 5).questions.remove(0);
        assert_eq!(offline_ndcg(&question, "a", 5), Some(1.0), "the first of a's list was chosen");
        assert_eq!(offline_ndcg(&question, "b", 5), Some(0.0), "b does not have it");
        question.chosen.push("i000-02".into());
        let ideal = 1.0 + 1.0 / 3_f64.log2();
        let found = offline_ndcg(&question, "a", 5).expect("something was chosen");
        assert!((found - (1.0 + 0.5) / ideal).abs() < 1e-12);
        question.chosen.clear();
        assert_eq!(offline_ndcg(&question, "a", 5), None);
    }
}
