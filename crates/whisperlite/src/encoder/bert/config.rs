//! `config.json` of a BERT folder: what was written, and what was understood.

use std::path::Path;

use serde::Deserialize;

use super::Activation;
use crate::encoder::EncoderError;
use crate::encoder::files::parse_json;

/// The sizes and choices that define one BERT.
#[derive(Debug, Clone, PartialEq)]
pub struct BertConfig {
    /// Rows of the token embedding table.
    pub vocab_size: usize,
    /// Rows of the position embedding table: the longest possible text in tokens.
    pub n_positions: usize,
    /// Rows of the segment embedding table.
    pub n_token_types: usize,
    /// Length `d` of every token vector.
    pub hidden_size: usize,
    /// Width of the feed-forward part.
    pub intermediate_size: usize,
    /// Number of transformer layers.
    pub n_layers: usize,
    /// Number of attention heads; divides `hidden_size`.
    pub n_heads: usize,
    /// Function between the two halves of the feed-forward part.
    pub activation: Activation,
    /// Added to the variance in every layer norm.
    pub layer_norm_eps: f64,
}

/// The keys that matter, as the file has them.
#[derive(Deserialize)]
struct RawConfig {
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
    #[serde(default)]
    add_cross_attention: bool,
}

impl BertConfig {
    /// Parses and checks `config.json`, whose bytes were read from `path`.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, EncoderError> {
        let raw: RawConfig = parse_json(path, bytes)?;
        raw.refuse_variants(path)?;
        raw.check_numbers(path)?;
        let activation = Activation::from_name(&raw.hidden_act)
            .ok_or_else(|| unsupported(path, "hidden_act", &raw.hidden_act, Activation::NAMES))?;
        Ok(Self {
            vocab_size: raw.vocab_size,
            n_positions: raw.max_position_embeddings,
            n_token_types: raw.type_vocab_size,
            hidden_size: raw.hidden_size,
            intermediate_size: raw.intermediate_size,
            n_layers: raw.num_hidden_layers,
            n_heads: raw.num_attention_heads,
            activation,
            layer_norm_eps: raw.layer_norm_eps,
        })
    }
}

impl RawConfig {
    /// Variants that share the name but not the arithmetic.
    fn refuse_variants(&self, path: &Path) -> Result<(), EncoderError> {
        match self.position_embedding_type.as_deref() {
            None | Some("absolute") => {}
            Some(other) => return Err(unsupported(path, "position_embedding_type", other, "absolute")),
        }
        if self.is_decoder {
            return Err(unsupported(path, "is_decoder", "true", "false"));
        }
        if self.add_cross_attention {
            return Err(unsupported(path, "add_cross_attention", "true", "false"));
        }
        Ok(())
    }

    fn check_numbers(&self, path: &Path) -> Result<(), EncoderError> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
            ("hidden_size", self.hidden_size),
            ("intermediate_size", self.intermediate_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
        ];
        if let Some((field, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(bad_value(path, field, "0", "positive"));
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let heads = self.num_attention_heads.to_string();
            return Err(bad_value(path, "num_attention_heads", &heads, "a divisor of hidden_size"));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            return Err(bad_value(path, "layer_norm_eps", &self.layer_norm_eps.to_string(), "between 0 and 1"));
        }
        Ok(())
    }
}

fn unsupported(path: &Path, field: &'static str, found: &str, supported: &'static str) -> EncoderError {
    EncoderError::Unsupported { path: path.to_owned(), field, found: format!("`{found}`"), supported }
}

fn bad_value(path: &Path, field: &'static str, found: &str, expected: &'static str) -> EncoderError {
    EncoderError::BadValue { path: path.to_owned(), field, found: found.to_owned(), expected }
}
