//! Fills the feature matrix of a query.

use burn::tensor::{Device, Tensor, TensorData};

use crate::index::floats;
use crate::lexical::{DocumentTerms, TermWeight};

use super::ask::PastItem;
use super::features::{Feature, N_FEATURES};
use super::vectors::scale_to_unit;
use super::world::scale_document;
use super::{Ask, Memory, N_CONTEXT, Words};

/// Weight of each older item of a history, by its place.
const ITEM_FADING: f32 = 0.75;
/// The newest items of a person that make up their taste of the moment.
const N_NEWEST: usize = 20;
/// Weight of each older request of a history, by its place.
const REQUEST_FADING: f32 = 0.85;
/// After this time an item of a history weighs half in what the person does *now*.
const NOW_SECS: f32 = 600.0;
/// The newest items that may belong to what the person does now.
const N_NOW: usize = 60;
/// What was chosen under similar requests, the best so many.
const N_FEEDBACK: usize = 100;
/// Terms of a profile that are looked up, the heaviest so many: the others cost time and say little.
const MAX_PROFILE_TERMS: usize = 64;

/// What is known about every item for each of a block of queries.
pub struct Known {
    /// `[n_queries, N_FEATURES, n_items]`, row-major.
    pub features: Vec<f32>,
    /// `[n_queries]`: what the gates see.
    pub contexts: Vec<[f32; N_CONTEXT]>,
}

/// Vectors of one query, `[d]` each, that are multiplied with all items.
struct Directions {
    request: Vec<f32>,
    feedback: Vec<f32>,
    taste: Vec<f32>,
    taste_long: Vec<f32>,
    vocabulary: Vec<f32>,
}

