//! What everybody's behaviour says, as of a moment.
//!
//! A memory is made from an explicit list of visible events. Training makes one for each snapshot of the past,
//! evaluation one for the beginning of the measured period, serving one of everything: the model sees the same kind of
//! knowledge in all three, and never the future.

use std::collections::HashSet;

use crate::catalog::split::Visible;
use crate::catalog::{Catalog, Event, TimeKind};
use crate::index::ExactIndex;
use crate::lexical::{Bm25, Bm25Config, DocumentTerms, TermWeight};
use crate::signals::{ItemTimes, Popularity};

use super::features_of::{PRIORS, dot};
use super::world::{by_term, scale_document};
use super::{Feature, World};

/// Half-life of [`Feature::PopularityShort`](super::Feature::PopularityShort).
pub const SHORT_HALF_LIFE_DAYS: f64 = 14.0;
/// Half-life of [`Feature::PopularityLong`](super::Feature::PopularityLong).
pub const LONG_HALF_LIFE_DAYS: f64 = 90.0;
/// BM25 over past requests: being asked for often makes an item no worse an answer, so lengths do not count.
const PAST_BM25: Bm25Config = Bm25Config { k1: 1.2, b: 0.0 };
/// How much a word of a past request counts beside a word of the item's own.
pub(super) const PAST_WORDS_WEIGHT: f32 = 2.0;
/// Seconds of a day.
pub(super) const DAY_SECS: f64 = 86_400.0;
/// Features that are the same for every query.
pub(super) const N_PRIORS: usize = 6;
/// The newest choices of a person, and the newest people of an item, that count for neighbours: bounds the work.
const MAX_CHOICES: usize = 200;

/// Everything that is counted over the visible events.
pub struct Memory<'w> {
    pub(super) world: &'w World<'w>,
    /// `[n_items]` documents: the words under which each item was chosen.
    pub(super) past_words: DocumentTerms,
    pub(super) past_index: Bm25,
    pub(super) both_index: Bm25,
    /// `[n_requests]`: the items chosen under each request.
    pub(super) demand: Table<Demand>,
    /// `[n_users]`: what each person chose, newest first.
    choices: Table<u32>,
    /// `[n_items]`: who chose the item, newest first.
    choosers: Table<u32>,
    /// `[n_items]`: `1 / √(people + 1)`.
    pub(super) item_damping: Vec<f32>,
    /// `[n_users]`: `1 / (items + 1)`.
    pub(super) user_damping: Vec<f32>,
    pub(super) past: PastVectors,
    /// `[n_items]` documents of requests: unit tf-idf vectors over the requests under which an item was chosen.
    pub(super) asked: DocumentTerms,
    /// `[n_requests]` documents of items: the same by request.
    pub(super) asked_index: DocumentTerms,
    /// The features that are the same for every query: popularity, and what it is made of.
    pub(super) priors: [Vec<f32>; N_PRIORS],
    /// `[d]`: the mean of what everybody chose of late, of length 1.
    pub(super) trend: Vec<f32>,
}

/// How much an item was wanted under a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    pub(super) item: u32,
    /// People who chose it, of all time.
    pub(super) people: f32,
    /// The same, each halved by its age.
    pub(super) short: f32,
    pub(super) long: f32,
}

/// The mean vector of the requests under which an item was chosen, for the items that have one.
pub(super) struct PastVectors {
    /// `[n_items]`: row of `rows`, or `None`.
    row_of: Vec<Option<u32>>,
    /// `[n_rows]`: the item of each row.
    pub(super) items: Vec<u32>,
    /// `[n_rows, d]`, each of length 1.
    rows: Vec<f32>,
    /// The same, for products.
    pub(super) index: ExactIndex,
    d: usize,
}

impl PastVectors {
    /// The vector of an item, `[d]`, if anybody chose it under a request.
    pub(super) fn of(&self, item_idx: u32) -> Option<&[f32]> {
        let row = self.row_of[item_idx as usize]? as usize;
        Some(&self.rows[row * self.d..][..self.d])
    }
}

/// A sparse table: row `r` holds `values[offsets[r]..offsets[r + 1]]`.
pub(super) struct Table<T> {
    offsets: Vec<usize>,
    values: Vec<T>,
}

