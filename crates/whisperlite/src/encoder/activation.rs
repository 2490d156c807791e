//! The function between the two halves of a feed-forward part.

use burn::tensor::activation::{gelu, gelu_approximate, relu, sigmoid};
use burn::tensor::{Device, Tensor};

use crate::fused;

/// Activation of the feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `x · Φ(x)` with the exact normal distribution function.
    Gelu,
    /// The same with the tanh approximation of Φ.
    GeluTanh,
    /// `x · σ(1.702 x)`.
    QuickGelu,
    /// `max(x, 0)`.
    Relu,
}

impl Activation {
    /// The names that [`Activation::from_name`] knows, for messages.
    pub(crate) const NAMES: &str = "gelu, gelu_new, gelu_pytorch_tanh, quick_gelu, relu";

    /// The activation of this name in a `config.json`, if it is known.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "gelu" | "gelu_python" => Some(Self::Gelu),
            "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" => Some(Self::GeluTanh),
            "quick_gelu" => Some(Self::QuickGelu),
            "relu" => Some(Self::Relu),
            _ => None,
        }
    }

    /// The name that a `config.json` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_pytorch_tanh",
            Self::QuickGelu => "quick_gelu",
            Self::Relu => "relu",
        }
    }

    /// Applies the function to every element; the shape stays.
    pub(crate) fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Gelu if x.device() == Device::flex() => gelu_on_cpu(x),
            Self::Gelu => gelu(x),
            Self::GeluTanh => gelu_approximate(x),
            Self::QuickGelu => x.clone() * sigmoid(x * 1.702),
            Self::Relu => relu(x),
        }
    }

    /// Applies the function to numbers in the processor's memory.
    pub(crate) fn apply_to(self, values: &mut [f32]) {
        match self {
            Self::Gelu => gelu_in_place(values),
            Self::GeluTanh => fused::gelu_tanh(values),
            Self::QuickGelu => fused::gated(values, 1.702),
            Self::Relu => values.iter_mut().for_each(|value| *value = value.max(0.0)),
        }
    }
}

fn gelu_in_place(values: &mut [f32]) {
    pulp::Arch::new().dispatch(|| values.iter_mut().for_each(|value| *value = gelu_f32(*value)));
}

/// The CPU backend calls a scalar `erf` per element, which takes as long as all matrix products together; this is the
/// same function, vectorised. Neither direction copies the tensor's memory.
fn gelu_on_cpu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let device = x.device();
    let mut data = x.into_data();
    match data.as_mut_slice::<f32>() {
        Ok(values) => {
            gelu_in_place(values);
            Tensor::from_data(data, &device)
        }
        // Not f32: whoever chose another precision gets the backend's own function.
        Err(_) => gelu(Tensor::from_data(data, &device)),
    }
}

/// `x · Φ(x)`, within 5e-7 · max(1, |x|) of the exact value: half the error of `erf`, and some roundings of 6e-8.
#[inline(always)]
fn gelu_f32(x: f32) -> f32 {
    0.5 * x * (1.0 + erf_f32(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The error function as `z · P(z²) / Q(z²)`, fitted to it by least squares with weights moved to the worst points,
/// within 4e-7; beyond |z| = 4 it is ±1 in `f32`. No branch and no exponential, so that the compiler vectorises it.
#[inline(always)]
fn erf_f32(z: f32) -> f32 {
    const P: [f32; 7] =
        [1.128_378_6, 0.213_944_93, 0.052_433_5, 0.004_293_062_7, 1.555_370_6e-4, -1.990_322_7e-6, 1.921_720_2e-8];
    const Q: [f32; 5] = [1.0, 0.522_931_4, 0.120_799_71, 0.015_551_11, 0.001_098_040_6];
    let z = z.clamp(-4.0, 4.0);
    let square = z * z;
    let [p, q] = [horner(&P, square), horner(&Q, square)];
    z * p / q
}

#[inline(always)]
fn horner<const N: usize>(coefficients: &[f32; N], x: f32) -> f32 {
    let mut sum = coefficients[N - 1];
    for coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum * x + coefficient;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectorised_gelu_is_the_backends() {
        let values: Vec<f32> = (-100_000..=100_000).map(|i| i as f32 * 1e-4).collect();
        let x = Tensor::<1>::from_data(values.as_slice(), &Device::flex());
        let exact = gelu(x.clone()).try_into_vec_as::<f32>().expect("f32");
        let ours = gelu_on_cpu(x).try_into_vec_as::<f32>().expect("f32");
        for ((x, ours), exact) in values.iter().zip(ours).zip(exact) {
            assert!((ours - exact).abs() <= 5e-7 * x.abs().max(1.0), "gelu({x}) = {exact}, not {ours}");
        }
    }

    #[test]
    fn gelu_keeps_infinities_and_nan_visible() {
        assert_eq!(gelu_f32(f32::INFINITY), f32::INFINITY);
        assert!(gelu_f32(f32::NAN).is_nan());
        assert_eq!(gelu_f32(-50.0).abs(), 0.0);
    }
}
