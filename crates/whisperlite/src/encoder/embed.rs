//! What of a store is embedded: the document and the picture of every item, and every distinct request.

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::{EmbeddedPictures, EmbeddedTexts, Embeddings, Encoder, EncoderError, PictureFile};
use crate::catalog::{Catalog, Item};
use crate::progress::Progress;

/// What a run over a store did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbedSummary {
    /// The texts.
    #[serde(flatten)]
    pub texts: EmbeddedTexts,
    /// The pictures; `None` where the encoder sees none, or no item has a picture on this machine.
    pub pictures: Option<EmbeddedPictures>,
    /// Pictures that are files, and that the encoder cannot see.
    pub n_unseen_pictures: usize,
    /// Pictures that are addresses in the net, which are not fetched.
    pub n_addresses: usize,
    /// Length of every vector.
    pub dim: usize,
}

/// The vectors of a catalog, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct CatalogMatrices {
    /// `[n_items, d]`: of the items' words; zero for an item without any.
    pub texts: Vec<f32>,
    /// `[n_items, d]`: of the items' pictures, zero for an item without one; `None` where no item has one.
    pub pictures: Option<Vec<f32>>,
    /// `[n_requests, d]`
    pub requests: Vec<f32>,
}

/// Embeds what the store in `dir` holds, as far as it is not cached there: the items' documents and pictures, and the
/// distinct requests.
pub fn embed_catalog(
    catalog: &Catalog,
    dir: &Path,
    encoder: &dyn Encoder,
    progress: &dyn Progress,
) -> Result<EmbedSummary, EncoderError> {
    let mut embeddings = Embeddings::open(dir, encoder)?;
    let documents = documents(catalog);
    let texts: Vec<&str> =
        documents.iter().chain(&catalog.requests).map(String::as_str).filter(|text| !text.is_empty()).collect();
    let texts = embeddings.embed_missing(&texts, encoder, progress)?;
    let (files, n_addresses) = picture_files(catalog, dir);
    let (pictures, n_unseen_pictures) = if files.is_empty() || !encoder.sees_pictures() {
        (None, files.len())
    } else {
        (Some(embeddings.embed_missing_pictures(&files, encoder, progress)?), 0)
    };
    Ok(EmbedSummary { texts, pictures, n_unseen_pictures, n_addresses, dim: encoder.dim() })
}

/// The cached vectors of a catalog.
///
/// # Errors
/// If a text or a picture of it was never embedded.
pub fn catalog_matrices(catalog: &Catalog, embeddings: &Embeddings) -> Result<CatalogMatrices, EncoderError> {
    let matrix = |texts: &[String]| embeddings.matrix(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    Ok(CatalogMatrices {
        texts: matrix(&documents(catalog))?,
        pictures: picture_matrix(catalog, embeddings)?,
        requests: matrix(&catalog.requests)?,
    })
}

fn documents(catalog: &Catalog) -> Vec<String> {
    catalog.items.par_iter().map(Item::document).collect()
}

fn picture_matrix(catalog: &Catalog, embeddings: &Embeddings) -> Result<Option<Vec<f32>>, EncoderError> {
    let mut matrix = vec![0.0; catalog.n_items() * embeddings.dim()];
    let mut any = false;
    for (item, row) in catalog.items.iter().zip(matrix.chunks_exact_mut(embeddings.dim())) {
        let Some(image) = item.image.as_deref().filter(|image| !is_address(image)) else { continue };
        if let Some(vector) = embeddings.picture(image)? {
            row.copy_from_slice(vector);
            any = true;
        }
    }
    Ok(any.then_some(matrix))
}

/// The pictures of a catalog that are files, each once, and how many items have an address instead.
fn picture_files(catalog: &Catalog, dir: &Path) -> (Vec<PictureFile>, usize) {
    let (addresses, mut images): (Vec<&str>, Vec<&str>) =
        catalog.items.iter().filter_map(|item| item.image.as_deref()).partition(|image| is_address(image));
    images.sort_unstable();
    images.dedup();
    let file = |image: &str| PictureFile { image: image.to_owned(), path: dir.join(image) };
    (images.into_iter().map(file).collect(), addresses.len())
}

/// Whether an image is an address in the net, which is not fetched.
pub(crate) fn is_address(image: &str) -> bool {
    image.contains("://") || image.starts_with("data:")
}