impl<T: Copy> Table<T> {
    /// Groups `(row, value)` pairs by row, keeping their order within a row.
    fn group(n_rows: usize, pairs: impl Iterator<Item = (u32, T)>) -> Self {
        let pairs: Vec<(u32, T)> = pairs.collect();
        let mut offsets = vec![0usize; n_rows + 1];
        for (row, _) in &pairs {
            offsets[*row as usize + 1] += 1;
        }
        for row in 0..n_rows {
            offsets[row + 1] += offsets[row];
        }
        let mut order: Vec<u32> = (0u32..).take(pairs.len()).collect();
        order.sort_by_key(|&place| pairs[place as usize].0);
        Self { offsets, values: order.into_iter().map(|place| pairs[place as usize].1).collect() }
    }

    pub(super) fn of(&self, row: u32) -> &[T] {
        &self.values[self.offsets[row as usize]..self.offsets[row as usize + 1]]
    }
}

impl<'w> Memory<'w> {
    /// Counts the visible events.
    pub fn new(world: &'w World<'w>, visible: &Visible) -> Self {
        let catalog = world.catalog;
        let past_words = world.terms.past_requests(catalog, &visible.events);
        let both_words = world.terms.items.merged(&past_words, PAST_WORDS_WEIGHT);
        let index = |documents| Bm25::build(PAST_BM25, world.terms.n_terms(), documents);
        let distinct = distinct_choices(catalog, visible);
        let choices = Table::group(catalog.n_users(), distinct.iter().map(|c| (c.user, c.item)));
        let choosers = Table::group(catalog.n_items(), distinct.iter().map(|c| (c.item, c.user)));
        let demand = demand(catalog, &distinct, visible.now);
        let asked = asked(catalog, &demand);
        let short = Popularity::recent(catalog, &visible.events, visible.now, SHORT_HALF_LIFE_DAYS * DAY_SECS);
        let trend = trend(world, short.counts());
        let damping = |n: usize| 1.0 / (n as f32 + 1.0);
        Self {
            past_index: index(&past_words),
            both_index: index(&both_words),
            past_words,
            item_damping: (0u32..).take(catalog.n_items()).map(|i| damping(choosers.of(i).len()).sqrt()).collect(),
            user_damping: (0u32..).take(catalog.n_users()).map(|u| damping(choices.of(u).len())).collect(),
            past: past_vectors(world, &distinct),
            priors: priors(world, visible, &short, &trend),
            trend,
            asked_index: by_term(&asked, catalog.requests.len()),
            asked,
            demand,
            choices,
            choosers,
            world,
        }
    }

    /// The catalog's words and vectors, which hold at every moment.
    pub fn world(&self) -> &'w World<'w> {
        self.world
    }

    /// `[n_items]`: a feature that is the same for every query.
    pub(super) fn prior(&self, feature: Feature) -> &[f32] {
        let place = PRIORS.iter().position(|&prior| prior == feature);
        place.map_or(&[], |place| &self.priors[place])
    }

    /// Whether anybody chose the item before this moment.
    pub fn is_warm(&self, item_idx: u32) -> bool {
        !self.choosers.of(item_idx).is_empty()
    }

    /// The mean vector of the requests under which the item was chosen, `[d]`, if there is one.
    pub fn past_vector(&self, item_idx: u32) -> Option<&[f32]> {
        self.past.of(item_idx)
    }

    pub(super) fn choices_of(&self, user_idx: u32) -> &[u32] {
        let all = self.choices.of(user_idx);
        &all[..all.len().min(MAX_CHOICES)]
    }

    pub(super) fn choosers_of(&self, item_idx: u32) -> &[u32] {
        let all = self.choosers.of(item_idx);
        &all[..all.len().min(MAX_CHOICES)]
    }
}

/// Somebody chose an item under a request, however often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    user: u32,
    item: u32,
    request: Option<u32>,
    /// The last time.
    timestamp: i64,
}

/// Every (user, item, request) of the visible positive events once, newest first.
fn distinct_choices(catalog: &Catalog, visible: &Visible) -> Vec<Choice> {
    let mut seen = HashSet::with_capacity(visible.events.len());
    let newest_first = visible.events.iter().rev().map(|&event_idx| &catalog.events[event_idx as usize]);
    let positive = newest_first.filter(|event| event.event_type.is_positive());
    let distinct = positive.filter(|event| seen.insert((event.user_idx, event.item_idx, event.request_idx)));
    let choice = |event: &Event| Choice {
        user: event.user_idx,
        item: event.item_idx,
        request: event.request_idx,
        timestamp: event.timestamp,
    };
    distinct.map(choice).collect()
}

