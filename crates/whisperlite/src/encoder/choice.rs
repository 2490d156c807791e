//! Which encoder a store was embedded with: `DIR/encoder.json`, so that training, evaluation and serving use the same.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::embeddings::{check_fingerprint, folder_of};
use super::files::{io_error, parse_json, read_optional, write_json};
use super::local::{LocalEncoder, is_encoder, list_local, models_folder};
use super::{Composer, Embeddings, Encoder, EncoderError, Picture};

/// Version of the file's layout.
const FORMAT_VERSION: u32 = 1;

/// The encoder of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderChoice {
    format_version: u32,
    /// The encoder's short name.
    pub name: String,
    /// Its folder when the store was embedded: absolute, but in the file from the store's folder where it lies within.
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
        let dir = dir.canonicalize().map_err(io_error(dir))?;
        let path = self.path.strip_prefix(&dir).unwrap_or(&self.path).to_owned();
        write_json(&dir.join("encoder.json"), &Self { path, ..self.clone() })
    }

    /// The choice that was remembered for the store in `dir`.
    pub fn load(dir: &Path) -> Result<Self, EncoderError> {
        let path = dir.join("encoder.json");
        let bytes = read_optional(&path)?.ok_or_else(|| EncoderError::NotEmbedded { dir: dir.to_owned() })?;
        let mut choice: Self = parse_json(&path, &bytes)?;
        if choice.format_version != FORMAT_VERSION {
            let found = choice.format_version;
            return Err(EncoderError::FormatVersion { path, found, supported: FORMAT_VERSION });
        }
        choice.path = dir.join(&choice.path);
        Ok(choice)
    }

    /// Opens the encoder itself: where it was when the store was embedded, else by its name among the local encoders. So a
    /// store that was copied to another machine finds the encoder there. It must be the one that was chosen.
    pub fn open_encoder(&self) -> Result<Box<dyn Encoder>, EncoderError> {
        let mut first_problem = None;
        for path in self.folders() {
            match self.open_at(&path) {
                Ok(encoder) => return Ok(encoder),
                Err(problem) => first_problem = first_problem.or(Some(problem)),
            }
        }
        Err(first_problem
            .unwrap_or_else(|| EncoderError::EncoderGone { name: self.name.clone(), path: self.path.clone() }))
    }

    /// The encoder, opened when it first has something to embed: where nobody asks in words, it need not be there.
    pub fn when_needed(self) -> impl Encoder {
        WhenNeeded { choice: self, opened: OnceLock::new() }
    }

    /// Folders in which the encoder may be.
    fn folders(&self) -> Vec<PathBuf> {
        let has_name =
            |local: &LocalEncoder| local.name == self.name || local.name.rsplit('/').next() == Some(&self.name);
        // Without a folder of local encoders, or one that can be read, there is nothing in it.
        let locals = models_folder().and_then(|models| list_local(&models)).unwrap_or_default();
        let by_name = locals.into_iter().filter(has_name).map(|local| local.path);
        Some(self.path.clone()).filter(|path| is_encoder(path)).into_iter().chain(by_name).collect()
    }

    fn open_at(&self, path: &Path) -> Result<Box<dyn Encoder>, EncoderError> {
        let encoder = super::open(path)?;
        check_fingerprint(path, &self.fingerprint, encoder.fingerprint())?;
        Ok(encoder)
    }

    /// Opens its embeddings in the store in `dir`; the encoder itself is not needed for that.
    pub fn open_embeddings(&self, dir: &Path) -> Result<Embeddings, EncoderError> {
        Embeddings::open_folder(&folder_of(dir, &self.name, &self.fingerprint))
    }
}

/// See [`EncoderChoice::when_needed`].
struct WhenNeeded {
    choice: EncoderChoice,
    opened: OnceLock<Box<dyn Encoder>>,
}

impl WhenNeeded {
    fn encoder(&self) -> Result<&dyn Encoder, EncoderError> {
        if let Some(encoder) = self.opened.get() {
            return Ok(&**encoder);
        }
        let encoder = self.choice.open_encoder()?;
        Ok(&**self.opened.get_or_init(|| encoder))
    }
}

impl Encoder for WhenNeeded {
    fn name(&self) -> &str {
        &self.choice.name
    }

    fn dim(&self) -> usize {
        self.choice.dim
    }

    fn fingerprint(&self) -> &str {
        &self.choice.fingerprint
    }

    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        self.encoder()?.embed_texts(texts)
    }

    fn embed_pictures(&self, pictures: &[Picture]) -> Result<Vec<f32>, EncoderError> {
        self.encoder()?.embed_pictures(pictures)
    }

    fn sees_pictures(&self) -> bool {
        self.encoder().is_ok_and(Encoder::sees_pictures)
    }

    fn composer(&self) -> Result<Option<&Composer>, EncoderError> {
        self.encoder()?.composer()
    }
}
