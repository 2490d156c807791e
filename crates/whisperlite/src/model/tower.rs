//! The two-layer perceptron that both towers are built from.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig, Relu};
use burn::tensor::{Device, Tensor};

/// Widths of a [`Tower`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TowerShape {
    /// Width of the input.
    pub d_in: usize,
    /// Width of the hidden layer.
    pub d_hidden: usize,
    /// Width of the output.
    pub d_out: usize,
}

/// `x ↦ W₂ · relu(W₁ · x + b₁) + b₂`.
#[derive(Module, Debug)]
pub struct Tower {
    hidden: Linear,
    output: Linear,
}

impl Tower {
    /// A tower with random weights.
    pub fn random(shape: TowerShape, device: &Device) -> Self {
        Self {
            hidden: LinearConfig::new(shape.d_in, shape.d_hidden).init(device),
            output: LinearConfig::new(shape.d_hidden, shape.d_out).init(device),
        }
    }

    /// A tower whose output layer is zero: added to something, it changes nothing until it is trained.
    pub fn zero_at_birth(shape: TowerShape, device: &Device) -> Self {
        let mut tower = Self::random(shape, device);
        let TowerShape { d_hidden, d_out, .. } = shape;
        tower.output.weight = Param::from_tensor(Tensor::zeros([d_hidden, d_out], device));
        tower.output.bias = Some(Param::from_tensor(Tensor::zeros([d_out], device)));
        tower
    }

    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - returns `[n, d_out]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.output.forward(Relu::new().forward(self.hidden.forward(x)))
    }
}
