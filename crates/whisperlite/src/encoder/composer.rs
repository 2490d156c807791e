//! A thing and words about it: "like this, but in red and longer".
//!
//! Not for: learning the composition (see [`crate::trainer::compose`]).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::gelu;
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

use super::files::read_optional;
use super::transformer::{Birth, Export, LinearShape, Parts, Precision, RandomTensors, TensorSource};
use super::weights::Weights;
use super::{EncoderError, batches};

/// Its file in an encoder's folder.
const FILE: &str = "composer.safetensors";
/// In its metadata: the fingerprint of the encoder whose vectors it composes.
const ENCODER: &str = "encoder_fingerprint";
const UP: &str = "up";
const DOWN: &str = "down";

/// What an encoder's vectors of a thing and of words mean together, as a vector of the same space.
///
/// `q = r ⊙ (1 + g) + w + c`, scaled to length 1, where `r` is the thing, `w` the words, and the gate `g` and the correction `c`
/// come from `[r; w; r ⊙ w]` through one hidden layer: the gated residual of Vo et al. (TIRG, arXiv:1812.07119) in the space
/// of a CLIP (Baldrati et al., arXiv:2203.08101). At birth `g` and `c` are 0, and `q` is [the sum of both](added).
#[derive(Module, Debug)]
pub struct Composer {
    /// `[3d, 2d]`
    up: Linear,
    /// `[2d, 2d]`: the gate, then the correction.
    down: Linear,
}

impl Composer {
    /// At birth, for vectors of length `d`; what it learns depends on the seed.
    pub fn random(d: usize, seed: u64) -> Self {
        Self::build(&RandomTensors::new(seed), d, &Device::flex()).expect("random tensors have any shape")
    }

    /// Reads it from the folder of the encoder with that fingerprint, strictly; `None` where the folder has none.
    ///
    /// # Errors
    /// If it is damaged, of vectors of another length than `d`, or was learned for another encoder.
    pub fn load(folder: &Path, d: usize, fingerprint: &str) -> Result<Option<Self>, EncoderError> {
        let path = folder.join(FILE);
        let Some(bytes) = read_optional(&path)? else { return Ok(None) };
        let (_, header) = SafeTensors::read_metadata(&bytes)
            .map_err(|source| EncoderError::Safetensors { path: path.clone(), source })?;
        let learned_for = header.metadata().as_ref().and_then(|metadata| metadata.get(ENCODER));
        if learned_for.is_none_or(|learned_for| learned_for != fingerprint) {
            return Err(EncoderError::ComposerOfAnother { path });
        }
        let weights = Weights::parse(path, &bytes, "")?;
        let composer = Self::build(&weights, d, &Device::flex())?;
        weights.finish(&[])?;
        Ok(Some(composer))
    }

    fn build(source: &dyn TensorSource, d: usize, device: &Device) -> Result<Self, EncoderError> {
        let parts = Parts { source, device };
        let name = |name: &str| [name.to_owned()];
        let bound = Birth::Uniform { bound: (1.0 / (3 * d) as f32).sqrt() };
        Ok(Self {
            up: parts.linear(&name(UP), LinearShape { d_in: 3 * d, d_out: 2 * d }, bound)?,
            down: parts.linear(&name(DOWN), LinearShape { d_in: 2 * d, d_out: 2 * d }, Birth::Constant(0.0))?,
        })
    }

    /// Writes it into the folder of the encoder with that fingerprint, whole or not at all.
    pub fn save(&self, folder: &Path, precision: Precision, fingerprint: &str) -> Result<(), EncoderError> {
        let mut export = Export::default();
        export.linear(&[UP.to_owned()], &self.up);
        export.linear(&[DOWN.to_owned()], &self.down);
        let metadata = HashMap::from([(ENCODER.to_owned(), fingerprint.to_owned())]);
        export.write_with(&folder.join(FILE), precision, metadata)
    }

