//! **Who is better, and is it sure?**
//!
//! The whole catalogue is ranked for every held-out query by every system, per-query values come first, and means,
//! intervals and tests are made from them.
//!
//! Not for: training, or the definition of a metric (see [`crate::metrics`]).

pub mod baselines;
pub mod blend;
mod blocks;
pub mod protocol;
mod top_k;
pub mod tuning;
mod types;

pub use blocks::ScoreError;
pub use types::{JudgedQuery, Query, Ranked, Ranker, Run};
