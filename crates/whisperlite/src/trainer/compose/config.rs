//! A run that trains a composition, as written in a TOML file.

use serde::{Deserialize, Serialize};

use super::ComposeError;

/// Everything that decides what the run does. A file states what differs from the default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComposeConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// Rounds over all triples.
    pub epochs: usize,
    /// Triples per step: what is meant and what was started from in one is a wrong answer to the others.
    pub batch_size: usize,
    /// AdamW's step size, falling to 0 along a cosine.
    pub learning_rate: f64,
    /// AdamW's decay of the weights towards 0.
    pub weight_decay: f32,
    /// Cosines are divided by it in the loss.
    pub temperature: f64,
}

impl Default for ComposeConfig {
    fn default() -> Self {
        Self { seed: 1, epochs: 20, batch_size: 256, learning_rate: 1e-3, weight_decay: 0.05, temperature: 0.04 }
    }
}

impl ComposeConfig {
    /// Refuses settings that make no sense, and fewer triples than a step takes.
    pub fn check(&self, n_triples: usize) -> Result<(), ComposeError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let checks = [
            ("epochs", self.epochs > 0, "at least 1"),
            ("batch_size", self.batch_size > 1, "at least 2: the others of a batch are the negatives"),
            ("learning_rate", positive(self.learning_rate), "a positive number"),
            ("weight_decay", self.weight_decay >= 0.0 && self.weight_decay.is_finite(), "a number from 0 up"),
            ("temperature", (1e-3..=1e3).contains(&self.temperature), "between 0.001 and 1000"),
        ];
        match checks.into_iter().find(|(_, is_good, _)| !is_good) {
            Some((setting, _, expected)) => Err(ComposeError::Setting { setting, expected }),
            None if n_triples < self.batch_size => Err(ComposeError::TooFew { n_triples, batch_size: self.batch_size }),
            None => Ok(()),
        }
    }
}
