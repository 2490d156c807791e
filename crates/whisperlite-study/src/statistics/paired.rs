//! The paired t test, for differences that are independent and about normal.

use serde::{Deserialize, Serialize};

use super::distributions::{t_quantile, t_two_sided_p};
use super::{Interval, LEVEL, mean};

/// A two-sided paired t test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TTest {
    /// How many differences.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub sd: f64,
    /// The 95 % interval of the mean.
    pub interval: Interval,
    /// How often a mean of 0 gives one at least as far from it.
    pub p: f64,
}

/// Tests whether the mean of `differences` is 0; none below two, or if they are all the same.
pub fn paired_t_test(differences: &[f64]) -> Option<TTest> {
    let (n, mean) = (differences.len(), mean(differences)?);
    let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
    if n < 2 || squares <= 0.0 {
        return None;
    }
    let df = (n - 1) as f64;
    let sd = (squares / df).sqrt();
    let error = sd / (n as f64).sqrt();
    let reach = t_quantile(0.5 + LEVEL / 2.0, df) * error;
    let interval = Interval { low: mean - reach, high: mean + reach };
    Some(TTest { n, mean, sd, interval, p: t_two_sided_p(mean / error, df) })
}
