//! BM25 over an inverted index whose postings already hold their final weight.

use std::io;

use serde::{Deserialize, Serialize};

use super::{DocumentTerms, TermWeight};
use crate::flat_file::{FlatError, FlatReader, FlatWriter};

/// The two knobs of BM25.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bm25Config {
    /// How slowly repeated terms saturate; 0 counts presence only.
    pub k1: f32,
    /// How much long documents are held back, 0 to 1.
    pub b: f32,
}

impl Default for Bm25Config {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75 }
    }
}

/// An inverted index: for each term the documents that hold it, with the term's share of their BM25 score.
///
/// The share is `ln(1 + (N - df + ½)/(df + ½)) · tf·(k1 + 1)/(tf + k1·(1 - b + b·length/mean length))`, with term
/// frequencies and lengths that may be fractions, since past requests can be weighted.
#[derive(Debug, Clone)]
pub struct Bm25 {
    n_documents: usize,
    /// `[n_terms + 1]`: where each term's postings begin.
    offsets: Vec<usize>,
    /// Ascending by document within a term.
    postings: Vec<(u32, f32)>,
    weights: Weights,
}

impl Bm25 {
    /// Indexes `documents` whose terms are below `n_terms`.
    pub fn build(config: Bm25Config, n_terms: usize, documents: &DocumentTerms) -> Self {
        let mut offsets = vec![0usize; n_terms + 1];
        for document in 0..documents.len() as u32 {
            for &(term, _) in documents.of(document) {
                offsets[term as usize + 1] += 1;
            }
        }
        for term in 0..n_terms {
            offsets[term + 1] += offsets[term];
        }
        let mut next = offsets.clone();
        let mut postings = vec![(0, 0.0); offsets[n_terms]];
        let weights = Weights::new(config, documents);
        for document in 0..documents.len() as u32 {
            let norm = weights.length_norm(documents.of(document));
            for &(term, tf) in documents.of(document) {
                let term = term as usize;
                let idf = weights.idf(offsets[term + 1] - offsets[term]);
                postings[next[term]] = (document, idf * weights.saturated(tf, norm));
                next[term] += 1;
            }
        }
        Self { n_documents: documents.len(), offsets, postings, weights }
    }

    /// Number of documents.
    pub fn n_documents(&self) -> usize {
        self.n_documents
    }

    /// Adds `weight` times every document's score for `query` to `scores`.
    ///
    /// # Shapes
    /// `scores`: `[n_documents]`.
    pub fn accumulate(&self, query: &[TermWeight], weight: f32, scores: &mut [f32]) {
        assert_eq!(scores.len(), self.n_documents, "scores must be [n_documents]");
        self.for_each_share(query, |document, share| scores[document as usize] += weight * share);
    }

    /// Calls `add` with each share that a term of `query` has in a document's score.
    pub fn for_each_share(&self, query: &[TermWeight], mut add: impl FnMut(u32, f32)) {
        for &(term, times) in query {
            self.postings_of(term).iter().for_each(|&(document, share)| add(document, times * share));
        }
    }

    /// The documents that share a term with `query`, ascending, with their scores.
    pub fn sparse(&self, query: &[TermWeight]) -> Vec<(u32, f32)> {
        let hits = query.iter().map(|&(term, times)| {
            self.postings_of(term).iter().map(move |&(document, share)| (document, times * share))
        });
        let mut hits: Vec<(u32, f32)> = hits.flatten().collect();
        // Stable, so that a document's shares are summed in the query's order, as in `accumulate`.
        hits.sort_by_key(|&(document, _)| document);
        hits.chunk_by(|a, b| a.0 == b.0).map(|same| (same[0].0, same.iter().map(|hit| hit.1).sum())).collect()
    }

    /// The score of a document that is not in the index, as if it were one of those that made it.
    ///
    /// `document` is ascending by term.
    pub fn score(&self, query: &[TermWeight], document: &[TermWeight]) -> f32 {
        let norm = self.weights.length_norm(document);
        let share = |&(term, times): &TermWeight| {
            let n_holding = self.postings_of(term).len();
            let place = document.binary_search_by_key(&term, |&(term, _)| term).ok().filter(|_| n_holding > 0)?;
            Some(times * self.weights.idf(n_holding) * self.weights.saturated(document[place].1, norm))
        };
        query.iter().filter_map(share).sum()
    }

    /// Writes it into a file.
    pub(crate) fn save(&self, name: &str, out: &mut FlatWriter<'_>) -> io::Result<()> {
        out.value(name, &(self.n_documents, self.offsets.len() - 1, &self.weights))?;
        out.rows(name, &self.offsets, &self.postings)
    }

    /// Reads what [`Self::save`] wrote.
    pub(crate) fn load(name: &str, from: &mut FlatReader) -> Result<Self, FlatError> {
        let (n_documents, n_terms, weights) = from.value(name)?;
        let (offsets, postings) = from.rows(name, n_terms)?;
        Ok(Self { n_documents, offsets, postings, weights })
    }

    fn postings_of(&self, term: u32) -> &[(u32, f32)] {
        let term = term as usize;
        if term + 1 >= self.offsets.len() {
            return &[];
        }
        &self.postings[self.offsets[term]..self.offsets[term + 1]]
    }
}

