//! How a hand-written part is compared with its plain twin.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Checks that two forms of a part give the same output for random matrices of these shapes, and the same gradients of a
/// weighted sum of the output.
pub(crate) fn assert_same<const N: usize, const D: usize>(
    shapes: [[usize; 2]; N],
    fused: impl Fn([Tensor<2>; N]) -> Tensor<D>,
    plain: impl Fn([Tensor<2>; N]) -> Tensor<D>,
) {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let inputs = shapes.map(|[n, d]| (0..n * d).map(|_| rng.random_range(-1.0..1.0)).collect::<Vec<f32>>());
    let inputs: [TensorData; N] = std::array::from_fn(|at| TensorData::new(inputs[at].clone(), shapes[at]));
    let (fused, plain) = (walk(&inputs, fused), walk(&inputs, plain));
    for (fused, plain) in fused.iter().zip(&plain) {
        assert_eq!(fused.len(), plain.len());
        let largest = plain.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 0.0, "nothing is compared with nothing");
        for (fused, plain) in fused.iter().zip(plain) {
            assert!((fused - plain).abs() <= 1e-5 * largest, "{fused} is not {plain}");
        }
    }
}

/// The output, and the gradients by all inputs of a weighted sum of it.
fn walk<const N: usize, const D: usize>(
    inputs: &[TensorData; N],
    forward: impl Fn([Tensor<2>; N]) -> Tensor<D>,
) -> Vec<Vec<f32>> {
    let device = Device::flex().autodiff();
    let inputs = inputs.clone().map(|data| Tensor::<2>::from_data(data, &device).require_grad());
    let output = forward(inputs.clone());
    let weights: Vec<f32> = (0..output.shape().num_elements()).map(|n| (n % 11) as f32 - 4.5).collect();
    let weights = Tensor::from_data(TensorData::new(weights, output.dims()), &device);
    let gradients = (output.clone() * weights).sum().backward();
    let by_inputs = inputs.map(|input| vec_of(input.grad(&gradients).expect("all inputs are in the graph")));
    std::iter::once(vec_of(output)).chain(by_inputs).collect()
}

fn vec_of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("f32 on the CPU")
}
