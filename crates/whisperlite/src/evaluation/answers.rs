//! The queries of one table together with what every system answered, and the promises that hold between them.

use std::collections::HashSet;

use thiserror::Error;

use super::{JudgedQuery, Run};
use crate::metrics::by_rank;

/// The queries of one table and what every system answered.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// All queries, with unique ids.
    pub queries: &'a [JudgedQuery],
    /// One run per system, each with one ranking per query, in query order.
    pub runs: &'a [Run],
}

/// Queries and runs that do not belong together.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AnswersError {
    /// There is nothing to measure on.
    #[error("there are no queries to measure on: check that the split leaves events with relevant items")]
    NoQueries,
    /// Two queries have one id.
    #[error("two queries are named `{query_id}`: give each query an id of its own")]
    DuplicateQuery {
        /// The id.
        query_id: String,
    },
    /// Two runs have one name.
    #[error("two systems are named `{system}`: give each system a name of its own")]
    DuplicateSystem {
        /// The name.
        system: String,
    },
    /// A run does not answer the queries one by one.
    #[error("system `{system}` has {found} rankings for {expected} queries: it needs one for each")]
    WrongNumberOfRankings {
        /// The system.
        system: String,
        /// Number of queries.
        expected: usize,
        /// Number of rankings.
        found: usize,
    },
    /// An item that the catalogue does not have.
    #[error("item {item_idx} of query `{query_id}` is not in the catalogue of {n_items} items")]
    UnknownItem {
        /// The query whose judgements or ranking name it.
        query_id: String,
        /// The index.
        item_idx: u32,
        /// Size of the catalogue.
        n_items: usize,
    },
    /// A ranking whose places are not in the project's order.
    #[error(
        "system `{system}` ranks query `{query_id}` out of order: scores must be finite and fall, \
         and equal scores must have the higher item index first"
    )]
    OutOfOrder {
        /// The system.
        system: String,
        /// The query.
        query_id: String,
    },
}

impl Answers<'_> {
    /// Holds the promises of [`JudgedQuery`] and [`Run`] that files and metrics rely on.
    pub(super) fn check(&self, n_items: usize) -> Result<(), AnswersError> {
        if self.queries.is_empty() {
            return Err(AnswersError::NoQueries);
        }
        if let Some(query_id) = first_repeat(self.queries.iter().map(|judged| &judged.query_id)) {
            return Err(AnswersError::DuplicateQuery { query_id });
        }
        if let Some(system) = first_repeat(self.runs.iter().map(|run| &run.system)) {
            return Err(AnswersError::DuplicateSystem { system });
        }
        for judged in self.queries {
            known_items(judged, judged.relevant.iter().copied(), n_items)?;
        }
        self.runs.iter().try_for_each(|run| self.check_run(run, n_items))
    }

    fn check_run(&self, run: &Run, n_items: usize) -> Result<(), AnswersError> {
        let system = || run.system.clone();
        let (expected, found) = (self.queries.len(), run.rankings.len());
        if expected != found {
            return Err(AnswersError::WrongNumberOfRankings { system: system(), expected, found });
        }
        for (judged, ranking) in self.queries.iter().zip(&run.rankings) {
            known_items(judged, ranking.iter().map(|place| place.item_idx), n_items)?;
            let finite = ranking.iter().all(|place| place.score.is_finite());
            if !finite || !ranking.is_sorted_by(|a, b| by_rank(a, b).is_lt()) {
                return Err(AnswersError::OutOfOrder { system: system(), query_id: judged.query_id.clone() });
            }
        }
        Ok(())
    }
}

fn first_repeat<'a>(names: impl Iterator<Item = &'a String>) -> Option<String> {
    let mut seen = HashSet::new();
    names.into_iter().find(|name| !seen.insert(*name)).cloned()
}

fn known_items(
    judged: &JudgedQuery,
    mut item_idxs: impl Iterator<Item = u32>,
    n_items: usize,
) -> Result<(), AnswersError> {
    match item_idxs.find(|&item_idx| item_idx as usize >= n_items) {
        Some(item_idx) => Err(AnswersError::UnknownItem { query_id: judged.query_id.clone(), item_idx, n_items }),
        None => Ok(()),
    }
}
