//! The systems that a model has to beat, each tuned on validation.
//!
//! A query without the thing that a baseline reads (no request for BM25, no history for neighbours) scores 0 for every
//! item, so the ranking is that of the tie rule: item id descending.

mod bm25;
mod encoder;
mod item_neighbours;
mod popularity;
mod popularity_recent;
mod recent_items;

use std::collections::BTreeMap;

pub use bm25::{Bm25OverText, Bm25WithPastRequests, PastRequestsConfig};
pub use encoder::Encoder;
pub use item_neighbours::{ItemNeighbours, ItemNeighboursConfig};
pub use popularity::PopularityOfAllTime;
pub use popularity_recent::PopularityRecent;
pub use recent_items::RecentItems;

use crate::catalog::TimeKind;
use crate::lexical::CatalogTerms;
use crate::model::World;
use crate::progress::Progress;
use crate::signals::HistoryEntry;

use super::blocks::ScoreError;
use super::protocol::Protocol;
use super::tuning::{Sample, Tuned, choose};
use super::{Query, Ranker};

/// A system as it stands before the validation part and before the test part, with the same parameters.
pub struct System<'a> {
    /// For validation queries: knows the training events.
    pub valid: Box<dyn Ranker + 'a>,
    /// For test queries: knows the training and validation events.
    pub test: Box<dyn Ranker + 'a>,
    /// What was chosen, and how well it did on validation.
    pub tuned: Tuned,
}

/// What the baselines are made from.
pub struct Materials<'a> {
    /// The validation part.
    pub valid: &'a Protocol<'a>,
    /// The test part.
    pub test: &'a Protocol<'a>,
    /// The catalog's words.
    pub terms: &'a CatalogTerms,
    /// The catalog with the frozen encoder's vectors; without them there is no `encoder` baseline.
    pub encoder: Option<&'a World<'a>>,
}

/// Tunes every baseline on `sample` (of the validation part) and builds it for both parts, in the order of the tables.
pub fn tuned_baselines<'a>(
    materials: &Materials<'a>,
    sample: &Sample<'_>,
    progress: &dyn Progress,
) -> Result<Vec<System<'a>>, ScoreError> {
    let &Materials { valid, test, terms, encoder } = materials;
    let time_kind = valid.catalog().info.time_kind;
    progress.start(
        "tune baselines",
        Some(6 + encoder.map_or(0, |world| Encoder::views(world).len() as u64)),
        "systems",
    );
    let tune = Tuning { valid, test, sample, progress };
    let mut systems = vec![tune.system(&[()], |protocol, ()| PopularityOfAllTime::new(protocol), |()| vec![])?];
    if time_kind == TimeKind::Unix {
        systems.push(tune.system(popularity_recent::HALF_LIVES_SECS, PopularityRecent::new, |half_life| {
            vec![("half_life_secs", half_life)]
        })?);
    }
    systems.push(tune.system(&[()], |protocol, ()| RecentItems::new(protocol), |()| vec![])?);
    systems.push(tune.system(&item_neighbours::grid(), ItemNeighbours::new, ItemNeighboursConfig::named)?);
    systems.push(tune.system(&bm25::grid(), |_, config| Bm25OverText::new(terms, config), bm25::named)?);
    systems.push(tune.system(
        &bm25::past_requests_grid(),
        |protocol, config| Bm25WithPastRequests::new(protocol, terms, config),
        PastRequestsConfig::named,
    )?);
    if let Some(world) = encoder {
        for &view in Encoder::views(world) {
            systems.push(tune.system(&[()], |protocol, ()| Encoder::new(protocol, world, view), |()| vec![])?);
        }
    }
    progress.finish(&format!("tuned {} baselines on {} queries", systems.len(), sample.queries().len()));
    Ok(systems)
}

struct Tuning<'a, 's> {
    valid: &'a Protocol<'a>,
    test: &'a Protocol<'a>,
    sample: &'s Sample<'s>,
    progress: &'s dyn Progress,
}

impl<'a> Tuning<'a, '_> {
    fn system<P: Copy, R: Ranker + 'a>(
        &self,
        grid: &[P],
        fit: impl Fn(&'a Protocol<'a>, P) -> R,
        named: impl Fn(P) -> Vec<(&'static str, f64)>,
    ) -> Result<System<'a>, ScoreError> {
        let (best, validation_ndcg) = choose(self.sample, grid, |parameters| fit(self.valid, parameters))?;
        let (valid, test) = (fit(self.valid, best), fit(self.test, best));
        let parameters: BTreeMap<String, f64> =
            named(best).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let tuned = Tuned { name: test.name().to_owned(), parameters, validation_ndcg };
        self.progress.note(&format!("{}: validation NDCG@10 {validation_ndcg:.4}", tuned.name));
        self.progress.advance(1);
        Ok(System { valid: Box::new(valid), test: Box::new(test), tuned })
    }
}

/// The rows of a block, with their queries.
fn rows<'s>(queries: &'s [Query], scores: &'s mut [f32]) -> impl Iterator<Item = (&'s Query, &'s mut [f32])> {
    let n_items = scores.len() / queries.len().max(1);
    queries.iter().zip(scores.chunks_exact_mut(n_items.max(1)))
}

/// Fills the row of each request once, and copies it to the queries after it that ask the same.
fn fill_once_per_request(queries: &[Query], scores: &mut [f32], fill: impl Fn(u32, &mut [f32])) {
    let n_items = scores.len() / queries.len().max(1);
    for place in 0..queries.len() {
        let Some(request_idx) = queries[place].request_idx else { continue };
        let (done, rest) = scores.split_at_mut(place * n_items);
        let row = &mut rest[..n_items];
        if place > 0 && queries[place - 1].request_idx == Some(request_idx) {
            row.copy_from_slice(&done[(place - 1) * n_items..]);
        } else {
            fill(request_idx, row);
        }
    }
}

/// The newest `n` different items that the person chose, newest first.
fn newest_items(history: &[HistoryEntry], n: usize) -> Vec<u32> {
    let mut items: Vec<u32> = Vec::with_capacity(n.min(history.len()));
    for entry in history.iter().filter(|entry| entry.event_type.is_positive()) {
        if items.len() == n {
            break;
        }
        if !items.contains(&entry.item_idx) {
            items.push(entry.item_idx);
        }
    }
    items
}
