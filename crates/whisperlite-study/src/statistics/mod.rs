//! How sure is it? Tests, intervals and agreement, as pure functions of numbers.
//!
//! What is undefined is `None`, never a number that is none.

pub(crate) mod distributions;
mod binomial;
mod two_way;
mod bootstrap;
mod paired;
mod agreement;
mod rank;

pub use agreement::{Agreement, Metric, Ratings, agreement_of, fleiss_kappa, krippendorff_alpha};
pub use binomial::{SignTest, clopper_pearson, sign_test};
pub use bootstrap::{pigeonhole_interval, resampled_interval};
pub use paired::{TTest, paired_t_test};
pub use rank::{kendall_tau_b, spearman_rho};
pub use two_way::{Cell, Estimate, Resemblance, mean_estimate, resemblance, share_estimate};

use serde::{Deserialize, Serialize};

/// The level of every interval: 95 %.
pub const LEVEL: f64 = 0.95;

/// An interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// Whether it covers a value.
    pub fn covers(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The mean; none of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
