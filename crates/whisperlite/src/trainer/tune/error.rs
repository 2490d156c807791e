//! Why an encoder could not be trained.

use std::path::PathBuf;

use crate::encoder::{EncoderError, PictureError};
use crate::trainer::JsonLinesError;

/// Everything that training an encoder can fail with.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// A setting makes no sense.
    #[error("`{setting}` must be {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The list of pairs cannot be read.
    #[error(transparent)]
    List(#[from] JsonLinesError),
    /// A pair without a word.
    #[error("{}, line {line}: the picture has no text", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// There is not enough to learn from.
    #[error(
        "{n_learned} pictures to learn from are too few, after {held_out} were held out: a step takes {batch_size}; lower `batch_size` or \
         `held_out`"
    )]
    TooFew {
        /// Pairs that are left to learn from.
        n_learned: usize,
        /// See [`TuneConfig::held_out`](super::TuneConfig::held_out).
        held_out: usize,
        /// See [`TuneConfig::batch_size`](super::TuneConfig::batch_size).
        batch_size: usize,
    },
    /// The loss is no number any more.
    #[error("the loss became {loss} in step {step} of epoch {epoch}: lower `learning_rate` ({learning_rate})")]
    NonFiniteLoss {
        /// NaN or an infinity.
        loss: f64,
        /// 1 for the first epoch.
        epoch: usize,
        /// 1 for the first step of an epoch.
        step: usize,
        /// The setting.
        learning_rate: f64,
    },
    /// A picture cannot be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The encoder cannot be read, run or written.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
}
