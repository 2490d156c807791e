//! Both towers together.

use std::path::Path;

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::{ClipConfig, ClipText, ClipVision};
use crate::encoder::EncoderError;
use crate::encoder::folder::ModelFolder;
use crate::encoder::transformer::{Birth, Export, Parts, RandomTensors};
use crate::encoder::weights::Weights;

/// Constant buffers that old checkpoints carry.
pub(crate) const UNUSED_TENSORS: [&str; 2] =
    ["text_model.embeddings.position_ids", "vision_model.embeddings.position_ids"];

/// `ln(1 / 0.07)`, as CLIP's authors started.
pub(super) const LOGIT_SCALE_AT_BIRTH: f32 = 2.6592;

/// A CLIP: texts and pictures to vectors of one space.
#[derive(Module, Debug)]
pub struct Clip {
    /// The tower of texts.
    pub text: ClipText,
    /// The tower of pictures.
    pub vision: ClipVision,
    /// Logarithm of the inverse temperature, by which cosines are multiplied in training; vectors do not depend on it.
    pub logit_scale: Param<Tensor<1>>,
}

impl Clip {
    /// Opens the CLIP in a folder, to train it further or to look inside.
    pub fn open(folder: &Path, device: &Device) -> Result<(Self, ClipConfig), EncoderError> {
        let folder = ModelFolder::read(folder)?;
        let config = ClipConfig::parse(&folder.config_path(), &folder.config)?;
        let bytes = folder.read_weights()?;
        let weights = Weights::parse(folder.weights_path(), &bytes, "")?;
        let clip = Self::load(&weights, &config, device)?;
        weights.finish(&UNUSED_TENSORS)?;
        Ok((clip, config))
    }

    /// Takes all weights that the configuration calls for.
    pub(crate) fn load(weights: &Weights<'_>, config: &ClipConfig, device: &Device) -> Result<Self, EncoderError> {
        Self::build(Parts { source: weights, device }, config)
    }

    /// A CLIP with random weights, drawn as its authors did. Same seed, same weights.
    pub fn random(config: &ClipConfig, seed: u64, device: &Device) -> Result<Self, EncoderError> {
        Self::build(Parts { source: &RandomTensors::new(seed), device }, config)
    }

    fn build(parts: Parts<'_>, config: &ClipConfig) -> Result<Self, EncoderError> {
        let scale = parts.source.take("logit_scale", &[], Birth::Constant(LOGIT_SCALE_AT_BIRTH))?;
        Ok(Self {
            text: ClipText::build(parts, &config.text, config.projection_dim)?,
            vision: ClipVision::build(parts, &config.vision, config.projection_dim)?,
            logit_scale: parts.parameter(scale, [1]),
        })
    }

    /// See [`ClipText::forward`].
    ///
    /// # Shapes
    /// Returns `[texts.len(), projection_dim]`, not scaled to length 1.
    pub fn encode_text(&self, texts: &[&[u32]]) -> Tensor<2> {
        self.text.forward(texts)
    }

    /// See [`ClipVision::forward`].
    ///
    /// # Shapes
    /// - `pixels`: `[n, 3, image_size, image_size]`, normalised
    /// - returns `[n, projection_dim]`, not scaled to length 1
    pub fn encode_image(&self, pixels: Tensor<4>) -> Tensor<2> {
        self.vision.forward(pixels)
    }

    /// All tensors, named as `CLIPModel` names them.
    pub(super) fn export(&self) -> Export {
        let mut export = Export::default();
        export.scalar("logit_scale", self.logit_scale.val());
        self.text.export(&mut export);
        self.vision.export(&mut export);
        export
    }
}
