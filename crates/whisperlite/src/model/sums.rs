//! The features of a query that are sums over few items, and the vectors of which all others are products.

use crate::lexical::{DocumentTerms, TermWeight};

use super::ask::PastItem;
use super::features::Feature;
use super::live::Columns;
use super::sheet::Sheet;
use super::vectors::scale_to_unit;
use super::world::scale_document;
use super::{Ask, Memory, Words};

/// Weight of each older item of a history, by its place.
const ITEM_FADING: f32 = 0.75;
/// The newest items of a person that make up their taste of the moment.
const N_NEWEST: usize = 20;
/// Choices of a person that are this far apart, or nearer, were made soon after one another.
const N_SOON: usize = 20;
/// Weight of a choice, by how many were made in between.
const SOON_FADING: f32 = 0.85;
/// Weight of what was chosen before beside what was chosen after.
const BEFORE_WEIGHT: f32 = 0.5;
/// People that two items need before it is believed that they follow one another.
const NEXT_SHRINKAGE: f32 = 20.0;
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

/// Vectors of one query, `[d]` each, that are multiplied with all items.
#[derive(Debug)]
pub(super) struct Directions {
    pub(super) request: Vec<f32>,
    pub(super) feedback: Vec<f32>,
    pub(super) taste: Vec<f32>,
    pub(super) taste_long: Vec<f32>,
    pub(super) vocabulary: Vec<f32>,
}

/// Which of a query's vectors.
pub(super) type Direction = fn(&Directions) -> &Vec<f32>;

impl Directions {
    /// Features that are products with the encoder's vector of an item.
    pub(super) const WITH_ITEMS: [(Feature, Direction); 4] = [
        (Feature::EncoderText, |directions| &directions.request),
        (Feature::FeedbackText, |directions| &directions.feedback),
        (Feature::TasteText, |directions| &directions.taste),
        (Feature::TasteLong, |directions| &directions.taste_long),
    ];
    /// Features that are products with the mean request under which an item was chosen.
    pub(super) const WITH_PAST: [(Feature, Direction); 2] = [
        (Feature::EncoderPast, |directions| &directions.request),
        (Feature::OwnVocabulary, |directions| &directions.vocabulary),
    ];
}

