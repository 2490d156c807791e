//! What a person means by a request, as a vector.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::{sigmoid, softmax, softplus};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::tower::{Bias, random_linear, zero_linear};
use super::{ModelConfig, N_CONTEXT, Vectors};
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
    d_head: usize,
    request_attention: bool,
}

/// The frozen inputs of a batch of queries.
#[derive(Debug, Clone)]
pub struct QueryInputs {
    /// `[batch, d]`: encoder vectors of the requests; zero where there are no words.
    pub request: Tensor<2>,
    /// `[batch, N_CONTEXT]`: what is known about the query, in the order of `Ask`'s context.
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
    pub fn new(config: &ModelConfig, d: usize, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let keys = config.n_heads * config.d_head;
        // Heads begin with different half-lives, so that one can read the last minutes and one the whole past.
        let fading: Vec<f32> = (0..config.n_heads).map(|head| head as f32 - 1.0).collect();
        Self {
            asks: random_linear(d, keys, Bias::Learned, rng, device),
            item_keys: random_linear(d, keys, Bias::Absent, rng, device),
            request_keys: random_linear(d, keys, Bias::Absent, rng, device),
            fading: Param::from_tensor(Tensor::from_data(TensorData::new(fading, [1, config.n_heads]), device)),
            taste: zero_linear(config.n_heads * d, d, Bias::Absent, device),
            gate: zero_linear(N_CONTEXT, 1, Bias::Learned, device),
            n_heads: config.n_heads,
            d_head: config.d_head,
            request_attention: config.parts.request_attention,
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
        let (heads, d_head) = (self.n_heads, self.d_head);
        let request = if self.request_attention { request.clone() } else { request.zeros_like() };
        let asks = self.asks.forward(request).reshape([batch, heads, 1, d_head]);
        let keys = self.item_keys.forward(history.items.clone()) + self.request_keys.forward(history.requests.clone());
        let keys: Tensor<4> = keys.reshape([batch, len, heads, d_head]).swap_dims(1, 2);
        let fits = asks.matmul(keys.swap_dims(2, 3)).reshape([batch, heads, len]) / (d_head as f32).sqrt();
        let fading = softplus(self.fading.val(), 1.0).reshape([1, heads, 1]);
        let fits = fits - fading * history.age.clone().reshape([batch, 1, len]);
        let mask = history.mask.clone().reshape([batch, 1, len]);
        let padding = (mask.clone().neg() + 1.0) * EXCLUDED;
        let attention = softmax(fits + padding, 2) * mask;
        attention.matmul(history.items.clone()).reshape([batch, heads * d])
    }
}

impl HistoryInputs {
    /// Gathers the newest `max_len` entries of each history, (item, request) newest first; `None` if all are empty.
    ///
    /// `item` gives an item's vector, `[d]`; those of the requests are among `vectors`.
    pub fn new<'v>(
        vectors: &Vectors,
        item: impl Fn(u32) -> &'v [f32],
        histories: &[&[(u32, Option<u32>)]],
        max_len: usize,
        device: &Device,
    ) -> Option<Self> {
        let (batch, d) = (histories.len(), vectors.dim());
        let len = histories.iter().map(|history| history.len().min(max_len)).max().filter(|&len| len > 0)?;
        let (mut items, mut requests) = (vec![0.0; batch * len * d], vec![0.0; batch * len * d]);
        let (mut age, mut mask) = (vec![0.0; batch * len], vec![0.0; batch * len]);
        for (row, history) in histories.iter().enumerate() {
            for (place, &(item_idx, request)) in history.iter().take(len).enumerate() {
                let at = row * len + place;
                items[at * d..][..d].copy_from_slice(item(item_idx));
                if let Some(request) = request {
                    requests[at * d..][..d].copy_from_slice(vectors.request(request));
                }
                age[at] = (place as f32).ln_1p();
                mask[at] = 1.0;
            }
        }
        let cube = |values| Tensor::from_data(TensorData::new(values, [batch, len, d]), device);
        let table = |values| Tensor::from_data(TensorData::new(values, [batch, len]), device);
        Some(Self { items: cube(items), requests: cube(requests), age: table(age), mask: table(mask) })
    }
}
