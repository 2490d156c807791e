//! The two-layer perceptron that both towers are built from.

use burn::module::{Module, Param};
use burn::nn::{Linear, LinearConfig, Relu};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::fused::perceptron;

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

    /// Width of the input.
    pub(super) fn d_in(&self) -> usize {
        self.hidden.weight.dims()[0]
    }

    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - returns `[n, d_out]`
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let (Some(b_1), Some(b_2)) = (&self.hidden.bias, &self.output.bias) else { return self.plain(x) };
        let weights = [self.hidden.weight.val(), self.output.weight.val()];
        perceptron(x.clone(), weights, [b_1.val(), b_2.val()]).unwrap_or_else(|| self.plain(x))
    }

    /// The same by tensor operations, on any device.
    fn plain(&self, x: Tensor<2>) -> Tensor<2> {
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

#[cfg(test)]
mod tests {
    use burn::optim::GradientsParams;
    use rand::SeedableRng;

    use super::*;

    const SHAPE: TowerShape = TowerShape { d_in: 5, d_hidden: 7, d_out: 3 };
    /// More rows than one block of the hand-written form.
    const ROWS: usize = 600;

    /// The output, and the gradients of all weights and of the input, of a weighted sum of the output.
    fn walk(tower: &Tower, x: &[f32], forward: impl Fn(&Tower, Tensor<2>) -> Tensor<2>) -> Vec<Vec<f32>> {
        let device = Device::flex().autodiff();
        let x = Tensor::<2>::from_data(TensorData::new(x.to_vec(), [ROWS, SHAPE.d_in]), &device).require_grad();
        let output = forward(tower, x.clone());
        let weights: Vec<f32> = (0..ROWS * SHAPE.d_out).map(|n| (n % 11) as f32 - 5.0).collect();
        let weights = Tensor::from_data(TensorData::new(weights, [ROWS, SHAPE.d_out]), &device);
        let mut gradients = (output.clone() * weights).sum().backward();
        let by_x = x.grad(&gradients).expect("the input is in the graph");
        let mut found = vec![vec_of(output), vec_of(by_x)];
        let mut of = GradientsParams::from_module(&mut gradients, tower);
        for layer in [&tower.hidden, &tower.output] {
            found.push(vec_of(of.remove::<2>(layer.weight.id).expect("weights have a gradient")));
            let bias = layer.bias.as_ref().expect("a tower has biases");
            found.push(vec_of(of.remove::<1>(bias.id).expect("biases have a gradient")));
        }
        found
    }

    fn vec_of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    #[test]
    fn values_and_gradients_equal_those_of_tensor_operations() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let tower = Tower::random(SHAPE, &mut rng, &Device::flex().autodiff());
        let x: Vec<f32> = (0..ROWS * SHAPE.d_in).map(|_| rng.random_range(-1.0..1.0)).collect();
        let (fused, plain) = (walk(&tower, &x, Tower::forward), walk(&tower, &x, Tower::plain));
        for (fused, plain) in fused.iter().zip(&plain) {
            assert_eq!(fused.len(), plain.len());
            let largest = plain.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            for (fused, plain) in fused.iter().zip(plain) {
                assert!((fused - plain).abs() <= 1e-5 * largest, "{fused} is not {plain}");
            }
        }
    }
}
