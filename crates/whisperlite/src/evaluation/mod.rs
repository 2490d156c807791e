//! **Who is better, and is it sure?**
//!
//! The whole catalogue is ranked for every held-out query by every system, per-query values come first, and means,
//! intervals and tests are made from them.
//!
//! Not for: training, or the definition of a metric (see [`crate::metrics`]).

mod answers;
pub mod baselines;
pub mod blend;
mod blocks;
pub mod ours;
pub mod protocol;
pub mod report;
pub mod seeds;
pub mod statistics;
pub mod suite;
pub mod trec;
pub mod tuning;
mod types;

pub use answers::{Answers, AnswersError};
pub use blocks::ScoreError;
pub use types::{JudgedQuery, Query, Ranked, Ranker, Run};
