//! Sizes of a tower, as `config.json` has them, and the checks that every architecture needs.

use std::path::Path;

use serde::Deserialize;

use crate::encoder::EncoderError;
use crate::encoder::activation::Activation;

/// Sizes and choices of one stack of transformer blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TowerConfig {
    /// Length `d` of every vector inside.
    pub hidden_size: usize,
    /// Width of the feed-forward part.
    pub intermediate_size: usize,
    /// Number of blocks.
    pub n_layers: usize,
    /// Number of attention heads; divides `hidden_size`.
    pub n_heads: usize,
    /// Function between the two halves of the feed-forward part.
    pub activation: Activation,
    /// Added to the variance in every layer norm.
    pub layer_norm_eps: f64,
}

/// The keys of a `text_config` or `vision_config` that matter; what is absent has the architecture's default.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RawTower {
    hidden_size: Option<usize>,
    intermediate_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    hidden_act: Option<String>,
    layer_norm_eps: Option<f64>,
    pub(crate) vocab_size: Option<usize>,
    pub(crate) max_position_embeddings: Option<usize>,
    pub(crate) eos_token_id: Option<u32>,
    pub(crate) pad_token_id: Option<u32>,
    pub(crate) projection_size: Option<usize>,
    pub(crate) image_size: Option<usize>,
    pub(crate) patch_size: Option<usize>,
    pub(crate) num_channels: Option<usize>,
    pub(crate) vision_use_head: Option<bool>,
}

impl RawTower {
    /// The stack's sizes, checked.
    pub(crate) fn tower(&self, path: &Path, defaults: TowerConfig) -> Result<TowerConfig, EncoderError> {
        let activation = match &self.hidden_act {
            None => defaults.activation,
            Some(name) => Activation::from_name(name)
                .ok_or_else(|| unsupported(path, "hidden_act", &format!("`{name}`"), Activation::NAMES))?,
        };
        let tower = TowerConfig {
            hidden_size: self.hidden_size.unwrap_or(defaults.hidden_size),
            intermediate_size: self.intermediate_size.unwrap_or(defaults.intermediate_size),
            n_layers: self.num_hidden_layers.unwrap_or(defaults.n_layers),
            n_heads: self.num_attention_heads.unwrap_or(defaults.n_heads),
            activation,
            layer_norm_eps: self.layer_norm_eps.unwrap_or(defaults.layer_norm_eps),
        };
        check_tower(path, &tower)?;
        Ok(tower)
    }

    /// Side of the picture and of a patch in pixels, checked.
    pub(crate) fn picture(&self, path: &Path, default_patch: usize) -> Result<[usize; 2], EncoderError> {
        let channels = self.num_channels.unwrap_or(3);
        if channels != 3 {
            return Err(unsupported(path, "num_channels", &channels.to_string(), "3"));
        }
        let image = positive(path, "image_size", self.image_size.unwrap_or(224))?;
        let patch = positive(path, "patch_size", self.patch_size.unwrap_or(default_patch))?;
        match patch <= image {
            true => Ok([image, patch]),
            false => Err(bad_value(path, "patch_size", patch, "at most image_size")),
        }
    }
}

/// Refuses sizes that no stack can have.
pub(crate) fn check_tower(path: &Path, tower: &TowerConfig) -> Result<(), EncoderError> {
    positive(path, "hidden_size", tower.hidden_size)?;
    positive(path, "intermediate_size", tower.intermediate_size)?;
    positive(path, "num_hidden_layers", tower.n_layers)?;
    positive(path, "num_attention_heads", tower.n_heads)?;
    if !tower.hidden_size.is_multiple_of(tower.n_heads) {
        return Err(bad_value(path, "num_attention_heads", tower.n_heads, "a divisor of hidden_size"));
    }
    if !(tower.layer_norm_eps > 0.0 && tower.layer_norm_eps < 1.0) {
        return Err(bad_value(path, "layer_norm_eps", tower.layer_norm_eps, "between 0 and 1"));
    }
    Ok(())
}

/// The size, unless it is 0.
pub(crate) fn positive(path: &Path, field: &'static str, size: usize) -> Result<usize, EncoderError> {
    if size == 0 { Err(bad_value(path, field, size, "positive")) } else { Ok(size) }
}

pub(crate) fn unsupported(path: &Path, field: &'static str, found: &str, supported: &'static str) -> EncoderError {
    EncoderError::Unsupported { path: path.to_owned(), field, found: found.to_owned(), supported }
}

pub(crate) fn bad_value(
    path: &Path,
    field: &'static str,
    found: impl ToString,
    expected: &'static str,
) -> EncoderError {
    EncoderError::BadValue { path: path.to_owned(), field, found: found.to_string(), expected }
}
