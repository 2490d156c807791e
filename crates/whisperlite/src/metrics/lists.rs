//! Metrics of all lists together: how much of the catalogue is shown, how well known it is, how evenly it is spread.
//!
//! They say nothing about relevance: a random ranking has the best coverage. They stand beside the per-query metrics to
//! show what a system pays for its accuracy.

use super::Ranked;

/// Share of the catalogue that stands in anybody's first `k` places; 0 for an empty catalogue.
pub fn coverage(rankings: &[Vec<Ranked>], k: usize, n_items: usize) -> f64 {
    let shown = exposure(rankings, k, n_items).iter().filter(|&&times| times > 0).count();
    if n_items == 0 { 0.0 } else { shown as f64 / n_items as f64 }
}

/// How many bits of surprise an item carries: `−log2` of its share of all events, one added to every item's count, so
/// that an item without events is the most surprising one and not an infinite one.
#[derive(Debug, Clone, PartialEq)]
pub struct SelfInformation {
    bits: Vec<f64>,
}

impl SelfInformation {
    /// # Shapes
    /// `popularity`: `[n_items]`, number of events of each item among those visible at training time.
    pub fn new(popularity: &[u32]) -> Self {
        let total: f64 = popularity.iter().map(|&count| f64::from(count) + 1.0).sum();
        Self { bits: popularity.iter().map(|&count| -((f64::from(count) + 1.0) / total).log2()).collect() }
    }
}

/// Mean surprise of the items in the first `k` places, over all places of all lists; 0 where nothing was recommended.
pub fn novelty(rankings: &[Vec<Ranked>], k: usize, information: &SelfInformation) -> f64 {
    let shown = || rankings.iter().flat_map(|ranking| ranking.iter().take(k));
    let n_shown = shown().count();
    let bits: f64 = shown().map(|place| information.bits[place.item_idx as usize]).sum();
    if n_shown == 0 { 0.0 } else { bits / n_shown as f64 }
}

/// Gini coefficient of how often each item of the catalogue stands in somebody's first `k` places: 0 if all are shown
/// equally often (or none at all), near 1 if a few items take every place.
pub fn gini(rankings: &[Vec<Ranked>], k: usize, n_items: usize) -> f64 {
    let mut times_shown = exposure(rankings, k, n_items);
    times_shown.sort_unstable();
    let n = n_items as f64;
    let total: f64 = times_shown.iter().map(|&times| times as f64).sum();
    let weighted: f64 =
        (1u32..).zip(&times_shown).map(|(i, &times)| (2.0 * f64::from(i) - n - 1.0) * times as f64).sum();
    if total == 0.0 { 0.0 } else { weighted / (n * total) }
}

/// How often each item stands in somebody's first `k` places: `[n_items]`.
fn exposure(rankings: &[Vec<Ranked>], k: usize, n_items: usize) -> Vec<u64> {
    let mut times_shown = vec![0; n_items];
    for place in rankings.iter().flat_map(|ranking| ranking.iter().take(k)) {
        times_shown[place.item_idx as usize] += 1;
    }
    times_shown
}
