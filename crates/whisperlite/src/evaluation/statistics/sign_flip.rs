//! Paired test: would the difference be as large if the two systems were exchangeable?
//!
//! If they were, then for each person the difference could as well have had the other sign. The test draws random sign
//! patterns over people and counts how often the sum is at least as far from 0 as the one observed.
//!
//! Four clusters at a time share a table of the sixteen sums that their signs can make, so one pattern over 39,000
//! people costs some 10,000 look-ups.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::{Clusters, Resampling, StatisticsError, check_values};

/// Two-sided p-value of the mean of `a − b`, by `(b + 1) / (n + 1)` over `n` random sign patterns of which `b` reach
/// the observed difference.
///
/// With one cluster both signs are as far from 0, so p is 1; in general it cannot fall below `2 / 2^n_clusters`
/// other than by the luck of the draw.
///
/// # Shapes
/// `a`, `b`: `[n_queries]`, in the query order of `clusters`.
///
/// # Errors
/// If there are no queries or no sign patterns, or the values have the wrong length or are not finite.
pub fn sign_flip_p(a: &[f64], b: &[f64], clusters: &Clusters, resampling: &Resampling) -> Result<f64, StatisticsError> {
    if resampling.n_sign_flips == 0 {
        return Err(StatisticsError::NoResamples { setting: "n_sign_flips" });
    }
    check_values(a, clusters)?;
    check_values(b, clusters)?;
    let differences = SignedSums::new(clusters.sums(a.iter().zip(b).map(|(a, b)| a - b)));
    let patterns: Vec<usize> = (0..resampling.n_sign_flips).step_by(PATTERNS_PER_STREAM).collect();
    let reached: usize = patterns
        .into_par_iter()
        .map(|first| {
            let mut rng = ChaCha8Rng::seed_from_u64(resampling.seed);
            rng.set_stream(first as u64);
            let n = PATTERNS_PER_STREAM.min(resampling.n_sign_flips - first);
            (0..n).filter(|_| differences.random_pattern_reaches_observed(&mut rng)).count()
        })
        .sum();
    Ok((reached + 1) as f64 / (resampling.n_sign_flips + 1) as f64)
}

/// Sign patterns drawn from one stream of the generator: what a thread takes at a time.
const PATTERNS_PER_STREAM: usize = 100;
/// Clusters that share a table.
const GROUP: usize = 4;
/// Groups whose signs one random word decides.
const GROUPS_PER_WORD: usize = 64 / GROUP;

/// All sums that the signs of each group of four clusters can make.
struct SignedSums {
    groups: Vec<[f64; 1 << GROUP]>,
    /// The observed sum's distance from 0, less what rounding may take from a pattern that ties with it.
    bar: f64,
}

impl SignedSums {
    fn new(mut differences: Vec<f64>) -> Self {
        differences.retain(|&difference| difference != 0.0);
        let observed: f64 = differences.iter().sum();
        let rounding = 1e-12 * differences.iter().map(|difference| difference.abs()).sum::<f64>();
        let groups =
            differences.chunks(GROUP).map(|group| std::array::from_fn(|signs| signed_sum(group, signs))).collect();
        Self { groups, bar: observed.abs() - rounding }
    }

    fn random_pattern_reaches_observed(&self, rng: &mut impl Rng) -> bool {
        let mut sum = 0.0;
        for groups in self.groups.chunks(GROUPS_PER_WORD) {
            let mut signs = rng.next_u64();
            for group in groups {
                sum += group[(signs % (1 << GROUP)) as usize];
                signs >>= GROUP;
            }
        }
        sum.abs() >= self.bar
    }
}

/// Sum of the values, those whose bit in `signs` is 0 taken negative.
fn signed_sum(values: &[f64], signs: usize) -> f64 {
    values.iter().enumerate().map(|(bit, value)| if signs >> bit & 1 == 1 { *value } else { -value }).sum()
}
