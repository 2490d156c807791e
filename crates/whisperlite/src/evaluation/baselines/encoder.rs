//! The frozen encoder's plain search: nearest items by cosine.

use std::fmt;

use burn::tensor::{Device, Tensor, TensorData};

use super::{Protocol, Query, Ranker};

/// The encoder's vectors do not fit the catalog.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum EncoderVectorsError {
    /// The matrix does not have the number of values that its shape asks for.
    #[error("the encoder's {of} matrix holds {got} values, but [{n_rows}, {dim}] needs {}", n_rows * dim)]
    Shape {
        /// "request" or "item".
        of: &'static str,
        /// Values in the matrix.
        got: usize,
        /// Rows that the catalog asks for.
        n_rows: usize,
        /// Length of a vector.
        dim: usize,
    },
    /// A vector holds a value that is infinite or not a number.
    #[error("the encoder's {of} vector {row} holds a value that is infinite or not a number: embed the store again")]
    NotFinite {
        /// "request" or "item".
        of: &'static str,
        /// Which vector.
        row: usize,
    },
}

/// The encoder's vectors of every request and item, scaled to length 1.
pub struct EncoderVectors {
    dim: usize,
    /// `[n_requests, dim]`
    requests: Vec<f32>,
    /// `[n_items, dim]`
    items: Vec<f32>,
    /// `[dim, n_items]`
    items_transposed: Tensor<2>,
}

impl EncoderVectors {
    /// Takes the vectors in the order of the catalog's tables.
    ///
    /// # Shapes
    /// `requests`: `[n_requests, dim]`, `items`: `[n_items, dim]`, row-major.
    pub fn new(
        dim: usize,
        n_requests: usize,
        requests: Vec<f32>,
        n_items: usize,
        items: Vec<f32>,
    ) -> Result<Self, EncoderVectorsError> {
        let requests = unit_rows("request", n_requests, dim, requests)?;
        let items = unit_rows("item", n_items, dim, items)?;
        let matrix = Tensor::<2>::from_data(TensorData::new(items.clone(), [n_items, dim]), &Device::flex());
        Ok(Self { dim, requests, items, items_transposed: matrix.transpose() })
    }

    fn request(&self, request_idx: u32) -> &[f32] {
        row_of(&self.requests, self.dim, request_idx)
    }

    fn item(&self, item_idx: u32) -> &[f32] {
        row_of(&self.items, self.dim, item_idx)
    }

    /// Cosines with every item: `[n, dim]` in, `[n, n_items]` out.
    fn all_cosines(&self, queries: Vec<f32>) -> TensorData {
        let n = queries.len() / self.dim;
        let queries = Tensor::<2>::from_data(TensorData::new(queries, [n, self.dim]), &Device::flex());
        queries.matmul(self.items_transposed.clone()).into_data()
    }
}

impl fmt::Debug for EncoderVectors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n_requests, n_items) = (self.requests.len() / self.dim, self.items.len() / self.dim);
        write!(f, "EncoderVectors([{n_requests}, {dim}], [{n_items}, {dim}])", dim = self.dim)
    }
}

fn row_of(matrix: &[f32], dim: usize, row: u32) -> &[f32] {
    &matrix[row as usize * dim..][..dim]
}

fn unit_rows(of: &'static str, n_rows: usize, dim: usize, mut rows: Vec<f32>) -> Result<Vec<f32>, EncoderVectorsError> {
    if rows.len() != n_rows * dim || dim == 0 {
        return Err(EncoderVectorsError::Shape { of, got: rows.len(), n_rows, dim });
    }
    for (row, vector) in rows.chunks_exact_mut(dim).enumerate() {
        if vector.iter().any(|value| !value.is_finite()) {
            return Err(EncoderVectorsError::NotFinite { of, row });
        }
        scale_to_unit(vector);
    }
    Ok(rows)
}

/// Leaves a vector of zeros alone.
fn scale_to_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}

/// Cosine of the request's vector with each item's; without words, of the mean of what the person chose before.
#[derive(Debug)]
pub struct Encoder<'a> {
    protocol: &'a Protocol<'a>,
    vectors: &'a EncoderVectors,
}

