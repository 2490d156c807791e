//! One training step of a fixed shape, to be timed beside other libraries.
//!
//! Towers 1024→512→256 and 512→512→256 with unit-norm outputs, 1,024 questions with 4 sampled negatives each,
//! BCE + in-batch InfoNCE with a learned scale, AdamW. It is made of the same towers, losses and optimizer as training.

use burn::module::{Module, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::optimizer::{EPSILON, adam_w};
use crate::fused::{candidate_products, unit_rows};
use crate::loss::{binary_cross_entropy, in_batch_info_nce};
use crate::model::{Tower, TowerShape};

const BATCH: usize = 1024;
const NEGATIVES: usize = 4;
const D_QUERY: usize = 1024;
const D_ITEM: usize = 512;
const D_HIDDEN: usize = 512;
const D_OUT: usize = 256;
/// Batches that take turns, as in the peer's script.
const N_BATCHES: usize = 4;

#[derive(Module, Debug)]
struct Towers {
    query: Tower,
    item: Tower,
    log_scale: Param<Tensor<1>>,
}

/// The towers, their optimizer and some random data.
pub struct ReferenceStep {
    towers: Towers,
    optimizer: ModuleOptimizer,
    batches: Vec<Batch>,
    /// `[BATCH, 1]` and `[BATCH, NEGATIVES]`: rows of each question's own positive and negatives
    own: [Tensor<2, Int>; 2],
    labels: Tensor<2>,
    n_done: usize,
}

#[derive(Clone)]
struct Batch {
    /// `[BATCH, D_QUERY]`
    queries: Tensor<2>,
    /// `[BATCH, D_ITEM]`
    positives: Tensor<2>,
    /// `[BATCH · NEGATIVES, D_ITEM]`
    negatives: Tensor<2>,
}

impl ReferenceStep {
    /// Random weights and data from `seed`.
    pub fn new(seed: u64) -> Self {
        let device = Device::flex().autodiff();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shape = |d_in| TowerShape { d_in, d_hidden: D_HIDDEN, d_out: D_OUT };
        let towers = Towers {
            query: Tower::random(shape(D_QUERY), &mut rng, &device),
            item: Tower::random(shape(D_ITEM), &mut rng, &device),
            log_scale: Param::from_tensor(Tensor::from_data([10f32.ln()], &device)),
        };
        let mut normal = |n: usize, d: usize| -> Tensor<2> {
            let values: Vec<f32> = (0..n * d).map(|_| standard_normal(&mut rng)).collect();
            Tensor::from_data(TensorData::new(values, [n, d]), &device)
        };
        let batches = (0..N_BATCHES).map(|_| Batch {
            queries: normal(BATCH, D_QUERY),
            positives: normal(BATCH, D_ITEM),
            negatives: normal(BATCH * NEGATIVES, D_ITEM),
        });
        let batches = batches.collect();
        let own = [1, NEGATIVES].map(|n| Tensor::arange(0..(BATCH * n) as i64, &device).reshape([BATCH, n]));
        let labels =
            (0..BATCH * (1 + NEGATIVES)).map(|at| if at % (1 + NEGATIVES) == 0 { 1.0f32 } else { 0.0 }).collect();
        Self {
            towers,
            optimizer: adam_w(0.01, EPSILON),
            batches,
            own,
            labels: Tensor::from_data(TensorData::new(labels, [BATCH, 1 + NEGATIVES]), &device),
            n_done: 0,
        }
    }

    /// Moves the weights once and returns the loss before.
    pub fn step(&mut self) -> f32 {
        let batch = self.batches[self.n_done % N_BATCHES].clone();
        self.n_done += 1;
        let loss = self.loss(batch);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.towers);
        self.towers = self.optimizer.step(1e-3, self.towers.clone(), gradients);
        loss.into_scalar()
    }

    fn loss(&self, batch: Batch) -> Tensor<1> {
        let queries = unit_rows(self.towers.query.forward(batch.queries));
        let positives = unit_rows(self.towers.item.forward(batch.positives));
        let negatives = unit_rows(self.towers.item.forward(batch.negatives));
        let scale = self.towers.log_scale.val().exp();
        let contrastive = in_batch_info_nce(queries.clone(), positives.clone(), scale.clone());
        let [own_positive, own_negatives] = self.own.clone();
        let positive_scores = candidate_products(queries.clone(), positives, own_positive);
        let negative_scores = candidate_products(queries, negatives, own_negatives);
        let scores = Tensor::cat(vec![positive_scores, negative_scores], 1) * scale.reshape([1, 1]);
        contrastive + binary_cross_entropy(scores, self.labels.clone())
    }
}

/// Box and Muller's transform.
fn standard_normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * rng.random_range(f32::MIN_POSITIVE..1.0).ln()).sqrt();
    radius * (std::f32::consts::TAU * rng.random::<f32>()).cos()
}
