//! Fills the feature matrix of a query.

use burn::tensor::{Device, Tensor, TensorData};

use crate::index::floats;
use crate::lexical::{DocumentTerms, TermWeight};

use super::ask::PastItem;
use super::features::{Feature, N_FEATURES};
use super::live::Columns;
use super::memory::N_PRIORS;
use super::vectors::scale_to_unit;
use super::world::scale_document;
use super::{Ask, LiveItems, Memory, N_CONTEXT, Words};

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
    /// `[n_queries, N_FEATURES, n_columns]`, row-major: the catalog's items, then the live ones.
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
        self.know_with(asks, &LiveItems::default())
    }

    /// The same, also of items that came since.
    pub fn know_with(&self, asks: &[Ask], live: &LiveItems) -> Known {
        let columns = Columns { memory: self, live };
        let n_columns = columns.n_all();
        let mut features = vec![0.0; asks.len() * N_FEATURES * n_columns];
        let mut scratch = Scratch::new(self);
        let mut directions = Vec::with_capacity(asks.len());
        for (ask, rows) in asks.iter().zip(features.chunks_exact_mut((N_FEATURES * n_columns).max(1))) {
            let mut rows = Rows { rows, columns };
            self.prior_features(&mut rows);
            let past = ask.past_items();
            let mut own = columns.directions(ask, &past);
            if let Some(words) = &ask.words {
                self.word_features(words, &mut rows);
                own.feedback = self.feedback(&mut rows);
            }
            if !past.is_empty() {
                self.taste_features(ask, &past, &mut rows, &mut scratch);
            }
            directions.push(own);
        }
        self.dense_features(&directions, columns, &mut features);
        for rows in query_rows(&mut features, n_columns) {
            Rows { rows, columns }.inherit();
        }
        let rows = features.chunks_exact((N_FEATURES * n_columns).max(1));
        let contexts = asks.iter().zip(rows).map(|(ask, rows)| ask.context(self, rows)).collect();
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

    fn word_features(&self, words: &Words, rows: &mut Rows<'_>) {
        self.world.text_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsText));
        self.past_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsPast));
        self.both_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsBoth));
        for (place, item) in rows.columns.live.iter().enumerate() {
            rows.live(Feature::WordsText)[place] = self.world.text_index.score(&words.terms, item.own_words());
            rows.live(Feature::WordsBoth)[place] = self.both_index.score(&words.terms, item.both_words());
        }
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
        let columns = rows.columns;
        self.compare_words(&profile(|item| columns.tf_idf(item), &chosen), Feature::FeedbackWords, rows);
        columns.mean_of_items(chosen.into_iter())
    }

    fn taste_features(&self, ask: &Ask, past: &[PastItem], rows: &mut Rows<'_>, scratch: &mut Scratch) {
        let columns = rows.columns;
        scratch.find_people_like(columns, ask, past);
        self.spread(scratch, rows.of(Feature::Neighbours));
        let newest = newest(past);
        let words = |items: &[(u32, f32)]| profile(|item| columns.tf_idf(item), items);
        self.compare_words(&words(&newest), Feature::TasteWords, rows);
        self.compare_words(&words(&newest[..1]), Feature::TasteLast, rows);
        let age_secs = |item: &PastItem| (ask.person.moment - item.timestamp).max(0) as f32;
        let now: Vec<(u32, f32)> =
            past.iter().take(N_NOW).map(|item| (item.item_idx, 1.0 / (1.0 + age_secs(item) / NOW_SECS))).collect();
        self.compare_words(&words(&now), Feature::TasteNow, rows);
        let requests = profile(|item| columns.asked(item), &newest);
        accumulate(&self.asked_index, &requests, rows.of(Feature::TasteRequests));
        let row = rows.of(Feature::OwnRequests);
        for (request, weight) in newest_requests(ask) {
            for &(item, share) in self.asked_index.of(request) {
                row[item as usize] += weight * share;
            }
        }
    }

    /// The cosine of each item with a profile, as bags of terms of length 1.
    fn compare_words(&self, profile: &[TermWeight], feature: Feature, rows: &mut Rows<'_>) {
        accumulate(&self.world.tf_idf_index, profile, rows.of(feature));
        for (place, item) in rows.columns.live.iter().enumerate() {
            rows.live(feature)[place] = sparse_dot(profile, item.tf_idf());
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

    /// The features that are inner products, for the whole block at once.
    fn dense_features(&self, directions: &[Directions], columns: Columns<'_>, all: &mut [f32]) {
        type Direction = fn(&Directions) -> &Vec<f32>;
        let (n_items, n_columns) = (columns.n_catalog(), columns.n_all());
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
        let with_past: [(Feature, Direction); 2] = [
            (Feature::EncoderPast, |directions| &directions.request),
            (Feature::OwnVocabulary, |directions| &directions.vocabulary),
        ];
        for (feature, direction) in with_past {
            let products = floats(self.past.index.products(matrix(direction)));
            for (rows, products) in query_rows(all, n_columns).zip(products.chunks_exact(n_past)) {
                let mut rows = Rows { rows, columns };
                let row = rows.of(feature);
                self.past.items.iter().zip(products).for_each(|(&item, &product)| row[item as usize] = product);
            }
        }
    }
}

impl Columns<'_> {
    fn directions(&self, ask: &Ask, past: &[PastItem]) -> Directions {
        let zeros = || vec![0.0; self.memory.world.vectors.dim()];
        let mut vocabulary = zeros();
        for (request, weight) in newest_requests(ask) {
            add(&mut vocabulary, weight, self.memory.world.vectors.request(request));
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
        let mut mean = vec![0.0; self.memory.world.vectors.dim()];
        items.for_each(|(item, weight)| add(&mut mean, weight, self.vector(item)));
        scale_to_unit(&mut mean);
        mean
    }
}

fn query_rows(all: &mut [f32], n_columns: usize) -> impl Iterator<Item = &mut [f32]> {
    all.chunks_exact_mut((N_FEATURES * n_columns).max(1))
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

/// A weighted set of items as one bag of terms of length 1; `terms` gives the bag of each.
fn profile<'d>(terms: impl Fn(u32) -> &'d [TermWeight], items: &[(u32, f32)]) -> Vec<TermWeight> {
    let mut all: Vec<TermWeight> = Vec::new();
    for &(item, weight) in items {
        all.extend(terms(item).iter().map(|&(term, share)| (term, share * weight)));
    }
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let sum = |same: &[TermWeight]| (same[0].0, same.iter().map(|&(_, weight)| weight).sum());
    let mut profile: Vec<TermWeight> = all.chunk_by(|a, b| a.0 == b.0).map(sum).collect();
    scale_document(&mut profile);
    keep_heaviest(&mut profile, MAX_PROFILE_TERMS);
    profile
}

/// Adds to `row` the inner product of each item with a profile; `index` holds the items by term.
fn accumulate(index: &DocumentTerms, profile: &[TermWeight], row: &mut [f32]) {
    for &(term, weight) in profile {
        for &(item, share) in index.of(term) {
            row[item as usize] += weight * share;
        }
    }
}

/// The inner product of two bags, both ascending by term.
fn sparse_dot(a: &[TermWeight], b: &[TermWeight]) -> f32 {
    let weight_in_b = |term: u32| b.binary_search_by_key(&term, |&(term, _)| term).map_or(0.0, |place| b[place].1);
    a.iter().map(|&(term, weight)| weight * weight_in_b(term)).sum()
}

/// Keeps the `n` pairs with the largest weights, in the order of their keys.
fn keep_heaviest(pairs: &mut Vec<(u32, f32)>, n: usize) {
    if pairs.len() > n {
        pairs.select_nth_unstable_by(n, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        pairs.truncate(n);
        pairs.sort_unstable_by_key(|&(key, _)| key);
    }
}

/// The features that are the same for every query, in the order in which a memory keeps them.
const PRIORS: [Feature; N_PRIORS] = [
    Feature::Popularity,
    Feature::PopularityShort,
    Feature::PopularityLong,
    Feature::NeverChosen,
    Feature::Age,
    Feature::Trend,
];

/// Features that say what people did with an item: they hold as well for one that takes its place.
const OF_THE_PAST: [Feature; 17] = [
    Feature::WordsPast,
    Feature::EncoderPast,
    Feature::SameRequest,
    Feature::SameRequestShare,
    Feature::SameRequestShort,
    Feature::SameRequestLong,
    Feature::SimilarRequests,
    Feature::SimilarRequestsShare,
    Feature::Neighbours,
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
struct Rows<'a> {
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
    fn find_people_like(&mut self, columns: Columns<'_>, ask: &Ask, past: &[PastItem]) {
        let memory = columns.memory;
        for user in self.people.drain(..) {
            self.closeness[user as usize] = 0.0;
        }
        for item in past.iter().filter_map(|item| columns.with_past(item.item_idx)) {
            let weight = memory.item_damping[item as usize] / (past.len() as f32).sqrt();
            for &user in memory.choosers_of(item) {
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
