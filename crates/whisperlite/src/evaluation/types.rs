//! What evaluation speaks about: queries, judgements, rankings, and the systems that make them.

pub use crate::metrics::Ranked;

/// One held-out question: a person, a request, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    /// Index into the catalog's users; `None` for somebody never seen.
    pub user_idx: Option<u32>,
    /// Index into the catalog's requests; `None` where the person asked for nothing in words.
    pub request_idx: Option<u32>,
    /// When the question was asked: the person's history is what they did strictly before.
    pub moment: i64,
}

/// A query with the items that answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedQuery {
    /// Name of the query in TREC files and reports; unique.
    pub query_id: String,
    /// The question.
    pub query: Query,
    /// Indices of the relevant items, ascending, without repeats, never empty.
    pub relevant: Vec<u32>,
    /// Names of the slices (`"cold user"`, `"seen request"` …) that this query belongs to.
    pub slices: Vec<&'static str>,
}

/// What one system answered to all queries.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Name of the system, as in every table.
    pub system: String,
    /// Best first, ties by item id descending, at most [`crate::metrics::MAX_CUTOFF`] places; one ranking per query.
    pub rankings: Vec<Vec<Ranked>>,
}

/// A system under measurement: scores the whole catalogue for a block of queries.
pub trait Ranker: Sync {
    /// Name of the system, as in every table.
    fn name(&self) -> &str;

    /// Writes the score of every item for every query.
    ///
    /// # Shapes
    /// `scores`: `[queries.len(), n_items]`, row-major, on entry all zero. Every score must be finite.
    fn score(&self, queries: &[Query], scores: &mut [f32]);
}