impl<'a> Encoder<'a> {
    /// Searches `vectors`, and reads the histories of `protocol` where there are no words.
    ///
    /// # Panics
    /// If the vectors are not those of the protocol's catalog, by their number.
    pub fn new(protocol: &'a Protocol<'a>, vectors: &'a EncoderVectors) -> Self {
        let catalog = protocol.catalog();
        assert_eq!(vectors.items.len(), catalog.n_items() * vectors.dim, "items must be [n_items, dim]");
        assert_eq!(vectors.requests.len(), catalog.requests.len() * vectors.dim, "requests must be [n_requests, dim]");
        Self { protocol, vectors }
    }

    fn query_vector(&self, query: &Query) -> Vec<f32> {
        if let Some(request_idx) = query.request_idx {
            return self.vectors.request(request_idx).to_vec();
        }
        let mut sum = vec![0.0; self.vectors.dim];
        for entry in self.protocol.history(query).iter().filter(|entry| entry.event_type.is_positive()) {
            for (sum, &value) in sum.iter_mut().zip(self.vectors.item(entry.item_idx)) {
                *sum += value;
            }
        }
        scale_to_unit(&mut sum);
        sum
    }
}

impl Ranker for Encoder<'_> {
    fn name(&self) -> &str {
        "encoder"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        let asks_the_same = |a: &Query, b: &Query| a.request_idx.is_some() && a.request_idx == b.request_idx;
        let groups: Vec<&[Query]> = queries.chunk_by(asks_the_same).collect();
        let vectors: Vec<f32> = groups.iter().flat_map(|group| self.query_vector(&group[0])).collect();
        let cosines = self.vectors.all_cosines(vectors);
        let cosines = cosines.as_slice::<f32>().expect("an f32 product is f32");
        let n_items = scores.len() / queries.len().max(1);
        let mut rows = scores.chunks_exact_mut(n_items.max(1));
        for (group, cosines) in groups.iter().zip(cosines.chunks_exact(n_items.max(1))) {
            for row in rows.by_ref().take(group.len()) {
                row.copy_from_slice(cosines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::TimeKind;
    use crate::catalog::sample::{catalog_of, click};
    use crate::catalog::split::{Part, Split, SplitConfig};

    #[test]
    fn words_come_first_then_the_mean_of_the_history() {
        let events = vec![
            click(0, 0, None, 0),
            click(0, 1, None, 1),
            click(0, 2, Some(0), 2),
            click(1, 0, None, 0),
            click(1, 0, None, 1),
            click(1, 2, None, 2),
        ];
        let catalog = catalog_of(TimeKind::Order, 2, 3, &["up"], events);
        let split = Split::new(&catalog, &SplitConfig::default()).unwrap();
        let protocol = Protocol::new(&catalog, &split, Part::Test);
        let vectors = EncoderVectors::new(2, 1, vec![0.0, 5.0], 3, vec![2.0, 0.0, 0.0, 1.0, -1.0, 0.0]).unwrap();
        let encoder = Encoder::new(&protocol, &vectors);
        let ask = |user_idx, request_idx| Query { user_idx, request_idx, moment: 2 };
        let queries =
            [ask(Some(0), Some(0)), ask(Some(1), Some(0)), ask(Some(0), None), ask(Some(1), None), ask(None, None)];
        let mut scores = vec![0.0; 15];
        encoder.score(&queries, &mut scores);
        let half = 0.5f32.sqrt();
        let expected = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, half, half, -half, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0];
        for (got, expected) in scores.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{scores:?}");
        }
    }

    #[test]
    fn vectors_that_do_not_fit_are_refused() {
        let shape = EncoderVectors::new(2, 1, vec![0.0; 3], 1, vec![0.0; 2]).unwrap_err();
        assert_eq!(shape, EncoderVectorsError::Shape { of: "request", got: 3, n_rows: 1, dim: 2 });
        let broken = EncoderVectors::new(2, 1, vec![0.0; 2], 2, vec![0.0, 1.0, f32::INFINITY, 0.0]).unwrap_err();
        assert_eq!(broken, EncoderVectorsError::NotFinite { of: "item", row: 1 });
    }
}
