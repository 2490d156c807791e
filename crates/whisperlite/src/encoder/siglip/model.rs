//! The two towers.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::module::embedding;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::pool::{AttentionPool, xavier};
use super::{SiglipConfig, SiglipTextConfig, SiglipVisionConfig};
use crate::encoder::EncoderError;
use crate::encoder::transformer::{
    Birth, Block, BlockBirth, LinearShape, Parts, PatchBias, Patches, RandomTensors, Sight, TowerConfig,
};
use crate::encoder::weights::Weights;

/// Constant buffers of old checkpoints, and the sigmoid's scale and bias, on which no vector depends.
pub(crate) const UNUSED_TENSORS: [&str; 4] =
    ["logit_scale", "logit_bias", "text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"];

/// A SigLIP: texts and pictures to vectors of one space.
#[derive(Module, Debug)]
pub struct Siglip {
    /// The tower of texts.
    pub text: SiglipText,
    /// The tower of pictures.
    pub vision: SiglipVision,
}

/// Tokens to one vector: the last one's.
#[derive(Module, Debug)]
pub struct SiglipText {
    /// `[vocab_size, d]`
    pub(crate) words: Param<Tensor<2>>,
    /// `[n_positions, d]`
    pub(crate) positions: Param<Tensor<2>>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) norm: LayerNorm,
    pub(crate) head: Linear,
}

/// Pixels to one vector, by attention over the patches.
#[derive(Module, Debug)]
pub struct SiglipVision {
    pub(crate) patches: Patches,
    /// `[n_patches, d]`
    pub(crate) positions: Param<Tensor<2>>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) norm: LayerNorm,
    pub(crate) pool: AttentionPool,
}

impl Siglip {
    /// Takes all weights that the configuration calls for.
    pub(crate) fn load(weights: &Weights<'_>, config: &SiglipConfig, device: &Device) -> Result<Self, EncoderError> {
        Self::build(Parts { source: weights, device }, config)
    }

    /// A SigLIP with random weights. Same seed, same weights.
    pub fn random(config: &SiglipConfig, seed: u64, device: &Device) -> Result<Self, EncoderError> {
        Self::build(Parts { source: &RandomTensors::new(seed), device }, config)
    }

    fn build(parts: Parts<'_>, config: &SiglipConfig) -> Result<Self, EncoderError> {
        let d_out = config.vision.tower.hidden_size;
        Ok(Self {
            text: SiglipText::build(parts, &config.text, d_out)?,
            vision: SiglipVision::build(parts, &config.vision)?,
        })
    }

    /// # Shapes
    /// - `texts`: token ids, each padded to `n_positions`
    /// - returns `[texts.len(), d]`, not scaled to length 1
    pub fn encode_text(&self, texts: &[&[u32]]) -> Tensor<2> {
        self.text.forward(texts)
    }

    /// # Shapes
    /// - `pixels`: `[n, 3, image_size, image_size]`, normalised
    /// - returns `[n, d]`, not scaled to length 1
    pub fn encode_image(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.vision.forward(pixels)
    }
}

impl SiglipText {
    fn build(parts: Parts<'_>, config: &SiglipTextConfig, d_out: usize) -> Result<Self, EncoderError> {
        let at = |part: &str| format!("text_model.{part}");
        let (tower, d) = (&config.tower, config.tower.hidden_size);
        let table = Birth::Normal { std: (d as f32).powf(-0.5) };
        Ok(Self {
            words: parts.tensor(&at("embeddings.token_embedding.weight"), [config.vocab_size, d], table)?,
            positions: parts.tensor(&at("embeddings.position_embedding.weight"), [config.n_positions, d], table)?,
            blocks: Block::stack(parts, "text_model", tower, Sight::Full, block_birth(tower))?,
            norm: parts.norm(&at("final_layer_norm"), d, tower.layer_norm_eps)?,
            head: parts.linear(&[at("head")], LinearShape { d_in: d, d_out }, table)?,
        })
    }

    /// # Shapes
    /// - `texts`: token ids, all of one length
    /// - returns `[texts.len(), d]`
    pub fn forward(&self, texts: &[&[u32]]) -> Tensor<2> {
        let (n, n_tokens) = (texts.len(), texts.first().map_or(0, |text| text.len()));
        let ids: Vec<i64> = texts.concat().into_iter().map(i64::from).collect();
        let ids = Tensor::<2, Int>::from_data(TensorData::new(ids, [n, n_tokens]), &self.words.device());
        let positions = self.positions.val().narrow(0, 0, n_tokens).unsqueeze::<3>();
        let x = embedding(self.words.val(), ids) + positions;
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        let [_, _, d] = x.dims();
        let last = x.narrow(1, n_tokens - 1, 1).reshape([n, d]);
        self.head.forward(self.norm.forward(last))
    }
}

impl SiglipVision {
    fn build(parts: Parts<'_>, config: &SiglipVisionConfig) -> Result<Self, EncoderError> {
        let at = |part: &str| format!("vision_model.{part}");
        let (tower, d) = (&config.tower, config.tower.hidden_size);
        let n_patches = (config.image_size / config.patch_size).pow(2);
        let birth = Birth::Normal { std: (d as f32).powf(-0.5) };
        let patches = at("embeddings.patch_embedding");
        Ok(Self {
            patches: Patches::build(parts, &patches, [d, config.patch_size], PatchBias::Learned, birth)?,
            positions: parts.tensor(&at("embeddings.position_embedding.weight"), [n_patches, d], birth)?,
            blocks: Block::stack(parts, "vision_model", tower, Sight::Full, block_birth(tower))?,
            norm: parts.norm(&at("post_layernorm"), d, tower.layer_norm_eps)?,
            pool: AttentionPool::build(parts, &at("head"), tower)?,
        })
    }

    /// # Shapes
    /// - `pixels`: `[n, 3, image_size, image_size]`
    /// - returns `[n, d]`
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        let x = self.patches.forward(pixels) + self.positions.val().unsqueeze::<3>();
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        self.pool.forward(self.norm.forward(x))
    }
}

fn block_birth(tower: &TowerConfig) -> BlockBirth {
    let (square, wide) =
        (xavier(tower.hidden_size, tower.hidden_size), xavier(tower.hidden_size, tower.intermediate_size));
    BlockBirth { qkv: square, attention_out: square, up: wide, down: wide }
}
