//! Linear maps and norms over slices.

use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;

use crate::fused::{Buffer, Crew, PackedMatrix, add_to_rows, layer_norm};

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
        let bias = linear.bias.as_ref().map(|bias| values(bias.val())).unwrap_or_default();
        Self { matrix: PackedMatrix::new(&values(linear.weight.val()), d_in, d_out), bias }
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
    pub(super) fn apply(&self, x: &[f32], crew: Crew) -> Buffer {
        let mut out = Buffer::new(x.len() / self.d_in() * self.d_out());
        if self.bias.is_empty() {
            out.fill(0.0);
        } else {
            out.chunks_exact_mut(self.d_out()).for_each(|row| row.copy_from_slice(&self.bias));
        }
        self.matrix.add_product(x, &mut out, crew);
        out
    }

    /// `out += x · W + b`.
    pub(super) fn add(&self, x: &[f32], out: &mut [f32], crew: Crew) {
        if !self.bias.is_empty() {
            add_to_rows(out, &self.bias);
        }
        self.matrix.add_product(x, out, crew);
    }
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
