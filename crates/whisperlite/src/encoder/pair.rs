//! Encoders with eyes: a tower for texts, a tower for pictures, a tokenizer and a preprocessing.
//!
//! Not for: the arithmetic of the towers (see [`clip`](super::clip), [`siglip`](super::siglip)).

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::clip::{self, Clip, ClipConfig};
use super::error::excerpt;
use super::files::sha256_parts;
use super::folder::ModelFolder;
use super::picture::{Picture, Preprocessing, Processor};
use super::tokens::TextTokenizer;
use super::weights::Weights;
use super::{Encoder, EncoderError, EncoderInfo, batches};

/// Pictures of a batch.
const MAX_BATCH_PICTURES: usize = 8;

/// An encoder of texts and pictures whose vectors lie in one space, all of length 1.
#[derive(Debug)]
pub struct PairEncoder {
    name: String,
    fingerprint: String,
    tokenizer: TextTokenizer,
    preprocessing: Preprocessing,
    towers: Clip,
    dim: usize,
    n_parameters: usize,
    device: Device,
}

impl PairEncoder {
    /// Loads a CLIP's folder, strictly.
    pub(crate) fn load_clip(folder: &ModelFolder, device: &Device) -> Result<Self, EncoderError> {
        let config = ClipConfig::parse(&folder.config_path(), &folder.config)?;
        let tokenizer = TextTokenizer::load(folder, config.text.n_positions, config.text.vocab_size)?;
        let preprocessing = folder.preprocessing(Processor::Clip, config.vision.image_size)?;
        let bytes = folder.read_weights()?;
        let weights = Weights::parse(folder.weights_path(), &bytes, "")?;
        let towers = Clip::load(&weights, &config, device)?;
        let n_parameters = weights.finish(&clip::UNUSED_TENSORS)?;
        Ok(Self {
            name: folder.name.clone(),
            fingerprint: fingerprint(folder, &bytes, &tokenizer, &preprocessing),
            tokenizer,
            preprocessing,
            towers,
            dim: config.projection_dim,
            n_parameters,
            device: device.clone(),
        })
    }

    /// What there is to say about this encoder, which was loaded from `folder`.
    pub(crate) fn info(&self, folder: &ModelFolder) -> EncoderInfo {
        EncoderInfo {
            name: self.name.clone(),
            architecture: "clip".to_owned(),
            dim: self.dim,
            pooling: None,
            pooling_stated: true,
            normalized: true,
            picture_side: Some(self.preprocessing.side),
            max_tokens: self.tokenizer.max_tokens(),
            n_parameters: self.n_parameters,
            fingerprint: self.fingerprint.clone(),
            license: folder.license(),
        }
    }

    /// Embeds the texts of one batch, given as indices into `tokens`.
    ///
    /// # Shapes
    /// Returns `[batch.len(), d]`.
    fn embed_text_batch(&self, tokens: &[Vec<u32>], batch: &[usize]) -> Result<Vec<f32>, EncoderError> {
        let texts: Vec<&[u32]> = batch.iter().map(|&text_idx| tokens[text_idx].as_slice()).collect();
        self.unit_rows(self.towers.encode_text(&texts))
    }

    /// # Shapes
    /// Returns `[pictures.len(), d]`.
    fn embed_picture_batch(&self, pictures: &[Picture]) -> Result<Vec<f32>, EncoderError> {
        let side = self.preprocessing.side;
        let pixels: Vec<f32> = pictures.iter().flat_map(|picture| self.preprocessing.pixels(picture)).collect();
        let pixels = TensorData::new(pixels, [pictures.len(), 3, side, side]);
        self.unit_rows(self.towers.encode_image(Tensor::from_data(pixels, &self.device)))
    }

    fn unit_rows(&self, vectors: Tensor<2>) -> Result<Vec<f32>, EncoderError> {
        let mut vectors = vectors
            .try_into_vec_as::<f32>()
            .map_err(|error| EncoderError::Device { encoder: self.name.clone(), reason: error.to_string() })?;
        vectors.chunks_exact_mut(self.dim).for_each(batches::normalize);
        Ok(vectors)
    }
}

impl Encoder for PairEncoder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dim(&self) -> usize {
        self.dim
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn embed_texts(&self, texts: &[&str]) -> Result<Vec<f32>, EncoderError> {
        let tokens: Vec<Vec<u32>> =
            texts.par_iter().map(|text| self.tokenizer.encode(text)).collect::<Result<_, _>>()?;
        let plan = batches::plan(&tokens, rayon::current_num_threads());
        let parts: Vec<Vec<f32>> =
            plan.par_iter().map(|batch| self.embed_text_batch(&tokens, batch)).collect::<Result<_, _>>()?;
        let mut vectors = vec![0.0; texts.len() * self.dim];
        for (&text_idx, vector) in plan.iter().flatten().zip(parts.iter().flat_map(|part| part.chunks_exact(self.dim)))
        {
            if !vector.iter().all(|value| value.is_finite()) {
                let text = excerpt(texts[text_idx]);
                return Err(EncoderError::NonFiniteEmbedding { encoder: self.name.clone(), text });
            }
            vectors[text_idx * self.dim..][..self.dim].copy_from_slice(vector);
        }
        Ok(vectors)
    }

    fn sees_pictures(&self) -> bool {
        true
    }

    fn embed_pictures(&self, pictures: &[Picture]) -> Result<Vec<f32>, EncoderError> {
        let per_thread = pictures.len().div_ceil(rayon::current_num_threads()).clamp(1, MAX_BATCH_PICTURES);
        let parts: Vec<Vec<f32>> =
            pictures.par_chunks(per_thread).map(|batch| self.embed_picture_batch(batch)).collect::<Result<_, _>>()?;
        let vectors = parts.concat();
        match vectors.iter().position(|value| !value.is_finite()) {
            None => Ok(vectors),
            Some(at) => {
                let picture_idx = at / self.dim;
                Err(EncoderError::NonFinitePicture { encoder: self.name.clone(), picture_idx })
            }
        }
    }
}

fn fingerprint(
    folder: &ModelFolder,
    weights: &[u8],
    tokenizer: &TextTokenizer,
    preprocessing: &Preprocessing,
) -> String {
    let text = format!("max_tokens {}", tokenizer.max_tokens());
    let preprocessing = preprocessing.to_json("").to_string();
    sha256_parts(&[
        ("config", &folder.config),
        ("weights", weights),
        ("tokenizer", &folder.tokenizer),
        ("text", text.as_bytes()),
        ("preprocessing", preprocessing.as_bytes()),
    ])
}
