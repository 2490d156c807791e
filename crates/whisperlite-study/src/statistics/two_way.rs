//! How sure is a mean of votes that share raters, and share questions? Intervals and tests that allow for both.
//!
//! The variance is that of Cameron, Gelbach and Miller (2011): from the sums over raters, plus from the sums over questions, less from the single
//! votes, which both contain. It is what resampling raters, resampling questions and resampling votes come to with endlessly many
//! resamples, so it needs no seed. Resampling both at once (see [`pigeonhole_interval`](super::pigeonhole_interval)) counts what is
//! neither the rater's nor the question's three times, and its intervals are too wide.
//!
//! With few raters the variance is itself unsure. So it is never taken below that of independent votes, and Student's t with
//! Satterthwaite's degrees of freedom takes the place of the normal distribution.

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
    let variance = (by_rater + by_question - by_both).max(by_both);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Judgements of 7 raters about 11 questions, some missing, with effects of both.
    fn cells() -> Vec<Cell> {
        let value = |rater: usize, question: usize| {
            let noise = ((rater * 37 + question * 101) % 17) as f64 / 17.0;
            0.3 * (rater % 3) as f64 + 0.2 * (question % 4) as f64 + noise - 0.7
        };
        let all = (0..7).flat_map(|rater| (0..11).map(move |question| (rater, question)));
        let given = all.filter(|(rater, question)| (rater * 5 + question * 3) % 4 != 0);
        given.map(|(rater, question)| Cell { rater, question, value: value(rater, question) }).collect()
    }

    /// The variance as a sum over all pairs of judgements that share something.
    fn naive_variance(cells: &[Cell]) -> f64 {
        let n = cells.len() as f64;
        let mean = cells.iter().map(|cell| cell.value).sum::<f64>() / n;
        let sum = |shares: &dyn Fn(&Cell, &Cell) -> bool| {
            let mut sum = 0.0;
            for a in cells {
                sum += cells.iter().filter(|b| shares(a, b)).map(|b| (a.value - mean) * (b.value - mean)).sum::<f64>();
            }
            sum / (n * n)
        };
        let raters = sum(&|a, b| a.rater == b.rater) * 7.0 / 6.0;
        let questions = sum(&|a, b| a.question == b.question) * 11.0 / 10.0;
        let both = sum(&|a, b| a.rater == b.rater && a.question == b.question) * n / (n - 1.0);
        (raters + questions - both).max(both)
    }

    #[test]
    fn the_variance_is_that_of_all_pairs_that_share_something() {
        let cells = cells();
        let estimate = mean_estimate(&cells).expect("judgements");
        let found = spread(&cells, &estimate).expect("a spread");
        assert!((found.variance - naive_variance(&cells)).abs() < 1e-12);
        let interval = estimate.interval.expect("an interval");
        let reach = t_quantile(0.975, found.df) * found.variance.sqrt();
        assert!((interval.high - estimate.value - reach).abs() < 1e-12 && (1.0..=16.0).contains(&found.df));
    }

    /// A test at 0.05 rejects what the interval does not cover, and nothing else.
    #[test]
    fn test_and_interval_say_the_same() {
        for shift in 0..60 {
            let moved = |cell: Cell| Cell { value: cell.value - 0.6 + 0.02 * f64::from(shift), ..cell };
            let estimate = mean_estimate(&cells().into_iter().map(moved).collect::<Vec<_>>()).expect("judgements");
            let covers = estimate.interval.expect("an interval").covers(0.0);
            assert_eq!(estimate.p.expect("a test") > 0.05, covers, "{estimate:?}");
            let vote = |cell: Cell| Cell { value: f64::from(u8::from(moved(cell).value > 0.0)), ..cell };
            let votes = share_estimate(&cells().into_iter().map(vote).collect::<Vec<_>>()).expect("judgements");
            let covers = votes.interval.expect("an interval").covers(0.5);
            assert_eq!(votes.p.expect("a test") > 0.05, covers, "{votes:?}");
        }
    }

    #[test]
    fn a_share_is_the_same_from_both_sides_and_stays_in_its_bounds() {
        let vote = |cell: &Cell| Cell { value: f64::from(u8::from(cell.value > 0.0)), ..*cell };
        let votes: Vec<Cell> = cells().iter().map(vote).collect();
        let others: Vec<Cell> = votes.iter().map(|cell| Cell { value: 1.0 - cell.value, ..*cell }).collect();
        let (one, other) = (share_estimate(&votes).expect("votes"), share_estimate(&others).expect("votes"));
        let (one_interval, other_interval) = (one.interval.expect("one"), other.interval.expect("one"));
        assert!((one_interval.low - (1.0 - other_interval.high)).abs() < 1e-12);
        assert!((one.p.expect("a test") - other.p.expect("a test")).abs() < 1e-12);
        let all: Vec<Cell> = votes.iter().map(|cell| Cell { value: 1.0, ..*cell }).collect();
        let sure = share_estimate(&all).expect("votes");
        let interval = sure.interval.expect("an interval by the number of raters");
        assert!(interval.high == 1.0 && interval.low > 0.4 && interval.low < 0.9, "{interval:?}");
        assert!(sure.p.expect("a test") < 0.05);
    }

    #[test]
    fn too_few_have_a_mean_and_no_interval() {
        assert_eq!(mean_estimate(&[]), None);
        let of_one = [0.2, 0.4].map(|value| Cell { rater: 0, question: (value * 10.0) as usize, value });
        let same = [0, 1].map(|number| Cell { rater: number, question: number, value: 0.5 });
        for cells in [&of_one[..], &same] {
            for estimate in [mean_estimate(cells), share_estimate(cells)] {
                let estimate = estimate.expect("a mean");
                assert_eq!((estimate.interval, estimate.p, estimate.design_effect), (None, None, None));
            }
        }
    }

    /// Against a sum over pairs.
    #[test]
    fn resemblance_is_the_correlation_of_pairs() {
        let cells = cells();
        let n = cells.len() as f64;
        let mean = cells.iter().map(|cell| cell.value).sum::<f64>() / n;
        let variance = cells.iter().map(|cell| (cell.value - mean).powi(2)).sum::<f64>() / n;
        let naive = |shares: &dyn Fn(&Cell, &Cell) -> bool| {
            let pairs = cells.iter().enumerate().flat_map(|(i, a)| cells[..i].iter().map(move |b| (a, b)));
            let products: Vec<f64> =
                pairs.filter(|(a, b)| shares(a, b)).map(|(a, b)| (a.value - mean) * (b.value - mean)).collect();
            products.iter().sum::<f64>() / products.len() as f64 / variance
        };
        let found = resemblance(&cells).expect("defined");
        assert!((found.of_rater - naive(&|a, b| a.rater == b.rater)).abs() < 1e-12);
        assert!((found.of_question - naive(&|a, b| a.question == b.question)).abs() < 1e-12);
    }
}
