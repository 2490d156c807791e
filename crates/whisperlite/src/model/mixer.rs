//! From what is known about a request, a person and an item to one score.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig, Relu};
use burn::tensor::{Device, Tensor};

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
}

impl Mixer {
    /// A mixer that leaves everything to the towers.
    pub fn new(config: &ModelConfig, device: &Device) -> Self {
        let linear = |d_in, d_out, bias| LinearConfig::new(d_in, d_out).with_bias(bias).init(device);
        let zero = |d_in: usize, d_out: usize| {
            let mut layer: Linear = linear(d_in, d_out, false);
            layer.weight = Param::from_tensor(Tensor::zeros([d_in, d_out], device));
            layer
        };
        Self {
            log_scale: Param::from_tensor(Tensor::from_data([config.initial_scale.ln()], device)),
            weights: Param::from_tensor(Tensor::zeros([1, N_FEATURES], device)),
            gates: zero(N_CONTEXT, N_FEATURES),
            hidden: linear(N_FEATURES, config.d_mixer, false),
            hidden_context: linear(N_CONTEXT, config.d_mixer, true),
            output: zero(config.d_mixer, 1),
        }
    }

    /// # Shapes
    /// - `products`: `[batch, n]`, the inner products `⟨q, v⟩`
    /// - `features`: `[batch, n, N_FEATURES]`, in units of their spread
    /// - `context`: `[batch, N_CONTEXT]`
    /// - returns `[batch, n]`
    pub fn forward(&self, products: Tensor<2>, features: Tensor<3>, context: Tensor<2>) -> Tensor<2> {
        let [batch, n, _] = features.dims();
        let scale = self.log_scale.val().exp().reshape([1, 1]);
        let weights = self.weights.val() + self.gates.forward(context.clone());
        let sum = features.clone().matmul(weights.reshape([batch, N_FEATURES, 1])).reshape([batch, n]);
        let from_context = self.hidden_context.forward(context).unsqueeze_dim::<3>(1);
        let hidden = Relu::new().forward(self.hidden.forward(features) + from_context);
        products * scale + sum + self.output.forward(hidden).reshape([batch, n])
    }
}
