//! From what is known about a request, a person and an item to one score.

use burn::module::{Module, Param};
use burn::nn::{Linear, Relu};
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::index::floats;

use super::tower::{Bias, random_linear, zero_linear};
use super::{ModelConfig, N_CONTEXT, N_FEATURES};

/// The mixer: `s = e^τ · ⟨q, v⟩ + (w + G c) · x + W₂ · relu(W₁ · [x, c])`.
///
/// `x` are the [`Feature`](super::Feature)s in units of their spread, `c` the query's context. The weights of
/// the features depend on the context (a known request trusts past choices, a long history trusts taste), and a small
/// perceptron sees what no sum can say, such as a match in words *and* in taste. All but `τ` is zero at birth: an
/// untrained model is the encoder's plain search.
#[derive(Module, Debug)]
pub struct Mixer {
    log_scale: Param<Tensor<1>>,
    weights: Param<Tensor<2>>,
    gates: Linear,
    hidden: Linear,
    hidden_context: Linear,
    output: Linear,
    interacts: bool,
}

impl Mixer {
    /// A mixer that leaves everything to the towers.
    pub fn new(config: &ModelConfig, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        Self {
            log_scale: Param::from_tensor(Tensor::from_data([config.initial_scale.ln()], device)),
            weights: Param::from_tensor(Tensor::zeros([1, N_FEATURES], device)),
            gates: zero_linear(N_CONTEXT, N_FEATURES, Bias::Absent, device),
            hidden: random_linear(N_FEATURES, config.d_mixer, Bias::Absent, rng, device),
            hidden_context: random_linear(N_CONTEXT, config.d_mixer, Bias::Learned, rng, device),
            output: zero_linear(config.d_mixer, 1, Bias::Absent, device),
            interacts: config.parts.interactions,
        }
    }

    /// # Shapes
    /// - `products`: `[batch, n]`, the inner products `⟨q, v⟩`
    /// - `features`: `[batch, N_FEATURES, n]`, in units of their spread
    /// - `context`: `[batch, N_CONTEXT]`
    /// - returns `[batch, n]`
    pub fn forward(&self, products: Tensor<2>, features: Tensor<3>, context: Tensor<2>) -> Tensor<2> {
        let [batch, n] = products.dims();
        let scale = self.log_scale.val().exp().reshape([1, 1]);
        let weights = self.weights.val() + self.gates.forward(context.clone());
        let sum = weights.unsqueeze_dim::<3>(1).matmul(features.clone()).reshape([batch, n]);
        let sum = products * scale + sum;
        if self.interacts { sum + self.interactions(features, context).reshape([batch, n]) } else { sum }
    }

    /// The weights as plain numbers.
    pub(super) fn to_weights(&self) -> MixerWeights {
        let d_mixer = if self.interacts { self.output.weight.dims()[0] } else { 0 };
        let bias = self.hidden_context.bias.as_ref().map_or_else(Vec::new, |bias| floats(bias.val()));
        let mut weights = MixerWeights {
            scale: floats(self.log_scale.val().exp())[0],
            weights: floats(self.weights.val()),
            gates: floats(self.gates.weight.val()),
            hidden: floats(self.hidden.weight.val()),
            hidden_context: floats(self.hidden_context.weight.val()),
            hidden_bias: bias,
            output: floats(self.output.weight.val()),
        };
        weights.output.truncate(d_mixer);
        weights
    }

    /// What no sum of features can say, `[batch, 1, n]`.
    fn interactions(&self, features: Tensor<3>, context: Tensor<2>) -> Tensor<3> {
        let from_context = self.hidden_context.forward(context).unsqueeze_dim::<3>(2);
        let from_features = transposed(&self.hidden).matmul(features);
        transposed(&self.output).matmul(Relu::new().forward(from_features + from_context))
    }
}

/// What a [`Mixer`] has learned.
#[derive(Debug)]
pub(super) struct MixerWeights {
    /// `e^τ`
    pub(super) scale: f32,
    /// `[N_FEATURES]`
    pub(super) weights: Vec<f32>,
    /// `[N_CONTEXT, N_FEATURES]`
    pub(super) gates: Vec<f32>,
    /// `[N_FEATURES, d_mixer]`
    pub(super) hidden: Vec<f32>,
    /// `[N_CONTEXT, d_mixer]`
    pub(super) hidden_context: Vec<f32>,
    /// `[d_mixer]`
    pub(super) hidden_bias: Vec<f32>,
    /// `[d_mixer]`; empty where nothing interacts.
    pub(super) output: Vec<f32>,
}

/// The weights of a layer for inputs that stand in columns, `[1, d_out, d_in]`.
fn transposed(layer: &Linear) -> Tensor<3> {
    layer.weight.val().transpose().unsqueeze_dim::<3>(0)
}
