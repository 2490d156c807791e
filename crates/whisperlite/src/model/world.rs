//! What does not change from one moment to the next: words, vectors, and which requests mean the same.

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::index::{ExactIndex, floats};
use crate::lexical::{Bm25, Bm25Config, CatalogTerms, DocumentTerms, Stemming, TermWeight};

use super::{ModelError, Vectors, View};

/// Requests whose cosine is above this are one and the same but for spelling.
const SAME: f32 = 0.999;
/// Below this cosine two requests have nothing to do with each other.
const UNRELATED: f32 = 0.4;
/// Similar requests that are looked at, the most similar first.
const MAX_SIMILAR: usize = 256;
/// Requests that are compared with all others in one matrix product.
const KERNEL_BLOCK: usize = 256;

/// A catalog with its encoder vectors, cut into words and compared once.
pub struct World<'a> {
    /// Items, users, requests and events.
    pub catalog: &'a Catalog,
    /// Encoder vectors of items and requests.
    pub vectors: &'a Vectors,
    /// The words of items and requests.
    pub terms: CatalogTerms,
    /// BM25 over the items' own words.
    pub(super) text_index: Bm25,
    /// `[n_terms]`: how rare each term is among the items.
    idf: Vec<f32>,
    /// Unit tf-idf vectors of the items, `[n_items]` documents.
    pub(super) tf_idf: DocumentTerms,
    /// The same by term.
    pub(super) tf_idf_index: DocumentTerms,
    pub(super) items: ExactIndex,
    requests: ExactIndex,
    /// `[n_requests]`: similar requests of each, itself included.
    similar: Vec<Vec<(u32, f32)>>,
}

/// A request, ready to be answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    /// Its known terms.
    pub(super) terms: Vec<TermWeight>,
    /// `[d]`: its encoder vector, of length 1.
    pub(super) vector: Vec<f32>,
    /// Requests of the catalog that mean something similar, with how similar (0 to 1).
    pub(super) similar: Vec<(u32, f32)>,
}

impl<'a> World<'a> {
    /// Cuts up and compares the words of `catalog`.
    ///
    /// # Errors
    /// If `vectors` are not those of this catalog's items and requests.
    pub fn new(catalog: &'a Catalog, vectors: &'a Vectors) -> Result<Self, ModelError> {
        vectors.check(catalog)?;
        let terms = CatalogTerms::new(catalog, Stemming::English);
        let text_index = Bm25::build(Bm25Config::default(), terms.n_terms(), &terms.items);
        let idf = idf(&terms);
        let documents = (0u32..).take(catalog.n_items());
        let tf_idf = DocumentTerms::new(documents.map(|item| unit_tf_idf(&idf, terms.items.of(item))));
        let tf_idf_index = by_term(&tf_idf, terms.n_terms());
        let index = |rows: &[f32]| index_of(vectors, rows);
        let mut world = Self {
            catalog,
            vectors,
            terms,
            text_index,
            idf,
            tf_idf,
            tf_idf_index,
            items: index(vectors.items()),
            requests: index(vectors.requests()),
            similar: Vec::new(),
        };
        world.similar = world.compare_all_requests();
        Ok(world)
    }

    /// A request of the catalog.
    pub fn known(&self, request_idx: u32) -> Words {
        Words {
            terms: self.terms.requests.of(request_idx).to_vec(),
            vector: self.vectors.request(request_idx).to_vec(),
            similar: self.similar[request_idx as usize].clone(),
        }
    }

    /// A request as somebody typed it, with its encoder vector of length 1.
    ///
    /// # Shapes
    /// `vector`: `[d]`.
    pub fn typed(&self, text: &str, vector: Vec<f32>) -> Words {
        let similar = self.similar_to(&vector).pop().unwrap_or_default();
        Words { terms: self.terms.query(text), vector, similar }
    }

    /// A bag of known terms as a unit tf-idf vector, as those of the items.
    pub(super) fn tf_idf_of(&self, terms: &[TermWeight]) -> Vec<TermWeight> {
        unit_tf_idf(&self.idf, terms)
    }

