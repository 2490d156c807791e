//! One transformer layer.

use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Tensor};

use super::{Activation, BertConfig};
use crate::encoder::EncoderError;
use crate::encoder::transformer::{Birth, LinearShape, Parts};

/// How BERT's weights start; here they always come from a file.
const BIRTH: Birth = Birth::Normal { std: 0.02 };

/// Self-attention and feed-forward part, each followed by residual and layer norm.
#[derive(Debug)]
pub(super) struct Layer {
    /// Query, key and value in one multiplication: `[d, 3 d]`.
    qkv: Linear,
    attention_out: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
    n_heads: usize,
    activation: Activation,
}

impl Layer {
    /// Builds layer `index` of the encoder.
    pub(super) fn build(parts: Parts<'_>, config: &BertConfig, index: usize) -> Result<Self, EncoderError> {
        let (d, wide, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let at = |part: &str| format!("encoder.layer.{index}.{part}");
        let square = LinearShape { d_in: d, d_out: d };
        let projections = ["query", "key", "value"].map(|part| at(&format!("attention.self.{part}")));
        Ok(Self {
            qkv: parts.linear(&projections, square, BIRTH)?,
            attention_out: parts.linear(&[at("attention.output.dense")], square, BIRTH)?,
            attention_norm: parts.norm(&at("attention.output.LayerNorm"), d, eps)?,
            up: parts.linear(&[at("intermediate.dense")], LinearShape { d_in: d, d_out: wide }, BIRTH)?,
            down: parts.linear(&[at("output.dense")], LinearShape { d_in: wide, d_out: d }, BIRTH)?,
            norm: parts.norm(&at("output.LayerNorm"), d, eps)?,
            n_heads: config.n_heads,
            activation: config.activation,
        })
    }

    /// # Shapes
    /// - `x`: `[n_texts, n_tokens, d]`, and so is the result
    /// - `padding`: `[n_texts, 1, n_tokens, n_tokens]`, `true` where the key is padding
    pub(super) fn forward(&self, x: Tensor<3>, padding: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let attended = self.attention_out.forward(self.attend(x.clone(), padding));
        let x = self.attention_norm.forward(x + attended);
        let fed = self.down.forward(self.activation.apply(self.up.forward(x.clone())));
        self.norm.forward(x + fed)
    }

    fn attend(&self, x: Tensor<3>, padding: Option<Tensor<4, Bool>>) -> Tensor<3> {
        let [n_texts, n_tokens, d] = x.dims();
        let heads = self.qkv.forward(x).reshape([n_texts, n_tokens, 3, self.n_heads, d / self.n_heads]);
        let heads = heads.permute([2, 0, 3, 1, 4]); // [3, n_texts, n_heads, n_tokens, d / n_heads]
        let [query, key, value] = [0, 1, 2].map(|part| heads.clone().narrow(0, part, 1).squeeze_dim::<4>(0));
        let context = attention(query, key, value, padding, None, AttentionModuleOptions::default());
        context.swap_dims(1, 2).reshape([n_texts, n_tokens, d])
    }
}
