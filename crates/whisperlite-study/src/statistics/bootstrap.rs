//! Intervals by drawing the study again: percentiles of resampled studies.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::{Cell, Interval, LEVEL};

/// Resamples of every interval.
const N_RESAMPLES: usize = 2000;

/// The pigeonhole bootstrap of a mean (Owen 2007): raters and questions are drawn with replacement, each on its own, and a judgement
/// counts as often as its rater times its question. None below two of either.
///
/// It is on the safe side: what is neither the rater's nor the question's counts up to three times, and the interval is up to √3
/// times as wide as it should be.
pub fn pigeonhole_interval(cells: &[Cell], seed: u64) -> Option<Interval> {
    let (raters, n_raters) = numbered(cells.iter().map(|cell| cell.rater));
    let (questions, n_questions) = numbered(cells.iter().map(|cell| cell.question));
    if n_raters < 2 || n_questions < 2 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut means = Vec::with_capacity(N_RESAMPLES);
    while means.len() < N_RESAMPLES {
        let (of_rater, of_question) = (draws(n_raters, &mut rng), draws(n_questions, &mut rng));
        let (mut sum, mut weight) = (0.0, 0.0);
        for (place, cell) in cells.iter().enumerate() {
            let times = f64::from(of_rater[raters[place]] * of_question[questions[place]]);
            sum += times * cell.value;
            weight += times;
        }
        // Nobody drawn has judged anything drawn: no study, so it is drawn again.
        if weight > 0.0 {
            means.push(sum / weight);
        }
    }
    Some(percentiles(means))
}

/// The bootstrap of any statistic of `n_units` units: `statistic` gets the places of the units drawn, with repeats. Draws for which it
/// is undefined are left out; none if more than half are, or below two units.
pub fn resampled_interval(n_units: usize, seed: u64, statistic: impl Fn(&[usize]) -> Option<f64>) -> Option<Interval> {
    if n_units < 2 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = vec![0; n_units];
    let mut values = Vec::with_capacity(N_RESAMPLES);
    for _ in 0..N_RESAMPLES {
        drawn.fill_with(|| rng.random_range(0..n_units));
        values.extend(statistic(&drawn));
    }
    (2 * values.len() > N_RESAMPLES).then(|| percentiles(values))
}

/// Keys as numbers from 0, and how many there are.
fn numbered(keys: impl Iterator<Item = usize>) -> (Vec<usize>, usize) {
    let mut number_of = BTreeMap::new();
    let numbers = keys
        .map(|key| {
            let next = number_of.len();
            *number_of.entry(key).or_insert(next)
        })
        .collect();
    (numbers, number_of.len())
}

/// How often each of `n` is drawn in `n` draws.
fn draws(n: usize, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut times = vec![0; n];
    for _ in 0..n {
        times[rng.random_range(0..n)] += 1;
    }
    times
}

fn percentiles(mut values: Vec<f64>) -> Interval {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (values.len() - 1) as f64;
        let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
        low + (high - low) * place.fract()
    };
    Interval { low: at((1.0 - LEVEL) / 2.0), high: at((1.0 + LEVEL) / 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::mean;

    #[test]
    fn the_bootstrap_of_a_mean_is_its_normal_interval() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(i * 7919 % 200) / 100.0).collect();
        let of = |places: &[usize]| mean(&places.iter().map(|&place| values[place]).collect::<Vec<_>>());
        let interval = resampled_interval(values.len(), 3, of).expect("an interval");
        // The values are 0 to 1.99, so their standard deviation is 2 / sqrt(12).
        let reach = 1.96 * 2.0 / 12.0_f64.sqrt() / 200.0_f64.sqrt();
        assert!((interval.low - (0.995 - reach)).abs() < 0.01 && (interval.high - (0.995 + reach)).abs() < 0.01);
        assert_eq!(Some(interval), resampled_interval(values.len(), 3, of), "the same seed, the same interval");
        assert_eq!(resampled_interval(1, 3, of), None);
        assert_eq!(resampled_interval(9, 3, |_| None), None);
    }

    /// With noise alone, drawing both raters and questions makes the interval about √3 times as wide as it should be (Owen 2007).
    #[test]
    fn the_pigeonhole_bootstrap_is_too_wide_for_noise() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut cells = Vec::new();
        for rater in 0..40 {
            for question in 0..40 {
                cells.push(Cell { rater, question, value: rng.random_range(-1.0..1.0) });
            }
        }
        let interval = pigeonhole_interval(&cells, 2).expect("an interval");
        let normal = 2.0 * 1.96 / 3.0_f64.sqrt() / 40.0;
        let ratio = (interval.high - interval.low) / normal;
        assert!((1.5..1.95).contains(&ratio), "{ratio}");
        assert_eq!(pigeonhole_interval(&cells[..40], 2), None, "one rater");
    }
}
