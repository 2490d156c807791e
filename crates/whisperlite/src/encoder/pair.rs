//! Encoders with eyes: a tower for texts, a tower for pictures, a tokenizer and a preprocessing.
//!
//! Not for: the arithmetic of the towers (see [`clip`](super::clip), [`siglip`](super::siglip)).

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use super::clip::{self, Clip, ClipConfig};
use super::composer::ComposerFile;
use super::error::excerpt;
use super::files::sha256_parts;
use super::folder::ModelFolder;
use super::frozen::{Crew, FrozenText, FrozenVision};
use super::picture::{Picture, Preprocessing, Processor};
use super::siglip::open_clip::{self, OpenClipConfig};
use super::siglip::{self, Siglip, SiglipConfig};
use super::tokens::{Cleaning, TextTokenizer};
use super::weights::Weights;
use super::{Architecture, Composer, Encoder, EncoderError, EncoderInfo, batches};

/// Pictures of a batch.
const MAX_BATCH_PICTURES: usize = 8;

/// What open_clip's models are called inside of the modules that wrap them on the hub.
const OPEN_CLIP_PREFIX: &str = "model.";

/// An encoder of texts and pictures whose vectors lie in one space, all of length 1.
#[derive(Debug)]
pub struct PairEncoder {
    name: String,
    architecture: &'static str,
    fingerprint: String,
    tokenizer: TextTokenizer,
    /// The token that fills every text up to one length, where the model wants that.
    padding: Option<u32>,
    preprocessing: Preprocessing,
    towers: Towers,
    dim: usize,
    n_parameters: usize,
    composer: ComposerFile,
}

/// The towers, in the form that the device likes.
#[derive(Debug)]
enum Towers {
    /// On the CPU.
    Frozen(Box<(FrozenText, FrozenVision)>),
    /// On any other device.
    Clip(Box<Clip>, Device),
    /// On any other device.
    Siglip(Box<Siglip>, Device),
}

/// What the loaders find in a folder.
struct Parts {
    architecture: &'static str,
    tokenizer: TextTokenizer,
    padding: Option<u32>,
    preprocessing: Preprocessing,
    towers: Towers,
    dim: usize,
    n_parameters: usize,
}

impl PairEncoder {
    /// Loads the towers, the tokenizer and the preprocessing of a folder, strictly.
    pub(crate) fn load(
        folder: &ModelFolder,
        architecture: Architecture,
        device: &Device,
    ) -> Result<Self, EncoderError> {
        let bytes = folder.read_weights()?;
        let parts = match architecture {
            Architecture::OpenClip => Parts::open_clip(folder, &bytes, device)?,
            Architecture::Siglip => Parts::siglip(folder, &bytes, device)?,
            Architecture::Clip | Architecture::Bert => Parts::clip(folder, &bytes, device)?,
        };
        Ok(Self {
            name: folder.name.clone(),
            architecture: parts.architecture,
            fingerprint: fingerprint(folder, &bytes, &parts),
            tokenizer: parts.tokenizer,
            padding: parts.padding,
            preprocessing: parts.preprocessing,
            towers: parts.towers,
            composer: ComposerFile::new(folder.path()),
            dim: parts.dim,
            n_parameters: parts.n_parameters,
        })
    }

    /// Opens the encoder in a folder, on the CPU.
    pub fn open(path: &Path) -> Result<Self, EncoderError> {
        let folder = ModelFolder::read(path)?;
        match folder.architecture()? {
            Architecture::Bert => Err(EncoderError::NoPictures { encoder: folder.name }),
            pair => Self::load(&folder, pair, &Device::flex()),
        }
    }

    /// What becomes of a picture before the tower sees it.
    pub fn preprocessing(&self) -> &Preprocessing {
        &self.preprocessing
    }