/// The formula's parts.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Weights {
    config: Bm25Config,
    n_documents: f32,
    mean_length: f32,
}

impl Weights {
    /// Documents without any term are no part of the mean length: an item that nobody asked for yet says nothing
    /// about how long past requests are.
    fn new(config: Bm25Config, documents: &DocumentTerms) -> Self {
        let lengths = (0..documents.len() as u32).map(|document| length(documents.of(document)));
        let (mut total, mut filled) = (0.0f64, 0usize);
        for length in lengths.filter(|&length| length > 0.0) {
            total += f64::from(length);
            filled += 1;
        }
        let mean_length = (total / filled.max(1) as f64) as f32;
        Self { config, n_documents: documents.len() as f32, mean_length }
    }

    fn idf(&self, n_holding: usize) -> f32 {
        let df = n_holding as f32;
        (1.0 + (self.n_documents - df + 0.5) / (df + 0.5)).ln()
    }

    fn length_norm(&self, document: &[TermWeight]) -> f32 {
        let Bm25Config { k1, b } = self.config;
        k1 * (1.0 - b + b * length(document) / self.mean_length.max(f32::MIN_POSITIVE))
    }

    fn saturated(&self, tf: f32, norm: f32) -> f32 {
        if tf > 0.0 { tf * (self.config.k1 + 1.0) / (tf + norm) } else { 0.0 }
    }
}

fn length(document: &[TermWeight]) -> f32 {
    document.iter().map(|&(_, tf)| tf).sum()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn naive(config: Bm25Config, documents: &[Vec<TermWeight>], query: &[TermWeight]) -> Vec<f32> {
        let n = documents.len() as f64;
        let len = |d: &Vec<TermWeight>| d.iter().map(|&(_, tf)| f64::from(tf)).sum::<f64>();
        let filled: Vec<f64> = documents.iter().map(len).filter(|&l| l > 0.0).collect();
        let mean = filled.iter().sum::<f64>() / filled.len() as f64;
        let (k1, b) = (f64::from(config.k1), f64::from(config.b));
        let score = |document: &Vec<TermWeight>| {
            let mut score = 0.0;
            for &(term, times) in query {
                let df = documents.iter().filter(|d| d.iter().any(|t| t.0 == term)).count() as f64;
                let tf = f64::from(document.iter().filter(|t| t.0 == term).map(|t| t.1).sum::<f32>());
                let idf = (1.0 + (n - df + 0.5) / (df + 0.5)).ln();
                score += f64::from(times) * idf * tf * (k1 + 1.0) / (tf + k1 * (1.0 - b + b * len(document) / mean));
            }
            score as f32
        };
        documents.iter().map(score).collect()
    }

    #[test]
    fn equals_the_formula_written_out_on_random_documents() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for round in 0..20 {
            let documents: Vec<Vec<TermWeight>> = (0..30)
                .map(|_| {
                    let n_terms = rng.random_range(0..8);
                    (0..n_terms).map(|_| (rng.random_range(0..12), rng.random_range(0.25..3.0))).collect()
                })
                .collect();
            let query: Vec<TermWeight> = (0..4).map(|_| (rng.random_range(0..12), 1.0)).collect();
            let config = Bm25Config { k1: 1.2, b: 0.1 * round as f32 / 2.0 };
            let index = Bm25::build(config, 12, &DocumentTerms::new(documents.clone()));
            let mut dense = vec![0.0; 30];
            index.accumulate(&query, 1.0, &mut dense);
            for (got, expected) in dense.iter().zip(naive(config, &documents, &query)) {
                assert!((got - expected).abs() <= 1e-4 * expected.abs().max(1.0), "{got} {expected}");
            }
            let mut from_sparse = vec![0.0; 30];
            for (document, score) in index.sparse(&query) {
                from_sparse[document as usize] = score;
            }
            assert_eq!(dense, from_sparse);
            let documents = DocumentTerms::new(documents);
            for (document, expected) in (0u32..).zip(dense) {
                let alone = index.score(&query, documents.of(document));
                assert!((alone - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{alone} {expected}");
            }
        }
    }

    #[test]
    fn accumulating_adds_with_a_weight() {
        let index = Bm25::build(Bm25Config::default(), 1, &DocumentTerms::new([vec![(0, 1.0)], vec![]]));
        let mut once = vec![0.0; 2];
        index.accumulate(&[(0, 1.0)], 1.0, &mut once);
        let mut scores = vec![10.0; 2];
        index.accumulate(&[(0, 1.0)], 2.0, &mut scores);
        assert_eq!(scores, [10.0 + 2.0 * once[0], 10.0]);
    }

    #[test]
    fn empty_documents_and_unknown_terms_score_nothing() {
        let index = Bm25::build(Bm25Config::default(), 2, &DocumentTerms::new([vec![], vec![]]));
        let mut scores = vec![0.0; 2];
        index.accumulate(&[(0, 1.0), (9, 1.0)], 1.0, &mut scores);
        assert_eq!(scores, [0.0, 0.0]);
        assert!(index.sparse(&[(1, 1.0)]).is_empty());
    }
}
