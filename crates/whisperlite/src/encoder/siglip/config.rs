//! `config.json` of a SigLIP folder.

use std::path::Path;

use serde::Deserialize;

use crate::encoder::EncoderError;
use crate::encoder::activation::Activation;
use crate::encoder::files::parse_json;
use crate::encoder::transformer::{RawTower, TowerConfig, bad_value, positive, unsupported};

/// The sizes and choices that define one SigLIP.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiglipConfig {
    /// The text tower.
    pub text: SiglipTextConfig,
    /// The picture tower, whose width is the length of all vectors.
    pub vision: SiglipVisionConfig,
}

/// Sizes of the text tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiglipTextConfig {
    /// The stack of blocks.
    pub tower: TowerConfig,
    /// Rows of the token embedding table.
    pub vocab_size: usize,
    /// Length of every text in tokens, padding included.
    pub n_positions: usize,
    /// The token that fills a text up, where the tokenizer's files name none.
    pub pad_token_id: u32,
}

/// Sizes of the picture tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SiglipVisionConfig {
    /// The stack of blocks.
    pub tower: TowerConfig,
    /// Side of the picture in pixels.
    pub image_size: usize,
    /// Side of a patch in pixels.
    pub patch_size: usize,
}

/// Both towers' default, which is that of SigLIP Base.
pub(super) const BASE: TowerConfig = TowerConfig {
    hidden_size: 768,
    intermediate_size: 3072,
    n_layers: 12,
    n_heads: 12,
    activation: Activation::GeluTanh,
    layer_norm_eps: 1e-6,
};

const VOCAB_SIZE: usize = 32_000;
const N_POSITIONS: usize = 64;
const PATCH_SIZE: usize = 16;
pub(super) const PAD_TOKEN_ID: u32 = 1;

#[derive(Deserialize)]
struct RawConfig {
    text_config: Option<RawTower>,
    vision_config: Option<RawTower>,
}

impl SiglipConfig {
    /// Parses and checks `config.json`, whose bytes were read from `path`.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, EncoderError> {
        let raw: RawConfig = parse_json(path, bytes)?;
        let (text, vision) = (raw.text_config.unwrap_or_default(), raw.vision_config.unwrap_or_default());
        if vision.vision_use_head == Some(false) {
            return Err(unsupported(path, "vision_use_head", "false", "true"));
        }
        let [image_size, patch_size] = vision.picture(path, PATCH_SIZE)?;
        let (text_tower, vision_tower) = (text.tower(path, BASE)?, vision.tower(path, BASE)?);
        let projection = text.projection_size.unwrap_or(text_tower.hidden_size);
        if projection != vision_tower.hidden_size {
            return Err(bad_value(path, "projection_size", projection, "hidden_size of vision_config"));
        }
        let n_positions = text.max_position_embeddings.unwrap_or(N_POSITIONS);
        Ok(Self {
            text: SiglipTextConfig {
                tower: text_tower,
                vocab_size: positive(path, "vocab_size", text.vocab_size.unwrap_or(VOCAB_SIZE))?,
                n_positions: positive(path, "max_position_embeddings", n_positions)?,
                pad_token_id: text.pad_token_id.unwrap_or(PAD_TOKEN_ID),
            },
            vision: SiglipVisionConfig { tower: vision_tower, image_size, patch_size },
        })
    }
}
