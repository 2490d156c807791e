//! Metrics of one query: where the relevant items stand in its ranking.
//!
//! Judgements are binary: an item is relevant or it is not. A query without relevant items has the value 0 in every
//! metric; protocols leave such queries out, as `trec_eval` does.

use super::Ranked;

/// Where the relevant items of one query stand in one ranking: all that the metrics need to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hits {
    /// Ranks of the relevant items that were found, ascending; the first place is rank 1.
    ranks: Vec<usize>,
    n_relevant: usize,
}

impl Hits {
    /// Looks the ranking up in the judgements.
    ///
    /// `ranking` is best first and names no item twice; `relevant` is ascending, without repeats.
    pub fn new(ranking: &[Ranked], relevant: &[u32]) -> Self {
        debug_assert!(relevant.is_sorted_by(|a, b| a < b), "relevant items must be ascending, without repeats");
        let is_hit = |place: &Ranked| relevant.binary_search(&place.item_idx).is_ok();
        let ranks = (1..).zip(ranking).filter(|(_, place)| is_hit(place)).map(|(rank, _)| rank).collect();
        Self { ranks, n_relevant: relevant.len() }
    }

    /// Ranks of the relevant items among the first `k` places.
    fn within(&self, k: usize) -> impl Iterator<Item = usize> {
        self.ranks.iter().copied().take_while(move |&rank| rank <= k)
    }

    fn share_of_relevant(&self, sum: f64) -> f64 {
        if self.n_relevant == 0 { 0.0 } else { sum / self.n_relevant as f64 }
    }
}

/// Normalised discounted cumulative gain at `k`: gain 1, discount `1 / log2(rank + 1)`, divided by what a perfect
/// ranking of `min(k, n_relevant)` items would gain.
pub fn ndcg(hits: &Hits, k: usize) -> f64 {
    let discount = |rank: usize| 1.0 / (rank as f64 + 1.0).log2();
    let ideal: f64 = (1..=k.min(hits.n_relevant)).map(discount).sum();
    if ideal == 0.0 { 0.0 } else { sum(hits.within(k).map(discount)) / ideal }
}

/// From 0 on: the standard sum of nothing is −0, which reads oddly in a report.
fn sum(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |sum, value| sum + value)
}

/// Share of the relevant items that stand among the first `k`.
pub fn recall(hits: &Hits, k: usize) -> f64 {
    hits.share_of_relevant(hits.within(k).count() as f64)
}

/// 1 if any relevant item stands among the first `k`, else 0.
pub fn hit_rate(hits: &Hits, k: usize) -> f64 {
    if hits.within(k).next().is_some() { 1.0 } else { 0.0 }
}

/// One over the rank of the first relevant item, 0 if it is not among the first `k`.
pub fn mrr(hits: &Hits, k: usize) -> f64 {
    hits.within(k).next().map_or(0.0, |rank| 1.0 / rank as f64)
}

/// Average precision at `k`: the precision at each relevant item among the first `k`, summed and divided by the number
/// of *all* relevant items, as `map_cut_k` of `trec_eval` does.
pub fn map(hits: &Hits, k: usize) -> f64 {
    let precisions = (1u32..).zip(hits.within(k)).map(|(found, rank)| f64::from(found) / rank as f64);
    hits.share_of_relevant(sum(precisions))
}

/// A per-query metric by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// [`ndcg`]
    Ndcg,
    /// [`recall`]
    Recall,
    /// [`hit_rate`]
    HitRate,
    /// [`mrr`]
    Mrr,
    /// [`map`]
    Map,
}

impl Metric {
    /// Every per-query metric, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Ndcg, Self::Recall, Self::HitRate, Self::Mrr, Self::Map];

    /// The name in reports, before the `@`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ndcg => "ndcg",
            Self::Recall => "recall",
            Self::HitRate => "hit",
            Self::Mrr => "mrr",
            Self::Map => "map",
        }
    }

    /// The name with its cutoff, `ndcg@10`: the key in `report.json`.
    pub fn at(self, k: usize) -> String {
        format!("{}@{k}", self.name())
    }

    /// The value for one query.
    pub fn value(self, hits: &Hits, k: usize) -> f64 {
        match self {
            Self::Ndcg => ndcg(hits, k),
            Self::Recall => recall(hits, k),
            Self::HitRate => hit_rate(hits, k),
            Self::Mrr => mrr(hits, k),
            Self::Map => map(hits, k),
        }
    }
}
