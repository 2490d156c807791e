//! The whole model: embeddings, then layers.

use burn::nn::LayerNorm;
use burn::tensor::module::embedding;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};

use super::BertConfig;
use super::layer::Layer;
use crate::encoder::EncoderError;
use crate::encoder::transformer::Parts;
use crate::encoder::weights::Weights;

/// Tensors that many checkpoints carry and sentence pooling has no use for: a constant buffer, and the pooler, which
/// was trained for next-sentence prediction.
pub(crate) const UNUSED_TENSORS: [&str; 3] = ["embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"];

/// What checkpoints of a BERT with a head put in front of every name.
pub(crate) const NAME_PREFIX: &str = "bert.";

/// A frozen BERT.
#[derive(Debug)]
pub struct Bert {
    /// `[vocab_size, d]`
    words: Tensor<2>,
    /// `[n_positions, d]`, the embedding of token type 0 already added: single sentences have no other type.
    positions: Tensor<2>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    device: Device,
}

/// Token ids of several texts, padded to the longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenBatch {
    /// `[n_texts, n_tokens]`, row-major.
    ids: Vec<i64>,
    /// Tokens of each text, without padding.
    lengths: Vec<usize>,
    n_tokens: usize,
}

impl TokenBatch {
    /// Pads the texts' token ids; every text has at least one token.
    pub fn new(texts: &[&[u32]]) -> Self {
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let n_tokens = lengths.iter().copied().max().unwrap_or(0);
        let mut ids = vec![0; texts.len() * n_tokens];
        for (row, text) in ids.chunks_exact_mut(n_tokens.max(1)).zip(texts) {
            row.iter_mut().zip(*text).for_each(|(slot, id)| *slot = i64::from(*id));
        }
        Self { ids, lengths, n_tokens }
    }

    /// Tokens of each text, without padding.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// `[n_texts, n_tokens]`: `true` where there is no token; `None` if all texts are of one length.
    pub fn padding(&self, device: &Device) -> Option<Tensor<2, Bool>> {
        if self.lengths.iter().all(|length| *length == self.n_tokens) {
            return None;
        }
        let is_padding = |length: usize| (0..self.n_tokens).map(move |position| position >= length);
        let mask: Vec<bool> = self.lengths.iter().flat_map(|length| is_padding(*length)).collect();
        Some(Tensor::from_data(TensorData::new(mask, [self.lengths.len(), self.n_tokens]), device))
    }
}

impl Bert {
    /// Takes all weights that the configuration calls for; shapes are checked before anything is allocated.
    pub(crate) fn load(weights: &Weights<'_>, config: &BertConfig, device: &Device) -> Result<Self, EncoderError> {
        let d = config.hidden_size;
        let words = weights.take("embeddings.word_embeddings.weight", &[config.vocab_size, d])?;
        let mut positions = weights.take("embeddings.position_embeddings.weight", &[config.n_positions, d])?;
        let types = weights.take("embeddings.token_type_embeddings.weight", &[config.n_token_types, d])?;
        for position in positions.chunks_exact_mut(d) {
            position.iter_mut().zip(&types[..d]).for_each(|(value, first_type)| *value += first_type);
        }
        let parts = Parts { source: weights, device };
        let norm = parts.norm("embeddings.LayerNorm", d, config.layer_norm_eps)?;
        let layers = (0..config.n_layers).map(|index| Layer::build(parts, config, index));
        Ok(Self {
            words: Tensor::from_data(TensorData::new(words, [config.vocab_size, d]), device),
            positions: Tensor::from_data(TensorData::new(positions, [config.n_positions, d]), device),
            norm,
            layers: layers.collect::<Result<_, _>>()?,
            device: device.clone(),
        })
    }

    /// The vector of every token, in the context of its text.
    ///
    /// # Shapes
    /// Returns `[n_texts, n_tokens, d]`; rows of padding hold numbers without meaning.
    ///
    /// # Panics
    /// If an id is not below `vocab_size`, or a text is longer than `n_positions`.
    pub fn forward(&self, batch: &TokenBatch) -> Tensor<3> {
        let (n_texts, n_tokens) = (batch.lengths.len(), batch.n_tokens);
        let ids = TensorData::new(batch.ids.clone(), [n_texts, n_tokens]);
        let words = embedding(self.words.clone(), Tensor::<2, Int>::from_data(ids, &self.device));
        let positions = self.positions.clone().narrow(0, 0, n_tokens).unsqueeze::<3>();
        let padding = batch.padding(&self.device).map(|padding| {
            let as_keys = padding.reshape([n_texts, 1, 1, n_tokens]);
            as_keys.expand([n_texts, 1, n_tokens, n_tokens])
        });
        let embedded = self.norm.forward(words + positions);
        self.layers.iter().fold(embedded, |x, layer| layer.forward(x, padding.clone()))
    }
}
