//! Which texts of a store are embedded: the document of every item, and every distinct request.

use std::path::Path;

use serde::Serialize;

use super::{Embeddings, Encoder, EncoderError};
use crate::catalog::{Catalog, Item};
use crate::progress::Progress;

/// What a run over a store's texts did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EmbedSummary {
    /// Distinct texts of the store.
    pub n_texts: usize,
    /// Texts that went through the encoder now.
    pub n_embedded: usize,
    /// Texts whose vectors were already there.
    pub n_cached: usize,
    /// Length of every vector.
    pub dim: usize,
}

/// Embeds the items' documents and the distinct requests of the store in `dir`, as far as they are not cached there.
pub fn embed_catalog(
    catalog: &Catalog,
    dir: &Path,
    encoder: &dyn Encoder,
    progress: &dyn Progress,
) -> Result<EmbedSummary, EncoderError> {
    let documents: Vec<String> = catalog.items.iter().map(Item::document).collect();
    let texts: Vec<&str> = documents.iter().chain(&catalog.requests).map(String::as_str).collect();
    Embeddings::open(dir, encoder)?.embed_missing(&texts, encoder, progress)
}

/// The cached vectors of a catalog's texts: of the items' documents and of the distinct requests, in the catalog's order.
///
/// # Shapes
/// Returns `[n_items, d]` and `[n_requests, d]`, row-major.
pub fn catalog_matrices(catalog: &Catalog, embeddings: &Embeddings) -> Result<(Vec<f32>, Vec<f32>), EncoderError> {
    let documents: Vec<String> = catalog.items.iter().map(Item::document).collect();
    let matrix = |texts: &[String]| embeddings.matrix(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    Ok((matrix(&documents)?, matrix(&catalog.requests)?))
}
