//! Pictures cut into patches, each patch a vector.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::Tensor;

use super::{Birth, Export, Parts};
use crate::encoder::EncoderError;

/// A linear map over every patch: what a convolution does whose stride is its width.
#[derive(Module, Debug)]
pub struct Patches {
    /// `[3 · side · side, d]`
    pub(crate) map: Linear,
    /// Pixels along a patch's edge.
    pub(crate) side: usize,
}

/// Whether a patch embedding has a bias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchBias {
    /// It has one.
    Learned,
    /// It has none.
    Absent,
}

impl Patches {
    /// From the convolution `{name}.weight` of `[d, 3, side, side]`.
    pub(crate) fn build(
        parts: Parts<'_>,
        name: &str,
        [d, side]: [usize; 2],
        bias: PatchBias,
        birth: Birth,
    ) -> Result<Self, EncoderError> {
        let mut map = parts.linear_map(&format!("{name}.weight"), &[d, 3, side, side], birth)?;
        if bias == PatchBias::Learned {
            map.bias = Some(parts.tensor(&format!("{name}.bias"), [d], Birth::Constant(0.0))?);
        }
        Ok(Self { map, side })
    }

    /// # Shapes
    /// - `pixels`: `[n, 3, height, width]`; what is beyond the last whole patch is ignored, as a convolution does
    /// - returns `[n, rows · columns, d]`
    pub fn forward(&self, pixels: Tensor<4>) -> Tensor<3> {
        let [n, channels, height, width] = pixels.dims();
        let (rows, columns, side) = (height / self.side, width / self.side, self.side);
        let whole = pixels.narrow(2, 0, rows * side).narrow(3, 0, columns * side);
        let cut = whole.reshape([n, channels, rows, side, columns, side]).permute([0, 2, 4, 1, 3, 5]);
        self.map.forward(cut.reshape([n, rows * columns, channels * side * side]))
    }

    /// Adds the convolution's tensor.
    pub(crate) fn export(&self, name: &str, export: &mut Export) {
        let [_, d] = self.map.weight.dims();
        export.linear_map(&format!("{name}.weight"), &self.map, vec![d, 3, self.side, self.side]);
        if let Some(bias) = &self.map.bias {
            export.tensor(&format!("{name}.bias"), bias.val());
        }
    }
}
