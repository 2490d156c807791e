//! What everybody's behaviour says, as of a moment.
//!
//! A memory is made from an explicit list of visible events. Training makes one for each snapshot of the past,
//! evaluation one for the beginning of the measured period, serving one of everything: the model sees the same kind of
//! knowledge in all three, and never the future.

use std::collections::HashSet;
use std::io;
use std::ops::Deref;

use crate::catalog::split::Visible;
use crate::catalog::{Catalog, Event, TimeKind};
use crate::flat_file::{FlatError, FlatReader, FlatWriter, Plain};
use crate::index::ExactIndex;
use crate::lexical::{Bm25, Bm25Config, DocumentTerms, TermWeight};
use crate::signals::{ItemTimes, Popularity};

use super::features_of::{PRIORS, dot};
use super::world::scale_document;
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
    tables: MemoryTables,
}

impl Deref for Memory<'_> {
    type Target = MemoryTables;

    fn deref(&self) -> &MemoryTables {
        &self.tables
    }
}

/// What a memory is made of besides the world that it looks at.
pub struct MemoryTables {
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

impl Plain for Demand {
    const ZERO: Self = Self { item: 0, people: 0.0, short: 0.0, long: 0.0 };
    const BYTES: usize = 16;

    fn put(self, to: &mut [u8]) {
        ((self.item, self.people), (self.short, self.long)).put(to);
    }

    fn get(from: &[u8]) -> Self {
        let ((item, people), (short, long)) = Plain::get(from);
        Self { item, people, short, long }
    }
}

/// The mean vector of the requests under which an item was chosen, for the items that have one.
pub(super) struct PastVectors {
    /// `[n_items]`: row of the index, or [`NO_ROW`].
    row_of: Vec<u32>,
    /// `[n_rows]`: the item of each row.
    pub(super) items: Vec<u32>,
    /// `[n_rows, d]`, each of length 1.
    pub(super) index: ExactIndex,
}

/// Of an item that nobody chose under a request.
const NO_ROW: u32 = u32::MAX;

impl PastVectors {
    /// The vector of an item, `[d]`, if anybody chose it under a request.
    pub(super) fn of(&self, item_idx: u32) -> Option<&[f32]> {
        let row = Some(self.row_of[item_idx as usize]).filter(|&row| row != NO_ROW)? as usize;
        let d = self.index.dim();
        Some(&self.index.rows()[row * d..][..d])
    }

    fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.value("past.dim", &self.index.dim())?;
        out.array("past.row_of", &self.row_of)?;
        out.array("past.items", &self.items)?;
        out.array("past.rows", self.index.rows())
    }

    fn load(n_items: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let d: usize = from.value("past.dim")?;
        let row_of = from.array_of("past.row_of", n_items)?;
        let items: Vec<u32> = from.array("past.items")?;
        let rows = from.array_of("past.rows", items.len() * d)?;
        let index = ExactIndex::new(d, rows).map_err(|_| from.odd("past.rows", "no vectors"))?;
        Ok(Self { row_of, items, index })
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

    fn save(&self, name: &str, out: &mut FlatWriter<'_>) -> io::Result<()>
    where
        T: Plain,
    {
        out.rows(name, &self.offsets, &self.values)
    }

    fn load(name: &str, n_rows: usize, from: &mut FlatReader) -> Result<Self, FlatError>
    where
        T: Plain,
    {
        let (offsets, values) = from.rows(name, n_rows)?;
        Ok(Self { offsets, values })
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
        let tables = MemoryTables {
            past_index: index(&past_words),
            both_index: index(&both_words),
            past_words,
            item_damping: (0u32..).take(catalog.n_items()).map(|i| damping(choosers.of(i).len()).sqrt()).collect(),
            user_damping: (0u32..).take(catalog.n_users()).map(|u| damping(choices.of(u).len())).collect(),
            past: past_vectors(world, &distinct),
            priors: priors(world, visible, &short, &trend),
            trend,
            asked_index: asked.by_term(catalog.requests.len()),
            asked,
            demand,
            choices,
            choosers,
        };
        Self { world, tables }
    }

    /// Puts a memory together from tables that were made before of the same world.
    pub(crate) fn of(world: &'w World<'w>, tables: MemoryTables) -> Self {
        Self { world, tables }
    }

    /// Takes out what it is made of.
    pub(crate) fn into_tables(self) -> MemoryTables {
        self.tables
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
}

impl MemoryTables {
    /// Writes them into a file.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        self.past_words.save("past_words", out)?;
        self.past_index.save("past_index", out)?;
        self.both_index.save("both_index", out)?;
        self.demand.save("demand", out)?;
        self.choices.save("choices", out)?;
        self.choosers.save("choosers", out)?;
        out.array("item_damping", &self.item_damping)?;
        out.array("user_damping", &self.user_damping)?;
        self.past.save(out)?;
        self.asked.save("asked", out)?;
        self.asked_index.save("asked_index", out)?;
        self.priors.iter().try_for_each(|prior| out.array("prior", prior))?;
        out.array("trend", &self.trend)
    }

    /// Items that were chosen under a request.
    pub(crate) fn n_past(&self) -> usize {
        self.past.items.len()
    }

    /// Reads what [`Self::save`] wrote of the same catalog.
    pub(crate) fn load(catalog: &Catalog, from: &mut FlatReader) -> Result<Self, FlatError> {
        let (n_items, n_users, n_requests) = (catalog.n_items(), catalog.n_users(), catalog.requests.len());
        let mut tables = Self {
            past_words: DocumentTerms::load("past_words", n_items, from)?,
            past_index: Bm25::load("past_index", from)?,
            both_index: Bm25::load("both_index", from)?,
            demand: Table::load("demand", n_requests, from)?,
            choices: Table::load("choices", n_users, from)?,
            choosers: Table::load("choosers", n_items, from)?,
            item_damping: from.array_of("item_damping", n_items)?,
            user_damping: from.array_of("user_damping", n_users)?,
            past: PastVectors::load(n_items, from)?,
            asked: DocumentTerms::load("asked", n_items, from)?,
            asked_index: DocumentTerms::load("asked_index", n_requests, from)?,
            priors: Default::default(),
            trend: Vec::new(),
        };
        for prior in &mut tables.priors {
            *prior = from.array_of("prior", n_items)?;
        }
        tables.trend = from.array("trend")?;
        Ok(tables)
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
    let (mut row_of, mut items, mut rows) = (vec![NO_ROW; n_items], Vec::new(), Vec::new());
    for choice in choices {
        let Some(request) = choice.request else { continue };
        let row = &mut row_of[choice.item as usize];
        if *row == NO_ROW {
            *row = items.len() as u32;
            items.push(choice.item);
            rows.resize(rows.len() + d, 0.0f32);
        }
        let row = *row;
        let sum = &mut rows[row as usize * d..][..d];
        sum.iter_mut().zip(world.vectors.request(request)).for_each(|(sum, value)| *sum += value);
    }
    rows.chunks_exact_mut(d).for_each(super::vectors::scale_to_unit);
    let index = ExactIndex::new(d, rows).expect("each item has a whole row");
    PastVectors { row_of, items, index }
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
