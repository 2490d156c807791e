//! The two-layer perceptron that both towers are built from.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig, Relu};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

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
    pub fn random(shape: TowerShape, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        Self {
            hidden: random_linear(shape.d_in, shape.d_hidden, Bias::Learned, rng, device),
            output: random_linear(shape.d_hidden, shape.d_out, Bias::Learned, rng, device),
        }
    }

    /// A tower whose output layer is zero: added to something, it changes nothing until it is trained.
    pub fn zero_at_birth(shape: TowerShape, rng: &mut ChaCha8Rng, device: &Device) -> Self {
        Self {
            hidden: random_linear(shape.d_in, shape.d_hidden, Bias::Learned, rng, device),
            output: zero_linear(shape.d_hidden, shape.d_out, Bias::Learned, device),
        }
    }

    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - returns `[n, d_out]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.output.forward(Relu::new().forward(self.hidden.forward(x)))
    }
}

/// Whether a layer adds something of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bias {
    /// Zero at birth, then learned.
    Learned,
    /// None: zero in, zero out.
    Absent,
}

/// A layer with weights uniform in `±1/√d_in`. All randomness comes from `rng`, so that one seed gives one network.
pub(super) fn random_linear(d_in: usize, d_out: usize, bias: Bias, rng: &mut ChaCha8Rng, device: &Device) -> Linear {
    let bound = 1.0 / (d_in as f32).sqrt();
    let weights = (0..d_in * d_out).map(|_| rng.random_range(-bound..bound)).collect();
    linear(TensorData::new(weights, [d_in, d_out]), bias, device)
}

/// A layer that gives zero for everything.
pub(super) fn zero_linear(d_in: usize, d_out: usize, bias: Bias, device: &Device) -> Linear {
    linear(TensorData::new(vec![0.0f32; d_in * d_out], [d_in, d_out]), bias, device)
}

fn linear(weights: TensorData, bias: Bias, device: &Device) -> Linear {
    let [d_in, d_out] = weights.shape().dims();
    let mut layer = LinearConfig::new(d_in, d_out).with_bias(bias == Bias::Learned).init(device);
    layer.weight = Param::from_tensor(Tensor::from_data(weights, device));
    layer.bias = layer.bias.map(|_| Param::from_tensor(Tensor::zeros([d_out], device)));
    layer
}
