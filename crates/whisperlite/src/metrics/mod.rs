//! **How good is a ranking?** Pure functions from a ranking and its relevant items to a number.
//!
//! One definition of every metric for training, tuning, reports and tests, equal to those of `trec_eval` (through
//! `ir_measures`) on the files that [`crate::evaluation::trec`] writes. Per-query values come from here; means,
//! intervals and tests are made from them by [`crate::evaluation::statistics`].
//!
//! The three kinds:
//! - of one query: [`ndcg`], [`recall`], [`hit_rate`], [`mrr`], [`map`], each from [`Hits`] and a cutoff `k`;
//! - of all lists together: [`coverage`], [`novelty`], [`gini`];
//! - and [`top_k`], which makes the ranking out of scores under the project's tie rule.
//!
//! Not for: models, queries, files.

mod lists;
mod per_query;
mod top_k;

pub use lists::{SelfInformation, coverage, gini, novelty};
pub use per_query::{Hits, Metric, hit_rate, map, mrr, ndcg, recall};
pub(crate) use top_k::TopK;
pub use top_k::{NonFiniteScore, Ranked, by_rank, top_k};

/// The cutoffs `k` of every report.
pub const CUTOFFS: [usize; 5] = [1, 5, 10, 20, 100];

/// The longest ranking that any metric looks at: the largest of [`CUTOFFS`].
pub const MAX_CUTOFF: usize = 100;
