//! The scores of those items that an answer may have.

use crate::item_set::ItemSet;
use crate::metrics::{NonFiniteScore, Ranked, top_k};

/// Scores of all columns, or of those that are worth it.
pub(super) enum Scored {
    /// `[n_columns]`
    All(Vec<f32>),
    /// Of allowed columns alone.
    Candidates {
        /// Ascending.
        columns: Vec<u32>,
        /// `[columns]`
        scores: Vec<f32>,
    },
}

impl Scored {
    /// The best `k` of the allowed columns, best first.
    pub(super) fn best(&self, k: usize, allowed: &ItemSet) -> Result<Vec<Ranked>, NonFiniteScore> {
        match self {
            Self::All(scores) => {
                let mut excluded = ItemSet::first(scores.len());
                excluded.subtract(allowed);
                top_k(scores, k, &excluded.iter().collect::<Vec<u32>>())
            }
            Self::Candidates { columns, scores } => {
                // Places are in the order of the columns, so that the rule of ties is the same.
                let mut ranked = top_k(scores, k, &[])?;
                ranked.iter_mut().for_each(|ranked| ranked.item_idx = columns[ranked.item_idx as usize]);
                Ok(ranked)
            }
        }
    }

    /// How many are scored.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::All(scores) | Self::Candidates { scores, .. } => scores.len(),
        }
    }

    /// The score of a column that has one.
    pub(super) fn of(&self, column: u32) -> f32 {
        match self {
            Self::All(scores) => scores[column as usize],
            Self::Candidates { columns, scores } => {
                columns.binary_search(&column).map_or(f32::NAN, |place| scores[place])
            }
        }
    }
}
