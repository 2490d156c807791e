//! What a person means by a request, as a vector.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::{sigmoid, softmax, softplus};
use burn::tensor::{Device, Distribution, Tensor};

use super::{ModelConfig, N_CONTEXT};
use crate::loss::EXCLUDED;

/// The query tower: `q = r + g(c) · W_o · Σ_h a_h · t_h`.
///
/// `r` is the frozen encoder's vector of the request (zero without words) and `t_h` those of the person's past items.
/// Each head's attention `a` compares the request with a past item and the request it was chosen under, and fades with
/// the item's age; `g` is a gate between words and taste that sees the query's context `c`; `W_o` is zero at birth. The
/// taste has no bias, so an empty history leaves exactly the request.
#[derive(Module, Debug)]
pub struct QueryTower {
    asks: Linear,
    item_keys: Linear,
    request_keys: Linear,
    fading: Param<Tensor<2>>,
    taste: Linear,
    gate: Linear,
    n_heads: usize,
}

/// The frozen inputs of a batch of queries.
#[derive(Debug, Clone)]
pub struct QueryInputs {
    /// `[batch, d]`: encoder vectors of the requests; zero where there are no words.
    pub request: Tensor<2>,
    /// `[batch, N_CONTEXT]`: what is known about the query, see [`Context`](super::Context).
    pub context: Tensor<2>,
    /// The people's histories; absent where nobody in the batch has one.
    pub history: Option<HistoryInputs>,
}

/// Padded histories, newest first.
#[derive(Debug, Clone)]
pub struct HistoryInputs {
    /// `[batch, len, d]`: encoder vectors of the past items.
    pub items: Tensor<3>,
    /// `[batch, len, d]`: encoder vectors of the requests they were chosen under; zero without words.
    pub requests: Tensor<3>,
    /// `[batch, len]`: `ln(1 + place)`, place 0 is the newest.
    pub age: Tensor<2>,
    /// `[batch, len]`: 1 for events, 0 for padding.
    pub mask: Tensor<2>,
}

impl QueryTower {
    /// A tower over `d`-dimensional encoder vectors.
    pub fn new(config: &ModelConfig, d: usize, device: &Device) -> Self {
        let keys = config.n_heads * config.d_head;
        let linear = |d_in, d_out, bias| LinearConfig::new(d_in, d_out).with_bias(bias).init(device);
        let mut taste = linear(config.n_heads * d, d, false);
        taste.weight = Param::from_tensor(Tensor::zeros([config.n_heads * d, d], device));
        // Heads begin with different half-lives, so that one can read the last minutes and one the whole past.
        let fading = Tensor::random([1, config.n_heads], Distribution::Uniform(-1.0, 1.0), device);
        Self {
            asks: linear(d, keys, true),
            item_keys: linear(d, keys, false),
            request_keys: linear(d, keys, false),
            fading: Param::from_tensor(fading),
            taste,
            gate: linear(N_CONTEXT, 1, true),
            n_heads: config.n_heads,
        }
    }

    /// # Shapes
    /// - `inputs`: a batch of queries
    /// - returns `[batch, d]`
    pub fn forward(&self, inputs: &QueryInputs) -> Tensor<2> {
        let Some(history) = &inputs.history else { return inputs.request.clone() };
        let gate = sigmoid(self.gate.forward(inputs.context.clone()));
        inputs.request.clone() + gate * self.taste.forward(self.read(&inputs.request, history))
    }

    /// What each head reads in the history, `[batch, n_heads · d]`; zero where the history is empty.
    fn read(&self, request: &Tensor<2>, history: &HistoryInputs) -> Tensor<2> {
        let [batch, len, d] = history.items.dims();
        let heads = self.n_heads;
        let asks = self.asks.forward(request.clone()).reshape([batch, heads, 1, 0]);
        let keys = self.item_keys.forward(history.items.clone()) + self.request_keys.forward(history.requests.clone());
        let keys: Tensor<4> = keys.reshape([batch, len, heads, 0]).swap_dims(1, 2);
        let width = keys.dims()[3] as f32;
        let fits = asks.matmul(keys.swap_dims(2, 3)).reshape([batch, heads, len]) / width.sqrt();
        let fading = softplus(self.fading.val(), 1.0).reshape([1, heads, 1]);
        let fits = fits - fading * history.age.clone().reshape([batch, 1, len]);
        let mask = history.mask.clone().reshape([batch, 1, len]);
        let padding = (mask.clone().neg() + 1.0) * EXCLUDED;
        let attention = softmax(fits + padding, 2) * mask;
        attention.matmul(history.items.clone()).reshape([batch, heads * d])
    }
}