impl Columns<'_> {
    /// Adds up what is known of the catalog's items for a query.
    pub(super) fn sum_up<S: Sheet>(&self, ask: &Ask, people: &mut PeopleLike, sheet: &mut S) -> Directions {
        let past = ask.past_items();
        let mut directions = self.directions(ask, &past);
        if let Some(words) = &ask.words {
            self.memory.sum_up_words(words, sheet);
            directions.feedback = self.sum_up_feedback(sheet);
        }
        if !past.is_empty() {
            self.sum_up_taste(ask, &past, people, sheet);
        }
        directions
    }

    /// Compares all items with what was chosen under similar requests, by words; returns the mean vector of these choices.
    fn sum_up_feedback<S: Sheet>(&self, sheet: &mut S) -> Vec<f32> {
        let mut chosen = sheet.above_zero(Feature::SimilarRequestsShare);
        keep_heaviest(&mut chosen, N_FEEDBACK);
        sheet.compare(Feature::FeedbackWords, profile(|item| self.tf_idf(item), &chosen));
        self.mean_of_items(chosen.into_iter())
    }

    fn sum_up_taste<S: Sheet>(&self, ask: &Ask, past: &[PastItem], people: &mut PeopleLike, sheet: &mut S) {
        people.find(*self, ask, past);
        self.memory.spread(people, sheet);
        let newest = newest(past);
        self.sum_up_next(ask, &newest, sheet);
        let words = |items: &[(u32, f32)]| profile(|item| self.tf_idf(item), items);
        sheet.compare(Feature::TasteWords, words(&newest));
        sheet.compare(Feature::TasteLast, words(&newest[..1]));
        let age_secs = |item: &PastItem| (ask.person.moment - item.timestamp).max(0) as f32;
        let now: Vec<(u32, f32)> =
            past.iter().take(N_NOW).map(|item| (item.item_idx, 1.0 / (1.0 + age_secs(item) / NOW_SECS))).collect();
        sheet.compare(Feature::TasteNow, words(&now));
        let requests = profile(|item| self.asked(item), &newest);
        let asked_index = &self.memory.asked_index;
        accumulate(asked_index, &requests, |item, share| sheet.add(Feature::TasteRequests, item, share));
        let own: Vec<TermWeight> = newest_requests(ask).collect();
        accumulate(asked_index, &own, |item, share| sheet.add(Feature::OwnRequests, item, share));
    }

    /// Adds what people chose around the time when they chose the `newest` items; `√` of it, as of what close people chose. For two
    /// items, shares of people are added up: `Σ fading^gap / (√(people · people) + shrinkage)`.
    fn sum_up_next<S: Sheet>(&self, ask: &Ask, newest: &[(u32, f32)], sheet: &mut S) {
        let memory = self.memory;
        for (item, weight) in newest.iter().filter_map(|&(item, weight)| Some((self.with_past(item)?, weight))) {
            let damping = memory.item_damping[item as usize];
            let mut last = ask.person.user_idx;
            for &user in memory.choosers_of(item) {
                // Who chose it under several requests stands there several times in a row, and the person is not their own example.
                if last == Some(user) || ask.person.user_idx == Some(user) {
                    continue;
                }
                last = Some(user);
                let choices = memory.choices_of(user);
                let Some(place) = choices.iter().position(|&choice| choice == item) else { continue };
                let mut add = |other: u32, weight: f32| {
                    let both = damping * memory.item_damping[other as usize];
                    sheet.add(Feature::ChosenNext, other, weight * both / (1.0 + NEXT_SHRINKAGE * both));
                };
                // Newest first: what came after stands before it.
                fade_out(item, choices[..place].iter().rev(), |other, fading| add(other, weight * fading));
                let before = choices[place + 1..].iter();
                fade_out(item, before, |other, fading| add(other, weight * BEFORE_WEIGHT * fading));
            }
        }
        sheet.change(Feature::ChosenNext, f32::sqrt);
    }

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

impl Memory<'_> {
    fn sum_up_words<S: Sheet>(&self, words: &Words, sheet: &mut S) {
        let indexes = [
            (&self.world.text_index, Feature::WordsText),
            (&self.past_index, Feature::WordsPast),
            (&self.both_index, Feature::WordsBoth),
        ];
        for (index, feature) in indexes {
            index.for_each_share(&words.terms, |item, share| sheet.add(feature, item, share));
        }
        for &(request, similarity) in &words.similar {
            for demand in self.demand.of(request) {
                sheet.add(Feature::SimilarRequests, demand.item, similarity * demand.people);
                if similarity == 1.0 {
                    sheet.add(Feature::SameRequest, demand.item, demand.people);
                    sheet.add(Feature::SameRequestShort, demand.item, demand.short);
                    sheet.add(Feature::SameRequestLong, demand.item, demand.long);
                }
            }
        }
        for (feature, share) in [
            (Feature::SameRequest, Feature::SameRequestShare),
            (Feature::SimilarRequests, Feature::SimilarRequestsShare),
        ] {
            for (item, count) in sheet.above_zero(feature) {
                sheet.add(share, item, count * self.item_damping[item as usize]);
            }
        }
        let counts =
            [Feature::SameRequest, Feature::SameRequestShort, Feature::SameRequestLong, Feature::SimilarRequests];
        counts.into_iter().for_each(|feature| sheet.change(feature, f32::ln_1p));
    }

    /// Adds what the people that were found chose, `√` of it, so that one close neighbour does not drown the rest.
    fn spread<S: Sheet>(&self, people: &PeopleLike, sheet: &mut S) {
        for &user in &people.found {
            let weight = people.closeness[user as usize];
            for &item in self.choices_of(user) {
                sheet.add(Feature::Neighbours, item, weight * self.item_damping[item as usize]);
            }
        }
        sheet.change(Feature::Neighbours, f32::sqrt);
    }
}

/// The people who chose what somebody chose; used again for every query.
#[derive(Debug, Default)]
pub(super) struct PeopleLike {
    /// `[n_users]`: how close a person's choices are; zero but for those found.
    closeness: Vec<f32>,
    found: Vec<u32>,
}

