//! One training step of a fixed shape, to be timed beside other libraries.
//!
//! Towers 1024→512→256 and 512→512→256 with unit-norm outputs, 1,024 questions with 4 sampled negatives each,
//! BCE + in-batch InfoNCE with a learned scale, AdamW. It is made of the same towers, losses and optimizer as training.

use burn::module::{Module, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::optimizer::adam_w;
use crate::loss::{binary_cross_entropy, info_nce};
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
    batches: Vec<(Tensor<2>, Tensor<2>)>,
    diagonal: Tensor<1, Int>,
    labels: Tensor<2>,
    n_done: usize,
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
        let batches =
            (0..N_BATCHES).map(|_| (normal(BATCH, D_QUERY), normal(BATCH * (1 + NEGATIVES), D_ITEM))).collect();
        let labels =
            (0..BATCH * (1 + NEGATIVES)).map(|at| if at % (1 + NEGATIVES) == 0 { 1.0f32 } else { 0.0 }).collect();
        Self {
            towers,
            optimizer: adam_w(0.01),
            batches,
            diagonal: Tensor::arange(0..BATCH as i64, &device),
            labels: Tensor::from_data(TensorData::new(labels, [BATCH, 1 + NEGATIVES]), &device),
            n_done: 0,
        }
    }

    /// Moves the weights once and returns the loss before.
    pub fn step(&mut self) -> f32 {
        let (queries, items) = self.batches[self.n_done % N_BATCHES].clone();
        self.n_done += 1;
        let loss = self.loss(queries, items);
        let gradients = GradientsParams::from_grads(loss.backward(), &self.towers);
        self.towers = self.optimizer.step(1e-3, self.towers.clone(), gradients);
        loss.into_scalar()
    }

    /// # Shapes
    /// `queries`: `[BATCH, D_QUERY]`, `items`: `[BATCH · (1 + NEGATIVES), D_ITEM]`, the positives first.
    fn loss(&self, queries: Tensor<2>, items: Tensor<2>) -> Tensor<1> {
        let queries = to_unit_length(self.towers.query.forward(queries));
        let items = to_unit_length(self.towers.item.forward(items));
        let positives = items.clone().slice(0..BATCH);
        let negatives = items.slice(BATCH..BATCH * (1 + NEGATIVES)).reshape([BATCH, NEGATIVES, D_OUT]);
        let scale = self.towers.log_scale.val().exp().reshape([1, 1]);
        let scaled = queries.clone() * scale.clone();
        let contrastive = info_nce(scaled.matmul(positives.clone().transpose()), self.diagonal.clone());
        let positive_scores = (queries.clone() * positives).sum_dim(1);
        let negative_scores = (negatives * queries.reshape([BATCH, 1, D_OUT])).sum_dim(2).reshape([BATCH, NEGATIVES]);
        let scores = Tensor::cat(vec![positive_scores, negative_scores], 1) * scale;
        contrastive + binary_cross_entropy(scores, self.labels.clone())
    }
}

fn to_unit_length(rows: Tensor<2>) -> Tensor<2> {
    let length = rows.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
    rows / length
}

/// Box and Muller's transform.
fn standard_normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * rng.random_range(f32::MIN_POSITIVE..1.0).ln()).sqrt();
    radius * (std::f32::consts::TAU * rng.random::<f32>()).cos()
}
