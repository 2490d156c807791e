//! The layers, built from named tensors.

use burn::module::Param;
use burn::nn::{LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor, TensorData};

use super::{Birth, TensorSource};
use crate::encoder::EncoderError;

/// Widths of a linear map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinearShape {
    pub(crate) d_in: usize,
    pub(crate) d_out: usize,
}

/// Builds layers on a device from the tensors of a source.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) source: &'a dyn TensorSource,
    pub(crate) device: &'a Device,
}

impl Parts<'_> {
    /// Linear maps that share their input, side by side, as one `[d_in, names.len() · d_out]`; biases start at 0.
    ///
    /// The source gives each as `{name}.weight` of `[d_out, d_in]` and `{name}.bias`.
    pub(crate) fn linear(&self, names: &[String], shape: LinearShape, birth: Birth) -> Result<Linear, EncoderError> {
        let LinearShape { d_in, d_out } = shape;
        let (mut rows, mut bias) = (Vec::new(), Vec::new());
        for name in names {
            rows.extend(self.source.take(&format!("{name}.weight"), &[d_out, d_in], birth)?);
            bias.extend(self.source.take(&format!("{name}.bias"), &[d_out], Birth::Constant(0.0))?);
        }
        Ok(Linear { weight: self.columns(&rows, d_in), bias: Some(self.parameter(bias, [names.len() * d_out])) })
    }

    /// A linear map without bias, from the tensor `name`, whatever its shape is called: `stored` has `d_out` first and
    /// `d_in` elements for each.
    pub(crate) fn linear_map(&self, name: &str, stored: &[usize], birth: Birth) -> Result<Linear, EncoderError> {
        let rows = self.source.take(name, stored, birth)?;
        let d_in = stored[1..].iter().product();
        Ok(Linear { weight: self.columns(&rows, d_in), bias: None })
    }

    /// A layer norm over vectors of length `d`.
    pub(crate) fn norm(&self, name: &str, d: usize, epsilon: f64) -> Result<LayerNorm, EncoderError> {
        let gamma = self.source.take(&format!("{name}.weight"), &[d], Birth::Constant(1.0))?;
        let beta = self.source.take(&format!("{name}.bias"), &[d], Birth::Constant(0.0))?;
        let mut norm = LayerNormConfig::new(d).with_epsilon(epsilon).init(self.device);
        norm.gamma = self.parameter(gamma, [d]);
        norm.beta = Some(self.parameter(beta, [d]));
        Ok(norm)
    }

    /// The tensor `name` as it stands.
    pub(crate) fn tensor<const D: usize>(
        &self,
        name: &str,
        shape: [usize; D],
        birth: Birth,
    ) -> Result<Param<Tensor<D>>, EncoderError> {
        Ok(self.parameter(self.source.take(name, &shape, birth)?, shape))
    }

    /// Turns rows of `d_in` into columns: `[n, d_in] → [d_in, n]`.
    pub(crate) fn columns(&self, rows: &[f32], d_in: usize) -> Param<Tensor<2>> {
        self.parameter(transposed(rows, d_in), [d_in, rows.len() / d_in])
    }

    pub(crate) fn parameter<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), self.device))
    }
}

/// `[n, width] → [width, n]`, row-major both.
pub(super) fn transposed(rows: &[f32], width: usize) -> Vec<f32> {
    let n = rows.len() / width;
    let mut columns = vec![0.0; rows.len()];
    for (column, row) in rows.chunks_exact(width).enumerate() {
        for (line, value) in row.iter().enumerate() {
            columns[line * n + column] = *value;
        }
    }
    columns
}
