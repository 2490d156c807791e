//! The moving average of the weights, which is what is measured and kept.
//!
//! Single steps are noisy; their average is a better model than the last step (Polyak and Juditsky 1992) at no cost in
//! scoring.

use std::collections::VecDeque;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;

/// `decay · average + (1 − decay) · module`, weight by weight; both have the same shape.
pub(super) fn averaged<M: Module>(average: M, module: &M, decay: f32) -> M {
    let mut weights = Weights::default();
    module.visit(&mut weights);
    average.map(&mut Averaging { weights, decay })
}

/// All weights in the order of the visit, flat.
#[derive(Default)]
struct Weights(VecDeque<Tensor<1>>);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let weights = param.val();
        let n = weights.shape().num_elements();
        self.0.push_back(weights.reshape([n]));
    }
}

struct Averaging {
    weights: Weights,
    decay: f32,
}

impl ModuleMapper for Averaging {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let new = self.weights.0.pop_front().expect("both have the same weights");
        param.map(|old| {
            let shape = old.dims();
            old * self.decay + new.reshape(shape) * (1.0 - self.decay)
        })
    }
}
