//! The tower of texts.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::embedding;
use burn::tensor::{Int, Tensor, TensorData};

use super::{ClipTextConfig, TextEnd};
use crate::encoder::EncoderError;
use crate::encoder::transformer::{Birth, Block, BlockBirth, Export, Parts, Sight, TowerConfig};

const PREFIX: &str = "text_model";
const PROJECTION: &str = "text_projection.weight";

/// Tokens to one vector: the end token's, which has seen the whole text.
#[derive(Module, Debug)]
pub struct ClipText {
    /// `[vocab_size, d]`
    pub(crate) words: Param<Tensor<2>>,
    /// `[n_positions, d]`
    pub(crate) positions: Param<Tensor<2>>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) norm: LayerNorm,
    pub(crate) projection: Linear,
    #[module(skip)]
    pub(crate) end: TextEnd,
}

impl ClipText {
    pub(super) fn build(
        parts: Parts<'_>,
        config: &ClipTextConfig,
        projection_dim: usize,
    ) -> Result<Self, EncoderError> {
        let at = |part: &str| format!("{PREFIX}.{part}");
        let (tower, d) = (&config.tower, config.tower.hidden_size);
        let embedding = Birth::Normal { std: 0.02 };
        Ok(Self {
            words: parts.tensor(&at("embeddings.token_embedding.weight"), [config.vocab_size, d], embedding)?,
            positions: parts.tensor(&at("embeddings.position_embedding.weight"), [config.n_positions, d], embedding)?,
            blocks: Block::stack(parts, PREFIX, tower, Sight::Causal, block_birth(tower))?,
            norm: parts.norm(&at("final_layer_norm"), d, tower.layer_norm_eps)?,
            projection: parts.linear_map(PROJECTION, &[projection_dim, d], projection_birth(d))?,
            end: config.end,
        })
    }

    /// The vectors of texts given as token ids, special tokens included. Each text takes part at its own length: what is
    /// padded behind it is not seen.
    ///
    /// # Shapes
    /// Returns `[texts.len(), projection_dim]`, not scaled to length 1.
    ///
    /// # Panics
    /// If a text is empty or longer than `n_positions`, or an id is not below `vocab_size`.
    pub fn forward(&self, texts: &[&[u32]]) -> Tensor<2> {
        let (n, n_tokens) = (texts.len(), texts.iter().map(|text| text.len()).max().unwrap_or(0));
        let device = self.words.device();
        let mut ids = vec![0i64; n * n_tokens];
        for (row, text) in ids.chunks_exact_mut(n_tokens).zip(texts) {
            row.iter_mut().zip(*text).for_each(|(slot, id)| *slot = i64::from(*id));
        }
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [n, n_tokens]), &device);
        let positions = self.positions.val().narrow(0, 0, n_tokens).unsqueeze::<3>();
        let x = embedding(self.words.val(), ids) + positions;
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let [_, _, d] = x.dims();
        let ends: Vec<i64> = texts
            .iter()
            .enumerate()
            .map(|(text_idx, text)| (text_idx * n_tokens + self.end.position(text)) as i64)
            .collect();
        let ends = Tensor::<1, Int>::from_data(TensorData::new(ends, [n]), &device);
        let pooled = x.reshape([n * n_tokens, d]).select(0, ends);
        self.projection.forward(self.norm.forward(pooled))
    }

    pub(super) fn export(&self, export: &mut Export) {
        let at = |part: &str| format!("{PREFIX}.{part}");
        let [d, projection_dim] = self.projection.weight.dims();
        export.tensor(&at("embeddings.token_embedding.weight"), self.words.val());
        export.tensor(&at("embeddings.position_embedding.weight"), self.positions.val());
        Block::export_stack(&self.blocks, PREFIX, export);
        export.norm(&at("final_layer_norm"), &self.norm);
        export.linear_map(PROJECTION, &self.projection, vec![projection_dim, d]);
    }
}

/// CLIP's own start: residual branches shrink with the number of layers.
pub(super) fn block_birth(tower: &TowerConfig) -> BlockBirth {
    let width = (tower.hidden_size as f32).powf(-0.5);
    let depth = (2.0 * tower.n_layers as f32).powf(-0.5);
    BlockBirth {
        qkv: Birth::Normal { std: width * depth },
        attention_out: Birth::Normal { std: width },
        up: Birth::Normal { std: (2.0 * tower.hidden_size as f32).powf(-0.5) },
        down: Birth::Normal { std: width * depth },
    }
}

pub(super) fn projection_birth(d: usize) -> Birth {
    Birth::Normal { std: (d as f32).powf(-0.5) }
}
