//! Rows of length 1.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::node::Input;
use super::parallel::rows_per_block;
use super::vectors::{dot, vectorised};
use super::{Buffer, Gradients, Node, Values, try_node};

/// A shorter row is divided by this instead of by its length.
const SHORTEST: f32 = 1e-12;

/// Every row divided by its length.
///
/// # Shapes
/// - `x`: `[n, d]`
/// - returns `[n, d]`
pub(crate) fn unit_rows(x: Tensor<2>) -> Tensor<2> {
    let shape = x.dims();
    let fused = try_node([Input::from(x.clone())], |[x]| {
        let (output, lengths) = forward(x.as_slice(), x.columns());
        Node { output: output.into_vec(), shape: shape.to_vec(), state: Way { x: x.clone(), lengths } }
    });
    fused.unwrap_or_else(|| plain(x))
}

/// The same by tensor operations, on any device.
fn plain(x: Tensor<2>) -> Tensor<2> {
    let lengths = x.clone().square().sum_dim(1).sqrt().clamp_min(SHORTEST);
    x / lengths
}

/// The divided rows, and what each was divided by.
fn forward(x: &[f32], d: usize) -> (Buffer, Vec<f32>) {
    let (mut output, mut lengths) = (Buffer::new(x.len()), vec![0.0; x.len() / d]);
    let rows = rows_per_block(lengths.len());
    let blocks = output.par_chunks_mut(rows * d).zip(x.par_chunks(rows * d)).zip(lengths.par_chunks_mut(rows));
    blocks.for_each(|((output, x), lengths)| vectorised(|| divide(output, x, lengths)));
    (output, lengths)
}

#[inline(always)]
fn divide(output: &mut [f32], x: &[f32], lengths: &mut [f32]) {
    let d = x.len() / lengths.len();
    for ((output, x), length) in output.chunks_exact_mut(d).zip(x.chunks_exact(d)).zip(lengths) {
        *length = dot(x, x).sqrt().max(SHORTEST);
        let factor = 1.0 / *length;
        output.iter_mut().zip(x).for_each(|(output, x)| *output = x * factor);
    }
}

/// What the way back needs.
#[derive(Debug, Clone)]
struct Way {
    x: Values,
    /// `[n]`
    lengths: Vec<f32>,
}

impl Gradients<1> for Way {
    fn gradients(self, by_output: &[f32], _wanted: [bool; 1]) -> [Option<Vec<f32>>; 1] {
        let (x, d) = (self.x.as_slice(), self.x.columns());
        let mut gradient = Buffer::new(x.len());
        let rows = rows_per_block(self.lengths.len());
        let inputs = x.par_chunks(rows * d).zip(by_output.par_chunks(rows * d)).zip(self.lengths.par_chunks(rows));
        let blocks = gradient.par_chunks_mut(rows * d).zip(inputs);
        blocks.for_each(|(gradient, ((x, by_output), lengths))| {
            vectorised(|| gradient_by_x(gradient, x, by_output, lengths));
        });
        [Some(gradient.into_vec())]
    }
}

/// `(g − y ⟨g, y⟩) / length` for each row, with `y = x / length`.
#[inline(always)]
fn gradient_by_x(gradient: &mut [f32], x: &[f32], by_output: &[f32], lengths: &[f32]) {
    let d = x.len() / lengths.len();
    let rows = gradient.chunks_exact_mut(d).zip(x.chunks_exact(d)).zip(by_output.chunks_exact(d));
    for (((gradient, x), by_output), length) in rows.zip(lengths) {
        let factor = 1.0 / length;
        let along = dot(x, by_output) * factor * factor;
        let values = gradient.iter_mut().zip(x).zip(by_output);
        values.for_each(|((gradient, x), by_output)| *gradient = (by_output - x * along) * factor);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_same;
    use super::*;

    #[test]
    fn values_and_gradients_equal_those_of_tensor_operations() {
        assert_same([[600, 37]], |[x]| unit_rows(x), |[x]| plain(x));
    }

    #[test]
    fn a_row_of_zeros_stays_zero() {
        let (output, lengths) = forward(&[0.0, 0.0, 3.0, 4.0], 2);
        assert_eq!((&*output, &*lengths), (&[0.0, 0.0, 0.6, 0.8][..], &[SHORTEST, 5.0][..]));
    }
}
