//! The tower of pictures.

use burn::module::{Module, Param};
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Int, Tensor};

use super::ClipVisionConfig;
use super::text::{block_birth, projection_birth};
use crate::encoder::EncoderError;
use crate::encoder::transformer::{Birth, Block, Export, Parts, PatchBias, Patches, Sight};

const PREFIX: &str = "vision_model";
const PATCHES: &str = "vision_model.embeddings.patch_embedding";
const PROJECTION: &str = "visual_projection.weight";

/// Pixels to one vector: that of a learned token which stands before the patches.
#[derive(Module, Debug)]
pub struct ClipVision {
    /// `[d]`
    pub(crate) class_token: Param<Tensor<1>>,
    pub(crate) patches: Patches,
    /// `[1 + n_patches, d]`
    pub(crate) positions: Param<Tensor<2>>,
    pub(crate) norm_before: LayerNorm,
    pub(crate) blocks: Vec<Block>,
    pub(crate) norm_after: LayerNorm,
    pub(crate) projection: Linear,
}

impl ClipVision {
    pub(super) fn build(
        parts: Parts<'_>,
        config: &ClipVisionConfig,
        projection_dim: usize,
    ) -> Result<Self, EncoderError> {
        let at = |part: &str| format!("{PREFIX}.{part}");
        let (tower, d) = (&config.tower, config.tower.hidden_size);
        let n_positions = 1 + (config.image_size / config.patch_size).pow(2);
        let embedding = Birth::Normal { std: 0.02 };
        let class = Birth::Normal { std: (d as f32).powf(-0.5) };
        let positions = at("embeddings.position_embedding.weight");
        Ok(Self {
            class_token: parts.tensor(&at("embeddings.class_embedding"), [d], class)?,
            patches: Patches::build(parts, PATCHES, [d, config.patch_size], PatchBias::Absent, embedding)?,
            positions: parts.tensor(&positions, [n_positions, d], embedding)?,
            norm_before: parts.norm(&at("pre_layrnorm"), d, tower.layer_norm_eps)?, // the library's own spelling
            blocks: Block::stack(parts, PREFIX, tower, Sight::Full, block_birth(tower))?,
            norm_after: parts.norm(&at("post_layernorm"), d, tower.layer_norm_eps)?,
            projection: parts.linear_map(PROJECTION, &[projection_dim, d], projection_birth(d))?,
        })
    }

    /// # Shapes
    /// - `pixels`: `[n, 3, image_size, image_size]`, normalised
    /// - returns `[n, projection_dim]`, not scaled to length 1
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.forward_of(pixels, None)
    }

    /// [`forward`](Self::forward) of some of the patches, all of them where `kept` is none.
    ///
    /// # Shapes
    /// - `pixels`: `[n, 3, image_size, image_size]`, normalised
    /// - `kept`: `[n_kept]`, patches from 0, row by row
    /// - returns `[n, projection_dim]`, not scaled to length 1
    pub fn forward_of(&self, pixels: Tensor<4>, kept: Option<Tensor<1, Int>>) -> Tensor<2> {
        let patches = self.patches.forward(pixels);
        let [n, n_patches, d] = patches.dims();
        let positions = self.positions.val();
        let mut patches = patches + positions.clone().narrow(0, 1, n_patches).unsqueeze::<3>();
        if let Some(kept) = kept {
            patches = patches.select(1, kept);
        }
        let class =
            (self.class_token.val() + positions.narrow(0, 0, 1).reshape([d])).reshape([1, 1, d]).expand([n, 1, d]);
        let x = Tensor::cat(vec![class, patches], 1);
        let x = self.blocks.iter().fold(self.norm_before.forward(x), |x, block| block.forward(x));
        let pooled = x.narrow(1, 0, 1).reshape([n, d]);
        self.projection.forward(self.norm_after.forward(pooled))
    }

    /// Patches of a picture.
    pub fn n_patches(&self) -> usize {
        self.positions.dims()[0] - 1
    }

    pub(super) fn export(&self, export: &mut Export) {
        let at = |part: &str| format!("{PREFIX}.{part}");
        let [d, projection_dim] = self.projection.weight.dims();
        export.tensor(&at("embeddings.class_embedding"), self.class_token.val());
        self.patches.export(PATCHES, export);
        export.tensor(&at("embeddings.position_embedding.weight"), self.positions.val());
        export.norm(&at("pre_layrnorm"), &self.norm_before);
        Block::export_stack(&self.blocks, PREFIX, export);
        export.norm(&at("post_layernorm"), &self.norm_after);
        export.linear_map(PROJECTION, &self.projection, vec![projection_dim, d]);
    }
}
