//! Fills the feature matrix of a query.

use burn::tensor::{Device, Tensor, TensorData};

use crate::index::floats;
use crate::lexical::TermWeight;

use super::features::{Feature, N_FEATURES};
use super::live::Columns;
use super::memory::N_PRIORS;
use super::sheet::Sheet;
use super::sums::{Direction, Directions, PeopleLike, accumulate};
use super::{Ask, LiveItems, Memory, N_CONTEXT, Words};

/// What is known about every item for each of a block of queries.
pub struct Known {
    /// `[n_queries, N_FEATURES, n_columns]`, row-major: the catalog's items, then the live ones.
    pub features: Vec<f32>,
    /// `[n_queries]`: what the gates see.
    pub contexts: Vec<[f32; N_CONTEXT]>,
}

impl Memory<'_> {
    /// All features of all items, and the context, for a block of queries.
    pub fn know(&self, asks: &[Ask]) -> Known {
        self.know_with(asks, &LiveItems::default())
    }

    /// The same, also of items that came since.
    pub fn know_with(&self, asks: &[Ask], live: &LiveItems) -> Known {
        let columns = Columns { memory: self, live };
        let n_columns = columns.n_all();
        let mut features = vec![0.0; asks.len() * N_FEATURES * n_columns];
        let mut people = PeopleLike::new(self);
        let mut directions = Vec::with_capacity(asks.len());
        for (ask, rows) in asks.iter().zip(features.chunks_exact_mut((N_FEATURES * n_columns).max(1))) {
            let mut rows = Rows { rows, columns };
            self.prior_features(&mut rows);
            directions.push(columns.sum_up(ask, &mut people, &mut rows));
            if let Some(words) = &ask.words {
                rows.live_words(words);
            }
        }
        self.dense_features(&directions, columns, &mut features);
        for rows in query_rows(&mut features, n_columns) {
            Rows { rows, columns }.inherit();
        }
        let rows = features.chunks_exact((N_FEATURES * n_columns).max(1));
        let largest = |rows: &[f32], feature: Feature| {
            rows[feature.row() * n_columns..][..n_columns].iter().copied().fold(0.0, f32::max)
        };
        let context = |(ask, rows): (&Ask, &[f32])| ask.context(self, |feature| largest(rows, feature));
        let contexts = asks.iter().zip(rows).map(context).collect();
        Known { features, contexts }
    }

    fn prior_features(&self, rows: &mut Rows<'_>) {
        for (feature, prior) in PRIORS.into_iter().zip(&self.priors) {
            rows.of(feature).copy_from_slice(prior);
        }
        rows.live(Feature::NeverChosen).fill(1.0);
        let trends = rows.columns.live.iter().map(|item| item.trend());
        rows.live(Feature::Trend).iter_mut().zip(trends).for_each(|(value, trend)| *value = trend);
    }

    /// The features that are inner products, for the whole block at once.
    fn dense_features(&self, directions: &[Directions], columns: Columns<'_>, all: &mut [f32]) {
        let (n_items, n_columns) = (columns.n_catalog(), columns.n_all());
        let d = self.world.vectors.dim();
        let matrix = |direction: Direction| -> Tensor<2> {
            let rows: Vec<f32> = directions.iter().flat_map(direction).copied().collect();
            Tensor::from_data(TensorData::new(rows, [directions.len(), d]), &Device::flex())
        };
        for (feature, direction) in Directions::WITH_ITEMS {
            let products = floats(self.world.items().products(matrix(direction)));
            let queries = query_rows(all, n_columns).zip(directions);
            for ((rows, directions), products) in queries.zip(products.chunks_exact(n_items.max(1))) {
                let mut rows = Rows { rows, columns };
                rows.of(feature).copy_from_slice(products);
                let live = columns.live.iter().map(|item| dot(item.vector(), direction(directions)));
                rows.live(feature).iter_mut().zip(live).for_each(|(value, product)| *value = product);
            }
        }
        let n_past = self.past.items.len();
        if n_past == 0 {
            return;
        }
        for (feature, direction) in Directions::WITH_PAST {
            let products = floats(self.past.index.products(matrix(direction)));
            for (rows, products) in query_rows(all, n_columns).zip(products.chunks_exact(n_past)) {
                let mut rows = Rows { rows, columns };
                let row = rows.of(feature);
                self.past.items.iter().zip(products).for_each(|(&item, &product)| row[item as usize] = product);
            }
        }
    }
}

