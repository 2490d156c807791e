//! `config.json` of a CLIP folder.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::encoder::EncoderError;
use crate::encoder::activation::Activation;
use crate::encoder::files::parse_json;
use crate::encoder::transformer::{RawTower, TowerConfig, bad_value, positive};

/// The sizes and choices that define one CLIP.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipConfig {
    /// The text tower.
    pub text: ClipTextConfig,
    /// The picture tower.
    pub vision: ClipVisionConfig,
    /// Length of the vectors that both towers end in.
    pub projection_dim: usize,
}

/// Sizes of the text tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipTextConfig {
    /// The stack of blocks.
    pub tower: TowerConfig,
    /// Rows of the token embedding table.
    pub vocab_size: usize,
    /// Longest text in tokens, both special tokens included.
    pub n_positions: usize,
    /// Which token's vector stands for the text.
    pub end: TextEnd,
}

/// Sizes of the picture tower.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipVisionConfig {
    /// The stack of blocks.
    pub tower: TowerConfig,
    /// Side of the picture in pixels.
    pub image_size: usize,
    /// Side of a patch in pixels.
    pub patch_size: usize,
}

/// The token whose vector stands for the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEnd {
    /// The first one with this id; the first of all where there is none.
    Token(u32),
    /// The one with the largest id, as OpenAI's own code has it. Configurations say so by the end token 2, which is
    /// no end token: a mistake of old files that must be read as it was meant.
    LargestId,
}

impl TextEnd {
    /// Where in a text the token stands.
    pub fn position(self, tokens: &[u32]) -> usize {
        let wanted = match self {
            Self::Token(id) => Some(id),
            Self::LargestId => tokens.iter().max().copied(),
        };
        tokens.iter().position(|token| Some(*token) == wanted).unwrap_or(0)
    }
}

/// The end token of old configurations; see [`TextEnd::LargestId`].
const LEGACY_END: u32 = 2;

const TEXT: TowerConfig = TowerConfig {
    hidden_size: 512,
    intermediate_size: 2048,
    n_layers: 12,
    n_heads: 8,
    activation: Activation::QuickGelu,
    layer_norm_eps: 1e-5,
};

const VISION: TowerConfig = TowerConfig { hidden_size: 768, intermediate_size: 3072, n_heads: 12, ..TEXT };

#[derive(Deserialize)]
struct RawConfig {
    text_config: Option<RawTower>,
    vision_config: Option<RawTower>,
    /// What old files have besides `text_config`; where there is one, it counts.
    text_config_dict: Option<RawTower>,
    vision_config_dict: Option<RawTower>,
    projection_dim: Option<usize>,
}

impl Default for ClipConfig {
    /// The shape of CLIP ViT-B/32.
    fn default() -> Self {
        Self {
            text: ClipTextConfig { tower: TEXT, vocab_size: 49_408, n_positions: 77, end: TextEnd::Token(49_407) },
            vision: ClipVisionConfig { tower: VISION, image_size: 224, patch_size: 32 },
            projection_dim: 512,
        }
    }
}

impl ClipConfig {
    /// Parses and checks `config.json`, whose bytes were read from `path`.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, EncoderError> {
        let raw: RawConfig = parse_json(path, bytes)?;
        let text = raw.text_config_dict.or(raw.text_config).unwrap_or_default();
        let vision = raw.vision_config_dict.or(raw.vision_config).unwrap_or_default();
        let default = Self::default();
        let [image_size, patch_size] = vision.picture(path, default.vision.patch_size)?;
        let vocab_size = text.vocab_size.unwrap_or(default.text.vocab_size);
        let n_positions = text.max_position_embeddings.unwrap_or(default.text.n_positions);
        Ok(Self {
            text: ClipTextConfig {
                tower: text.tower(path, TEXT)?,
                vocab_size: positive(path, "vocab_size", vocab_size)?,
                n_positions: positive(path, "max_position_embeddings", n_positions)?,
                end: text_end(path, text.eos_token_id, vocab_size)?,
            },
            vision: ClipVisionConfig { tower: vision.tower(path, VISION)?, image_size, patch_size },
            projection_dim: positive(path, "projection_dim", raw.projection_dim.unwrap_or(default.projection_dim))?,
        })
    }

    /// The configuration as `config.json` has it.
    pub fn to_json(&self) -> Value {
        let Self { text, vision, projection_dim } = self;
        let end = match text.end {
            TextEnd::Token(id) => id,
            TextEnd::LargestId => LEGACY_END,
        };
        let mut text_config = tower_json(&text.tower, "clip_text_model", *projection_dim);
        text_config["vocab_size"] = json!(text.vocab_size);
        text_config["max_position_embeddings"] = json!(text.n_positions);
        text_config["eos_token_id"] = json!(end);
        let mut vision_config = tower_json(&vision.tower, "clip_vision_model", *projection_dim);
        vision_config["image_size"] = json!(vision.image_size);
        vision_config["patch_size"] = json!(vision.patch_size);
        vision_config["num_channels"] = json!(3);
        json!({
            "architectures": ["CLIPModel"],
            "model_type": "clip",
            "projection_dim": projection_dim,
            "logit_scale_init_value": super::model::LOGIT_SCALE_AT_BIRTH,
            "text_config": text_config,
            "vision_config": vision_config,
        })
    }
}