    /// # Shapes
    /// - `things`, `words`: `[n, d]`, rows of length 1
    /// - returns `[n, d]`, rows of length 1
    pub fn forward(&self, things: Tensor<2>, words: Tensor<2>) -> Tensor<2> {
        let [_, d] = things.dims();
        let both = Tensor::cat(vec![things.clone(), words.clone(), things.clone() * words.clone()], 1);
        let out = self.down.forward(gelu(self.up.forward(both)));
        let (gate, correction) = (out.clone().narrow(1, 0, d), out.narrow(1, d, d));
        let composed = things * (gate + 1.0) + words + correction;
        let length = composed.clone().square().sum_dim(1).sqrt().clamp_min(1e-12);
        composed / length
    }

    /// What is meant by a thing and words about it.
    ///
    /// # Shapes
    /// `thing`, `words` and what is returned: `[d]`, of length 1.
    pub fn compose(&self, thing: &[f32], words: &[f32]) -> Vec<f32> {
        let row =
            |values: &[f32]| Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &Device::flex());
        self.forward(row(thing), row(words)).into_data().iter::<f32>().collect()
    }
}

/// The composition of an encoder, read when somebody first asks for it: what is wrong with it is in nobody else's way.
#[derive(Debug)]
pub(crate) struct ComposerFile {
    folder: PathBuf,
    read: OnceLock<Option<Composer>>,
}

impl ComposerFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: OnceLock::new() }
    }

    /// See [`Composer::load`].
    pub(crate) fn get(&self, d: usize, fingerprint: &str) -> Result<Option<&Composer>, EncoderError> {
        if let Some(read) = self.read.get() {
            return Ok(read.as_ref());
        }
        let read = Composer::load(&self.folder, d, fingerprint)?;
        Ok(self.read.get_or_init(|| read).as_ref())
    }
}

/// The sum of a thing and words about it, scaled to length 1: what is done where no composition was learned.
///
/// # Shapes
/// `thing`, `words` and what is returned: `[d]`, of length 1.
pub fn added(thing: &[f32], words: &[f32]) -> Vec<f32> {
    let mut sum: Vec<f32> = thing.iter().zip(words).map(|(thing, words)| thing + words).collect();
    batches::normalize(&mut sum);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(values: [f32; 4]) -> Vec<f32> {
        let mut values = values.to_vec();
        batches::normalize(&mut values);
        values
    }

    #[test]
    fn at_birth_it_adds() {
        let (thing, words) = (unit([1.0, -2.0, 0.5, 0.0]), unit([0.0, 1.0, 1.0, -1.0]));
        let composed = Composer::random(4, 3).compose(&thing, &words);
        for (composed, added) in composed.iter().zip(added(&thing, &words)) {
            assert!((composed - added).abs() < 1e-6, "{composed} is not {added}");
        }
    }

    #[test]
    fn a_folder_gives_back_what_was_saved_and_refuses_another_length() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Composer::load(folder.path(), 4, "f").unwrap().is_none());
        let mut composer = Composer::random(4, 3);
        composer.down.weight = composer.down.weight.map(|weight| weight + 0.25);
        composer.save(folder.path(), Precision::F32, "f").unwrap();
        let again = Composer::load(folder.path(), 4, "f").unwrap().unwrap();
        let (thing, words) = (unit([1.0, -2.0, 0.5, 0.0]), unit([0.0, 1.0, 1.0, -1.0]));
        assert_eq!(composer.compose(&thing, &words), again.compose(&thing, &words));
        assert_ne!(composer.compose(&thing, &words), added(&thing, &words));
        let error = Composer::load(folder.path(), 6, "f").unwrap_err();
        assert!(matches!(error, EncoderError::TensorShape { .. }), "{error}");
        let error = Composer::load(folder.path(), 4, "g").unwrap_err();
        assert!(matches!(error, EncoderError::ComposerOfAnother { .. }), "{error}");
    }

    #[test]
    fn what_is_no_number_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut composer = Composer::random(4, 3);
        composer.down.weight = composer.down.weight.map(|weight| weight + 1e6);
        composer.save(folder.path(), Precision::F32, "f").unwrap();
        let error = composer.save(folder.path(), Precision::F16, "g").unwrap_err();
        assert!(matches!(error, EncoderError::UnwritableWeight { .. }), "{error}");
        assert!(Composer::load(folder.path(), 4, "f").unwrap().is_some(), "what was there stays");
    }
}
