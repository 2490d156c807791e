//! Do raters agree on categories? Fleiss' kappa (1971).

use std::collections::BTreeMap;

/// Fleiss' kappa: one slice for each unit, with the categories it was given, in any order.
///
/// Fleiss has the same number of ratings for each unit; where numbers differ, a unit's agreement is among its own ratings, and all units weigh
/// the same. A unit with fewer than two ratings is left out. None if no unit is left, or all ratings are the same.
pub fn fleiss_kappa<'a>(units: impl IntoIterator<Item = &'a [i8]>) -> Option<f64> {
    let mut total: BTreeMap<i8, f64> = BTreeMap::new();
    let (mut agreement, mut n_units) = (0.0, 0.0);
    for ratings in units.into_iter().filter(|ratings| ratings.len() >= 2) {
        let mut counts: BTreeMap<i8, f64> = BTreeMap::new();
        for rating in ratings {
            *counts.entry(*rating).or_default() += 1.0;
            *total.entry(*rating).or_default() += 1.0;
        }
        let n = ratings.len() as f64;
        agreement += counts.values().map(|count| count * (count - 1.0)).sum::<f64>() / (n * (n - 1.0));
        n_units += 1.0;
    }
    if total.len() < 2 {
        return None;
    }
    let n: f64 = total.values().sum();
    let by_chance: f64 = total.values().map(|count| (count / n).powi(2)).sum();
    Some((agreement / n_units - by_chance) / (1.0 - by_chance))
}
