//! One transformer layer, and the loading of its parts.

use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::module::attention;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Bool, Device, Tensor, TensorData};

use super::{Activation, BertConfig};
use crate::encoder::EncoderError;
use crate::encoder::weights::Weights;

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
    /// Loads layer `index` of the encoder.
    pub(super) fn load(
        weights: &Weights<'_>,
        config: &BertConfig,
        index: usize,
        device: &Device,
    ) -> Result<Self, EncoderError> {
        let (d, wide) = (config.hidden_size, config.intermediate_size);
        let at = |part: &str| format!("encoder.layer.{index}.{part}");
        let projections = ["query", "key", "value"].map(|part| at(&format!("attention.self.{part}")));
        Ok(Self {
            qkv: load_linear(weights, &projections, d, d, device)?,
            attention_out: load_linear(weights, &[at("attention.output.dense")], d, d, device)?,
            attention_norm: load_norm(weights, &at("attention.output.LayerNorm"), config, device)?,
            up: load_linear(weights, &[at("intermediate.dense")], d, wide, device)?,
            down: load_linear(weights, &[at("output.dense")], wide, d, device)?,
            norm: load_norm(weights, &at("output.LayerNorm"), config, device)?,
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

/// Loads linear maps that share their input, side by side, as one `[d_in, names.len() · d_out]`.
///
/// The file stores each as `[d_out, d_in]`.
fn load_linear(
    weights: &Weights<'_>,
    names: &[String],
    d_in: usize,
    d_out: usize,
    device: &Device,
) -> Result<Linear, EncoderError> {
    let mut rows = Vec::new();
    let mut bias = Vec::new();
    for name in names {
        rows.extend(weights.take(&format!("{name}.weight"), &[d_out, d_in])?);
        bias.extend(weights.take(&format!("{name}.bias"), &[d_out])?);
    }
    let n_columns = names.len() * d_out;
    let mut columns = vec![0.0; rows.len()];
    for (column, row) in rows.chunks_exact(d_in).enumerate() {
        for (line, value) in row.iter().enumerate() {
            columns[line * n_columns + column] = *value;
        }
    }
    Ok(Linear {
        weight: parameter(TensorData::new(columns, [d_in, n_columns]), device),
        bias: Some(parameter(TensorData::new(bias, [n_columns]), device)),
    })
}

/// Loads a layer norm over vectors of length `d`.
pub(super) fn load_norm(
    weights: &Weights<'_>,
    name: &str,
    config: &BertConfig,
    device: &Device,
) -> Result<LayerNorm, EncoderError> {
    let d = config.hidden_size;
    let gamma = weights.take(&format!("{name}.weight"), &[d])?;
    let beta = weights.take(&format!("{name}.bias"), &[d])?;
    let mut norm = LayerNormConfig::new(d).with_epsilon(config.layer_norm_eps).init(device);
    norm.gamma = parameter(TensorData::new(gamma, [d]), device);
    norm.beta = Some(parameter(TensorData::new(beta, [d]), device));
    Ok(norm)
}

fn parameter<const D: usize>(data: TensorData, device: &Device) -> Param<Tensor<D>> {
    Param::from_tensor(Tensor::from_data(data, device))
}
