//! **Which weights?** Batches, negatives, schedule, early stopping, checkpoints.
//!
//! Not for: metrics' definitions, or how a score comes about.

mod average;
mod batch;
mod checkpoint;
mod config;
mod examples;
mod fit;
mod json_lines;
mod optimizer;
mod reference_step;

pub mod compose;
pub mod tune;

pub use checkpoint::{CheckpointError, Checkpoints};
pub use config::{ConfigError, ExampleConfig, LossConfig, OptimizerConfig, TrainConfig};
pub use examples::{Example, SnapshotExamples, examples};
pub use fit::{Epoch, TrainError, Trained, train};
pub use json_lines::JsonLinesError;
pub use reference_step::ReferenceStep;
