//! Do raters agree? Krippendorff's alpha, with any number of ratings of each unit.
//!
//! 1 is agreement, 0 is what chance gives, below 0 is dispute.

use std::collections::BTreeMap;

/// What a difference of two ratings means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Any two different ratings differ as much.
    Nominal,
    /// Only the order of ratings counts; two differ by how many ratings lie between.
    Ordinal,
}

/// Krippendorff's alpha of whole-number ratings: one slice for each unit, with the ratings it got, in any order.
///
/// A unit with fewer than two ratings says nothing and is left out. None if no unit is left, or all ratings are the same.
pub fn krippendorff_alpha<'a>(units: impl IntoIterator<Item = &'a [i8]>, metric: Metric) -> Option<f64> {
    let units: Vec<&[i8]> = units.into_iter().filter(|ratings| ratings.len() >= 2).collect();
    let mut n_of: BTreeMap<i8, f64> = BTreeMap::new();
    for rating in units.iter().flat_map(|ratings| ratings.iter()) {
        *n_of.entry(*rating).or_default() += 1.0;
    }
    let values: Vec<i8> = n_of.keys().copied().collect();
    let counts: Vec<f64> = n_of.values().copied().collect();
    let differences = squared_differences(&counts, metric);
    let n: f64 = counts.iter().sum();
    let pairs = || (0..values.len()).flat_map(|a| (0..values.len()).map(move |b| (a, b)));
    let expected: f64 = pairs().map(|(a, b)| counts[a] * counts[b] * differences[a][b]).sum::<f64>() / (n - 1.0);
    if values.len() < 2 {
        return None;
    }
    let mut observed = 0.0;
    for ratings in units {
        let count = |value: i8| ratings.iter().filter(|rating| **rating == value).count() as f64;
        let counts: Vec<f64> = values.iter().map(|value| count(*value)).collect();
        let disagreement: f64 = pairs().map(|(a, b)| counts[a] * counts[b] * differences[a][b]).sum();
        observed += disagreement / (ratings.len() as f64 - 1.0);
    }
    Some(1.0 - observed / expected)
}

/// δ² of each pair of values, whose numbers of ratings are `counts`, in the order of the values.
fn squared_differences(counts: &[f64], metric: Metric) -> Vec<Vec<f64>> {
    let between = |low: usize, high: usize| {
        let all: f64 = counts[low..=high].iter().sum();
        (all - (counts[low] + counts[high]) / 2.0).powi(2)
    };
    let difference = |a: usize, b: usize| match metric {
        _ if a == b => 0.0,
        Metric::Nominal => 1.0,
        Metric::Ordinal => between(a.min(b), a.max(b)),
    };
    (0..counts.len()).map(|a| (0..counts.len()).map(|b| difference(a, b)).collect()).collect()
}
