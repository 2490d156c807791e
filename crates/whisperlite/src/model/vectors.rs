//! The frozen encoder's vectors of everything in a catalog.

use crate::catalog::Catalog;

use super::ModelError;

/// Encoder vectors of all items and all distinct requests, each of length 1 (or all zero).
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    dim: usize,
    items: Vec<f32>,
    requests: Vec<f32>,
}

impl Vectors {
    /// Takes over the vectors and scales them to length 1.
    ///
    /// # Shapes
    /// - `items`: `[n_items, dim]`, in catalog order
    /// - `requests`: `[n_requests, dim]`, in catalog order
    ///
    /// # Errors
    /// If a matrix is not a whole number of rows, or a value is not finite.
    pub fn new(dim: usize, mut items: Vec<f32>, mut requests: Vec<f32>) -> Result<Self, ModelError> {
        for (of, matrix) in [("item", &mut items), ("request", &mut requests)] {
            if dim == 0 || matrix.len() % dim != 0 {
                return Err(ModelError::VectorShape { of, n_values: matrix.len(), dim });
            }
            for (row, vector) in matrix.chunks_exact_mut(dim).enumerate() {
                if vector.iter().any(|value| !value.is_finite()) {
                    return Err(ModelError::VectorNotFinite { of, row });
                }
                scale_to_unit(vector);
            }
        }
        Ok(Self { dim, items, requests })
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// `[n_items, dim]`
    pub fn items(&self) -> &[f32] {
        &self.items
    }

    /// `[n_requests, dim]`
    pub fn requests(&self) -> &[f32] {
        &self.requests
    }

    /// `[dim]`: one item.
    pub fn item(&self, item_idx: u32) -> &[f32] {
        &self.items[item_idx as usize * self.dim..][..self.dim]
    }

    /// `[dim]`: one request.
    pub fn request(&self, request_idx: u32) -> &[f32] {
        &self.requests[request_idx as usize * self.dim..][..self.dim]
    }

    /// Whether these are the vectors of that catalog, as far as numbers tell.
    pub(super) fn check(&self, catalog: &Catalog) -> Result<(), ModelError> {
        let pairs =
            [("item", self.items.len(), catalog.n_items()), ("request", self.requests.len(), catalog.requests.len())];
        for (of, n_values, n_rows) in pairs {
            if n_values != n_rows * self.dim {
                return Err(ModelError::VectorCount { of, n_vectors: n_values / self.dim, n_rows });
            }
        }
        Ok(())
    }
}

/// Leaves a vector of zeros alone.
pub(crate) fn scale_to_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}