impl PeopleLike {
    pub(super) fn new(memory: &Memory<'_>) -> Self {
        Self { closeness: vec![0.0; memory.world.catalog.n_users()], found: Vec::new() }
    }

    /// Finds the people who chose the past items, by how many of them and how rare these are.
    fn find(&mut self, columns: Columns<'_>, ask: &Ask, past: &[PastItem]) {
        let memory = columns.memory;
        for user in self.found.drain(..) {
            self.closeness[user as usize] = 0.0;
        }
        for item in past.iter().filter_map(|item| columns.with_past(item.item_idx)) {
            let weight = memory.item_damping[item as usize] / (past.len() as f32).sqrt();
            for &user in memory.choosers_of(item) {
                if self.closeness[user as usize] == 0.0 {
                    self.found.push(user);
                }
                self.closeness[user as usize] += weight * memory.user_damping[user as usize];
            }
        }
        if let Some(own) = ask.person.user_idx.filter(|&own| self.closeness[own as usize] > 0.0) {
            self.closeness[own as usize] = 0.0;
            self.found.retain(|&user| user != own);
        }
    }
}

/// Calls `add` with the choices nearest to `item`, one after the other, and their fading weights; one under several requests is one.
fn fade_out<'c>(item: u32, choices: impl Iterator<Item = &'c u32>, mut add: impl FnMut(u32, f32)) {
    let (mut last, mut fading) = (item, 1.0);
    for &other in choices.take(N_SOON).filter(|&&other| other != item) {
        if other != last {
            add(other, fading);
            fading *= SOON_FADING;
            last = other;
        }
    }
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

/// Calls `add` with each share that a profile's term has in the inner product with an item; `index` holds the items by term.
pub(super) fn accumulate(index: &DocumentTerms, profile: &[TermWeight], mut add: impl FnMut(u32, f32)) {
    for &(term, weight) in profile {
        index.of(term).iter().for_each(|&(item, share)| add(item, weight * share));
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

pub(super) fn add(sum: &mut [f32], weight: f32, vector: &[f32]) {
    sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::{catalog_of, click};
    use crate::catalog::split::Visible;
    use crate::model::{N_FEATURES, Person, Vectors, World};
    use crate::signals::Histories;

    #[test]
    fn what_people_chose_next_counts_by_how_soon_and_half_as_much_if_before() {
        let request = Some(0);
        let events = vec![
            click(0, 0, None, 0),
            // Person 1: item 0, twice under requests, then 1, then 2.
            click(1, 0, None, 0),
            click(1, 1, None, 1),
            click(1, 1, request, 2),
            click(1, 2, None, 3),
            // Person 2: item 3, then 0.
            click(2, 3, None, 0),
            click(2, 0, None, 1),
        ];
        let catalog = catalog_of(TimeKind::Order, 3, 5, &["red"], events);
        let vectors = Vectors::new(1, vec![1.0; 5], vec![1.0]).unwrap();
        let world = World::new(&catalog, &vectors).unwrap();
        let everything = Visible::everything(&catalog);
        let memory = Memory::new(&world, &everything);
        let histories = Histories::build(&catalog, &everything.events);
        let person = Person { user_idx: Some(0), history: histories.of(0).to_vec(), moment: 9 };
        let known = memory.know(&[world.ask(None, person)]);
        assert_eq!(known.features.len(), N_FEATURES * 5);
        let found = &known.features[Feature::ChosenNext.row() * 5..][..5];
        // Item 0 was chosen by three people, item 1 twice, the others once.
        let share = |people: f32| 1.0 / ((4.0 * (people + 1.0)).sqrt() + NEXT_SHRINKAGE);
        let expected = [0.0, share(2.0), SOON_FADING * share(1.0), BEFORE_WEIGHT * share(1.0), 0.0].map(f32::sqrt);
        for (item, (found, expected)) in found.iter().zip(expected).enumerate() {
            assert!((found - expected).abs() < 1e-6, "item {item}: {found} instead of {expected}");
        }
    }
}
