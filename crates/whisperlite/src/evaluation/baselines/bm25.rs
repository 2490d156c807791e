//! Search by words: over what items say, and over what people said when they chose them.

use super::{Protocol, Query, Ranker, fill_once_per_request};
use crate::evaluation::tuning::as_written;
use crate::lexical::{Bm25, Bm25Config, CatalogTerms};

pub(super) fn grid() -> Vec<Bm25Config> {
    let mut grid = Vec::new();
    for k1 in [0.6, 1.2, 2.0] {
        for b in [0.0, 0.4, 0.75] {
            grid.push(Bm25Config { k1, b });
        }
    }
    grid
}

pub(super) fn named(config: Bm25Config) -> Vec<(&'static str, f64)> {
    vec![("k1", as_written(config.k1)), ("b", as_written(config.b))]
}

/// BM25 over the items' own words.
#[derive(Debug)]
pub struct Bm25OverText<'a> {
    terms: &'a CatalogTerms,
    index: Bm25,
}

impl<'a> Bm25OverText<'a> {
    /// Indexes the items' words. They are known from the start, so there are no visible events to hand over.
    pub fn new(terms: &'a CatalogTerms, config: Bm25Config) -> Self {
        Self { terms, index: Bm25::build(config, terms.n_terms(), &terms.items) }
    }
}

impl Ranker for Bm25OverText<'_> {
    fn name(&self) -> &str {
        "bm25"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        fill_once_per_request(queries, scores, |request_idx, row| {
            self.index.accumulate(self.terms.requests.of(request_idx), 1.0, row);
        });
    }
}

/// BM25 with how much a past request counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PastRequestsConfig {
    /// The knobs of BM25.
    pub bm25: Bm25Config,
    /// What a term of a past request counts, where a term of the item's own text counts 1.
    pub past_weight: f32,
}

impl PastRequestsConfig {
    pub(super) fn named(self) -> Vec<(&'static str, f64)> {
        let mut named = named(self.bm25);
        named.push(("past_weight", as_written(self.past_weight)));
        named
    }
}

pub(super) fn past_requests_grid() -> Vec<PastRequestsConfig> {
    let mut grid = Vec::new();
    for past_weight in [0.5, 1.0, 2.0] {
        for k1 in [1.2, 2.0, 5.0] {
            for b in [0.0, 0.4, 0.75] {
                grid.push(PastRequestsConfig { bm25: Bm25Config { k1, b }, past_weight });
            }
        }
    }
    grid
}

/// BM25 over the items' own words together with the requests under which they were chosen before.
#[derive(Debug)]
pub struct Bm25WithPastRequests<'a> {
    terms: &'a CatalogTerms,
    index: Bm25,
}

impl<'a> Bm25WithPastRequests<'a> {
    /// Indexes the items' words and the requests of the visible events.
    pub fn new(protocol: &Protocol<'_>, terms: &'a CatalogTerms, config: PastRequestsConfig) -> Self {
        let past = terms.past_requests(protocol.catalog(), &protocol.visible().events);
        let documents = terms.items.merged(&past, config.past_weight);
        Self { terms, index: Bm25::build(config.bm25, terms.n_terms(), &documents) }
    }
}

impl Ranker for Bm25WithPastRequests<'_> {
    fn name(&self) -> &str {
        "bm25+past-requests"
    }

    fn score(&self, queries: &[Query], scores: &mut [f32]) {
        fill_once_per_request(queries, scores, |request_idx, row| {
            self.index.accumulate(self.terms.requests.of(request_idx), 1.0, row);
        });
    }
}