impl Memory<'_> {
    /// All features of all items, and the context, for a block of queries.
    pub fn know(&self, asks: &[Ask]) -> Known {
        let n_items = self.world.catalog.n_items();
        let mut features = vec![0.0; asks.len() * N_FEATURES * n_items];
        let mut scratch = Scratch::new(self);
        let mut directions = Vec::with_capacity(asks.len());
        for (ask, rows) in asks.iter().zip(features.chunks_exact_mut((N_FEATURES * n_items).max(1))) {
            let mut rows = Rows { rows, n_items };
            self.prior_features(&mut rows);
            let past = ask.past_items();
            let mut own = self.directions(ask, &past);
            if let Some(words) = &ask.words {
                self.word_features(words, &mut rows);
                own.feedback = self.feedback(&mut rows);
            }
            if !past.is_empty() {
                self.taste_features(ask, &past, &mut rows, &mut scratch);
            }
            directions.push(own);
        }
        self.dense_features(&directions, &mut features);
        let rows = features.chunks_exact((N_FEATURES * n_items).max(1));
        let contexts = asks.iter().zip(rows).map(|(ask, rows)| ask.context(self, rows)).collect();
        Known { features, contexts }
    }

    fn prior_features(&self, rows: &mut Rows<'_>) {
        let features = [
            Feature::Popularity,
            Feature::PopularityShort,
            Feature::PopularityLong,
            Feature::NeverChosen,
            Feature::Age,
            Feature::Trend,
        ];
        for (feature, prior) in features.into_iter().zip(&self.priors) {
            rows.of(feature).copy_from_slice(prior);
        }
    }

    fn word_features(&self, words: &Words, rows: &mut Rows<'_>) {
        self.world.text_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsText));
        self.past_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsPast));
        self.both_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsBoth));
        for &(request, similarity) in &words.similar {
            for demand in self.demand.of(request) {
                let item = demand.item as usize;
                rows.of(Feature::SimilarRequests)[item] += similarity * demand.people;
                if similarity == 1.0 {
                    rows.of(Feature::SameRequest)[item] += demand.people;
                    rows.of(Feature::SameRequestShort)[item] += demand.short;
                    rows.of(Feature::SameRequestLong)[item] += demand.long;
                }
            }
        }
        for (feature, share) in [
            (Feature::SameRequest, Feature::SameRequestShare),
            (Feature::SimilarRequests, Feature::SimilarRequestsShare),
        ] {
            let counts = rows.of(feature).to_vec();
            let shares = rows.of(share);
            for ((share, count), damping) in shares.iter_mut().zip(counts).zip(&self.item_damping) {
                *share = count * damping;
            }
        }
        let counts =
            [Feature::SameRequest, Feature::SameRequestShort, Feature::SameRequestLong, Feature::SimilarRequests];
        for feature in counts {
            rows.of(feature).iter_mut().filter(|value| **value > 0.0).for_each(|value| *value = value.ln_1p());
        }
    }

    /// Compares all items with what was chosen under similar requests, by words; returns the mean vector of these choices.
    fn feedback(&self, rows: &mut Rows<'_>) -> Vec<f32> {
        let shares = rows.of(Feature::SimilarRequestsShare);
        let mut chosen: Vec<(u32, f32)> =
            (0u32..).zip(shares.iter().copied()).filter(|&(_, share)| share > 0.0).collect();
        keep_heaviest(&mut chosen, N_FEEDBACK);
        accumulate_profile(&self.world.tf_idf, &self.world.tf_idf_index, &chosen, rows.of(Feature::FeedbackWords));
        self.mean_of_items(chosen.into_iter())
    }

    fn taste_features(&self, ask: &Ask, past: &[PastItem], rows: &mut Rows<'_>, scratch: &mut Scratch) {
        scratch.find_people_like(self, ask, past);
        self.spread(scratch, rows.of(Feature::Neighbours));
        let newest = newest(past);
        let (words, words_index) = (&self.world.tf_idf, &self.world.tf_idf_index);
        accumulate_profile(words, words_index, &newest, rows.of(Feature::TasteWords));
        accumulate_profile(words, words_index, &newest[..1], rows.of(Feature::TasteLast));
        let age_secs = |item: &PastItem| (ask.person.moment - item.timestamp).max(0) as f32;
        let now: Vec<(u32, f32)> =
            past.iter().take(N_NOW).map(|item| (item.item_idx, 1.0 / (1.0 + age_secs(item) / NOW_SECS))).collect();
        accumulate_profile(words, words_index, &now, rows.of(Feature::TasteNow));
        accumulate_profile(&self.asked, &self.asked_index, &newest, rows.of(Feature::TasteRequests));
        let row = rows.of(Feature::OwnRequests);
        for (request, weight) in newest_requests(ask) {
            for &(item, share) in self.asked_index.of(request) {
                row[item as usize] += weight * share;
            }
        }
    }

    /// Adds what the people found in `scratch` chose, `√` of it, so that one close neighbour does not drown the rest.
    fn spread(&self, scratch: &Scratch, row: &mut [f32]) {
        for &user in &scratch.people {
            let weight = scratch.closeness[user as usize];
            for &item in self.choices_of(user) {
                row[item as usize] += weight * self.item_damping[item as usize];
            }
        }
        row.iter_mut().filter(|value| **value > 0.0).for_each(|value| *value = value.sqrt());
    }

    fn directions(&self, ask: &Ask, past: &[PastItem]) -> Directions {
        let zeros = || vec![0.0; self.world.vectors.dim()];
        let mut vocabulary = zeros();
        for (request, weight) in newest_requests(ask) {
            add(&mut vocabulary, weight, self.world.vectors.request(request));
        }
        scale_to_unit(&mut vocabulary);
        Directions {
            request: ask.words.as_ref().map_or_else(zeros, |words| words.vector.clone()),
            feedback: zeros(),
            taste: self.mean_of_items(newest(past).into_iter()),
            taste_long: self.mean_of_items(past.iter().map(|item| (item.item_idx, 1.0))),
            vocabulary,
        }
    }

    /// The weighted mean of items' vectors, `[d]`, of length 1.
    fn mean_of_items(&self, items: impl Iterator<Item = (u32, f32)>) -> Vec<f32> {
        let mut mean = vec![0.0; self.world.vectors.dim()];
        items.for_each(|(item, weight)| add(&mut mean, weight, self.world.vectors.item(item)));
        scale_to_unit(&mut mean);
        mean
    }

    /// The features that are inner products, for the whole block at once.
    fn dense_features(&self, directions: &[Directions], all: &mut [f32]) {
        type Direction = fn(&Directions) -> &Vec<f32>;
        let n_items = self.world.catalog.n_items();
        let d = self.world.vectors.dim();
        let matrix = |direction: Direction| -> Tensor<2> {
            let rows: Vec<f32> = directions.iter().flat_map(direction).copied().collect();
            Tensor::from_data(TensorData::new(rows, [directions.len(), d]), &Device::flex())
        };
        let with_items: [(Feature, Direction); 4] = [
            (Feature::EncoderText, |directions| &directions.request),
            (Feature::FeedbackText, |directions| &directions.feedback),
            (Feature::TasteText, |directions| &directions.taste),
            (Feature::TasteLong, |directions| &directions.taste_long),
        ];
        for (feature, direction) in with_items {
            let products = floats(self.world.items.products(matrix(direction)));
            for (rows, products) in query_rows(all, n_items).zip(products.chunks_exact(n_items.max(1))) {
                rows[feature.row() * n_items..][..n_items].copy_from_slice(products);
            }
        }
        let n_past = self.past.items.len();
        if n_past == 0 {
            return;
        }
        let with_past: [(Feature, Direction); 2] = [
            (Feature::EncoderPast, |directions| &directions.request),
            (Feature::OwnVocabulary, |directions| &directions.vocabulary),
        ];
        for (feature, direction) in with_past {
            let products = floats(self.past.index.products(matrix(direction)));
            for (rows, products) in query_rows(all, n_items).zip(products.chunks_exact(n_past)) {
                let row = &mut rows[feature.row() * n_items..][..n_items];
                self.past.items.iter().zip(products).for_each(|(&item, &product)| row[item as usize] = product);
            }
        }
    }
}

