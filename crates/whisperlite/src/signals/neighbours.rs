//! Which items do the same people choose?

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;

use super::positive_events;

/// How neighbours are counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NeighbourConfig {
    /// Neighbours kept per item.
    pub n_neighbours: usize,
    /// The newest distinct items of each user that count; bounds the work, which grows with its square.
    pub max_items_per_user: usize,
    /// Added to the denominator: how many shared users a similarity needs before it is believed.
    pub shrinkage: f32,
    /// Power of the neighbour's popularity in the denominator: ½ is the cosine, more holds popular neighbours back.
    pub damping: f32,
}

impl Default for NeighbourConfig {
    fn default() -> Self {
        Self { n_neighbours: 100, max_items_per_user: 100, shrinkage: 2.0, damping: 0.5 }
    }
}

/// For each item its nearest items by shared users:
/// `sim(i → j) = shared(i, j) / (users(i)^½ · users(j)^damping + shrinkage)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbours {
    /// `[n_items + 1]`: where each item's neighbours begin.
    offsets: Vec<usize>,
    /// Most similar first, ties by higher index first.
    neighbours: Vec<(u32, f32)>,
}

impl Neighbours {
    /// Counts shared users over the visible events, on all cores; the result does not depend on how many there are.
    pub fn build(config: NeighbourConfig, catalog: &Catalog, visible: &[u32]) -> Self {
        let (users, items) = distinct_choices(config.max_items_per_user, catalog, visible);
        let lists: Vec<Vec<(u32, f32)>> = (0..catalog.n_items())
            .into_par_iter()
            .map_init(|| vec![0u32; catalog.n_items()], |shared, item| nearest(&config, item, &users, &items, shared))
            .collect();
        let mut offsets = Vec::with_capacity(lists.len() + 1);
        offsets.push(0);
        let mut neighbours = Vec::with_capacity(lists.iter().map(Vec::len).sum());
        for list in lists {
            neighbours.extend(list);
            offsets.push(neighbours.len());
        }
        Self { offsets, neighbours }
    }

    /// The neighbours of an item, most similar first.
    pub fn of(&self, item_idx: u32) -> &[(u32, f32)] {
        let at = item_idx as usize;
        &self.neighbours[self.offsets[at]..self.offsets[at + 1]]
    }

    /// Adds, for each item of a history, its weight times its neighbours' similarities to `scores`.
    ///
    /// # Shapes
    /// `scores`: `[n_items]`.
    pub fn accumulate(&self, history: impl IntoIterator<Item = (u32, f32)>, scores: &mut [f32]) {
        assert_eq!(scores.len() + 1, self.offsets.len(), "scores must be [n_items]");
        for (item_idx, weight) in history {
            for &(neighbour, similarity) in self.of(item_idx) {
                scores[neighbour as usize] += weight * similarity;
            }
        }
    }
}

/// A sparse table: row `r` holds `values[offsets[r]..offsets[r + 1]]`.
struct Rows {
    offsets: Vec<usize>,
    values: Vec<u32>,
}

impl Rows {
    /// Groups `(row, value)` pairs by row, keeping their order within a row.
    fn group(n_rows: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        let mut offsets = vec![0usize; n_rows + 1];
        for (row, _) in pairs.clone() {
            offsets[row as usize + 1] += 1;
        }
        for row in 0..n_rows {
            offsets[row + 1] += offsets[row];
        }
        let mut next = offsets.clone();
        let mut values = vec![0; offsets[n_rows]];
        for (row, value) in pairs {
            values[next[row as usize]] = value;
            next[row as usize] += 1;
        }
        Self { offsets, values }
    }

    fn of(&self, row: usize) -> &[u32] {
        &self.values[self.offsets[row]..self.offsets[row + 1]]
    }
}

/// The users of each item and the items of each user, every pair once, the newest `cap` items per user.
fn distinct_choices(cap: usize, catalog: &Catalog, visible: &[u32]) -> (Rows, Rows) {
    let newest_first = positive_events(catalog, visible).rev().map(|event| (event.user_idx, event.item_idx));
    let choices = Rows::group(catalog.n_users(), newest_first.collect::<Vec<_>>().into_iter());
    let mut last_user = vec![u32::MAX; catalog.n_items()];
    let mut pairs: Vec<(u32, u32)> = Vec::with_capacity(choices.values.len());
    for user in 0..catalog.n_users() as u32 {
        let mut left = cap;
        for &item in choices.of(user as usize) {
            if left > 0 && last_user[item as usize] != user {
                last_user[item as usize] = user;
                pairs.push((user, item));
                left -= 1;
            }
        }
    }
    let users = Rows::group(catalog.n_items(), pairs.iter().map(|&(user, item)| (item, user)));
    let items = Rows::group(catalog.n_users(), pairs.into_iter());
    (users, items)
}

