//! A CLIP as a folder in the Hugging Face layout.

use std::path::Path;

use super::{Clip, ClipConfig};
use crate::encoder::EncoderError;
use crate::encoder::files::{write_atomically, write_json};
use crate::encoder::picture::Preprocessing;
use crate::encoder::transformer::Precision;

/// What belongs to the weights and is no tensor.
#[derive(Debug, Clone, Copy)]
pub struct ClipFiles<'a> {
    /// The sizes that the model was built with.
    pub config: &'a ClipConfig,
    /// Contents of `tokenizer.json`.
    pub tokenizer: &'a [u8],
    /// What becomes of a picture before the tower sees it.
    pub preprocessing: &'a Preprocessing,
    /// How the weights are stored.
    pub precision: Precision,
}

impl Clip {
    /// Writes `config.json`, `model.safetensors`, `tokenizer.json` and `preprocessor_config.json` into `folder`, each
    /// whole or not at all; the configuration last, because a folder with it counts as an encoder.
    pub fn save(&self, folder: &Path, files: ClipFiles<'_>) -> Result<(), EncoderError> {
        self.export().write(&folder.join("model.safetensors"), files.precision)?;
        write_atomically(&folder.join("tokenizer.json"), files.tokenizer)?;
        write_json(&folder.join("preprocessor_config.json"), &files.preprocessing.to_json("CLIPImageProcessor"))?;
        write_json(&folder.join("config.json"), &files.config.to_json())
    }
}
