//! What can be wrong with a model and what it is made of.

/// Why a model cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A matrix of vectors is not a whole number of rows.
    #[error(
        "the {of} vectors hold {n_values} values, which is no multiple of their length {dim}: embed the store again"
    )]
    VectorShape {
        /// "item", "picture" or "request".
        of: &'static str,
        /// Values in the matrix.
        n_values: usize,
        /// Length of a vector.
        dim: usize,
    },
    /// A vector holds a value that no product can use.
    #[error("the {of} vector {row} holds a value that is infinite or not a number: embed the store again")]
    VectorNotFinite {
        /// "item", "picture" or "request".
        of: &'static str,
        /// Which vector.
        row: usize,
    },
    /// Vectors of another catalog.
    #[error("there are {n_vectors} {of} vectors for {n_rows} rows of the store: run `whisperlite embed` again")]
    VectorCount {
        /// "item", "picture" or "request".
        of: &'static str,
        /// Vectors at hand.
        n_vectors: usize,
        /// Rows of the catalog.
        n_rows: usize,
    },
    /// The model was trained with pictures and the store has none, or the other way round.
    #[error(
        "the model was trained on {trained} vectors of {trained_dim} numbers for each item, the store has {found} of {dim}: train again"
    )]
    Inputs {
        /// Vectors of an item that the model takes in.
        trained: usize,
        /// Their length.
        trained_dim: usize,
        /// Vectors of an item in the store.
        found: usize,
        /// Their length.
        dim: usize,
    },
}
