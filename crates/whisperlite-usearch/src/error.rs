//! What can go wrong with a graph.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a graph was not built, searched, changed or read.
#[derive(Debug, Error)]
pub enum HnswError {
    /// A parameter that makes no graph.
    #[error("{name} = {value} makes no graph: take {least} to {most}")]
    Config {
        /// Name of the parameter in [`HnswConfig`](crate::HnswConfig).
        name: &'static str,
        /// What it was set to.
        value: usize,
        /// Smallest value.
        least: usize,
        /// Largest value.
        most: usize,
    },
    /// A matrix is not a whole number of rows.
    #[error("{n_values} values are no whole number of vectors of length {dim}")]
    Shape {
        /// Values in the matrix.
        n_values: usize,
        /// Length of a vector.
        dim: usize,
    },
    /// More rows than items can be numbered.
    #[error("{n_rows} vectors are too many: items are numbered by 32 bits")]
    TooMany {
        /// Rows in the matrix.
        n_rows: usize,
    },
    /// A vector has a value that is no number.
    #[error("vector {row} has a value that is not finite; check what it was made from")]
    NotFinite {
        /// The vector's place, from 0; for a single vector, the item's number.
        row: usize,
    },
    /// The library refused.
    #[error("usearch could not {what}")]
    Library {
        /// What was tried, as in "could not …".
        what: &'static str,
        /// What the library said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A file cannot be read or written.
    #[error("{path} cannot be read or written", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of something else.
    #[error("{path} is no graph of WhisperLite; build one with `HnswIndex::build` and save it", path = path.display())]
    NotAGraph {
        /// The file.
        path: PathBuf,
    },
    /// A file of another version of this program.
    #[error("{path} has format {found}, and this program reads format {known}: build the graph anew from its vectors", path = path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Format of the file.
        found: u32,
        /// Format that is read.
        known: u32,
    },
    /// A file that is not what was saved.
    #[error("{path} is damaged ({problem}): build the graph anew from its vectors", path = path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: &'static str,
    },
}

impl HnswError {
    /// An error of the library, with what was tried.
    pub(crate) fn library<E: Error + Send + Sync + 'static>(what: &'static str) -> impl Fn(E) -> Self {
        move |source| Self::Library { what, source: Box::new(source) }
    }
}