fn demand(catalog: &Catalog, choices: &[Choice], now: i64) -> Table<Demand> {
    let mut asked: Vec<(u32, u32, i64)> =
        choices.iter().filter_map(|c| Some((c.request?, c.item, c.timestamp))).collect();
    asked.sort_unstable();
    let decayed = |same: &[(u32, u32, i64)], half_life_days: f64| -> f32 {
        match catalog.info.time_kind {
            TimeKind::Order => same.len() as f32,
            TimeKind::Unix => {
                let halvings = |timestamp: i64| (now - timestamp).max(0) as f64 / (half_life_days * DAY_SECS);
                same.iter().map(|&(_, _, timestamp)| (-halvings(timestamp)).exp2()).sum::<f64>() as f32
            }
        }
    };
    let counted = asked.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(|same| {
        let (short, long) = (decayed(same, SHORT_HALF_LIFE_DAYS), decayed(same, LONG_HALF_LIFE_DAYS));
        (same[0].0, Demand { item: same[0].1, people: same.len() as f32, short, long })
    });
    Table::group(catalog.requests.len(), counted)
}

/// `ln(1 + people) · ln(1 + N / (1 + items))`, scaled to length 1 per item.
fn asked(catalog: &Catalog, demand: &Table<Demand>) -> DocumentTerms {
    let n_items = catalog.n_items();
    let mut documents: Vec<Vec<TermWeight>> = vec![Vec::new(); n_items];
    for request in (0u32..).take(catalog.requests.len()) {
        let items = demand.of(request);
        let idf = (1.0 + n_items as f32 / (1.0 + items.len() as f32)).ln();
        items.iter().for_each(|d| documents[d.item as usize].push((request, d.people.ln_1p() * idf)));
    }
    documents.iter_mut().for_each(|document| scale_document(document));
    DocumentTerms::new(documents)
}

fn past_vectors(world: &World<'_>, choices: &[Choice]) -> PastVectors {
    let (d, n_items) = (world.vectors.dim(), world.catalog.n_items());
    let (mut row_of, mut items, mut rows) = (vec![None; n_items], Vec::new(), Vec::new());
    for choice in choices {
        let Some(request) = choice.request else { continue };
        let row = *row_of[choice.item as usize].get_or_insert_with(|| {
            items.push(choice.item);
            rows.resize(rows.len() + d, 0.0f32);
            items.len() as u32 - 1
        });
        let sum = &mut rows[row as usize * d..][..d];
        sum.iter_mut().zip(world.vectors.request(request)).for_each(|(sum, value)| *sum += value);
    }
    rows.chunks_exact_mut(d).for_each(super::vectors::scale_to_unit);
    let index = ExactIndex::new(d, rows.clone()).expect("each item has a whole row");
    PastVectors { row_of, items, rows, index, d }
}

fn priors(world: &World<'_>, visible: &Visible, short: &Popularity, trend: &[f32]) -> [Vec<f32>; N_PRIORS] {
    let catalog = world.catalog;
    let log = |popularity: &Popularity| popularity.counts().iter().map(|count| count.ln_1p()).collect::<Vec<f32>>();
    let all_time = Popularity::all_time(catalog, &visible.events);
    let long = Popularity::recent(catalog, &visible.events, visible.now, LONG_HALF_LIFE_DAYS * DAY_SECS);
    let times = ItemTimes::build(catalog, &visible.events);
    let age = |item: u32| {
        let first_seen = times.first_seen(item)?;
        Some(((visible.now - first_seen).max(0) as f64 / DAY_SECS).ln_1p() as f32)
    };
    [
        log(&all_time),
        log(short),
        log(&long),
        all_time.counts().iter().map(|&count| if count == 0.0 { 1.0 } else { 0.0 }).collect(),
        (0u32..).take(catalog.n_items()).map(|item| age(item).unwrap_or(0.0)).collect(),
        (0u32..).take(catalog.n_items()).map(|item| dot(world.vectors.item(item), trend)).collect(),
    ]
}

/// `[d]`: the mean of what was chosen, weighted by `counts`, of length 1.
fn trend(world: &World<'_>, counts: &[f32]) -> Vec<f32> {
    let mut mean = vec![0.0; world.vectors.dim()];
    for (item, &count) in (0u32..).zip(counts).filter(|&(_, &count)| count > 0.0) {
        mean.iter_mut().zip(world.vectors.item(item)).for_each(|(sum, value)| *sum += count * value);
    }
    super::vectors::scale_to_unit(&mut mean);
    mean
}
