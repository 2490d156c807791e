//! Linear maps and norms over slices.

use std::ops::Range;

use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;

use crate::fused::{Buffer, PackedMatrix, add_to_rows, layer_norm};

/// A linear map that never changes.
#[derive(Debug)]
pub(super) struct FrozenLinear {
    matrix: PackedMatrix,
    /// Empty where there is none.
    bias: Vec<f32>,
}

impl FrozenLinear {
    pub(super) fn of(linear: &Linear) -> Self {
        let [d_in, d_out] = linear.weight.dims();
        Self::new(&values(linear.weight.val()), bias_of(linear), d_in, d_out)
    }

    /// The columns in another order: column `i` of it is column `order[i]` of `linear`.
    pub(super) fn ordered(linear: &Linear, order: &[usize]) -> Self {
        let [d_in, d_out] = linear.weight.dims();
        let weight = values(linear.weight.val());
        let weight: Vec<f32> = weight.chunks_exact(d_out).flat_map(|row| order.iter().map(|&at| row[at])).collect();
        let bias = bias_of(linear);
        let bias = if bias.is_empty() { bias } else { order.iter().map(|&at| bias[at]).collect() };
        Self::new(&weight, bias, d_in, order.len())
    }

    fn new(weight: &[f32], bias: Vec<f32>, d_in: usize, d_out: usize) -> Self {
        Self { matrix: PackedMatrix::new(weight, d_in, d_out), bias }
    }

    pub(super) fn d_in(&self) -> usize {
        self.matrix.d_in()
    }

    pub(super) fn d_out(&self) -> usize {
        self.matrix.d_out()
    }

    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - returns `[n, d_out]`
    pub(super) fn apply(&self, x: &[f32]) -> Buffer {
        self.apply_columns(x, 0..self.d_out())
    }

    /// Some columns of the result.
    ///
    /// # Shapes
    /// - `x`: `[n, d_in]`
    /// - returns `[n, columns.len()]`
    pub(super) fn apply_columns(&self, x: &[f32], columns: Range<usize>) -> Buffer {
        let mut out = Buffer::new(x.len() / self.d_in() * columns.len());
        match self.bias.get(columns.clone()) {
            Some(bias) => out.chunks_exact_mut(columns.len()).for_each(|row| row.copy_from_slice(bias)),
            None => out.fill(0.0),
        }
        self.matrix.add_columns(x, columns, &mut out);
        out
    }

    /// `out += x · W + b`.
    pub(super) fn add(&self, x: &[f32], out: &mut [f32]) {
        self.add_bias(out);
        self.matrix.add_product(x, out);
    }

    /// `out += b` for every row.
    pub(super) fn add_bias(&self, out: &mut [f32]) {
        if !self.bias.is_empty() {
            add_to_rows(out, &self.bias);
        }
    }

    /// `out += x · W` for some rows of `W`: what these of the inputs contribute, without the bias.
    ///
    /// # Shapes
    /// - `x`: `[n, rows.len()]`
    /// - `out`: `[n, d_out]`
    pub(super) fn add_rows(&self, x: &[f32], rows: Range<usize>, out: &mut [f32]) {
        self.matrix.add_rows(x, rows, out);
    }
}

fn bias_of(linear: &Linear) -> Vec<f32> {
    linear.bias.as_ref().map(|bias| values(bias.val())).unwrap_or_default()
}

/// A layer norm that never changes.
#[derive(Debug)]
pub(super) struct FrozenNorm {
    gamma: Vec<f32>,
    beta: Vec<f32>,
    epsilon: f32,
}

impl FrozenNorm {
    /// `epsilon` is the one that the norm was built with.
    pub(super) fn of(norm: &LayerNorm, epsilon: f64) -> Self {
        let gamma = values(norm.gamma.val());
        let beta = norm.beta.as_ref().map_or_else(|| vec![0.0; gamma.len()], |beta| values(beta.val()));
        Self { gamma, beta, epsilon: epsilon as f32 }
    }

    /// # Shapes
    /// - `x`: `[n, d]`, and so is the result
    pub(super) fn apply(&self, x: &[f32]) -> Buffer {
        let mut out = Buffer::new(x.len());
        layer_norm(x, [&self.gamma, &self.beta], self.epsilon, &mut out);
        out
    }
}

/// All numbers of a tensor, row-major.
pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}
