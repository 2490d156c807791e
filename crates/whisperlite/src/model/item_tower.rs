//! What an item is, as a vector.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Int, Tensor};

use super::{ModelConfig, Tower, TowerShape};

/// The item tower: `v = t + f(t, p) + m · W e`.
///
/// `t` is the frozen encoder's vector of the item's words, `p` the mean vector of the requests under which it was
/// chosen before, `f` a perceptron that is zero at birth, `e` the item's own learned part (zero at birth) and `m`
/// its mask: 0 for items that nobody chose yet, and for a share of the others in training.
#[derive(Module, Debug)]
pub struct ItemTower {
    refine: Tower,
    own: Param<Tensor<2>>,
    own_out: Linear,
}

/// The frozen inputs of a set of items.
#[derive(Debug, Clone)]
pub struct ItemInputs {
    /// `[n]`: indices of the items in the catalog.
    pub items: Tensor<1, Int>,
    /// `[n, d]`: encoder vectors of the items' words.
    pub text: Tensor<2>,
    /// `[n, d]`: mean vectors of past requests; zero where there are none.
    pub past_requests: Tensor<2>,
    /// `[n, 1]`: 1 where the learned part counts, 0 where it is left out.
    pub own_mask: Tensor<2>,
}

impl ItemTower {
    /// A tower for `n_items` items over `d`-dimensional encoder vectors.
    pub fn new(config: &ModelConfig, n_items: usize, d: usize, device: &Device) -> Self {
        let shape = TowerShape { d_in: 2 * d, d_hidden: config.d_hidden, d_out: d };
        Self {
            refine: Tower::zero_at_birth(shape, device),
            own: Param::from_tensor(Tensor::zeros([n_items, config.d_item_part], device)),
            own_out: LinearConfig::new(config.d_item_part, d).with_bias(false).init(device),
        }
    }

    /// # Shapes
    /// - `inputs`: `n` items
    /// - returns `[n, d]`
    pub fn forward(&self, inputs: &ItemInputs) -> Tensor<2> {
        let both = Tensor::cat(vec![inputs.text.clone(), inputs.past_requests.clone()], 1);
        let own = self.own_out.forward(self.own.val().select(0, inputs.items.clone()));
        inputs.text.clone() + self.refine.forward(both) + own * inputs.own_mask.clone()
    }
}
