//! Votes that are independent: the exact sign test, with the interval of Clopper and Pearson (1934).

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

use super::distributions::beta_quantile;
use super::{Interval, LEVEL};

/// The exact two-sided sign test of decisive votes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignTest {
    /// Votes for one side.
    pub n_wins: u64,
    /// Votes for the other.
    pub n_losses: u64,
    /// The part of the votes for the first side.
    pub rate: f64,
    /// Clopper and Pearson's 95 % interval of that part.
    pub interval: Interval,
    /// How often fair coins are at least as far from one half.
    pub p: f64,
}

/// Tests whether both sides are as likely; none without a vote. Ties are left out before.
pub fn sign_test(n_wins: u64, n_losses: u64) -> Option<SignTest> {
    let n = n_wins + n_losses;
    let interval = clopper_pearson(n_wins, n, LEVEL)?;
    let fair = Binomial::new(0.5, n).expect("a fair coin");
    let p = (2.0 * fair.cdf(n_wins.min(n_losses))).min(1.0);
    Some(SignTest { n_wins, n_losses, rate: n_wins as f64 / n as f64, interval, p })
}

/// The exact interval of a chance by `n_wins` of `n` independent trials, at `level`; none without a trial.
pub fn clopper_pearson(n_wins: u64, n: u64, level: f64) -> Option<Interval> {
    if n == 0 || n_wins > n {
        return None;
    }
    let (wins, losses, tail) = (n_wins as f64, (n - n_wins) as f64, (1.0 - level) / 2.0);
    let low = if n_wins == 0 { 0.0 } else { beta_quantile(tail, wins, losses + 1.0) };
    let high = if n_wins == n { 1.0 } else { beta_quantile(1.0 - tail, wins + 1.0, losses) };
    Some(Interval { low, high })
}