fn query_rows(all: &mut [f32], n_items: usize) -> impl Iterator<Item = &mut [f32]> {
    all.chunks_exact_mut((N_FEATURES * n_items).max(1))
}

/// The newest items with their fading weights.
fn newest(past: &[PastItem]) -> Vec<(u32, f32)> {
    let fading = (0i32..).map(|place| ITEM_FADING.powi(place));
    past.iter().take(N_NEWEST).zip(fading).map(|(item, weight)| (item.item_idx, weight)).collect()
}

/// The newest requests with their fading weights.
fn newest_requests(ask: &Ask) -> impl Iterator<Item = (u32, f32)> + '_ {
    let requests = ask.person.wanted().filter_map(|(_, request_idx)| request_idx);
    requests.take(N_NEWEST).zip((0i32..).map(|place| REQUEST_FADING.powi(place)))
}

/// Adds to `row` the cosine of each item with a weighted set of items, as bags of terms of length 1.
fn accumulate_profile(documents: &DocumentTerms, index: &DocumentTerms, items: &[(u32, f32)], row: &mut [f32]) {
    let mut terms: Vec<TermWeight> = Vec::new();
    for &(item, weight) in items {
        terms.extend(documents.of(item).iter().map(|&(term, share)| (term, share * weight)));
    }
    terms.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let sum = |same: &[TermWeight]| (same[0].0, same.iter().map(|&(_, weight)| weight).sum());
    let mut profile: Vec<TermWeight> = terms.chunk_by(|a, b| a.0 == b.0).map(sum).collect();
    scale_document(&mut profile);
    keep_heaviest(&mut profile, MAX_PROFILE_TERMS);
    for (term, weight) in profile {
        for &(item, share) in index.of(term) {
            row[item as usize] += weight * share;
        }
    }
}

/// Keeps the `n` pairs with the largest weights, in the order of their keys.
fn keep_heaviest(pairs: &mut Vec<(u32, f32)>, n: usize) {
    if pairs.len() > n {
        pairs.select_nth_unstable_by(n, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        pairs.truncate(n);
        pairs.sort_unstable_by_key(|&(key, _)| key);
    }
}

/// The feature matrix of one query, `[N_FEATURES, n_items]`.
struct Rows<'a> {
    rows: &'a mut [f32],
    n_items: usize,
}

impl Rows<'_> {
    fn of(&mut self, feature: Feature) -> &mut [f32] {
        &mut self.rows[feature.row() * self.n_items..][..self.n_items]
    }
}

/// Dense tables that are used again for every query.
struct Scratch {
    /// `[n_users]`: how close a person's choices are; zero but for `people`.
    closeness: Vec<f32>,
    people: Vec<u32>,
}

impl Scratch {
    fn new(memory: &Memory<'_>) -> Self {
        Self { closeness: vec![0.0; memory.world.catalog.n_users()], people: Vec::new() }
    }

    /// Finds the people who chose the past items, by how many of them and how rare these are.
    fn find_people_like(&mut self, memory: &Memory<'_>, ask: &Ask, past: &[PastItem]) {
        for user in self.people.drain(..) {
            self.closeness[user as usize] = 0.0;
        }
        for item in past {
            let weight = memory.item_damping[item.item_idx as usize] / (past.len() as f32).sqrt();
            for &user in memory.choosers_of(item.item_idx) {
                if self.closeness[user as usize] == 0.0 {
                    self.people.push(user);
                }
                self.closeness[user as usize] += weight * memory.user_damping[user as usize];
            }
        }
        if let Some(own) = ask.person.user_idx.filter(|&own| self.closeness[own as usize] > 0.0) {
            self.closeness[own as usize] = 0.0;
            self.people.retain(|&user| user != own);
        }
    }
}

fn add(sum: &mut [f32], weight: f32, vector: &[f32]) {
    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * value);
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
