//! Where the features of a query are put together that are sums over few items: those that share a word, that were chosen under
//! a request, or by somebody.
//!
//! Who scores all items writes into rows of all items ([`Rows`](super::features_of)); who scores candidates keeps track of the
//! items that were met ([`SparseSheet`]), because to look through a million zeros takes longer than to score the candidates.

use crate::lexical::TermWeight;

use super::features::{Feature, N_FEATURES};

/// What a query's sums are added to.
pub(super) trait Sheet {
    /// Adds to a feature of one of the catalog's items; `value` is not negative.
    fn add(&mut self, feature: Feature, item: u32, value: f32);

    /// Compares items with a profile, a bag of terms of length 1.
    fn compare(&mut self, feature: Feature, profile: Vec<TermWeight>);

    /// The catalog's items of which a feature is above 0.
    fn above_zero(&self, feature: Feature) -> Vec<(u32, f32)>;

    /// Changes what is above 0.
    fn change(&mut self, feature: Feature, change: impl Fn(f32) -> f32);
}

/// Features of the items that were met; used again for every query.
#[derive(Debug, Default)]
pub(super) struct SparseSheet {
    n_items: usize,
    /// By feature; empty until it is first met.
    rows: [SparseRow; N_FEATURES],
    profiles: Vec<(Feature, Vec<TermWeight>)>,
}

#[derive(Debug, Default)]
struct SparseRow {
    /// `[n_items]`, zero but for what was met.
    values: Vec<f32>,
    /// Each once, in the order in which they were met.
    met: Vec<u32>,
}

impl SparseSheet {
    pub(super) fn new(n_items: usize) -> Self {
        Self { n_items, rows: Default::default(), profiles: Vec::new() }
    }

    /// Forgets the last query.
    pub(super) fn clear(&mut self) {
        for row in &mut self.rows {
            row.met.drain(..).for_each(|item| row.values[item as usize] = 0.0);
        }
        self.profiles.clear();
    }

    /// A feature of one of the catalog's items.
    pub(super) fn value(&self, feature: Feature, item: u32) -> f32 {
        self.rows[feature.row()].values.get(item as usize).copied().unwrap_or(0.0)
    }

    /// The catalog's items of which a feature is above 0, in any order.
    pub(super) fn met(&self, feature: Feature) -> impl Iterator<Item = (u32, f32)> {
        let row = &self.rows[feature.row()];
        row.met.iter().map(|&item| (item, row.values[item as usize]))
    }

    /// With what items are compared, by feature.
    pub(super) fn profiles(&self) -> &[(Feature, Vec<TermWeight>)] {
        &self.profiles
    }
}

impl Sheet for SparseSheet {
    #[inline]
    fn add(&mut self, feature: Feature, item: u32, value: f32) {
        let row = &mut self.rows[feature.row()];
        if row.values.is_empty() {
            row.values.resize(self.n_items, 0.0);
        }
        let sum = &mut row.values[item as usize];
        // Nothing is ever taken away, so what is 0 was not met.
        if *sum == 0.0 && value > 0.0 {
            row.met.push(item);
        }
        *sum += value;
    }

    fn compare(&mut self, feature: Feature, profile: Vec<TermWeight>) {
        self.profiles.push((feature, profile));
    }

    fn above_zero(&self, feature: Feature) -> Vec<(u32, f32)> {
        let mut items: Vec<(u32, f32)> = self.met(feature).collect();
        items.sort_unstable_by_key(|&(item, _)| item);
        items
    }

    fn change(&mut self, feature: Feature, change: impl Fn(f32) -> f32) {
        let SparseRow { values, met } = &mut self.rows[feature.row()];
        met.iter().for_each(|&item| values[item as usize] = change(values[item as usize]));
    }
}
