//! What people chose who also chose what this person chose.

use super::{Protocol, Query, Ranker, newest_items, rows};
use crate::evaluation::tuning::as_written;
use crate::signals::{NeighbourConfig, Neighbours};

/// How the neighbours of a history are added up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ItemNeighboursConfig {
    /// How many shared users a similarity needs before it is believed.
    pub shrinkage: f32,
    /// Power of the neighbour's popularity in the denominator.
    pub damping: f32,
    /// Weight of each item of the history relative to the next newer one.
    pub decay: f32,
}

impl ItemNeighboursConfig {
    pub(super) fn named(self) -> Vec<(&'static str, f64)> {
        vec![
            ("shrinkage", as_written(self.shrinkage)),
            ("damping", as_written(self.damping)),
            ("decay", as_written(self.decay)),
        ]
    }
}

pub(super) fn grid() -> Vec<ItemNeighboursConfig> {
    let mut grid = Vec::new();
    for shrinkage in [0.0, 2.0, 10.0] {
        for damping in [0.3, 0.5, 0.7] {
            for decay in [1.0, 0.9, 0.7] {
                grid.push(ItemNeighboursConfig { shrinkage, damping, decay });
            }
        }
    }
    grid
}

/// Items of a history that are read.
const MAX_HISTORY_ITEMS: usize = 100;

/// Item-item neighbours by shared users.
#[derive(Debug)]
pub struct ItemNeighbours<'a> {
    protocol: &'a Protocol<'a>,
    neighbours: Neighbours,
    decay: f32,
}

impl<'a> ItemNeighbours<'a> {
    /// Counts shared users over the visible events.
    pub fn new(protocol: &'a Protocol<'a>, config: ItemNeighboursConfig) -> Self {
        let counting =
            NeighbourConfig { shrinkage: config.shrinkage, damping: config.damping, ..NeighbourConfig::default() };
        let neighbours = Neighbours::build(counting, protocol.catalog(), &protocol.visible().events);
        Self { protocol, neighbours, decay: config.decay }
    }
}

impl Ranker for ItemNeighbours<'_> {
    fn name(&self) -> &str {
        "item-neighbours"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        for (query, row) in rows(queries, scores) {
            let items = newest_items(self.protocol.history(query), MAX_HISTORY_ITEMS);
            let weighted = (0..).zip(items).map(|(place, item_idx)| (item_idx, self.decay.powi(place)));
            self.neighbours.accumulate(weighted, row);
        }
    }
}
