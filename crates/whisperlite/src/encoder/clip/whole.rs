//! A CLIP with everything that belongs to it, open to be trained.

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};

use super::{Clip, ClipConfig, ClipFiles};
use crate::encoder::folder::ModelFolder;
use crate::encoder::picture::{Picture, Preprocessing, Processor};
use crate::encoder::tokens::TextTokenizer;
use crate::encoder::transformer::Precision;
use crate::encoder::weights::Weights;
use crate::encoder::{EncoderError, batches};

/// Towers, tokenizer and preprocessing of one folder.
#[derive(Debug)]
pub struct ClipModel {
    /// Both towers.
    pub clip: Clip,
    /// Their sizes.
    pub config: ClipConfig,
    /// What becomes of a picture before the tower sees it.
    pub preprocessing: Preprocessing,
    tokenizer: TextTokenizer,
    tokenizer_json: Vec<u8>,
}

impl ClipModel {
    /// Opens the CLIP in a folder, strictly.
    ///
    /// # Errors
    /// If it holds something else, or something is wrong with it.
    pub fn open(path: &Path) -> Result<Self, EncoderError> {
        Self::build(path, |folder, config| {
            let bytes = folder.read_weights()?;
            let weights = Weights::parse(folder.weights_path(), &bytes, "")?;
            let clip = Clip::load(&weights, config, &Device::flex())?;
            weights.finish(&super::UNUSED_TENSORS)?;
            Ok(clip)
        })
    }

    /// A CLIP of the sizes and with the tokenizer of a folder, with random weights; the folder needs none.
    pub fn random(path: &Path, seed: u64) -> Result<Self, EncoderError> {
        Self::build(path, |_, config| Clip::random(config, seed, &Device::flex()))
    }

    fn build(
        path: &Path,
        clip: impl FnOnce(&ModelFolder, &ClipConfig) -> Result<Clip, EncoderError>,
    ) -> Result<Self, EncoderError> {
        let folder = ModelFolder::read(path)?;
        folder.expect_clip()?;
        let config = ClipConfig::parse(&folder.config_path(), &folder.config)?;
        let tokenizer = TextTokenizer::load(&folder, config.text.n_positions, config.text.vocab_size)?;
        let preprocessing = folder.required_preprocessing(Processor::Clip, config.vision.image_size)?;
        let clip = clip(&folder, &config)?;
        Ok(Self { clip, config, preprocessing, tokenizer, tokenizer_json: folder.tokenizer })
    }

    /// The token ids of each text, special tokens included.
    pub fn tokens(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, EncoderError> {
        texts.iter().map(|text| self.tokenizer.encode(text)).collect()
    }

    /// # Shapes
    /// Returns `[texts.len(), projection_dim]`, row-major, rows of length 1.
    pub fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let tokens = self.tokens(texts)?;
        let tokens: Vec<&[u32]> = tokens.iter().map(Vec::as_slice).collect();
        Ok(self.unit_rows(self.clip.encode_text(&tokens)))
    }

    /// # Shapes
    /// Returns `[pictures.len(), projection_dim]`, row-major, rows of length 1.
    pub fn embed_pictures(&self, pictures: &[Picture]) -> Vec<f32> {
        let side = self.preprocessing.side;
        let pixels: Vec<f32> = pictures.iter().flat_map(|picture| self.preprocessing.pixels(picture)).collect();
        let pixels = TensorData::new(pixels, [pictures.len(), 3, side, side]);
        self.unit_rows(self.clip.encode_image(Tensor::from_data(pixels, &Device::flex())))
    }

    fn unit_rows(&self, rows: Tensor<2>) -> Vec<f32> {
        let mut rows: Vec<f32> = rows.into_data().iter::<f32>().collect();
        rows.chunks_exact_mut(self.config.projection_dim).for_each(batches::normalize);
        rows
    }

    /// Writes the folder that [`open`](crate::encoder::open) and `transformers` read.
    pub fn save(&self, folder: &Path, precision: Precision) -> Result<(), EncoderError> {
        let Self { config, preprocessing, tokenizer_json: tokenizer, .. } = self;
        self.clip.save(folder, ClipFiles { config, tokenizer, preprocessing, precision })
    }
}
