//! **Is the difference sure?** Intervals and tests from per-query values.
//!
//! Queries of one person resemble each other, so people, not queries, are what is resampled everywhere: the bootstrap
//! draws [`Clusters`] with replacement, and the paired test flips the sign of a whole cluster's differences.
//!
//! Everything is seeded, and the same on any number of threads: each block of resamples has its own stream of the
//! random generator.
//!
//! Not for: metrics' definitions, or which systems are compared.

mod bootstrap;
mod clusters;
mod holm;
mod sign_flip;

use thiserror::Error;

pub use bootstrap::{Bootstrap, Estimate};
pub use clusters::Clusters;
pub use holm::holm;
pub use sign_flip::sign_flip_p;

/// How much to resample, and with which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Seed of every draw.
    pub seed: u64,
    /// Bootstrap resamples behind an interval.
    pub n_bootstrap: usize,
    /// Random sign patterns behind a p-value; the smallest p is `1 / (n_sign_flips + 1)`.
    pub n_sign_flips: usize,
}

impl Resampling {
    /// 2,000 bootstrap resamples and 20,000 sign patterns: intervals steady to about a twentieth of their width, and
    /// p-values that can fall below 0.0001.
    pub fn new(seed: u64) -> Self {
        Self { seed, n_bootstrap: 2_000, n_sign_flips: 20_000 }
    }
}

/// Values that no statistic can be made of.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StatisticsError {
    /// There is nothing to average.
    #[error("no queries: a mean needs at least one; check the split, or the slice that left none over")]
    NoQueries,
    /// Values and clusters do not belong together.
    #[error("{found} values for {expected} queries: every query needs exactly one value")]
    WrongLength {
        /// Number of queries.
        expected: usize,
        /// Number of values.
        found: usize,
    },
    /// A per-query value is NaN or infinite.
    #[error("the value of query number {query} is {value}: per-query values must be finite")]
    NonFinite {
        /// Position of the query, from 0.
        query: usize,
        /// The value found there.
        value: f64,
    },
    /// The settings ask for no resamples at all.
    #[error("`{setting}` is 0: ask for at least one resample")]
    NoResamples {
        /// Field of [`Resampling`].
        setting: &'static str,
    },
}

/// Holds values to one finite number per query.
fn check_values(values: &[f64], clusters: &Clusters) -> Result<(), StatisticsError> {
    let expected = clusters.n_queries();
    if expected == 0 {
        return Err(StatisticsError::NoQueries);
    }
    if values.len() != expected {
        return Err(StatisticsError::WrongLength { expected, found: values.len() });
    }
    match values.iter().copied().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((query, value)) => Err(StatisticsError::NonFinite { query, value }),
        None => Ok(()),
    }
}
