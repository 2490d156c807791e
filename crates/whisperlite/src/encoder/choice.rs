//! Which encoder a store was embedded with: `DIR/encoder.json`, so that training, evaluation and serving use the same.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::embeddings::{check_fingerprint, folder_of};
use super::files::{io_error, parse_json, read_optional, write_json};
use super::{Embeddings, Encoder, EncoderError};

/// Version of the file's layout.
const FORMAT_VERSION: u32 = 1;

/// The encoder of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderChoice {
    format_version: u32,
    /// The encoder's short name.
    pub name: String,
    /// Its folder, absolute.
    pub path: PathBuf,
    /// See [`Encoder::fingerprint`].
    pub fingerprint: String,
    /// Length of its vectors.
    pub dim: usize,
}

impl EncoderChoice {
    /// The encoder that was opened from `path`.
    pub fn new(encoder: &dyn Encoder, path: &Path) -> Result<Self, EncoderError> {
        Ok(Self {
            format_version: FORMAT_VERSION,
            name: encoder.name().to_owned(),
            path: path.canonicalize().map_err(io_error(path))?,
            fingerprint: encoder.fingerprint().to_owned(),
            dim: encoder.dim(),
        })
    }

    /// Remembers the choice for the store in `dir`.
    pub fn save(&self, dir: &Path) -> Result<(), EncoderError> {
        write_json(&dir.join("encoder.json"), self)
    }

    /// The choice that was remembered for the store in `dir`.
    pub fn load(dir: &Path) -> Result<Self, EncoderError> {
        let path = dir.join("encoder.json");
        let bytes = read_optional(&path)?.ok_or_else(|| EncoderError::NotEmbedded { dir: dir.to_owned() })?;
        let choice: Self = parse_json(&path, &bytes)?;
        if choice.format_version != FORMAT_VERSION {
            let found = choice.format_version;
            return Err(EncoderError::FormatVersion { path, found, supported: FORMAT_VERSION });
        }
        Ok(choice)
    }

    /// Opens the encoder itself; it must still be the one that was chosen.
    pub fn open_encoder(&self) -> Result<Box<dyn Encoder>, EncoderError> {
        let encoder = super::open(&self.path)?;
        check_fingerprint(&self.path, &self.fingerprint, encoder.fingerprint())?;
        Ok(encoder)
    }

    /// Opens its embeddings in the store in `dir`; the encoder itself is not needed for that.
    pub fn open_embeddings(&self, dir: &Path) -> Result<Embeddings, EncoderError> {
        Embeddings::open_folder(&folder_of(dir, &self.name, &self.fingerprint))
    }
}
