//! Strict reading of a safetensors file: every tensor is asked for by name and shape, and none may be left over.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;

use burn::tensor::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::EncoderError;

/// The tensors of one file, and which of them were already taken.
pub(crate) struct Weights<'data> {
    path: PathBuf,
    tensors: SafeTensors<'data>,
    prefix: &'static str,
    taken: RefCell<BTreeSet<String>>,
    n_taken: Cell<usize>,
}

impl<'data> Weights<'data> {
    /// Reads the file's table of contents.
    ///
    /// Checkpoints of a model with a head put `prefix` in front of every name of the body; a file in which any name
    /// has the prefix is read as one of those.
    pub(crate) fn parse(path: PathBuf, bytes: &'data [u8], prefix: &'static str) -> Result<Self, EncoderError> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|source| EncoderError::Safetensors { path: path.clone(), source })?;
        let prefix = if tensors.names().iter().any(|name| name.starts_with(prefix)) { prefix } else { "" };
        Ok(Self { path, tensors, prefix, taken: RefCell::default(), n_taken: Cell::default() })
    }

    /// Takes one tensor, converted to `f32`.
    ///
    /// # Shapes
    /// Returns the values of `shape`, row-major, all finite.
    pub(crate) fn take(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        let tensor = format!("{}{name}", self.prefix);
        let Ok(view) = self.tensors.tensor(&tensor) else {
            return Err(EncoderError::MissingTensor { path: self.path.clone(), tensor });
        };
        if view.shape() != shape {
            let (found, expected) = (view.shape().to_vec(), shape.to_vec());
            return Err(EncoderError::TensorShape { path: self.path.clone(), tensor, found, expected });
        }
        let values = match view.dtype() {
            Dtype::F32 => decode(view.data(), f32::from_le_bytes),
            Dtype::F16 => decode(view.data(), |bytes| f16::from_le_bytes(bytes).to_f32()),
            Dtype::BF16 => decode(view.data(), |bytes| bf16::from_le_bytes(bytes).to_f32()),
            other => {
                let found = format!("{other:?}");
                return Err(EncoderError::TensorDtype { path: self.path.clone(), tensor, found });
            }
        };
        if let Some(position) = values.iter().position(|value| !value.is_finite()) {
            let value = values[position];
            return Err(EncoderError::NonFiniteWeight { path: self.path.clone(), tensor, position, value });
        }
        self.n_taken.set(self.n_taken.get() + values.len());
        self.taken.borrow_mut().insert(tensor);
        Ok(values)
    }

    /// Ends the reading, and says how many numbers were taken. A tensor that neither was taken nor is in `unused` is
    /// an error.
    pub(crate) fn finish(self, unused: &[&str]) -> Result<usize, EncoderError> {
        let taken = self.taken.into_inner();
        let is_unused = |name: &str| name.strip_prefix(self.prefix).is_some_and(|bare| unused.contains(&bare));
        let surplus = self.tensors.names().into_iter().filter(|name| !taken.contains(*name) && !is_unused(name));
        match surplus.min() {
            None => Ok(self.n_taken.get()),
            Some(name) => Err(EncoderError::SurplusTensor { path: self.path, tensor: name.to_owned() }),
        }
    }
}

/// Reads little-endian numbers of `N` bytes each.
fn decode<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|number| to_f32(*number)).collect()
}
