//! Means with their 95 % percentile interval, from a bootstrap over clusters.
//!
//! A resample draws as many clusters as there are, with replacement; its mean is the sum of the drawn clusters' values
//! over the number of their queries (a ratio: people with many queries weigh as much as in the mean itself). All columns
//! (system × metric) share the draws, which costs one set of random numbers instead of hundreds and makes the
//! difference of two columns a paired one.
//!
//! Most per-query values of a retrieval metric are 0, so only a column's non-zero cluster sums are walked, eight
//! resamples side by side.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Clusters, Resampling, StatisticsError, check_values};

/// A mean, or a difference of means, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Over all queries.
    pub mean: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end of the 95 % interval.
    pub high: f64,
}

/// The means of several columns of per-query values, and what they would have been with other people.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    means: Vec<f64>,
    /// `[n_columns][n_bootstrap]`
    replicates: Vec<Vec<f64>>,
}

impl Bootstrap {
    /// Resamples all columns together.
    ///
    /// # Shapes
    /// Each of `columns`: `[n_queries]`, in the query order of `clusters`.
    ///
    /// # Errors
    /// If there are no queries or no resamples, or a column has the wrong length or a value that is not finite.
    pub fn new(columns: &[Vec<f64>], clusters: &Clusters, resampling: &Resampling) -> Result<Self, StatisticsError> {
        if resampling.n_bootstrap == 0 {
            return Err(StatisticsError::NoResamples { setting: "n_bootstrap" });
        }
        columns.iter().try_for_each(|column| check_values(column, clusters))?;
        let n_queries = clusters.n_queries() as f64;
        let means = columns.iter().map(|column| column.iter().sum::<f64>() / n_queries).collect();
        let sums: Vec<SparseSums> = columns.iter().map(|column| SparseSums::new(column, clusters)).collect();
        let n_blocks = resampling.n_bootstrap.div_ceil(LANES) as u64;
        let blocks: Vec<Vec<[f64; LANES]>> =
            (0..n_blocks).into_par_iter().map(|block| block_means(&sums, clusters, resampling.seed, block)).collect();
        let replicate = |column: usize| {
            let lanes = blocks.iter().flat_map(|block| block[column]);
            lanes.take(resampling.n_bootstrap).collect()
        };
        Ok(Self { means, replicates: (0..columns.len()).map(replicate).collect() })
    }

    /// Mean and interval of one column, by its position.
    pub fn estimate(&self, column: usize) -> Estimate {
        percentile_interval(self.means[column], self.replicates[column].clone())
    }

    /// Mean and interval of column `a` minus column `b`, query by query.
    pub fn difference(&self, a: usize, b: usize) -> Estimate {
        let pairs = self.replicates[a].iter().zip(&self.replicates[b]);
        percentile_interval(self.means[a] - self.means[b], pairs.map(|(a, b)| a - b).collect())
    }
}

/// Resamples side by side: one cache line of weights per cluster.
const LANES: usize = 8;

/// The cluster sums of one column that are not zero.
struct SparseSums {
    entries: Vec<(u32, f64)>,
}

impl SparseSums {
    fn new(column: &[f64], clusters: &Clusters) -> Self {
        let sums = clusters.sums(column.iter().copied());
        Self { entries: (0..).zip(sums).filter(|&(_, sum)| sum != 0.0).collect() }
    }

    /// The column's sum over all drawn clusters, in each resample of the block.
    fn weighted(&self, weights: &[[f64; LANES]]) -> [f64; LANES] {
        let mut total = [0.0; LANES];
        for &(cluster, sum) in &self.entries {
            let weight = &weights[cluster as usize];
            for lane in 0..LANES {
                total[lane] += weight[lane] * sum;
            }
        }
        total
    }
}

/// The mean of every column in each of eight resamples: `[n_columns][LANES]`.
fn block_means(columns: &[SparseSums], clusters: &Clusters, seed: u64, block: u64) -> Vec<[f64; LANES]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(block);
    let n_clusters = clusters.n_clusters() as u32;
    // How often each cluster was drawn: `[n_clusters][LANES]`.
    let mut weights = vec![[0.0; LANES]; n_clusters as usize];
    let mut n_queries = [0.0; LANES];
    for lane in 0..LANES {
        for _ in 0..n_clusters {
            let drawn = rng.random_range(0..n_clusters) as usize;
            weights[drawn][lane] += 1.0;
            n_queries[lane] += f64::from(clusters.sizes()[drawn]);
        }
    }
    let mean = |column: &SparseSums| {
        let total = column.weighted(&weights);
        std::array::from_fn(|lane| total[lane] / n_queries[lane])
    };
    columns.iter().map(mean).collect()
}

fn percentile_interval(mean: f64, mut replicates: Vec<f64>) -> Estimate {
    replicates.sort_unstable_by(f64::total_cmp);
    Estimate { mean, low: quantile(&replicates, 0.025), high: quantile(&replicates, 0.975) }
}

/// Quantile of ascending values, linear between neighbours.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}