    /// The similar requests of each vector in `[n, d]`.
    fn similar_to(&self, vectors: &[f32]) -> Vec<Vec<(u32, f32)>> {
        let (n_requests, d) = (self.catalog.requests.len(), self.vectors.dim());
        if n_requests == 0 {
            return vec![Vec::new(); vectors.len() / d];
        }
        let rows = Tensor::<2>::from_data(TensorData::new(vectors.to_vec(), [vectors.len() / d, d]), &Device::flex());
        let cosines = floats(self.requests.products(rows));
        cosines.chunks_exact(n_requests).map(most_similar).collect()
    }

    /// The items as one of their views, to be searched.
    pub(crate) fn index_as(&self, view: View) -> ExactIndex {
        match view {
            View::Whole => self.items.clone(),
            View::Text | View::Picture => index_of(self.vectors, self.vectors.items_as(view)),
        }
    }

    fn compare_all_requests(&self) -> Vec<Vec<(u32, f32)>> {
        let block = KERNEL_BLOCK * self.vectors.dim();
        self.vectors.requests().par_chunks(block).flat_map_iter(|rows| self.similar_to(rows)).collect()
    }
}

/// The vectors of a checked matrix, to be searched.
fn index_of(vectors: &Vectors, rows: &[f32]) -> ExactIndex {
    ExactIndex::new(vectors.dim(), rows.to_vec()).expect("the vectors were checked to be whole rows")
}

/// How similar two requests are, from the cosine of their vectors: 1 for the same, 0 for unrelated ones.
fn similarity(cosine: f32) -> f32 {
    if cosine > SAME { 1.0 } else { ((cosine - UNRELATED) / (1.0 - UNRELATED)).max(0.0).powi(2) }
}

/// Most similar first, ties by request.
fn most_similar(cosines: &[f32]) -> Vec<(u32, f32)> {
    let related = (0u32..).zip(cosines).filter(|&(_, &cosine)| cosine > UNRELATED);
    let mut similar: Vec<(u32, f32)> = related.map(|(request, &cosine)| (request, similarity(cosine))).collect();
    let best_first = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if similar.len() > MAX_SIMILAR {
        similar.select_nth_unstable_by(MAX_SIMILAR, best_first);
        similar.truncate(MAX_SIMILAR);
    }
    similar.sort_unstable_by(best_first);
    similar
}

/// `[n_terms]`: `ln(1 + N / df)`
fn idf(terms: &CatalogTerms) -> Vec<f32> {
    let n_items = terms.items.len();
    let mut df = vec![0u32; terms.n_terms()];
    let documents = (0u32..).take(n_items).map(|item| terms.items.of(item));
    documents.flatten().for_each(|&(term, _)| df[term as usize] += 1);
    df.into_iter().map(|df| (1.0 + n_items as f32 / df as f32).ln()).collect()
}

/// `(1 + ln tf) · idf`, scaled to length 1. A term that only requests have says nothing of an item.
fn unit_tf_idf(idf: &[f32], document: &[TermWeight]) -> Vec<TermWeight> {
    let weigh = |&(term, tf): &TermWeight| (term, (1.0 + tf.ln()) * idf[term as usize]);
    let mut weights: Vec<TermWeight> = document.iter().map(weigh).filter(|(_, weight)| weight.is_finite()).collect();
    scale_document(&mut weights);
    weights
}

/// Scales a bag of terms to length 1; an empty one stays empty.
pub(super) fn scale_document(document: &mut [TermWeight]) {
    let length = document.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
    document.iter_mut().for_each(|(_, weight)| *weight /= length.max(f32::MIN_POSITIVE));
}

/// The transposed table: for each term the items that hold it.
pub(super) fn by_term(documents: &DocumentTerms, n_terms: usize) -> DocumentTerms {
    let mut postings: Vec<Vec<TermWeight>> = vec![Vec::new(); n_terms];
    for document in (0u32..).take(documents.len()) {
        for &(term, weight) in documents.of(document) {
            postings[term as usize].push((document, weight));
        }
    }
    DocumentTerms::new(postings)
}
