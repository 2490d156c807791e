//! Two layers with ReLU between them, block by block.

use burn::tensor::Tensor;
use rayon::prelude::*;

use super::node::Input;
use super::{Gradients, Matrix, Node, Values, product, try_node};

/// Rows that pass through both layers while they are in the cache.
const ROWS: usize = 256;

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
        Node { output, shape, state: Way { x: x.clone(), w_1: w_1.clone(), w_2: w_2.clone(), hidden } }
    })
}

/// The hidden layer after ReLU, and the output.
fn forward(x: &Values, [w_1, w_2]: [&Values; 2], [b_1, b_2]: [&Values; 2]) -> (Vec<f32>, Vec<f32>) {
    let [x, w_1, w_2] = [x, w_1, w_2].map(|values| Matrix::new(values.as_slice(), values.columns()));
    let (b_1, b_2) = (b_1.as_slice(), b_2.as_slice());
    let mut hidden = vec![0.0; x.rows() * b_1.len()];
    let mut output = vec![0.0; x.rows() * b_2.len()];
    let blocks = hidden.par_chunks_mut(ROWS * b_1.len()).zip(output.par_chunks_mut(ROWS * b_2.len()));
    blocks.enumerate().for_each(|(block, (hidden, output))| {
        let x = x.block(block * ROWS, hidden.len() / b_1.len());
        product(x, w_1, hidden);
        for row in hidden.chunks_exact_mut(b_1.len()) {
            row.iter_mut().zip(b_1).for_each(|(value, bias)| *value = (*value + bias).max(0.0));
        }
        product(Matrix::new(hidden, b_1.len()), w_2, output);
        for row in output.chunks_exact_mut(b_2.len()) {
            row.iter_mut().zip(b_2).for_each(|(value, bias)| *value += bias);
        }
    });
    (hidden, output)
}

/// What the way back needs.
#[derive(Debug, Clone)]
struct Way {
    x: Values,
    w_1: Values,
    w_2: Values,
    hidden: Vec<f32>,
}

impl Gradients<5> for Way {
    fn gradients(self, by_output: &[f32], wanted: [bool; 5]) -> [Option<Vec<f32>>; 5] {
        let [x, w_1, w_2] =
            [&self.x, &self.w_1, &self.w_2].map(|values| Matrix::new(values.as_slice(), values.columns()));
        let (d_hidden, d_out) = (self.w_1.columns(), self.w_2.columns());
        let outer = Matrix::new(by_output, d_out);
        let by_hidden = gradient_by_hidden(outer, w_2, &self.hidden, d_hidden);
        let inner = Matrix::new(&by_hidden, d_hidden);
        [
            wanted[0].then(|| by_blocks(inner, w_1.transposed(), self.x.columns())),
            wanted[1].then(|| by_panels(x.transposed(), inner, d_hidden)),
            wanted[2].then(|| column_sums(&by_hidden, d_hidden)),
            wanted[3].then(|| by_panels(Matrix::new(&self.hidden, d_hidden).transposed(), outer, d_out)),
            wanted[4].then(|| column_sums(by_output, d_out)),
        ]
    }
}

/// The gradient by the hidden layer before ReLU: none where ReLU gave zero.
fn gradient_by_hidden(by_output: Matrix<'_>, w_2: Matrix<'_>, hidden: &[f32], d_hidden: usize) -> Vec<f32> {
    let mut gradient = vec![0.0; hidden.len()];
    let blocks = gradient.par_chunks_mut(ROWS * d_hidden).zip(hidden.par_chunks(ROWS * d_hidden));
    blocks.enumerate().for_each(|(block, (gradient, hidden))| {
        product(by_output.block(block * ROWS, gradient.len() / d_hidden), w_2.transposed(), gradient);
        gradient.iter_mut().zip(hidden).for_each(|(value, &hidden)| *value = if hidden > 0.0 { *value } else { 0.0 });
    });
    gradient
}

/// `a · b`, blocks of rows of `a` shared out among the threads.
fn by_blocks(a: Matrix<'_>, b: Matrix<'_>, columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; a.rows() * columns];
    out.par_chunks_mut(ROWS * columns)
        .enumerate()
        .for_each(|(block, out)| product(a.block(block * ROWS, out.len() / columns), b, out));
    out
}

/// `a · b` where `a` has few rows and many columns: one panel of rows for each thread. Every value is the sum of the
/// same products in the same order, however many threads there are.
fn by_panels(a: Matrix<'_>, b: Matrix<'_>, columns: usize) -> Vec<f32> {
    let panel = a.rows().div_ceil(rayon::current_num_threads()).max(1);
    let mut out = vec![0.0; a.rows() * columns];
    out.par_chunks_mut(panel * columns)
        .enumerate()
        .for_each(|(at, out)| product(a.block(at * panel, out.len() / columns), b, out));
    out
}

fn column_sums(rows: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    for row in rows.chunks_exact(columns) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    sums
}
