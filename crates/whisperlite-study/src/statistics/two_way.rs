//! How sure is a mean of votes that share raters, and share questions? Intervals and tests that allow for both.
//!
//! The variance is that of Cameron, Gelbach and Miller (2011): from the sums over raters, plus from the sums over questions, less from the single
//! votes, which both contain. It is what resampling raters, resampling questions and resampling votes come to with endlessly many
//! resamples, so it needs no seed. Resampling both at once (see [`pigeonhole_interval`](super::pigeonhole_interval)) counts what is
//! neither the rater's nor the question's three times, and its intervals are too wide.
//!
//! With few raters the variance is itself unsure. So it is never taken below what either clustering alone says
//! (as MacKinnon, Nielsen and Webb 2024 advise), and Student's t with Satterthwaite's degrees of freedom takes the place of the normal distribution.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::distributions::{t_quantile, t_two_sided_p};
use super::{Interval, LEVEL};

/// One judgement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// Whose.
    pub rater: usize,
    /// About what.
    pub question: usize,
    /// What it says; finite.
    pub value: f64,
}

/// A mean, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// How many judgements.
    pub n: usize,
    /// Of how many raters.
    pub n_raters: usize,
    /// About how many questions.
    pub n_questions: usize,
    /// Their mean.
    pub value: f64,
    /// The 95 % interval, for raters and questions like these; none below two of either, or if all judgements are the same.
    pub interval: Option<Interval>,
    /// How often two equal systems come out at least as far apart; none where the interval is.
    pub p: Option<f64>,
    /// How many times the variance of independent judgements; none where the interval is.
    pub design_effect: Option<f64>,
}

/// How much alike judgements are that share something: the correlation of two of them. 0 is not at all; an estimate may fall below.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Resemblance {
    /// Of two judgements of one rater, about different questions.
    pub of_rater: f64,
    /// Of two judgements about one question, of different raters.
    pub of_question: f64,
}

struct Spread {
    /// Of the mean.
    variance: f64,
    /// Of the mean, were all judgements independent.
    independent: f64,
    df: f64,
}

/// The mean of values without bounds, tested against 0. None of nothing.
pub fn mean_estimate(cells: &[Cell]) -> Option<Estimate> {
    let mut estimate = described(cells)?;
    if let Some(spread) = spread(cells, &estimate) {
        let error = spread.variance.sqrt();
        let reach = t_quantile(0.5 + LEVEL / 2.0, spread.df) * error;
        estimate.interval = Some(Interval { low: estimate.value - reach, high: estimate.value + reach });
        estimate.p = Some(t_two_sided_p(estimate.value / error, spread.df));
        estimate.design_effect = Some(spread.variance / spread.independent);
    }
    Some(estimate)
}

/// The mean of values from 0 to 1, tested against one half. None of nothing.
///
/// The interval is Wilson's (1927) with as many independent judgements as have the same variance, so it never leaves 0 to 1. If all are 0
/// or all are 1 there is no variance to go by; then raters, or questions if they are fewer, count as one judgement each.
pub fn share_estimate(cells: &[Cell]) -> Option<Estimate> {
    let mut estimate = described(cells)?;
    let fewest = estimate.n_raters.min(estimate.n_questions) as f64;
    let share = estimate.value;
    let (n_effective, df) = match spread(cells, &estimate) {
        Some(spread) => (share * (1.0 - share) / spread.variance, spread.df),
        None if fewest >= 2.0 && (share <= 0.0 || share >= 1.0) => (fewest, fewest - 1.0),
        None => return Some(estimate),
    };
    let t_squared = t_quantile(0.5 + LEVEL / 2.0, df).powi(2) / n_effective;
    let centre = (share + t_squared / 2.0) / (1.0 + t_squared);
    let reach = (t_squared * (share * (1.0 - share) + t_squared / 4.0)).sqrt() / (1.0 + t_squared);
    estimate.interval = Some(Interval { low: (centre - reach).max(0.0), high: (centre + reach).min(1.0) });
    estimate.p = Some(t_two_sided_p((share - 0.5) * 2.0 * n_effective.sqrt(), df));
    estimate.design_effect = Some(estimate.n as f64 / n_effective);
    Some(estimate)
}

/// How much alike judgements are that share a rater, or a question; none if no two do, or if all judgements are the same.
pub fn resemblance(cells: &[Cell]) -> Option<Resemblance> {
    let mean = described(cells)?.value;
    let squares: f64 = cells.iter().map(|cell| (cell.value - mean).powi(2)).sum();
    // The products of all pairs within a group: the square of its sum, less its squares. Each pair counts twice, above and below.
    let correlation = |key: fn(&Cell) -> usize| {
        let mut groups: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        for cell in cells {
            let group = groups.entry(key(cell)).or_default();
            *group = (group.0 + cell.value - mean, group.1 + 1.0);
        }
        let products = groups.values().map(|(sum, _)| sum * sum).sum::<f64>() - squares;
        let n_pairs: f64 = groups.values().map(|(_, n)| n * (n - 1.0)).sum();
        (n_pairs > 0.0 && squares > 0.0).then(|| products / n_pairs / (squares / cells.len() as f64))
    };
    Some(Resemblance { of_rater: correlation(|cell| cell.rater)?, of_question: correlation(|cell| cell.question)? })
}

/// The mean without its interval.
fn described(cells: &[Cell]) -> Option<Estimate> {
    if cells.is_empty() {
        return None;
    }
    let n_of = |key: fn(&Cell) -> usize| cells.iter().map(key).collect::<BTreeSet<_>>().len();
    Some(Estimate {
        n: cells.len(),
        n_raters: n_of(|cell| cell.rater),
        n_questions: n_of(|cell| cell.question),
        value: cells.iter().map(|cell| cell.value).sum::<f64>() / cells.len() as f64,
        interval: None,
        p: None,
        design_effect: None,
    })
}

fn spread(cells: &[Cell], estimate: &Estimate) -> Option<Spread> {
    let (n_raters, n_questions) = (estimate.n_raters as f64, estimate.n_questions as f64);
    if n_raters < 2.0 || n_questions < 2.0 {
        return None;
    }
    let by_rater = clustered(cells, estimate.value, |cell| cell.rater);
    let by_question = clustered(cells, estimate.value, |cell| cell.question);
    let by_both = clustered(cells, estimate.value, |cell| (cell.rater, cell.question));
    let n = estimate.n as f64;
    let squares: f64 = cells.iter().map(|cell| (cell.value - estimate.value).powi(2)).sum();
    let independent = squares / (n * (n - 1.0));
    let variance = (by_rater + by_question - by_both).max(by_rater).max(by_question);
    if variance <= 0.0 || independent <= 0.0 {
        return None;
    }
    let df = variance.powi(2) / (by_rater.powi(2) / (n_raters - 1.0) + by_question.powi(2) / (n_questions - 1.0));
    Some(Spread { variance, independent, df: df.max(1.0) })
}

/// The variance of the mean if judgements with the same key go together, and others are independent.
fn clustered<K: Ord>(cells: &[Cell], mean: f64, key: impl Fn(&Cell) -> K) -> f64 {
    let mut sums: BTreeMap<K, f64> = BTreeMap::new();
    for cell in cells {
        *sums.entry(key(cell)).or_default() += cell.value - mean;
    }
    let (n_clusters, n) = (sums.len() as f64, cells.len() as f64);
    sums.values().map(|sum| sum * sum).sum::<f64>() / (n * n) * n_clusters / (n_clusters - 1.0)
}