fn query_rows(all: &mut [f32], n_columns: usize) -> impl Iterator<Item = &mut [f32]> {
    all.chunks_exact_mut((N_FEATURES * n_columns).max(1))
}

/// The features that are the same for every query, in the order in which a memory keeps them.
pub(super) const PRIORS: [Feature; N_PRIORS] = [
    Feature::Popularity,
    Feature::PopularityShort,
    Feature::PopularityLong,
    Feature::NeverChosen,
    Feature::Age,
    Feature::Trend,
];

/// Features that say what people did with an item: they hold as well for one that takes its place.
pub(super) const OF_THE_PAST: [Feature; 18] = [
    Feature::WordsPast,
    Feature::EncoderPast,
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
    Feature::OwnVocabulary,
    Feature::Popularity,
    Feature::PopularityShort,
    Feature::PopularityLong,
    Feature::NeverChosen,
    Feature::Age,
];

/// The feature matrix of one query, `[N_FEATURES, n_columns]`.
pub(super) struct Rows<'a> {
    rows: &'a mut [f32],
    columns: Columns<'a>,
}

impl Rows<'_> {
    /// One feature of the catalog's items.
    fn of(&mut self, feature: Feature) -> &mut [f32] {
        let n_catalog = self.columns.n_catalog();
        &mut self.row(feature)[..n_catalog]
    }

    /// One feature of the live items.
    fn live(&mut self, feature: Feature) -> &mut [f32] {
        let n_catalog = self.columns.n_catalog();
        &mut self.row(feature)[n_catalog..]
    }

    fn row(&mut self, feature: Feature) -> &mut [f32] {
        let n_columns = self.columns.n_all();
        &mut self.rows[feature.row() * n_columns..][..n_columns]
    }

    /// How the request's words fit the live items.
    fn live_words(&mut self, words: &Words) {
        let columns = self.columns;
        let world = columns.memory.world;
        for (place, item) in columns.live.iter().enumerate() {
            self.live(Feature::WordsText)[place] = world.text_index.score(&words.terms, item.own_words());
            self.live(Feature::WordsBoth)[place] = columns.memory.both_index.score(&words.terms, item.both_words());
        }
    }

    /// Gives live items what is known of those whose place they take.
    fn inherit(&mut self) {
        let columns = self.columns;
        for (place, item) in columns.live.iter().enumerate() {
            let Some(earlier) = item.earlier() else { continue };
            for feature in OF_THE_PAST {
                let value = self.of(feature)[earlier as usize];
                self.live(feature)[place] = value;
            }
        }
    }
}

impl Sheet for Rows<'_> {
    #[inline]
    fn add(&mut self, feature: Feature, item: u32, value: f32) {
        self.rows[feature.row() * self.columns.n_all() + item as usize] += value;
    }

    fn compare(&mut self, feature: Feature, profile: Vec<TermWeight>) {
        let columns = self.columns;
        accumulate(&columns.memory.world.tf_idf_index, &profile, |item, share| self.add(feature, item, share));
        for (place, item) in columns.live.iter().enumerate() {
            self.live(feature)[place] = sparse_dot(&profile, item.tf_idf());
        }
    }

    fn above_zero(&self, feature: Feature) -> Vec<(u32, f32)> {
        let row = &self.rows[feature.row() * self.columns.n_all()..][..self.columns.n_catalog()];
        (0u32..).zip(row.iter().copied()).filter(|&(_, value)| value > 0.0).collect()
    }

    fn change(&mut self, feature: Feature, change: impl Fn(f32) -> f32) {
        self.of(feature).iter_mut().filter(|value| **value > 0.0).for_each(|value| *value = change(*value));
    }
}

/// The inner product of two bags, both ascending by term.
fn sparse_dot(a: &[TermWeight], b: &[TermWeight]) -> f32 {
    let weight_in_b = |term: u32| b.binary_search_by_key(&term, |&(term, _)| term).map_or(0.0, |place| b[place].1);
    a.iter().map(|&(term, weight)| weight * weight_in_b(term)).sum()
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
