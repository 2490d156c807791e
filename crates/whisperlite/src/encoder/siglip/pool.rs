//! Many vectors to one, by attention of a learned question.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::Tensor;
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;

use crate::encoder::EncoderError;
use crate::encoder::activation::Activation;
use crate::encoder::transformer::{Birth, LinearShape, Parts, TowerConfig};

/// One learned query attends over all patches, followed by a feed-forward part.
#[derive(Module, Debug)]
pub struct AttentionPool {
    /// `[1, d]`
    pub(crate) probe: Param<Tensor<2>>,
    pub(crate) query: Linear,
    /// Key and value in one multiplication: `[d, 2 d]`.
    pub(crate) key_value: Linear,
    pub(crate) out: Linear,
    pub(crate) norm: LayerNorm,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) n_heads: usize,
    #[module(skip)]
    pub(crate) activation: Activation,
}

impl AttentionPool {
    /// From the tensors `{name}.…`, where query, key and value come in one.
    pub(super) fn build(parts: Parts<'_>, name: &str, config: &TowerConfig) -> Result<Self, EncoderError> {
        let (d, wide) = (config.hidden_size, config.intermediate_size);
        let at = |part: &str| format!("{name}.{part}");
        let birth = xavier(d, d);
        let rows = parts.source.take(&at("attention.in_proj_weight"), &[3 * d, d], birth)?;
        let bias = parts.source.take(&at("attention.in_proj_bias"), &[3 * d], Birth::Constant(0.0))?;
        let linear = |rows: &[f32], bias: &[f32]| Linear {
            weight: parts.columns(rows, d),
            bias: Some(parts.parameter(bias.to_vec(), [bias.len()])),
        };
        let probe = parts.source.take(&at("probe"), &[1, 1, d], birth)?;
        Ok(Self {
            probe: parts.parameter(probe, [1, d]),
            query: linear(&rows[..d * d], &bias[..d]),
            key_value: linear(&rows[d * d..], &bias[d..]),
            out: parts.linear(&[at("attention.out_proj")], LinearShape { d_in: d, d_out: d }, birth)?,
            norm: parts.norm(&at("layernorm"), d, config.layer_norm_eps)?,
            up: parts.linear(&[at("mlp.fc1")], LinearShape { d_in: d, d_out: wide }, xavier(d, wide))?,
            down: parts.linear(&[at("mlp.fc2")], LinearShape { d_in: wide, d_out: d }, xavier(d, wide))?,
            n_heads: config.n_heads,
            activation: config.activation,
        })
    }

    /// # Shapes
    /// - `x`: `[n, n_patches, d]`
    /// - returns `[n, d]`
    pub(super) fn forward(&self, x: Tensor<3>) -> Tensor<2> {
        let [n, n_patches, d] = x.dims();
        let (heads, width) = (self.n_heads, d / self.n_heads);
        let query = self.query.forward(self.probe.val()).reshape([1, heads, 1, width]).expand([n, heads, 1, width]);
        let pairs = self.key_value.forward(x).reshape([n, n_patches, 2, heads, width]).permute([2, 0, 3, 1, 4]);
        let [key, value] = [0, 1].map(|part| pairs.clone().narrow(0, part, 1).squeeze_dim::<4>(0));
        let context = attention(query, key, value, None, None, AttentionModuleOptions::default());
        let pooled = self.out.forward(context.reshape([n, d]));
        let wide = self.activation.apply(self.up.forward(self.norm.forward(pooled.clone())));
        pooled + self.down.forward(wide)
    }
}

/// Uniform, so that signals keep their size in both directions.
pub(super) fn xavier(d_in: usize, d_out: usize) -> Birth {
    Birth::Uniform { bound: (6.0 / (d_in + d_out) as f32).sqrt() }
}
