//! A run that trains an encoder, as written in a TOML file.

use serde::{Deserialize, Serialize};

use super::TuneError;
use crate::trainer::optimizer::cosine_fall;

/// Everything that decides what the run does. A file states what differs from the default, which fits a trained CLIP to
/// a catalogue; to make one from nothing takes a learning rate some fifty times larger, and many more epochs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TuneConfig {
    /// Seed of every random choice.
    pub seed: u64,
    /// Rounds over all pictures.
    pub epochs: usize,
    /// Pictures per step, each the negative of all others.
    pub batch_size: usize,
    /// Share of the pictures that meet only pictures of their own group in a step: then what tells a thing apart is what is
    /// peculiar to it, not what kind of thing it is.
    pub grouped: f64,
    /// AdamW's largest step size: it rises to it from 0 over `warmup`, then falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Share of the steps over which the step size rises.
    pub warmup: f64,
    /// AdamW's decay of the weights towards 0.
    pub weight_decay: f32,
    /// What AdamW adds to the root of the second moment: where gradients are no larger, the weights move less.
    pub epsilon: f32,
    /// Decay of the moving average of the weights, which is the encoder that is kept.
    pub averaging: f32,
    /// Smallest share of a picture's area that a random crop leaves; 1 for no cropping.
    pub least_area: f64,
    /// Share of the pictures that are seen in a mirror.
    pub mirrored: f64,
    /// Share of a picture's patches that its tower sees in a step, drawn anew each time, in every epoch but the last (Li et al.,
    /// arXiv:2212.00794): half of them take half of the time.
    pub kept_patches: f64,
    /// Pictures that are never learned from, to measure on.
    pub held_out: usize,
}

impl Default for TuneConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            epochs: 5,
            batch_size: 64,
            grouped: 0.5,
            learning_rate: 1e-5,
            warmup: 0.1,
            weight_decay: 0.1,
            epsilon: 1e-8,
            averaging: 0.99,
            least_area: 0.8,
            mirrored: 0.5,
            kept_patches: 1.0,
            held_out: 500,
        }
    }
}

impl TuneConfig {
    /// Refuses settings that make no sense.
    pub(super) fn check(&self) -> Result<(), TuneError> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        let checks = [
            ("epochs", self.epochs > 0, "at least 1"),
            ("batch_size", self.batch_size > 1, "at least 2: the others of a batch are the negatives"),
            ("grouped", share(self.grouped), "between 0 and 1"),
            ("learning_rate", self.learning_rate > 0.0 && self.learning_rate.is_finite(), "a positive number"),
            ("warmup", share(self.warmup), "between 0 and 1"),
            ("weight_decay", self.weight_decay >= 0.0 && self.weight_decay.is_finite(), "a number from 0 up"),
            ("averaging", (0.0..1.0).contains(&self.averaging), "from 0 to below 1"),
            ("least_area", self.least_area > 0.0 && share(self.least_area), "above 0, at most 1"),
            ("epsilon", self.epsilon > 0.0 && self.epsilon.is_finite(), "a positive number"),
            ("kept_patches", self.kept_patches > 0.0 && share(self.kept_patches), "above 0, at most 1"),
            ("mirrored", share(self.mirrored), "between 0 and 1"),
        ];
        match checks.into_iter().find(|(_, is_good, _)| !is_good) {
            Some((setting, _, expected)) => Err(TuneError::Setting { setting, expected }),
            None => Ok(()),
        }
    }

    /// The step size after `done` of `n_steps` steps.
    pub(super) fn rate(&self, done: usize, n_steps: usize) -> f64 {
        let n_rising = (self.warmup * n_steps as f64).max(1.0);
        let done = done as f64 + 1.0;
        if done < n_rising {
            return self.learning_rate * done / n_rising;
        }
        let fallen = (done - n_rising) / (n_steps as f64 - n_rising).max(1.0);
        self.learning_rate * cosine_fall(fallen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_falls() {
        let config = TuneConfig { learning_rate: 2.0, warmup: 0.1, ..TuneConfig::default() };
        let rates: Vec<f64> = (0..100).map(|done| config.rate(done, 100)).collect();
        assert_eq!(rates[4], 1.0);
        assert_eq!(rates[9], 2.0);
        assert!(rates[54] > 0.9 && rates[54] < 1.1 && rates[99] < 1e-9, "{} {}", rates[54], rates[99]);
    }

    #[test]
    fn senseless_settings_are_refused_by_name() {
        let refused = TuneConfig { batch_size: 1, ..TuneConfig::default() }.check().unwrap_err();
        assert!(matches!(refused, TuneError::Setting { setting: "batch_size", .. }), "{refused}");
        let refused = TuneConfig { learning_rate: f64::NAN, ..TuneConfig::default() }.check().unwrap_err();
        assert!(matches!(refused, TuneError::Setting { setting: "learning_rate", .. }), "{refused}");
        assert!(TuneConfig::default().check().is_ok());
    }
}