fn text_end(path: &Path, id: Option<u32>, vocab_size: usize) -> Result<TextEnd, EncoderError> {
    match id {
        None => Ok(TextEnd::Token(49_407)),
        Some(LEGACY_END) => Ok(TextEnd::LargestId),
        Some(id) if (id as usize) < vocab_size => Ok(TextEnd::Token(id)),
        Some(id) => Err(bad_value(path, "eos_token_id", id, "below vocab_size")),
    }
}

fn tower_json(tower: &TowerConfig, model_type: &str, projection_dim: usize) -> Value {
    json!({
        "model_type": model_type,
        "hidden_size": tower.hidden_size,
        "intermediate_size": tower.intermediate_size,
        "num_hidden_layers": tower.n_layers,
        "num_attention_heads": tower.n_heads,
        "hidden_act": tower.activation.name(),
        "layer_norm_eps": tower.layer_norm_eps,
        "projection_dim": projection_dim,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<ClipConfig, EncoderError> {
        ClipConfig::parse(Path::new("config.json"), json.as_bytes())
    }

    #[test]
    fn what_is_absent_has_the_default_of_transformers() {
        assert_eq!(parse(r#"{"model_type": "clip"}"#).unwrap(), ClipConfig::default());
        let large = r#"{"projection_dim": 768, "text_config": {"hidden_size": 768, "intermediate_size": 3072,
            "num_attention_heads": 12, "eos_token_id": 2}, "text_config_dict": null, "vision_config": {"hidden_size": 1024,
            "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 24, "patch_size": 14}}"#;
        let large = parse(large).unwrap();
        assert_eq!((large.vision.patch_size, large.vision.tower.n_layers, large.projection_dim), (14, 24, 768));
        assert_eq!((large.text.tower.n_layers, large.text.end), (12, TextEnd::LargestId));
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut config = ClipConfig { projection_dim: 96, ..ClipConfig::default() };
        config.text.end = TextEnd::LargestId;
        config.vision.tower.activation = Activation::Gelu;
        assert_eq!(parse(&config.to_json().to_string()).unwrap(), config);
    }

    #[test]
    fn senseless_sizes_are_refused() {
        for (json, field) in [
            (r#"{"text_config": {"num_attention_heads": 7}}"#, "num_attention_heads"),
            (r#"{"vision_config": {"patch_size": 0}}"#, "patch_size"),
            (r#"{"vision_config": {"patch_size": 225}}"#, "patch_size"),
            (r#"{"text_config": {"layer_norm_eps": 0}}"#, "layer_norm_eps"),
            (r#"{"text_config": {"eos_token_id": 49408}}"#, "eos_token_id"),
        ] {
            let error = parse(json).unwrap_err();
            assert!(matches!(&error, EncoderError::BadValue { field: found, .. } if *found == field), "{error}");
        }
        let error = parse(r#"{"vision_config": {"hidden_act": "swish"}}"#).unwrap_err();
        assert!(error.to_string().contains("swish"), "{error}");
    }

    #[test]
    fn the_end_of_a_text_is_its_first_end_token() {
        assert_eq!(TextEnd::Token(9).position(&[8, 1, 9, 9]), 2);
        assert_eq!(TextEnd::Token(9).position(&[8, 1]), 0);
        assert_eq!(TextEnd::LargestId.position(&[8, 11, 3, 11]), 1);
    }
}