    /// What there is to say about this encoder, which was loaded from `folder`.
    pub(crate) fn info(&self, folder: &ModelFolder) -> EncoderInfo {
        EncoderInfo {
            name: self.name.clone(),
            architecture: self.architecture.to_owned(),
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

    /// The token ids of a text, filled up where the model wants that.
    pub fn tokens(&self, text: &str) -> Result<Vec<u32>, EncoderError> {
        let mut tokens = self.tokenizer.encode(text)?;
        if let Some(padding) = self.padding {
            tokens.resize(self.tokenizer.max_tokens(), padding);
        }
        Ok(tokens)
    }

    /// Embeds texts that are already tokens: special ones around them, and filled up where the model wants that.
    ///
    /// # Shapes
    /// Returns `[texts.len(), d]`, row-major, of length 1.
    ///
    /// # Panics
    /// If a text has more tokens than the model has positions, or an id is outside its vocabulary.
    pub fn embed_tokens(&self, texts: &[Vec<u32>]) -> Result<Vec<f32>, EncoderError> {
        let plan = batches::plan(texts, rayon::current_num_threads());
        let crew = crew(plan.len());
        let embed = |batch: &Vec<usize>| {
            let texts: Vec<&[u32]> = batch.iter().map(|&text_idx| texts[text_idx].as_slice()).collect();
            match &self.towers {
                Towers::Frozen(towers) => Ok(towers.0.forward(&texts, crew)),
                Towers::Clip(clip, _) => self.values(clip.encode_text(&texts)),
                Towers::Siglip(siglip, _) => self.values(siglip.encode_text(&texts)),
            }
        };
        let parts: Vec<Vec<f32>> = plan.par_iter().map(embed).collect::<Result<_, _>>()?;
        let rows = parts.iter().flat_map(|part| part.chunks_exact(self.dim));
        let mut vectors = vec![0.0; texts.len() * self.dim];
        for (&text_idx, vector) in plan.iter().flatten().zip(rows) {
            vectors[text_idx * self.dim..][..self.dim].copy_from_slice(vector);
        }
        Ok(self.unit_rows(vectors))
    }

    /// Embeds pictures that are already numbers, as [`Preprocessing::pixels`] gives them.
    ///
    /// # Shapes
    /// - `pixels`: `[n, 3, side, side]`, row-major
    /// - returns `[n, d]`, row-major, of length 1
    pub fn embed_pixels(&self, pixels: &[f32]) -> Result<Vec<f32>, EncoderError> {
        let n_pixels = 3 * self.preprocessing.side.pow(2);
        let batches = Batches::of(pixels.len() / n_pixels);
        let embed = |batch: &[f32]| self.embed_batch(batch, batches.crew);
        let parts: Vec<Vec<f32>> = pixels.par_chunks(batches.n_each * n_pixels).map(embed).collect::<Result<_, _>>()?;
        Ok(parts.concat())
    }

    /// # Shapes
    /// - `pixels`: `[n, 3, side, side]`
    /// - returns `[n, d]`
    fn embed_batch(&self, pixels: &[f32], crew: Crew) -> Result<Vec<f32>, EncoderError> {
        let side = self.preprocessing.side;
        let tensor = |device: &Device| {
            let shape = [pixels.len() / (3 * side * side), 3, side, side];
            Tensor::<4>::from_data(TensorData::new(pixels.to_vec(), shape), device)
        };
        let vectors = match &self.towers {
            Towers::Frozen(towers) => towers.1.forward(pixels, crew),
            Towers::Clip(clip, device) => self.values(clip.encode_image(tensor(device)))?,
            Towers::Siglip(siglip, device) => self.values(siglip.encode_image(tensor(device)))?,
        };
        Ok(self.unit_rows(vectors))
    }

    fn values(&self, vectors: Tensor<2>) -> Result<Vec<f32>, EncoderError> {
        vectors
            .try_into_vec_as::<f32>()
            .map_err(|error| EncoderError::Device { encoder: self.name.clone(), reason: error.to_string() })
    }

    fn unit_rows(&self, mut vectors: Vec<f32>) -> Vec<f32> {
        vectors.chunks_exact_mut(self.dim).for_each(batches::normalize);
        vectors
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
        let tokens: Vec<Vec<u32>> = texts.par_iter().map(|text| self.tokens(text)).collect::<Result<_, _>>()?;
        let vectors = self.embed_tokens(&tokens)?;
        match vectors.iter().position(|value| !value.is_finite()) {
            None => Ok(vectors),
            Some(at) => {
                let text = excerpt(texts[at / self.dim]);
                Err(EncoderError::NonFiniteEmbedding { encoder: self.name.clone(), text })
            }
        }
    }

    fn sees_pictures(&self) -> bool {
        true
    }

    fn composer(&self) -> Result<Option<&Composer>, EncoderError> {
        self.composer.get(self.dim, &self.fingerprint)
    }

    fn embed_pictures(&self, pictures: &[Picture]) -> Result<Vec<f32>, EncoderError> {
        let batches = Batches::of(pictures.len());
        let embed = |batch: &[Picture]| {
            let pixels: Vec<f32> = batch.iter().flat_map(|picture| self.preprocessing.pixels(picture)).collect();
            self.embed_batch(&pixels, batches.crew)
        };
        let parts: Vec<Vec<f32>> = pictures.par_chunks(batches.n_each).map(embed).collect::<Result<_, _>>()?;
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

/// How many pictures go through the tower at once.
struct Batches {
    n_each: usize,
    crew: Crew,
}

impl Batches {
    fn of(n_pictures: usize) -> Self {
        let n_each = n_pictures.div_ceil(rayon::current_num_threads()).clamp(1, MAX_BATCH_PICTURES);
        Self { n_each, crew: crew(n_pictures.div_ceil(n_each)) }
    }
}

/// Several batches have a thread each; one alone has them all.
fn crew(n_batches: usize) -> Crew {
    if n_batches == 1 { Crew::Together } else { Crew::Alone }
}

impl Parts {
    fn clip(folder: &ModelFolder, bytes: &[u8], device: &Device) -> Result<Self, EncoderError> {
        let config = ClipConfig::parse(&folder.config_path(), &folder.config)?;
        let tokenizer = TextTokenizer::load(folder, config.text.n_positions, config.text.vocab_size)?;
        let preprocessing = folder.required_preprocessing(Processor::Clip, config.vision.image_size)?;
        let weights = Weights::parse(folder.weights_path(), bytes, "")?;
        let towers = Clip::load(&weights, &config, device)?;
        let n_parameters = weights.finish(&clip::UNUSED_TENSORS)?;
        let towers = if *device == Device::flex() {
            let text = FrozenText::of_clip(&towers.text, &config.text);
            Towers::Frozen(Box::new((text, FrozenVision::of_clip(&towers.vision, &config.vision))))
        } else {
            Towers::Clip(Box::new(towers), device.clone())
        };
        let (architecture, dim) = ("clip", config.projection_dim);
        Ok(Self { architecture, tokenizer, padding: None, preprocessing, towers, dim, n_parameters })
    }

    fn siglip(folder: &ModelFolder, bytes: &[u8], device: &Device) -> Result<Self, EncoderError> {
        let config = SiglipConfig::parse(&folder.config_path(), &folder.config)?;
        let preprocessing = folder.required_preprocessing(Processor::Siglip, config.vision.image_size)?;
        let weights = Weights::parse(folder.weights_path(), bytes, "")?;
        let cleaning = if folder.has_siglip_tokenizer()? { Cleaning::Siglip } else { Cleaning::None };
        Self::of_siglip(folder, &config, weights, device, (cleaning, preprocessing))
    }

    fn open_clip(folder: &ModelFolder, bytes: &[u8], device: &Device) -> Result<Self, EncoderError> {
        let config = OpenClipConfig::parse(&folder.config_path(), &folder.config)?;
        let preprocessing = folder.preprocessing(Processor::Siglip, config.siglip.vision.image_size)?;
        let weights = Weights::parse(folder.weights_path(), bytes, OPEN_CLIP_PREFIX)?.renamed(open_clip::rename);
        let cleaning = if config.canonicalizes { Cleaning::OpenClip } else { Cleaning::None };
        let preprocessing = preprocessing.unwrap_or(config.preprocessing);
        Self::of_siglip(folder, &config.siglip, weights, device, (cleaning, preprocessing))
    }

    fn of_siglip(
        folder: &ModelFolder,
        config: &SiglipConfig,
        weights: Weights<'_>,
        device: &Device,
        (cleaning, preprocessing): (Cleaning, Preprocessing),
    ) -> Result<Self, EncoderError> {
        let tokenizer = TextTokenizer::load(folder, config.text.n_positions, config.text.vocab_size)?;
        let tokenizer = tokenizer.cleaning(cleaning);
        let padding = folder.pad_token()?.and_then(|token| tokenizer.id_of(&token));
        let towers = Siglip::load(&weights, config, device)?;
        let n_parameters = weights.finish(&siglip::UNUSED_TENSORS)?;
        let towers = if *device == Device::flex() {
            let text = FrozenText::of_siglip(&towers.text, &config.text);
            Towers::Frozen(Box::new((text, FrozenVision::of_siglip(&towers.vision, &config.vision))))
        } else {
            Towers::Siglip(Box::new(towers), device.clone())
        };
        Ok(Self {
            architecture: "siglip",
            tokenizer,
            padding: Some(padding.unwrap_or(config.text.pad_token_id)),
            preprocessing,
            towers,
            dim: config.vision.tower.hidden_size,
            n_parameters,
        })
    }
}

fn fingerprint(folder: &ModelFolder, weights: &[u8], parts: &Parts) -> String {
    let Parts { tokenizer, padding, preprocessing, .. } = parts;
    let text = format!("max_tokens {}, {:?}, padding {padding:?}", tokenizer.max_tokens(), tokenizer.cleans());
    let preprocessing = preprocessing.to_json("").to_string();
    sha256_parts(&[
        ("config", &folder.config),
        ("weights", weights),
        ("tokenizer", &folder.tokenizer),
        ("text", text.as_bytes()),
        ("preprocessing", preprocessing.as_bytes()),
    ])
}
