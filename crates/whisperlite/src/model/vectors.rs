//! The frozen encoder's vectors of everything in a catalog.

use std::io;

use crate::catalog::Catalog;
use crate::flat_file::{FlatError, FlatReader, FlatWriter};

use super::ModelError;

/// Encoder vectors of all items and all distinct requests, each of length 1 (or all zero).
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    dim: usize,
    items: Vec<f32>,
    views: Option<Views>,
    requests: Vec<f32>,
}

/// An item's words and its picture, apart.
#[derive(Debug, Clone, PartialEq)]
struct Views {
    texts: Vec<f32>,
    pictures: Vec<f32>,
}

/// Which of an item's vectors is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The middle of the two where an item has both, else the one that it has.
    Whole,
    /// That of its words; zero where it has none.
    Text,
    /// That of its picture; zero where it has none.
    Picture,
}

impl Vectors {
    /// Takes over the vectors and scales them to length 1.
    ///
    /// # Shapes
    /// - `texts`: `[n_items, dim]`, of the items' words, in catalog order
    /// - `requests`: `[n_requests, dim]`, in catalog order
    ///
    /// # Errors
    /// If a matrix is not a whole number of rows, or a value is not finite.
    pub fn new(dim: usize, mut texts: Vec<f32>, mut requests: Vec<f32>) -> Result<Self, ModelError> {
        scale_rows("item", dim, &mut texts)?;
        scale_rows("request", dim, &mut requests)?;
        Ok(Self { dim, items: texts, views: None, requests })
    }

    /// Adds the vectors of the items' pictures, by the same encoder.
    ///
    /// # Shapes
    /// `pictures`: `[n_items, dim]`, in catalog order; zero for an item without a picture
    ///
    /// # Errors
    /// If there are not as many as items, or a value is not finite.
    pub fn with_pictures(mut self, mut pictures: Vec<f32>) -> Result<Self, ModelError> {
        scale_rows("picture", self.dim, &mut pictures)?;
        if pictures.len() != self.items.len() {
            let (n_vectors, n_rows) = (pictures.len() / self.dim, self.items.len() / self.dim);
            return Err(ModelError::VectorCount { of: "picture", n_vectors, n_rows });
        }
        let texts = self.items.clone();
        self.items.iter_mut().zip(&pictures).for_each(|(value, picture)| *value += picture);
        self.items.chunks_exact_mut(self.dim).for_each(scale_to_unit);
        self.views = Some(Views { texts, pictures });
        Ok(self)
    }

    /// The same without words and pictures apart, of which only the item tower is made.
    pub(crate) fn without_views(mut self) -> Self {
        if let Some(views) = &mut self.views {
            *views = Views { texts: Vec::new(), pictures: Vec::new() };
        }
        self
    }

    /// Writes them into a file, each item as a [`View::Whole`].
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.value("vectors", &(self.dim, self.sees_pictures()))?;
        out.array("vectors.items", &self.items)?;
        out.array("vectors.requests", &self.requests)
    }

    /// Reads what [`Self::save`] wrote.
    pub(crate) fn load(from: &mut FlatReader) -> Result<Self, FlatError> {
        let (dim, sees_pictures): (usize, bool) = from.value("vectors")?;
        let items = from.array("vectors.items")?;
        let requests = from.array("vectors.requests")?;
        let views = sees_pictures.then(|| Views { texts: Vec::new(), pictures: Vec::new() });
        Ok(Self { dim, items, views, requests })
    }

    /// Length of a vector.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Whether the items' pictures are among them.
    pub fn sees_pictures(&self) -> bool {
        self.views.is_some()
    }

    /// What is known of an item: how many vectors of it stand side by side where the model reads them.
    pub fn n_views(&self) -> usize {
        if self.sees_pictures() { 2 } else { 1 }
    }

    /// `[n_items, dim]`: each item as a [`View::Whole`].
    pub fn items(&self) -> &[f32] {
        &self.items
    }

    /// `[n_items, dim]`: one view of each item.
    pub fn items_as(&self, view: View) -> &[f32] {
        match (view, &self.views) {
            (View::Text, Some(views)) => &views.texts,
            (View::Picture, Some(views)) => &views.pictures,
            (View::Picture, None) => &[],
            (View::Whole | View::Text, _) => &self.items,
        }
    }

    /// `[n_requests, dim]`
    pub fn requests(&self) -> &[f32] {
        &self.requests
    }

    /// `[dim]`: one item, as a [`View::Whole`].
    pub fn item(&self, item_idx: u32) -> &[f32] {
        row(&self.items, item_idx, self.dim)
    }

    /// Appends `[n_views · dim]`: the item's words, then its picture if pictures are there.
    pub(super) fn write_views(&self, item_idx: u32, out: &mut Vec<f32>) {
        match &self.views {
            None => out.extend_from_slice(self.item(item_idx)),
            Some(Views { texts, pictures }) => {
                out.extend_from_slice(row(texts, item_idx, self.dim));
                out.extend_from_slice(row(pictures, item_idx, self.dim));
            }
        }
    }

    /// `[dim]`: one request.
    pub fn request(&self, request_idx: u32) -> &[f32] {
        row(&self.requests, request_idx, self.dim)
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

fn row(matrix: &[f32], row_idx: u32, dim: usize) -> &[f32] {
    &matrix[row_idx as usize * dim..][..dim]
}

/// Checks the rows of a matrix and scales each to length 1.
fn scale_rows(of: &'static str, dim: usize, matrix: &mut [f32]) -> Result<(), ModelError> {
    if dim == 0 || !matrix.len().is_multiple_of(dim) {
        return Err(ModelError::VectorShape { of, n_values: matrix.len(), dim });
    }
    for (row, vector) in matrix.chunks_exact_mut(dim).enumerate() {
        if vector.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::VectorNotFinite { of, row });
        }
        scale_to_unit(vector);
    }
    Ok(())
}

/// Leaves a vector of zeros alone.
pub(crate) fn scale_to_unit(vector: &mut [f32]) {
    let length = vector.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_the_middle_of_its_words_and_its_picture_or_the_one_that_it_has() {
        let texts = vec![2.0, 0.0, 0.0, 5.0, 0.0, 0.0];
        let pictures = vec![0.0, 3.0, 0.0, 0.0, -1.0, 0.0];
        let vectors = Vectors::new(2, texts, vec![]).unwrap().with_pictures(pictures).unwrap();
        let half = 0.5f32.sqrt();
        assert_eq!(vectors.items(), [half, half, 0.0, 1.0, -1.0, 0.0]);
        assert_eq!(vectors.items_as(View::Text), [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(vectors.items_as(View::Picture), [0.0, 1.0, 0.0, 0.0, -1.0, 0.0]);
        let mut views = Vec::new();
        vectors.write_views(2, &mut views);
        assert_eq!(views, [0.0, 0.0, -1.0, 0.0]);
    }

    #[test]
    fn pictures_of_other_items_are_refused() {
        let vectors = Vectors::new(2, vec![1.0; 6], vec![]).unwrap();
        let error = vectors.with_pictures(vec![1.0; 4]).unwrap_err();
        assert!(matches!(error, ModelError::VectorCount { of: "picture", n_vectors: 2, n_rows: 3 }), "{error}");
    }
}
