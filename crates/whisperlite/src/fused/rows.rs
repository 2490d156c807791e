//! What happens to rows between two products: norms, activations, biases.

use super::vectors::{add_scaled, dot, exp, vectorised};

/// Scales every row to mean 0 and variance 1, then by `gamma` and `beta`.
///
/// # Shapes
/// - `x`, `out`: `[n, d]`, with `gamma` and `beta` of `[d]`
pub(crate) fn layer_norm(x: &[f32], [gamma, beta]: [&[f32]; 2], epsilon: f32, out: &mut [f32]) {
    let d = gamma.len();
    let ones = vec![1.0; d];
    vectorised(|| {
        for (x, out) in x.chunks_exact(d).zip(out.chunks_exact_mut(d)) {
            let mean = dot(x, &ones) / d as f32;
            out.iter_mut().zip(x).for_each(|(out, x)| *out = x - mean);
            let scale = 1.0 / (dot(out, out) / d as f32 + epsilon).sqrt();
            for ((out, gamma), beta) in out.iter_mut().zip(gamma).zip(beta) {
                *out = *out * scale * gamma + beta;
            }
        }
    });
}

/// Adds `bias` to every row: `[n, d]` and `[d]`.
pub(crate) fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
    vectorised(|| rows.chunks_exact_mut(bias.len()).for_each(|row| add_scaled(row, 1.0, bias)));
}

/// `x · σ(factor · x)` of every number.
pub(crate) fn gated(values: &mut [f32], factor: f32) {
    vectorised(|| values.iter_mut().for_each(|x| *x *= sigmoid(factor * *x)));
}

/// `x · Φ(x)` of every number, with the tanh approximation of the normal distribution function.
pub(crate) fn gelu_tanh(values: &mut [f32]) {
    const TWICE_ROOT: f32 = 1.595_769; // 2 √(2/π): ½ (1 + tanh u) is the logistic function of 2 u
    vectorised(|| values.iter_mut().for_each(|x| *x *= sigmoid(TWICE_ROOT * (*x + 0.044_715 * *x * *x * *x))));
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp((-x).min(87.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_and_activations_equal_the_formulas() {
        let x: Vec<f32> = (0..74).map(|at| ((at * 31) % 17) as f32 - 8.0).collect();
        let (gamma, beta): (Vec<f32>, Vec<f32>) = (0..37).map(|at| (at as f32 * 0.1, 1.0 - at as f32)).unzip();
        let mut out = vec![0.0; 74];
        layer_norm(&x, [&gamma, &beta], 1e-5, &mut out);
        for (x, out) in x.chunks_exact(37).zip(out.chunks_exact(37)) {
            let mean = x.iter().sum::<f32>() / 37.0;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 37.0;
            for at in 0..37 {
                let exact = (x[at] - mean) / (variance + 1e-5).sqrt() * gamma[at] + beta[at];
                assert!((out[at] - exact).abs() < 1e-4, "{} {exact}", out[at]);
            }
        }
        for x in [-200.0f32, -20.0, -3.0, -0.5, 0.0, 1e-3, 2.0, 30.0, 200.0] {
            let (mut gate, mut gelu) = ([x], [x]);
            gated(&mut gate, 1.702);
            gelu_tanh(&mut gelu);
            let exact = x / (1.0 + (-1.702 * x).exp());
            assert!((gate[0] - exact).abs() < 1e-5, "{} {exact}", gate[0]);
            let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            assert!((gelu[0] - 0.5 * x * (1.0 + inner.tanh())).abs() < 1e-5, "{}", gelu[0]);
        }
    }

    #[test]
    fn a_bias_goes_to_every_row() {
        let mut rows = [1.0, 2.0, 3.0, 4.0];
        add_to_rows(&mut rows, &[10.0, 20.0]);
        assert_eq!(rows, [11.0, 22.0, 13.0, 24.0]);
    }
}
