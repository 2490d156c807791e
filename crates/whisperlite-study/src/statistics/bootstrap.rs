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
