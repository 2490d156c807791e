//! What can go wrong with an index.

use crate::metrics::NonFiniteScore;

/// Vectors that an index cannot search.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IndexError {
    /// A matrix is not a whole number of rows.
    #[error("{n_values} values are no whole number of vectors of length {dim}")]
    Shape {
        /// Values in the matrix.
        n_values: usize,
        /// Length of a vector.
        dim: usize,
    },
    /// A vector has a value that is no number.
    #[error("vector {row} has a value that is not finite; check what it was made from")]
    NotFinite {
        /// The vector's place, from 0.
        row: usize,
    },
    /// A product is no number.
    #[error(transparent)]
    NonFinite(#[from] NonFiniteScore),
}