/// `shared` is scratch, `[n_items]`, all zero before and after.
fn nearest(config: &NeighbourConfig, item: usize, users: &Rows, items: &Rows, shared: &mut [u32]) -> Vec<(u32, f32)> {
    let mut touched = Vec::new();
    for &user in users.of(item) {
        for &other in items.of(user as usize) {
            if shared[other as usize] == 0 {
                touched.push(other);
            }
            shared[other as usize] += 1;
        }
    }
    let n_users = |item: usize| users.of(item).len() as f32;
    let own_norm = n_users(item).sqrt();
    let mut list = Vec::with_capacity(touched.len());
    for other in touched {
        let count = std::mem::take(&mut shared[other as usize]);
        if other as usize != item {
            let norm = own_norm * n_users(other as usize).powf(config.damping) + config.shrinkage;
            list.push((other, count as f32 / norm));
        }
    }
    keep_best(&mut list, config.n_neighbours);
    list
}

fn keep_best(list: &mut Vec<(u32, f32)>, n: usize) {
    let best_first = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0));
    if n < list.len() {
        list.select_nth_unstable_by(n, best_first);
        list.truncate(n);
    }
    list.sort_unstable_by(best_first);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::{catalog_of, click};

    fn random_catalog(seed: u64) -> Catalog {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let events = (0..120).map(|t| click(rng.random_range(0..12), rng.random_range(0..15), None, t)).collect();
        catalog_of(TimeKind::Unix, 12, 15, &[], events)
    }

    fn naive(config: &NeighbourConfig, catalog: &Catalog, visible: &[u32], item: u32) -> Vec<(u32, f32)> {
        let users_of = |item: u32| -> BTreeSet<u32> {
            let events = visible.iter().map(|&e| catalog.events[e as usize]);
            events.filter(|e| e.item_idx == item).map(|e| e.user_idx).collect()
        };
        let own = users_of(item);
        let mut list: Vec<(u32, f32)> = (0..catalog.n_items() as u32)
            .filter(|&other| other != item)
            .map(|other| {
                let theirs = users_of(other);
                let norm = (own.len() as f32).sqrt() * (theirs.len() as f32).powf(config.damping) + config.shrinkage;
                (other, own.intersection(&theirs).count() as f32 / norm)
            })
            .filter(|&(_, similarity)| similarity > 0.0)
            .collect();
        list.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
        list.truncate(config.n_neighbours);
        list
    }

    #[test]
    fn equals_counting_by_hand_on_random_events() {
        for seed in 0..5 {
            let catalog = random_catalog(seed);
            let visible: Vec<u32> = (0..100).collect();
            let config = NeighbourConfig { n_neighbours: 6, damping: 0.7, ..NeighbourConfig::default() };
            let neighbours = Neighbours::build(config, &catalog, &visible);
            for item in 0..15 {
                assert_eq!(neighbours.of(item), naive(&config, &catalog, &visible, item));
            }
        }
    }

    #[test]
    fn only_the_newest_items_of_a_user_count() {
        let events = vec![click(0, 0, None, 0), click(0, 1, None, 1), click(0, 2, None, 2), click(0, 1, None, 3)];
        let catalog = catalog_of(TimeKind::Unix, 1, 3, &[], events);
        let config = NeighbourConfig { max_items_per_user: 2, ..NeighbourConfig::default() };
        let neighbours = Neighbours::build(config, &catalog, &[0, 1, 2, 3]);
        assert!(neighbours.of(0).is_empty());
        assert_eq!(neighbours.of(1).iter().map(|n| n.0).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_history_adds_up_its_neighbours() {
        let events = vec![click(0, 0, None, 0), click(0, 1, None, 1), click(0, 2, None, 2)];
        let catalog = catalog_of(TimeKind::Unix, 1, 3, &[], events);
        let config = NeighbourConfig { shrinkage: 1.0, ..NeighbourConfig::default() };
        let neighbours = Neighbours::build(config, &catalog, &[0, 1, 2]);
        let mut scores = vec![0.0; 3];
        neighbours.accumulate([(0, 1.0), (1, 0.5)], &mut scores);
        assert_eq!(scores, [0.25, 0.5, 0.75]);
    }
}
