//! What does not change from one moment to the next: words, vectors, and which requests mean the same.

use std::io;
use std::ops::Deref;
use std::sync::OnceLock;

use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

use crate::catalog::Catalog;
use crate::flat_file::{FlatError, FlatReader, FlatWriter};
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
    tables: WorldTables,
    requests: ExactIndex,
    /// Made when it is first asked for: training and evaluation multiply with all items, a large catalogue never does.
    items: OnceLock<ExactIndex>,
    /// `[n_requests]`: similar requests of each, itself included. Made when a request of the catalog is first asked for, which
    /// serving never does: it takes the square of their number.
    similar: OnceLock<Vec<Vec<(u32, f32)>>>,
}

/// What a world is made of besides what it looks at.
pub struct WorldTables {
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
}

impl Deref for World<'_> {
    type Target = WorldTables;

    fn deref(&self) -> &WorldTables {
        &self.tables
    }
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
        let tf_idf = DocumentTerms::of_each(catalog.n_items(), |item| unit_tf_idf(&idf, terms.items.of(item)));
        let tf_idf_index = tf_idf.by_term(terms.n_terms());
        Self::of(catalog, vectors, WorldTables { terms, text_index, idf, tf_idf, tf_idf_index })
    }

    /// Puts a world together from tables that were made before of the same catalog.
    ///
    /// # Errors
    /// If `vectors` are not those of this catalog's items and requests.
    pub(crate) fn of(catalog: &'a Catalog, vectors: &'a Vectors, tables: WorldTables) -> Result<Self, ModelError> {
        vectors.check(catalog)?;
        let requests = index_of(vectors, vectors.requests());
        Ok(Self { catalog, vectors, tables, requests, items: OnceLock::new(), similar: OnceLock::new() })
    }

    /// Takes out what it is made of, as much of it as answers need: without the words of each single item.
    pub(crate) fn into_tables(self) -> WorldTables {
        WorldTables { terms: self.tables.terms.without_documents(), ..self.tables }
    }

    /// A request of the catalog.
    pub fn known(&self, request_idx: u32) -> Words {
        Words {
            terms: self.terms.requests.of(request_idx).to_vec(),
            vector: self.vectors.request(request_idx).to_vec(),
            similar: self.similar.get_or_init(|| self.compare_all_requests())[request_idx as usize].clone(),
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

    /// The items as wholes, to be multiplied with all of them.
    pub(super) fn items(&self) -> &ExactIndex {
        self.items.get_or_init(|| index_of(self.vectors, self.vectors.items()))
    }

    /// The items as one of their views, to be searched.
    pub(crate) fn index_as(&self, view: View) -> ExactIndex {
        match view {
            View::Whole => self.items().clone(),
            View::Text | View::Picture => index_of(self.vectors, self.vectors.items_as(view)),
        }
    }

    fn compare_all_requests(&self) -> Vec<Vec<(u32, f32)>> {
        let block = KERNEL_BLOCK * self.vectors.dim();
        self.vectors.requests().par_chunks(block).flat_map_iter(|rows| self.similar_to(rows)).collect()
    }
}

impl WorldTables {
    /// Writes them into a file, without the words of each single item.
    pub(crate) fn save(&self, out: &mut FlatWriter<'_>) -> io::Result<()> {
        self.terms.save(out)?;
        self.text_index.save("text_index", out)?;
        out.array("idf", &self.idf)?;
        self.tf_idf.save("tf_idf", out)?;
        self.tf_idf_index.save("tf_idf_index", out)
    }

    /// Reads what [`Self::save`] wrote of so many items.
    pub(crate) fn load(n_items: usize, from: &mut FlatReader) -> Result<Self, FlatError> {
        let terms = CatalogTerms::load(from)?;
        let text_index = Bm25::load("text_index", from)?;
        let idf = from.array_of("idf", terms.n_terms())?;
        let tf_idf = DocumentTerms::load("tf_idf", n_items, from)?;
        let tf_idf_index = DocumentTerms::load("tf_idf_index", terms.n_terms(), from)?;
        Ok(Self { terms, text_index, idf, tf_idf, tf_idf_index })
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
        // Nearly all requests of a shop may be related, and what was made room for all of them is kept for each.
        similar.shrink_to_fit();
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
