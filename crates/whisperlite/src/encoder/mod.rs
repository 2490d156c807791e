//! **What does this text mean, as a vector?**
//!
//! An encoder is a frozen, pretrained model in a Hugging Face folder: configuration, weights, tokenizer and pooling
//! belong together, and its [fingerprint](Encoder::fingerprint) covers all four. [`open`] reads `model_type` and
//! builds the architecture that goes with it; today that is [`bert`], the layout of most sentence encoders.
//!
//! ```no_run
//! use whisperlite::encoder;
//!
//! let folder = encoder::resolve("all-MiniLM-L6-v2")?;
//! let encoder = encoder::open(&folder)?;
//! let vectors = encoder.embed_texts(&["a black dress", "something for a wedding"])?; // [2, 384]
//! assert_eq!(vectors.len(), 2 * encoder.dim());
//! # Ok::<(), encoder::EncoderError>(())
//! ```
//!
//! Vectors of a store are kept on disk by [`Embeddings`], so that every text is embedded once per encoder.
//!
//! Not for: users, ranking, or training of any kind.

mod choice;
mod embed;
mod embeddings;
mod error;
mod files;
mod folder;
mod local;
mod pooling;
mod segment;
mod sentence;
mod tokens;
mod weights;

pub mod bert;
pub mod hub;

use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;

pub use choice::EncoderChoice;
pub use embed::{EmbedSummary, catalog_matrices, embed_catalog};
pub use embeddings::Embeddings;
pub use error::{EncoderError, SegmentProblem};
pub use local::{LocalEncoder, list_local, models_folder, resolve};
pub use pooling::Pooling;
pub use sentence::SentenceEncoder;

use folder::ModelFolder;

/// A frozen model that turns texts into vectors of one fixed length.
pub trait Encoder: Send + Sync {
    /// Short name, as in folder names and reports.
    fn name(&self) -> &str;

    /// Length `d` of every vector.
    fn dim(&self) -> usize;

    /// SHA-256, in hex, over everything that decides the vectors: configuration, weights, tokenizer and pooling.
    fn fingerprint(&self) -> &str;

    /// Embeds `n` texts.
    ///
    /// # Shapes
    /// Returns `[n, d]`, row-major; row `i` belongs to `texts[i]`. Every value is finite.
    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError>;
}

/// What an encoder's folder says about itself, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EncoderInfo {
    /// Short name.
    pub name: String,
    /// `model_type` of the configuration.
    pub architecture: String,
    /// Length of every vector.
    pub dim: usize,
    /// How the token vectors become one.
    pub pooling: Pooling,
    /// Whether the folder says so itself, or mean pooling was assumed because it has no `modules.json`.
    pub pooling_stated: bool,
    /// Whether vectors are scaled to length 1.
    pub normalized: bool,
    /// Longest text in tokens; what is beyond is cut off.
    pub max_tokens: usize,
    /// Numbers in the weights that are used.
    pub n_parameters: usize,
    /// See [`Encoder::fingerprint`].
    pub fingerprint: String,
    /// The licence, if the folder's README states one.
    pub license: Option<String>,
}

/// Opens the encoder in a folder, on the CPU.
pub fn open(path: &Path) -> Result<Box<dyn Encoder>, EncoderError> {
    open_on(path, &Device::flex())
}

/// Opens the encoder in a folder, on a device.
pub fn open_on(path: &Path, device: &Device) -> Result<Box<dyn Encoder>, EncoderError> {
    let folder = ModelFolder::read(path)?;
    match folder.architecture()? {
        Architecture::Bert => Ok(Box::new(SentenceEncoder::load(&folder, device)?)),
    }
}

/// Reads, checks and describes the encoder in a folder.
pub fn inspect(path: &Path) -> Result<EncoderInfo, EncoderError> {
    let folder = ModelFolder::read(path)?;
    match folder.architecture()? {
        Architecture::Bert => Ok(SentenceEncoder::load(&folder, &Device::flex())?.info(&folder)),
    }
}

/// The architectures that can be loaded, by their `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    /// `"bert"`: see [`bert`].
    Bert,
}
