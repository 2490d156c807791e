//! Two layers with ReLU between them, block by block.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::node::Input;
use super::parallel::{by_blocks, by_panels, column_sums, group_sums, rows_per_block, total};
use super::vectors::{add_scaled, vectorised};
use super::{Buffer, Gradients, Matrix, Node, Values, product, try_node};

/// `relu(x · W₁ + b₁) · W₂ + b₂`; none where the inputs do not lie on the CPU.
///
/// # Shapes
/// - `x`: `[n, d_in]`, `weights`: `[d_in, d_hidden]` and `[d_hidden, d_out]`, `biases`: `[d_hidden]` and `[d_out]`
/// - returns `[n, d_out]`
pub(crate) fn perceptron(x: Tensor<2>, weights: [Tensor<2>; 2], biases: [Tensor<1>; 2]) -> Option<Tensor<2>> {
    let ([w_1, w_2], [b_1, b_2]) = (weights, biases);
    let inputs = [Input::from(x), Input::from(w_1), Input::from(b_1), Input::from(w_2), Input::from(b_2)];
    try_node(inputs, |[x, w_1, b_1, w_2, b_2]| {
        let (hidden, output) = forward(x, [w_1, w_2], [b_1, b_2]);
        let shape = vec![output.len() / w_2.columns(), w_2.columns()];
        let state = Way { x: x.clone(), w_1: w_1.clone(), w_2: w_2.clone(), hidden };
        Node { output: output.into_vec(), shape, state }
    })
}

/// The hidden layer after ReLU, and the output.
fn forward(x: &Values, [w_1, w_2]: [&Values; 2], [b_1, b_2]: [&Values; 2]) -> (Buffer, Buffer) {
    let [x, w_1, w_2] = [x, w_1, w_2].map(|values| Matrix::new(values.as_slice(), values.columns()));
    let (b_1, b_2) = (b_1.as_slice(), b_2.as_slice());
    let (mut hidden, mut output) = (Buffer::new(x.rows() * b_1.len()), Buffer::new(x.rows() * b_2.len()));
    let rows = rows_per_block(x.rows());
    let blocks = hidden.par_chunks_mut(rows * b_1.len()).zip(output.par_chunks_mut(rows * b_2.len()));
    blocks.enumerate().for_each(|(block, (hidden, output))| {
        let x = x.block(block * rows, hidden.len() / b_1.len());
        product(x, w_1, hidden);
        vectorised(|| add_and_rectify(hidden, b_1));
        product(Matrix::new(hidden, b_1.len()), w_2, output);
        vectorised(|| output.chunks_exact_mut(b_2.len()).for_each(|row| add_scaled(row, 1.0, b_2)));
    });
    (hidden, output)
}

/// Adds the bias to every row, then ReLU.
#[inline(always)]
fn add_and_rectify(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(value, bias)| *value = (*value + bias).max(0.0));
    }
}

/// What the way back needs.
#[derive(Debug, Clone)]
struct Way {
    x: Values,
    w_1: Values,
    w_2: Values,
    hidden: Buffer,
}

impl Gradients<5> for Way {
    fn gradients(self, by_output: &[f32], wanted: [bool; 5]) -> [Option<Vec<f32>>; 5] {
        let [x, w_1, w_2] =
            [&self.x, &self.w_1, &self.w_2].map(|values| Matrix::new(values.as_slice(), values.columns()));
        let (d_hidden, d_out) = (self.w_1.columns(), self.w_2.columns());
        let outer = Matrix::new(by_output, d_out);
        let (by_hidden, by_b_1) = gradients_by_hidden(outer, w_2, &self.hidden, d_hidden);
        let inner = Matrix::new(&by_hidden, d_hidden);
        let hidden = Matrix::new(&self.hidden, d_hidden);
        [
            wanted[0].then(|| by_blocks(inner, w_1.transposed(), self.x.columns()).into_vec()),
            wanted[1].then(|| by_panels(x.transposed(), inner, d_hidden).into_vec()),
            wanted[2].then_some(by_b_1),
            wanted[3].then(|| by_panels(hidden.transposed(), outer, d_out).into_vec()),
            wanted[4].then(|| column_sums(by_output, d_out)),
        ]
    }
}

/// The gradient by the hidden layer before ReLU, none where ReLU gave zero, and by the bias there.
fn gradients_by_hidden(by_output: Matrix<'_>, w_2: Matrix<'_>, hidden: &[f32], d_hidden: usize) -> (Buffer, Vec<f32>) {
    let mut gradient = Buffer::new(hidden.len());
    let rows = rows_per_block(by_output.rows());
    let blocks = gradient.par_chunks_mut(rows * d_hidden).zip(hidden.par_chunks(rows * d_hidden));
    let by_bias = blocks.enumerate().flat_map_iter(|(block, (gradient, hidden))| {
        product(by_output.block(block * rows, gradient.len() / d_hidden), w_2.transposed(), gradient);
        vectorised(|| mask(gradient, hidden));
        group_sums(gradient, d_hidden)
    });
    let by_bias = total(by_bias.collect(), d_hidden);
    (gradient, by_bias)
}

#[inline(always)]
fn mask(gradient: &mut [f32], hidden: &[f32]) {
    gradient.iter_mut().zip(hidden).for_each(|(value, &hidden)| *value = if hidden > 0.0 { *value } else { 0.0 });
}
