//! The pre-norm transformer block of CLIP and its kin.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;

use super::{Birth, Export, LinearShape, Parts, TowerConfig};
use crate::encoder::EncoderError;
use crate::encoder::activation::Activation;

/// What a token may attend to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// Itself and what is before it, so that whatever follows a text's end has no part in it.
    Causal,
    /// Everything.
    Full,
}

/// How the weights of a block start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BlockBirth {
    pub(crate) qkv: Birth,
    pub(crate) attention_out: Birth,
    pub(crate) up: Birth,
    pub(crate) down: Birth,
}

/// Layer norm before self-attention and before the feed-forward part, each added to what went in.
#[derive(Module, Debug)]
pub struct Block {
    pub(crate) attention_norm: LayerNorm,
    /// Query, key and value in one multiplication: `[d, 3 d]`.
    pub(crate) qkv: Linear,
    pub(crate) attention_out: Linear,
    pub(crate) norm: LayerNorm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) n_heads: usize,
    #[module(skip)]
    pub(crate) activation: Activation,
    #[module(skip)]
    pub(crate) sight: Sight,
}

const PROJECTIONS: [&str; 3] = ["q_proj", "k_proj", "v_proj"];

impl Block {
    /// Builds all blocks of a tower, whose names start with `{prefix}.encoder.layers`.
    pub(crate) fn stack(
        parts: Parts<'_>,
        prefix: &str,
        config: &TowerConfig,
        sight: Sight,
        birth: BlockBirth,
    ) -> Result<Vec<Self>, EncoderError> {
        (0..config.n_layers).map(|index| Self::build(parts, &name(prefix, index), config, sight, birth)).collect()
    }

    fn build(
        parts: Parts<'_>,
        name: &str,
        config: &TowerConfig,
        sight: Sight,
        birth: BlockBirth,
    ) -> Result<Self, EncoderError> {
        let (d, wide, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let at = |part: &str| format!("{name}.{part}");
        let square = LinearShape { d_in: d, d_out: d };
        let projections = PROJECTIONS.map(|part| at(&format!("self_attn.{part}")));
        Ok(Self {
            attention_norm: parts.norm(&at("layer_norm1"), d, eps)?,
            qkv: parts.linear(&projections, square, birth.qkv)?,
            attention_out: parts.linear(&[at("self_attn.out_proj")], square, birth.attention_out)?,
            norm: parts.norm(&at("layer_norm2"), d, eps)?,
            up: parts.linear(&[at("mlp.fc1")], LinearShape { d_in: d, d_out: wide }, birth.up)?,
            down: parts.linear(&[at("mlp.fc2")], LinearShape { d_in: wide, d_out: d }, birth.down)?,
            n_heads: config.n_heads,
            activation: config.activation,
            sight,
        })
    }

    /// # Shapes
    /// - `x`: `[n, n_tokens, d]`, and so is the result
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.attention_out.forward(self.attend(self.attention_norm.forward(x)));
        let wide = self.activation.apply(self.up.forward(self.norm.forward(x.clone())));
        x + self.down.forward(wide)
    }

    fn attend(&self, x: Tensor<3>) -> Tensor<3> {
        let [n, n_tokens, d] = x.dims();
        let heads = self.qkv.forward(x).reshape([n, n_tokens, 3, self.n_heads, d / self.n_heads]);
        let heads = heads.permute([2, 0, 3, 1, 4]); // [3, n, n_heads, n_tokens, d / n_heads]
        let [query, key, value] = [0, 1, 2].map(|part| heads.clone().narrow(0, part, 1).squeeze_dim::<4>(0));
        let options = AttentionModuleOptions { is_causal: self.sight == Sight::Causal, ..Default::default() };
        attention(query, key, value, None, None, options).swap_dims(1, 2).reshape([n, n_tokens, d])
    }

    /// Adds the tensors of all blocks, under the names that [`Block::stack`] reads.
    pub(crate) fn export_stack(blocks: &[Self], prefix: &str, export: &mut Export) {
        for (index, block) in blocks.iter().enumerate() {
            let at = |part: &str| format!("{}.{part}", name(prefix, index));
            export.norm(&at("layer_norm1"), &block.attention_norm);
            export.linear(&PROJECTIONS.map(|part| at(&format!("self_attn.{part}"))), &block.qkv);
            export.linear(&[at("self_attn.out_proj")], &block.attention_out);
            export.norm(&at("layer_norm2"), &block.norm);
            export.linear(&[at("mlp.fc1")], &block.up);
            export.linear(&[at("mlp.fc2")], &block.down);
        }
    }
}

fn name(prefix: &str, index: usize) -> String {
    format!("{prefix}.encoder.layers.{index}")
}
