//! The way back: layers to named tensors, and those to a safetensors file.

use std::collections::HashMap;
use std::path::Path;

use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Tensor, f16};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::parts::transposed;
use crate::encoder::EncoderError;
use crate::encoder::files::write_atomically;

/// How numbers are stored in a file of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: exactly what was trained.
    F32,
    /// 16 bits: half the size, 11 bits of every number.
    F16,
}

/// The tensors of a model on their way into a file.
#[derive(Debug, Default)]
pub(crate) struct Export {
    tensors: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl Export {
    pub(crate) fn tensor<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        self.tensors.push((name.to_owned(), tensor.dims().to_vec(), values(tensor)));
    }

    /// Takes linear maps that stand side by side apart: `[d_in, names.len() · d_out]` to a `[d_out, d_in]` for each name.
    pub(crate) fn linear(&mut self, names: &[String], linear: &Linear) {
        let [d_in, n_columns] = linear.weight.dims();
        let d_out = n_columns / names.len();
        let rows = transposed(&values(linear.weight.val()), n_columns);
        for (name, rows) in names.iter().zip(rows.chunks_exact(d_out * d_in)) {
            self.tensors.push((format!("{name}.weight"), vec![d_out, d_in], rows.to_vec()));
        }
        let bias = linear.bias.as_ref().map(|bias| values(bias.val())).unwrap_or_default();
        for (name, bias) in names.iter().zip(bias.chunks_exact(d_out)) {
            self.tensors.push((format!("{name}.bias"), vec![d_out], bias.to_vec()));
        }
    }

    /// A linear map without bias, stored as `stored`, whose first number is `d_out`.
    pub(crate) fn linear_map(&mut self, name: &str, linear: &Linear, stored: Vec<usize>) {
        let [_, d_out] = linear.weight.dims();
        self.tensors.push((name.to_owned(), stored, transposed(&values(linear.weight.val()), d_out)));
    }

    pub(crate) fn norm(&mut self, name: &str, norm: &LayerNorm) {
        self.tensor(&format!("{name}.weight"), norm.gamma.val());
        if let Some(beta) = &norm.beta {
            self.tensor(&format!("{name}.bias"), beta.val());
        }
    }

    /// A single number.
    pub(crate) fn scalar(&mut self, name: &str, value: Tensor<1>) {
        self.tensors.push((name.to_owned(), Vec::new(), values(value)));
    }

    /// Writes all tensors, the file whole or not at all.
    ///
    /// # Errors
    /// If a number is none, or too large for the precision; then nothing is written.
    pub(crate) fn write(&self, path: &Path, precision: Precision) -> Result<(), EncoderError> {
        self.write_with(path, precision, HashMap::new())
    }

    /// [`write`](Self::write), with more to say about the file.
    pub(crate) fn write_with(
        &self,
        path: &Path,
        precision: Precision,
        mut metadata: HashMap<String, String>,
    ) -> Result<(), EncoderError> {
        let is_kept = |value: f32| match precision {
            Precision::F32 => value.is_finite(),
            Precision::F16 => f16::from_f32(value).is_finite(),
        };
        for (name, _, values) in &self.tensors {
            if let Some(&value) = values.iter().find(|value| !is_kept(**value)) {
                return Err(EncoderError::UnwritableWeight { path: path.to_owned(), tensor: name.clone(), value });
            }
        }
        let dtype = match precision {
            Precision::F32 => Dtype::F32,
            Precision::F16 => Dtype::F16,
        };
        let bytes: Vec<Vec<u8>> = self.tensors.iter().map(|(_, _, values)| encode(values, precision)).collect();
        let views = self
            .tensors
            .iter()
            .zip(&bytes)
            .map(|((name, shape, _), bytes)| Ok((name.as_str(), TensorView::new(dtype, shape.clone(), bytes)?)));
        metadata.insert("format".to_owned(), "pt".to_owned());
        let file = views
            .collect::<Result<Vec<_>, _>>()
            .and_then(|views| safetensors::serialize(views, Some(metadata)))
            .map_err(|source| EncoderError::Safetensors { path: path.to_owned(), source })?;
        write_atomically(path, &file)
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn encode(values: &[f32], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::F32 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        Precision::F16 => values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect(),
    }
}
