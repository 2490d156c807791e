//! **What does this text or picture mean, as a vector?**
//!
//! An encoder is a frozen, pretrained model in a Hugging Face folder: configuration, weights, tokenizer, pooling and the
//! preprocessing of pictures belong together, and its [fingerprint](Encoder::fingerprint) covers all of them. [`open`]
//! reads `model_type` and builds the architecture that goes with it: [`bert`], the layout of most sentence encoders, or
//! [`clip`]
//! and [`siglip`], which see [pictures](picture) as well.
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
//! An encoder with eyes puts texts and pictures into one space, where a dot product compares them:
//!
//! ```no_run
//! use std::path::Path;
//! use whisperlite::encoder::{self, picture::Picture};
//!
//! let encoder = encoder::open(Path::new("models/fashion-clip"))?;
//! let photo = Picture::read(Path::new("dress.jpg"))?;
//! let vectors = encoder.embed_pictures(&[photo])?; // [1, 512], of length 1
//! # Ok::<(), encoder::EncoderError>(())
//! ```
//!
//! Vectors of a store are kept on disk by [`Embeddings`], so that every text is embedded once per encoder.
//!
//! Not for: users, ranking, or deciding how anything is trained.

mod activation;
mod batches;
mod choice;
mod composer;
mod embed;
mod embeddings;
mod error;
mod files;
mod folder;
mod frozen;
mod local;
mod pair;
mod picture_files;
mod pooling;
mod segment;
mod sentence;
mod tokens;
mod weights;

pub mod bert;
pub mod clip;
pub mod hub;
pub mod picture;
pub mod siglip;
pub mod transformer;

use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;

pub use choice::EncoderChoice;
pub use composer::{Composer, added};
pub use embed::{CatalogMatrices, EmbedSummary, catalog_matrices, embed_catalog};
pub use embeddings::{EmbeddedPictures, EmbeddedTexts, Embeddings};
pub use error::{EncoderError, SegmentProblem};
pub use local::{LocalEncoder, list_local, models_folder, resolve};
pub use pair::PairEncoder;
pub use picture_files::PictureFile;
pub use pooling::Pooling;
pub use sentence::SentenceEncoder;

pub(crate) use batches::normalize;
pub(crate) use embed::is_address;
use folder::ModelFolder;
pub use picture::{Picture, PictureError};

/// A frozen model that turns texts, and perhaps pictures, into vectors of one fixed length.
pub trait Encoder: Send + Sync {
    /// Short name, as in folder names and reports.
    fn name(&self) -> &str;

    /// Length `d` of every vector.
    fn dim(&self) -> usize;

    /// SHA-256, in hex, over everything that decides the vectors: configuration, weights, tokenizer, pooling and the
    /// preprocessing of pictures.
    fn fingerprint(&self) -> &str;

    /// Embeds `n` texts.
    ///
    /// # Shapes
    /// Returns `[n, d]`, row-major; row `i` belongs to `texts[i]`. Every value is finite.
    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError>;

    /// Whether [`embed_pictures`](Self::embed_pictures) works.
    fn sees_pictures(&self) -> bool {
        false
    }

    /// Embeds `n` pictures, into the space of the texts. An encoder without eyes says so in an error.
    ///
    /// # Shapes
    /// Returns `[n, d]`, row-major; row `i` belongs to `pictures[i]` and is of length 1. Every value is finite.
    fn embed_pictures(&self, _pictures: &[Picture]) -> Result<Vec<f32>, EncoderError> {
        Err(EncoderError::NoPictures { encoder: self.name().to_owned() })
    }

    /// How a thing and words about it are composed, where that was learned for this encoder.
    fn composer(&self) -> Result<Option<&Composer>, EncoderError> {
        Ok(None)
    }
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
    /// How the token vectors become one, where that is the folder's choice and not the architecture's.
    pub pooling: Option<Pooling>,
    /// Whether the folder says so itself, or mean pooling was assumed because it has no `modules.json`.
    pub pooling_stated: bool,
    /// Whether vectors are scaled to length 1.
    pub normalized: bool,
    /// Side in pixels of the square that it sees of a picture; `None` if it has no eyes.
    pub picture_side: Option<usize>,
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
        pair => Ok(Box::new(PairEncoder::load(&folder, pair, device)?)),
    }
}

/// Reads, checks and describes the encoder in a folder.
pub fn inspect(path: &Path) -> Result<EncoderInfo, EncoderError> {
    let folder = ModelFolder::read(path)?;
    match folder.architecture()? {
        Architecture::Bert => Ok(SentenceEncoder::load(&folder, &Device::flex())?.info(&folder)),
        pair => Ok(PairEncoder::load(&folder, pair, &Device::flex())?.info(&folder)),
    }
}

/// The architectures that can be loaded, by their `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    /// `"bert"`: see [`bert`].
    Bert,
    /// `"clip"`: see [`clip`].
    Clip,
    /// `"siglip"`: see [`siglip`].
    Siglip,
    /// A SigLIP in open_clip's form: see [`siglip`].
    OpenClip,
}
