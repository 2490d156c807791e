//! The search for weights: forward selection and random starts, each climbed coordinate by coordinate.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::evaluation::tuning::{n_ahead, ndcg_of_places};
use crate::progress::Progress;

use super::Normalisation;
use super::pools::{Pool, Pools};

/// Starting points per normalisation: forward selection, and the rest by chance.
pub(super) const N_STARTS: usize = 4;

/// Weights tried for a system that has none yet, relative to the first one's 1.
const FIRST_WEIGHTS: [f32; 7] = [0.03, 0.1, 0.2, 0.4, 0.7, 1.2, 2.5];
/// Changes tried for a system that has a weight; 0 takes it out.
const FACTORS: [f32; 8] = [0.0, 0.4, 0.7, 0.9, 1.1, 1.4, 2.0, 4.0];
/// NDCG gained below which nothing is changed: smaller steps only fit the sample's noise.
const LEAST_GAIN: f64 = 2e-5;
const MAX_ROUNDS: usize = 12;

/// The best weights found for one normalisation, `[n_systems]`, the largest 1.
pub(super) fn search(pools: &Pools, normalisation: Normalisation, seed: u64, progress: &dyn Progress) -> Vec<f32> {
    let objective = Objective { pools, normalisation };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut best: Option<(Vec<f32>, f64)> = None;
    for start in 0..N_STARTS {
        let weights = if start == 0 { objective.forward_selection() } else { by_chance(pools.n_systems, &mut rng) };
        let (weights, ndcg) = objective.climb(weights);
        progress.advance(1);
        if best.as_ref().is_none_or(|&(_, best_ndcg)| ndcg > best_ndcg) {
            best = Some((weights, ndcg));
        }
    }
    let (weights, ndcg) = best.expect("there is at least one start");
    let mut weights = objective.prune(weights, ndcg);
    let largest = weights.iter().copied().fold(0.0, f32::max);
    if largest > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= largest);
    }
    weights
}

/// Each system takes part with probability ½ and a weight from 0.03 to 1, even on the logarithmic scale.
fn by_chance(n_systems: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut weight = || if rng.random_bool(0.5) { 10f32.powf(rng.random_range(-1.5..0.0)) } else { 0.0 };
    (0..n_systems).map(|_| weight()).collect()
}

struct Objective<'p> {
    pools: &'p Pools,
    normalisation: Normalisation,
}

impl Objective<'_> {
    /// Starts with the best single system and adds the one that helps most, until none does.
    fn forward_selection(&self) -> Vec<f32> {
        let mut weights = vec![0.0; self.pools.n_systems];
        let mut reached = 0.0;
        loop {
            let trials: &[f32] = if weights.iter().all(|&weight| weight == 0.0) { &[1.0] } else { &FIRST_WEIGHTS };
            let unused = (0..weights.len()).filter(|&system| weights[system] == 0.0);
            let tried = unused.map(|system| (system, self.best_of(&weights, system, trials)));
            // The first of equals, so that the result does not depend on anything but the order of the systems.
            let best = tried.reduce(|best, next| if next.1.1 > best.1.1 { next } else { best });
            match best {
                Some((system, (weight, ndcg))) if ndcg > reached + LEAST_GAIN => {
                    weights[system] = weight;
                    reached = ndcg;
                }
                _ => return weights,
            }
        }
    }

    /// Changes one weight after the other as long as that helps.
    fn climb(&self, mut weights: Vec<f32>) -> (Vec<f32>, f64) {
        let mut reached = if weights.is_empty() { 0.0 } else { self.best_of(&weights, 0, &weights[..1]).1 };
        for _ in 0..MAX_ROUNDS {
            let before = reached;
            for system in 0..weights.len() {
                let trials: Vec<f32> = match weights[system] {
                    0.0 => FIRST_WEIGHTS.to_vec(),
                    weight => FACTORS.iter().map(|factor| factor * weight).collect(),
                };
                let (weight, ndcg) = self.best_of(&weights, system, &trials);
                if ndcg > reached + LEAST_GAIN {
                    weights[system] = weight;
                    reached = ndcg;
                }
            }
            if reached <= before {
                break;
            }
        }
        (weights, reached)
    }

    /// Takes out every system whose absence costs nothing, such as one that a random start brought along; the last one stays.
    fn prune(&self, mut weights: Vec<f32>, reached: f64) -> Vec<f32> {
        for system in 0..weights.len() {
            let is_last = weights.iter().filter(|&&weight| weight > 0.0).count() == 1;
            if weights[system] > 0.0 && !is_last && self.best_of(&weights, system, &[0.0]).1 >= reached {
                weights[system] = 0.0;
            }
        }
        weights
    }

    /// The best weight for one system among `trials`, the others' staying as they are, and the mean NDCG@10 with it.
    fn best_of(&self, weights: &[f32], system: usize, trials: &[f32]) -> (f32, f64) {
        let per_query: Vec<Vec<f64>> =
            self.pools.queries.par_iter().map(|pool| self.ndcg_of_trials(pool, weights, system, trials)).collect();
        let n_queries = per_query.len().max(1) as f64;
        let means = (0..trials.len()).map(|trial| per_query.iter().map(|ndcg| ndcg[trial]).sum::<f64>() / n_queries);
        let scored = trials.iter().copied().zip(means);
        scored.reduce(|best, next| if next.1 > best.1 { next } else { best }).expect("there is something to try")
    }

    fn ndcg_of_trials(&self, pool: &Pool, weights: &[f32], system: usize, trials: &[f32]) -> Vec<f64> {
        let mut others = vec![0.0; pool.len()];
        for (other, &weight) in weights.iter().enumerate().filter(|&(other, _)| other != system) {
            pool.add(other, self.normalisation, weight, &mut others);
        }
        let mut sums = vec![0.0; pool.len()];
        let ndcg_of = |&trial: &f32| {
            sums.copy_from_slice(&others);
            pool.add(system, self.normalisation, trial, &mut sums);
            let places: Vec<usize> = pool.relevant.iter().map(|&at| n_ahead(&sums, at)).collect();
            ndcg_of_places(&places)
        };
        trials.iter().map(ndcg_of).collect()
    }
}
