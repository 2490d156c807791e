//! Why a composition could not be trained.

use std::path::PathBuf;

use crate::encoder::{EncoderError, PictureError};
use crate::metrics::NonFiniteScore;
use crate::trainer::JsonLinesError;

/// Everything that training a composition can fail with.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// A setting makes no sense.
    #[error("`{setting}` must be {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The list of triples cannot be read.
    #[error(transparent)]
    List(#[from] JsonLinesError),
    /// A part of a triple is empty.
    #[error("{}, line {line}: `{part}` is empty; a thing needs an image or a text", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// `reference`, `words` or `target`.
        part: &'static str,
    },
    /// A triple whose answer is what it starts from.
    #[error("{}, line {line}: `reference` and `target` are the same thing", path.display())]
    Unchanged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// There is not enough to learn from.
    #[error("{n_triples} triples are too few: a step takes {batch_size}")]
    TooFew {
        /// Triples at hand.
        n_triples: usize,
        /// See [`ComposeConfig::batch_size`](super::ComposeConfig::batch_size).
        batch_size: usize,
    },
    /// The loss is no number any more.
    #[error("the loss became {loss} in epoch {epoch}: lower `learning_rate` ({learning_rate})")]
    NonFiniteLoss {
        /// NaN or an infinity.
        loss: f64,
        /// 1 for the first epoch.
        epoch: usize,
        /// The setting.
        learning_rate: f64,
    },
    /// A picture cannot be used.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The encoder cannot be run.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// A cosine is no number.
    #[error(transparent)]
    Score(#[from] NonFiniteScore),
}
