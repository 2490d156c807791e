//! A training run as written in a TOML file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::catalog::split::SplitConfig;
use crate::model::ModelConfig;

/// Everything that decides what a training run does. A file states what differs from [`TrainConfig::default`], which is
/// the preset `configs/best.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainConfig {
    /// Name of the preset, as reports show it.
    pub name: String,
    /// Seed of every random choice.
    pub seed: u64,
    /// Which events teach, choose and test.
    pub split: SplitConfig,
    /// Once validation has chosen the epoch, train anew on training and validation events together. What is tuned on
    /// validation later is tuned with the model that did not see it.
    pub refit: bool,
    /// Shape of the model.
    pub model: ModelConfig,
    /// What is minimised.
    pub loss: LossConfig,
    /// What is shown to the model.
    pub examples: ExampleConfig,
    /// How the weights move.
    pub optimizer: OptimizerConfig,
}

/// Weights of the parts of the loss; a part of weight 0 is not computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossConfig {
    /// `λ_bce`: binary cross-entropy of positives and sampled negatives.
    pub bce: f32,
    /// `λ_con`: InfoNCE over the candidates.
    pub contrastive: f32,
}

/// Which questions the model learns from, and against which items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExampleConfig {
    /// Snapshots of the past: what everybody did is counted as of each, and its questions are answered from that.
    pub n_snapshots: usize,
    /// How often the past is cut into snapshots, each time at other moments: the same question is seen with other knowledge.
    pub n_draws: usize,
    /// Questions in all, drawn evenly from the snapshots.
    pub max_queries: usize,
    /// Hard negatives: the best items by each feature.
    pub n_hard: usize,
    /// Random negatives.
    pub n_random: usize,
    /// Share of the questions that are asked without their words (recommendation alone).
    pub without_words: f64,
    /// Share of the questions that are asked without their person (search alone).
    pub without_person: f64,
    /// Share of the questions that are asked without both (what is popular).
    pub with_neither: f64,
}

/// How the weights move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptimizerConfig {
    /// Rounds over all examples, at most.
    pub max_epochs: usize,
    /// Rounds without a better validation NDCG@10 after which training stops.
    pub patience: usize,
    /// Questions per step.
    pub batch_size: usize,
    /// AdamW's step size for the mixer, falling to 0 over `max_epochs`.
    pub mixer_learning_rate: f64,
    /// AdamW's step size for the towers, likewise.
    pub tower_learning_rate: f64,
    /// AdamW's decay of the weights towards 0.
    pub weight_decay: f32,
    /// Share of the old average that stays at each step; the model that is kept is the average over about `1 / (1 − averaging)`
    /// steps. 0 keeps the last step.
    pub averaging: f32,
    /// Validation questions after each epoch, at most, drawn by the seed.
    pub max_validation_queries: usize,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            name: "best".to_owned(),
            seed: 1,
            split: SplitConfig::default(),
            refit: true,
            model: ModelConfig::default(),
            loss: LossConfig::default(),
            examples: ExampleConfig::default(),
            optimizer: OptimizerConfig::default(),
        }
    }
}

impl Default for LossConfig {
    fn default() -> Self {
        Self { bce: 0.1, contrastive: 1.0 }
    }
}

impl Default for ExampleConfig {
    fn default() -> Self {
        Self {
            n_snapshots: 24,
            n_draws: 1,
            max_queries: 24_000,
            n_hard: 12,
            n_random: 120,
            without_words: 0.1,
            without_person: 0.15,
            with_neither: 0.02,
        }
    }
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self {
            max_epochs: 3,
            patience: 2,
            batch_size: 64,
            mixer_learning_rate: 0.005,
            tower_learning_rate: 0.0001,
            weight_decay: 0.001,
            averaging: 0.99,
            max_validation_queries: 1_500,
        }
    }
}

/// A configuration file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML, or holds a key or value that no setting has.
    #[error("the configuration {path} is wrong")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What and where.
        source: Box<toml::de::Error>,
    },
    /// A value makes no sense.
    #[error("`{key} = {value}` in the configuration: {expected}")]
    Value {
        /// The setting.
        key: &'static str,
        /// What it is set to.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl TrainConfig {
    /// Names of the presets, which stand in `configs/`.
    pub const PRESETS: [&str; 2] = ["best", "paper"];

    /// The preset of that name.
    pub fn preset(name: &str) -> Option<Self> {
        let text = match name {
            "best" => include_str!("../../../../configs/best.toml"),
            "paper" => include_str!("../../../../configs/paper.toml"),
            _ => return None,
        };
        Some(toml::from_str(text).expect("the presets are tested to be right"))
    }

    /// Reads a TOML file and checks its values.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let config: Self = toml::from_str(&text)
            .map_err(|source| ConfigError::Parse { path: path.to_owned(), source: Box::new(source) })?;
        config.check()?;
        Ok(config)
    }

    /// Refuses values with which no training can run.
    pub fn check(&self) -> Result<(), ConfigError> {
        let positive: [(&'static str, f64); 14] = [
            ("model.d_hidden", self.model.d_hidden as f64),
            ("model.n_heads", self.model.n_heads as f64),
            ("model.d_head", self.model.d_head as f64),
            ("model.d_item_part", self.model.d_item_part as f64),
            ("model.d_mixer", self.model.d_mixer as f64),
            ("model.initial_scale", f64::from(self.model.initial_scale)),
            ("examples.n_snapshots", self.examples.n_snapshots as f64),
            ("examples.n_draws", self.examples.n_draws as f64),
            ("examples.max_queries", self.examples.max_queries as f64),
            ("examples.n_random", self.examples.n_random as f64),
            ("optimizer.batch_size", self.optimizer.batch_size as f64),
            ("optimizer.mixer_learning_rate", self.optimizer.mixer_learning_rate),
            ("optimizer.tower_learning_rate", self.optimizer.tower_learning_rate),
            ("optimizer.max_validation_queries", self.optimizer.max_validation_queries as f64),
        ];
        check_all(&positive, "must be a number above 0", |value| value > 0.0 && value.is_finite())?;
        let shares = [
            ("model.item_part_dropout", self.model.item_part_dropout),
            ("examples.without_words", self.examples.without_words),
            ("examples.without_person", self.examples.without_person),
            ("optimizer.averaging", f64::from(self.optimizer.averaging)),
            ("examples.with_neither", self.examples.with_neither),
            (
                "examples.without_words + examples.without_person + examples.with_neither",
                self.examples.without_words + self.examples.without_person + self.examples.with_neither,
            ),
        ];
        check_all(&shares, "must be a share from 0 to 1", |value| (0.0..=1.0).contains(&value))?;
        let weights = [
            ("loss.bce", f64::from(self.loss.bce)),
            ("loss.contrastive", f64::from(self.loss.contrastive)),
            ("optimizer.weight_decay", f64::from(self.optimizer.weight_decay)),
        ];
        check_all(&weights, "must be 0 or a number above", |value| value >= 0.0 && value.is_finite())?;
        let sum = [("loss.bce + loss.contrastive", f64::from(self.loss.bce + self.loss.contrastive))];
        check_all(&sum, "at least one part of the loss needs a weight above 0", |value| value > 0.0)
    }
}

fn check_all(
    values: &[(&'static str, f64)],
    expected: &'static str,
    fits: impl Fn(f64) -> bool,
) -> Result<(), ConfigError> {
    match values.iter().find(|(_, value)| !fits(*value)) {
        None => Ok(()),
        Some(&(key, value)) => Err(ConfigError::Value { key, value: value.to_string(), expected }),
    }
}
