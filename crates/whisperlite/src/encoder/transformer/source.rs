//! Where the numbers of a model come from: a file, or a seed.

use std::cell::RefCell;
use std::f32::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::encoder::EncoderError;
use crate::encoder::weights::Weights;

/// How a tensor starts where no file gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Birth {
    /// Every element the same.
    Constant(f32),
    /// Normally distributed around 0.
    Normal {
        /// Standard deviation.
        std: f32,
    },
    /// Uniform between ±`bound`.
    Uniform {
        /// Largest absolute value.
        bound: f32,
    },
}

/// Gives tensors by name and shape.
pub(crate) trait TensorSource {
    /// # Shapes
    /// Returns the values of `shape`, row-major.
    fn take(&self, name: &str, shape: &[usize], birth: Birth) -> Result<Vec<f32>, EncoderError>;
}

impl TensorSource for Weights<'_> {
    fn take(&self, name: &str, shape: &[usize], _birth: Birth) -> Result<Vec<f32>, EncoderError> {
        self.take(name, shape)
    }
}

/// Tensors at birth, all from one seed, in the order of asking.
pub(crate) struct RandomTensors {
    rng: RefCell<ChaCha8Rng>,
}

impl RandomTensors {
    pub(crate) fn new(seed: u64) -> Self {
        Self { rng: RefCell::new(ChaCha8Rng::seed_from_u64(seed)) }
    }
}

impl TensorSource for RandomTensors {
    fn take(&self, _name: &str, shape: &[usize], birth: Birth) -> Result<Vec<f32>, EncoderError> {
        let n: usize = shape.iter().product();
        let mut rng = self.rng.borrow_mut();
        Ok(match birth {
            Birth::Constant(value) => vec![value; n],
            Birth::Normal { std } => (0..n).map(|_| std * standard_normal(&mut rng)).collect(),
            Birth::Uniform { bound } => (0..n).map(|_| rng.random_range(-bound..=bound)).collect(),
        })
    }
}

/// By Box and Muller.
fn standard_normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f32>()).ln()).sqrt();
    radius * (TAU * rng.random::<f32>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_normal_birth_has_its_mean_and_deviation() {
        let values = RandomTensors::new(3).take("x", &[100, 200], Birth::Normal { std: 0.5 }).unwrap();
        let mean = values.iter().sum::<f32>() / 20_000.0;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.015 && (variance - 0.25).abs() < 0.01, "{mean} {variance}"); // four standard errors
    }

    #[test]
    fn one_seed_gives_one_model() {
        let draw = |seed| RandomTensors::new(seed).take("x", &[7], Birth::Uniform { bound: 1.0 }).unwrap();
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }
}
