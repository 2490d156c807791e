//! AdamW in one pass over the weights.
//!
//! The update as a chain of tensor operations reads and writes every weight a dozen times. Here each weight, its
//! gradient and its two moments are read once and written once, on all cores. The state and the formula are those of
//! burn's `AdamW`, so that a checkpoint of one goes on with the other.

use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;

use crate::fused::{Buffer, Values, tensor_of, values_of, vectorised};

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
/// What is added to the root of the second moment, for the model of a store.
pub(super) const EPSILON: f32 = 1e-5;
/// Weights that one thread moves at a time.
const CHUNK: usize = 8 * 1024;

/// AdamW (Loshchilov and Hutter, arXiv:1711.05101) with the usual decay rates of the moments.
pub(super) fn adam_w(weight_decay: f32, epsilon: f32) -> ModuleOptimizer {
    let config = AdamWConfig::new().with_beta_1(BETA_1).with_beta_2(BETA_2).with_epsilon(epsilon);
    ModuleOptimizer::from(FusedAdamW { plain: config.with_weight_decay(weight_decay).build(), weight_decay, epsilon })
}

/// The share of a step size that is left after a share `done` of the steps: from 1 to 0 along a cosine.
pub(super) fn cosine_fall(done: f64) -> f64 {
    0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
}

#[derive(Clone)]
struct FusedAdamW {
    /// For weights that do not lie on the CPU.
    plain: AdamW,
    weight_decay: f32,
    epsilon: f32,
}

impl Optimizer for FusedAdamW {
    type State<const D: usize> = AdamWState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        weights: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamWState<D>>,
    ) -> (Tensor<D>, Option<AdamWState<D>>) {
        let Some(now) = Weights::new(&weights, &gradient, state.as_ref()) else {
            return self.plain.step(lr, weights, gradient, state);
        };
        let time = 1 + state.as_ref().map_or(0, |state| state.momentum.time);
        let shape = weights.dims();
        // What the gradient and the old moments took serves the next step if nobody holds them any more.
        drop((weights, gradient, state));
        let [w, m, v] = Update::new(lr, self.weight_decay, self.epsilon, time).apply(&now).map(Buffer::into_vec);
        let momentum = AdaptiveMomentumState {
            time,
            moment_1: tensor_of(m, shape),
            moment_2: tensor_of(v, shape),
            max_moment_2: None,
        };
        (tensor_of(w, shape), Some(AdamWState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamWState<D>, device: &Device) -> AdamWState<D> {
        AdamW::to_device(state, device)
    }
}

/// Weights before a step, with their gradient and moments.
struct Weights {
    w: Values,
    g: Values,
    m: Values,
    v: Values,
}

impl Weights {
    /// None where they do not lie on the CPU.
    fn new<const D: usize>(weights: &Tensor<D>, gradient: &Tensor<D>, state: Option<&AdamWState<D>>) -> Option<Self> {
        let [m, v] = match state {
            Some(state) => [&state.momentum.moment_1, &state.momentum.moment_2].map(Tensor::clone),
            None => [weights.zeros_like(), weights.zeros_like()],
        };
        Some(Self {
            w: values_of(weights.clone())?,
            g: values_of(gradient.clone())?,
            m: values_of(m)?,
            v: values_of(v)?,
        })
    }
}

/// The factors of one step.
#[derive(Debug, Clone, Copy)]
struct Update {
    lr: f32,
    kept: f32,
    epsilon: f32,
    correction_1: f32,
    correction_2: f32,
}

impl Update {
    fn new(lr: f64, weight_decay: f32, epsilon: f32, time: usize) -> Self {
        Self {
            lr: lr as f32,
            kept: (1.0 - lr * f64::from(weight_decay)) as f32,
            epsilon,
            correction_1: 1.0 - BETA_1.powi(time as i32),
            correction_2: 1.0 - BETA_2.powi(time as i32),
        }
    }

    /// The weights and their two moments after the step.
    fn apply(self, now: &Weights) -> [Buffer; 3] {
        let [w, g, m, v] = [&now.w, &now.g, &now.m, &now.v].map(Values::as_slice);
        let mut moved = [w.len(); 3].map(Buffer::new);
        let [to_w, to_m, to_v] = moved.each_mut().map(|to| to.par_chunks_mut(CHUNK));
        let [w, g, m, v] = [w, g, m, v].map(|from| from.par_chunks(CHUNK));
        let chunks = to_w.zip(to_m.zip(to_v)).zip(w.zip(g).zip(m.zip(v)));
        chunks.for_each(|((w, (m, v)), ((old_w, g), (old_m, old_v)))| {
            vectorised(|| {
                w.copy_from_slice(old_w);
                m.copy_from_slice(old_m);
                v.copy_from_slice(old_v);
                self.apply_to_chunk(w, g, m, v);
            });
        });
        moved
    }

    /// Moves weights `w` by gradient `g`, and their moments `m` and `v`.
    #[inline(always)]
    fn apply_to_chunk(self, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
        for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            *m = *m * BETA_1 + g * (1.0 - BETA_1);
            *v = *v * BETA_2 + g * g * (1.0 - BETA_2);
            let delta = (*m / self.correction_1) / ((*v / self.correction_2).sqrt() + self.epsilon);
            *w = *w * self.kept - delta * self.lr;
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::module::{Module, Param};
    use burn::optim::GradientsParams;
    use burn::tensor::TensorData;

    use super::*;

    #[derive(Module, Debug)]
    struct Weights {
        matrix: Param<Tensor<2>>,
    }

    /// Thirty steps towards the minimum of `Σ (w − 1)²`, with another rate each.
    fn moved(mut optimizer: ModuleOptimizer) -> Vec<f32> {
        let device = Device::flex().autodiff();
        let values: Vec<f32> = (0..6).map(|n| n as f32 - 2.5).collect();
        let matrix = Tensor::from_data(TensorData::new(values, [2, 3]), &device);
        let mut weights = Weights { matrix: Param::from_tensor(matrix) };
        for step in 0..30 {
            let loss = (weights.matrix.val() - 1.0).square().sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &weights);
            weights = optimizer.step(0.1 / f64::from(1 + step), weights, gradients);
        }
        weights.matrix.val().into_data().try_into_vec().unwrap()
    }

    #[test]
    fn moves_as_the_plain_optimizer_does() {
        let plain = moved(AdamWConfig::new().with_weight_decay(0.1).with_epsilon(1e-5).init());
        let fused = moved(adam_w(0.1, 1e-5));
        for (fused, plain) in fused.iter().zip(&plain) {
            assert!((fused - plain).abs() < 1e-5, "{fused} is not {plain}");
        }
        assert!(plain[0] > -2.4, "nothing moved: {plain:?}");
    }
}
