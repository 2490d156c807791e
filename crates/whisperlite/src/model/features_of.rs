//! Fills the feature matrix of a query.

use burn::tensor::{Device, Tensor, TensorData};

use crate::index::floats;

use super::ask::PastItem;
use super::features::{Feature, N_FEATURES};
use super::vectors::scale_to_unit;
use super::{Ask, Memory, Words};

/// Weight of each older item of a history, by its place.
const FADING: f32 = 0.8;
/// Past items further back than this all weigh the same, next to nothing.
const FADED: i32 = 40;
/// How much an item that fits the request in meaning counts beside one chosen under a similar request.
const MEANING_WEIGHT: f32 = 0.1;

impl Memory<'_> {
    /// All features of all items for a block of queries.
    ///
    /// # Shapes
    /// Returns `[asks.len(), N_FEATURES, n_items]`, row-major.
    pub fn features(&self, asks: &[Ask]) -> Vec<f32> {
        let n_items = self.world.catalog.n_items();
        let mut all = vec![0.0; asks.len() * N_FEATURES * n_items];
        let mut scratch = Scratch::new(self);
        for (ask, rows) in asks.iter().zip(all.chunks_exact_mut(N_FEATURES * n_items)) {
            let mut rows = Rows { rows, n_items };
            self.prior_features(&mut rows);
            if let Some(words) = &ask.words {
                self.word_features(words, &mut rows);
            }
            let past = ask.past_items();
            if !past.is_empty() {
                self.taste_features(ask, &past, &mut rows, &mut scratch);
            }
        }
        self.dense_features(asks, &mut all);
        all
    }

    fn prior_features(&self, rows: &mut Rows<'_>) {
        let features =
            [Feature::Popularity, Feature::PopularityShort, Feature::PopularityLong, Feature::NeverChosen, Feature::Age];
        for (feature, prior) in features.into_iter().zip(&self.priors) {
            rows.of(feature).copy_from_slice(prior);
        }
    }

    fn word_features(&self, words: &Words, rows: &mut Rows<'_>) {
        self.world.text_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsText));
        self.past_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsPast));
        self.both_index.accumulate(&words.terms, 1.0, rows.of(Feature::WordsBoth));
        for &(request, similarity) in &words.similar {
            let feature = if similarity == 1.0 { Feature::SameRequest } else { Feature::SimilarRequests };
            let row = rows.of(feature);
            for &(item, people) in self.people.of(request) {
                row[item as usize] += similarity * people;
            }
        }
        for feature in [Feature::SameRequest, Feature::SimilarRequests] {
            rows.of(feature).iter_mut().for_each(|value| *value = value.ln_1p());
        }
    }

    fn taste_features(&self, ask: &Ask, past: &[PastItem], rows: &mut Rows<'_>, scratch: &mut Scratch) {
        let by_age: Vec<f32> = (0i32..).take(past.len()).map(|place| FADING.powi(place.min(FADED))).collect();
        scratch.find_people_like(self, ask, past, &by_age);
        self.spread(scratch, rows.of(Feature::Neighbours));
        if let Some(words) = &ask.words {
            scratch.set_similar(words);
            self.spread_similar(scratch, rows.of(Feature::NeighboursAsking));
            let for_request = self.fit_to_request(words, past, scratch);
            scratch.clear_similar(words);
            scratch.find_people_like(self, ask, past, &for_request);
            self.spread(scratch, rows.of(Feature::NeighboursForRequest));
        }
        self.taste_words(past, &by_age, rows.of(Feature::TasteWords));
    }

    /// How well each past item fits the request: by the requests it was chosen under, and by its meaning.
    fn fit_to_request(&self, words: &Words, past: &[PastItem], scratch: &Scratch) -> Vec<f32> {
        let fit = |item: &PastItem| {
            let asked = item.requests.iter().map(|&request| scratch.similar[request as usize]).fold(0.0, f32::max);
            let cosine = dot(self.world.vectors.item(item.item_idx), &words.vector).max(0.0);
            asked + MEANING_WEIGHT * cosine * cosine
        };
        past.iter().map(fit).collect()
    }

    /// Adds what the people found in `scratch` chose, `√` of it, so that one close neighbour does not drown the rest.
    fn spread(&self, scratch: &Scratch, row: &mut [f32]) {
        for &user in &scratch.people {
            let weight = scratch.closeness[user as usize];
            for &(item, _) in self.choices_of(user) {
                row[item as usize] += weight * self.item_damping[item as usize];
            }
        }
        row.iter_mut().for_each(|value| *value = value.sqrt());
    }

    /// The same for what they chose under similar requests, on a logarithmic scale.
    fn spread_similar(&self, scratch: &Scratch, row: &mut [f32]) {
        let closest = scratch.people.iter().map(|&user| scratch.closeness[user as usize]).fold(f32::MIN_POSITIVE, f32::max);
        for &user in &scratch.people {
            let weight = scratch.closeness[user as usize] / closest;
            for &(item, request) in self.choices_of(user) {
                let Some(request) = request else { continue };
                row[item as usize] += weight * scratch.similar[request as usize];
            }
        }
        row.iter_mut().for_each(|value| *value = value.ln_1p());
    }

    fn taste_words(&self, past: &[PastItem], weights: &[f32], row: &mut [f32]) {
        let mut profile: Vec<(u32, f32)> = Vec::new();
        for (item, weight) in past.iter().zip(weights) {
            profile.extend(self.world.tf_idf.of(item.item_idx).iter().map(|&(term, share)| (term, share * weight)));
        }
        profile.sort_unstable_by_key(|&(term, _)| term);
        let profile: Vec<(u32, f32)> = profile
            .chunk_by(|a, b| a.0 == b.0)
            .map(|same| (same[0].0, same.iter().map(|&(_, weight)| weight).sum()))
            .collect();
        let length = profile.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        for (term, weight) in profile {
            for &(item, share) in self.world.tf_idf_index.of(term) {
                row[item as usize] += weight / length * share;
            }
        }
    }

    /// The features that are inner products, for the whole block at once.
    fn dense_features(&self, asks: &[Ask], all: &mut [f32]) {
        let world = self.world;
        let (n_items, d) = (world.catalog.n_items(), world.vectors.dim());
        let mut requests = Vec::with_capacity(asks.len() * d);
        let (mut tastes, mut tastes_for_request, mut vocabularies) = (requests.clone(), requests.clone(), requests.clone());
        for ask in asks {
            let zeros = || vec![0.0; d];
            requests.extend(ask.words.as_ref().map_or_else(zeros, |words| words.vector.clone()));
            let (taste, for_request, vocabulary) = self.taste_vectors(ask);
            tastes.extend(taste);
            tastes_for_request.extend(for_request);
            vocabularies.extend(vocabulary);
        }
        let matrix = |rows: Vec<f32>| Tensor::<2>::from_data(TensorData::new(rows, [asks.len(), d]), &Device::flex());
        let mut put = |feature: Feature, products: Vec<f32>| {
            for (rows, products) in all.chunks_exact_mut(N_FEATURES * n_items).zip(products.chunks_exact(n_items)) {
                rows[feature.row() * n_items..][..n_items].copy_from_slice(products);
            }
        };
        let requests = matrix(requests);
        put(Feature::EncoderText, floats(world.items.products(requests.clone())));
        put(Feature::TasteText, floats(world.items.products(matrix(tastes))));
        put(Feature::TasteForRequest, floats(world.items.products(matrix(tastes_for_request))));
        if self.past.items.is_empty() {
            return;
        }
        
        for (feature, asked) in [(Feature::EncoderPast, requests), (Feature::TasteRequests, matrix(vocabularies))] {
            let products = floats(self.past.index.products(asked));
            for (rows, products) in all.chunks_exact_mut(N_FEATURES * n_items).zip(products.chunks_exact(self.past.items.len())) {
                let row = &mut rows[feature.row() * n_items..][..n_items];
                self.past.items.iter().zip(products).for_each(|(&item, &product)| row[item as usize] = product);
            }
        }
    }

    /// Mean vectors of a history, each `[d]` of length 1: of its items by age, of its items by their fit to the request, and
    /// of its requests.
    fn taste_vectors(&self, ask: &Ask) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let vectors = self.world.vectors;
        let zeros = || vec![0.0; vectors.dim()];
        let (mut taste, mut for_request, mut vocabulary) = (zeros(), zeros(), zeros());
        for (place, item) in ask.past_items().iter().enumerate() {
            let vector = vectors.item(item.item_idx);
            add(&mut taste, FADING.powi((place as i32).min(FADED)), vector);
            if let Some(words) = &ask.words {
                let similar = |request: &u32| words.similar.iter().find(|s| s.0 == *request).map_or(0.0, |s| s.1);
                let asked = item.requests.iter().map(similar).fold(0.0, f32::max);
                let cosine = dot(vector, &words.vector).max(0.0);
                add(&mut for_request, asked + MEANING_WEIGHT * cosine * cosine, vector);
            }
            item.requests.iter().for_each(|&request| add(&mut vocabulary, 1.0, vectors.request(request)));
        }
        [&mut taste, &mut for_request, &mut vocabulary].into_iter().for_each(|vector| scale_to_unit(vector));
        (taste, for_request, vocabulary)
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
    /// `[n_requests]`: similarity to the request asked; zero but while it is set.
    similar: Vec<f32>,
}

impl Scratch {
    fn new(memory: &Memory<'_>) -> Self {
        let catalog = memory.world.catalog;
        Self { closeness: vec![0.0; catalog.n_users()], people: Vec::new(), similar: vec![0.0; catalog.requests.len()] }
    }

    fn set_similar(&mut self, words: &Words) {
        words.similar.iter().for_each(|&(request, similarity)| self.similar[request as usize] = similarity);
    }

    fn clear_similar(&mut self, words: &Words) {
        words.similar.iter().for_each(|&(request, _)| self.similar[request as usize] = 0.0);
    }

    /// Finds the people who chose the past items, by how many of them and how rare these are.
    fn find_people_like(&mut self, memory: &Memory<'_>, ask: &Ask, past: &[PastItem], weights: &[f32]) {
        for user in self.people.drain(..) {
            self.closeness[user as usize] = 0.0;
        }
        for (item, weight) in past.iter().zip(weights) {
            let weight = weight * memory.item_damping[item.item_idx as usize];
            if weight == 0.0 {
                continue;
            }
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
