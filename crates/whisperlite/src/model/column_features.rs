//! The features of some columns, from what was summed up for a query.

use crate::fused::{dot, vectorised};

use super::features::{Feature, N_FEATURES};
use super::features_of::{OF_THE_PAST, PRIORS};
use super::live::Columns;
use super::sheet::SparseSheet;
use super::sums::Directions;
use super::{Ask, LiveItem};

/// Features that are sums of what is known of the catalog's items; profiles and products are not among them.
pub(super) const SUMS: [Feature; 13] = [
    Feature::WordsText,
    Feature::WordsPast,
    Feature::WordsBoth,
    Feature::SameRequest,
    Feature::SameRequestShare,
    Feature::SameRequestShort,
    Feature::SameRequestLong,
    Feature::SimilarRequests,
    Feature::SimilarRequestsShare,
    Feature::Neighbours,
    Feature::ChosenNext,
    Feature::TasteRequests,
    Feature::OwnRequests,
];

/// What was found out about a query before any item is looked at alone.
pub(super) struct Found<'f> {
    pub(super) ask: &'f Ask,
    pub(super) columns: Columns<'f>,
    pub(super) sheet: &'f SparseSheet,
    pub(super) directions: &'f Directions,
}

impl Found<'_> {
    /// The features of some columns, `[N_FEATURES, n]`; `terms` is `[n_terms]` zeros, and is so again afterwards.
    pub(super) fn features(&self, columns: &[u32], terms: &mut [f32]) -> Vec<f32> {
        let n = columns.len();
        let mut features = vec![0.0; N_FEATURES * n];
        let mut fill = |feature: Feature, value: &dyn Fn(u32) -> f32| {
            let row = &mut features[feature.row() * n..][..n];
            row.iter_mut().zip(columns).for_each(|(out, &column)| *out = value(column));
        };
        for (feature, prior) in PRIORS.into_iter().zip(&self.columns.memory.priors) {
            fill(feature, &|column| self.known(feature, column, |item| prior[item as usize]));
        }
        for feature in SUMS {
            fill(feature, &|column| self.known(feature, column, |item| self.sheet.value(feature, item)));
        }
        for (feature, profile) in self.sheet.profiles() {
            profile.iter().for_each(|&(term, weight)| terms[term as usize] = weight);
            fill(*feature, &|column| {
                self.columns.tf_idf(column).iter().map(|&(term, weight)| weight * terms[term as usize]).sum()
            });
            profile.iter().for_each(|&(term, _)| terms[term as usize] = 0.0);
        }
        for (feature, direction) in Directions::WITH_ITEMS {
            let direction = direction(self.directions);
            vectorised(|| fill(feature, &|column| dot(self.columns.vector(column), direction)));
        }
        for (feature, direction) in Directions::WITH_PAST {
            let past = &self.columns.memory.past;
            let product = |item: u32| past.of(item).map_or(0.0, |row| dot(row, direction(self.directions)));
            vectorised(|| fill(feature, &|column| self.known(feature, column, product)));
        }
        features
    }

    /// The largest value that any column has.
    pub(super) fn largest(&self, feature: Feature) -> f32 {
        let of_catalog = self.sheet.met(feature).map(|(_, value)| value);
        let live = (self.columns.n_catalog() as u32..).take(self.columns.live.len());
        let of_live = live.map(|column| self.known(feature, column, |item| self.sheet.value(feature, item)));
        of_catalog.chain(of_live).fold(0.0, f32::max)
    }

    /// A feature of a column: of an item of the catalog it is `of_item`, and one that came since has it of the item whose place it
    /// takes where it is about the past, else its own.
    fn known(&self, feature: Feature, column: u32, of_item: impl Fn(u32) -> f32) -> f32 {
        match self.columns.live_item(column) {
            None => of_item(column),
            Some(item) if OF_THE_PAST.contains(&feature) && item.earlier().is_some() => {
                item.earlier().map_or(0.0, of_item)
            }
            Some(item) => self.own(feature, item),
        }
    }

    /// What is known of an item that came since by itself.
    fn own(&self, feature: Feature, item: &LiveItem) -> f32 {
        let memory = self.columns.memory;
        let terms = self.ask.words.as_ref().map_or(&[][..], |words| &words.terms);
        match feature {
            Feature::WordsText => memory.world.text_index.score(terms, item.own_words()),
            Feature::WordsBoth => memory.both_index.score(terms, item.both_words()),
            Feature::NeverChosen => 1.0,
            Feature::Trend => item.trend(),
            _ => 0.0,
        }
    }
}
