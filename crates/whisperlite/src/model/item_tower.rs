//! What an item is, as a vector.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Int, Tensor, TensorData};

use rand_chacha::ChaCha8Rng;

use super::tower::{Bias, random_linear};
use super::{InputShape, ModelConfig, Parts, Tower, TowerShape, Vectors};

/// The item tower: `v = b + f(t, g, p) + m · W e`.
///
/// `t` and `g` are the frozen encoder's vectors of the item's words and of its picture (`g` only where the store has
/// pictures), `b` the middle of them, `p` the mean vector of the requests under which the item was chosen before, `f` a
/// perceptron that is zero at birth, `e` the item's own learned part (zero at birth) and `m` its mask: 0 for items that
/// nobody chose yet, and for a share of the others in training.
#[derive(Module, Debug)]
pub struct ItemTower {
    refine: Tower,
    pub(super) own: Param<Tensor<2>>,
    own_out: Linear,
}

/// The frozen inputs of a set of items.
#[derive(Debug, Clone)]
pub struct ItemInputs {
    /// `[n]`: indices of the items in the catalog.
    pub items: Tensor<1, Int>,
    /// `[n, d]`: encoder vectors of the items as a whole.
    pub frozen: Tensor<2>,
    /// `[n, n_views · d]`: those of their words and, where there are any, of their pictures, side by side.
    pub views: Tensor<2>,
    /// `[n, d]`: mean vectors of past requests; zero where there are none.
    pub past_requests: Tensor<2>,
    /// `[n, 1]`: 1 where the learned part counts, 0 where it is left out.
    pub own_mask: Tensor<2>,
}

impl ItemTower {
    /// A tower for the items of `inputs`.
    pub fn new(config: &ModelConfig, inputs: &InputShape, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        let &InputShape { n_items, n_views, d } = inputs;
        let shape = TowerShape { d_in: (n_views + 1) * d, d_hidden: config.d_hidden, d_out: d };
        Self {
            refine: Tower::zero_at_birth(shape, rng, device),
            own: Param::from_tensor(Tensor::zeros([n_items, config.d_item_part], device)),
            own_out: random_linear(config.d_item_part, d, Bias::Absent, rng, device),
        }
    }

    /// What the tower takes in.
    pub(super) fn inputs(&self) -> InputShape {
        let ([n_items, _], [_, d]) = (self.own.dims(), self.own_out.weight.dims());
        InputShape { n_items, n_views: self.refine.d_in() / d - 1, d }
    }

    /// # Shapes
    /// - `inputs`: `n` items
    /// - returns `[n, d]`
    pub fn forward(&self, inputs: &ItemInputs) -> Tensor<2> {
        let known = Tensor::cat(vec![inputs.views.clone(), inputs.past_requests.clone()], 1);
        let own = self.own_out.forward(self.own.val().select(0, inputs.items.clone()));
        inputs.frozen.clone() + self.refine.forward(known) + own * inputs.own_mask.clone()
    }
}

impl ItemInputs {
    /// Gathers the frozen inputs of `items`.
    ///
    /// `past` gives an item's mean past request, `[d]`, if it has one; `has_own` says whose learned part counts.
    pub fn new<'p>(
        vectors: &Vectors,
        items: &[u32],
        past: impl Fn(u32) -> Option<&'p [f32]>,
        has_own: impl Fn(u32) -> bool,
        parts: &Parts,
        device: &Device,
    ) -> Self {
        let (n, d) = (items.len(), vectors.dim());
        let (mut frozen, mut views) = (Vec::with_capacity(n * d), Vec::with_capacity(n * vectors.n_views() * d));
        let mut past_requests = vec![0.0; n * d];
        for (&item, row) in items.iter().zip(past_requests.chunks_exact_mut(d)) {
            frozen.extend_from_slice(vectors.item(item));
            vectors.write_views(item, &mut views);
            if let Some(vector) = past(item).filter(|_| parts.past_requests) {
                row.copy_from_slice(vector);
            }
        }
        let own_mask = items.iter().map(|&item| if parts.item_part && has_own(item) { 1.0f32 } else { 0.0 }).collect();
        let indices = items.iter().map(|&item| item as i32).collect();
        Self {
            items: Tensor::from_data(TensorData::new(indices, [n]), device),
            frozen: Tensor::from_data(TensorData::new(frozen, [n, d]), device),
            views: Tensor::from_data(TensorData::new(views, [n, vectors.n_views() * d]), device),
            past_requests: Tensor::from_data(TensorData::new(past_requests, [n, d]), device),
            own_mask: Tensor::from_data(TensorData::new(own_mask, [n, 1]), device),
        }
    }
}
